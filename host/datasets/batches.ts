import { UsageError } from "../check.ts";
import type { Permutation, Split } from "./types.ts";

/**
 * The batches of one epoch: all indices 0 … count − 1 in the epoch's seeded order, `batchSize` at a time, from batch
 * `first` on. The last batch is smaller when batchSize does not divide count (as PyTorch's DataLoader with drop_last
 * off); a batch size above count gives one batch. Each list is a view of one order array: valid until the caller drops
 * it.
 */
export function* batches(
  count: number,
  batchSize: number,
  permutation: Permutation,
  epoch: number,
  first = 0,
): Generator<Uint32Array, void, undefined> {
  if (!(Number.isInteger(batchSize) && batchSize >= 1)) {
    throw new UsageError(`batch size: expected a whole number of at least 1, got ${batchSize}`);
  }
  const order = permutation(count, epoch);
  for (let start = first * batchSize; start < count; start += batchSize) yield order.subarray(start, start + batchSize);
}

/** A batch, with its images where they are not in memory, and the seconds that one had to wait for them. */
export interface LoadedBatch {
  indices: Uint32Array;
  images?: Uint8Array;
  waited: number;
}

/** The same batches with their images, where those are on disk: the next batch is read while one is used. */
export async function* loadBatches(
  { stored }: Split,
  lists: Iterable<Uint32Array>,
): AsyncGenerator<LoadedBatch, void, undefined> {
  if (!stored) {
    for (const indices of lists) yield { indices, waited: 0 };
    return;
  }
  let ahead: { indices: Uint32Array; asked: { images: Promise<Uint8Array> } } | undefined;
  let since = performance.now();
  for (const indices of lists) {
    const asked = await stored.request(indices);
    if (ahead) {
      const images = await ahead.asked.images;
      yield { indices: ahead.indices, images, waited: (performance.now() - since) / 1000 };
      since = performance.now();
    }
    ahead = { indices, asked };
  }
  if (!ahead) return;
  const images = await ahead.asked.images;
  yield { indices: ahead.indices, images, waited: (performance.now() - since) / 1000 };
}

/**
 * Copies the images and labels (rows of labels, where there are several) of `indices` to the starts of `target` (uint8,
 * NHWC) and `targetLabels`. Throws a RangeError if they do not fit.
 * @param images those of `indices` in their order, where they are not in memory
 */
export function copyBatch(
  split: Split,
  indices: Uint32Array,
  target: Uint8Array,
  targetLabels: Uint8Array | Int32Array | Uint32Array,
  images?: Uint8Array,
): void {
  const { matrix } = split;
  const width = matrix ? matrix.length / split.count : 1;
  if (targetLabels.length < indices.length * width) throw new RangeError("the batch's labels do not fit");
  if (images) target.set(images);
  const bytes = images ? 0 : split.images.length / split.count;
  indices.forEach((index, place) => {
    if (!images) target.set(split.images.subarray(index * bytes, (index + 1) * bytes), place * bytes);
    if (matrix) targetLabels.set(matrix.subarray(index * width, (index + 1) * width), place * width);
    else targetLabels[place] = split.labels[index];
  });
}
