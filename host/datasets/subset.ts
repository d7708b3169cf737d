import { UsageError } from "../check.ts";
import { createSplit, placedImages, readImages } from "./images.ts";
import type { Dataset, Permutation, Split } from "./types.ts";

/** Streams of the permutations for subsets start here, one for each class, clear of those for splits and shuffling. */
const subsetStream = 0x70000000;

/**
 * The same data with a part of the training images: of each class the first of a random order, at least one (of
 * several labels an image: of all images), so that a smaller part lies within a larger one. Val and test stay.
 * @param fraction above 0, at most 1
 */
export async function trainSubset(data: Dataset, fraction: number, permutation: Permutation): Promise<Dataset> {
  if (!(fraction > 0 && fraction <= 1))
    throw new UsageError(`fraction: expected a number above 0, at most 1, got ${fraction}`);
  if (fraction === 1) return data;
  const whole = await data.split("train");
  const indices = nestedIndices(whole.labels, fraction, permutation);
  const { count } = whole;
  let train: Promise<Split> | undefined;
  return {
    ...data,
    counts: { ...data.counts, train: indices.length },
    steps: [...data.steps, `a part of train: ${indices.length} of ${count} images, drawn by class and seed`],
    split(name) {
      if (name !== "train") return data.split(name);
      train ??= takeImages(whole, indices, data);
      return train;
    },
  };
}

/** Indices in rising order: of each label ⌈fraction · images⌉. */
export function nestedIndices(labels: Uint8Array, fraction: number, permutation: Permutation): Uint32Array {
  const members: number[][] = [];
  labels.forEach((label, i) => {
    members[label] ??= [];
    members[label].push(i);
  });
  const taken = members.flatMap((own, label) => {
    // Products such as 0.07 · 100 may end a little above the whole number that is meant.
    const wanted = Math.max(1, Math.ceil(fraction * own.length - 1e-9));
    return [...permutation(own.length, subsetStream + label).subarray(0, wanted)].map((place) => own[place]);
  });
  return Uint32Array.from(taken).sort();
}

/** Some images of a split, as a split. @param data what they are of */
export async function takeImages(
  whole: Split,
  indices: Uint32Array,
  { name, classNames, height, width, channels }: Pick<Dataset, "name" | "classNames" | "height" | "width" | "channels">,
): Promise<Split> {
  const { labels, matrix, ordered, stored } = whole;
  const classes = classNames.length;
  const about = {
    count: indices.length,
    labels: Uint8Array.from(indices, (i) => labels[i]),
    ...(matrix && {
      matrix: Uint8Array.from(
        { length: indices.length * classes },
        (_, at) => matrix[indices[Math.floor(at / classes)] * classes + (at % classes)],
      ),
    }),
    ...(ordered && { ordered }),
  };
  const images = stored
    ? placedImages([stored], (i) => ({ part: 0, index: indices[i] }), height * width * channels)
    : await readImages(whole, indices);
  return createSplit(name, about, images);
}
