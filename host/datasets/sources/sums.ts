import hashWasm from "hash-wasm/dist/crc32.umd.min.js";
import type { RandomAccessFile } from "../../platform/platform.ts";
import type { Control } from "../types.ts";
import { md5OfFile } from "./md5.ts";
import { openNpz, type StoredArray } from "./npz.ts";

/** What one reading of a whole file tells. */
export interface FileSums {
  md5: string;
  /** Arrays that lie in it uncompressed, and have the checksum that the archive states. */
  sound: ReadonlySet<string>;
}

/**
 * The MD5 of a file and, from the same bytes, the checksums of what an npz holds uncompressed: sets of gigabytes need
 * not be read once more for them.
 */
export async function sumsOf(
  open: () => Promise<RandomAccessFile>,
  path: string,
  control: Control = {},
): Promise<FileSums> {
  const file = await open();
  try {
    // What is wrong with an archive is said when it is opened as one.
    const arrays = await openNpz(file, path)
      .then((npz) => npz.storedArrays())
      .catch(() => []);
    const sound = new Set<string>();
    const take = arrays.length > 0 ? await checker(arrays, ({ name }) => void sound.add(name)) : undefined;
    return { md5: await md5OfFile(file, { ...control, take, what: `checksum of ${path}` }), sound };
  } finally {
    await file.close();
  }
}

/** Takes the bytes of a file from its start on, and tells which arrays are as the archive says. */
async function checker(arrays: readonly StoredArray[], onSound: (array: StoredArray) => void) {
  const crc = await hashWasm.createCRC32();
  const left = [...arrays].sort((a, b) => a.start - b.start);
  crc.init();
  return (bytes: Uint8Array, offset: number): void => {
    for (let [array] = left; array !== undefined; [array] = left) {
      const from = Math.max(array.start - offset, 0);
      if (from < bytes.length) crc.update(bytes.subarray(from, Math.max(from, array.end - offset)));
      if (array.end > offset + bytes.length) return;
      if (Number.parseInt(crc.digest("hex"), 16) === array.crc) onSound(array);
      crc.init();
      left.shift();
    }
  };
}
