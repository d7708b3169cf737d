/**
 * An image as 8-bit pixels, (height, width, channels) row by row. Greyscale if every pixel is grey, however the file
 * stores it.
 */
export interface DecodedImage {
  width: number;
  height: number;
  channels: 1 | 3;
  pixels: Uint8Array;
}

/** Pixels of one frame that are decoded at most, unless a door says otherwise: 2^26, such as 8192 × 8192. */
export const mostPixels = 2 ** 26;

/** What a decoder says about a file that it does not take. Its text is our own; any other error is a damaged file. */
export class Refusal extends Error {
  override name = "Refusal";
}

export type Samples =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/**
 * How stored values become grey: `low` and below are black, `high` and above white; equal, everything above is white.
 */
export interface Mapping {
  low: number;
  high: number;
  /** Whether the largest value is black (MinIsWhite, MONOCHROME1). */
  inverted?: boolean;
  /** Value → 0 … 1, in place of the line from low to high. */
  curve?: (value: number) => number;
  /** Stored values, first to last, that are no part of the image (PixelPaddingValue): black, and left out of ranges. */
  padding?: [number, number];
  /** Stored value → value in the units of low and high (rescale slope and intercept, a lookup table). */
  rescale?: (stored: number) => number;
  /** What low and high are, for the list of steps. */
  origin: string;
}

/** One frame as a decoder gives it: samples (height, width, channels), not yet 8-bit. */
export interface Frame {
  width: number;
  height: number;
  channels: 1 | 3;
  samples: Samples;
  mapping: Mapping;
  /**
   * Whether three channels are as the stream stores them, without a change of colour model (lossless JPEG, JPEG-LS).
   */
  isAsStored?: boolean;
  /** EXIF orientation, 1 to 8: how to turn the stored picture so that it stands upright. */
  orientation?: number;
}

/** A file whose header is read and checked. Frames are decoded one by one. */
export interface Opened {
  frames: number;
  /** What the frames are called: "page" in TIFF. */
  unit?: string;
  frame(index: number): Frame | Promise<Frame>;
}

/** What is said of a file, each sentence once. */
export class Log {
  /** What was done, in order. */
  readonly steps: string[] = [];
  /** What was dropped or guessed. */
  readonly notes: string[] = [];
  /** Whether range or window were asked for. */
  readonly #isRangeStated: boolean;

  constructor(isRangeStated = false) {
    this.#isRangeStated = isRangeStated;
  }

  step(text: string): void {
    if (!this.steps.includes(text)) this.steps.push(text);
  }

  note(text: string): void {
    if (!this.notes.includes(text)) this.notes.push(text);
  }

  /** How black and white were chosen: not said where they were asked for. */
  noteRange(text: string): void {
    if (!this.#isRangeStated) this.note(text);
  }
}

/** What a decoder is given beside the bytes. */
export interface Job {
  log: Log;
  maxPixels: number;
  /** Reads a WebAssembly decoder of the package. */
  module(name: string): Promise<Uint8Array>;
}

/** How many bytes behind the end of an image are anything but padding. */
export function trailingBytes(rest: Uint8Array): number {
  return rest.some((byte) => byte !== 0) ? rest.length : 0;
}

/** Cameras and tools put further pictures or texts behind an image: they are not read. */
export function noteTrailing(count: number, { log }: Job): void {
  if (count > 0) log.note(`${count} bytes after the end of the image are not read.`);
}

/** Throws unless an image of this size may be decoded. To be called before any memory is taken for it. */
export function checkDimensions(width: number, height: number, { maxPixels }: Pick<Job, "maxPixels">): void {
  if (width >= 1 && height >= 1 && width * height <= maxPixels) return;
  throw new Refusal(
    width >= 1 && height >= 1
      ? `expected at most ${maxPixels} pixels, got ${width} × ${height}; make it smaller or raise --max-pixels`
      : `expected a width and a height of at least 1, got ${width} × ${height}`,
  );
}

/** Bytes that a decoder may take for one picture: its output and what it holds on the way. */
const mostBytes = 400e6;

/** Throws when a decoder would take too much memory for what a header promises. */
export function checkMemory(bytes: number, what: string): void {
  if (bytes <= mostBytes) return;
  const [takes, most] = [Math.round(bytes / 1e6), mostBytes / 1e6];
  throw new Refusal(`${what} would take ${takes} MB to read, expected at most ${most}; make it smaller`);
}

/**
 * Throws unless compressed data of `got` bytes can hold what needs `least`: a header that promises more than the file
 * can hold is caught here.
 */
export function checkLength(got: number, least: number, what: string): void {
  if (got >= least) return;
  throw new Refusal(
    `expected at least ${Math.ceil(least)} bytes of ${what}, got ${got}; the file is cut short or damaged`,
  );
}

/** Text out of a file, safe to print: at most 40 characters, without control characters. */
export function quoted(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
  return text.slice(0, 40).replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, "?");
}

export const bitsText = (bits: number): string => `${bits} ${bits === 1 ? "bit" : "bits"}`;

/** The full range of integers of so many bits. */
export function fullRange(bits: number, isSigned = false): Mapping {
  const span = 2 ** bits - 1;
  const low = isSigned ? -(2 ** (bits - 1)) : 0;
  return { low, high: low + span, origin: `full range of ${bitsText(bits)}` };
}

/** What DICOM's linear function maps to black and white (PS3.3 C.11.2.1.2.1); of width 1, everything above is white. */
export function linear(center: number, width: number): { low: number; high: number } {
  return { low: center - 0.5 - (width - 1) / 2, high: center - 0.5 + (width - 1) / 2 };
}

/** Smallest and largest value that is no padding; undefined if there is none. */
export function extent({ samples, mapping }: Frame): [number, number] | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  const [first, last] = mapping.padding ?? [Number.NaN, Number.NaN];
  const rescale = mapping.rescale ?? ((value: number) => value);
  if (samples.BYTES_PER_ELEMENT <= 2) {
    // By the values that occur, which are few.
    const offset = offsetOf(samples);
    const occurs = new Uint8Array(2 ** 16);
    for (let i = 0; i < samples.length; i++) occurs[samples[i] + offset] = 1;
    for (let i = 0; i < occurs.length; i++) if (occurs[i]) add(i - offset);
  } else for (let i = 0; i < samples.length; i++) add(samples[i]);
  function add(stored: number): void {
    if (stored >= first && stored <= last) return;
    const value = rescale(stored);
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high && Number.isFinite(low) && Number.isFinite(high) ? [low, high] : undefined;
}

const offsetOf = (samples: Samples): number =>
  samples instanceof Int8Array ? 128 : samples instanceof Int16Array ? 32768 : 0;

/** The 8-bit pixels of a frame. */
export function toPixels(frame: Frame): DecodedImage {
  const { width, height, samples, mapping } = frame;
  const { low, high, inverted = false, curve, padding, rescale = (value) => value } = mapping;
  const grey = (stored: number): number => {
    const value = rescale(stored);
    const isPadding = padding !== undefined && stored >= padding[0] && stored <= padding[1];
    const line = high > low ? (value - low) / (high - low) : value > low ? 1 : 0;
    const part = isPadding ? (inverted ? 1 : 0) : curve ? curve(value) : line;
    const level = Math.round(Math.min(Math.max(part, 0), 1) * 255);
    return inverted ? 255 - level : level;
  };
  let pixels: Uint8Array;
  if (samples instanceof Uint8Array && !curve && !inverted && !mapping.rescale && !padding && low === 0 && high === 255)
    pixels = samples;
  else if (samples.BYTES_PER_ELEMENT <= 2) {
    const offset = offsetOf(samples);
    const table = Uint8Array.from({ length: 2 ** (8 * samples.BYTES_PER_ELEMENT) }, (_, i) => grey(i - offset));
    pixels = new Uint8Array(samples.length);
    for (let i = 0; i < pixels.length; i++) pixels[i] = table[samples[i] + offset];
  } else {
    pixels = new Uint8Array(samples.length);
    for (let i = 0; i < pixels.length; i++) pixels[i] = grey(samples[i]);
  }
  return withoutColor({ width, height, channels: frame.channels, pixels });
}

/** The same image with one channel if all three are equal everywhere. */
function withoutColor(image: DecodedImage): DecodedImage {
  const { pixels, channels } = image;
  if (channels === 1) return image;
  for (let i = 0; i < pixels.length; i += 3) {
    if (pixels[i] !== pixels[i + 1] || pixels[i] !== pixels[i + 2]) return image;
  }
  const grey = new Uint8Array(pixels.length / 3);
  for (let i = 0; i < grey.length; i++) grey[i] = pixels[i * 3];
  return { ...image, channels: 1, pixels: grey };
}

/** The picture turned and mirrored so that it stands as EXIF's orientation (1 to 8) says. */
export function upright(image: DecodedImage, orientation: number): DecodedImage {
  if (!(orientation >= 2 && orientation <= 8)) return image;
  const { width, height, channels, pixels } = image;
  const isTurned = orientation >= 5;
  const [toWidth, toHeight] = isTurned ? [height, width] : [width, height];
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBelow = [3, 4, 6, 7].includes(orientation);
  const turned = new Uint8Array(pixels.length);
  for (let y = 0, out = 0; y < toHeight; y++) {
    for (let x = 0; x < toWidth; x++) {
      const [column, row] = isTurned ? [y, x] : [x, y];
      const from = (fromBelow ? height - 1 - row : row) * width + (fromRight ? width - 1 - column : column);
      for (let c = 0; c < channels; c++) turned[out++] = pixels[from * channels + c];
    }
  }
  return { width: toWidth, height: toHeight, channels, pixels: turned };
}

/** The first `kept` of `channels` interleaved samples. */
export function keepChannels<T extends Samples>(samples: T, channels: number, kept: 1 | 3): T {
  if (channels === kept) return samples;
  const count = samples.length / channels;
  const out = new (samples.constructor as new (length: number) => T)(count * kept);
  for (let i = 0; i < count; i++) for (let c = 0; c < kept; c++) out[i * kept + c] = samples[i * channels + c];
  return out;
}

/** RRR…GGG…BBB… to RGBRGB… */
export function interleave<T extends Samples>(planes: T, channels: number): T {
  const count = planes.length / channels;
  const out = new (planes.constructor as new (length: number) => T)(planes.length);
  for (let c = 0; c < channels; c++) for (let i = 0; i < count; i++) out[i * channels + c] = planes[c * count + i];
  return out;
}

/** CMYK (0 is no ink) to RGB, as the ink that is left: (255 − C)(255 − K)/255 and so on, in integers. */
export function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((cmyk.length / 4) * 3);
  for (let i = 0, out = 0; i < cmyk.length; i += 4) {
    const white = 255 - cmyk[i + 3];
    for (let c = 0; c < 3; c++) {
      const product = cmyk[i + c] * white + 128;
      rgb[out++] = Math.max(0, white - (((product >> 8) + product) >> 8));
    }
  }
  return rgb;
}

/** YCbCr of JPEG (full range, ITU-R 601-2) to RGB, in place, in 16-bit fixed point. */
export function ycbcrToRgb(samples: Uint8Array): Uint8Array {
  const clamp = (value: number) => (value < 0 ? 0 : value > 255 ? 255 : value);
  for (let i = 0; i < samples.length; i += 3) {
    const [y, cb, cr] = [samples[i], samples[i + 1] - 128, samples[i + 2] - 128];
    samples[i] = clamp(y + ((91881 * cr + 32768) >> 16));
    samples[i + 1] = clamp(y + ((-22554 * cb - 46802 * cr + 32768) >> 16));
    samples[i + 2] = clamp(y + ((116130 * cb + 32768) >> 16));
  }
  return samples;
}

/** The parts one after another. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
