// The op tape: one record of 40 bytes a gate, written by host/circuit/tape.ts.
//   i32 kind      X, Y, Z, PHASE, SWAP (gates.ts); AMPLITUDES (amplitudes.ts), first on the tape or nowhere: 2^wires
//   inputs from `index` on i32 source    what the angle is taken from: 0 nothing, 1 an input, 2 a weight
//   i32 index     of that input or weight
//   i32 fixed     basis-index bits that do not run over both values …
//   i32 value     … and the values they have
//   i32 flip, parity   basis-index bits, see gates.ts
//   i32 second    another input, times which the input is the parameter; −1 for none
//   f64 scale     α = scale · parameter, or α = scale when the source is nothing
// One pair of vectors (cos α, sin α) a record lies in `angles`: weights and constants are filled in once a call, inputs
// once a group.

import { sincos } from "../math";
import { embedAmplitudes } from "./amplitudes";
import { applyGate } from "./gates";
import { AMPLITUDE_SHIFT, gather, resetState } from "./state";

export const RECORD_BYTES: usize = 40;
export const ANGLE_BYTES: usize = 32;
/** The kind that is no gate: it makes the state. */
export const AMPLITUDES: i32 = 5;
export const SOURCE_CONSTANT: i32 = 0;
export const SOURCE_INPUT: i32 = 1;
export const SOURCE_WEIGHT: i32 = 2;

// @ts-ignore: decorator
@inline
export function kindOf(record: usize): i32 {
  return load<i32>(record);
}
// @ts-ignore: decorator
@inline
export function sourceOf(record: usize): i32 {
  return load<i32>(record, 4);
}
// @ts-ignore: decorator
@inline
export function indexOf(record: usize): i32 {
  return load<i32>(record, 8);
}
// @ts-ignore: decorator
@inline
export function freeOf(record: usize, wires: i32): usize {
  return ((((<usize>1) << wires) - 1) & ~(<usize>load<u32>(record, 12))) << AMPLITUDE_SHIFT;
}
// @ts-ignore: decorator
@inline
export function valueOf(record: usize): usize {
  return (<usize>load<u32>(record, 16)) << AMPLITUDE_SHIFT;
}
// @ts-ignore: decorator
@inline
export function flipOf(record: usize): usize {
  return (<usize>load<u32>(record, 20)) << AMPLITUDE_SHIFT;
}
// @ts-ignore: decorator
@inline
export function parityOf(record: usize): usize {
  return (<usize>load<u32>(record, 24)) << AMPLITUDE_SHIFT;
}
// @ts-ignore: decorator
@inline
export function secondOf(record: usize): i32 {
  return load<i32>(record, 28);
}
// @ts-ignore: decorator
@inline
export function scaleOf(record: usize): f64 {
  return load<f64>(record, 32);
}

/** Fills in the angles that all samples share, in f64 whatever T is. */
export function prepareAngles<T>(angles: usize, weights: usize, tape: usize, numOps: i32): void {
  for (let op = 0; op < numOps; op++) {
    const record = tape + <usize>op * RECORD_BYTES;
    const source = sourceOf(record);
    if (source == SOURCE_INPUT) continue;
    const angle = angles + <usize>op * ANGLE_BYTES;
    const parameter = source == SOURCE_WEIGHT ? <f64>load<T>(weights + <usize>indexOf(record) * sizeof<T>()) : 1;
    sincos<f64>(angle, f64x2.splat(scaleOf(record) * parameter));
    const c = load<f64>(angle);
    const s = load<f64>(angle, 16);
    v128.store(angle, v128.splat<T>(<T>c));
    v128.store(angle, v128.splat<T>(<T>s), 16);
  }
}

/**
 * state = U|0…0⟩, or U on the embedded amplitudes, for the samples n, n+1, … of x (N, numInputs). Fills in the angles
 * of inputs; `buffer` is 16 bytes.
 */
export function runProgram<T>(
  state: usize,
  angles: usize,
  x: usize,
  tape: usize,
  buffer: usize,
  n: i32,
  N: i32,
  numInputs: i32,
  wires: i32,
  numOps: i32,
): void {
  resetState<T>(state, wires);
  for (let op = 0; op < numOps; op++) {
    const record = tape + <usize>op * RECORD_BYTES;
    const angle = angles + <usize>op * ANGLE_BYTES;
    if (sourceOf(record) == SOURCE_INPUT) {
      const index = indexOf(record);
      if (kindOf(record) == AMPLITUDES) {
        embedAmplitudes<T>(state, angle, x, buffer, n, N, index, numInputs, wires);
        continue;
      }
      const second = secondOf(record);
      assert(<u32>index < <u32>numInputs && second < numInputs, "quantum: input index beyond numInputs");
      let parameter = gather<T>(buffer, x, n, N, index, numInputs);
      if (second >= 0) parameter = v128.mul<T>(parameter, gather<T>(buffer, x, n, N, second, numInputs));
      sincos<T>(angle, v128.mul<T>(v128.splat<T>(<T>scaleOf(record)), parameter));
    }
    applyRecord<T>(record, state, wires, v128.load(angle), v128.load(angle, 16));
  }
}

/** Applies one gate to state with the given cosine and sine. */
export function applyRecord<T>(record: usize, state: usize, wires: i32, c: v128, s: v128): void {
  applyGate<T>(kindOf(record), state, freeOf(record, wires), valueOf(record), flipOf(record), parityOf(record), c, s);
}
