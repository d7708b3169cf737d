// Measuring as a device does: every group of Pauli words that share an eigenbasis (noise.ts) is measured by itself.
//   probs   (2^wires) vectors       of the basis states, after reading errors
//   sums    (groups, 2^wires) vectors   counts, or probabilities of the trajectories so far
//   values  numValues vectors        as in readout.ts: outputs, then the means that variances need
// Random numbers: Philox with counter (draw, use, id, evaluation); draws of shots have the top bit set.

import { philox4 } from "../random";
import { applyGate, GATE_X, GATE_Y } from "./gates";
import {
  DENSITY,
  errorsAt,
  groupAt,
  hasErrors,
  modeOf,
  numGroupsOf,
  numReadoutsOf,
  numValuesOf,
  readoutAt,
  shotsOf,
} from "./noise";
import { AMPLITUDE_SHIFT, IM, stateBytes } from "./state";
import { madd } from "../simd";

const TERM: i32 = 0;
const PROBS: i32 = 1;
const SQUARE: i32 = 2;

export const SHOT_DRAWS: u32 = 0x80000000;
const HALF_ROOT: f64 = 0.7071067811865475244;

/** Uniform in (0, 1), never 0 nor 1. */
// @ts-ignore: decorator
@inline
export function unitOf(word: u32): f64 {
  return (<f64>word + 0.5) * 2.3283064365386962890625e-10;
}

/** Where random numbers of one evaluation come from. */
@unmanaged
export class Draws {
  seed: u32;
  stream: u32;
  use: u32;
  evaluation: u32;
  /** Of the samples in the two lanes. */
  id0: u32;
  id1: u32;
}

/** e^{∓i…} on a wire, on the bras too where there are any. Kinds X and Y only. */
function rotate(kind: i32, state: usize, mask: usize, wires: i32, density: bool, s: f64): void {
  const c = f64x2.splat(HALF_ROOT);
  const last = density ? 2 * wires : wires;
  const all = ((<usize>1) << last) - 1;
  const ket = density ? mask << wires : mask;
  applyGate<f64>(
    kind,
    state,
    (all & ~ket) << AMPLITUDE_SHIFT,
    0,
    ket << AMPLITUDE_SHIFT,
    kind == GATE_Y ? ket << AMPLITUDE_SHIFT : 0,
    c,
    f64x2.splat(s),
  );
  if (!density) return;
  applyGate<f64>(
    kind,
    state,
    (all & ~mask) << AMPLITUDE_SHIFT,
    0,
    mask << AMPLITUDE_SHIFT,
    kind == GATE_Y ? mask << AMPLITUDE_SHIFT : 0,
    c,
    f64x2.splat(kind == GATE_Y ? s : -s),
  );
}

/** probs of the state's diagonal, with reading errors. */
function putProbabilities(probs: usize, state: usize, noise: usize, wires: i32, density: bool): void {
  const size = (<usize>1) << wires;
  for (let i: usize = 0; i < size; i++) {
    const to = probs + (i << 4);
    if (density) v128.store(to, v128.load(state + (((i << usize(wires)) | i) << AMPLITUDE_SHIFT)));
    else {
      const re = v128.load(state + (i << AMPLITUDE_SHIFT));
      const im = v128.load(state + (i << AMPLITUDE_SHIFT), IM);
      v128.store(to, madd<f64>(re, re, v128.mul<f64>(im, im)));
    }
  }
  if (!hasErrors(noise)) return;
  for (let bit = 0; bit < wires; bit++) {
    const error = errorsAt(noise) + ((<usize>bit) << 4);
    const up = f64x2.splat(load<f64>(error));
    const down = f64x2.splat(load<f64>(error, 8));
    const mask = (<usize>1) << bit;
    for (let i: usize = 0; i < size; i++) {
      if (i & mask) continue;
      const zero = probs + (i << 4);
      const one = probs + ((i | mask) << 4);
      const a = v128.load(zero);
      const b = v128.load(one);
      const moved = v128.sub<f64>(v128.mul<f64>(down, b), v128.mul<f64>(up, a));
      v128.store(zero, v128.add<f64>(a, moved));
      v128.store(one, v128.sub<f64>(b, moved));
    }
  }
}

/** Adds counts of the shots first … last − 1 of group g to sums; `cumulative` (2^wires) f64 and `words` 16 bytes. */
function drawShots(
  sums: usize,
  probs: usize,
  cumulative: usize,
  words: usize,
  wires: i32,
  lane: usize,
  draws: Draws,
  g: u32,
  first: u32,
  last: u32,
): void {
  const size = (<usize>1) << wires;
  let total: f64 = 0;
  for (let i: usize = 0; i < size; i++) {
    total += max<f64>(0, load<f64>(probs + (i << 4) + (lane << 3)));
    store<f64>(cumulative + (i << 3), total);
  }
  if (!(total > 0 && total < Infinity)) {
    // nothing to draw from: what is not finite stays so
    store<f64>(sums + (lane << 3), NaN);
    return;
  }
  const id = lane == 0 ? draws.id0 : draws.id1;
  let block: u32 = 0xffffffff;
  for (let shot = first; shot < last; shot++) {
    if (shot >> 2 != block) {
      block = shot >> 2;
      philox4(words, draws.seed, draws.stream, SHOT_DRAWS | (g << 19) | block, draws.use, id, draws.evaluation);
    }
    const level = unitOf(load<u32>(words + ((<usize>(shot & 3)) << 2))) * total;
    let low: usize = 0;
    let high: usize = size - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (load<f64>(cumulative + (middle << 3)) > level) high = middle;
      else low = middle + 1;
    }
    const to = sums + (low << 4) + (lane << 3);
    store<f64>(to, load<f64>(to) + 1);
  }
}

/**
 * Measures a state in every group and adds to sums: counts of the shots first … last − 1, or probabilities.
 * @param copy room for another state; read only where a group is not measured as it is
 */
export function measureState(
  sums: usize,
  state: usize,
  copy: usize,
  probs: usize,
  cumulative: usize,
  words: usize,
  noise: usize,
  wires: i32,
  draws: Draws,
  first: u32,
  last: u32,
): void {
  const density = modeOf(noise) == DENSITY;
  const size = (<usize>1) << wires;
  for (let g = 0; g < numGroupsOf(noise); g++) {
    const group = groupAt(noise, g);
    const xs = <usize>load<u32>(group);
    const ys = <usize>load<u32>(group, 4);
    let from = state;
    if (xs != 0 || ys != 0) {
      memory.copy(copy, state, stateBytes(density ? 2 * wires : wires));
      from = copy;
      for (let bit = 0; bit < wires; bit++) {
        const mask = (<usize>1) << bit;
        // RY(−π/2) brings X to Z, RX(π/2) Y
        if (xs & mask) rotate(GATE_Y, copy, mask, wires, density, -HALF_ROOT);
        if (ys & mask) rotate(GATE_X, copy, mask, wires, density, HALF_ROOT);
      }
    }
    putProbabilities(probs, from, noise, wires, density);
    const to = sums + ((<usize>g) << usize(wires + 4));
    if (shotsOf(noise) > 0) {
      drawShots(to, probs, cumulative, words, wires, 0, draws, <u32>g, first, last);
      drawShots(to, probs, cumulative, words, wires, 1, draws, <u32>g, first, last);
      continue;
    }
    for (let i: usize = 0; i < size; i++) {
      const at = to + (i << 4);
      v128.store(at, v128.add<f64>(v128.load(at), v128.load(probs + (i << 4))));
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

/** values of sums, each of which counts `weight`. */
export function putValues(values: usize, sums: usize, noise: usize, wires: i32, weight: f64): void {
  const size = (<usize>1) << wires;
  memory.fill(values, 0, (<usize>numValuesOf(noise)) << 4);
  for (let r = 0; r < numReadoutsOf(noise); r++) {
    const readout = readoutAt(noise, r);
    const kind = load<i32>(readout);
    const target = values + ((<usize>load<i32>(readout, 4)) << 4);
    const from = sums + ((<usize>load<i32>(readout, 8)) << usize(wires + 4));
    if (kind == TERM) {
      const support = <usize>load<u32>(readout, 12);
      let sum = i32x4.splat(0);
      for (let i: usize = 0; i < size; i++) {
        const part = v128.load(from + (i << 4));
        sum = v128.add<f64>(sum, v128.xor(part, i64x2.splat(popcnt<i64>(<i64>(i & support)) << 63)));
      }
      // the identity is 1 exactly, whatever the norm was rounded to
      const word = support == 0 ? f64x2.splat(1) : v128.mul<f64>(sum, f64x2.splat(weight));
      v128.store(target, madd<f64>(f64x2.splat(load<f64>(readout, 32)), word, v128.load(target)));
    } else if (kind == PROBS) {
      const count = load<i32>(readout, 20);
      for (let i: usize = 0; i < size; i++) {
        const at = target + (partOf(readout, count, i) << 4);
        v128.store(at, madd<f64>(v128.load(from + (i << 4)), f64x2.splat(weight), v128.load(at)));
      }
    } else {
      assert(kind == SQUARE, "quantum: unknown readout on the noise tape");
      const mean = v128.load(values + ((<usize>load<i32>(readout, 16)) << 4));
      v128.store(target, v128.sub<f64>(v128.load(target), v128.mul<f64>(mean, mean)));
    }
  }
}
