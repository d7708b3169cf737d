// AmplitudeEmbedding: ψ = a, real, a = x / ‖x‖, from 2^wires features of every sample
//   x, dx    (N, numInputs), the features from column `first` on
//   inverse  1 / ‖x‖ a lane, saved by forward, read by backward
// Forward overwrites the real parts of a state of zeros. Backward accumulates (+=) into dx: with bra = O ket and ket
// back at a, ∂⟨O⟩/∂a = 2 Re bra, and
// dx = (g − a ⟨a, g⟩) / ‖x‖. A sample of zeros has no direction: it is |0…0⟩, and its dx is 0. What is not finite gives
// NaN. Features are first divided by
// the power of two below the largest, which is exact, so that no square overflows or vanishes.
// https://docs.pennylane.ai/en/stable/code/api/pennylane.AmplitudeEmbedding.html

import { madd, nmadd } from "../simd";
import { AMPLITUDE_SHIFT, gather, scatter, stateBytes } from "./state";

/**
 * 2^−e in every lane where the largest magnitude is 2^e … 2^(e + 1); 0 where that is not finite, so that the features
 * become NaN.
 */
// @ts-ignore: decorator
@inline
function downscale<T>(largest: v128): v128 {
  if (sizeof<T>() == 8) {
    const power = v128.and(largest, i64x2.splat(0x7ff0000000000000));
    return f64x2.div(f64x2.splat(1), f64x2.max(power, f64x2.splat(2.2250738585072014e-308)));
  }
  const power = v128.and(largest, i32x4.splat(0x7f800000));
  return f32x4.div(f32x4.splat(1), f32x4.max(power, f32x4.splat(1.1754943508222875e-38)));
}

/** `buffer` is 16 bytes. */
export function embedAmplitudes<T>(
  state: usize,
  inverse: usize,
  x: usize,
  buffer: usize,
  n: i32,
  N: i32,
  first: i32,
  numInputs: i32,
  wires: i32,
): void {
  assert(first >= 0 && first + (1 << wires) <= numInputs, "quantum: amplitudes beyond numInputs");
  const end = stateBytes(wires);
  let largest = i32x4.splat(0);
  for (let i: usize = 0; i < end; i += 1 << AMPLITUDE_SHIFT) {
    const value = gather<T>(buffer, x, n, N, first + <i32>(i >> AMPLITUDE_SHIFT), numInputs);
    v128.store(state + i, value);
    largest = v128.max<T>(largest, v128.abs<T>(value));
  }
  const down = downscale<T>(largest);
  let sum = i32x4.splat(0);
  for (let i: usize = 0; i < end; i += 1 << AMPLITUDE_SHIFT) {
    const value = v128.mul<T>(v128.load(state + i), down);
    v128.store(state + i, value);
    sum = madd<T>(value, value, sum);
  }
  const zero = v128.eq<T>(sum, i32x4.splat(0));
  // √s / s, not 1 / √s: NaN where the sum of squares is infinite
  const factor = v128.andnot(v128.div<T>(v128.sqrt<T>(sum), sum), zero);
  v128.store(inverse, v128.mul<T>(factor, down));
  for (let i: usize = 0; i < end; i += 1 << AMPLITUDE_SHIFT)
    v128.store(state + i, v128.mul<T>(factor, v128.load(state + i)));
  v128.store(state, v128.bitselect(v128.splat<T>(1), v128.load(state), zero));
}

export function amplitudesBackward<T>(
  dx: usize,
  bra: usize,
  ket: usize,
  inverse: usize,
  buffer: usize,
  n: i32,
  N: i32,
  first: i32,
  numInputs: i32,
  wires: i32,
): void {
  const end = stateBytes(wires);
  let along = i32x4.splat(0);
  for (let i: usize = 0; i < end; i += 1 << AMPLITUDE_SHIFT)
    along = madd<T>(v128.load(ket + i), v128.load(bra + i), along);
  const factor = v128.mul<T>(v128.splat<T>(2), v128.load(inverse));
  for (let i: usize = 0; i < end; i += 1 << AMPLITUDE_SHIFT) {
    const across = nmadd<T>(v128.load(ket + i), along, v128.load(bra + i));
    scatter<T>(buffer, dx, v128.mul<T>(factor, across), n, N, first + <i32>(i >> AMPLITUDE_SHIFT), numInputs, true);
  }
}
