import { HqcnnError, UsageError } from "../check.ts";
import { type Permutation, type SplitName, splitNames } from "./types.ts";

/** Streams of the permutation for splitting start here, clear of the epochs' streams (0, 1, 2, …). */
const splitStream = 0x40000000;

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
  if (!(ratio > 0 && ratio < 1)) throw new UsageError(`split ratio: expected a number between 0 and 1, got ${ratio}`);
  const parts: Record<SplitName, number[]> = { train: [], val: [], test: [] };
  classNames.forEach((name, label) => {
    const members: number[] = [];
    labels.forEach((l, i) => {
      if (l === label) members.push(i);
    });
    const count = members.length;
    if (count < 3) {
      throw new HqcnnError(
        `class ${label} (${name}): expected at least 3 images, one for each of train, val and test, got ${count}`,
      );
    }
    const test = clamp(Math.round(count * (1 - ratio)), 1, count - 2);
    const val = clamp(Math.round((count - test) / 8), 1, count - test - 1);
    permutation(count, splitStream + label).forEach((from, place) => {
      parts[place < test ? "test" : place < test + val ? "val" : "train"].push(members[from]);
    });
  });
  const sorted = splitNames.map((name) => [name, Uint32Array.from(parts[name]).sort()]);
  return Object.fromEntries(sorted) as Record<SplitName, Uint32Array>;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
