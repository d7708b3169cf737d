import { HqcnnError, UsageError } from "../../check.ts";
import type { Platform, RandomAccessFile } from "../../platform/platform.ts";
import { type Fit, type Size, standardSize } from "../fit.ts";
import type { Control, Skipped } from "../types.ts";
import { openArchive } from "./archive.ts";
import { cachePath } from "./download.ts";
import { readFolder } from "./folder.ts";
import { cacheFolder, type ImageCache } from "./imageCache.ts";
import type { ImageSet } from "./imageFiles.ts";
import { skippedText } from "./listing.ts";
import { isManifest, readManifest } from "./manifest.ts";
import {
  citation,
  fileByMd5,
  fileStem,
  type MedMnistSize,
  medmnist,
  medmnistSizes,
  sampleName,
  setByName,
  setFile,
  volumes,
} from "./medmnist.ts";
import { fileOfBlob, fileOfBytes } from "./npz.ts";
import { keptText } from "./onDisk.ts";
import { openSample, samplePath } from "./sample.ts";
import type { Source } from "./source.ts";
import { sumsOf } from "./sums.ts";
import { statedRange, type Values } from "./values.ts";

/** `onProgress` hears of what takes long: checksums, values and images as they are read. */
export interface FindOptions extends Control {
  /** Needed for names, paths and folders; not for bytes, a Blob, a File or a URL. */
  platform?: Platform;
  /**
   * Size of the images. A MedMNIST name has files of 28, 64, 128 and 224; others are resized. Default: the file's own,
   * folders 28.
   */
  size?: Size;
  /** What happens to the ratio of images that are resized; default "squash". */
  fit?: Fit;
  /** What the arrays of an npz stand for: "images=x,labels=y". Default: their names tell. */
  keys?: string;
  /**
   * Values that become black and white. Default of an npz: bytes as they are, of other types the values must tell; of
   * image files: as the file says.
   */
  range?: readonly number[] | "auto";
  /** The same by center and width. */
  window?: readonly number[];
  /** `range` or `window` are a model's, not asked for: what it did not learn from (other types) is not read so. */
  isRemembered?: boolean;
  /** Frame or page of image files with several, from 0; default the first. */
  frame?: number;
  /**
   * How values of another set were read, a model's: values of the same type are read so, unless `range` says otherwise.
   */
  like?: Values;
  /**
   * What keeps images together, a patient's: a column of a manifest, a level of folders; see folder.ts and manifest.ts.
   */
  group?: string;
  /** Makes an unreadable image or row an error. */
  strict?: boolean;
  /** Channels of the images; default: those of an npz, in folders 1 if all images are grey, else 3. */
  channels?: 1 | 3;
  /** Fewer than two classes are no error: for evaluation. */
  anyClasses?: boolean;
  /** Rows of an npz with one 1 each are several labels an image, too. */
  multilabel?: boolean;
  /** That the data must have; null: none, as a folder. Left out: any. */
  md5?: string | null;
  /**
   * Folder for the pixels of large data sets that cannot be read where they are; default "images" in the platform's
   * cache folder.
   */
  cache?: string;
  /** Bytes of pixels up to which images are held in memory; default 512 MB. */
  memory?: number;
}

/** Finds what a name, path, URL or bytes mean. @throws HqcnnError about the source, UsageError about the options */
export async function findSource(from: string | URL | Blob | Uint8Array, options: FindOptions): Promise<Source> {
  checkStated(options); // what is impossible is refused whatever the source
  if (typeof from === "string" && !/^https?:\/\//.test(from)) return findNamed(from, options);
  if (from instanceof Blob)
    return npzSource(async () => fileOfBlob(from), "name" in from ? String(from.name) : "blob.npz", options);
  if (from instanceof Uint8Array) return npzSource(async () => fileOfBytes(from), "bytes.npz", options);
  const bytes = fileOfBytes(await fetchBytes(new URL(from), options.signal));
  return npzSource(async () => bytes, new URL(from).pathname.split("/").at(-1) || "url.npz", options);
}

function checkStated({ range, frame, ...options }: FindOptions): void {
  if (range !== "auto") statedRange(range, options.window);
  else if (options.window) throw new UsageError("--range and --window exclude each other: choose one");
  if (frame !== undefined && !(Number.isInteger(frame) && frame >= 0 && frame <= 65_535))
    throw new UsageError(`--frame: expected a whole number from 0 to 65535, got ${frame}`);
}

async function fetchBytes(url: URL, signal?: AbortSignal): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    throw new HqcnnError(`cannot fetch ${url}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
  if (!response.ok)
    throw new HqcnnError(`cannot fetch ${url}: the server answered ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** A name of the table, or a path. */
async function findNamed(from: string, options: FindOptions): Promise<Source> {
  const { platform } = options;
  if (!platform) throw new UsageError(`${from}: opening a name or a path needs options.platform`);
  if (from === sampleName) {
    return npzSource(() => openSample(platform), samplePath(platform), options);
  }
  if (volumes.includes(from.replace(/_64$/, ""))) {
    throw new HqcnnError(`${from} is a 3D set: its images are volumes; this network takes 2D images: choose a 2D set`);
  }
  const file = setFile(from);
  if (file) return findFetched(from, platform, options);
  const found = await platform.stat(from);
  if (found === null) throw new HqcnnError(nothingAt(from));
  if (found.kind === "file" && !isManifest(from)) return npzSource(() => platform.openFile(from), from, options);
  const common = { ...options, platform, cache: cacheOf(options) };
  const isFolder = found.kind === "folder";
  if (isFolder) refuseOtherMd5(from, options.md5, null);
  const read = isFolder ? await readFolder(from, common) : await readManifest(from, common);
  refuseOtherMd5(from, options.md5, read.md5);
  return imageSource(platform.basename(from), from, read, options);
}

function nothingAt(path: string): string {
  const names = [sampleName, ...Object.keys(medmnist)].join(", ");
  return `${path}: no such file or folder, and no known name; names are: ${names}`;
}

/**
 * Why a name or path means nothing on this machine, though it may on another one; null: it is there, or is refused
 * everywhere.
 */
export async function lackOf(
  from: string,
  { platform, size }: FindOptions & { platform: Platform },
): Promise<string | null> {
  if (/^https?:\/\//.test(from) || from === sampleName) return null;
  if (setFile(from) === undefined) return (await platform.stat(from)) === null ? nothingAt(from) : null;
  const stem = fetchedStem(from, size);
  return (await platform.stat(cachePath(stem, platform))) === null ? notFetched(stem, platform) : null;
}

function notFetched(stem: string, { cacheFolder }: Platform): string {
  return `${stem} is not in ${cacheFolder}; run: hqcnn data fetch ${stem}`;
}

/** @throws HqcnnError with both values when data are not those with the MD5 that was asked for */
export function refuseOtherMd5(path: string, expected: string | null | undefined, got: string | null): void {
  if (expected === undefined || expected === got) return;
  const text = (md5: string | null) => md5 ?? "none, as a folder";
  throw new HqcnnError(
    `${path}: expected data with MD5 ${text(expected)}, got ${text(got)}: put the same data there as where the run began`,
  );
}

/** The stem of a MedMNIST name's file, with its size behind it or as an option. */
function fetchedStem(name: string, asked: FindOptions["size"]): string {
  const file = setFile(name)!;
  const isStated = file.size !== 28;
  const side = asked && asked.height === asked.width ? asked.height : Number.NaN;
  if (asked && !isStated && !(medmnistSizes as readonly number[]).includes(side)) {
    throw new UsageError(
      `--size: ${name} has images of ${medmnistSizes.join(", ")} pixels a side, got ${asked.height}×${asked.width}; ` +
        `to resize, name the file and the size: --data ${name}_128 --size ${asked.height}x${asked.width}`,
    );
  }
  const size = (isStated || !asked ? file.size : side) as MedMnistSize;
  return fileStem(file.name, size);
}

async function findFetched(name: string, platform: Platform, options: FindOptions): Promise<Source> {
  const stem = fetchedStem(name, options.size);
  const path = cachePath(stem, platform);
  if ((await platform.stat(path)) === null) throw new HqcnnError(notFetched(stem, platform));
  return npzSource(() => platform.openFile(path), path, options, setFile(stem)!.md5);
}

/** Images of a folder or manifest as a source. */
function imageSource(
  name: string,
  path: string,
  read: ImageSet & { classNames: string[]; isMultilabel?: boolean; steps: string[] },
  options: FindOptions,
): Source {
  const { size = standardSize, fit = "squash" } = options;
  const { parts, skipped, steps, classNames, isMultilabel = false, md5, channels, height, width } = read;
  const used = parts.reduce((sum, { labels }) => sum + labels.length, 0);
  const stored = parts.flatMap(({ stored }) => stored ?? []);
  const warnings = [...skippedWarning(path, skipped, used), ...read.notes];
  return {
    ...{ name, classNames, isNumbered: false, channels, height, width, skipped, warnings, values: null },
    source: { path, md5, license: "unknown", citation: "" },
    steps: [
      ...steps,
      ...(options.keys === undefined ? [] : ["image files have no arrays: --keys changes nothing"]),
      `images of any size to ${size.height}×${size.width} (${fit})`,
      ...(stored.length > 0 ? [keptText(used * size.height * size.width * channels, cacheOf(options)!.folder)] : []),
    ],
    parts: parts.map(({ split, labels, matrix, groups }) => ({
      ...{ split, count: labels.length, labels: isMultilabel ? null : labels, matrix, groups },
    })),
    images: async (part) => parts[part].images,
    ...(stored.length > 0 && { stored: (part: number) => stored[part] }),
  };
}

function skippedWarning(path: string, skipped: readonly Skipped[], used: number): string[] {
  if (skipped.length === 0) return [];
  return [`${path}: skipped ${skipped.length} of ${skipped.length + used} entries: ${skippedText(skipped)}`];
}

/**
 * An npz, known to the table by its MD5 or, with a warning, by its name. `expected` is the MD5 that it must have: one
 * fetched from Zenodo that has another is damaged and refused.
 */
async function npzSource(
  open: () => Promise<RandomAccessFile>,
  path: string,
  options: FindOptions,
  expected?: string,
): Promise<Source> {
  const { md5, sound } = await sumsOf(open, path, options);
  refuseOtherMd5(path, options.md5, md5);
  if (expected !== undefined && md5 !== expected) {
    const name = stem(path);
    throw new HqcnnError(
      `${path}: expected MD5 ${expected} of the official ${name}, got ${md5}; remove it and run: hqcnn data fetch ${name}`,
    );
  }
  const known = fileByMd5(md5);
  const name = known ? fileStem(known.name, known.size) : stem(path);
  const claimed = setFile(name);
  const set = claimed && setByName(claimed.name);
  const warnings: string[] = [];
  if (claimed && claimed.md5 !== md5) {
    warnings.push(
      `${path}: expected MD5 ${claimed.md5} of the official ${name}, got ${md5}: these are not the published data`,
    );
  }
  if (set?.license.includes("NC")) warnings.push(`${name}: licence ${set.license}, not for commercial use`);
  if (volumes.includes(name.replace(/_64$/, ""))) {
    throw new HqcnnError(`${path} is a 3D set: its images are volumes; this network takes 2D images: choose a 2D set`);
  }
  const { keys, like, size, fit, channels } = options;
  const cache = cacheOf(options);
  const { isRemembered } = options;
  const stated = isRemembered && options.range === "auto" ? undefined : options.range;
  if (stated === "auto") throw new UsageError(`${path}: --range auto is for image files: give an npz two numbers`);
  const range = statedRange(stated, options.window);
  const steps = options.frame === undefined ? [] : ["an npz has no frames: --frame changes nothing"];
  const archive = await openArchive(open, path, {
    classNames: set?.classNames,
    multilabel: options.multilabel,
    keys,
    range,
    isRemembered,
    like,
    size,
    fit,
    channels,
    onDisk: cache && { cache, md5, sound, memory: options.memory },
    onProgress: options.onProgress,
    signal: options.signal,
  });
  const { classes, matrix } = archive;
  if (!classes && !matrix) {
    throw new HqcnnError(
      `${path}: expected labels beside the images, got none: name them with --keys images=…,labels=…`,
    );
  }
  if (options.group !== undefined) {
    if (archive.parts.every(({ groups }) => groups === null)) {
      throw new UsageError(
        `--group ${options.group}: ${path} has no array of groups (a name for each image, such as its patient): add one, ` +
          "and name it with --keys images=…,labels=…,groups=… if its name is not groups",
      );
    }
    steps.push("the groups of an npz are an array: --group changes nothing");
  }
  return {
    name,
    classNames: classes?.classNames ?? matrix!.classNames,
    isNumbered: classes?.isNumbered ?? true,
    positive: set?.positive,
    isOrdinal: set?.kind === "ordinal",
    ...{ channels: archive.channels, height: archive.height, width: archive.width },
    source: { path, md5, license: set?.license ?? "unknown", citation: set ? citation : "" },
    ...{ warnings, steps: [...steps, ...archive.steps], skipped: [], values: archive.values },
    parts: archive.parts.map((part, i) => ({
      ...part,
      labels: classes?.labels[i] ?? null,
      matrix: matrix?.values[i] ?? null,
    })),
    images: (part) => archive.images(part),
    ...(archive.stored && { stored: archive.stored }),
  };
}

/** Where the pixels of large data sets are kept; without a platform they are in memory. */
function cacheOf({ platform, cache, signal, onProgress }: FindOptions): ImageCache | undefined {
  return platform && { platform, folder: cacheFolder(platform, cache), signal, onProgress };
}

/** File name without folders and ".npz", whatever the platform's separator. */
function stem(path: string): string {
  return path.replace(/^.*[\\/]/, "").replace(/\.npz$/i, "");
}
