import { closeSync, openSync, writeSync } from "node:fs";
import { Readable, Writable } from "node:stream";
import { ZipWriter } from "@zip.js/zip.js";
import { npy, npyHeader } from "./npz.ts";

export interface MadeOptions {
  counts: { train: number; val: number; test: number };
  /** Pixels a side; three channels. */
  side: number;
  classes: number;
  /** 0 stores, others deflate. */
  level: number;
}

/** Bytes that are made at a time. */
const PIECE = 16 << 20;

/**
 * Writes an npz of MedMNIST's form, piece by piece, however large: a shade for each class, and noise in the low four
 * bits, which deflate halves as it does photographs. Every image differs.
 */
export async function writeMade(path: string, { counts, side, classes, level }: MadeOptions): Promise<void> {
  const descriptor = openSync(path, "w");
  const sink = new Writable({
    write(bytes, _, done) {
      writeSync(descriptor, bytes);
      done();
    },
  });
  const zip = new ZipWriter(Writable.toWeb(sink), { level, useWebWorkers: false, zip64: true });
  const bytes = side * side * 3;
  let serial = 1;
  for (const [name, count] of Object.entries(counts)) {
    async function* array() {
      yield npyHeader({ descr: "|u1", shape: [count, side, side, 3] });
      const some = Math.max(1, Math.floor(PIECE / bytes));
      for (let first = 0; first < count; first += some) {
        const piece = new Uint8Array(Math.min(some, count - first) * bytes);
        for (let i = 0; i < piece.length; i++) {
          serial = (Math.imul(serial, 1664525) + 1013904223) | 0;
          piece[i] = ((first + Math.floor(i / bytes)) % classes) * 24 + (serial >>> 28);
        }
        yield piece;
      }
    }
    await zip.add(`${name}_images.npy`, Readable.toWeb(Readable.from(array())) as ReadableStream);
    const labels = Uint8Array.from({ length: count }, (_, i) => i % classes);
    await zip.add(`${name}_labels.npy`, new Blob([npy({ descr: "|u1", shape: [count, 1], data: labels })]).stream());
  }
  await zip.close();
  closeSync(descriptor);
}
