import { HqcnnError, UsageError } from "../check.ts";
import type { Platform, RandomAccessFile } from "../platform/platform.ts";
import { type Archive, openArchive, side } from "./sources/archive.ts";
import { cachePath } from "./sources/download.ts";
import { readFolder } from "./sources/folder.ts";
import { md5OfFile } from "./sources/md5.ts";
import { citation, medmnist, nameByMd5, sampleName, setByName } from "./sources/medmnist.ts";
import { fileOfBlob, fileOfBytes } from "./sources/npz.ts";
import { stratifiedSplit } from "./split.ts";
import { binaryTask, multiclassTask } from "./task.ts";
import {
  type Dataset,
  type OnProgress,
  type Permutation,
  type Protocol,
  type Split,
  type SplitName,
  splitNames,
  type Task,
} from "./types.ts";

export interface OpenOptions {
  /** Needed for names, paths and folders; not for bytes, a Blob, a File or a URL. */
  platform?: Platform;
  /** Default "binary". */
  task?: Task;
  /** Labels whose union is class 1 of the binary task. Default: the thesis's, or label 1 of a set of two classes. */
  positive?: readonly number[];
  /** Default "official". A folder has no official split: it is always split here. */
  protocol?: Protocol;
  /** Part of the images that is not test, for "pooled" and folders; see stratifiedSplit. Default 0.8. */
  splitRatio?: number;
  /** Needed for "pooled" and folders. */
  permutation?: Permutation;
  /** Makes an unreadable image of a folder an error. */
  strict?: boolean;
  /** Channels of a folder's images; default: 1 if all are grey, else 3. */
  channels?: 1 | 3;
  signal?: AbortSignal;
  /** Images of a folder, as they are read. */
  onProgress?: OnProgress;
}

/** What a source holds before task and protocol are applied. */
interface Source {
  name: string;
  classNames: string[];
  positive?: number[];
  channels: 1 | 3;
  source: Dataset["source"];
  warnings: string[];
  /** Labels of the published splits (train, val, test), or of the one pool of a folder. */
  labels: Uint8Array[];
  /** Images of one of these parts. */
  images(part: number): Promise<Uint8Array>;
}

/**
 * Opens a data set: nothing or "bloodmnist-sample" (the embedded sample), a MedMNIST name (looked up in the cache
 * folder), the path of an npz of MedMNIST's form or of a folder with one subfolder a class, a URL, a File, a Blob, or
 * the bytes of an npz. Labels are checked now, images are read when a split is asked for. Throws a HqcnnError about the
 * source, a UsageError about the options.
 */
export async function openDataset(
  from?: string | URL | Blob | Uint8Array,
  options: OpenOptions = {},
): Promise<Dataset> {
  const source = await openSource(from ?? sampleName, options);
  const { task = "binary", protocol = "official" } = options;
  const map =
    task === "binary" ? binaryTask(source.classNames, positiveOf(source, options)) : multiclassTask(source.classNames);
  const isPooled = protocol === "pooled" || source.labels.length === 1;
  const { labels, images } = isPooled ? splitPool(source, options) : publishedSplits(source);
  const learned = mapSplits((name) => labels[name].map((label) => map.labels[label]));
  map.classNames.forEach((name, label) => {
    if (learned.train.includes(label)) return;
    throw new UsageError(
      `${source.name}: class ${label} (${name}) has no image in train; choose other labels or another task`,
    );
  });
  const warnings = [...source.warnings];
  if (isPooled && source.labels.length > 1) {
    warnings.push(
      `${source.name}: pooled protocol, split again by the seed: its figures are not comparable with published ones`,
    );
  }
  const read: Partial<Record<SplitName, Promise<Split>>> = {};
  return {
    name: source.name,
    channels: source.channels,
    height: side,
    width: side,
    classNames: map.classNames,
    counts: mapSplits((name) => learned[name].length),
    protocol: isPooled ? "pooled" : "official",
    task,
    source: source.source,
    warnings,
    split(name) {
      read[name] ??= images(name).then((images) => ({ count: learned[name].length, images, labels: learned[name] }));
      return read[name];
    },
  };
}

interface Splits {
  labels: Record<SplitName, Uint8Array>;
  images(name: SplitName): Promise<Uint8Array>;
}

function publishedSplits({ labels, images }: Source): Splits {
  return {
    labels: mapSplits((_, place) => labels[place]),
    images: (name) => images(splitNames.indexOf(name)),
  };
}

/**
 * All parts of a source as one pool, split by the seed. The images of all splits are read together, a part at a time.
 */
function splitPool(source: Source, { splitRatio = 0.8, permutation }: OpenOptions): Splits {
  if (!permutation) throw new UsageError(`${source.name}: splitting needs a permutation; pass options.permutation`);
  const pool = Uint8Array.from(source.labels.flatMap((labels) => [...labels]));
  const indices = stratifiedSplit(pool, source.classNames, splitRatio, permutation);
  const readAll = async () => {
    const bytes = side * side * source.channels;
    const images = mapSplits((name) => new Uint8Array(indices[name].length * bytes));
    let start = 0; // of the part in the pool
    for (const [part, { length }] of source.labels.entries()) {
      const from = await source.images(part);
      for (const name of splitNames) {
        indices[name].forEach((index, place) => {
          if (index >= start && index < start + length) {
            images[name].set(from.subarray((index - start) * bytes, (index - start + 1) * bytes), place * bytes);
          }
        });
      }
      start += length;
    }
    return images;
  };
  let all: ReturnType<typeof readAll> | undefined;
  return {
    labels: mapSplits((name) => Uint8Array.from(indices[name], (index) => pool[index])),
    images: async (name) => {
      all ??= readAll();
      return (await all)[name];
    },
  };
}

function positiveOf({ name, positive, classNames }: Source, options: OpenOptions): readonly number[] {
  const labels = options.positive ?? positive ?? (classNames.length === 2 ? [1] : undefined);
  if (labels) return labels;
  const allowed = classNames.map((className, label) => `${label} ${className}`).join(", ");
  throw new UsageError(
    `${name}: the binary task needs its positive labels, some of: ${allowed}; or choose the task multiclass`,
  );
}

function mapSplits<T>(value: (name: SplitName, place: number) => T): Record<SplitName, T> {
  return { train: value("train", 0), val: value("val", 1), test: value("test", 2) };
}

async function openSource(from: string | URL | Blob | Uint8Array, options: OpenOptions): Promise<Source> {
  if (typeof from === "string" && !/^https?:\/\//.test(from)) return openNamed(from, options);
  if (from instanceof Blob)
    return openNpzSource(async () => fileOfBlob(from), "name" in from ? String(from.name) : "blob.npz");
  if (from instanceof Uint8Array) return openNpzSource(async () => fileOfBytes(from), "bytes.npz");
  const bytes = fileOfBytes(await fetchBytes(new URL(from), options.signal));
  return openNpzSource(async () => bytes, new URL(from).pathname.split("/").at(-1) || "url.npz");
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
async function openNamed(from: string, options: OpenOptions): Promise<Source> {
  const { platform } = options;
  if (!platform) throw new UsageError(`${from}: opening a name or a path needs options.platform`);
  if (from === sampleName) {
    const path = platform.packageFile(`host/datasets/${sampleName}.npz`);
    return openNpzSource(() => platform.openFile(path), path);
  }
  if (Object.hasOwn(medmnist, from)) {
    refuseMultilabel(from);
    const path = cachePath(from, platform);
    if ((await platform.stat(path)) === null)
      throw new HqcnnError(`${from} is not in ${platform.cacheFolder}; run: hqcnn data fetch ${from}`);
    return openNpzSource(() => platform.openFile(path), path, medmnist[from].md5);
  }
  const found = await platform.stat(from);
  if (found === null) {
    const names = [sampleName, ...Object.keys(medmnist)].join(", ");
    throw new HqcnnError(`${from}: no such file or folder, and no known name; names are: ${names}`);
  }
  if (found.kind === "file") return openNpzSource(() => platform.openFile(from), from);
  const { images, labels, ...folder } = await readFolder(from, { ...options, platform });
  const name = platform.basename(from);
  const source = { path: from, md5: null, license: "unknown", citation: "" };
  return { name, source, labels: [labels], images: async () => images, ...folder };
}

/**
 * An npz, known to the table by its MD5 or, with a warning, by its name. `expected` is the MD5 that it must have: one
 * fetched from Zenodo that has another is damaged and refused.
 */
async function openNpzSource(open: () => Promise<RandomAccessFile>, path: string, expected?: string): Promise<Source> {
  const md5 = await md5Of(open);
  if (expected !== undefined && md5 !== expected) {
    const name = stem(path);
    throw new HqcnnError(
      `${path}: expected MD5 ${expected} of the official ${name}, got ${md5}; remove it and run: hqcnn data fetch ${name}`,
    );
  }
  const name = nameByMd5(md5) ?? stem(path);
  const set = setByName(name);
  const warnings: string[] = [];
  if (set && set.md5 !== md5) {
    warnings.push(
      `${path}: expected MD5 ${set.md5} of the official ${name}, got ${md5}: these are not the published data`,
    );
  }
  if (set?.license.includes("NC")) warnings.push(`${name}: licence ${set.license}, not for commercial use`);
  refuseMultilabel(name);
  const archive = await openArchive(open, path, set?.classNames.length);
  return {
    name,
    classNames: set?.classNames ?? numberedClasses(archive),
    positive: set?.positive,
    channels: archive.channels,
    source: { path, md5, license: set?.license ?? "unknown", citation: set ? citation : "" },
    warnings,
    labels: splitNames.map((split) => archive.labels[split]),
    images: (part) => archive.images(splitNames[part]),
  };
}

async function md5Of(open: () => Promise<RandomAccessFile>): Promise<string> {
  const file = await open();
  try {
    return await md5OfFile(file);
  } finally {
    await file.close();
  }
}

function refuseMultilabel(name: string): void {
  if (setByName(name)?.kind !== "multilabel") return;
  throw new HqcnnError(
    `${name} is a multi-label set (several findings an image); this network learns one class an image: choose another set`,
  );
}

function numberedClasses({ labels }: Archive): string[] {
  const largest = splitNames.reduce((most, name) => labels[name].reduce((a, b) => Math.max(a, b), most), 1);
  return Array.from({ length: largest + 1 }, (_, label) => `class ${label}`);
}

/** File name without folders and ".npz", whatever the platform's separator. */
function stem(path: string): string {
  return path.replace(/^.*[\\/]/, "").replace(/\.npz$/i, "");
}
