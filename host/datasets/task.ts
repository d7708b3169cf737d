import { UsageError } from "../check.ts";

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
