// ⟨Z⟩ on every wire, and its adjoint: the observable Σ_w dout_w Z_w applied to the state.
//   out, dout (N, wires)
// Both use that Z on all wires is diagonal: one pass over 2^wires amplitudes, halving or doubling, not one pass a wire.

import { madd } from "../simd";
import { AMPLITUDE_SHIFT, gather, IM, scatter } from "./state";

/** Overwrites rows n, n+1, … of out. `probs` is scratch of 2^wires vectors, `buffer` of 16 bytes. */
export function expvalZ<T>(out: usize, state: usize, probs: usize, buffer: usize, n: i32, N: i32, wires: i32): void {
  const size = (<usize>1) << wires;
  for (let i: usize = 0; i < size; i++) {
    const re = v128.load(state + (i << AMPLITUDE_SHIFT));
    const im = v128.load(state + (i << AMPLITUDE_SHIFT), IM);
    v128.store(probs + (i << 4), madd<T>(re, re, v128.mul<T>(im, im)));
  }
  for (let wire = 0; wire < wires; wire++) {
    const half = size >> (wire + 1);
    let z = i32x4.splat(0);
    for (let i: usize = 0; i < half; i++) {
      const zero = v128.load(probs + (i << 4));
      const one = v128.load(probs + ((i + half) << 4));
      z = v128.add<T>(z, v128.sub<T>(zero, one));
      v128.store(probs + (i << 4), v128.add<T>(zero, one)); // sums this wire out
    }
    scatter<T>(buffer, out, z, n, N, wire, wires, false);
  }
}

/** bra = Σ_w dout_w Z_w ket for the samples n, n+1, …; lanes beyond N get zeros. */
export function applyObservable<T>(
  bra: usize,
  ket: usize,
  dout: usize,
  buffer: usize,
  n: i32,
  N: i32,
  wires: i32,
): void {
  // the diagonal grows in the real parts of bra, from the least significant wire up
  v128.store(bra, i32x4.splat(0));
  for (let wire = wires - 1; wire >= 0; wire--) {
    const half = (<usize>1) << (wires - 1 - wire);
    const d = gather<T>(buffer, dout, n, N, wire, wires);
    for (let i: usize = 0; i < half; i++) {
      const low = bra + (i << AMPLITUDE_SHIFT);
      const sum = v128.load(low);
      v128.store(low, v128.add<T>(sum, d));
      v128.store(low + (half << AMPLITUDE_SHIFT), v128.sub<T>(sum, d));
    }
  }
  const end = ((<usize>1) << wires) << AMPLITUDE_SHIFT;
  for (let i: usize = 0; i < end; i += 1 << AMPLITUDE_SHIFT) {
    const diagonal = v128.load(bra + i);
    v128.store(bra + i, v128.mul<T>(diagonal, v128.load(ket + i)));
    v128.store(bra + i, v128.mul<T>(diagonal, v128.load(ket + i, IM)), IM);
  }
}
