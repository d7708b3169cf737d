import type { Ptr } from "./kernels.ts";
import type { Instance } from "./load.ts";

// Views are made at the moment of use and never kept: a growing memory detaches them without an error.

/** A view of n f32 at `at`. */
export function f32(instance: Instance, at: Ptr, n: number): Float32Array<ArrayBuffer> {
  return new Float32Array(instance.memory.buffer as ArrayBuffer, at >>> 0, n);
}

/** A view of n f64 at `at`. */
export function f64(instance: Instance, at: Ptr, n: number): Float64Array<ArrayBuffer> {
  return new Float64Array(instance.memory.buffer as ArrayBuffer, at >>> 0, n);
}

/** A view of n u32 at `at`. */
export function u32(instance: Instance, at: Ptr, n: number): Uint32Array<ArrayBuffer> {
  return new Uint32Array(instance.memory.buffer as ArrayBuffer, at >>> 0, n);
}

/** A view of n bytes at `at`. */
export function u8(instance: Instance, at: Ptr, n: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(instance.memory.buffer as ArrayBuffer, at >>> 0, n);
}

/** The address `bytes` behind `at`. */
export function offset(at: Ptr, bytes: number): Ptr {
  return ((at >>> 0) + bytes) as Ptr;
}

export const NONE = 0 as Ptr;
