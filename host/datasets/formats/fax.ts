import { Refusal } from "./pixels.ts";
import type { Page } from "./tiffPage.ts";

// ITU-T T.4 and T.6, as TIFF holds them. No package decodes them in browsers and Node alike without eval or a viewer
// around it.

/** Codes of white runs of 0 to 63 pixels, then of 64, 128 … 1728. */
const white =
  "00110101 000111 0111 1000 1011 1100 1110 1111 10011 10100 00111 01000 001000 000011 110100 110101 101010 " +
  "101011 0100111 0001100 0001000 0010111 0000011 0000100 0101000 0101011 0010011 0100100 0011000 00000010 " +
  "00000011 00011010 00011011 00010010 00010011 00010100 00010101 00010110 00010111 00101000 00101001 " +
  "00101010 00101011 00101100 00101101 00000100 00000101 00001010 00001011 01010010 01010011 01010100 " +
  "01010101 00100100 00100101 01011000 01011001 01011010 01011011 01001010 01001011 00110010 00110011 " +
  "00110100 11011 10010 010111 0110111 00110110 00110111 01100100 01100101 01101000 01100111 011001100 " +
  "011001101 011010010 011010011 011010100 011010101 011010110 011010111 011011000 011011001 011011010 " +
  "011011011 010011000 010011001 010011010 011000 010011011";

/** Codes of black runs, likewise. */
const black =
  "0000110111 010 11 10 011 0011 0010 00011 000101 000100 0000100 0000101 0000111 00000100 00000111 000011000 " +
  "0000010111 0000011000 0000001000 00001100111 00001101000 00001101100 00000110111 00000101000 00000010111 " +
  "00000011000 000011001010 000011001011 000011001100 000011001101 000001101000 000001101001 000001101010 " +
  "000001101011 000011010010 000011010011 000011010100 000011010101 000011010110 000011010111 000001101100 " +
  "000001101101 000011011010 000011011011 000001010100 000001010101 000001010110 000001010111 000001100100 " +
  "000001100101 000001010010 000001010011 000000100100 000000110111 000000111000 000000100111 000000101000 " +
  "000001011000 000001011001 000000101011 000000101100 000001011010 000001100110 000001100111 0000001111 " +
  "000011001000 000011001001 000001011011 000000110011 000000110100 000000110101 0000001101100 0000001101101 " +
  "0000001001010 0000001001011 0000001001100 0000001001101 0000001110010 0000001110011 0000001110100 " +
  "0000001110101 0000001110110 0000001110111 0000001010010 0000001010011 0000001010100 0000001010101 " +
  "0000001011010 0000001011011 0000001100100 0000001100101";

/** Codes of runs of 1792, 1856 … 2560 pixels of either colour. */
const long =
  "00000001000 00000001100 00000001101 000000010010 000000010011 000000010100 000000010101 000000010110 " +
  "000000010111 000000011100 000000011101 000000011110 000000011111";

/** Two-dimensional modes: how far the changing element lies from the one above, or pass and horizontal. */
const modes: readonly (readonly [code: string, mode: number])[] = [
  ["1", 0],
  ["011", 1],
  ["000011", 2],
  ["0000011", 3],
  ["010", -1],
  ["000010", -2],
  ["0000010", -3],
  ["0001", 10],
  ["001", 11],
];
const pass = 10;
const horizontal = 11;

/** Next 13 bits → value × 16 + length of the code, or 0 where there is none. */
function tableOf(codes: Iterable<readonly [code: string, value: number]>): Int32Array {
  const table = new Int32Array(2 ** 13);
  for (const [code, value] of codes) {
    const rest = 13 - code.length;
    const first = Number.parseInt(code, 2) << rest;
    table.fill(value * 16 + code.length, first, first + 2 ** rest);
  }
  return table;
}

function runsOf(codes: string): Int32Array {
  const runs = codes.split(" ").map((code, i) => [code, i < 64 ? i : (i - 63) * 64] as const);
  return tableOf([...runs, ...long.split(" ").map((code, i) => [code, 1792 + 64 * i] as const)]);
}

let tables: { runs: readonly [Int32Array, Int32Array]; modes: Int32Array } | undefined;

/** Decompresses fax data (compression 2, 3 or 4) to `length` bytes of rows, black as 1. */
export function decodeFax(input: Uint8Array, page: Page, length: number): Uint8Array {
  tables ??= { runs: [runsOf(white), runsOf(black)], modes: tableOf(modes) };
  const { compression, chunkWidth: width, faxOptions, bits, samples } = page;
  if (bits !== 1 || samples !== 1) throw new Refusal("expected 1 bit a pixel for fax data; the file is damaged");
  if (compression === 3 && faxOptions & 2)
    throw new Refusal("TIFF with uncompressed fax data is not read; save it again");
  const reader = new Bits(input);
  const rowBytes = Math.ceil(width / 8);
  const out = new Uint8Array(length);
  // Where colours change in the row above and in this one; the width stands for what lies beyond the end.
  let above = [width];
  for (let row = 0; row * rowBytes < length; row++) {
    let isFlat = compression !== 4;
    if (compression === 3) {
      reader.skipEnd();
      if (faxOptions & 1) isFlat = reader.take(1) === 1;
    } else if (compression === 2) reader.align();
    const changes = isFlat ? flatRow(reader, width, tables.runs) : nextRow(reader, width, above, tables);
    for (let i = 0; i < changes.length; i += 2) fill(out, row * rowBytes, changes[i], changes[i + 1] ?? width);
    above = changes;
  }
  return out;
}

const damaged = () => new Refusal("expected codes of fax data; the file is cut short or damaged");

/** A row by its run lengths alone: white, black, white … */
function flatRow(reader: Bits, width: number, runs: readonly [Int32Array, Int32Array]): number[] {
  const changes: number[] = [];
  for (let at = 0, color = 0; at < width; color ^= 1) {
    at += run(reader, runs[color]);
    if (at > width) throw damaged();
    changes.push(at);
  }
  return changes;
}

/** A row by its differences to the row above. */
function nextRow(reader: Bits, width: number, above: number[], { runs, modes }: NonNullable<typeof tables>): number[] {
  const changes: number[] = [];
  let at = -1; // before the first pixel
  let color = 0;
  let next = 0;
  while (at < width) {
    // The first change above to the right of `at`, to the colour that this row does not have now.
    while (next > 0 && above[next - 1] > at) next--;
    while (next < above.length && (above[next] <= at || (next & 1) !== color)) next++;
    const first = above[next] ?? width;
    const mode = reader.code(modes);
    if (mode === pass) at = above[next + 1] ?? width;
    else if (mode === horizontal) {
      const start = Math.max(at, 0) + run(reader, runs[color]);
      const end = start + run(reader, runs[color ^ 1]);
      if (end > width) throw damaged();
      changes.push(start, end);
      at = end;
    } else {
      const change = first + mode;
      if (change < Math.max(at, 0) || change > width) throw damaged();
      changes.push(change);
      at = change;
      color ^= 1;
    }
  }
  return changes;
}

function run(reader: Bits, table: Int32Array): number {
  for (let sum = 0; ; ) {
    const length = reader.code(table);
    sum += length;
    if (length < 64) return sum;
    if (sum > 2 ** 26) throw damaged();
  }
}

/** Sets the bits from `from` to before `to` in the row that starts at byte `row`. */
function fill(out: Uint8Array, row: number, from: number, to: number): void {
  for (let x = from; x < to; ) {
    if ((x & 7) === 0 && to - x >= 8) {
      out[row + (x >> 3)] = 255;
      x += 8;
    } else {
      out[row + (x >> 3)] |= 128 >> (x & 7);
      x++;
    }
  }
}

/** Bits of the data, most significant first; zeros after its end, of which a code may take a few. */
class Bits {
  #at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next 13 bits, not taken. */
  #next(): number {
    const byte = this.#at >> 3;
    const word = (this.#bytes[byte] << 16) | (this.#bytes[byte + 1] << 8) | this.#bytes[byte + 2];
    return (word >> (11 - (this.#at & 7))) & 0x1fff;
  }

  take(count: number): number {
    const bits = this.#next() >> (13 - count);
    this.#at += count;
    if (this.#at > this.#bytes.length * 8) throw damaged();
    return bits;
  }

  code(table: Int32Array): number {
    const found = table[this.#next()];
    if (found === 0) throw damaged();
    this.#at += found & 15;
    if (this.#at > this.#bytes.length * 8) throw damaged();
    return found >> 4;
  }

  align(): void {
    this.#at = (this.#at + 7) & ~7;
  }

  /** An end-of-line code (eleven zeros or more, and a one), if one comes next. */
  skipEnd(): void {
    const start = this.#at;
    let zeros = 0;
    while (this.#at < this.#bytes.length * 8 && this.#next() >> 12 === 0) {
      this.#at++;
      zeros++;
    }
    if (zeros >= 11) this.#at++;
    else this.#at = start;
  }
}
