import { byte, grey } from "./pixels.ts";

/** White is 1 in `change`. */
export function brightness(image: Uint8Array, change: number): Uint8Array {
  return image.map((value) => byte(value + 255 * change));
}

/** Towards the mean of the image's grey values. */
export function contrast(image: Uint8Array, channels: number, factor: number): Uint8Array {
  const pixels = image.length / channels;
  let sum = 0;
  for (let pixel = 0; pixel < pixels; pixel++) sum += grey(image, pixel, channels);
  const mean = sum / pixels;
  return image.map((value) => byte(mean + factor * (value - mean)));
}

/** @param sixteenths of the power: 16 changes nothing */
export function gamma(image: Uint8Array, sixteenths: number): Uint8Array {
  const table = Uint8Array.from({ length: 256 }, (_, value) => {
    // The sixteenth root by square roots, which are exact everywhere; a power is not.
    const root = Math.sqrt(Math.sqrt(Math.sqrt(Math.sqrt(value / 255))));
    let power = 1;
    for (let i = 0; i < sixteenths; i++) power *= root;
    return byte(255 * power);
  });
  return image.map((value) => table[value]);
}

/** Away from the grey of each pixel, or towards it with factors below 1. */
export function saturation(image: Uint8Array, channels: number, factor: number): Uint8Array {
  return image.map((value, i) => {
    const level = grey(image, Math.floor(i / channels), channels);
    return byte(level + factor * (value - level));
  });
}
