import { md5 } from "@noble/hashes/legacy.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { RandomAccessFile } from "../../platform/platform.ts";
import type { OnProgress } from "../types.ts";

const block = 1 << 20;

/** A running MD5. MedMNIST publishes MD5 sums: they guard against damage, not against malice. */
export interface Md5 {
  update(bytes: Uint8Array): void;
  copy(): Md5;
  /** The sum in hexadecimal; ends this one. */
  hex(): string;
}

export function createMd5(): Md5 {
  return wrap(md5.create());
}

function wrap(hash: ReturnType<typeof md5.create>): Md5 {
  return {
    update: (bytes) => void hash.update(bytes),
    copy: () => wrap(hash.clone()),
    hex: () => bytesToHex(hash.digest()),
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
  const hash = createMd5();
  await addFile(hash, file);
  return hash.hex();
}
