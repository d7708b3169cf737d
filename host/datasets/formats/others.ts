import { readOrientation } from "./exif.ts";
import {
  checkDimensions,
  checkLength,
  checkMemory,
  type Frame,
  fullRange,
  type Job,
  keepChannels,
  type Opened,
  Refusal,
  type Samples,
} from "./pixels.ts";
import { type DecoderModule, withLibrary } from "./wasm.ts";

// WebP and GIF: each a C library with one function that gives RGBA.

/** Opens a WebP picture, lossy or lossless; of an animation its first frame, on the canvas. */
export async function openWebp(bytes: Uint8Array, job: Job): Promise<Opened> {
  const view = viewOf(bytes);
  if (bytes.length < 30 || view.getUint32(4, true) + 8 > bytes.length)
    throw new Refusal("expected more bytes; the file is cut short");
  const { still, orientation, hasAlpha, canvas, frames } = readWebp(bytes, view);
  const { width, height } = canvas ?? still;
  checkDimensions(width, height, job);
  if (still.left + still.width > width || still.top + still.height > height)
    throw new Refusal("expected the first frame inside the canvas; the file is damaged");
  // libwebp codes a macroblock of 16 × 16 with at least a few bits; lossless pixels may take none at all.
  checkLength(still.data.length, (still.width * still.height) / 2 ** 16, "image data");
  checkMemory(width * height * 7, `WebP of ${width} × ${height}`);
  job.log.step("WebP");
  if (hasAlpha) job.log.note("The alpha channel is dropped.");
  if (frames > 1) job.log.note(`Animated WebP of ${frames} frames: only the first is read.`);
  const isPlaced = still.width !== width || still.height !== height;
  if (isPlaced) job.log.note("The canvas around the first frame is black.");
  const stream = frames > 0 ? stillFile(still) : bytes;
  const frame = async (): Promise<Frame> => {
    const rgba = await withLibrary("webp", job.module, (library) => {
      const input = library.put(stream);
      const size = library.take(8);
      const output = library.call("WebPDecodeRGBA", input, stream.length, size, size + 4);
      if (output === 0 || library.int(size) !== still.width || library.int(size + 4) !== still.height)
        throw new Refusal("the compressed image data are cut short or damaged");
      return library.get(output, still.width * still.height * 4);
    });
    const colors = keepChannels(rgba, 4, 3);
    const samples = isPlaced ? placed(colors, still, { width, height }) : colors;
    return { width, height, channels: 3, samples, mapping: fullRange(8), orientation };
  };
  return { frames: 1, frame };
}

/** One picture in a WebP file: its place on the canvas, and its stream of type "VP8 " or "VP8L". */
interface WebpStill {
  left: number;
  top: number;
  width: number;
  height: number;
  type: string;
  data: Uint8Array;
  hasAlpha: boolean;
}

function readWebp(bytes: Uint8Array, view: DataView) {
  let hasAlpha = false;
  let orientation: number | undefined;
  let still: WebpStill | undefined;
  let canvas: { width: number; height: number } | undefined;
  let frames = 0;
  for (const { type, data } of webpChunks(bytes, 12, view.getUint32(4, true) + 8)) {
    if (type === "VP8X" && data.length >= 10) {
      hasAlpha = (data[0] & 0x10) !== 0;
      canvas = { width: word24(data, 4) + 1, height: word24(data, 7) + 1 };
    } else if (type === "EXIF") orientation = readOrientation(data);
    else if (type === "ANMF" && data.length >= 16) {
      frames++;
      for (const chunk of frames === 1 ? webpChunks(data, 16, data.length) : [])
        still ??= readStill(chunk, 2 * word24(data, 0), 2 * word24(data, 3));
    } else still ??= readStill({ type, data }, 0, 0);
  }
  if (!still) throw new Refusal("expected image data; the file is damaged");
  return { still, orientation, hasAlpha: hasAlpha || still.hasAlpha, canvas: frames > 0 ? canvas : undefined, frames };
}

/** The chunks between two places, each a type, a length and its data. */
function* webpChunks(bytes: Uint8Array, start: number, end: number): Generator<{ type: string; data: Uint8Array }> {
  const view = viewOf(bytes);
  for (let at = start; at + 8 <= end; ) {
    const type = String.fromCharCode(...bytes.subarray(at, at + 4));
    const length = view.getUint32(at + 4, true);
    if (at + 8 + length > bytes.length) throw new Refusal("expected more bytes in a chunk; the file is cut short");
    yield { type, data: bytes.subarray(at + 8, at + 8 + length) };
    at += 8 + length + (length & 1);
  }
}

/** The picture in a chunk, if it is one. */
function readStill(chunk: { type: string; data: Uint8Array }, left: number, top: number): WebpStill | undefined {
  const { type, data } = chunk;
  const view = viewOf(data);
  if (type === "VP8 " && data.length >= 10) {
    const [width, height] = [6, 8].map((at) => view.getUint16(at, true) & 0x3fff);
    return { left, top, width, height, ...chunk, hasAlpha: false };
  }
  if (type !== "VP8L" || data.length < 5) return undefined;
  const packed = view.getUint32(1, true);
  const [width, height] = [(packed & 0x3fff) + 1, ((packed >>> 14) & 0x3fff) + 1];
  return { left, top, width, height, ...chunk, hasAlpha: ((packed >>> 28) & 1) === 1 };
}

/** A file of a picture alone; its alpha, a chunk of its own if lossy, is left out. */
function stillFile({ type, data }: WebpStill): Uint8Array {
  const length = data.length + (data.length & 1);
  const file = new Uint8Array(20 + length);
  const view = viewOf(file);
  file.set(new TextEncoder().encode(`RIFF    WEBP${type}`));
  view.setUint32(4, 12 + length, true);
  view.setUint32(16, data.length, true);
  file.set(data, 20);
  return file;
}

/** RGB pixels on a black canvas. */
function placed(pixels: Uint8Array, part: WebpStill, canvas: { width: number; height: number }): Uint8Array {
  const out = new Uint8Array(canvas.width * canvas.height * 3);
  for (let row = 0; row < part.height; row++) {
    const from = row * part.width * 3;
    out.set(pixels.subarray(from, from + part.width * 3), ((part.top + row) * canvas.width + part.left) * 3);
  }
  return out;
}

/** Three bytes as a number, the least significant first. */
function word24(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
}

/** Opens a GIF: its first frame on its canvas. */
export async function openGif(bytes: Uint8Array, job: Job): Promise<Opened> {
  const view = viewOf(bytes);
  if (bytes.length < 14) throw new Refusal("expected a header; the file is cut short");
  const [width, height] = [view.getUint16(6, true), view.getUint16(8, true)];
  checkDimensions(width, height, job);
  const frames = readGifFrames(bytes, view);
  if (frames.length === 0) throw new Refusal("expected a frame; the file is cut short or damaged");
  const [first] = frames;
  if (first.left + first.width > width || first.top + first.height > height)
    throw new Refusal("expected the first frame inside the canvas; the file is damaged");
  // A code of at most 12 bits stands for at most 4096 pixels.
  checkLength(first.dataLength, ((first.width * first.height) / 4096) * 1.5, "image data");
  checkMemory(width * height * 7, `GIF of ${width} × ${height}`);
  job.log.step("GIF, palette");
  if (frames.length > 1) job.log.note(`Animated GIF of ${frames.length} frames: only the first is read.`);
  if (first.transparent !== undefined) job.log.note("The transparent colour is read as opaque.");
  const isPart = first.width !== width || first.height !== height;
  // As other decoders do: of the transparent colour where there is one.
  const around = first.palette.subarray(3 * (first.transparent?.index ?? 0)).subarray(0, 3);
  if (isPart) job.log.note(`The canvas around the first frame has the colour ${around.join(", ")}.`);
  const opaque = bytes.slice();
  if (first.transparent) opaque[first.transparent.at] &= 0xfe;
  const frame = async (): Promise<Frame> => {
    const decoded = await decodeRgba("nsgif", "decode_gif", opaque, width, height, job);
    return isPart ? { ...decoded, samples: surrounded(decoded.samples, first, width, around) } : decoded;
  };
  return { frames: 1, frame };
}

/** The frames of a GIF by its blocks, none decoded. */
function readGifFrames(bytes: Uint8Array, view: DataView) {
  const frames: {
    left: number;
    top: number;
    width: number;
    height: number;
    dataLength: number;
    /** Red, green and blue of each colour. */
    palette: Uint8Array;
    /** The transparent colour, and where the flag is that makes it so. */
    transparent?: { index: number; at: number };
  }[] = [];
  const tableLength = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let at = 13 + tableLength(bytes[10]);
  let transparent: { index: number; at: number } | undefined;
  const skipBlocks = (): number => {
    const start = at;
    while (at < bytes.length && bytes[at] !== 0) at += 1 + bytes[at];
    if (at >= bytes.length) throw new Refusal("expected more image data; the file is cut short");
    at++;
    return at - start;
  };
  while (at < bytes.length) {
    const kind = bytes[at];
    if (kind === 0x3b) return frames;
    if (kind === 0x21) {
      if (bytes[at + 1] === 0xf9) transparent = bytes[at + 3] & 1 ? { index: bytes[at + 6], at: at + 3 } : undefined;
      at += 2;
      skipBlocks();
    } else if (kind === 0x2c && at + 11 <= bytes.length) {
      const [left, top, width, height] = [1, 3, 5, 7].map((offset) => view.getUint16(at + offset, true));
      const own = tableLength(bytes[at + 9]);
      const palette =
        own > 0 ? bytes.subarray(at + 10, at + 10 + own) : bytes.subarray(13, 13 + tableLength(bytes[10]));
      at += 10 + own + 1;
      frames.push({ left, top, width, height, dataLength: skipBlocks(), palette, transparent });
      transparent = undefined;
    } else throw new Refusal("expected a block of GIF; the file is damaged");
  }
  throw new Refusal("expected the end of the file's blocks; the file is cut short");
}

/** An image of one colour, but for a part of it. */
function surrounded(
  samples: Samples,
  { left, top, width, height }: { left: number; top: number; width: number; height: number },
  columns: number,
  color: Uint8Array,
): Samples {
  for (let i = 0, x = 0, y = 0; i < samples.length; i += 3) {
    const isOutside = x < left || x >= left + width || y < top || y >= top + height;
    if (isOutside) for (let c = 0; c < 3; c++) samples[i + c] = color[c] ?? 0;
    if (++x === columns) [x, y] = [0, y + 1];
  }
  return samples;
}

async function decodeRgba(
  name: DecoderModule,
  decode: string,
  bytes: Uint8Array,
  width: number,
  height: number,
  job: Job,
): Promise<Frame> {
  const rgba = await withLibrary(name, job.module, (library) => {
    const input = library.put(bytes);
    const result = library.take(12);
    const status = library.call(decode, result, result + 4, result + 8, input, bytes.length);
    if (status !== 0 || library.int(result + 4) !== width || library.int(result + 8) !== height)
      throw new Refusal("the image data are cut short or damaged");
    return library.get(library.int(result), width * height * 4);
  });
  return { width, height, channels: 3, samples: keepChannels(rgba, 4, 3), mapping: fullRange(8) };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
