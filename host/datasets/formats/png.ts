import { readOrientation } from "./exif.ts";
import { inflate } from "./inflate.ts";
import {
  bitsText,
  checkDimensions,
  checkLength,
  checkMemory,
  type Frame,
  fullRange,
  type Job,
  keepChannels,
  noteTrailing,
  type Opened,
  Refusal,
  trailingBytes,
} from "./pixels.ts";

// https://www.w3.org/TR/png-3/

interface Header {
  width: number;
  height: number;
  depth: number;
  color: number;
  isInterlaced: boolean;
}

/** Colour type → samples a pixel and the bit depths it may have. */
const colors: Record<number, { name: string; samples: number; depths: number[] }> = {
  0: { name: "grey", samples: 1, depths: [1, 2, 4, 8, 16] },
  2: { name: "RGB", samples: 3, depths: [8, 16] },
  3: { name: "palette", samples: 1, depths: [1, 2, 4, 8] },
  4: { name: "grey with alpha", samples: 2, depths: [8, 16] },
  6: { name: "RGB with alpha", samples: 4, depths: [8, 16] },
};

/** Adam7's passes: first column, first row, step of columns, step of rows. */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/**
 * Opens a PNG of any colour type, depth and interlacing. Text, profiles and other chunks that do not change samples are
 * not read.
 */
export async function openPng(bytes: Uint8Array, job: Job): Promise<Opened> {
  const chunks = readChunks(bytes);
  const header = readHeader(chunks[0]);
  const { width, height, depth, color, isInterlaced } = header;
  checkDimensions(width, height, job);
  const { name, samples: channels } = colors[color];
  const passes = (isInterlaced ? adam7 : [[0, 0, 1, 1]])
    .map(([x, y, dx, dy]) => ({
      x,
      y,
      dx,
      dy,
      width: Math.ceil((width - x) / dx),
      height: Math.ceil((height - y) / dy),
    }))
    .filter((pass) => pass.width > 0 && pass.height > 0);
  const bits = depth * channels;
  const length = passes.reduce((sum, pass) => sum + pass.height * (1 + Math.ceil((pass.width * bits) / 8)), 0);
  const data = chunks.filter(({ type }) => type === "IDAT").map((chunk) => chunk.data);
  const got = data.reduce((sum, part) => sum + part.length, 0);
  checkLength(got, length / 1032, "image data");
  checkMemory(length + width * height * channels * (depth === 16 ? 2 : 1), `PNG of ${width} × ${height}`);

  const find = (type: string) => chunks.find((chunk) => chunk.type === type)?.data;
  const palette = find("PLTE");
  if (color === 3 && (!palette || palette.length % 3 !== 0 || palette.length === 0 || palette.length > 768))
    throw new Refusal("expected a palette of 1 to 256 colours; the file is damaged");
  job.log.step(`PNG, ${name}, ${bitsText(depth)}${isInterlaced ? ", interlaced" : ""}`);
  if (color === 4 || color === 6) job.log.note("The alpha channel is dropped.");
  else if (find("tRNS")) job.log.note("The transparent colour is read as opaque.");
  if (find("acTL")) job.log.note("Animated PNG: only its still image is read.");
  const exif = find("eXIf");
  const last = chunks[chunks.length - 1].data;
  const end = last.byteOffset - bytes.byteOffset + last.length + 4; // behind its checksum
  noteTrailing(trailingBytes(bytes.subarray(end)), job);

  return {
    frames: 1,
    frame(): Frame {
      const raw = inflate(data, length);
      let samples = unpack(raw, header, channels, passes);
      const kept = color === 0 || color === 4 ? 1 : 3;
      const mapping = fullRange(color === 3 ? 8 : depth);
      if (color === 3) samples = lookUp(samples as Uint8Array, palette!);
      else samples = keepChannels(samples, channels, kept);
      return { width, height, channels: kept, samples, mapping, orientation: exif && readOrientation(exif) };
    },
  };
}

interface Chunk {
  type: string;
  data: Uint8Array;
}

/** The chunks that are read, up to IEND, their checksums compared. */
function readChunks(bytes: Uint8Array): Chunk[] {
  const read = new Set(["IHDR", "PLTE", "IDAT", "tRNS", "eXIf", "acTL", "IEND"]);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  for (let at = 8; ; ) {
    if (at + 12 > bytes.length) throw new Refusal("expected a chunk IEND; the file is cut short");
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const end = at + 8 + length;
    if (end + 4 > bytes.length) throw new Refusal("expected more bytes in a chunk; the file is cut short");
    if (read.has(type)) {
      if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end))
        throw new Refusal(`expected the checksum of chunk ${type} to match; the file is damaged`);
      chunks.push({ type, data: bytes.subarray(at + 8, end) });
      if (type === "IEND") break;
    } else if (/^[A-Z]/.test(type)) throw new Refusal("expected known chunks; the file is damaged");
    at = end + 4;
  }
  if (chunks[0].type !== "IHDR" || chunks[0].data.length !== 13)
    throw new Refusal("expected IHDR first; the file is damaged");
  return chunks;
}

function readHeader({ data }: Chunk): Header {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [depth, color, compression, filter, interlace] = data.subarray(8);
  if (!colors[color]?.depths.includes(depth) || compression !== 0 || filter !== 0 || interlace > 1)
    throw new Refusal(
      `expected a colour type and depth of PNG, got type ${color} with ${depth} bits; the file is damaged`,
    );
  return { width: view.getUint32(0), height: view.getUint32(4), depth, color, isInterlaced: interlace === 1 };
}

interface Pass {
  x: number;
  y: number;
  dx: number;
  dy: number;
  width: number;
  height: number;
}

/** Undoes the row filters in place, and spreads samples: one array item each, (height, width, channels). */
function unpack(
  raw: Uint8Array,
  { width, height, depth }: Header,
  channels: number,
  passes: Pass[],
): Uint8Array | Uint16Array {
  const bits = depth * channels;
  const step = Math.max(1, bits >> 3);
  const samples = new (depth === 16 ? Uint16Array : Uint8Array)(width * height * channels);
  let at = 0;
  for (const pass of passes) {
    const length = Math.ceil((pass.width * bits) / 8);
    let above = -1;
    for (let row = 0; row < pass.height; row++) {
      const start = at + 1;
      unfilter(raw, raw[at], start, above, length, step);
      const out = ((pass.y + row * pass.dy) * width + pass.x) * channels;
      if (depth === 8 && pass.dx === 1) samples.set(raw.subarray(start, start + length), out);
      else {
        for (let i = 0; i < pass.width * channels; i++) {
          const to = out + Math.floor(i / channels) * pass.dx * channels + (i % channels);
          if (depth === 16) samples[to] = (raw[start + 2 * i] << 8) | raw[start + 2 * i + 1];
          else if (depth === 8) samples[to] = raw[start + i];
          else samples[to] = (raw[start + ((i * depth) >> 3)] >> (8 - depth - ((i * depth) & 7))) & ((1 << depth) - 1);
        }
      }
      above = start;
      at = start + length;
    }
  }
  return samples;
}

/** One row's filter undone; `above` is where the row above begins, or -1. */
function unfilter(raw: Uint8Array, filter: number, start: number, above: number, length: number, step: number): void {
  const end = start + length;
  switch (filter) {
    case 0:
      return;
    case 1:
      for (let i = start + step; i < end; i++) raw[i] += raw[i - step];
      return;
    case 2:
      if (above >= 0) for (let i = start, up = above; i < end; i++, up++) raw[i] += raw[up];
      return;
    case 3:
      for (let i = 0; i < length; i++) {
        const left = i < step ? 0 : raw[start + i - step];
        raw[start + i] += (left + (above < 0 ? 0 : raw[above + i])) >> 1;
      }
      return;
    case 4:
      for (let i = 0; i < length; i++) {
        const left = i < step ? 0 : raw[start + i - step];
        const up = above < 0 ? 0 : raw[above + i];
        const corner = i < step || above < 0 ? 0 : raw[above + i - step];
        const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
        raw[start + i] += a <= b && a <= c ? left : b <= c ? up : corner;
      }
      return;
    default:
      throw new Refusal(`expected a row filter from 0 to 4, got ${filter}; the file is damaged`);
  }
}

function lookUp(indices: Uint8Array, palette: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(indices.length * 3);
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i] * 3;
    if (from >= palette.length)
      throw new Refusal(
        `expected a colour of the palette's ${palette.length / 3}, got number ${indices[i]}; the file is damaged`,
      );
    rgb[i * 3] = palette[from];
    rgb[i * 3 + 1] = palette[from + 1];
    rgb[i * 3 + 2] = palette[from + 2];
  }
  return rgb;
}

const crcTable = Int32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let k = 0; k < 8; k++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = crcTable[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}
