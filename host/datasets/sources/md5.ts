import hashWasm from "hash-wasm/dist/md5.umd.min.js";
import type { RandomAccessFile } from "../../platform/platform.ts";
import type { Control } from "../types.ts";

const block = 1 << 20;

/** A running MD5. MedMNIST publishes MD5 sums: they guard against damage, not against malice. */
export interface Md5 {
  update(bytes: Uint8Array): void;
  /** The sum until now, in hexadecimal; it can be continued. */
  hex(): string;
}

/** In WebAssembly: files of gigabytes go through it, for which JavaScript takes six times as long. */
export async function createMd5(): Promise<Md5> {
  const hash = await hashWasm.createMD5();
  return {
    update: (bytes) => void hash.update(bytes),
    hex() {
      const state = hash.save();
      const sum = hash.digest();
      hash.init();
      hash.load(state);
      return sum;
    },
  };
}

/** How a file is read, and who else gets its bytes: each with where it begins. */
export interface FileControl extends Control {
  take?: (bytes: Uint8Array, offset: number) => void;
  /** For `onProgress`. */
  what?: string;
}

/** Adds a whole file to a running MD5, a mebibyte at a time. */
export async function addFile(
  hash: Md5,
  file: RandomAccessFile,
  { signal, onProgress, take, what }: FileControl = {},
): Promise<void> {
  for (let offset = 0; offset < file.size; ) {
    signal?.throwIfAborted();
    const bytes = await file.read(offset, Math.min(block, file.size - offset));
    hash.update(bytes);
    take?.(bytes, offset);
    offset += bytes.length;
    onProgress?.(offset, file.size, what);
  }
}

/** MD5 of a whole file in hexadecimal. */
export async function md5OfFile(file: RandomAccessFile, control?: FileControl): Promise<string> {
  const hash = await createMd5();
  await addFile(hash, file, control);
  return hash.hex();
}
