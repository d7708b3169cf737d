import { convertChannels } from "../../datasets/formats/image.ts";
import type { DecodedImage } from "../../datasets/formats/pixels.ts";

/** Pixels for a canvas. */
export interface Picture {
  height: number;
  width: number;
  /** (height, width, 4) */
  rgba: Uint8ClampedArray<ArrayBuffer>;
}

/** Pixels (…, channels) for a canvas. */
export function toRgba(pixels: Uint8Array, channels: 1 | 3): Uint8ClampedArray<ArrayBuffer> {
  const rgb = convertChannels(pixels, channels, 3);
  const rgba = new Uint8ClampedArray((rgb.length / 3) * 4).fill(255);
  for (let i = 0; i < rgb.length / 3; i++) rgba.set(rgb.subarray(3 * i, 3 * i + 3), 4 * i);
  return rgba;
}

/** The pixels of a picture, in colour. */
export function imageOf({ height, width, rgba }: Picture): DecodedImage {
  return { height, width, channels: 3, pixels: Uint8Array.from(rgba.filter((_, i) => i % 4 !== 3)) };
}

/** The picture of decoded pixels. */
export function pictureOf({ height, width, channels, pixels }: DecodedImage): Picture {
  return { height, width, rgba: toRgba(pixels, channels) };
}
