import type { Picture } from "./picture.ts";

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
