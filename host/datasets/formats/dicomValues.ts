import type { DataSet } from "dicom-parser";
import { type Attributes, decimals, sourcesOf } from "./dicomData.ts";
import { extent, type Frame, type Job, linear, type Mapping, Refusal, type Samples } from "./pixels.ts";

/**
 * A lookup table of DICOM (PS3.3 C.11.1.1): values below the first mapped one take its first entry, above the last its
 * last.
 */
interface Lut {
  entries: Uint16Array;
  first: number;
  bits: number;
}

/** The frame of grey values: stored value → modality LUT or rescale → VOI LUT or window. PS3.3 C.11.1, C.11.2. */
export function valuesOf(data: DataSet, samples: Samples, image: Attributes, index: number, job: Job): Frame {
  const { width, height, photometric, isSigned, stored } = image;
  const { log } = job;
  const sources = sourcesOf(data, index);
  const mapping: Mapping = { low: 0, high: 0, inverted: photometric === "MONOCHROME1", origin: "" };
  mapping.padding = paddingOf(data, isSigned);
  const frame: Frame = { width, height, channels: 1, samples, mapping };

  const modality = lutOf(sources, "x00283000", isSigned);
  const slope = decimals(sources, "x00281053", "RescaleSlope")?.[0] ?? 1;
  const intercept = decimals(sources, "x00281052", "RescaleIntercept")?.[0] ?? 0;
  if (modality) {
    mapping.rescale = (value) => lookUp(modality, value);
    log.step(`Modality LUT Sequence of ${modality.entries.length} entries`);
  } else if (slope !== 1 || intercept !== 0) {
    if (slope === 0 || !(Math.abs(slope) * 2 ** stored + Math.abs(intercept) <= 1e12))
      throw new Refusal(
        `expected RescaleSlope and RescaleIntercept of a usable size, got ${slope} and ${intercept}; the file is damaged`,
      );
    mapping.rescale = (value) => value * slope + intercept;
    log.step(`rescaled: × ${slope} + ${intercept}`);
  }
  if (mapping.inverted) log.step("MONOCHROME1: inverted");
  if (mapping.padding)
    log.step(
      `padding ${mapping.padding[0] === mapping.padding[1] ? mapping.padding[0] : mapping.padding.join(" to ")} is black and left out of the range`,
    );

  const lut = lutOf(sources, "x00283010", isSigned || (modality === undefined && intercept < 0));
  const voi = windowOf(sources, job);
  if (lut) {
    const highest = 2 ** lut.bits - 1;
    mapping.curve = (value) => lookUp(lut, value) / highest;
    [mapping.low, mapping.high] = [lut.first, lut.first + lut.entries.length - 1];
    mapping.origin = "VOI LUT Sequence of the file";
    if (voi)
      log.noteRange("The file has a VOI LUT Sequence and a window: the sequence is used; --window C,W sets a window.");
  } else if (voi) Object.assign(mapping, voi);
  else {
    const [low, high] = extent(frame) ?? [0, 0];
    Object.assign(mapping, { low, high, origin: "smallest to largest value, as the file has no window" });
    log.noteRange("No window in the file: its smallest value is black, its largest white; --window C,W sets one.");
  }
  return frame;
}

function paddingOf(data: DataSet, isSigned: boolean): [number, number] | undefined {
  const read = (tag: string) => (isSigned ? data.int16(tag) : data.uint16(tag));
  const value = read("x00280120");
  if (value === undefined) return undefined;
  const limit = read("x00280121") ?? value;
  return value <= limit ? [value, limit] : [limit, value];
}

/** The first window that the file gives, by its VOI LUT function. */
function windowOf(sources: DataSet[], { log }: Job): Pick<Mapping, "low" | "high" | "curve" | "origin"> | undefined {
  const centers = decimals(sources, "x00281050", "WindowCenter");
  const widths = decimals(sources, "x00281051", "WindowWidth");
  if (!centers || !widths) {
    const [there, missing] = centers ? ["center", "width"] : ["width", "center"];
    if (centers || widths) log.noteRange(`The file's window has a ${there} and no ${missing}: left out.`);
    return undefined;
  }
  const [center, width] = [centers[0], widths[0]];
  const found = sources.find((source) => source.elements.x00281056);
  const name = found?.string("x00281056")?.trim() || "LINEAR";
  if (!(width > 0) || (name === "LINEAR" && width < 1)) {
    log.noteRange(`The file's window has width ${width}: left out.`);
    return undefined;
  }
  if (centers.length > 1)
    log.noteRange(`The file has ${centers.length} windows: the first is used; --window C,W sets another.`);
  const origin = `window of the file: center ${center}, width ${width}, ${name}`;
  if (name === "LINEAR") return { ...linear(center, width), origin };
  if (name === "LINEAR_EXACT") return { low: center - width / 2, high: center + width / 2, origin };
  if (name === "SIGMOID")
    return {
      low: center - width / 2,
      high: center + width / 2,
      curve: (value) => 1 / (1 + exp((-4 * (value - center)) / width)),
      origin,
    };
  throw new Refusal("expected a VOI LUT function LINEAR, LINEAR_EXACT or SIGMOID; set --window C,W");
}

/**
 * e^x from additions and multiplications alone, so that it is the same on every runtime: Taylor's series on |x| ≤ ln 2
 * / 2, then doublings.
 */
function exp(x: number): number {
  const bounded = Math.min(Math.max(x, -700), 700);
  const doublings = Math.round(bounded / Math.LN2);
  const rest = bounded - doublings * Math.LN2;
  let term = 1;
  let sum = 1;
  for (let n = 1; n <= 16; n++) {
    term *= rest / n;
    sum += term;
  }
  for (let i = Math.abs(doublings); i > 0; i--) sum *= doublings > 0 ? 2 : 0.5;
  return sum;
}

/** The first item of a lookup table sequence. */
function lutOf(sources: DataSet[], tag: string, isSigned: boolean): Lut | undefined {
  const item = sources.find((source) => source.elements[tag]?.items?.length)?.elements[tag].items?.[0].dataSet;
  return item && readLut(item, "x00283002", "x00283006", isSigned);
}

/** Length, first mapped value and bits of a lookup table. */
function readDescriptor(
  data: DataSet,
  descriptor: string,
  isSigned: boolean,
): { length: number } & Omit<Lut, "entries"> {
  const length = data.uint16(descriptor, 0) || 2 ** 16; // 0 stands for 65536
  const { vr } = data.elements[descriptor] ?? {};
  const isBelowZero = vr === "SS" || (vr !== "US" && isSigned);
  const first = (isBelowZero ? data.int16(descriptor, 1) : data.uint16(descriptor, 1)) ?? 0;
  const bits = data.uint16(descriptor, 2) ?? 0;
  if (!(bits >= 8 && bits <= 16)) throw new Refusal("expected a lookup table of 8 to 16 bits; the file is damaged");
  return { length, first, bits };
}

/** Whether the words of a file have their higher byte first (a retired transfer syntax). */
export function isBigEndian(data: DataSet): boolean {
  return data.byteArrayParser.readUint16(Uint8Array.of(0, 1), 0) === 1;
}

/** Two entries of a byte are one word, whose bytes big-endian files swap: 1, to be added to a place without carry. */
function swapOf(data: DataSet, table: string): 0 | 1 {
  return isBigEndian(data) && data.elements[table].vr !== "OB" ? 1 : 0;
}

function readLut(data: DataSet, descriptor: string, table: string, isSigned: boolean): Lut {
  const { length, first, bits } = readDescriptor(data, descriptor, isSigned);
  const element = data.elements[table];
  if (!element) throw new Refusal("expected the entries of a lookup table; the file is damaged");
  const inBytes = element.length < 2 * length;
  if (element.length < (inBytes ? length : 2 * length))
    throw new Refusal(`expected ${length} entries in a lookup table, got ${element.length} bytes; the file is damaged`);
  const bytes = data.byteArray as Uint8Array;
  const swap = swapOf(data, table);
  const entries = Uint16Array.from({ length }, (_, i) =>
    inBytes ? bytes[element.dataOffset + (i ^ swap)] : (data.uint16(table, i) ?? 0),
  );
  return { entries, first, bits };
}

/** A palette in segments (PS3.3 C.7.9.2): values one by one, lines from the last value, or segments said before. */
function readSegments(data: DataSet, descriptor: string, table: string, isSigned: boolean): Lut {
  const { length, first, bits } = readDescriptor(data, descriptor, isSigned);
  const { dataOffset, length: size } = data.elements[table];
  const damaged = new Refusal("expected segments of a palette that fit its length; the file is damaged");
  const width = bits === 8 ? 1 : 2;
  const words = Math.floor(size / width);
  const bytes = data.byteArray as Uint8Array;
  const swap = swapOf(data, table);
  const word = (at: number): number => {
    if (at >= words) throw damaged;
    return width === 1 ? bytes[dataOffset + (at ^ swap)] : (data.uint16(table, at) ?? 0);
  };
  const entries = new Uint16Array(length);
  let done = 0;
  const add = (value: number) => {
    if (done >= length) throw damaged;
    entries[done++] = value;
  };
  /** Adds the segment at a word and returns where the next begins. */
  const expand = (at: number, isCopied: boolean): number => {
    const [kind, count] = [word(at), word(at + 1)];
    if (kind === 0) {
      for (let i = 0; i < count; i++) add(word(at + 2 + i));
      return at + 2 + count;
    }
    if (kind === 1) {
      if (done === 0) throw damaged;
      const [from, to] = [entries[done - 1], word(at + 2)];
      for (let i = 1; i <= count; i++) add(Math.round(from + ((to - from) * i) / count));
      return at + 3;
    }
    if (kind !== 2 || isCopied) throw damaged;
    let offset = 0;
    for (let i = 4 / width - 1; i >= 0; i--) offset = offset * 2 ** (8 * width) + word(at + 2 + i);
    let from = offset / width;
    for (let i = 0; i < count; i++) from = expand(from, true);
    return at + 2 + 4 / width;
  };
  for (let at = 0; done < length; ) at = expand(at, false);
  return { entries, first, bits };
}

function lookUp({ entries, first }: Lut, value: number): number {
  return entries[Math.min(Math.max(Math.round(value) - first, 0), entries.length - 1)];
}

/** PALETTE COLOR as RGB of 16 bits. */
export function paletteOf(data: DataSet, indices: Samples, { isSigned }: Attributes): Uint16Array {
  const luts = ["1", "2", "3"].map((n) => {
    const [descriptor, segmented] = [`x0028110${n}`, `x0028122${n}`];
    return data.elements[segmented]
      ? readSegments(data, descriptor, segmented, isSigned)
      : readLut(data, descriptor, `x0028120${n}`, isSigned);
  });
  // Palettes of 8 bits in words of 16: some files say 16 all the same.
  const is8 = luts.every(({ bits, entries }) => bits === 8 || entries.every((entry) => entry < 256));
  const rgb = new Uint16Array(indices.length * 3);
  for (let i = 0; i < indices.length; i++) {
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = lookUp(luts[c], indices[i]) * (is8 ? 257 : 1);
  }
  return rgb;
}
