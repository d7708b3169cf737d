import hashWasm from "hash-wasm/dist/md5.umd.min.js";
import type { RandomAccessFile } from "../../platform/platform.ts";
import type { OnProgress } from "../types.ts";

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

/** Adds a whole file to a running MD5, a mebibyte at a time. */
export async function addFile(
  hash: Md5,
  file: RandomAccessFile,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: OnProgress } = {},
): Promise<void> {
  for (let offset = 0; offset < file.size; ) {
    signal?.throwIfAborted();
    const bytes = await file.read(offset, Math.min(block, file.size - offset));
    hash.update(bytes);
    offset += bytes.length;
    onProgress?.(offset, file.size);
  }
}

/** MD5 of a whole file in hexadecimal. */
export async function md5OfFile(file: RandomAccessFile): Promise<string> {
  const hash = await createMd5();
  await addFile(hash, file);
  return hash.hex();
}
