import { MEMORY_BYTES, mebibytes } from "../circuit/limits.ts";
import { type Instance, MOST_THREADS } from "../engine/load.ts";
import { aligned, reserveBlocks } from "../engine/plan.ts";
import type { Layer } from "./layers/layer.ts";
import { MAX_BATCH } from "./limits.ts";
import { blockSizes, type Placement, place } from "./placement.ts";
import type { Room } from "./thread.ts";

/** Images that are tried at least, and that every size tried is a multiple of: a group, see share.ts. */
const STEP = 16;

/** Images of a batch that run at once, and their part of the loss. */
export interface BatchPart {
  first: number;
  count: number;
  /** Of all parts together 1. */
  weight: number;
}

/** Bytes of a network's memory with room for `room` images at once, of a batch of `batch`. */
export function memoryFor(layers: readonly Layer[], room: number, threads: number, batch = room): number {
  return Object.values(blockSizes(layers, room, threads, batch)).reduce((sum, bytes) => sum + aligned(bytes), 0);
}

/**
 * The most images that run at once. It depends on the layers alone: all threads that there may be are counted, so that
 * the results do not depend on how many there are.
 */
export function mostAtOnce(layers: readonly Layer[], memory = MEMORY_BYTES): number {
  let [low, high] = [1, MAX_BATCH / STEP];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (memoryFor(layers, STEP * middle, MOST_THREADS) <= memory) low = middle;
    else high = middle - 1;
  }
  return STEP * low;
}

/**
 * A batch cut into as few parts as there must be, as even as can be, with their weights in the loss: images, or class
 * weights, of a part against all.
 */
export function partsOf(labels: ArrayLike<number>, most: number, classWeights?: ArrayLike<number>): BatchPart[] {
  const N = labels.length;
  const count = Math.ceil(N / most);
  if (count <= 1) return [{ first: 0, count: N, weight: 1 }];
  const weightOf = (from: number, to: number) => {
    let sum = 0;
    for (let n = from; n < to; n++) sum += classWeights ? classWeights[labels[n]] : 1;
    return sum;
  };
  const all = weightOf(0, N);
  return Array.from({ length: count }, (_, i) => {
    const [from, to] = [i, i + 1].map((part) => Math.floor((part * N) / count));
    return { first: from, count: to - from, weight: weightOf(from, to) / all };
  });
}

/** Room for a batch of which at most `most` images run at once. */
export function roomFor(batch: number, most: number): Room {
  return { room: Math.min(batch, most), batch };
}

/**
 * Places a network's blocks in its memory, and fills those that hold constants.
 * @throws HqcnnError when the memory is not there, with what a smaller batch takes; nothing is lost then
 */
export function placeNetwork(
  instance: Instance,
  layers: readonly Layer[],
  threads: number,
  { room, batch }: Room,
): Placement {
  const advice = () => {
    const mib = (images: number) => mebibytes(memoryFor(layers, images, threads));
    const fits = (images: number) => memoryFor(layers, images, threads) <= MEMORY_BYTES;
    if (!fits(1)) {
      const [widest] = [...layers].sort((one, other) => other.scratchBytes - one.scratchBytes);
      const scratch = threads * widest.scratchBytes;
      const all = memoryFor(layers, 1, threads);
      const has = `and an engine has ${mebibytes(MEMORY_BYTES)}`;
      if (2 * scratch < all)
        return `one image takes ${mib(1)}, ${has}: use smaller images, fewer channels, or fewer wires`;
      const most = Math.floor((MEMORY_BYTES - all + scratch) / widest.scratchBytes);
      const fewer = most > 0 ? `at most ${most} ${most === 1 ? "thread" : "threads"}, or ` : "";
      return `layer ${widest.name} takes ${mebibytes(scratch)} in ${threads} threads, ${has}: use ${fewer}fewer wires`;
    }
    // Where all would fit, the machine has less.
    let most = fits(room) ? Math.max(1, room >> 1) : room;
    while (!fits(most)) most--;
    return `use a batch of at most ${most}, which takes ${mib(most)}, smaller images, fewer wires, or fewer threads`;
  };
  const start = reserveBlocks(instance, blockSizes(layers, room, threads, batch), advice);
  const placement = place(layers, room, threads, start, batch);
  for (const [i, layer] of layers.entries()) layer.prepare?.(placement.layers[i]);
  return placement;
}
