// A group of state vectors, one sample a lane: T = f32 holds four samples, T = f64 two. Amplitude i is 32 bytes at
// state + 32·i: a vector of real parts, then one of imaginary parts. Wire 0 is the most significant bit of i. So a gate
// on any wire is the same shuffle-free code.

/** log2 of the bytes of one amplitude: masks of basis-index bits shifted by it are masks of byte offsets. */
export const AMPLITUDE_SHIFT: usize = 5;
/** Bytes from an amplitude's real parts to its imaginary parts. */
export const IM: usize = 16;
/** 2^20 amplitudes are 32 MiB; host/circuit/limits.ts says the same. */
export const MAX_WIRES: i32 = 20;

/** Samples in one group. */
// @ts-ignore: decorator
@inline
export function lanes<T>(): i32 {
  return 16 / sizeof<T>();
}

/** Bytes of one group of state vectors. */
// @ts-ignore: decorator
@inline
export function stateBytes(wires: i32): usize {
  return ((<usize>1) << wires) << AMPLITUDE_SHIFT;
}

/** Sets every sample to |0…0⟩. */
export function resetState<T>(state: usize, wires: i32): void {
  memory.fill(state, 0, stateBytes(wires));
  v128.store(state, v128.splat<T>(1));
}

/**
 * Column `index` of rows n, n+1, … of an (N, stride) array, a row a lane; zeros beyond row N, which is not read.
 * `buffer` is 16 bytes.
 */
export function gather<T>(buffer: usize, array: usize, n: i32, N: i32, index: i32, stride: i32): v128 {
  const step = <usize>stride * sizeof<T>();
  v128.store(buffer, i32x4.splat(0));
  let from = array + <usize>n * step + <usize>index * sizeof<T>();
  const count = <usize>min(lanes<T>(), N - n);
  for (let lane: usize = 0; lane < count; lane++) {
    store<T>(buffer + lane * sizeof<T>(), load<T>(from));
    from += step;
  }
  return v128.load(buffer);
}

/**
 * Writes the lanes of `value` to column `index` of rows n, n+1, … of an (N, stride) array, adding if `add`; nothing
 * beyond row N.
 */
export function scatter<T>(
  buffer: usize,
  array: usize,
  value: v128,
  n: i32,
  N: i32,
  index: i32,
  stride: i32,
  add: bool,
): void {
  const step = <usize>stride * sizeof<T>();
  v128.store(buffer, value);
  let to = array + <usize>n * step + <usize>index * sizeof<T>();
  const count = <usize>min(lanes<T>(), N - n);
  for (let lane: usize = 0; lane < count; lane++) {
    const old: T = add ? load<T>(to) : <T>0;
    store<T>(to, old + load<T>(buffer + lane * sizeof<T>()));
    to += step;
  }
}

/** Writes the amplitudes of rows n, n+1, … to re and im, both (N, 2^wires). */
export function scatterState<T>(re: usize, im: usize, state: usize, buffer: usize, n: i32, N: i32, wires: i32): void {
  const size = 1 << wires;
  for (let i = 0; i < size; i++) {
    const amplitude = state + ((<usize>i) << AMPLITUDE_SHIFT);
    scatter<T>(buffer, re, v128.load(amplitude), n, N, i, size, false);
    scatter<T>(buffer, im, v128.load(amplitude, IM), n, N, i, size, false);
  }
}
