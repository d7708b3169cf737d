import type { LayerOutput } from "../../explain/layers.ts";
import { signedTint } from "../../explain/overlay.ts";
import type { Picture } from "../protocol/picture.ts";

/** Values around zero: orange above, blue below, paper for none; `most` is the strongest. */
export function signedMap(values: ArrayLike<number>, height: number, width: number, most: number): Picture {
  const rgba = new Uint8ClampedArray(4 * height * width);
  for (let i = 0; i < height * width; i++) {
    const [r, g, b] = signedTint(values[i]);
    rgba.set([r, g, b, (255 * Math.abs(values[i])) / most], 4 * i);
  }
  return { height, width, rgba };
}

/** Values as greys: `low` is black, `high` white. */
export function greyMap(values: ArrayLike<number>, height: number, width: number, low: number, high: number): Picture {
  const span = high > low ? high - low : 1;
  const rgba = new Uint8ClampedArray(4 * height * width).fill(255);
  for (let i = 0; i < height * width; i++) rgba.fill((255 * (values[i] - low)) / span, 4 * i, 4 * i + 3);
  return { height, width, rgba };
}

/** The largest magnitude of a map, to scale it with; 1 for a map of zeros. */
export function magnitude(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]));
  return most || 1;
}

/** The least and the largest of some values. */
export function range(values: Float32Array): [low: number, high: number] {
  return values.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}

/** Columns and rows of a sheet of feature maps: at most eight in a row. */
function sheetSize(channels: number): [columns: number, rows: number] {
  const columns = Math.min(8, channels);
  return [columns, Math.ceil(channels / columns)];
}

/** All feature maps of a block in rows of eight, a dark pixel between them. */
export function sheet(output: Pick<LayerOutput, "shape" | "values">, low: number, high: number): Picture {
  const { values, height, width } = inSheet(output, low);
  return greyMap(values, height, width, low, high);
}

/** Maps of one shape (channels, height, width) in rows of eight, `between` in the pixel between them. */
export function inSheet({ shape, values }: Pick<LayerOutput, "shape" | "values">, between: number) {
  const [channels, height, width] = shape;
  const [columns, rows] = sheetSize(channels);
  const [H, W] = [rows * (height + 1) - 1, columns * (width + 1) - 1];
  const all = new Float32Array(H * W).fill(between);
  for (let c = 0; c < channels; c++) {
    const at = Math.floor(c / columns) * (height + 1) * W + (c % columns) * (width + 1);
    for (let y = 0; y < height; y++) {
      const row = (c * height + y) * width;
      all.set(values.subarray(row, row + width), at + y * W);
    }
  }
  return { values: all, height: H, width: W };
}

/** The feature map at a place of a sheet, both from 0 to 1; null where the last row has none. */
export function channelAt(channels: number, x: number, y: number): number | null {
  const [columns, rows] = sheetSize(channels);
  if (x < 0 || x >= 1 || y < 0 || y >= 1) return null;
  const channel = Math.floor(y * rows) * columns + Math.floor(x * columns);
  return channel < channels ? channel : null;
}

/** Where a feature map lies in its sheet, in shares of the sheet. */
export function placeInSheet([channels, height, width]: readonly number[], channel: number) {
  const [columns, rows] = sheetSize(channels);
  const [H, W] = [rows * (height + 1) - 1, columns * (width + 1) - 1];
  const [row, column] = [Math.floor(channel / columns), channel % columns];
  return { left: (column * (width + 1)) / W, top: (row * (height + 1)) / H, width: width / W, height: height / H };
}

/** Where a map is largest, in words. */
export function place(map: ArrayLike<number>, height: number, width: number): string {
  let most = 0;
  for (let i = 1; i < map.length; i++) if (map[i] > map[most]) most = i;
  const [row, column] = [Math.floor(most / width), most % width];
  const vertical = row < height / 3 ? "top" : row < (2 * height) / 3 ? "middle" : "bottom";
  const horizontal = column < width / 3 ? "left" : column < (2 * width) / 3 ? "centre" : "right";
  return `strongest at the ${vertical} ${horizontal}`;
}
