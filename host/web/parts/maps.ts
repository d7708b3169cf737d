import type { LayerOutput } from "../../explain/layers.ts";
import type { Picture } from "../protocol/picture.ts";

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
export function sheet({ shape, values }: Pick<LayerOutput, "shape" | "values">, low: number, high: number): Picture {
  const [channels, height, width] = shape;
  const [columns, rows] = sheetSize(channels);
  const [H, W] = [rows * (height + 1) - 1, columns * (width + 1) - 1];
  const all = new Float32Array(H * W).fill(low);
  for (let c = 0; c < channels; c++) {
    const at = Math.floor(c / columns) * (height + 1) * W + (c % columns) * (width + 1);
    for (let y = 0; y < height; y++) {
      const row = (c * height + y) * width;
      all.set(values.subarray(row, row + width), at + y * W);
    }
  }
  return greyMap(all, H, W, low, high);
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
