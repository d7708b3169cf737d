// trigonometric: every product of one of {1, cos xᵢ, sin xᵢ} a wire but the constant 1: the functions of which each
// output of a circuit is a sum when every input turns one gate
//   x         (N, W)            angles
//   out       (N, 3^W − 1)      entry Σ kᵢ·3^(W−1−i) − 1 is Π fₖᵢ(xᵢ), k = 0, 1, 2 for 1, cos, sin
//   scratch   4·(2·3^W + (3^W − 1)/2) + 32 bytes
// Forward overwrites out, backward dx.
// Schuld, Sweke, Meyer, Phys. Rev. A 103, 032430 (2021), https://arxiv.org/abs/2008.08605
import { sincos } from "../math";

export function trigonometricScratchBytes(W: i32): usize {
  const full = power(W);
  return 4 * (2 * full + (full - 1) / 2) + 32;
}

export function trigonometricForward(out: usize, x: usize, scratch: usize, N: i32, W: i32): void {
  assert(N >= 0 && W > 0, "trigonometric: empty shape");
  const full = power(W);
  for (let n = 0; n < N; n++) {
    const table = products(x, scratch, W);
    memory.copy(out, table + 4, (full - 1) << 2);
    x += (<usize>W) << 2;
    out += (full - 1) << 2;
  }
}

export function trigonometricBackward(dx: usize, dout: usize, x: usize, scratch: usize, N: i32, W: i32): void {
  assert(N >= 0 && W > 0, "trigonometric: empty shape");
  const full = power(W);
  for (let n = 0; n < N; n++) {
    const last = products(x, scratch, W);
    const grads = last + (full << 2);
    store<f32>(grads, 0);
    memory.copy(grads + 4, dout, (full - 1) << 2);
    // From the table of all wires back to that of none: what a table's entry gets from the three that were made of it.
    let count = full / 3;
    let table = last - (count << 2);
    for (let i = W - 1; i >= 0; i--) {
      const cosine = load<f32>(scratchAngle(scratch, x, i));
      const sine = load<f32>(scratch, 16);
      let slope: f32 = 0;
      for (let k: usize = 0; k < count; k++) {
        const from = grads + k * 12;
        const g = load<f32>(from);
        const gc = load<f32>(from, 4);
        const gs = load<f32>(from, 8);
        slope += load<f32>(table + (k << 2)) * (gs * cosine - gc * sine);
        store<f32>(grads + (k << 2), g + gc * cosine + gs * sine);
      }
      store<f32>(dx + ((<usize>i) << 2), slope);
      count /= 3;
      table -= count << 2;
    }
    x += (<usize>W) << 2;
    dx += (<usize>W) << 2;
    dout += (full - 1) << 2;
  }
}

/** The tables of no wire, one wire, … one behind the other, (3^i) each; returns the last. */
function products(x: usize, scratch: usize, W: i32): usize {
  let table = scratch + 32;
  store<f32>(table, 1);
  let count: usize = 1;
  for (let i = 0; i < W; i++) {
    const cosine = load<f32>(scratchAngle(scratch, x, i));
    const sine = load<f32>(scratch, 16);
    const next = table + (count << 2);
    for (let k: usize = 0; k < count; k++) {
      const value = load<f32>(table + (k << 2));
      store<f32>(next + k * 12, value);
      store<f32>(next + k * 12, value * cosine, 4);
      store<f32>(next + k * 12, value * sine, 8);
    }
    table = next;
    count *= 3;
  }
  return table;
}

/** Cosine and, 16 bytes behind, sine of the angle of wire i. */
@inline
function scratchAngle(scratch: usize, x: usize, i: i32): usize {
  sincos<f32>(scratch, f32x4.splat(load<f32>(x + ((<usize>i) << 2))));
  return scratch;
}

/** 3^W */
function power(W: i32): usize {
  let full: usize = 1;
  for (let i = 0; i < W; i++) full *= 3;
  return full;
}
