import type { DataSet } from "dicom-parser";
import { checkDimensions, type DecodedImage } from "./pixels.ts";

/**
 * Transfer syntaxes without compression.
 * https://dicom.nema.org/medical/dicom/current/output/chtml/part05/chapter_10.html
 */
const uncompressed: Record<string, { littleEndian: boolean }> = {
  "1.2.840.10008.1.2": { littleEndian: true },
  "1.2.840.10008.1.2.1": { littleEndian: true },
  "1.2.840.10008.1.2.2": { littleEndian: false },
};
const compressed: Record<string, string> = {
  "1.2.840.10008.1.2.1.99": "Deflated Explicit VR Little Endian",
  "1.2.840.10008.1.2.4.50": "JPEG Baseline",
  "1.2.840.10008.1.2.4.51": "JPEG Extended",
  "1.2.840.10008.1.2.4.57": "JPEG Lossless",
  "1.2.840.10008.1.2.4.70": "JPEG Lossless, first-order prediction",
  "1.2.840.10008.1.2.4.80": "JPEG-LS Lossless",
  "1.2.840.10008.1.2.4.81": "JPEG-LS Near-Lossless",
  "1.2.840.10008.1.2.4.90": "JPEG 2000 Lossless",
  "1.2.840.10008.1.2.4.91": "JPEG 2000",
  "1.2.840.10008.1.2.4.201": "High-Throughput JPEG 2000 Lossless",
  "1.2.840.10008.1.2.5": "RLE Lossless",
};

/**
 * Decodes a DICOM Part 10 file without compression, its first frame: MONOCHROME1 (inverted) and MONOCHROME2 of 8 or 16
 * bits, rescaled, then windowed by the first window of the file (linear function of PS3.3 C.11.2.1.2; without a window,
 * from the smallest to the largest value), and RGB of 8 bits. Throws an Error for anything else; a compressed transfer
 * syntax is named.
 */
export async function decodeDicom(bytes: Uint8Array): Promise<DecodedImage> {
  const { parseDicom } = (await import("dicom-parser")).default;
  const syntax = parseDicom(bytes, { untilTag: "x00020010" }).string("x00020010") ?? "";
  if (!Object.hasOwn(uncompressed, syntax)) {
    throw new Error(
      `expected no compression, got transfer syntax ${compressed[syntax] ?? syntax}; decompress it first (gdcmconv --raw, dcmdjpeg)`,
    );
  }
  const { littleEndian } = uncompressed[syntax];
  const data = parseDicom(bytes);
  const height = required(data, "x00280010", "Rows");
  const width = required(data, "x00280011", "Columns");
  const bits = required(data, "x00280100", "BitsAllocated");
  const samples = data.uint16("x00280002") ?? 1;
  const kind = data.string("x00280004") ?? "nothing";
  const isGrey = samples === 1 && (kind === "MONOCHROME1" || kind === "MONOCHROME2") && (bits === 8 || bits === 16);
  const isRgb = samples === 3 && kind === "RGB" && bits === 8;
  if (!isGrey && !isRgb)
    throw new Error(
      `expected MONOCHROME1, MONOCHROME2 (8 or 16 bits) or RGB (8 bits), got ${kind} of ${samples} × ${bits} bits`,
    );
  const count = width * height;
  checkDimensions(width, height);
  const element = data.elements.x7fe00010;
  const length = (count * samples * bits) / 8;
  if (!element || element.length < length || element.dataOffset + length > bytes.length) {
    throw new Error(
      `expected ${length} bytes of pixel data, got ${element ? Math.min(element.length, bytes.length - element.dataOffset) : "none"}`,
    );
  }
  const raw = bytes.subarray(element.dataOffset, element.dataOffset + length);
  if (isRgb)
    return {
      width,
      height,
      channels: 3,
      pixels: data.uint16("x00280006") === 1 ? interleave(raw, count) : raw.slice(),
    };

  const stored = data.uint16("x00280101") ?? bits;
  const isSigned = data.uint16("x00280103") === 1;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const slope = data.floatString("x00281053") ?? 1;
  const intercept = data.floatString("x00281052") ?? 0;
  const values = Float64Array.from({ length: count }, (_, i) => {
    const shifted = (bits === 8 ? view.getUint8(i) : view.getUint16(i * 2, littleEndian)) << (32 - stored);
    return (isSigned ? shifted >> (32 - stored) : shifted >>> (32 - stored)) * slope + intercept;
  });
  const scale = windowOf(data) ?? rangeOf(values);
  const isInverted = kind === "MONOCHROME1";
  const pixels = Uint8Array.from(values, (value) => {
    const grey = Math.round(Math.min(Math.max(scale(value), 0), 1) * 255);
    return isInverted ? 255 - grey : grey;
  });
  return { width, height, channels: 1, pixels };
}

function required(data: DataSet, tag: string, name: string): number {
  const value = data.uint16(tag);
  if (!value) throw new Error(`expected ${name}, got ${value ?? "nothing"}`);
  return value;
}

/** Value → 0 … 1 by the file's first window, if it has one. */
function windowOf(data: DataSet): ((value: number) => number) | undefined {
  const center = data.floatString("x00281050");
  const width = data.floatString("x00281051");
  if (center === undefined || width === undefined || !(width >= 1)) return undefined;
  if (width === 1) return (value) => (value > center - 0.5 ? 1 : 0);
  return (value) => (value - (center - 0.5)) / (width - 1) + 0.5;
}

function rangeOf(values: Float64Array): (value: number) => number {
  const smallest = values.reduce((a, b) => Math.min(a, b));
  const range = values.reduce((a, b) => Math.max(a, b)) - smallest;
  return (value) => (range === 0 ? 0 : (value - smallest) / range);
}

/** RRR…GGG…BBB… to RGBRGB… */
function interleave(planes: Uint8Array, count: number): Uint8Array {
  return planes.map((_, i) => planes[(i % 3) * count + Math.floor(i / 3)]);
}
