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
} from "./pixels.ts";
import { type DecoderModule, withLibrary } from "./wasm.ts";

// WebP and GIF: each a C library with one function that gives RGBA.

/** Opens a WebP picture, lossy or lossless. */
export async function openWebp(bytes: Uint8Array, job: Job): Promise<Opened> {
  const view = viewOf(bytes);
  if (bytes.length < 30 || view.getUint32(4, true) + 8 > bytes.length)
    throw new Refusal("expected more bytes; the file is cut short");
  const { width, height, dataLength, orientation, hasAlpha } = readWebp(bytes, view);
  checkDimensions(width, height, job);
  // libwebp codes a macroblock of 16 × 16 with at least a few bits; lossless pixels may take none at all.
  checkLength(dataLength, (width * height) / 2 ** 16, "image data");
  checkMemory(width * height * 7, `WebP of ${width} × ${height}`);
  job.log.step("WebP");
  if (hasAlpha) job.log.note("The alpha channel is dropped.");
  const frame = async (): Promise<Frame> => {
    const rgba = await withLibrary("webp", job.module, (library) => {
      const input = library.put(bytes);
      const size = library.take(8);
      const output = library.call("WebPDecodeRGBA", input, bytes.length, size, size + 4);
      if (output === 0 || library.int(size) !== width || library.int(size + 4) !== height)
        throw new Refusal("the compressed image data are cut short or damaged");
      return library.get(output, width * height * 4);
    });
    return { width, height, channels: 3, samples: keepChannels(rgba, 4, 3), mapping: fullRange(8), orientation };
  };
  return { frames: 1, frame };
}

function readWebp(bytes: Uint8Array, view: DataView) {
  let hasAlpha = false;
  let orientation: number | undefined;
  let found: { width: number; height: number; dataLength: number } | undefined;
  const end = view.getUint32(4, true) + 8;
  for (let at = 12; at + 8 <= end; ) {
    const type = String.fromCharCode(...bytes.subarray(at, at + 4));
    const length = view.getUint32(at + 4, true);
    const data = at + 8;
    if (data + length > bytes.length) throw new Refusal("expected more bytes in a chunk; the file is cut short");
    if (type === "ANIM" || type === "ANMF") throw new Refusal("animated WebP is not read; save one frame as PNG");
    if (type === "VP8X") hasAlpha = (bytes[data] & 0x10) !== 0;
    if (type === "EXIF") orientation = readOrientation(bytes.subarray(data, data + length));
    if (type === "VP8 " && length >= 10)
      found ??= {
        width: view.getUint16(data + 6, true) & 0x3fff,
        height: view.getUint16(data + 8, true) & 0x3fff,
        dataLength: length,
      };
    if (type === "VP8L" && length >= 5) {
      const packed = view.getUint32(data + 1, true);
      hasAlpha ||= ((packed >>> 28) & 1) === 1;
      found ??= { width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1, dataLength: length };
    }
    at = data + length + (length & 1);
  }
  if (!found) throw new Refusal("expected image data; the file is damaged");
  return { ...found, orientation, hasAlpha };
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
  if (first.width !== width || first.height !== height || first.hasTransparency)
    job.log.note("Transparent parts of the canvas are black.");
  return { frames: 1, frame: () => decodeRgba("nsgif", "decode_gif", bytes, width, height, job) };
}

/** The frames of a GIF by its blocks, none decoded. */
function readGifFrames(bytes: Uint8Array, view: DataView) {
  const frames: {
    left: number;
    top: number;
    width: number;
    height: number;
    dataLength: number;
    hasTransparency: boolean;
  }[] = [];
  const tableLength = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let at = 13 + tableLength(bytes[10]);
  let hasTransparency = false;
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
      if (bytes[at + 1] === 0xf9) hasTransparency = (bytes[at + 3] & 1) === 1;
      at += 2;
      skipBlocks();
    } else if (kind === 0x2c && at + 11 <= bytes.length) {
      const [left, top, width, height] = [1, 3, 5, 7].map((offset) => view.getUint16(at + offset, true));
      at += 10 + tableLength(bytes[at + 9]) + 1;
      frames.push({ left, top, width, height, dataLength: skipBlocks(), hasTransparency });
      hasTransparency = false;
    } else throw new Refusal("expected a block of GIF; the file is damaged");
  }
  throw new Refusal("expected the end of the file's blocks; the file is cut short");
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
