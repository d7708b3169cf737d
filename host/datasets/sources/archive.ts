import { HqcnnError } from "../../check.ts";
import type { RandomAccessFile } from "../../platform/platform.ts";
import { checkSize, type Fit, fitImage, largestSide, type Size } from "../fit.ts";
import { convertChannels } from "../formats/image.ts";
import type { Control, SplitName, StoredImages } from "../types.ts";
import { assignKeys, type PartKeys } from "./keys.ts";
import { type Classes, checkLabels, classesOf, type RawLabels, readLabels } from "./labels.ts";
import { type NpyHeader, readTexts, valueReader } from "./npy.ts";
import { type Npz, openNpz } from "./npz.ts";
import { type DiskOptions, leaveOnDisk } from "./onDisk.ts";
import {
  type Extent,
  extentOf,
  type ImageLayout,
  imageLayout,
  type Range,
  type Scale,
  scaleOf,
  toBytes,
  type Values,
} from "./values.ts";

export interface ArchiveOptions extends Control {
  /** Names of the classes, where they are known: labels are then 0 … names − 1. */
  classNames?: readonly string[];
  /** Rows with one 1 each are several labels an image, too. Default: one-hot classes where all rows are such. */
  multilabel?: boolean;
  /** What the arrays stand for: "images=x,labels=y". Default: their names tell. */
  keys?: string;
  /** Values that become black and white. Default: bytes as they are; of others the values must tell. */
  range?: Range;
  /**
   * How values of another set were read, a model's: values of the same type are read so, unless `range` says otherwise.
   */
  like?: Values;
  /**
   * `range` is a model's, not asked for: values of another type than those of `like`, or bytes without it, are not read
   * so.
   */
  isRemembered?: boolean;
  /** Images of another size are resized to this one. Default: the file's own. */
  size?: Size;
  fit?: Fit;
  /** Colour becomes grey, or grey colour. Default: as in the file. */
  channels?: 1 | 3;
  /** Labels are not looked at, and images may be of any size from 16 pixels a side on: they are resized later. */
  imagesOnly?: boolean;
  /** Where images are left that take more memory than `memory` bytes, by default MEMORY_BYTES. Default: in memory. */
  onDisk?: DiskOptions;
}

/** A split of an npz, or its one pool of images. */
export interface ArchivePart {
  split: SplitName | null;
  count: number;
  /** A name for each image; images of one name, a patient's, stay in one split. */
  groups: string[] | null;
}

/** An npz with images and labels, read as arrays of bytes. */
export interface Archive extends Size {
  channels: 1 | 3;
  parts: ArchivePart[];
  /** Classes of every part, null for arrays without labels. */
  classes: Classes | null;
  /** Several labels an image: rows of 0 and 1, part by part. */
  matrix: { columns: number; values: Uint8Array[]; classNames: string[] } | null;
  /** What was guessed or changed, in words. */
  steps: string[];
  /** How values became bytes, where they were none. */
  values: Values | null;
  /** Reads the images of a part, NHWC. */
  images(part: number): Promise<Uint8Array>;
  /** The same, left on disk where they would take too much memory. */
  stored?: (part: number) => StoredImages;
  /** The same, some images at a time, each of the file's own size. */
  each(part: number): AsyncGenerator<Uint8Array, void, undefined>;
  /** Size and channels of the images that `each` gives. */
  own: Size & { channels: 1 | 3 };
}

interface Part extends ArchivePart {
  keys: PartKeys;
  layout: ImageLayout;
  header: NpyHeader;
  scale: Scale;
}

/** Bytes of images that are read at a time. */
const PIECE = 4 << 20;

/**
 * Finds the images and labels in an npz and checks them; images are read on demand, by opening the file again. It takes
 * MedMNIST's form, and others as keys.ts, values.ts and labels.ts say.
 * @throws HqcnnError that names file, array, expected and got
 */
export async function openArchive(
  open: () => Promise<RandomAccessFile>,
  path: string,
  options: ArchiveOptions = {},
): Promise<Archive> {
  return withNpz(open, path, async (npz) => {
    const keys = assignKeys(npz.names, path, options.keys);
    const parts: Part[] = [];
    const raw: (RawLabels | null)[] = [];
    const where: string[] = [];
    for (const part of keys.parts) {
      const at = `${path}: ${part.images}`;
      const header = await npz.header(part.images);
      const layout = imageLayout(header, at);
      const scale = parts[0]?.scale ?? (await findScale(npz, part, header, at, options));
      if (parts[0] && parts[0].header.dtype !== header.dtype) {
        throw new HqcnnError(
          `${at}: expected ${parts[0].header.dtype} as in ${parts[0].keys.images}, got ${header.dtype}`,
        );
      }
      const groups = part.groups === undefined ? null : await readGroups(npz, part.groups, layout.count);
      parts.push({ split: part.split, count: layout.count, groups, keys: part, layout, header, scale });
      raw.push(
        part.labels === undefined || options.imagesOnly ? null : await readPartLabels(npz, part.labels, layout.count),
      );
      where.push(`${path}: ${part.labels}`);
    }
    const [first] = parts;
    const own = ownSize(parts, path, options);
    const size = options.size ?? own;
    checkSize(options.imagesOnly ? smallerSize(size) : size, path);
    const channels = options.channels ?? first.layout.channels;
    const labels = await labelsOf(npz, raw, where, keys.classNames, options);
    const steps = [
      ...(keys.isUsual ? [] : [keys.parts.map(keysText).join("; ")]),
      ...(keys.unused.length + npz.others.length > 0
        ? [`left out: ${[...keys.unused, ...npz.others].join(", ")}`]
        : []),
      ...new Set(parts.flatMap(({ layout }) => layout.steps)),
      ...(first.scale.step ? [first.scale.step] : []),
      ...(labels.classes?.steps ?? []),
      ...(first.layout.channels === channels ? [] : [channels === 1 ? "colour made grey" : "grey repeated as colour"]),
      ...(size.height === own.height && size.width === own.width
        ? []
        : [`resized from ${own.height}×${own.width} to ${size.height}×${size.width} (${options.fit ?? "squash"})`]),
    ];
    const each = (index: number) => watched(eachImages(open, path, parts[index]), parts[index], path, options);
    const bytes = size.height * size.width * channels;
    const final = ({ layout }: Part, some: Uint8Array) =>
      layout.channels === channels && layout.height === size.height && layout.width === size.width
        ? some
        : refit(some, layout, { ...size, channels, fit: options.fit });
    const form = { ...size, channels, fit: options.fit ?? "squash", each, final };
    const disk = options.onDisk && (await leaveOnDisk(npz, open, parts, form, options.onDisk));
    return {
      ...size,
      ...(disk && { stored: disk.stored }),
      channels,
      parts: parts.map(({ split, count, groups }) => ({ split, count, groups })),
      ...labels,
      steps: [...steps, ...(disk ? [disk.step] : [])],
      values: first.scale.step === null ? null : { dtype: first.header.dtype, range: first.scale.range },
      each,
      own: { ...own, channels: first.layout.channels },
      images: async (index) => {
        const out = new Uint8Array(parts[index].count * bytes);
        let at = 0;
        for await (const some of each(index)) {
          const images = await final(parts[index], some);
          out.set(images, at);
          at += images.length;
        }
        return out;
      },
    };
  });
}

/** Sides that are checked where images are resized later: too small ones are not. */
function smallerSize({ height, width }: Size): Size {
  return { height: Math.min(height, largestSide), width: Math.min(width, largestSide) };
}

/** Resizes images one after the other. */
async function refit(
  images: Uint8Array,
  layout: ImageLayout,
  to: Size & { channels: 1 | 3; fit?: Fit },
): Promise<Uint8Array> {
  const { height, width, channels } = layout;
  const from = height * width * channels;
  const bytes = to.height * to.width * to.channels;
  const count = images.length / from;
  const out = new Uint8Array(count * bytes);
  const isSized = height === to.height && width === to.width;
  for (let i = 0; i < count; i++) {
    const pixels = images.subarray(i * from, (i + 1) * from);
    const image = { height, width, channels, pixels };
    out.set(isSized ? convertChannels(pixels, channels, to.channels) : await fitImage(image, to), i * bytes);
  }
  return out;
}

/** Images as they come, which `control` may follow and stop. */
async function* watched(
  each: AsyncIterable<Uint8Array>,
  { keys, layout: { count, height, width, channels } }: Part,
  path: string,
  { signal, onProgress }: Control,
): AsyncGenerator<Uint8Array, void, undefined> {
  let done = 0;
  for await (const images of each) {
    signal?.throwIfAborted();
    yield images;
    done += images.length / (height * width * channels);
    onProgress?.(done, count, `reading ${keys.images} of ${path}`);
  }
}

/** The images of a part as bytes, a few at a time. */
async function* eachImages(
  open: () => Promise<RandomAccessFile>,
  path: string,
  { keys, layout, header, scale }: Part,
): AsyncGenerator<Uint8Array, void, undefined> {
  const where = `${path}: ${keys.images}`;
  const file = await open();
  try {
    const npz = await openNpz(file, path);
    const check = (now: NpyHeader) => {
      if (now.shape.join() === header.shape.join() && now.dtype === header.dtype && now.fortran === header.fortran)
        return;
      throw new HqcnnError(`${where}: has changed since it was opened; run the command again`);
    };
    if (!layout.isSequential) {
      const { data } = await npz.read(keys.images, check);
      yield toBytes(header, layout, scale, data, where);
      return;
    }
    const imageBytes = layout.strides.image * header.itemBytes;
    const some = Math.max(1, Math.floor(PIECE / imageBytes));
    let first = 0;
    const bytesOf = (now: NpyHeader) => {
      check(now);
      return some * imageBytes;
    };
    for await (const data of npz.pieces(keys.images, bytesOf)) {
      yield toBytes(header, layout, scale, data, where, first);
      first += some;
    }
  } finally {
    await file.close();
  }
}

async function withNpz<T>(
  open: () => Promise<RandomAccessFile>,
  path: string,
  use: (npz: Npz) => Promise<T>,
): Promise<T> {
  const file = await open();
  try {
    return await use(await openNpz(file, path));
  } finally {
    await file.close();
  }
}

/** How values become bytes; reads the array where its values must tell. */
async function findScale(
  npz: Npz,
  { images }: PartKeys,
  header: NpyHeader,
  where: string,
  { range: stated, isRemembered, like, signal, onProgress }: ArchiveOptions,
): Promise<Scale> {
  const { dtype, itemBytes, dataBytes } = header;
  const isBytes = dtype === "uint8" || dtype === "bool";
  // A window of 16-bit values would make bytes, or shares of 1, all grey.
  const isOfOthers = isRemembered === true && (like ? like.dtype !== dtype : isBytes);
  const range = isOfOthers ? undefined : stated;
  const needsLook = range === undefined && like?.dtype !== dtype && !isBytes;
  let extent: Extent | undefined;
  if (needsLook) {
    let first = 0;
    const what = `range of the values of ${where}`;
    for await (const data of npz.pieces(images, () => Math.floor(PIECE / itemBytes) * itemBytes)) {
      signal?.throwIfAborted();
      const { low, high } = extentOf(header, data, where, first);
      extent = { low: Math.min(low, extent?.low ?? low), high: Math.max(high, extent?.high ?? high) };
      first += data.length / itemBytes;
      onProgress?.(first * itemBytes, dataBytes, what);
    }
  }
  return scaleOf(dtype, () => extent!, where, { range, like });
}

/** The one size of all parts, unless another is asked for. */
function ownSize(parts: readonly Part[], path: string, { size, channels }: ArchiveOptions): Size {
  const [{ layout: first, keys }] = parts;
  for (const { layout, keys: other } of parts) {
    const isSame = layout.height === first.height && layout.width === first.width;
    if (!size && !isSame) {
      const [a, b] = [first, layout].map(({ height, width }) => `${height}×${width}`);
      throw new HqcnnError(
        `${path}: expected images of one size, got ${a} in ${keys.images} and ${b} in ${other.images}: choose one with --size`,
      );
    }
    if (!channels && layout.channels !== first.channels) {
      throw new HqcnnError(`${path}: expected grey or colour images in all splits, got both`);
    }
  }
  return { height: first.height, width: first.width };
}

async function readPartLabels(npz: Npz, name: string, count: number): Promise<RawLabels> {
  const where = `${npz.path}: ${name}`;
  const { header, data } = await npz.read(name, (header) => checkLabels(header, count, where));
  return readLabels(header, data, where);
}

async function readGroups(npz: Npz, name: string, count: number): Promise<string[]> {
  const where = `${npz.path}: ${name}`;
  const { header, data } = await npz.read(name, ({ shape }) => {
    const isColumn = shape[0] === count && shape.slice(1).every((length) => length === 1);
    if (!isColumn) throw new HqcnnError(`${where}: expected ${count} groups, one an image, got (${shape.join(", ")})`);
  });
  if (header.dtype === "str" || header.dtype === "bytes") return readTexts(header, data, where);
  const read = valueReader(header, data, where);
  return Array.from({ length: count }, (_, i) => String(read(i)));
}

/** Classes, or rows of several labels, of all parts. */
async function labelsOf(
  npz: Npz,
  raw: readonly (RawLabels | null)[],
  where: readonly string[],
  namesKey: string | undefined,
  { classNames: known, multilabel }: Pick<ArchiveOptions, "classNames" | "multilabel">,
): Promise<Pick<Archive, "classes" | "matrix">> {
  const given = raw.filter((labels) => labels !== null);
  if (given.length < raw.length) {
    if (given.length === 0) return { classes: null, matrix: null };
    throw new HqcnnError(
      `${npz.path}: expected labels for all images, got none for ${where[raw.indexOf(null)].replace(/^.*: /, "")}: name them with --keys`,
    );
  }
  const own = namesKey === undefined ? undefined : await readNames(npz, namesKey);
  const areRows = given.every((labels) => labels.kind === "matrix" || labels.columnsIfOneHot !== undefined);
  const isMatrix = given.some(({ kind }) => kind === "matrix") || (multilabel === true && areRows);
  if (!isMatrix) return { classes: classesOf(given, where, known ?? own), matrix: null };
  // A split whose rows all have one label is still of a set with several.
  const columns = new Set(given.map((labels) => (labels.kind === "matrix" ? labels.columns : labels.columnsIfOneHot)));
  const [width] = columns;
  if (columns.size > 1 || width === undefined) {
    throw new HqcnnError(
      `${npz.path}: expected as many labels an image in all splits, got ${[...columns].join(" and ")}`,
    );
  }
  const names = known ?? own ?? Array.from({ length: width }, (_, i) => `label ${i}`);
  if (names.length !== width)
    throw new HqcnnError(`${npz.path}: expected ${names.length} labels an image, got ${width}`);
  const values = given.map((labels) => {
    if (labels.kind === "matrix") return labels.values;
    const rows = new Uint8Array(labels.values.length * width);
    for (let i = 0; i < labels.values.length; i++) rows[i * width + Number(labels.values[i])] = 1;
    return rows;
  });
  return { classes: null, matrix: { columns: width, values, classNames: [...names] } };
}

async function readNames(npz: Npz, name: string): Promise<string[] | undefined> {
  const { header, data } = await npz.read(name, ({ dataBytes }) => {
    if (dataBytes > 1 << 20) throw new HqcnnError(`${npz.path}: ${name}: expected class names, got ${dataBytes} bytes`);
  });
  const isText = header.dtype === "str" || header.dtype === "bytes";
  return isText && header.shape.length === 1 ? readTexts(header, data, `${npz.path}: ${name}`) : undefined;
}

function keysText({ split, images, labels, groups }: PartKeys): string {
  const parts = [
    `images ${images}`,
    labels ? `labels ${labels}` : "no labels",
    ...(groups ? [`groups ${groups}`] : []),
  ];
  return `${split ? `${split}: ` : ""}${parts.join(", ")}`;
}
