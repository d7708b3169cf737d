import { medmnistArrays, type NpyArray, npz } from "./npz.ts";

/** Bright squares of an image of 28 pixels a side, one a label: rows of 0 and 1 that can be seen. */
function paint(pixels: Uint8Array, rows: Uint8Array, labels: number): void {
  for (let i = 0; i < rows.length; i++) {
    if (rows[i] === 0) continue;
    const [image, label] = [Math.floor(i / labels), i % labels];
    const [top, left] = [7 * Math.floor(label / 4), 7 * (label % 4)];
    for (let y = top; y < top + 6; y++) {
      for (let x = left; x < left + 6; x++) pixels[image * 784 + y * 28 + x] = 255;
    }
  }
}

/**
 * An npz of ChestMNIST's form: grey images with `labels` labels each, which are bright squares.
 * @param absent a label that no image of test has
 */
export async function multilabelNpz(
  counts = { train: 64, val: 32, test: 32 },
  labels = 3,
  absent?: number,
): Promise<Uint8Array> {
  const arrays = medmnistArrays(counts, { channels: 1 });
  for (const [split, count] of Object.entries(counts)) {
    const { data, shape } = arrays[`${split}_images`];
    const pixels = (data as Uint8Array).map((value) => value >> 2);
    const rows = Uint8Array.from({ length: count * labels }, (_, i) => {
      const [image, label] = [Math.floor(i / labels), i % labels];
      if (split === "test" && label === absent) return 0;
      return (image * (label + 3) + label + (image >> 2)) % 5 < 2 ? 1 : 0;
    });
    paint(pixels, rows, labels);
    arrays[`${split}_images`] = { descr: "|u1", shape, data: pixels };
    arrays[`${split}_labels`] = { descr: "|u1", shape: [count, labels], data: rows };
  }
  return npz(arrays);
}

/** An npz of RetinaMNIST's form: the brighter an image, the higher its class. */
export async function ordinalNpz(counts = { train: 64, val: 32, test: 32 }, classes = 4): Promise<Uint8Array> {
  const arrays: Record<string, NpyArray> = medmnistArrays(counts, { channels: 1, classes });
  for (const split of Object.keys(counts)) {
    const { data, shape } = arrays[`${split}_images`];
    const labels = arrays[`${split}_labels`].data as Uint8Array;
    const pixels = (data as Uint8Array).map((value, i) => (value >> 3) + 50 * labels[Math.floor(i / 784)]);
    arrays[`${split}_images`] = { descr: "|u1", shape, data: pixels };
  }
  return npz(arrays);
}
