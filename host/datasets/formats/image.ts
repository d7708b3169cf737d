import type { Pica } from "pica";
import { HqcnnError } from "../../check.ts";
import { decodeDicom } from "./dicom.ts";
import { checkDimensions, type DecodedImage, megapixels } from "./pixels.ts";

export const imageExtensions: readonly string[] = ["png", "jpg", "jpeg", "tif", "tiff", "dcm", "dicom"];

/**
 * Decodes PNG, JPEG, TIFF (first page) or uncompressed DICOM (see dicom.ts), told apart by their first bytes; `name` is
 * for errors. 16-bit samples are scaled by 255/65535 and rounded, palettes looked up, transparency dropped (as PIL's
 * convert does). Throws a HqcnnError that names the file if it is none of these, damaged, of an unsupported variant, or
 * larger than 100 megapixels.
 */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<DecodedImage> {
  const [type, decode] = decoderOf(bytes, name);
  try {
    return await decode(bytes);
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).replace(/[\s:]+$/, "");
    throw new HqcnnError(`${name}: cannot read this ${type} image: ${reason}`, { cause: error });
  }
}

function decoderOf(bytes: Uint8Array, name: string): [string, (bytes: Uint8Array) => Promise<DecodedImage>] {
  const start = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (start === "89504e47") return ["PNG", decodePng];
  if (start.startsWith("ffd8ff")) return ["JPEG", decodeJpeg];
  if (start === "49492a00" || start === "4d4d002a") return ["TIFF", decodeTiff];
  if (bytes.subarray(128, 132).join() === "68,73,67,77") return ["DICOM", decodeDicom]; // DICM
  throw new HqcnnError(
    `${name}: expected a PNG, JPEG, TIFF or DICOM image, got ${bytes.length} bytes that start with ${start || "nothing"}`,
  );
}

// The decoders are loaded when first needed: each costs 10 to 40 ms.

async function decodePng(bytes: Uint8Array): Promise<DecodedImage> {
  const { decode, convertIndexedToRgb } = await import("fast-png");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [width, height, depth] = [view.getUint32(16), view.getUint32(20), view.getUint8(24)];
  checkDimensions(width, height);
  if (view.getUint8(28) !== 0 && depth < 8)
    throw new Error(`interlaced with ${depth} bits a pixel is not supported; save it again`);
  const png = decode(bytes, { checkCrc: true });
  if (png.palette) return fromSamples(width, height, convertIndexedToRgb(png), png.palette[0].length, 255);
  const samples = depth < 8 ? unpackBits(png.data, width, height, depth) : png.data;
  return fromSamples(width, height, samples, png.channels, 2 ** depth - 1);
}

/** Greyscale samples of 1, 2 or 4 bits; rows start at whole bytes. */
function unpackBits(data: ArrayLike<number>, width: number, height: number, depth: number): Uint8Array {
  const bytesPerRow = Math.ceil((width * depth) / 8);
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const bit = (i % width) * depth;
    const byte = data[Math.floor(i / width) * bytesPerRow + (bit >> 3)];
    return (byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
  });
}

async function decodeJpeg(bytes: Uint8Array): Promise<DecodedImage> {
  const { decode } = (await import("jpeg-js")).default;
  const options = { useTArray: true, formatAsRGBA: false, tolerantDecoding: false } as const;
  const { width, height, data } = decode(bytes, {
    ...options,
    maxResolutionInMP: megapixels,
    maxMemoryUsageInMB: 2048,
  });
  checkDimensions(width, height);
  return fromSamples(width, height, data, 3, 255);
}

async function decodeTiff(bytes: Uint8Array): Promise<DecodedImage> {
  const { decode } = await import("tiff");
  const [{ width, height, planarConfiguration, samplesPerPixel, tiled }] = decode(bytes, {
    pages: [0],
    ignoreImageData: true,
  });
  checkDimensions(width, height);
  // The library reads these two wrongly without an error.
  if (samplesPerPixel > 1 && planarConfiguration === 2)
    throw new Error("separate colour planes are not supported; save it with interleaved ones");
  if (samplesPerPixel > 1 && tiled) throw new Error("colour tiles are not supported; save it with strips");
  const [{ data, bitsPerSample, palette }] = decode(bytes, { pages: [0] });
  if (data instanceof Float32Array || data instanceof Float64Array)
    throw new Error("expected 8 or 16 bits a sample, got floats");
  if (palette)
    return fromSamples(width, height, new Uint16Array(Array.from(data, (index) => palette[index]).flat()), 3, 65535);
  return fromSamples(width, height, data, samplesPerPixel, 2 ** bitsPerSample - 1);
}

/** From interleaved samples 0 … max, with 1 (grey), 2 (grey, alpha), 3 (RGB), 4 (RGB, alpha) or more channels. */
function fromSamples(
  width: number,
  height: number,
  samples: ArrayLike<number>,
  channels: number,
  max: number,
): DecodedImage {
  const count = width * height;
  if (samples.length < count * channels) throw new Error(`expected ${count * channels} samples, got ${samples.length}`);
  const kept = channels < 3 ? 1 : 3;
  const pixels = new Uint8Array(count * kept);
  for (let i = 0, out = 0; i < count; i++) {
    for (let c = 0; c < kept; c++) pixels[out++] = Math.round((samples[i * channels + c] * 255) / max);
  }
  if (kept === 1) return { width, height, channels: 1, pixels };
  for (let i = 0; i < pixels.length; i += 3) {
    if (pixels[i] !== pixels[i + 1] || pixels[i] !== pixels[i + 2]) return { width, height, channels: 3, pixels };
  }
  return { width, height, channels: 1, pixels: pixels.filter((_, i) => i % 3 === 0) };
}

/**
 * The network's input from an image: uint8 (height, width, channels). Colour becomes grey by ITU-R 601-2 luma in
 * integers (as PIL's convert("L")); grey becomes colour by repetition. The whole image is resized, its aspect ratio not
 * kept, with pica's antialiased Magic Kernel Sharp 2013 (https://johncostella.com/magic/; polynomials in fixed point:
 * the same bits on every runtime). An image of the right size is left untouched.
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
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) src[i * 4 + c] = pixels[i * channels + (channels === 3 ? c : 0)];
  }
  const rgba = await resizer.resizeBuffer({ src, width, height, toWidth, toHeight, filter: "mks2013" });
  return rgba.filter((_, i) => i % 4 < channels);
}
