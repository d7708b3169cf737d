import { HqcnnError, parseJson, UsageError } from "../../check.ts";
import type { Lock, Platform } from "../../platform/platform.ts";
import type { Control } from "../types.ts";
import { createMd5, md5OfFile } from "./md5.ts";
import { lookAt, type StoredFile } from "./stored.ts";

// Images that cannot be read in place, as they are deflated, resized or decoded, are written once as plain bytes. KEY
// stands for all that they depend on; KEY.json is written last and says what KEY.images must be.

/** Where such images are kept. */
export interface ImageCache extends Control {
  platform: Platform;
  folder: string;
}

/** Plain images, and what their maker said of them. */
export interface CachedImages<T> {
  file: StoredFile;
  about: T;
}

/** Folder of the images that are kept where no other is stated. */
export function cacheFolder(platform: Platform, stated?: string): string {
  return stated ?? platform.join(platform.cacheFolder, "images");
}

const ENDINGS = { images: ".images", about: ".json", writing: ".writing" };
/** How often to look whether another process is done, in milliseconds. */
const POLL = 500;

/** The key of what depends on these. */
export async function cacheKey(...parts: unknown[]): Promise<string> {
  const hash = await createMd5();
  hash.update(new TextEncoder().encode(JSON.stringify(["1", ...parts])));
  return hash.hex();
}

/**
 * The images under a key: those that are there, if their checksum is right, else what `make` writes. Only one process
 * writes, others wait. Nothing half-written is ever found.
 */
export async function cachedImages<T>(
  cache: ImageCache,
  key: string,
  make: (append: (bytes: Uint8Array) => Promise<void>) => Promise<T>,
): Promise<CachedImages<T>> {
  const { platform, folder, signal } = cache;
  const there = await find<T>(cache, key);
  if (there) return there;
  await platform.makeFolder(folder);
  const lock = await waitForLock(cache);
  try {
    const meanwhile = await find<T>(cache, key);
    if (meanwhile) return meanwhile;
    // Of processes that were killed: whoever has the lock is the only writer.
    for (const { name } of await platform.list(folder)) {
      if (name.endsWith(ENDINGS.writing)) await platform.removeFile(platform.join(folder, name));
    }
    const path = (ending: string) => platform.join(folder, key + ending);
    await platform.removeFile(path(ENDINGS.about));
    const hash = await createMd5();
    let bytes = 0;
    try {
      const about = await make(async (some) => {
        signal?.throwIfAborted();
        hash.update(some);
        bytes += some.length;
        await platform.appendBytes(path(ENDINGS.writing), some);
      });
      await platform.rename(path(ENDINGS.writing), path(ENDINGS.images));
      await platform.writeFile(path(ENDINGS.about), JSON.stringify({ bytes, md5: hash.hex(), about }));
    } catch (error) {
      await platform.removeFile(path(ENDINGS.writing)).catch(() => {}); // the first error is the one to report
      throw error;
    }
  } finally {
    await lock.release();
  }
  const made = await find<T>(cache, key);
  if (made) return made;
  throw new HqcnnError(
    `${folder}: what was written to it reads back otherwise: check the disk, or choose another --cache`,
  );
}

/** What is there under a key and whole; null: nothing. */
async function find<T>(cache: ImageCache, key: string): Promise<CachedImages<T> | null> {
  const { platform, folder, signal, onProgress } = cache;
  const about = platform.join(folder, key + ENDINGS.about);
  const path = platform.join(folder, key + ENDINGS.images);
  if ((await platform.stat(about)) === null || (await platform.stat(path)) === null) return null;
  const said = parse<T>(new TextDecoder().decode(await platform.readFile(about)));
  const open = () => platform.openFile(path);
  const file = await open();
  try {
    if (said === null || file.size !== said.bytes) return null;
    if ((await md5OfFile(file, { signal, onProgress, what: `checksum of ${path}` })) !== said.md5) return null;
  } finally {
    await file.close();
  }
  return { file: await lookAt(path, open), about: said.about };
}

function parse<T>(text: string): { bytes: number; md5: string; about: T } | null {
  try {
    const said = parseJson(text) as { bytes: number; md5: string; about: T };
    return typeof said?.bytes === "number" && typeof said.md5 === "string" ? said : null;
  } catch {
    return null;
  }
}

async function waitForLock({ platform, folder, signal }: ImageCache): Promise<Lock> {
  for (;;) {
    try {
      return await platform.lock(folder);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
    }
    signal?.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, POLL));
  }
}

/** Removes all images that are kept in a folder; returns how many files and bytes. */
export async function clearCache(platform: Platform, folder: string): Promise<{ files: number; bytes: number }> {
  const removed = { files: 0, bytes: 0 };
  if ((await platform.stat(folder)) === null) return removed;
  const lock = await platform.lock(folder);
  try {
    for (const { name, kind } of await platform.list(folder)) {
      const isOurs = /^[0-9a-f]{32}\.(images|json|writing)$/.test(name);
      if (kind !== "file" || !isOurs) continue;
      const path = platform.join(folder, name);
      removed.bytes += (await platform.stat(path))?.size ?? 0;
      removed.files += Number(name.endsWith(ENDINGS.images));
      await platform.removeFile(path);
    }
  } finally {
    await lock.release();
  }
  return removed;
}
