// Counter-based random numbers: Philox 4x32-10. A number is a function of (seed, stream, substream, index), never of
// the order of calls. Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (SC 2011).

import { log, sincos } from "./math";

const M0: u64 = 0xd2511f53;
const M1: u64 = 0xcd9e8d57;
const W0: u32 = 0x9e3779b9;
const W1: u32 = 0xbb67ae85;

/** The first output word of Philox 4x32-10 with counter (index, substream, 0, 0) and key (seed, stream). */
export function philox(seed: u32, stream: u32, substream: u32, index: u32): u32 {
  let c0 = index;
  let c1 = substream;
  let c2: u32 = 0;
  let c3: u32 = 0;
  let k0 = seed;
  let k1 = stream;
  for (let round = 0; round < 10; round++) {
    const p0 = M0 * <u64>c0;
    const p1 = M1 * <u64>c2;
    c0 = (<u32>(p1 >>> 32)) ^ c1 ^ k0;
    c1 = <u32>p1;
    c2 = (<u32>(p0 >>> 32)) ^ c3 ^ k1;
    c3 = <u32>p0;
    k0 += W0;
    k1 += W1;
  }
  return c0;
}

/** out (4) u32 ← all four output words of Philox 4x32-10 with counter (c0, c1, c2, c3) and key (seed, stream). */
export function philox4(out: usize, seed: u32, stream: u32, c0: u32, c1: u32, c2: u32, c3: u32): void {
  let k0 = seed;
  let k1 = stream;
  for (let round = 0; round < 10; round++) {
    const p0 = M0 * <u64>c0;
    const p1 = M1 * <u64>c2;
    c0 = (<u32>(p1 >>> 32)) ^ c1 ^ k0;
    c1 = <u32>p1;
    c2 = (<u32>(p0 >>> 32)) ^ c3 ^ k1;
    c3 = <u32>p0;
    k0 += W0;
    k1 += W1;
  }
  store<u32>(out, c0);
  store<u32>(out, c1, 4);
  store<u32>(out, c2, 8);
  store<u32>(out, c3, 12);
}

/** Uniform in [0, 1) on a grid of 2⁻²⁴, so every value is an exact f32. */
@inline
export function uniform01(seed: u32, stream: u32, substream: u32, index: u32): f32 {
  return <f32>(philox(seed, stream, substream, index) >>> 8) * <f32>5.9604644775390625e-8;
}

/** out (n) f32 ← uniform in [low, high). */
export function uniform(out: usize, n: i32, low: f32, high: f32, seed: u32, stream: u32, substream: u32): void {
  assert(n >= 0, "uniform: n is negative");
  for (let i = 0; i < n; i++) {
    store<f32>(out + ((<usize>i) << 2), low + (high - low) * uniform01(seed, stream, substream, i));
  }
}

/**
 * out (n) f32 ← normal with this mean and standard deviation, by Box and Muller from the uniform numbers 2i and 2i + 1.
 * `scratch` is 32 bytes, 16-byte
 * aligned. Ann. Math. Statist. 29, 610 (1958).
 */
export function normal(
  out: usize,
  scratch: usize,
  n: i32,
  mean: f32,
  deviation: f32,
  seed: u32,
  stream: u32,
  substream: u32,
): void {
  assert(n >= 0, "normal: n is negative");
  for (let i = 0; i < n; i++) {
    // in (0, 1], so that the logarithm is finite
    const u = 1 - <f64>uniform01(seed, stream, substream, 2 * i);
    sincos<f64>(scratch, f64x2.splat(6.28318530717958647693 * <f64>uniform01(seed, stream, substream, 2 * i + 1)));
    store<f32>(out + ((<usize>i) << 2), <f32>(<f64>mean + <f64>deviation * sqrt(-2 * log(u)) * load<f64>(scratch)));
  }
}

/** out (n) u32 ← a random permutation of 0 … n − 1 (Fisher–Yates; multiply-shift keeps the bias under n · 2⁻³²). */
export function permutation(out: usize, n: i32, seed: u32, stream: u32, substream: u32): void {
  assert(n >= 0, "permutation: n is negative");
  for (let i = 0; i < n; i++) store<u32>(out + ((<usize>i) << 2), i);
  for (let i = n - 1; i > 0; i--) {
    const j = <usize>((<u64>philox(seed, stream, substream, i) * <u64>(i + 1)) >>> 32);
    const a = out + ((<usize>i) << 2);
    const b = out + (j << 2);
    const value = load<u32>(a);
    store<u32>(a, load<u32>(b));
    store<u32>(b, value);
  }
}
