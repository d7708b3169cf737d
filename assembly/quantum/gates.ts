// Five kinds of gate make all others. Each acts on the amplitudes i = value | (any bits of free): the bits outside free
// are fixed, those of the controls to 1. j = i ^ flip is the partner. All masks are byte offsets. r = ±1, − where
// popcount(i & parity) is odd; a lane has its own c, s.
//
//   kind   U = exp(−iαG)                    generator G on (i, j)         PennyLane
//   X      cos α − i sin α · G              [[0, r], [r, 0]]              RX, IsingXX, IsingYY, CRX
//   Y      the same                         [[0, −ir], [ir, 0]]           RY, CRY
//   Z      the same                         diag(r, −r)                   RZ, MultiRZ, IsingZZ, CRZ
//   PHASE  e^{iα} on i                      −|i⟩⟨i|                       PhaseShift, S, T, CZ, ControlledPhaseShift
//   SWAP   exchanges i and j                none                          CNOT, PauliX, Toffoli, SWAP, CSWAP
//
// c = cos α, s = sin α; the inverse takes −s. The gradient of ⟨ψ|O|ψ⟩ by α is 2 Im⟨bra|G|ket⟩ with bra = O ket (both
// after U, or both before it).

import { madd, nmadd } from "../simd";
import { IM } from "./state";

export const GATE_X: i32 = 0;
export const GATE_Y: i32 = 1;
export const GATE_Z: i32 = 2;
export const GATE_PHASE: i32 = 3;
export const GATE_SWAP: i32 = 4;

/** The sign bit in every lane where popcount(bits) is odd. */
// @ts-ignore: decorator
@inline
function signBits<T>(bits: usize): v128 {
  if (sizeof<T>() == 8) return i64x2.splat(popcnt<i64>(<i64>bits) << 63);
  return i32x4.splat(popcnt<i32>(<i32>bits) << 31);
}

/** U of kind X, Y, Z or PHASE (a compile-time constant) on the amplitudes at i and j. */
// @ts-ignore: decorator
@inline
function turn<T>(kind: i32, i: usize, j: usize, c: v128, s: v128): void {
  const ar = v128.load(i);
  const ai = v128.load(i, IM);
  if (kind == GATE_PHASE) {
    v128.store(i, nmadd<T>(s, ai, v128.mul<T>(c, ar)));
    v128.store(i, madd<T>(s, ar, v128.mul<T>(c, ai)), IM);
    return;
  }
  const br = v128.load(j);
  const bi = v128.load(j, IM);
  if (kind == GATE_X) {
    v128.store(i, madd<T>(s, bi, v128.mul<T>(c, ar)));
    v128.store(i, nmadd<T>(s, br, v128.mul<T>(c, ai)), IM);
    v128.store(j, madd<T>(s, ai, v128.mul<T>(c, br)));
    v128.store(j, nmadd<T>(s, ar, v128.mul<T>(c, bi)), IM);
  } else if (kind == GATE_Y) {
    v128.store(i, nmadd<T>(s, br, v128.mul<T>(c, ar)));
    v128.store(i, nmadd<T>(s, bi, v128.mul<T>(c, ai)), IM);
    v128.store(j, madd<T>(s, ar, v128.mul<T>(c, br)));
    v128.store(j, madd<T>(s, ai, v128.mul<T>(c, bi)), IM);
  } else {
    v128.store(i, madd<T>(s, ai, v128.mul<T>(c, ar)));
    v128.store(i, nmadd<T>(s, ar, v128.mul<T>(c, ai)), IM);
    v128.store(j, nmadd<T>(s, bi, v128.mul<T>(c, br)));
    v128.store(j, madd<T>(s, br, v128.mul<T>(c, bi)), IM);
  }
}

/** Re(conj(u) v) of the amplitudes at u and v, added to sum. */
// @ts-ignore: decorator
@inline
function addRe<T>(u: usize, v: usize, sum: v128): v128 {
  return madd<T>(v128.load(u), v128.load(v), madd<T>(v128.load(u, IM), v128.load(v, IM), sum));
}

/** Im(conj(u) v) of the amplitudes at u and v, added to sum. */
// @ts-ignore: decorator
@inline
function addIm<T>(u: usize, v: usize, sum: v128): v128 {
  return madd<T>(v128.load(u), v128.load(v, IM), nmadd<T>(v128.load(u, IM), v128.load(v), sum));
}

/** r Im⟨bra|G|ket⟩ on one pair, added to sum. */
// @ts-ignore: decorator
@inline
function overlap<T>(kind: i32, bra: usize, ket: usize, i: usize, j: usize, r: v128, sum: v128): v128 {
  const zero = i32x4.splat(0);
  if (kind == GATE_PHASE) return v128.sub<T>(sum, addIm<T>(bra + i, ket + i, zero));
  let pair: v128;
  if (kind == GATE_X) pair = addIm<T>(bra + i, ket + j, addIm<T>(bra + j, ket + i, zero));
  else if (kind == GATE_Y) pair = v128.sub<T>(addRe<T>(bra + j, ket + i, zero), addRe<T>(bra + i, ket + j, zero));
  else pair = v128.sub<T>(addIm<T>(bra + i, ket + i, zero), addIm<T>(bra + j, ket + j, zero));
  return v128.add<T>(sum, v128.xor(pair, r));
}

// @ts-ignore: decorator
@inline
function forEachPair<T>(
  kind: i32,
  state: usize,
  free: usize,
  value: usize,
  flip: usize,
  parity: usize,
  c: v128,
  s: v128,
): void {
  let bits: usize = 0;
  if ((parity & free) == 0) {
    const same = v128.xor(s, signBits<T>(value & parity));
    do {
      const i = state + (bits | value);
      turn<T>(kind, i, state + ((bits | value) ^ flip), c, same);
      bits = (bits - free) & free; // the next larger subset of free, 0 after the last
    } while (bits);
    return;
  }
  do {
    const i = bits | value;
    turn<T>(kind, state + i, state + (i ^ flip), c, v128.xor(s, signBits<T>(i & parity)));
    bits = (bits - free) & free;
  } while (bits);
}

function exchange(state: usize, free: usize, value: usize, flip: usize): void {
  let bits: usize = 0;
  do {
    const i = state + (bits | value);
    const j = state + ((bits | value) ^ flip);
    const re = v128.load(i);
    const im = v128.load(i, IM);
    v128.store(i, v128.load(j));
    v128.store(i, v128.load(j, IM), IM);
    v128.store(j, re);
    v128.store(j, im, IM);
    bits = (bits - free) & free;
  } while (bits);
}

/** Applies U to state. */
export function applyGate<T>(
  kind: i32,
  state: usize,
  free: usize,
  value: usize,
  flip: usize,
  parity: usize,
  c: v128,
  s: v128,
): void {
  switch (kind) {
    case GATE_X:
      return forEachPair<T>(GATE_X, state, free, value, flip, parity, c, s);
    case GATE_Y:
      return forEachPair<T>(GATE_Y, state, free, value, flip, parity, c, s);
    case GATE_Z:
      return forEachPair<T>(GATE_Z, state, free, value, flip, parity, c, s);
    case GATE_PHASE:
      return forEachPair<T>(GATE_PHASE, state, free, value, flip, parity, c, s);
    case GATE_SWAP:
      return exchange(state, free, value, flip);
    default:
      assert(false, "quantum: unknown gate on the tape");
  }
}

// @ts-ignore: decorator
@inline
function undoEachPair<T>(
  kind: i32,
  bra: usize,
  ket: usize,
  free: usize,
  value: usize,
  flip: usize,
  parity: usize,
  c: v128,
  s: v128,
  turnsKet: bool,
): v128 {
  let sum = i32x4.splat(0);
  let bits: usize = 0;
  do {
    const i = bits | value;
    const j = i ^ flip;
    const r = signBits<T>(i & parity);
    const back = v128.xor(v128.neg<T>(s), r);
    sum = overlap<T>(kind, bra, ket, i, j, r, sum);
    if (turnsKet) turn<T>(kind, ket + i, ket + j, c, back);
    turn<T>(kind, bra + i, bra + j, c, back);
    bits = (bits - free) & free;
  } while (bits);
  return sum;
}

/**
 * Applies the inverse of U (not SWAP) to bra, and if `turnsKet` to ket, in one pass; returns Im⟨bra|G|ket⟩. Of several
 * bras of one ket, the last one turns it.
 */
export function undoGate<T>(
  kind: i32,
  bra: usize,
  ket: usize,
  free: usize,
  value: usize,
  flip: usize,
  parity: usize,
  c: v128,
  s: v128,
  turnsKet: bool,
): v128 {
  switch (kind) {
    case GATE_X:
      return undoEachPair<T>(GATE_X, bra, ket, free, value, flip, parity, c, s, turnsKet);
    case GATE_Y:
      return undoEachPair<T>(GATE_Y, bra, ket, free, value, flip, parity, c, s, turnsKet);
    case GATE_Z:
      return undoEachPair<T>(GATE_Z, bra, ket, free, value, flip, parity, c, s, turnsKet);
    default:
      return undoEachPair<T>(GATE_PHASE, bra, ket, free, value, flip, parity, c, s, turnsKet);
  }
}
