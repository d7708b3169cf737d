import { eachImages, readImages } from "./images.ts";
import { setByName } from "./sources/medmnist.ts";
import { type Control, type Dataset, type Split, type SplitName, splitNames } from "./types.ts";

/** Images that are read at a time of a split on disk. */
const AT_ONCE = 64;

/** An image that occurs in two splits, byte for byte. */
export interface Leak {
  first: { split: SplitName; index: number };
  second: { split: SplitName; index: number };
}

/**
 * Finds the images of val and test that occur byte for byte in an earlier split (order: train, val, test), one leak an
 * image.
 */
export async function findLeaks(
  splits: Record<SplitName, Split>,
  { signal, onProgress }: Control = {},
): Promise<Leak[]> {
  const total = splitNames.reduce((sum, name) => sum + splits[name].count, 0);
  let done = 0;
  const leaks: Leak[] = [];
  const seen = new Map<number, Leak["first"]>();
  for (const name of splitNames) {
    if (splits[name].count === 0) continue;
    const added: [number, number][] = [];
    for await (const { first, count, images } of eachImages(splits[name], AT_ONCE)) {
      signal?.throwIfAborted();
      const bytes = images.length / count;
      for (let index = first; index < first + count; index++) {
        const row = images.subarray((index - first) * bytes, (index - first + 1) * bytes);
        const hash = hashRow(row);
        const twin = seen.get(hash);
        if (twin && (await equalRow(row, splits[twin.split], twin.index)))
          leaks.push({ first: twin, second: { split: name, index } });
        else added.push([hash, index]);
      }
      done += count;
      onProgress?.(done, total, "looking for images in two splits");
    }
    // Added after the split is through: duplicates within one split are no leak.
    for (const [hash, index] of added) seen.set(hash, { split: name, index });
  }
  return leaks;
}

/** The split guard's look at the images: one warning if any occur in two splits. Reads all three splits. */
export async function checkSplits(dataset: Dataset, control?: Control): Promise<string[]> {
  const splits = {
    train: await dataset.split("train"),
    val: await dataset.split("val"),
    test: await dataset.split("test"),
  };
  const leaks = await findLeaks(splits, control);
  if (leaks.length === 0) return [];
  const pairs = new Map<string, number>();
  for (const { first, second } of leaks) {
    const pair = `${first.split} and ${second.split}`;
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  }
  const { first, second } = leaks[0];
  const parts = [...pairs].map(([pair, count]) => `${pair}: ${count}`).join(", ");
  const example = `${first.split} image ${first.index} is ${second.split} image ${second.index}`;
  return [`${dataset.name}: images occur in two splits (${parts}; ${example}): the figures flatter the network`];
}

/**
 * The split guard's look at a result: a warning if the test accuracy (0 … 1) of the multi-class task is above what is
 * plausible, else null.
 */
export function implausibleAccuracy(dataset: Pick<Dataset, "name" | "task">, accuracy: number): string | null {
  const limit = setByName(dataset.name)?.implausibleAbove;
  if (dataset.task !== "multiclass" || limit === undefined || accuracy <= limit) return null;
  return `${dataset.name}: test accuracy ${accuracy.toFixed(4)} is above the plausible ${limit} (multi-class): look for test images in training`;
}

/**
 * 53 bits out of two 32-bit multiplicative hashes (FNV-1a and a variant), as one number. Duplicates are compared byte
 * for byte anyway.
 */
function hashRow(row: Uint8Array): number {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  for (let i = 0; i < row.length; i++) {
    a = Math.imul(a ^ row[i], 0x01000193);
    b = Math.imul(b ^ row[i], 0x85ebca6b) ^ (b >>> 15);
  }
  return (a >>> 0) * 0x200000 + (b >>> 11);
}

async function equalRow(row: Uint8Array, split: Split, index: number): Promise<boolean> {
  const other = await readImages(split, [index]);
  return row.every((value, i) => value === other[i]);
}
