import { readImages } from "./images.ts";
import { type Dataset, type Split, type SplitName, splitNames } from "./types.ts";

/** Images of each class in each split, classes in the order of the labels. Reads all three splits. */
export async function classCounts(dataset: Dataset): Promise<Record<SplitName, number[]>> {
  const counts = { train: [], val: [], test: [] } as Record<SplitName, number[]>;
  for (const name of splitNames) {
    const { labels, matrix } = await dataset.split(name);
    const classes = dataset.classNames.length;
    const has = (label: number) => (_: number, i: number) => matrix![i * classes + label] === 1;
    counts[name] = dataset.classNames.map((_, label) =>
      matrix ? labels.filter(has(label)).length : labels.reduce((sum, l) => sum + Number(l === label), 0),
    );
  }
  return counts;
}

/** The labels of an image of a split: one, or as many as it has. */
export function labelsOf({ labels, matrix, count }: Split, index: number): number[] {
  if (!matrix) return [labels[index]];
  const width = matrix.length / count;
  return Array.from({ length: width }, (_, label) => label).filter((label) => matrix[index * width + label] === 1);
}

/**
 * A PNG with one row of samples a class: the first `columns` images of each in the split, black where there are fewer.
 */
export async function montage(dataset: Dataset, split: Split, columns = 10): Promise<Uint8Array> {
  const { encode } = await import("fast-png");
  const { channels, classNames } = dataset;
  const gap = 2;
  const width = columns * (dataset.width + gap) + gap;
  const height = classNames.length * (dataset.height + gap) + gap;
  const data = new Uint8Array(width * height * channels);
  const rowBytes = dataset.width * channels;
  const shown = classNames.map(() => 0);
  const add = async (label: number, i: number) => {
    if (shown[label] === columns) return;
    const image = await readImages(split, [i]);
    const left = gap + shown[label]++ * (dataset.width + gap);
    const top = gap + label * (dataset.height + gap);
    for (let y = 0; y < dataset.height; y++) {
      data.set(image.subarray(y * rowBytes, (y + 1) * rowBytes), ((top + y) * width + left) * channels);
    }
  };
  for (let i = 0; i < split.count; i++) for (const label of labelsOf(split, i)) await add(label, i);
  return encode({ width, height, data, channels, depth: 8 });
}
