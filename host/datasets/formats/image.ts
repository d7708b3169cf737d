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
): Promise<Uint8Array> {
  const resized = image.width === width && image.height === height ? image.pixels : await resize(image, width, height);
  return convertChannels(resized, image.channels, channels);
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
  { width, height, channels, pixels }: DecodedImage,
  toWidth: number,
  toHeight: number,
): Promise<Uint8Array> {
  const { Pica } = await import("pica");
  resizer ??= new Pica({ features: ["js"] }); // plain JavaScript: no workers, no canvas
  const src = new Uint8Array(width * height * 4).fill(255); // pica takes RGBA
  const [green, blue] = channels === 3 ? [1, 2] : [0, 0];
  for (let from = 0, to = 0; to < src.length; from += channels, to += 4) {
    src[to] = pixels[from];
    src[to + 1] = pixels[from + green];
    src[to + 2] = pixels[from + blue];
  }
  const rgba = await resizer.resizeBuffer({ src, width, height, toWidth, toHeight, filter: "mks2013" });
  return rgba.filter((_, i) => i % 4 < channels);
}
