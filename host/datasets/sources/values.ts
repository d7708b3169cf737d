import { HqcnnError, UsageError } from "../../check.ts";
import { type NpyHeader, valueReader } from "./npy.ts";

/** Values that become black and white. */
export type Range = readonly [low: number, high: number];

/** A range and the type of the values it is of. */
export interface Values {
  dtype: string;
  range: Range;
}

/** Where the axes of an array of images lie. */
export interface ImageLayout {
  count: number;
  height: number;
  width: number;
  /** 1 or 3; a fourth channel (transparency) is dropped. */
  channels: 1 | 3;
  /** Values from one image, row, column and channel to the next. */
  strides: { image: number; row: number; column: number; channel: number };
  /** Whether every image is whole in the bytes, so that images can be read one after the other. */
  isSequential: boolean;
  /** What is not as the network takes it, in words. */
  steps: string[];
}

/** Sides that an image of a data set may have before it is resized. */
const LARGEST_SIDE = 1 << 15;

/**
 * Finds the axes of an array: (n, height, width), with 1, 3 or 4 channels behind or before the sides.
 * @throws HqcnnError that names file, array, expected and got
 */
export function imageLayout({ shape, dtype, fortran }: NpyHeader, where: string): ImageLayout {
  if (dtype === "str" || dtype === "bytes" || dtype.startsWith("complex")) {
    throw new HqcnnError(`${where}: expected images as numbers, got ${dtype}`);
  }
  const got = `got (${shape.join(", ")})`;
  const isChannels = (length: number) => length === 1 || length === 3 || length === 4;
  const [count, ...rest] = shape;
  const sizes = rest.length === 4 ? rest.filter((length) => length > 1) : rest;
  if (rest.length === 4 || (rest.length === 3 && !isChannels(rest[0]) && !isChannels(rest[2]) && rest[2] > 4)) {
    const volume = sizes.length >= 3 ? `volumes of ${sizes.slice(0, 3).join("×")}` : "five axes";
    throw new HqcnnError(`${where}: ${got}: ${volume}: 3D sets cannot be trained; this network takes 2D images`);
  }
  const last = rest.length === 3 && isChannels(rest[2]);
  const first = rest.length === 3 && isChannels(rest[0]);
  if (rest.length !== 2 && !last && !first) {
    const why = rest.length === 1 ? ": rows of pixels have lost their height and width" : "";
    throw new HqcnnError(
      `${where}: expected shape (n, height, width), or with 1, 3 or 4 channels behind or before, ${got}${why}`,
    );
  }
  // (n, 3, h, 3) could be read both ways: channels behind, as in the files of images.
  const isFirst = first && !last;
  const [height, width, all] = rest.length === 2 ? [...rest, 1] : isFirst ? [rest[1], rest[2], rest[0]] : rest;
  if (count === 0) throw new HqcnnError(`${where}: expected at least 1 image, got 0`);
  if (!(height >= 1 && width >= 1 && height <= LARGEST_SIDE && width <= LARGEST_SIDE)) {
    throw new HqcnnError(`${where}: expected images of 1 to ${LARGEST_SIDE} pixels a side, ${got}`);
  }
  const strides = stridesOf(shape, fortran);
  const [image, a, b, c = 0] = strides;
  const steps = [];
  if (isFirst) steps.push(`channels first: (${["n", ...rest].join(", ")})`);
  if (all === 4) steps.push("the fourth channel (transparency) is dropped");
  if (fortran) steps.push("Fortran order");
  return {
    count,
    height,
    width,
    channels: all === 1 ? 1 : 3,
    strides: isFirst ? { image, channel: a, row: b, column: c } : { image, row: a, column: b, channel: c },
    isSequential: !fortran || count === 1,
    steps,
  };
}

function stridesOf(shape: readonly number[], fortran: boolean): number[] {
  const strides = shape.map(() => 1);
  const order = fortran ? shape.map((_, axis) => axis) : shape.map((_, axis) => shape.length - 1 - axis);
  let step = 1;
  for (const axis of order) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

/** What the values of an array are, as far as one has looked. */
export interface Extent {
  low: number;
  high: number;
}

/** Smallest and largest value. @throws HqcnnError on values that are not finite */
export function extentOf(header: NpyHeader, data: Uint8Array, where: string, first = 0): Extent {
  const read = valueReader(header, data, where);
  const count = data.length / header.itemBytes;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    const value = read(i);
    if (value < low) low = value;
    if (value > high) high = value;
    if (!Number.isFinite(value)) {
      throw new HqcnnError(`${where}: expected finite values, got ${value} at place ${first + i}: replace or drop it`);
    }
  }
  return { low, high };
}

/** The values that become 0 and 255, how that was found out, and whether values outside are refused. */
export interface Scale {
  range: Range;
  /** Of the array: a range says something of values of this type alone. */
  dtype: string;
  /** In words; null for bytes as they are. */
  step: string | null;
  /** Stated by the user: values outside become black or white. A guess must hold for all values. */
  stated: boolean;
}

/**
 * How the values of images become 0 … 255. Bytes are taken as they are; of others the range must be plain from their
 * values, or stated with --range or --window.
 * @throws HqcnnError that names the option when the values do not tell
 */
export function scaleOf(
  dtype: string,
  extent: () => Extent,
  where: string,
  { range: stated, like }: { range?: Range; like?: Values } = {},
): Scale {
  const isLike = like?.dtype === dtype && dtype !== "uint8" && dtype !== "bool";
  if (stated || isLike) {
    const range = stated ?? like!.range;
    const why = stated ? "as stated" : "as in the training data";
    return { dtype, range, step: `values ${range[0]} … ${range[1]} as black … white, ${why}`, stated: true };
  }
  if (dtype === "uint8") return { dtype, range: [0, 255], step: null, stated: false };
  if (dtype === "bool") return { dtype, range: [0, 1], step: "false and true as black and white", stated: false };
  const { low, high } = extent();
  const guess = (range: Range) => ({
    dtype,
    range,
    step: `${dtype} values ${short(low)} … ${short(high)} read as ${range[0]} … ${range[1]}`,
    stated: false,
  });
  if (dtype.startsWith("float") && low >= 0 && high <= 1) return guess([0, 1]);
  if (low >= 0 && high <= 255 && (high > 1 || !dtype.startsWith("float"))) return guess([0, 255]);
  if (dtype === "uint16" && high >= 32768) return guess([0, 65535]);
  throw new HqcnnError(
    `${where}: ${dtype} values from ${short(low)} to ${short(high)} do not tell which are black and white: say so with ` +
      `--range ${short(low)},${short(high)} or --window CENTER,WIDTH`,
  );
}

/** Whether the bytes of an array are its images as uint8 NHWC. */
export function isPlain({ dtype }: NpyHeader, layout: ImageLayout, { range: [low, high] }: Scale): boolean {
  const { height, width, channels } = layout;
  const { image, row, column, channel } = layout.strides;
  return (
    dtype === "uint8" &&
    low === 0 &&
    high === 255 &&
    channel === (channels === 1 ? channel : 1) &&
    column === channels &&
    row === width * channels &&
    image === height * row
  );
}

/** Images of a layout as uint8 NHWC; `first` is the number of the first image, for messages. */
export function toBytes(
  header: NpyHeader,
  layout: ImageLayout,
  scale: Scale,
  data: Uint8Array,
  where: string,
  first = 0,
): Uint8Array {
  if (isPlain(header, layout, scale)) return data;
  const { height, width, channels, strides } = layout;
  const { image, row, column, channel } = strides;
  const count = layout.isSequential ? data.length / header.itemBytes / image : layout.count;
  const [low, high] = scale.range;
  const read = valueReader(header, data, where);
  const out = new Uint8Array(count * height * width * channels);
  const step = 255 / (high - low);
  let at = 0;
  for (let n = 0; n < count; n++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const start = n * image + y * row + x * column;
        for (let c = 0; c < channels; c++) {
          const value = read(start + c * channel);
          if (!(value >= low && value <= high)) refuseOutside(value, scale, `${where}: image ${first + n}`);
          out[at++] = Math.round((Math.min(Math.max(value, low), high) - low) * step);
        }
      }
    }
  }
  return out;
}

function refuseOutside(value: number, { stated, range }: Scale, where: string): void {
  if (Number.isNaN(value)) throw new HqcnnError(`${where}: expected finite values, got ${value}: replace or drop it`);
  if (stated) return;
  throw new HqcnnError(
    `${where}: expected values in ${range[0]} … ${range[1]} like those before, got ${short(value)}: say with --range LOW,HIGH`,
  );
}

/** A range out of the options --range LOW,HIGH and --window CENTER,WIDTH. @throws UsageError on an impossible one */
export function statedRange(range?: readonly number[], centered?: readonly number[]): Range | undefined {
  if (range && centered) throw new UsageError("--range and --window exclude each other: choose one");
  const [a, b] = range ?? centered ?? [];
  const given = range ?? centered;
  if (!given) return undefined;
  const isRange = range !== undefined;
  const [low, high] = isRange ? [a, b] : [a - b / 2, a + b / 2];
  if (given.length === 2 && Number.isFinite(low) && Number.isFinite(high) && low < high) return [low, high];
  const expected = isRange
    ? "--range: expected LOW,HIGH with LOW below HIGH"
    : "--window: expected CENTER,WIDTH, a width above 0";
  throw new UsageError(`${expected}, got ${given.join(",")}`);
}

function short(value: number): string {
  return String(Number(value.toPrecision(6)));
}
