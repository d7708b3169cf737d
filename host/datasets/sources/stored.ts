import { HqcnnError } from "../../check.ts";
import type { RandomAccessFile } from "../../platform/platform.ts";
import { handled } from "../images.ts";
import type { StoredImages } from "../types.ts";

/** A file of images, as it was when it was looked at. */
export interface StoredFile {
  path: string;
  open: () => Promise<RandomAccessFile>;
  size: number;
  version?: string;
}

/** The bytes that an image takes in a file. */
export interface Extent {
  offset: number;
  length: number;
}

/** Bytes that are read at once at most. */
const LONGEST = 16 << 20;

/** Looks at a file from which images are to be read. */
export async function lookAt(path: string, open: () => Promise<RandomAccessFile>): Promise<StoredFile> {
  const file = await open();
  await file.close();
  return { path, open, size: file.size, version: file.version };
}

/**
 * Images in a file, read as they are needed; neighbours are read together. The file is opened anew each time, so that
 * none stays open: what changed in between is noticed.
 */
export function storedIn({ path, open, size, version }: StoredFile, extentOf: (index: number) => Extent): StoredImages {
  return {
    async request(indices) {
      const file = await open();
      if (file.size !== size || file.version !== version) {
        await file.close();
        throw new HqcnnError(`${path}: has changed since it was opened; run the command again`);
      }
      const reads: Promise<Uint8Array>[] = [];
      for (let i = 0; i < indices.length; ) {
        const { offset, length } = extentOf(indices[i++]);
        let end = offset + length;
        while (i < indices.length && end - offset < LONGEST) {
          const next = extentOf(indices[i]);
          if (next.offset !== end) break;
          end += next.length;
          i++;
        }
        reads.push(file.read(offset, end - offset));
      }
      // The others may still be reading when one fails.
      const all = Promise.allSettled(reads).finally(() => file.close());
      const images = all.then(async () => joined(await Promise.all(reads)));
      return { images: handled(images) };
    },
  };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Images that are made ready when the first of them is asked for, once. */
export function storedLater(prepare: () => Promise<StoredImages>): StoredImages {
  let ready: Promise<StoredImages> | undefined;
  return {
    async request(indices) {
      ready ??= prepare();
      return (await ready).request(indices);
    },
  };
}
