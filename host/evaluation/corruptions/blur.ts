import { byte, reflected, type Shape } from "./pixels.ts";

/** A neighbour, and how much it counts. */
interface Tap {
  dy: number;
  dx: number;
  weight: number;
}

/** Points along a pixel's side at which a disc is sampled. */
const FINE = 8;

/** The mean over a disc about each pixel; pixels on its rim count as much as their area in it, to 1/64. */
export function defocusBlur(image: Uint8Array, shape: Shape, radius: number): Uint8Array {
  const reach = Math.ceil(radius + 0.5);
  const taps: Tap[] = [];
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      let weight = 0;
      for (let i = 0; i < FINE; i++) {
        for (let j = 0; j < FINE; j++) {
          const y = dy + (i + 0.5) / FINE - 0.5;
          const x = dx + (j + 0.5) / FINE - 0.5;
          if (y * y + x * x <= radius * radius) weight++;
        }
      }
      if (weight > 0) taps.push({ dy, dx, weight });
    }
  }
  return weightedMean(image, shape, taps);
}

/** The mean over a line through each pixel, four points a pixel of its length, each by bilinear interpolation. */
export function motionBlur(
  image: Uint8Array,
  shape: Shape,
  length: number,
  [y, x]: readonly [y: number, x: number],
): Uint8Array {
  const points = Math.ceil(4 * length) + 1;
  const taps: Tap[] = [];
  for (let i = 0; i < points; i++) {
    const along = length * (i / (points - 1) - 0.5);
    const [top, left] = [Math.floor(along * y), Math.floor(along * x)];
    const [down, right] = [along * y - top, along * x - left];
    taps.push(
      { dy: top, dx: left, weight: (1 - down) * (1 - right) },
      { dy: top, dx: left + 1, weight: (1 - down) * right },
      { dy: top + 1, dx: left, weight: down * (1 - right) },
      { dy: top + 1, dx: left + 1, weight: down * right },
    );
  }
  const joined = new Map<string, Tap>();
  for (const tap of taps) {
    const key = `${tap.dy} ${tap.dx}`;
    const same = joined.get(key);
    if (same) same.weight += tap.weight;
    else if (tap.weight > 0) joined.set(key, { ...tap });
  }
  return weightedMean(image, shape, [...joined.values()]);
}

/** Reflected beyond the borders. */
function weightedMean(image: Uint8Array, { height, width, channels }: Shape, taps: readonly Tap[]): Uint8Array {
  const total = taps.reduce((sum, { weight }) => sum + weight, 0);
  const out = new Uint8Array(image.length);
  const sums = new Float64Array(channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      sums.fill(0);
      for (const { dy, dx, weight } of taps) {
        const from = (reflected(y + dy, height) * width + reflected(x + dx, width)) * channels;
        for (let c = 0; c < channels; c++) sums[c] += weight * image[from + c];
      }
      for (let c = 0; c < channels; c++) out[(y * width + x) * channels + c] = byte(sums[c] / total);
    }
  }
  return out;
}

/** Square blocks from the upper left on, each replaced by its mean. */
export function pixelation(image: Uint8Array, { height, width, channels }: Shape, side: number): Uint8Array {
  const out = new Uint8Array(image.length);
  for (let top = 0; top < height; top += side) {
    for (let left = 0; left < width; left += side) {
      const bottom = Math.min(height, top + side);
      const right = Math.min(width, left + side);
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let y = top; y < bottom; y++)
          for (let x = left; x < right; x++) sum += image[(y * width + x) * channels + c];
        const mean = byte(sum / ((bottom - top) * (right - left)));
        for (let y = top; y < bottom; y++)
          for (let x = left; x < right; x++) out[(y * width + x) * channels + c] = mean;
      }
    }
  }
  return out;
}
