import { UsageError } from "../check.ts";
import type { Source } from "./sources/source.ts";
import { type SplitName, splitNames, type Task } from "./types.ts";

/** How the labels of a file become the labels to learn. */
export interface LabelMap {
  classNames: string[];
  /** New label of each label of the file. */
  labels: Uint8Array;
}

/**
 * The binary task by label union: class 1 is the union of the labels in `positive`, class 0 all others.
 * Names: the united names joined by "or"; "other" for a class 0 of several. Throws a UsageError if a positive label
 * does not exist, none is given, or nothing is left for class 0.
 */
export function binaryTask(classNames: string[], positive: readonly number[]): LabelMap {
  const allowed = classNames.map((name, label) => `${label} ${name}`).join(", ");
  for (const label of positive) {
    if (!Object.hasOwn(classNames, label))
      throw new UsageError(`positive label ${label} does not exist; labels are: ${allowed}`);
  }
  const labels = Uint8Array.from(classNames, (_, label) => (positive.includes(label) ? 1 : 0));
  const negative = classNames.filter((_, label) => labels[label] === 0);
  if (positive.length === 0 || negative.length === 0) {
    throw new UsageError(
      `positive labels: expected some but not all of: ${allowed}; got ${positive.join(", ") || "none"}`,
    );
  }
  const united = classNames.filter((_, label) => labels[label] === 1);
  return { classNames: [negative.length === 1 ? negative[0] : "other", united.join(" or ")], labels };
}

/** The multi-class task: every label is its own class. */
export function multiclassTask(classNames: string[]): LabelMap {
  return { classNames, labels: Uint8Array.from(classNames, (_, label) => label) };
}

/** The order of classes that nobody has stated is said. */
export function orderStep({ classNames, isOrdinal }: Source, task: Task): string[] {
  return task === "ordinal" && !isOrdinal ? [`classes in this order: ${classNames.join(" < ")}`] : [];
}

/** Rows of labels in a model's order; a label that the data have under two names is there if one of them is. */
export function inOrder(rows: Uint8Array, labels: readonly number[], width: number): Uint8Array {
  const out = new Uint8Array((rows.length / labels.length) * width);
  rows.forEach((value, i) => {
    if (value === 1) out[Math.floor(i / labels.length) * width + labels[i % labels.length]] = 1;
  });
  return out;
}

/** Classes of which a split has no image: their figures there are void. */
export function absentWarnings(
  { name }: Source,
  { classNames }: LabelMap,
  learned: Record<SplitName, Uint8Array>,
  rows: Record<SplitName, Uint8Array> | null,
  isEvaluation: boolean,
): string[] {
  const width = classNames.length;
  return splitNames.flatMap((split) => {
    const count = learned[split].length;
    if (count === 0 || (isEvaluation && split !== "test")) return [];
    const imagesWith = (label: number) =>
      rows
        ? rows[split].reduce((sum, value, i) => sum + (i % width === label ? value : 0), 0)
        : Number(learned[split].includes(label));
    const counts = classNames.map((_, label) => imagesWith(label));
    const absent = classNames.filter((_, label) => counts[label] === 0);
    const everywhere = classNames.filter((_, label) => rows !== null && counts[label] === count);
    return [
      ...(absent.length === 0 ? [] : [`${name}: ${split} has no image of ${absent.join(", ")}`]),
      ...(everywhere.length === 0 ? [] : [`${name}: every image of ${split} has ${everywhere.join(", ")}`]),
    ];
  });
}
