import type { Picture } from "./picture.ts";

type Rgb = readonly [number, number, number];

// From blue to vermilion by way of white: apart in every form of colour blindness, and in grey the ends stay darker than the middle.
const AGAINST: Rgb = [0, 90, 181];
const NOTHING: Rgb = [247, 247, 247];
const FOR: Rgb = [213, 94, 0];

/** A map of values −1 to 1 as colours: blue is −1, white 0, vermilion 1. */
export function colorMap(values: ArrayLike<number>, height: number, width: number): Picture {
  return paint(height, width, (i) => {
    const value = Math.max(-1, Math.min(1, values[i]));
    return blend(NOTHING, value < 0 ? AGAINST : FOR, Math.abs(value));
  });
}

/** Values as greys: `low` is black, `high` white. */
export function greyMap(values: ArrayLike<number>, height: number, width: number, low: number, high: number): Picture {
  const span = high > low ? high - low : 1;
  return paint(height, width, (i) => {
    const grey = (255 * (values[i] - low)) / span;
    return [grey, grey, grey];
  });
}

/** The largest magnitude of a map, to scale it with; 1 for a map of zeros. */
export function magnitude(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]));
  return most || 1;
}

function paint(height: number, width: number, color: (pixel: number) => Rgb): Picture {
  const rgba = new Uint8ClampedArray(4 * height * width).fill(255);
  for (let i = 0; i < height * width; i++) rgba.set(color(i), 4 * i);
  return { height, width, rgba };
}

function blend(from: Rgb, to: Rgb, share: number): Rgb {
  const [r, g, b] = from.map((value, c) => value + share * (to[c] - value));
  return [r, g, b];
}
