import {
  checkDimensions,
  checkLength,
  checkMemory,
  type Frame,
  fullRange,
  type Job,
  type Opened,
  Refusal,
} from "./pixels.ts";

interface Header {
  width: number;
  height: number;
  /** Whether the first row is the top one. */
  isTopDown: boolean;
  bits: number;
  /** 1 or 2 where rows are run lengths of 8 or 4 bits. */
  compression: number;
  /** Bits of red, green and blue in pixels of 16 and 32 bits. */
  masks: [number, number, number];
  /** Blue, green and red of each colour. */
  palette: Uint8Array;
  colorBytes: 3 | 4;
  /** Where the pixels start. */
  start: number;
}

/**
 * Opens a BMP of 1 to 32 bits, run lengths included. 5 and 6 bits are spread over the whole range, as Pillow does: 31
 * of 31 is white.
 */
export async function openBmp(bytes: Uint8Array, job: Job): Promise<Opened> {
  const header = readHeader(bytes, job);
  const { width, height, bits, compression, start } = header;
  checkMemory(width * height * 7, `BMP of ${width} × ${height}`);
  const isRuns = compression === 1 || compression === 2;
  if (isRuns) checkLength(bytes.length, (width * height) / 255 / 4, "image data");
  else checkLength(bytes.length - start, rowLength(width, bits) * height, "image data");
  job.log.step(`BMP, ${bits} bits${isRuns ? ", run lengths" : ""}`);
  return {
    frames: 1,
    async frame(): Promise<Frame> {
      const samples = bits <= 8 ? decodeIndexed(bytes, header, job) : decodeColors(bytes, header);
      return { width, height, channels: 3, samples, mapping: fullRange(8) };
    },
  };
}

function readHeader(bytes: Uint8Array, job: Job): Header {
  const view = viewOf(bytes);
  if (bytes.length < 26) throw new Refusal("expected a header; the file is cut short");
  const size = view.getUint32(14, true);
  const isOld = size === 12;
  if (!isOld && size < 40) throw new Refusal(`BMP with a header of ${size} bytes is not read; save it again as PNG`);
  if (!isOld && bytes.length < 54) throw new Refusal("expected a header; the file is cut short");
  const width = isOld ? view.getUint16(18, true) : view.getInt32(18, true);
  const rows = isOld ? view.getUint16(20, true) : view.getInt32(22, true);
  const height = Math.abs(rows);
  const bits = view.getUint16(isOld ? 24 : 28, true);
  const compression = isOld ? 0 : view.getUint32(30, true);
  checkDimensions(width, height, job);
  if (![1, 4, 8, 16, 24, 32].includes(bits))
    throw new Refusal(`expected 1 to 32 bits a pixel, got ${bits}; the file is damaged`);
  if (compression === 4 || compression === 5)
    throw new Refusal("BMP that holds a JPEG or PNG is not read; save it again as PNG");
  const hasMasks = compression === 3 || compression === 6;
  if (compression > 6 || (hasMasks && bits !== 16 && bits !== 32))
    throw new Refusal(`BMP of ${bits} bits with compression ${compression} is not read; save it again as PNG`);
  if ((compression === 1 && bits !== 8) || (compression === 2 && bits !== 4))
    throw new Refusal(`expected run lengths of 4 or 8 bits, got ${bits}; the file is damaged`);

  let masks: Header["masks"] = bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff];
  if (hasMasks) {
    if (bytes.length < 66) throw new Refusal("expected a header; the file is cut short");
    masks = [view.getUint32(54, true), view.getUint32(58, true), view.getUint32(62, true)];
    if (masks.some((mask) => mask === 0)) throw new Refusal("expected bits for each colour; the file is damaged");
    if (size >= 56 && bytes.length >= 70 && view.getUint32(66, true) !== 0)
      job.log.note("The alpha channel is dropped.");
  }
  const start = view.getUint32(10, true);
  const colorBytes = isOld ? 3 : 4;
  let palette = new Uint8Array();
  if (bits <= 8) {
    const used = (isOld ? 0 : view.getUint32(46, true)) || 2 ** bits;
    const first = 14 + size;
    const end = first + Math.min(used, 2 ** bits) * colorBytes;
    palette = bytes.slice(first, Math.max(first, start > first ? Math.min(end, start) : end));
  }
  return { width, height, isTopDown: rows < 0, bits, compression, masks, palette, colorBytes, start };
}

function decodeIndexed(bytes: Uint8Array, header: Header, job: Job): Uint8Array {
  const { width, height, isTopDown, bits, compression, palette, colorBytes, start } = header;
  let indices: Uint8Array;
  if (compression === 0) {
    indices = new Uint8Array(width * height);
    const length = rowLength(width, bits);
    const most = 2 ** bits - 1;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const bit = column * bits;
        const byte = bytes[start + row * length + (bit >> 3)];
        indices[row * width + column] = (byte >> (8 - bits - (bit & 7))) & most;
      }
    }
  } else indices = decodeRuns(bytes, header, job);

  const out = new Uint8Array(width * height * 3);
  const colors = Math.floor(palette.length / colorBytes);
  for (let row = 0; row < height; row++) {
    let to = (isTopDown ? row : height - 1 - row) * width * 3;
    for (let column = 0; column < width; column++, to += 3) {
      const index = indices[row * width + column];
      if (index >= colors)
        throw new Refusal(`expected a colour of the palette's ${colors}, got number ${index}; the file is damaged`);
      for (let c = 0; c < 3; c++) out[to + c] = palette[index * colorBytes + 2 - c];
    }
  }
  return out;
}

/** Colour numbers of rows in stored order. What the runs skip is colour 0. */
function decodeRuns(bytes: Uint8Array, { width, height, compression, start }: Header, job: Job): Uint8Array {
  const out = new Uint8Array(width * height);
  const isHalves = compression === 2;
  let [at, x, y, written] = [start, 0, 0, 0];
  const put = (index: number) => {
    if (x < width && y < height) {
      out[y * width + x] = index;
      written++;
    }
    x++;
  };
  while (y < height && !(y === height - 1 && x >= width)) {
    if (at + 2 > bytes.length) throw new Refusal("expected more image data; the file is cut short");
    const [count, code] = [bytes[at], bytes[at + 1]];
    at += 2;
    if (count > 0) {
      for (let i = 0; i < count; i++) put(isHalves ? (i % 2 === 0 ? code >> 4 : code & 15) : code);
    } else if (code === 0) {
      x = 0;
      y++;
    } else if (code === 1) break;
    else if (code === 2) {
      if (at + 2 > bytes.length) throw new Refusal("expected more image data; the file is cut short");
      x += bytes[at];
      y += bytes[at + 1];
      at += 2;
    } else {
      const length = isHalves ? (code + 1) >> 1 : code;
      if (at + length > bytes.length) throw new Refusal("expected more image data; the file is cut short");
      for (let i = 0; i < code; i++) {
        put(isHalves ? (i % 2 === 0 ? bytes[at + (i >> 1)] >> 4 : bytes[at + (i >> 1)] & 15) : bytes[at + i]);
      }
      at += length + (length & 1);
    }
  }
  const skipped = width * height - written;
  if (skipped > 0) job.log.note(`${skipped} pixels that the file leaves out have colour 0 of its palette.`);
  return out;
}

function decodeColors(bytes: Uint8Array, { width, height, isTopDown, bits, masks, start }: Header): Uint8Array {
  const out = new Uint8Array(width * height * 3);
  const length = rowLength(width, bits);
  const parts = masks.map((mask) => {
    const shift = 31 - Math.clz32(mask & -mask);
    return { mask, shift, most: mask >>> shift };
  });
  const view = viewOf(bytes);
  for (let row = 0; row < height; row++) {
    let from = start + row * length;
    let to = (isTopDown ? row : height - 1 - row) * width * 3;
    for (let column = 0; column < width; column++, from += bits >> 3, to += 3) {
      if (bits === 24) {
        for (let c = 0; c < 3; c++) out[to + c] = bytes[from + 2 - c];
        continue;
      }
      const value = bits === 16 ? view.getUint16(from, true) : view.getUint32(from, true);
      for (let c = 0; c < 3; c++) {
        const { mask, shift, most } = parts[c];
        out[to + c] = Math.round((((value & mask) >>> shift) * 255) / most);
      }
    }
  }
  return out;
}

/** Bytes of a row, a multiple of 4. */
function rowLength(width: number, bits: number): number {
  return Math.ceil((width * bits) / 32) * 4;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
