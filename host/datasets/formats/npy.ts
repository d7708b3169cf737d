import { joined } from "./pixels.ts";

/** Bytes as a NumPy .npy file (version 1.0) of uint8: the parts one after another are the array, in C order. */
export function encodeNpy(shape: readonly number[], parts: readonly Uint8Array[]): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': ${tuple}, }`;
  // The data begin at a multiple of 64 bytes, after a line feed.
  const length = Math.ceil((10 + text.length + 1) / 64) * 64;
  const head = new Uint8Array(length).fill(0x20);
  head.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, (length - 10) & 255, (length - 10) >> 8]);
  head.set(new TextEncoder().encode(text), 10);
  head[length - 1] = 0x0a;
  return joined([head, ...parts]);
}
