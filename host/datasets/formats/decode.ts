import { HqcnnError, isNotLoaded, NOT_LOADED } from "../../check.ts";
import type { Platform } from "../../platform/platform.ts";
import {
  type DecodedImage,
  extent,
  type Frame,
  type Job,
  Log,
  linear,
  mostPixels,
  type Opened,
  Refusal,
  toPixels,
  upright,
} from "./pixels.ts";
import { readModule } from "./wasm.ts";

/**
 * A kind of file: how its first bytes tell it, and its decoder, loaded when first needed. Without a decoder it is
 * refused by its name.
 */
interface Format {
  name: string;
  /** Extensions of its files, in lower case; the first is the usual one. */
  extensions: readonly string[];
  is(bytes: Uint8Array): boolean;
  open?(bytes: Uint8Array, job: Job): Promise<Opened>;
}

/** Whether a file has these bytes (hexadecimal) at `at`. */
const has =
  (hex: string, at = 0) =>
  (bytes: Uint8Array): boolean =>
    (hex.match(/../g) ?? []).every((byte, i) => bytes[at + i] === Number.parseInt(byte, 16));

const hasText =
  (text: string, at = 0) =>
  (bytes: Uint8Array) =>
    Array.from(text).every((letter, i) => bytes[at + i] === letter.charCodeAt(0));

const any =
  (...tests: ((bytes: Uint8Array) => boolean)[]) =>
  (bytes: Uint8Array) =>
    tests.some((test) => test(bytes));

const isTiff = any(has("49492a00"), has("4d4d002a"), has("49492b00"), has("4d4d002b"));
const isDicom = hasText("DICM", 128);

/** The formats, in the order in which they are tried. A new one is a decoder and a row. */
export const formats: readonly Format[] = [
  {
    name: "PNG",
    extensions: ["png"],
    is: has("89504e470d0a1a0a"),
    open: async (bytes, job) => (await import("./png.ts")).openPng(bytes, job),
  },
  {
    name: "JPEG",
    extensions: ["jpg", "jpeg", "jpe", "jfif", "jls"],
    is: has("ffd8ff"),
    open: async (bytes, job) => (await import("./jpeg.ts")).openJpeg(bytes, job),
  },
  {
    name: "TIFF",
    extensions: ["tif", "tiff"],
    is: (bytes) => isTiff(bytes) && !isDicom(bytes), // the bytes before DICM may be a TIFF's, of the same pixels
    open: async (bytes, job) => (await import("./tiff.ts")).openTiff(bytes, job),
  },
  {
    name: "WebP",
    extensions: ["webp"],
    is: (bytes) => hasText("RIFF")(bytes) && hasText("WEBP", 8)(bytes),
    open: async (bytes, job) => (await import("./others.ts")).openWebp(bytes, job),
  },
  {
    name: "GIF",
    extensions: ["gif"],
    is: any(hasText("GIF87a"), hasText("GIF89a")),
    open: async (bytes, job) => (await import("./others.ts")).openGif(bytes, job),
  },
  {
    name: "BMP",
    extensions: ["bmp"],
    is: (bytes) => hasText("BM")(bytes) && [12, 40, 52, 56, 64, 108, 124].includes(bytes[14]) && bytes[15] === 0,
    open: async (bytes, job) => (await import("./bmp.ts")).openBmp(bytes, job),
  },
  {
    name: "JPEG 2000",
    extensions: ["jp2", "j2k", "j2c", "jpx"],
    is: any(has("0000000c6a5020200d0a870a"), has("ff4fff51")),
    open: async (bytes, job) => (await import("./jpeg2000.ts")).openJpeg2000(bytes, job),
  },
  {
    name: "DICOM",
    extensions: ["dcm", "dicom", "dic"],
    is: any(isDicom, hasText("DICM\x02\0"), has("02000000554c0400"), isBareDicom),
    open: async (bytes, job) => (await import("./dicom.ts")).openDicom(bytes, job),
  },
  { name: "AVIF", extensions: ["avif"], is: (bytes) => hasText("ftypavi", 4)(bytes) },
  {
    name: "HEIC",
    extensions: ["heic", "heif"],
    is: any(hasText("ftyphei", 4), hasText("ftyphev", 4), hasText("ftypmi", 4), hasText("ftypms", 4)),
  },
  { name: "JPEG XL", extensions: ["jxl"], is: any(has("ff0a"), has("0000000c4a584c20")) },
  { name: "Photoshop", extensions: ["psd"], is: hasText("8BPS") },
  { name: "OpenEXR", extensions: ["exr"], is: has("762f3101") },
  { name: "PDF", extensions: ["pdf"], is: hasText("%PDF") },
  { name: "NIfTI", extensions: ["nii"], is: any(has("5c010000"), has("0000015c")) },
  { name: "NRRD", extensions: ["nrrd"], is: hasText("NRRD") },
  { name: "gzip", extensions: ["gz"], is: has("1f8b") },
  {
    name: "portable pixmap",
    extensions: ["ppm", "pgm", "pbm", "pnm"],
    is: (bytes) => /^P[1-7]\s/.test(String.fromCharCode(...bytes.subarray(0, 3))),
  },
  { name: "SVG or other XML", extensions: ["svg"], is: any(hasText("<svg"), hasText("<?xml")) },
];

/** DICOM data without preamble and meta information: an element of group 0008 first. */
function isBareDicom(bytes: Uint8Array): boolean {
  if (bytes.length < 64 || bytes[0] !== 8 || bytes[1] !== 0 || bytes[3] !== 0) return false;
  const isExplicit = bytes[4] >= 65 && bytes[4] <= 90 && bytes[5] >= 65 && bytes[5] <= 90;
  return isExplicit || (bytes[6] === 0 && bytes[7] === 0 && bytes[4] <= 64);
}

const readable = formats.filter(({ open }) => open !== undefined);

/** Extensions of files that may hold an image; what a file is, its content decides. */
export const imageExtensions: readonly string[] = readable.flatMap(({ extensions }) => extensions);

/** The formats that are read, for messages: "PNG, JPEG, …". */
export const formatNames: string = readable.map(({ name }) => name).join(", ");

/**
 * The name of the format that a file's first bytes (144 are enough) tell, whether it is read or not; undefined if it is
 * no known one.
 */
export function formatOf(bytes: Uint8Array): { name: string; isRead: boolean } | undefined {
  const found = formats.find(({ is }) => is(bytes));
  return found && { name: found.name, isRead: found.open !== undefined };
}

export interface DecodeOptions {
  /** Where the package's decoders are; default: the runtime's own. */
  platform?: Platform;
  /** Which frame or page, from 0, or all; default 0. */
  frame?: number | "all";
  /** Center and width in place of the file's own (DICOM's linear function), in the units of its values. */
  window?: readonly [center: number, width: number];
  /** What becomes black and white, in the units of its values; "auto": its smallest and largest value. */
  range?: readonly [low: number, high: number] | "auto";
  /** Whether the picture is turned as its EXIF orientation says; default "upright". */
  orientation?: "upright" | "stored";
  /** Pixels of a frame (of all of them, if all are asked for) at most; default 2^26. */
  maxPixels?: number;
}

/** A decoded file, and all that is to be said of it. */
export interface Decoded {
  /** "PNG", "DICOM" … */
  format: string;
  /** The frames asked for. */
  frames: DecodedImage[];
  /** Frames in the file. */
  frameCount: number;
  /** What was done, in order. */
  steps: string[];
  /** What was dropped or guessed, a sentence each. */
  notes: string[];
}

/**
 * Decodes a file of any format of the table, told by its content; `name` is for errors. 16-bit samples are scaled by
 * their full range unless told,
 * palettes looked up, alpha dropped, CMYK and YCbCr turned into RGB, DICOM values windowed (see dicom.ts).
 * @throws HqcnnError that names the file and its form if it is not read, damaged, or larger than allowed: decided from
 * its header, before memory is taken
 */
export async function decodeFile(file: Uint8Array, name: string, options: DecodeOptions = {}): Promise<Decoded> {
  // A Node Buffer's slice is no copy: the decoders get a plain array.
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  const format = formats.find(({ is }) => is(bytes));
  if (!format) {
    const start = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const got = bytes.length === 0 ? "an empty file (0 bytes)" : `${bytes.length} bytes that start with ${start}`;
    throw new HqcnnError(`${name}: expected an image (${formatNames}), got ${got}`);
  }
  if (!format.open) throw new HqcnnError(`${name}: ${format.name} is not read; save it as PNG, TIFF or JPEG`);
  const log = new Log(options.range !== undefined || options.window !== undefined);
  const job: Job = {
    log,
    maxPixels: options.maxPixels ?? mostPixels,
    module: (module) => readModule(module, options.platform),
  };
  try {
    const opened = await format.open(bytes, job);
    const frames = await decodeFrames(opened, job, options);
    return { format: format.name, frames, frameCount: opened.frames, steps: log.steps, notes: log.notes };
  } catch (error) {
    if (error instanceof HqcnnError) throw error;
    if (isNotLoaded(error)) throw new HqcnnError(NOT_LOADED, { cause: error });
    throw new HqcnnError(`${name}: cannot read this ${format.name} image: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  if (error instanceof RangeError && /memory|allocation|array buffer|array length|invalid length/i.test(error.message))
    return "there is not enough memory for it; make it smaller";
  return "the file is cut short or damaged";
}

async function decodeFrames(opened: Opened, job: Job, options: DecodeOptions): Promise<DecodedImage[]> {
  const { frame: chosen, orientation = "upright" } = options;
  const { frames: count, unit = "frame" } = opened;
  if (typeof chosen === "number" && !(Number.isInteger(chosen) && chosen >= 0 && chosen < count))
    throw new Refusal(`expected ${unit} 0${count > 1 ? ` to ${count - 1}` : ""}, got ${chosen}`);
  if (count > 1) {
    if (chosen === undefined)
      job.log.note(`${count} ${unit}s: only the first (${unit} 0) is read; --frame N or --frame all chooses.`);
    job.log.step(chosen === "all" ? `all ${count} ${unit}s` : `${unit} ${chosen ?? 0} of 0 to ${count - 1}`);
  }
  const indices = chosen === "all" ? Array.from({ length: count }, (_, i) => i) : [chosen ?? 0];
  const images: DecodedImage[] = [];
  let pixels = 0;
  for (const index of indices) {
    const frame = await opened.frame(index);
    pixels += frame.width * frame.height;
    if (pixels > job.maxPixels)
      throw new Refusal(`expected at most ${job.maxPixels} pixels in all ${unit}s together; choose one with --frame N`);
    const image = toPixels(scaled(frame, job, options));
    images.push(orient(image, frame.orientation ?? 1, orientation, job));
  }
  return images;
}

function orient(image: DecodedImage, orientation: number, wanted: "upright" | "stored", { log }: Job): DecodedImage {
  if (orientation === 1) return image;
  if (wanted === "stored") {
    log.note(
      `Orientation ${orientation} in the file is not applied: predict, explain and training turn the picture upright.`,
    );
    return image;
  }
  log.step(`turned upright (orientation ${orientation})`);
  return upright(image, orientation);
}

/** The frame with the range or window that was asked for, and a note where its own wastes levels. */
function scaled(frame: Frame, { log }: Job, options: DecodeOptions): Frame {
  const { mapping, samples } = frame;
  const { range } = options;
  const set = (low: number, high: number, origin: string): Frame => {
    log.step(`${low} to ${high} become 0 to 255: ${origin}`);
    return { ...frame, mapping: { ...mapping, low, high, origin, curve: undefined } };
  };
  if (range === "auto") {
    const [low, high] = extent(frame) ?? [0, 0];
    return set(low, high, "smallest to largest value (--range auto)");
  }
  if (range) return set(range[0], range[1], "range asked for");
  if (options.window) {
    const [center, width] = options.window;
    const { low, high } = linear(center, width);
    return set(low, high, `window asked for: center ${center}, width ${width}`);
  }
  const { low, high, origin } = mapping;
  if (low !== 0 || high !== 255) log.step(`${low} to ${high} become 0 to 255: ${origin}`);
  if (samples.BYTES_PER_ELEMENT === 2 && origin.startsWith("full range")) {
    const found = extent(frame);
    const levels = found ? Math.floor(((found[1] - found[0]) * 255) / (high - low)) + 1 : 1;
    if (found && levels < 128)
      log.note(
        `Only values ${found[0]} to ${found[1]} of ${low} to ${high} occur, ${levels} of 256 levels: --range ${found.join(",")} or --range auto spreads them.`,
      );
  }
  return frame;
}

/**
 * The first frame of an image file as 8-bit pixels; see decodeFile, which also tells what was done and dropped.
 * @throws HqcnnError that names the file
 */
export async function decodeImage(bytes: Uint8Array, name: string, options: DecodeOptions = {}): Promise<DecodedImage> {
  const { frames } = await decodeFile(bytes, name, { ...options, frame: options.frame === "all" ? 0 : options.frame });
  return frames[0];
}
