import { createSplit } from "./images.ts";
import type { Dataset, Permutation, Split, SplitName } from "./types.ts";

/** Streams of the permutation for shuffling start here, clear of those for epochs and splits. */
const shuffleStream = 0x50000000;

/**
 * The same data with the labels of train and val in random order: labels say nothing about images any more, and how
 * often each occurs stays. Test keeps its own, so that figures above chance mean that the protocol leaks.
 */
export function shuffleLabels(data: Dataset, permutation: Permutation): Dataset {
  const streams: Record<SplitName, number | null> = { train: shuffleStream, val: shuffleStream + 1, test: null };
  const splits: Partial<Record<SplitName, Promise<Split>>> = {};
  return {
    ...data,
    warnings: [...data.warnings, `${data.name}: labels of train and val are shuffled`],
    split(name) {
      splits[name] ??= data.split(name).then((split) => {
        const stream = streams[name];
        if (stream === null) return split;
        const order = permutation(split.count, stream);
        const labels = Uint8Array.from(order, (from) => split.labels[from]);
        const stored = split.stored ?? split.images;
        if (!split.matrix) return createSplit(data.name, { ...split, labels }, stored);
        const width = data.classNames.length;
        const matrix = new Uint8Array(split.matrix.length);
        order.forEach((from, to) => {
          matrix.set(split.matrix!.subarray(from * width, (from + 1) * width), to * width);
        });
        return createSplit(data.name, { ...split, labels, matrix }, stored);
      });
      return splits[name];
    },
  };
}
