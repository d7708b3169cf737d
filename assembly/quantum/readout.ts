// What a circuit gives: expectation values of Pauli words and their weighted sums, variances, probabilities; and the
// adjoint of that.
//   out, dout (N, numOutputs)
//   values    numValues vectors: the outputs, then means that variances need
//   slopes    numValues vectors: the derivative of the loss by each value
// A tape without readouts gives ⟨Z⟩ on every wire, by expval.ts. A readout is 64 bytes:
//   i32 kind         TERM: values[target] += coefficient · ⟨P⟩. PROBS: values[target + k] = probability of k, the basis
//                    state of `count` wires.
//                    SQUARE: values[target] −= values[second]²
//   i32 target
//   i32 flip, parity basis-index bits of P's X and Y, and of its Y and Z: P|j⟩ = i^turns (−1)^popcount(j & parity) |j ^
//   flip⟩
//   i32 turns        the number of Ys in P
//   i32 count        of the wires of PROBS
//   i32 second; 4 bytes of nothing
//   f64 coefficient
//   u8[20] bits      of the wires of PROBS, the most significant first: the number of the basis-index bit
// All are polynomials of degree 2 of the state's amplitudes, or squares of such: the adjoint is bra = Σ slope · O ket.

import { madd } from "../simd";
import { applyObservable, expvalZ } from "./expval";
import { numOutputsOf, numReadoutsOf, numValuesOf, readoutsOf, wiresOf } from "./program";
import { AMPLITUDE_SHIFT, gather, IM, scatter, stateBytes } from "./state";

export const READOUT_BYTES: usize = 64;
const TERM: i32 = 0;
const PROBS: i32 = 1;
const SQUARE: i32 = 2;

/** All bits where popcount(bits) is odd. */
// @ts-ignore: decorator
@inline
function signOf<T>(bits: usize): v128 {
  if (sizeof<T>() == 8) return i64x2.splat(popcnt<i64>(<i64>bits) << 63);
  return i32x4.splat(popcnt<i32>(<i32>bits) << 31);
}

/** ⟨P⟩ of every lane. */
function expvalWord<T>(ket: usize, flip: usize, parity: usize, turns: i32, wires: i32): v128 {
  const size = (<usize>1) << wires;
  let sum = i32x4.splat(0);
  for (let i: usize = 0; i < size; i++) {
    const j = i ^ flip;
    const at = ket + (i << AMPLITUDE_SHIFT);
    const from = ket + (j << AMPLITUDE_SHIFT);
    const re = v128.load(at);
    const im = v128.load(at, IM);
    const re2 = v128.load(from);
    const im2 = v128.load(from, IM);
    // Re(conj(a) b), or Re(conj(a) i b) = −Im(conj(a) b)
    const part =
      turns & 1 ? v128.sub<T>(v128.mul<T>(im, re2), v128.mul<T>(re, im2)) : madd<T>(re, re2, v128.mul<T>(im, im2));
    sum = v128.add<T>(sum, v128.xor(part, signOf<T>(j & parity)));
  }
  return turns & 2 ? v128.neg<T>(sum) : sum;
}

/** bra += slope · P ket */
function addWord<T>(bra: usize, ket: usize, slope: v128, flip: usize, parity: usize, turns: i32, wires: i32): void {
  const size = (<usize>1) << wires;
  const factor = turns & 2 ? v128.neg<T>(slope) : slope;
  for (let i: usize = 0; i < size; i++) {
    const j = i ^ flip;
    const to = bra + (i << AMPLITUDE_SHIFT);
    const from = ket + (j << AMPLITUDE_SHIFT);
    const signed = v128.xor(factor, signOf<T>(j & parity));
    const re = v128.load(from);
    const im = v128.load(from, IM);
    if (turns & 1) {
      v128.store(to, v128.sub<T>(v128.load(to), v128.mul<T>(signed, im)));
      v128.store(to, madd<T>(signed, re, v128.load(to, IM)), IM);
    } else {
      v128.store(to, madd<T>(signed, re, v128.load(to)));
      v128.store(to, madd<T>(signed, im, v128.load(to, IM)), IM);
    }
  }
}

/** The basis state of the wires of a PROBS readout in basis state i of all. */
// @ts-ignore: decorator
@inline
function partOf(readout: usize, count: i32, i: usize): usize {
  let k: usize = 0;
  for (let wire = 0; wire < count; wire++) k = (k << 1) | ((i >> (<usize>load<u8>(readout + <usize>wire, 40))) & 1);
  return k;
}

function measure<T>(values: usize, ket: usize, tape: usize): void {
  const wires = wiresOf(tape);
  const size = (<usize>1) << wires;
  memory.fill(values, 0, (<usize>numValuesOf(tape)) << 4);
  for (let r = 0; r < numReadoutsOf(tape); r++) {
    const readout = readoutsOf(tape) + <usize>r * READOUT_BYTES;
    const kind = load<i32>(readout);
    const target = values + ((<usize>load<i32>(readout, 4)) << 4);
    const flip = <usize>load<u32>(readout, 8);
    const parity = <usize>load<u32>(readout, 12);
    if (kind == TERM) {
      const coefficient = v128.splat<T>(<T>load<f64>(readout, 32));
      // the identity is 1 exactly, whatever the norm was rounded to
      const word =
        flip == 0 && parity == 0
          ? v128.splat<T>(<T>1)
          : expvalWord<T>(ket, flip, parity, load<i32>(readout, 16), wires);
      v128.store(target, madd<T>(coefficient, word, v128.load(target)));
    } else if (kind == PROBS) {
      const count = load<i32>(readout, 20);
      for (let i: usize = 0; i < size; i++) {
        const at = target + (partOf(readout, count, i) << 4);
        const re = v128.load(ket + (i << AMPLITUDE_SHIFT));
        const im = v128.load(ket + (i << AMPLITUDE_SHIFT), IM);
        v128.store(at, madd<T>(re, re, madd<T>(im, im, v128.load(at))));
      }
    } else {
      assert(kind == SQUARE, "quantum: unknown readout on the tape");
      const mean = v128.load(values + ((<usize>load<i32>(readout, 24)) << 4));
      v128.store(target, v128.sub<T>(v128.load(target), v128.mul<T>(mean, mean)));
    }
  }
}

/** Overwrites rows n, n+1, … of out. `bra` is scratch of a state, `buffer` of 16 bytes. */
export function readOut<T>(
  out: usize,
  ket: usize,
  bra: usize,
  values: usize,
  tape: usize,
  buffer: usize,
  n: i32,
  N: i32,
): void {
  if (numReadoutsOf(tape) == 0) {
    expvalZ<T>(out, ket, bra, buffer, n, N, wiresOf(tape));
    return;
  }
  measure<T>(values, ket, tape);
  const numOutputs = numOutputsOf(tape);
  for (let k = 0; k < numOutputs; k++)
    scatter<T>(buffer, out, v128.load(values + ((<usize>k) << 4)), n, N, k, numOutputs, false);
}

/** bra = Σ_k dout_k O_k ket for the samples n, n+1, …; lanes beyond N get zeros. */
export function applyReadout<T>(
  bra: usize,
  ket: usize,
  dout: usize,
  values: usize,
  slopes: usize,
  tape: usize,
  buffer: usize,
  n: i32,
  N: i32,
): void {
  const wires = wiresOf(tape);
  if (numReadoutsOf(tape) == 0) {
    applyObservable<T>(bra, ket, dout, buffer, n, N, wires);
    return;
  }
  const numOutputs = numOutputsOf(tape);
  let squares = false;
  memory.fill(slopes, 0, (<usize>numValuesOf(tape)) << 4);
  for (let k = 0; k < numOutputs; k++)
    v128.store(slopes + ((<usize>k) << 4), gather<T>(buffer, dout, n, N, k, numOutputs));
  for (let r = 0; r < numReadoutsOf(tape); r++) {
    const readout = readoutsOf(tape) + <usize>r * READOUT_BYTES;
    if (load<i32>(readout) != SQUARE) continue;
    if (!squares) measure<T>(values, ket, tape);
    squares = true;
    const second = (<usize>load<i32>(readout, 24)) << 4;
    const slope = v128.mul<T>(v128.load(slopes + ((<usize>load<i32>(readout, 4)) << 4)), v128.load(values + second));
    v128.store(slopes + second, v128.sub<T>(v128.load(slopes + second), v128.add<T>(slope, slope)));
  }
  const size = (<usize>1) << wires;
  memory.fill(bra, 0, stateBytes(wires));
  for (let r = 0; r < numReadoutsOf(tape); r++) {
    const readout = readoutsOf(tape) + <usize>r * READOUT_BYTES;
    const kind = load<i32>(readout);
    const target = slopes + ((<usize>load<i32>(readout, 4)) << 4);
    const flip = <usize>load<u32>(readout, 8);
    const parity = <usize>load<u32>(readout, 12);
    if (kind == TERM && (flip != 0 || parity != 0)) {
      const slope = v128.mul<T>(v128.splat<T>(<T>load<f64>(readout, 32)), v128.load(target));
      addWord<T>(bra, ket, slope, flip, parity, load<i32>(readout, 16), wires);
    } else if (kind == PROBS) {
      const count = load<i32>(readout, 20);
      for (let i: usize = 0; i < size; i++) {
        const slope = v128.load(target + (partOf(readout, count, i) << 4));
        const at = i << AMPLITUDE_SHIFT;
        v128.store(bra + at, madd<T>(slope, v128.load(ket + at), v128.load(bra + at)));
        v128.store(bra + at, madd<T>(slope, v128.load(ket + at, IM), v128.load(bra + at, IM)), IM);
      }
    }
  }
}
