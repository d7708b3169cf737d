import type { Pica } from "pica";
import type { DecodedImage } from "./pixels.ts";

export { decodeImage, imageExtensions } from "./decode.ts";

/**
 * The network's input from an image: uint8 (height, width, channels). Colour becomes grey by ITU-R 601-2 luma in
 * integers (as PIL's convert("L"));
 * grey becomes colour by repetition. The whole image is resized, its aspect ratio not kept, with pica's antialiased
 * Magic Kernel Sharp 2013
 * (https://johncostella.com/magic/; polynomials in fixed point: the same bits on every runtime). An image of the right
 * size is left untouched.
 */
export async function toInput(
  image: DecodedImage,
  { channels, height, width }: { channels: 1 | 3; height: number; width: number },
  part: Part = { top: 0, left: 0, height: image.height, width: image.width },
): Promise<Uint8Array> {
  const isWhole = part.width === image.width && part.height === image.height;
  const isRight = isWhole && image.width === width && image.height === height;
  return convertChannels(isRight ? image.pixels : await resize(image, part, width, height), image.channels, channels);
}

/** A rectangle in an image, in its pixels. */
export interface Part {
  top: number;
  left: number;
  height: number;
  width: number;
}

/** Pixels of `from` channels as pixels of `to` channels. */
export function convertChannels(pixels: Uint8Array, from: 1 | 3, to: 1 | 3): Uint8Array {
  if (from === to) return pixels;
  const count = pixels.length / from;
  const converted = new Uint8Array(count * to);
  for (let i = 0; i < count; i++) {
    if (to === 3) converted.fill(pixels[i], i * 3, i * 3 + 3);
    else converted[i] = (pixels[i * 3] * 19595 + pixels[i * 3 + 1] * 38470 + pixels[i * 3 + 2] * 7471 + 0x8000) >> 16;
  }
  return converted;
}

let resizer: Pica | undefined;

async function resize(
  { width, channels, pixels }: DecodedImage,
  part: Part,
  toWidth: number,
  toHeight: number,
): Promise<Uint8Array> {
  const { Pica } = await import("pica");
  // Plain JavaScript: no workers, no canvas. Its WebAssembly is no faster on the first picture, and keeps the memory of
  // the largest one.
  resizer ??= new Pica({ features: ["js"] });
  const src = new Uint8Array(rgbaOf(pixels, width, channels, part).buffer);
  const size = { width: part.width, height: part.height, toWidth, toHeight };
  const rgba = await resizer.resizeBuffer({ src, ...size, filter: "mks2013" });
  return rgba.filter((_, i) => i % 4 < channels);
}

/** Opaque RGBA, as pica takes it, of a part of a picture; four bytes are written at once. */
function rgbaOf(pixels: Uint8Array, width: number, channels: 1 | 3, part: Part): Uint32Array<ArrayBuffer> {
  const [green, blue] = channels === 3 ? [1, 2] : [0, 0];
  const [r, g, b, a] = isLittleEndian ? [0, 8, 16, 24] : [24, 16, 8, 0];
  const rgba = new Uint32Array(part.width * part.height);
  for (let y = 0, to = 0; y < part.height; y++) {
    let from = ((part.top + y) * width + part.left) * channels;
    for (const end = to + part.width; to < end; to++, from += channels) {
      rgba[to] = (pixels[from] << r) | (pixels[from + green] << g) | (pixels[from + blue] << b) | (255 << a);
    }
  }
  return rgba;
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
