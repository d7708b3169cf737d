import { HqcnnError } from "../../check.ts";
import { formatNames, imageExtensions } from "../../datasets/formats/decode.ts";
import { openArchive } from "../../datasets/sources/archive.ts";
import { mostClasses } from "../../datasets/sources/labels.ts";
import { systemReason } from "../../datasets/sources/listing.ts";
import { createMd5 } from "../../datasets/sources/md5.ts";
import { fileOfBlob } from "../../datasets/sources/npz.ts";
import type { OnProgress } from "../../datasets/types.ts";
import type { BrowserPlatform } from "../../platform/browser.ts";
import type { Dropped, GivenFile } from "../protocol/messages.ts";

/**
 * Most bytes that are kept of one npz or folder: a page should leave room for others, and MedMNIST's largest set has
 * 0.2 GB.
 */
const MOST_BYTES = 1 << 30;
const MOST_MODEL_BYTES = 100 << 20;
/** Folder of what was kept. */
export const DROPPED = "/dropped";
const INCOMING = `${DROPPED}/.incoming`;

const expected = `an .npz file in MedMNIST's format, a folder with one subfolder of images per class, images (${formatNames}), or a model (.safetensors)`;

/**
 * The files of a drop, a paste or an <input type="file">. Call it in the event itself: the browser forgets a drop
 * afterwards.
 * @throws HqcnnError when nothing is there that is a file
 */
export async function givenFiles(from: DataTransfer | FileList | readonly File[]): Promise<GivenFile[]> {
  const files: GivenFile[] = [];
  if ("items" in from) {
    const items = [...from.items].filter(({ kind }) => kind === "file");
    // All before the first await.
    const entries = items.map((item) => {
      const entry = item.webkitGetAsEntry();
      return entry?.isDirectory ? entry : item.getAsFile();
    });
    for (const entry of entries) {
      if (entry instanceof File) files.push({ path: entry.name, file: entry });
      else if (entry) await walk(entry, files);
    }
    const [first] = entries;
    if (files.length === 0 && first) throw new HqcnnError(`${first.name}: expected ${expected}, got an empty folder`);
  } else {
    for (const file of from) files.push({ path: file.webkitRelativePath || file.name, file });
  }
  const visible = files.filter(({ path }) => !path.split("/").some((name) => systemReason(name) !== undefined));
  if (visible.length === 0) throw new HqcnnError(`Expected ${expected}, got no file.`);
  return visible;
}

async function walk(entry: FileSystemEntry, files: GivenFile[]): Promise<void> {
  const path = entry.fullPath.replace(/^\//, "");
  try {
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
      files.push({ path, file });
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    for (;;) {
      // A hundred at a time; none means all.
      const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) return;
      for (const each of some) await walk(each, files);
    }
  } catch (error) {
    throw new HqcnnError(`${path}: cannot be read (${(error as Error).message}); drop it again`, { cause: error });
  }
}

/**
 * Looks at what was given and keeps data sets in the platform's storage, so that a reload finds them. Nothing is kept
 * of what is refused: a wrong kind, too much, a broken npz. May run in a worker. `onProgress` is told the bytes kept of
 * all.
 * @throws HqcnnError with what was expected and what came
 */
export async function keepDropped(
  given: readonly GivenFile[],
  { platform, signal, onProgress }: { platform: BrowserPlatform; signal?: AbortSignal; onProgress?: OnProgress },
): Promise<Dropped> {
  const control = { platform, signal, onProgress };
  if (given.some(({ path }) => path.includes("/"))) return keepFolder(given, control);
  const files = given.map(({ file }) => file);
  if (files.every(isImage)) return { kind: "images", files };
  const [file] = files;
  if (files.length > 1) {
    const other = files.find((each) => !isImage(each))!;
    throw new HqcnnError(`Expected ${expected}, got ${files.length} files, ${other.name} among them.`);
  }
  if (extension(file.name) === "npz") return keepNpz(file, control);
  if (extension(file.name) !== "safetensors") {
    throw new HqcnnError(`${file.name}: expected ${expected}, got ${file.type || "a file of another kind"}`);
  }
  checkModelSize(file);
  return { kind: "model", file };
}

/** Throws when a file is too large for a model, before anybody reads it. */
export function checkModelSize({ name, size }: File): void {
  if (size <= MOST_MODEL_BYTES) return;
  throw new HqcnnError(`${name}: expected a model of hqcnn, which has less than 100 MB, got ${sizeText(size)}`);
}

interface Control {
  platform: BrowserPlatform;
  signal?: AbortSignal;
  onProgress?: OnProgress;
}

async function keepNpz(file: File, control: Control): Promise<Dropped> {
  await checkRoom(file.name, file.size);
  await openArchive(async () => fileOfBlob(file), file.name); // refuses what is no such npz before anything is kept
  return keep(file.name, [{ path: file.name, file }], control);
}

async function keepFolder(given: readonly GivenFile[], control: Control): Promise<Dropped> {
  const tops = new Set(given.map(({ path }) => path.split("/")[0]));
  // One folder that holds the classes, or the classes themselves.
  const [name, depth] = tops.size === 1 ? [[...tops][0], 1] : ["images", 0];
  const images = given.flatMap(({ path, file }) => {
    const names = path.split("/").slice(depth);
    // At any depth, and without an ending as well: when they are read, their content decides, and what is skipped is
    // said.
    const mayBe = isImage(file) || !file.name.includes(".");
    return names.length >= 2 && mayBe ? [{ path: [name, ...names].join("/"), file, label: names[0] }] : [];
  });
  const classes = new Set(images.map(({ label }) => label));
  if (classes.size < 2 || classes.size > mostClasses) {
    const found =
      images.length > 0 ? `${classes.size} with images` : `${given.length} files, none of them an image in a subfolder`;
    throw new HqcnnError(
      `${name}: expected 2 to ${mostClasses} subfolders of images (${formatNames}), one per class, got ${found}`,
    );
  }
  // Browsers walk a folder in orders of their own: the same folder has the same sum.
  images.sort((a, b) => (a.path < b.path ? -1 : 1));
  await checkRoom(
    name,
    images.reduce((sum, { file }) => sum + file.size, 0),
  );
  const kept = await keep(name, images, control);
  const taken = new Set(images.map(({ file }) => file));
  const others = given.filter(({ file }) => !taken.has(file)).map(({ path }) => path.split("/").slice(depth).join("/"));
  if (others.length === 0 || kept.kind !== "data") return kept;
  const few = others.slice(0, 3).join(", ");
  const more = others.length > 3 ? ` and ${others.length - 3} more` : "";
  const note = `${name}: ${others.length} of ${given.length} files not kept, no images in subfolders: ${few}${more}`;
  return { ...kept, notes: [note] };
}

/** Copies files to a folder named by their MD5; the same files again are found there. */
async function keep(name: string, files: readonly GivenFile[], control: Control): Promise<Dropped> {
  // One at a time, over all tabs: they share the folder of what is coming in.
  const run = () => copy(name, files, control);
  return navigator.locks ? navigator.locks.request("hqcnn-dropped", run) : run();
}

async function copy(
  name: string,
  files: readonly GivenFile[],
  { platform, signal, onProgress }: Control,
): Promise<Dropped> {
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  const hash = await createMd5();
  let done = 0;
  await platform.removeFolder(INCOMING); // of a tab that was closed
  try {
    for (const { path, file } of files) {
      const target = platform.join(INCOMING, path);
      await platform.makeFolder(platform.join(target, ".."));
      hash.update(new TextEncoder().encode(`${path}\0${file.size}\0`));
      for await (const bytes of blocksOf(file)) {
        if (signal?.aborted) throw new HqcnnError(`${name}: stopped; nothing of it is kept`);
        hash.update(bytes);
        await platform.appendBytes(target, bytes);
        done += bytes.length;
        onProgress?.(done, total);
      }
    }
    const kept = platform.join(DROPPED, hash.hex().slice(0, 12));
    if (!(await platform.stat(kept))) await platform.rename(INCOMING, kept);
    return { kind: "data", path: platform.join(kept, name), name, notes: [] };
  } finally {
    await platform.removeFolder(INCOMING);
  }
}

/** The bytes of a file, a mebibyte at a time. */
async function* blocksOf(file: File): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < file.size; start += 1 << 20) {
    try {
      yield new Uint8Array(await file.slice(start, start + (1 << 20)).arrayBuffer());
    } catch (error) {
      throw new HqcnnError(`${file.name}: cannot be read any more (was it moved or changed?); drop it again`, {
        cause: error,
      });
    }
  }
}

/** Throws when so many bytes are too many for a page, or for the room that the browser says it has. */
async function checkRoom(name: string, bytes: number): Promise<void> {
  if (bytes > MOST_BYTES) {
    throw new HqcnnError(
      `${name}: expected at most ${sizeText(MOST_BYTES)} for the page, got ${sizeText(bytes)}; use hqcnn train --data on the command line`,
    );
  }
  const { quota, usage = 0 } = (await navigator.storage?.estimate()) ?? {};
  if (quota !== undefined && bytes > quota - usage) {
    throw new HqcnnError(
      `${name}: it has ${sizeText(bytes)}, the browser's storage for this page has ${sizeText(quota - usage)} left: remove runs or data sets that you no longer need, or free disk space`,
    );
  }
}

const extension = (name: string) => name.slice(name.lastIndexOf(".") + 1).toLowerCase();
const isImage = ({ name, type }: File) =>
  imageExtensions.includes(extension(name)) || /^image\/(png|jpeg|tiff|webp|gif|bmp|jp2)$/.test(type);

function sizeText(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
