import { HqcnnError, UsageError } from "../check.ts";
import { type Permutation, type SplitName, splitNames } from "./types.ts";

/** Streams of the permutation for splitting start here, clear of the epochs' streams (0, 1, 2, …). */
const splitStream = 0x40000000;
/** And here where val or test alone is drawn from train. */
const holdOutStream = 0x60000000;

/** Part of the images that are not test that become val. */
const valShare = 1 / 8;

/** What is divided. */
export interface Divided {
  labels: Uint8Array;
  classNames: readonly string[];
  /** A name for each image: those of one name stay together. */
  groups?: readonly string[] | null;
  permutation: Permutation;
}

/**
 * Stratified seeded split: of each class, 1 − ratio go to test, an eighth of the others to val, the rest to train
 * (ratio 0.8: 70 / 10 / 20 %, MedMNIST's own proportions; test is the thesis's 20 %). At least one image of each class
 * goes to each split. Returns the indices of each split in rising order; every index occurs exactly once.
 * Throws if a class has fewer than 3 images or ratio is not within (0, 1).
 */
export function stratifiedSplit(
  labels: Uint8Array,
  classNames: string[],
  ratio: number,
  permutation: Permutation,
): Record<SplitName, Uint32Array> {
  return divide({ labels, classNames, permutation }, ratio, ["val", "test"]);
}

/**
 * The same for any of val and test (`drawn`); with groups, whole groups: each counts for the class that most of its
 * images have, and shares are met as closely as groups allow.
 * @throws HqcnnError when a class has too few images, or groups leave a split empty
 */
export function divide(
  { labels, classNames, groups, permutation }: Divided,
  ratio: number,
  drawn: readonly ("val" | "test")[],
): Record<SplitName, Uint32Array> {
  if (!(ratio > 0 && ratio < 1)) throw new UsageError(`split ratio: expected a number between 0 and 1, got ${ratio}`);
  const parts: Record<SplitName, number[]> = { train: [], val: [], test: [] };
  const units = groups ? groupUnits(labels, groups) : null;
  const stream = drawn.length === 2 ? splitStream : holdOutStream;
  classNames.forEach((name, label) => {
    const own = units ? units.filter((unit) => unit.label === label) : imageUnits(labels, label);
    if (own.length === 0 && (units || drawn.length < 2)) return;
    const order = [...permutation(own.length, stream + label)].map((from) => own[from].members);
    const total = order.reduce((sum, { length }) => sum + length, 0);
    if (!units && drawn.length === 2 && own.length < 3) {
      throw new HqcnnError(
        `class ${label} (${name}): expected at least 3 images, one for each of train, val and test, got ${own.length}`,
      );
    }
    let left = order;
    let weight = total;
    for (const split of ["test", "val"] as const) {
      if (!drawn.includes(split)) continue;
      // One for train, and one for val where that comes after.
      const most = left.length - 1 - (split === "test" && drawn.length === 2 && left.length > 2 ? 1 : 0);
      const goal = Math.round(weight * (split === "test" ? 1 - ratio : valShare));
      const taken = Math.min(unitsFor(left, goal), Math.max(most, 0));
      for (const members of left.slice(0, taken)) {
        for (const index of members) parts[split].push(index);
        weight -= members.length;
      }
      left = left.slice(taken);
    }
    for (const members of left) for (const index of members) parts.train.push(index);
  });
  for (const split of drawn) {
    if (parts[split].length > 0) continue;
    const what = units ? `${units.length} groups` : `${labels.length} images`;
    throw new HqcnnError(
      `${what} leave ${split} empty: expected at least ${drawn.length + 1} of one class; give the splits yourself, or ` +
        (units ? "leave out --group" : "add images"),
    );
  }
  const sorted = splitNames.map((name) => [name, Uint32Array.from(parts[name]).sort()]);
  return Object.fromEntries(sorted) as Record<SplitName, Uint32Array>;
}

interface Unit {
  label: number;
  members: number[];
}

function imageUnits(labels: Uint8Array, label: number): Unit[] {
  const units: Unit[] = [];
  labels.forEach((l, i) => {
    if (l === label) units.push({ label, members: [i] });
  });
  return units;
}

/** The groups in the order in which they first occur. */
function groupUnits(labels: Uint8Array, groups: readonly string[]): Unit[] {
  const members = new Map<string, number[]>();
  groups.forEach((group, i) => {
    const list = members.get(group);
    if (list) list.push(i);
    else members.set(group, [i]);
  });
  return [...members.values()].map((list) => ({ label: mostFrequent(list.map((i) => labels[i])), members: list }));
}

/** The most frequent label, the smallest of several. */
function mostFrequent(labels: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || a - b)[0][0];
}

/** How many units from the start come closest to `goal` images; at least one. */
function unitsFor(units: readonly number[][], goal: number): number {
  let taken = 0;
  let count = 0;
  for (const { length } of units) {
    if (taken > 0 && Math.abs(count + length - goal) >= Math.abs(count - goal)) break;
    count += length;
    taken++;
  }
  return taken;
}
