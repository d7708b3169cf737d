import { inflate } from "./inflate.ts";
import { type Job, joined, Refusal, type Samples } from "./pixels.ts";
import type { Page } from "./tiffPage.ts";

/** Compression → its name and how much smaller it makes data at most; without a ratio it is not read. */
export const namesOfCompressions: Record<number, { name: string; ratio?: number }> = {
  1: { name: "no compression", ratio: 1 },
  2: { name: "CCITT Huffman", ratio: 4096 },
  3: { name: "CCITT Group 3", ratio: 1e5 },
  4: { name: "CCITT Group 4", ratio: 1e5 },
  5: { name: "LZW", ratio: 2731 },
  6: { name: "old-style JPEG" },
  7: { name: "JPEG", ratio: 1000 },
  8: { name: "deflate", ratio: 1032 },
  32771: { name: "CCITT Huffman in words" },
  32773: { name: "PackBits", ratio: 64 },
  32809: { name: "ThunderScan" },
  32946: { name: "deflate", ratio: 1032 },
  33003: { name: "JPEG 2000 (YCbCr)", ratio: 1e5 },
  33005: { name: "JPEG 2000 (RGB)", ratio: 1e5 },
  34676: { name: "SGI Log" },
  34677: { name: "SGI Log" },
  34712: { name: "JPEG 2000", ratio: 1e5 },
  34887: { name: "LERC" },
  34892: { name: "lossy JPEG of DNG" },
  34925: { name: "LZMA" },
  34933: { name: "PNG" },
  34934: { name: "JPEG XR" },
  50000: { name: "Zstandard", ratio: 1e5 },
  50001: { name: "WebP", ratio: 1e5 },
  50002: { name: "JPEG XL" },
  52546: { name: "JPEG XL" },
};

export interface Chunk {
  /** Samples of a row divided by the channels. */
  width: number;
  channels: number;
  data: Samples;
}

/** Decompresses one strip or tile, of which at least `rows` rows are needed, and undoes its predictor. */
export async function decodeChunk(stored: Uint8Array, page: Page, rows: number, job: Job): Promise<Chunk> {
  const { compression, chunkWidth, chunkHeight, bits, isPlanar } = page;
  if (compression === 7) return decodeJpeg(stored, page, rows, job);
  if (compression === 50001) return decodeWebp(stored, page, rows, job);
  const samples = isPlanar ? 1 : page.samples;
  if ([33003, 33005, 34712].includes(compression)) return decodeJpeg2000(stored, page, rows, job);
  const rowBytes = Math.ceil((chunkWidth * samples * bits) / 8);
  const most = rowBytes * chunkHeight;
  const least = rowBytes * rows;
  const input = page.fillOrder === 2 ? reversed(stored) : stored;
  if (page.shared) return decodeShared(input, page, page.shared, rows);
  const raw = await decompress(input, page, most, least);
  return {
    width: chunkWidth,
    channels: samples,
    data: toSamples(raw.subarray(0, least), page, samples, rows, rowBytes),
  };
}

/** YCbCr in blocks of pixels: the Y of each, then the Cb and the Cr that they share. */
async function decodeShared(
  input: Uint8Array,
  page: Page,
  [columns, lines]: readonly [number, number],
  rows: number,
): Promise<Chunk> {
  const { chunkWidth, chunkHeight, bits, samples, predictor } = page;
  if (bits !== 8 || samples !== 3 || predictor !== 1)
    throw new Refusal("TIFF in subsampled YCbCr of another form than 3 × 8 bits is not read; save it again as RGB");
  const block = columns * lines + 2;
  const across = Math.ceil(chunkWidth / columns) * block;
  const least = across * Math.ceil(rows / lines);
  const raw = await decompress(input, page, across * Math.ceil(chunkHeight / lines), least);
  const data = new Uint8Array(chunkWidth * rows * 3);
  for (let y = 0, to = 0; y < rows; y++) {
    for (let x = 0; x < chunkWidth; x++) {
      const at = Math.floor(y / lines) * across + Math.floor(x / columns) * block;
      data[to++] = raw[at + (y % lines) * columns + (x % columns)];
      data[to++] = raw[at + block - 2];
      data[to++] = raw[at + block - 1];
    }
  }
  return { width: chunkWidth, channels: 3, data };
}

/** At most `most` bytes. @throws Refusal on fewer than `least` */
async function decompress(input: Uint8Array, page: Page, most: number, least: number): Promise<Uint8Array> {
  const raw = await decompressed(input, page, most, least);
  if (raw.length < least)
    throw new Refusal(
      `expected ${least} bytes in a strip or tile, got ${raw.length}; the file is cut short or damaged`,
    );
  return raw;
}

async function decompressed(input: Uint8Array, page: Page, most: number, least: number): Promise<Uint8Array> {
  switch (page.compression) {
    case 1:
      return input;
    case 2:
    case 3:
    case 4:
      return (await import("./fax.ts")).decodeFax(input, page, least);
    case 5:
      return decodeLzw(input, most);
    case 8:
    case 32946:
      return inflate([input], most, { atMost: true });
    case 32773:
      return decodePackBits(input, most);
    default:
      return (await import("./zstd.ts")).decodeZstd(input, most);
  }
}

async function decodeJpeg(stored: Uint8Array, page: Page, rows: number, job: Job): Promise<Chunk> {
  const { jpegTables: tables, photometric, chunkWidth, chunkHeight, bits } = page;
  const { decodeJpegStream } = await import("./jpeg.ts");
  // An abbreviated stream: the tables stand in a field of their own, between a start and an end marker.
  const stream = tables && tables.length > 4 ? joined([tables.subarray(0, -2), stored.subarray(2)]) : stored;
  if (bits !== 8 && bits !== 16) throw new Refusal(`JPEG in TIFF with ${bits} bits is not read; save it again with 8`);
  const frame = await decodeJpegStream(stream, job, {
    color: photometric === 6 ? "ycbcr" : "rgb",
    isInkPositive: true,
    hasExtra: photometric === 2,
    most: chunkWidth * chunkHeight,
  });
  const expected = page.isPlanar || page.colors === 1 ? 1 : 3;
  if (frame.width < Math.min(chunkWidth, page.width) || frame.height < rows || frame.channels !== expected)
    throw new Refusal("expected JPEG data of the page's size and colours; the file is damaged");
  return { width: frame.width, channels: expected, data: frame.samples };
}

async function decodeWebp(stored: Uint8Array, page: Page, rows: number, job: Job): Promise<Chunk> {
  const { chunkWidth, chunkHeight, width, photometric, bits, isPlanar } = page;
  if (photometric !== 2 || bits !== 8 || isPlanar)
    throw new Refusal("TIFF in WebP of another form than RGB of 8 bits is not read; save it again with LZW or deflate");
  const { openWebp } = await import("./others.ts");
  const frame = await (await openWebp(stored, { ...job, maxPixels: chunkWidth * chunkHeight })).frame(0);
  if (frame.width < Math.min(chunkWidth, width) || frame.height < rows)
    throw new Refusal("expected WebP data of the page's size; the file is damaged");
  return { width: frame.width, channels: 3, data: frame.samples };
}

async function decodeJpeg2000(stored: Uint8Array, page: Page, rows: number, job: Job): Promise<Chunk> {
  const { chunkWidth, isPlanar, compression, colors } = page;
  const { decodeJpeg2000 } = await import("./jpeg2000.ts");
  const { ycbcrToRgb } = await import("./pixels.ts");
  const frame = await decodeJpeg2000(stored, job);
  const expected = isPlanar || colors === 1 ? 1 : 3;
  if (frame.width < Math.min(chunkWidth, page.width) || frame.height < rows || frame.channels !== expected)
    throw new Refusal("expected JPEG 2000 data of the page's size and colours; the file is damaged");
  const data =
    compression === 33003 && expected === 3 && frame.samples instanceof Uint8Array
      ? ycbcrToRgb(frame.samples)
      : frame.samples;
  return { width: frame.width, channels: expected, data };
}

/**
 * TIFF's LZW: codes of 9 to 12 bits, most significant bit first, 256 clears the table, 257 ends. Stops at `most` bytes.
 */
export function decodeLzw(input: Uint8Array, most: number): Uint8Array {
  if (input.length >= 2 && input[0] === 0 && (input[1] & 1) === 1)
    throw new Refusal(
      "TIFF with LZW of before 1988 (least significant bit first) is not read; save it again with LZW or deflate",
    );
  const out = new Uint8Array(Math.min(most, input.length * 2731 + 1));
  // A string of the table is a place in the output that was written before, and its length.
  const starts = new Int32Array(4097);
  const lengths = new Int32Array(4097);
  let done = 0;
  let next = 258;
  let width = 9;
  let previous = -1;
  let held = 0;
  let bits = 0;
  for (let at = 0; done < most; ) {
    while (bits < width && at < input.length) {
      held = (held << 8) | input[at++];
      bits += 8;
    }
    if (bits < width) break;
    bits -= width;
    const code = (held >>> bits) & ((1 << width) - 1);
    held &= (1 << bits) - 1;
    if (code === 257) break;
    if (code === 256) {
      next = 258;
      width = 9;
      previous = -1;
      continue;
    }
    const start = done;
    if (code < 256) out[done++] = code;
    else {
      if (code > next || (code === next && previous < 0) || (code >= next && next > 4095))
        throw new Refusal("expected LZW codes that were defined before; the file is damaged");
      const isNew = code === next;
      const from = isNew ? previous : starts[code];
      const length = isNew ? start - previous + 1 : lengths[code];
      for (let i = 0; i < length && done < most; i++, done++) out[done] = out[from + i];
    }
    if (previous >= 0 && next <= 4095) {
      starts[next] = previous;
      lengths[next] = start - previous + 1;
      next++;
    }
    previous = start;
    if (next >= 2047) width = 12;
    else if (next >= 1023) width = 11;
    else if (next >= 511) width = 10;
  }
  return out.subarray(0, done);
}

/** Apple's PackBits. Stops at `most` bytes. */
export function decodePackBits(input: Uint8Array, most: number): Uint8Array {
  const out = new Uint8Array(Math.min(most, input.length * 64));
  let done = 0;
  for (let at = 0; at < input.length && done < most; ) {
    const head = input[at++];
    if (head === 128) continue;
    const length = Math.min(head < 128 ? head + 1 : 257 - head, most - done);
    if (head < 128) {
      const part = input.subarray(at, at + length);
      out.set(part, done);
      done += part.length;
      at += head + 1;
    } else if (at < input.length) {
      out.fill(input[at++], done, done + length);
      done += length;
    }
  }
  return out.subarray(0, done);
}

/** Bits of every byte in the other order (FillOrder 2). */
function reversed(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => {
    let out = 0;
    for (let i = 0; i < 8; i++) out |= ((byte >> i) & 1) << (7 - i);
    return out;
  });
}

/** Raw rows as an array with one item a sample. */
function toSamples(raw: Uint8Array, page: Page, samples: number, rows: number, rowBytes: number): Samples {
  const { bits, format, predictor, chunkWidth, isLittle } = page;
  const perRow = chunkWidth * samples;
  if (bits < 8 || (bits & 7) !== 0) {
    if (predictor !== 1)
      throw new Refusal(`TIFF with a predictor and ${bits} bits is not read; save it again with 8 or 16 bits`);
    return unpack(raw, bits, format === 2, perRow, rows, rowBytes);
  }
  const size = bits >> 3;
  let bytes = raw;
  if (predictor === 3) {
    if (format !== 3) throw new Refusal("expected floats with predictor 3; the file is damaged");
    bytes = undoFloatPredictor(raw, samples, perRow, rows, size);
  } else if (size > 1) {
    bytes = raw.slice();
    if (!isLittle) swap(bytes, size);
  } else if (predictor === 2) bytes = raw.slice();
  const [buffer, offset, length] = [bytes.buffer as ArrayBuffer, bytes.byteOffset, perRow * rows];
  if (predictor === 2) {
    // Sums wrap around, so signed and unsigned are the same here.
    if (format === 3 && size !== 4)
      throw new Refusal(`TIFF with predictor 2 and ${bits}-bit floats is not read; save it again without`);
    const Whole = size === 1 ? Uint8Array : size === 2 ? Uint16Array : Uint32Array;
    if (size > 4) throw new Refusal(`TIFF with predictor 2 and ${bits} bits is not read; save it again without`);
    const numbers = new Whole(buffer, offset, length);
    for (let row = 0; row < rows; row++) {
      for (let i = row * perRow + samples; i < (row + 1) * perRow; i++) numbers[i] += numbers[i - samples];
    }
  }
  if (format === 3) {
    if (size === 2) return halfFloats(new Uint16Array(buffer, offset, length));
    return size === 8 ? new Float64Array(buffer, offset, length) : new Float32Array(buffer, offset, length);
  }
  if (size === 8) {
    const Whole = format === 2 ? BigInt64Array : BigUint64Array;
    return Float64Array.from(new Whole(buffer, offset, length), Number);
  }
  if (size === 1) return format === 2 ? new Int8Array(buffer, offset, length) : new Uint8Array(buffer, offset, length);
  if (size === 2)
    return format === 2 ? new Int16Array(buffer, offset, length) : new Uint16Array(buffer, offset, length);
  return format === 2 ? new Int32Array(buffer, offset, length) : new Uint32Array(buffer, offset, length);
}

/** Samples of 1 to 15 bits; rows start at whole bytes. */
function unpack(
  raw: Uint8Array,
  bits: number,
  isSigned: boolean,
  perRow: number,
  rows: number,
  rowBytes: number,
): Samples {
  const Kind = bits <= 8 ? (isSigned ? Int8Array : Uint8Array) : isSigned ? Int16Array : Uint16Array;
  const out = new Kind(perRow * rows);
  for (let row = 0, to = 0; row < rows; row++) {
    let at = row * rowBytes;
    let held = 0;
    let count = 0;
    for (let i = 0; i < perRow; i++) {
      while (count < bits) {
        held = ((held << 8) | raw[at++]) & 0xffffff;
        count += 8;
      }
      count -= bits;
      const value = (held >>> count) & ((1 << bits) - 1);
      out[to++] = isSigned ? (value << (32 - bits)) >> (32 - bits) : value;
    }
  }
  return out;
}

function swap(bytes: Uint8Array, size: number): void {
  for (let at = 0; at + size <= bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

/**
 * Adobe's floating-point predictor (TIFF Technical Note 3): differences of bytes, most significant bytes of a row
 * first. Gives little-endian floats.
 */
function undoFloatPredictor(raw: Uint8Array, samples: number, perRow: number, rows: number, size: number): Uint8Array {
  const out = new Uint8Array(raw.length);
  const row = new Uint8Array(perRow * size);
  for (let y = 0; y < rows; y++) {
    row.set(raw.subarray(y * row.length, (y + 1) * row.length));
    for (let i = samples; i < row.length; i++) row[i] += row[i - samples];
    for (let i = 0; i < perRow; i++) {
      for (let b = 0; b < size; b++) out[(y * perRow + i) * size + b] = row[(size - 1 - b) * perRow + i];
    }
  }
  return out;
}

function halfFloats(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, (half) => {
    const [sign, exponent, fraction] = [half >> 15 ? -1 : 1, (half >> 10) & 31, half & 1023];
    if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    return exponent === 0 ? (sign * fraction) / 2 ** 24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}
