import type { DataSet } from "dicom-parser";
import { inflate } from "./inflate.ts";
import { type Job, joined, quoted, Refusal } from "./pixels.ts";

/**
 * A transfer syntax: how a file's data and pixels are written. Without `codec` its pixels are not compressed; `unread`
 * ones are refused by name.
 */
export interface Syntax {
  name: string;
  codec?: "jpeg" | "jpeg2000" | "rle";
  unread?: boolean;
}

const implicit = "1.2.840.10008.1.2";
const explicit = "1.2.840.10008.1.2.1";
const deflated = "1.2.840.10008.1.2.1.99";

/** https://dicom.nema.org/medical/dicom/current/output/chtml/part05/chapter_10.html */
const syntaxes: Record<string, Syntax> = {
  [implicit]: { name: "Implicit VR Little Endian" },
  [explicit]: { name: "Explicit VR Little Endian" },
  [deflated]: { name: "Deflated Explicit VR Little Endian" },
  "1.2.840.10008.1.2.2": { name: "Explicit VR Big Endian" },
  "1.2.840.10008.1.2.4.50": { name: "JPEG Baseline", codec: "jpeg" },
  "1.2.840.10008.1.2.4.51": { name: "JPEG Extended", codec: "jpeg" },
  "1.2.840.10008.1.2.4.55": { name: "JPEG Full Progression", codec: "jpeg" },
  "1.2.840.10008.1.2.4.57": { name: "JPEG Lossless", codec: "jpeg" },
  "1.2.840.10008.1.2.4.70": { name: "JPEG Lossless, first-order prediction", codec: "jpeg" },
  "1.2.840.10008.1.2.4.80": { name: "JPEG-LS Lossless", codec: "jpeg" },
  "1.2.840.10008.1.2.4.81": { name: "JPEG-LS Near-Lossless", codec: "jpeg" },
  "1.2.840.10008.1.2.4.90": { name: "JPEG 2000 Lossless", codec: "jpeg2000" },
  "1.2.840.10008.1.2.4.91": { name: "JPEG 2000", codec: "jpeg2000" },
  "1.2.840.10008.1.2.4.92": { name: "JPEG 2000 Part 2 Lossless", unread: true },
  "1.2.840.10008.1.2.4.93": { name: "JPEG 2000 Part 2", unread: true },
  "1.2.840.10008.1.2.4.94": { name: "JPIP Referenced", unread: true },
  "1.2.840.10008.1.2.4.95": { name: "JPIP Referenced Deflate", unread: true },
  "1.2.840.10008.1.2.4.100": { name: "MPEG2 Main Profile / Main Level", unread: true },
  "1.2.840.10008.1.2.4.101": { name: "MPEG2 Main Profile / High Level", unread: true },
  "1.2.840.10008.1.2.4.102": { name: "MPEG-4 AVC/H.264", unread: true },
  "1.2.840.10008.1.2.4.103": { name: "MPEG-4 AVC/H.264 BD-compatible", unread: true },
  "1.2.840.10008.1.2.4.107": { name: "HEVC/H.265 Main Profile", unread: true },
  "1.2.840.10008.1.2.4.110": { name: "JPEG XL Lossless", unread: true },
  "1.2.840.10008.1.2.4.111": { name: "JPEG XL JPEG Recompression", unread: true },
  "1.2.840.10008.1.2.4.112": { name: "JPEG XL", unread: true },
  "1.2.840.10008.1.2.4.201": { name: "High-Throughput JPEG 2000 Lossless", codec: "jpeg2000" },
  "1.2.840.10008.1.2.4.202": { name: "High-Throughput JPEG 2000 Lossless, RPCL", codec: "jpeg2000" },
  "1.2.840.10008.1.2.4.203": { name: "High-Throughput JPEG 2000", codec: "jpeg2000" },
  "1.2.840.10008.1.2.5": { name: "RLE Lossless", codec: "rle" },
};

/** Most bytes of a deflated file's data. */
const mostInflated = 2 ** 26;

export function findSyntax(uid: string): Syntax {
  const syntax = Object.hasOwn(syntaxes, uid) ? syntaxes[uid] : undefined;
  if (syntax && !syntax.unread) return syntax;
  throw new Refusal(
    `DICOM in transfer syntax ${syntax?.name ?? (quoted(uid) || "unknown")} is not read; decompress it first (gdcmconv --raw, dcmdjpeg)`,
  );
}

/** Parses a file of any form: with preamble, without, or data alone. */
export async function parse(bytes: Uint8Array, { log }: Job): Promise<{ data: DataSet; syntax: string }> {
  const library = (await import("dicom-parser")).default;
  let file = bytes;
  const hasPreamble = bytes.subarray(128, 132).join() === "68,73,67,77"; // DICM
  if (!hasPreamble && bytes[0] === 68) {
    log.note("The 128 bytes before DICM are missing: read without them.");
    file = joined([new Uint8Array(128), bytes]);
  } else if (!hasPreamble && bytes[0] === 2) {
    log.note("No DICOM preamble: read as the meta information that it starts with.");
    file = joined([new Uint8Array(128), Uint8Array.of(68, 73, 67, 77), bytes]);
  } else if (!hasPreamble) {
    const isExplicit = bytes[4] >= 65 && bytes[4] <= 90 && bytes[5] >= 65 && bytes[5] <= 90;
    const syntax = isExplicit ? explicit : implicit;
    log.note(`No DICOM preamble and no transfer syntax: read as ${syntaxes[syntax].name}, which it looks like.`);
    return { data: library.parseDicom(bytes, { TransferSyntaxUID: syntax }), syntax };
  }
  // The header alone: the library would inflate deflated data without a limit.
  const meta = library.readPart10Header(file) as DataSet & { position: number };
  const syntax = (meta.string("x00020010") ?? "").trim();
  if (syntax === deflated) {
    const inflated = inflate([file.subarray(meta.position)], mostInflated, { raw: true, atMost: true });
    return { data: library.parseDicom(inflated, { TransferSyntaxUID: explicit }), syntax };
  }
  findSyntax(syntax); // before anything else is read: the data of unknown ones may be in any form
  return { data: parseWith64Bits(library.parseDicom, file), syntax };
}

/**
 * The library does not know the 64-bit value representation OV, which tables of offsets of many frames have: it loses
 * its place there. As OB they have the same form.
 */
function parseWith64Bits(parseDicom: (bytes: Uint8Array) => DataSet, file: Uint8Array): DataSet {
  let failed: unknown;
  try {
    const data = parseDicom(file);
    if (data.elements.x7fe00010) return data;
  } catch (error) {
    failed = error;
  }
  const copy = file.slice();
  let isChanged = false;
  for (let at = copy.indexOf(0x4f, 136); at >= 0; at = copy.indexOf(0x4f, at + 1)) {
    const isTable = copy[at - 4] === 0xe0 && copy[at - 3] === 0x7f && copy[at - 2] <= 2 && copy[at - 1] === 0;
    if (!isTable || copy[at + 1] !== 0x56 || copy[at + 2] !== 0 || copy[at + 3] !== 0) continue;
    copy[at + 1] = 0x42; // OV → OB
    isChanged = true;
  }
  if (!isChanged && failed !== undefined) throw failed;
  return parseDicom(copy);
}

/** What the file says of its pixels, checked. */
export interface Attributes {
  width: number;
  height: number;
  frames: number;
  samples: 1 | 3;
  photometric: string;
  /** Bits allocated to a sample. */
  bits: number;
  stored: number;
  highBit: number;
  isSigned: boolean;
  isPlanar: boolean;
}

const models: Record<string, { samples: 1 | 3; bits: number[] }> = {
  MONOCHROME1: { samples: 1, bits: [1, 8, 16, 32] },
  MONOCHROME2: { samples: 1, bits: [1, 8, 16, 32] },
  "PALETTE COLOR": { samples: 1, bits: [8, 16] },
  RGB: { samples: 3, bits: [8, 16] },
  YBR_FULL: { samples: 3, bits: [8] },
  YBR_FULL_422: { samples: 3, bits: [8] },
  YBR_RCT: { samples: 3, bits: [8, 16] },
  YBR_ICT: { samples: 3, bits: [8] },
};

export function attributesOf(data: DataSet): Attributes {
  const required = (tag: string, name: string): number => {
    const value = data.uint16(tag);
    if (!value) throw new Refusal(`expected ${name}, got ${value ?? "nothing"}; the file is no image or damaged`);
    return value;
  };
  const height = required("x00280010", "Rows");
  const width = required("x00280011", "Columns");
  const bits = required("x00280100", "BitsAllocated");
  const samples = data.uint16("x00280002") ?? 1;
  const photometric = (data.string("x00280004") ?? "").trim();
  const model = Object.hasOwn(models, photometric) ? models[photometric] : undefined;
  if (!model || model.samples !== samples || !model.bits.includes(bits))
    throw new Refusal(
      `expected MONOCHROME1, MONOCHROME2, PALETTE COLOR or RGB (8 or 16 bits), or YBR_FULL (8 bits), got ${quoted(photometric) || "no colour model"} of ${samples} × ${bits} bits`,
    );
  const stored = data.elements.x00280101 ? (data.uint16("x00280101") ?? 0) : bits;
  if (!(stored >= 1 && stored <= bits))
    throw new Refusal(`expected BitsStored from 1 to BitsAllocated (${bits}), got ${stored}; the file is damaged`);
  const highBit = data.elements.x00280102 ? (data.uint16("x00280102") ?? stored - 1) : stored - 1;
  if (!(highBit >= stored - 1 && highBit < bits))
    throw new Refusal(`expected HighBit from ${stored - 1} to ${bits - 1}, got ${highBit}; the file is damaged`);
  const text = data.string("x00280008")?.trim() || "1";
  const frames = Number(text) || (text === "0" ? 1 : Number.NaN);
  if (!(Number.isInteger(frames) && frames >= 1 && frames <= 2 ** 20))
    throw new Refusal(`expected NumberOfFrames from 1 to ${2 ** 20}, got ${quoted(text)}; the file is damaged`);
  const representation = data.uint16("x00280103") ?? 0;
  if (representation > 1)
    throw new Refusal(`expected PixelRepresentation 0 or 1, got ${representation}; the file is damaged`);
  return {
    width,
    height,
    frames,
    samples: model.samples,
    photometric,
    bits,
    stored,
    highBit,
    isSigned: representation === 1,
    isPlanar: data.uint16("x00280006") === 1,
  };
}

/** Where attributes of one frame may stand: its functional groups, those that all frames share, and the file itself. */
export function sourcesOf(data: DataSet, frame: number): DataSet[] {
  const groups = (tag: string, item: number): DataSet[] => {
    const group = data.elements[tag]?.items?.[item]?.dataSet;
    if (!group) return [];
    return Object.values(group.elements).flatMap(({ items }) => items?.[0]?.dataSet ?? []);
  };
  return [...groups("x52009230", frame), ...groups("x52009229", 0), data];
}

/**
 * The numbers of a decimal string (DS); undefined where there is none. Throws on a text that is no number, or none that
 * can be used.
 */
export function decimals(sources: readonly DataSet[], tag: string, name: string): number[] | undefined {
  const text = sources
    .find((source) => source.elements[tag])
    ?.string(tag)
    ?.trim();
  if (!text) return undefined;
  return text.split("\\").map((part) => {
    const value = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(part) ? Number(part) : Number.NaN;
    if (!(Math.abs(value) <= 1e12))
      throw new Refusal(`expected a number of a usable size in ${name}, got ${quoted(part)}; the file is damaged`);
    return value;
  });
}
