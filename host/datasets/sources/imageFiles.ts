import { HqcnnError } from "../../check.ts";
import type { Platform } from "../../platform/platform.ts";
import { checkSize, type Fit, fitImage, type Size, standardSize } from "../fit.ts";
import { decodeFile } from "../formats/decode.ts";
import { convertChannels } from "../formats/image.ts";
import { isImageFile } from "../formats/sniff.ts";
import { handled, MEMORY_BYTES } from "../images.ts";
import { type Control, type Skipped, type SplitName, type StoredImages, splitNames } from "../types.ts";
import { cachedImages, cacheKey, type ImageCache } from "./imageCache.ts";
import { createMd5, type Md5 } from "./md5.ts";
import { storedIn } from "./stored.ts";

/** `onProgress` hears of files done, of all. */
export interface ImageFileOptions extends Control {
  platform: Platform;
  /** Makes a file that cannot be read an error; else it is named, counted and skipped. */
  strict?: boolean;
  /** Default: 1 if all images are grey, else 3. */
  channels?: 1 | 3;
  /** Default 28×28. */
  size?: Size;
  fit?: Fit;
  /** Values that become black and white, in place of what a file says: see DecodeOptions. */
  range?: readonly number[] | "auto";
  window?: readonly number[];
  /** Which of several in a file, from 0. */
  frame?: number;
  /** Where pixels are kept that take more memory than `memory` bytes, by default MEMORY_BYTES. Default: in memory. */
  cache?: ImageCache;
  memory?: number;
}

/** An image file and what is known of it. */
export interface ImageFile {
  path: string;
  /** Its place in the data set, for the checksum. */
  name: string;
  /** null: not split yet. */
  split: SplitName | null;
  label: number;
  /** Several labels: 0 or 1 a class. */
  row?: Uint8Array;
  group?: string;
}

/** Images of one split, or of the pool. */
export interface ImagePart {
  split: SplitName | null;
  /** uint8 (count, height, width, channels); empty where they are stored on disk */
  images: Uint8Array;
  stored?: StoredImages;
  labels: Uint8Array;
  matrix: Uint8Array | null;
  groups: string[] | null;
}

export interface ImageSet extends Size {
  channels: 1 | 3;
  parts: ImagePart[];
  skipped: Skipped[];
  /** What was dropped or guessed when files were decoded, a line for all files with the same. */
  notes: string[];
  /** Of names and bytes of the files that could be read. */
  md5: string;
}

/** An image that was read: the place of its file in the list, and the channels that its pixels have. */
interface Decoded {
  inputs: { file: number; channels: 1 | 3 }[];
  skipped: Skipped[];
  notes: string[];
  md5: string;
}

/**
 * Reads image files and brings them to one size and number of channels; the order of the files is kept within each
 * split. Pixels that take more memory than `memory` are kept in the cache.
 */
export async function readImageFiles(files: readonly ImageFile[], options: ImageFileOptions): Promise<ImageSet> {
  const { cache, memory = MEMORY_BYTES, size = standardSize } = options;
  checkSize(size, "--size");
  const pixels = size.height * size.width;
  // Until they are read, all may be in colour.
  const isLarge = cache !== undefined && files.length * pixels * (options.channels ?? 3) > memory;
  const { decoded, images } = isLarge
    ? await decodeToCache(files, options, cache)
    : await decodeToMemory(files, options);
  const { inputs, skipped, notes, md5 } = decoded;
  const channels = options.channels ?? (inputs.some((input) => input.channels === 3) ? 3 : 1);
  const imagesOf = images(channels, pixels);
  const parts = [null, ...splitNames].flatMap((split): ImagePart[] => {
    const places = [...inputs.keys()].filter((i) => files[inputs[i].file].split === split);
    if (places.length === 0) return [];
    const own = places.map((i) => files[inputs[i].file]);
    const columns = own[0].row?.length;
    const matrix = columns === undefined ? null : new Uint8Array(own.length * columns);
    if (matrix && columns) own.forEach(({ row }, i) => void matrix.set(row!, i * columns));
    const hasGroups = own.some(({ group }) => group !== undefined);
    return [
      {
        split,
        ...imagesOf(places),
        labels: Uint8Array.from(own, ({ label }) => label),
        matrix,
        groups: hasGroups ? own.map(({ group, path }) => group ?? path) : null,
      },
    ];
  });
  return { channels, height: size.height, width: size.width, parts, skipped, notes, md5 };
}

/** The images at places of a list, brought to so many channels. */
type ImagesOf = (
  channels: 1 | 3,
  pixels: number,
) => (places: readonly number[]) => Pick<ImagePart, "images" | "stored">;

async function decodeToMemory(files: readonly ImageFile[], options: ImageFileOptions) {
  const all: Uint8Array[] = [];
  const decoded = await decode(files, options, async (pixels) => void all.push(pixels));
  const images: ImagesOf = (channels, pixels) => (places) => {
    const out = new Uint8Array(places.length * pixels * channels);
    places.forEach((place, i) => {
      out.set(convertChannels(all[place], decoded.inputs[place].channels, channels), i * pixels * channels);
    });
    return { images: out };
  };
  return { decoded, images };
}

/** The same files are decoded once: the checksum of all tells whether they are. */
async function decodeToCache(files: readonly ImageFile[], options: ImageFileOptions, cache: ImageCache) {
  const { platform, size = standardSize, fit, channels, strict, signal } = options;
  const hash = await createMd5();
  for (const { path, name } of files) {
    signal?.throwIfAborted();
    addNamed(hash, name, await platform.readFile(path).catch(() => new Uint8Array(0)));
  }
  const key = await cacheKey(
    "files",
    files[0].path,
    hash.hex(),
    size,
    fit,
    options.range,
    options.window,
    options.frame,
    channels,
    strict,
  );
  const { file, about: decoded } = await cachedImages(cache, key, (append) => decode(files, options, append));
  const images: ImagesOf = (channels, pixels) => {
    const offsets: number[] = [];
    let end = 0;
    for (const input of decoded.inputs) {
      offsets.push(end);
      end += input.channels * pixels;
    }
    const extentOf = (place: number) => ({ offset: offsets[place], length: decoded.inputs[place].channels * pixels });
    const rows = storedIn(file, extentOf);
    const convert = (bytes: Uint8Array, places: readonly number[]) => {
      const out = new Uint8Array(places.length * pixels * channels);
      let at = 0;
      for (const [i, place] of places.entries()) {
        const own = decoded.inputs[place].channels;
        const image = bytes.subarray(at, at + own * pixels);
        out.set(convertChannels(image, own, channels), i * pixels * channels);
        at += own * pixels;
      }
      return out;
    };
    return (all) => {
      const request = async (indices: ArrayLike<number>) => {
        const places = Array.from(indices, (i) => all[i]);
        const { images } = await rows.request(places);
        return { images: handled(images.then((bytes) => convert(bytes, places))) };
      };
      return { images: new Uint8Array(0), stored: { request } };
    };
  };
  return { decoded, images };
}

/** Decodes files one after the other and hands out the pixels of those that can be read, each of its own channels. */
async function decode(
  files: readonly ImageFile[],
  options: ImageFileOptions,
  take: (pixels: Uint8Array) => Promise<void>,
): Promise<Decoded> {
  const { platform, strict = false, fit, size = standardSize, signal, onProgress } = options;
  const inputs: Decoded["inputs"] = [];
  const skipped: Skipped[] = [];
  const notes = new Map<string, string[]>();
  const range = options.range === "auto" ? options.range : pairOf(options.range);
  const values = { range, window: pairOf(options.window), frame: options.frame };
  const hash = await createMd5();
  const read = async (file: ImageFile) => {
    try {
      if (!(await isImageFile(platform, file.path))) {
        const reason = (await platform.stat(file.path))?.size === 0 ? "is empty" : "no image";
        if (strict) throw new HqcnnError(`${file.path}: ${reason}; --strict skips nothing`);
        skipped.push({ path: file.path, reason });
        return null;
      }
      const bytes = await platform.readFile(file.path);
      const { frames, notes: own } = await decodeFile(bytes, file.path, values);
      const [image] = frames;
      for (const note of own) notes.set(note, [...(notes.get(note) ?? []), file.path]);
      const channels = options.channels ?? image.channels;
      return { bytes, channels, pixels: await fitImage(image, { channels, ...size, fit }) };
    } catch (error) {
      if (strict || !(error instanceof HqcnnError)) throw error;
      skipped.push({ path: file.path, reason: error.message });
      return null;
    }
  };
  for (const [i, file] of files.entries()) {
    signal?.throwIfAborted();
    const image = await read(file);
    if (image) {
      await take(image.pixels);
      inputs.push({ file: i, channels: image.channels });
      addNamed(hash, file.name, image.bytes);
    }
    onProgress?.(i + 1, files.length);
  }
  const said = [...notes].map(
    ([note, [first, ...more]]) => `${first}${more.length > 0 ? ` and ${more.length} more` : ""}: ${note}`,
  );
  return { inputs, skipped, notes: said, md5: hash.hex() };
}

function addNamed(hash: Md5, name: string, bytes: Uint8Array): void {
  hash.update(new TextEncoder().encode(`${name}\0${bytes.length}\0`));
  hash.update(bytes);
}

function pairOf(numbers?: readonly number[]): [number, number] | undefined {
  return numbers && [numbers[0], numbers[1]];
}
