/** Pixels of one image: 8-bit values, channels last. */
export interface Shape {
  height: number;
  width: number;
  channels: number;
}

/** The nearest 8-bit value; halves go up. */
export function byte(value: number): number {
  return Math.min(255, Math.max(0, Math.floor(value + 0.5)));
}

/** Index of the pixel that is seen at `i` where an image of `n` is mirrored at the middle of its outermost pixels. */
export function reflected(i: number, n: number): number {
  if (i >= 0 && i < n) return i;
  if (n === 1) return 0;
  const period = 2 * (n - 1);
  const place = ((i % period) + period) % period;
  return place < n ? place : period - place;
}

/** A length that is given for images of 28 pixels. */
export function scaled(length: number, { height, width }: Shape): number {
  return (length * Math.min(height, width)) / 28;
}

/**
 * Calls `visit` with the value that bilinear interpolation finds at (y, x), reflected beyond the borders, for each
 * channel.
 */
export function sample(
  image: Uint8Array,
  shape: Shape,
  y: number,
  x: number,
  visit: (c: number, value: number) => void,
) {
  const { height, width, channels } = shape;
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const [down, right] = [y - top, x - left];
  const rows = [reflected(top, height), reflected(top + 1, height)];
  const columns = [reflected(left, width), reflected(left + 1, width)];
  const at = (row: number, column: number, c: number) => image[(rows[row] * width + columns[column]) * channels + c];
  for (let c = 0; c < channels; c++) {
    const upper = at(0, 0, c) * (1 - right) + at(0, 1, c) * right;
    const lower = at(1, 0, c) * (1 - right) + at(1, 1, c) * right;
    visit(c, upper * (1 - down) + lower * down);
  }
}

/** Of a pixel in shades of grey: Rec. 601 luma, or the value itself. */
export function grey(image: Uint8Array, pixel: number, channels: number): number {
  const at = pixel * channels;
  return channels < 3 ? image[at] : 0.299 * image[at] + 0.587 * image[at + 1] + 0.114 * image[at + 2];
}

/**
 * A random direction of length 1: the first of the points in the square that lies in the disc, so that no sine is
 * needed. @param uniforms pairs in [0, 1)
 */
export function direction(uniforms: Float32Array): [y: number, x: number] {
  for (let i = 0; i + 1 < uniforms.length; i += 2) {
    const [y, x] = [2 * uniforms[i] - 1, 2 * uniforms[i + 1] - 1];
    const square = y * y + x * x;
    if (square <= 1 && square > 0.01) return [y / Math.sqrt(square), x / Math.sqrt(square)];
  }
  return [0, 1]; // once in 10^12 images
}
