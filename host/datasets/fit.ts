import { HqcnnError, UsageError } from "../check.ts";
import { convertChannels, type Part, toInput } from "./formats/image.ts";
import type { DecodedImage } from "./formats/pixels.ts";

/** What happens to the sides' ratio of an image that is brought to the network's size. */
export const FITS = ["squash", "crop", "pad"] as const;
/**
 * squash: the whole image, its ratio not kept (as MedMNIST did); crop: its middle, as much as has the right ratio; pad:
 * the whole image with its ratio, black on both sides.
 */
export type Fit = (typeof FITS)[number];

/** Height and width in pixels. */
export interface Size {
  height: number;
  width: number;
}

/** Sides that a network can take. */
export const smallestSide = 16;
export const largestSide = 256;

/** Size of images in folders unless another is asked for: MedMNIST's first. */
export const standardSize: Size = { height: 28, width: 28 };

/** Parses the option --size: "64" or "48x64" (height × width). @throws UsageError */
export function parseSize(text: string): Size {
  const [, a, b] = /^(\d+)(?:[x×](\d+))?$/i.exec(text.trim()) ?? [];
  const [height, width] = [Number(a), Number(b ?? a)];
  const isSide = (side: number) => Number.isInteger(side) && side >= smallestSide && side <= largestSide;
  if (isSide(height) && isSide(width)) return { height, width };
  throw new UsageError(
    `--size: expected N or HEIGHTxWIDTH with sides from ${smallestSide} to ${largestSide}, got ${text}`,
  );
}

/** @throws HqcnnError unless a network can take images of this size */
export function checkSize({ height, width }: Size, where: string): void {
  const isSide = (side: number) => side >= smallestSide && side <= largestSide;
  if (isSide(height) && isSide(width)) return;
  throw new HqcnnError(
    `${where}: expected images of ${smallestSide} to ${largestSide} pixels a side, got ${height}×${width}: ` +
      "resize them with --size N or --size HEIGHTxWIDTH",
  );
}

/**
 * The network's input from an image of any size: uint8 (height, width, channels), resized by `toInput` after its sides'
 * ratio is made to fit.
 */
export async function fitImage(
  image: DecodedImage,
  { channels, height, width, fit = "squash" }: Size & { channels: 1 | 3; fit?: Fit },
): Promise<Uint8Array> {
  const size = { channels, height, width };
  if (fit === "crop") {
    const part = middle(image, height, width);
    const isRight = part.height === height && part.width === width;
    return isRight ? toInput(cut(image, part), size) : toInput(image, size, part);
  }
  if (fit === "pad") return padded(image, size);
  return toInput(image, size);
}

/**
 * Where in an image, in its pixels, that lies which `fitImage` shows the network: beyond the image where black is
 * added.
 */
export function shownRegion(image: Size, { height, width, fit = "squash" }: Size & { fit?: Fit }): Part {
  if (fit === "crop") return middle(image, height, width);
  const whole = { top: 0, left: 0, height: image.height, width: image.width };
  if (fit === "squash") return whole;
  const inner = innerOf(image, height, width);
  const [down, across] = [image.height / inner.height, image.width / inner.width];
  const [top, left] = [0 - inner.top * down, 0 - inner.left * across];
  return { top, left, height: height * down, width: width * across };
}

/** The largest part in the middle of an image that has the ratio of height and width. */
export function middle(image: Size, height: number, width: number): Part {
  const rows = Math.max(1, Math.min(image.height, Math.round((image.width * height) / width)));
  const columns = Math.max(1, Math.min(image.width, Math.round((image.height * width) / height)));
  return { top: (image.height - rows) >> 1, left: (image.width - columns) >> 1, height: rows, width: columns };
}

/** Where a whole image with its ratio lies in one of height and width. */
function innerOf(image: Size, height: number, width: number): Part {
  const rows = Math.max(1, Math.min(height, Math.round((width * image.height) / image.width)));
  const columns = Math.max(1, Math.min(width, Math.round((height * image.width) / image.height)));
  return { top: (height - rows) >> 1, left: (width - columns) >> 1, height: rows, width: columns };
}

/** A part of an image, which must lie in it. */
export function cut(image: DecodedImage, part: Part): DecodedImage {
  const { top, left, height: rows, width: columns } = part;
  if (rows === image.height && columns === image.width) return image;
  const { channels } = image;
  const pixels = new Uint8Array(rows * columns * channels);
  for (let y = 0; y < rows; y++) {
    const from = ((top + y) * image.width + left) * channels;
    pixels.set(image.pixels.subarray(from, from + columns * channels), y * columns * channels);
  }
  return { height: rows, width: columns, channels, pixels };
}

async function padded(
  image: DecodedImage,
  { channels, height, width }: Size & { channels: 1 | 3 },
): Promise<Uint8Array> {
  const { top, left, height: rows, width: columns } = innerOf(image, height, width);
  const inner = await toInput(image, { channels: image.channels, height: rows, width: columns });
  const pixels = convertChannels(inner, image.channels, channels);
  const out = new Uint8Array(height * width * channels);
  for (let y = 0; y < rows; y++) {
    const from = y * columns * channels;
    out.set(pixels.subarray(from, from + columns * channels), ((top + y) * width + left) * channels);
  }
  return out;
}
