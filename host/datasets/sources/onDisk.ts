import type { RandomAccessFile } from "../../platform/platform.ts";
import type { Fit, Size } from "../fit.ts";
import { MEMORY_BYTES } from "../images.ts";
import type { StoredImages } from "../types.ts";
import { cachedImages, cacheKey, type ImageCache } from "./imageCache.ts";
import type { PartKeys } from "./keys.ts";
import type { NpyHeader } from "./npy.ts";
import type { Npz } from "./npz.ts";
import { lookAt, storedIn, storedLater } from "./stored.ts";
import { type ImageLayout, isPlain, type Scale } from "./values.ts";

/** Where the images of a large npz are left. */
export interface DiskOptions {
  cache: ImageCache;
  /** Of the file: the same images are found again by it. */
  md5: string;
  /** Arrays whose checksum is known to be right: see sums.ts. */
  sound: ReadonlySet<string>;
  /** Bytes of pixels up to which they are held in memory; default MEMORY_BYTES. */
  memory?: number;
}

/** The images of one split in an npz. */
export interface DiskPart {
  keys: PartKeys;
  count: number;
  header: NpyHeader;
  layout: ImageLayout;
  scale: Scale;
}

/** What the images become, and how. */
export interface DiskForm<P> extends Size {
  channels: 1 | 3;
  fit: Fit;
  /** Images of a part as bytes, some at a time. */
  each(part: number): AsyncIterable<Uint8Array>;
  /** Those in their size and channels. */
  final(part: P, images: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/**
 * Images that take more memory than they may stay on disk: in the npz itself where they lie there as they are needed,
 * else in the cache, written when the first of them is asked for.
 * @returns nothing where they may be read into memory
 */
export async function leaveOnDisk<P extends DiskPart>(
  npz: Npz,
  open: () => Promise<RandomAccessFile>,
  parts: readonly P[],
  form: DiskForm<P>,
  options: DiskOptions,
): Promise<{ stored: (part: number) => StoredImages; step: string } | null> {
  const { cache, md5, sound, memory = MEMORY_BYTES } = options;
  const { height, width, channels, fit } = form;
  const length = height * width * channels;
  const total = parts.reduce((sum, { count }) => sum + count * length, 0);
  if (total <= memory) return null;
  const isAsNeeded = ({ header, layout, scale }: P) =>
    isPlain(header, layout, scale) &&
    layout.height === height &&
    layout.width === width &&
    layout.channels === channels;
  const places = await Promise.all(
    parts.map((part) => (isAsNeeded(part) ? npz.place(part.keys.images, part.header) : null)),
  );
  const file = await lookAt(npz.path, open);
  const stored = parts.map((part, index) =>
    storedLater(async () => {
      const start = places[index];
      if (start !== null) {
        if (!sound.has(part.keys.images)) for await (const _ of form.each(index)); // which finds the fault and says it
        return storedIn(file, (i) => ({ offset: start + i * length, length }));
      }
      const { keys, scale } = part;
      const key = await cacheKey("npz", md5, keys.images, scale.range, height, width, channels, fit);
      const kept = await cachedImages(cache, key, async (append) => {
        for await (const some of form.each(index)) await append(await form.final(part, some));
        return null;
      });
      return storedIn(kept.file, (i) => ({ offset: i * length, length }));
    }),
  );
  const isInPlace = places.every((place) => place !== null);
  const step = isInPlace ? `${sizeText(total)}: batches are read from the file` : keptText(total, cache.folder);
  return { stored: (part) => stored[part], step };
}

/** Says that so many bytes of pixels are kept in a folder. */
export function keptText(bytes: number, folder: string): string {
  return `${sizeText(bytes)}: written once to ${folder}, batches are read from there (hqcnn data clean removes them)`;
}

function sizeText(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 1e9 ? 2 : 1)} GB of pixels stay on disk`;
}
