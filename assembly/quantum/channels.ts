// Noise channels: ρ → Σ_k K_k ρ K_k†, in f64. Definitions as PennyLane's channels,
// https://docs.pennylane.ai/en/stable/introduction/operations.html#noisy-channels
// A channel on the noise tape (noise.ts), 64 bytes:
//   i32 kind, numKraus, wires (1 or 2), dataAt (Kraus matrices of a KRAUS channel: bytes from the start of the tape),
//   i32 at (where its expanded form starts); 12 bytes of nothing; f64[4] parameters
// Its expanded form, with d = 2^wires and matrices (d, d) row-major of (re, im):
//   i32 nonzeros, i32 mixture (whether no probability depends on the state); 8 bytes of nothing
//   numKraus times f64 probability in a mixture, f64 1 where K_k is a multiple of the identity
//   numKraus matrices K_k, then numKraus matrices K_k† K_k
//   the superoperator Σ_k K_k ⊗ conj(K_k) on (ket bits, bra bits) without zeros, 24 bytes each: i32 row, column;
//   f64 re, im

import { exp } from "../math";
import { madd, nmadd } from "../simd";
import { channelAt, numChannelsOf } from "./noise";
import { AMPLITUDE_SHIFT, IM } from "./state";

const KRAUS: i32 = 0;
const DEPOLARIZING: i32 = 1;
const AMPLITUDE_DAMPING: i32 = 2;
const GENERALIZED_AMPLITUDE_DAMPING: i32 = 3;
const PHASE_DAMPING: i32 = 4;
const BIT_FLIP: i32 = 5;
const PHASE_FLIP: i32 = 6;
const RESET: i32 = 7;
const THERMAL_RELAXATION: i32 = 8;

const NONZERO_BYTES: usize = 24;
/** What is closer to 0 than this, or to a multiple of the identity, counts as it. */
const TINY: f64 = 1e-15;

// @ts-ignore: decorator
@inline
export function numKrausOf(channel: usize): i32 {
  return load<i32>(channel, 4);
}
// @ts-ignore: decorator
@inline
export function channelWiresOf(channel: usize): i32 {
  return load<i32>(channel, 8);
}
/** Address of the expanded form. */
// @ts-ignore: decorator
@inline
export function expandedAt(channel: usize, work: usize): usize {
  return work + <usize>load<u32>(channel, 16);
}
// @ts-ignore: decorator
@inline
function matrixBytes(wires: i32): usize {
  return (<usize>16) << (2 * wires);
}
// @ts-ignore: decorator
@inline
function krausAt(channel: usize, expanded: usize, k: i32): usize {
  return expanded + 16 + ((<usize>numKrausOf(channel)) << 4) + <usize>k * matrixBytes(channelWiresOf(channel));
}
// @ts-ignore: decorator
@inline
function gramAt(channel: usize, expanded: usize, k: i32): usize {
  return krausAt(channel, expanded, numKrausOf(channel) + k);
}

/** The real matrix [[a, b], [c, d]]. */
function put(at: usize, a: f64, b: f64, c: f64, d: f64): void {
  memory.fill(at, 0, 64);
  store<f64>(at, a);
  store<f64>(at, b, 16);
  store<f64>(at, c, 32);
  store<f64>(at, d, 48);
}

function putY(at: usize, size: f64): void {
  memory.fill(at, 0, 64);
  store<f64>(at, -size, 24);
  store<f64>(at, size, 40);
}

/** √ of what rounding may have left below 0. */
// @ts-ignore: decorator
@inline
function root(x: f64): f64 {
  return sqrt(max(0, x));
}

function putKraus(noise: usize, channel: usize, expanded: usize): void {
  const kind = load<i32>(channel);
  const p = load<f64>(channel, 32);
  const q = load<f64>(channel, 40);
  const k0 = krausAt(channel, expanded, 0);
  const k1 = k0 + 64;
  const k2 = k1 + 64;
  const k3 = k2 + 64;
  const k4 = k3 + 64;
  switch (kind) {
    case KRAUS: {
      const bytes = <usize>numKrausOf(channel) * matrixBytes(channelWiresOf(channel));
      memory.copy(k0, noise + <usize>load<u32>(channel, 12), bytes);
      return;
    }
    case DEPOLARIZING: {
      const a = root(1 - p);
      const b = root(p / 3);
      put(k0, a, 0, 0, a);
      put(k1, 0, b, b, 0);
      putY(k2, b);
      put(k3, b, 0, 0, -b);
      return;
    }
    case AMPLITUDE_DAMPING:
      put(k0, 1, 0, 0, root(1 - p));
      put(k1, 0, root(p), 0, 0);
      return;
    case GENERALIZED_AMPLITUDE_DAMPING: {
      // q: probability of 1 in equilibrium
      const a = root(1 - q);
      const b = root(q);
      const stay = root(1 - p);
      const go = root(p);
      put(k0, a, 0, 0, a * stay);
      put(k1, 0, a * go, 0, 0);
      put(k2, b * stay, 0, 0, b);
      put(k3, 0, 0, b * go, 0);
      return;
    }
    case PHASE_DAMPING:
      put(k0, 1, 0, 0, root(1 - p));
      put(k1, 0, 0, 0, root(p));
      return;
    case BIT_FLIP:
    case PHASE_FLIP: {
      const a = root(1 - p);
      const b = root(p);
      put(k0, a, 0, 0, a);
      if (kind == BIT_FLIP) put(k1, 0, b, b, 0);
      else put(k1, b, 0, 0, -b);
      return;
    }
    case RESET: {
      const a = root(1 - p - q);
      put(k0, a, 0, 0, a);
      put(k1, root(p), 0, 0, 0);
      put(k2, 0, root(p), 0, 0);
      put(k3, 0, 0, root(q), 0);
      put(k4, 0, 0, 0, root(q));
      return;
    }
    default: {
      // parameters: T1, T2, time, population of 1 in equilibrium
      assert(kind == THERMAL_RELAXATION, "quantum: unknown channel on the noise tape");
      const time = load<f64>(channel, 48);
      const excited = load<f64>(channel, 56);
      const reset = 1 - exp(-time / p);
      const coherence = exp(-time / q);
      const up = excited * reset;
      const down = (1 - excited) * reset;
      // what stays: diagonal (1 − up, 1 − down), off it the coherence: two diagonal Kraus matrices by Cholesky
      const a = root(1 - up);
      const b = a > 0 ? coherence / a : 0;
      put(k0, a, 0, 0, b);
      put(k1, 0, 0, 0, root(1 - down - b * b));
      put(k2, 0, root(down), 0, 0);
      put(k3, 0, 0, root(up), 0);
    }
  }
}

function expand(noise: usize, channel: usize, expanded: usize): void {
  const d = 1 << channelWiresOf(channel);
  const numKraus = numKrausOf(channel);
  putKraus(noise, channel, expanded);
  let mixture = true;
  for (let k = 0; k < numKraus; k++) {
    const kraus = krausAt(channel, expanded, k);
    const gram = gramAt(channel, expanded, k);
    let scalar = true; // K†K a multiple of the identity
    let identity = true; // K itself
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        let re: f64 = 0;
        let im: f64 = 0;
        for (let l = 0; l < d; l++) {
          const a = kraus + ((<usize>(l * d + i)) << 4);
          const b = kraus + ((<usize>(l * d + j)) << 4);
          re += load<f64>(a) * load<f64>(b) + load<f64>(a, 8) * load<f64>(b, 8);
          im += load<f64>(a) * load<f64>(b, 8) - load<f64>(a, 8) * load<f64>(b);
        }
        const at = gram + ((<usize>(i * d + j)) << 4);
        store<f64>(at, re);
        store<f64>(at, im, 8);
        const own = kraus + ((<usize>(i * d + j)) << 4);
        if (i == j) {
          if (abs(re - load<f64>(gram)) > TINY) scalar = false;
          if (abs(load<f64>(own) - load<f64>(kraus)) > TINY || abs(load<f64>(own, 8) - load<f64>(kraus, 8)) > TINY)
            identity = false;
        } else {
          if (abs(re) > TINY || abs(im) > TINY) scalar = false;
          if (abs(load<f64>(own)) > TINY || abs(load<f64>(own, 8)) > TINY) identity = false;
        }
      }
    }
    if (!scalar) mixture = false;
    const flags = expanded + 16 + ((<usize>k) << 4);
    store<f64>(flags, load<f64>(gram));
    store<f64>(flags, identity ? 1 : 0, 8);
  }
  let to = gramAt(channel, expanded, numKraus);
  let nonzeros = 0;
  for (let r = 0; r < d * d; r++) {
    for (let c = 0; c < d * d; c++) {
      let re: f64 = 0;
      let im: f64 = 0;
      for (let k = 0; k < numKraus; k++) {
        const a = krausAt(channel, expanded, k) + ((<usize>((r / d) * d + c / d)) << 4);
        const b = krausAt(channel, expanded, k) + ((<usize>((r % d) * d + (c % d))) << 4);
        re += load<f64>(a) * load<f64>(b) + load<f64>(a, 8) * load<f64>(b, 8);
        im += load<f64>(a, 8) * load<f64>(b) - load<f64>(a) * load<f64>(b, 8);
      }
      if (re == 0 && im == 0) continue;
      store<i32>(to, r);
      store<i32>(to, c, 4);
      store<f64>(to, re, 8);
      store<f64>(to, im, 16);
      to += NONZERO_BYTES;
      nonzeros += 1;
    }
  }
  store<i32>(expanded, nonzeros);
  store<i32>(expanded, mixture ? 1 : 0, 4);
}

/** Expands every channel of a noise tape into `work`. */
export function expandChannels(noise: usize, work: usize): void {
  for (let i = 0; i < numChannelsOf(noise); i++) {
    const channel = channelAt(noise, i);
    expand(noise, channel, expandedAt(channel, work));
  }
}

/** Offsets of the 2^count amplitudes that differ in these bits, the first the most significant; 8 bytes each. */
function putOffsets(at: usize, bits: usize, count: i32): void {
  for (let i = 0; i < 1 << count; i++) {
    let offset: usize = 0;
    for (let b = 0; b < count; b++) {
      const bit = <usize>load<i32>(bits + ((<usize>b) << 2));
      if ((i >> (count - 1 - b)) & 1) offset |= (<usize>1) << bit;
    }
    store<u64>(at + ((<usize>i) << 3), <u64>(offset << AMPLITUDE_SHIFT));
  }
}

// @ts-ignore: decorator
@inline
function offsetAt(offsets: usize, i: i32): usize {
  return <usize>load<u64>(offsets + ((<usize>i) << 3));
}

// local: 16 bytes of bits | 128 of offsets | 512 of amplitudes | 512 of what one lane takes
/** Bytes of `local` below. */
export const LOCAL_BYTES: usize = 16 + 128 + 512 + 512;

/** The channel on a density matrix, whose basis states are (ket bits, bra bits) of `wires` each. */
export function applySuperoperator(
  channel: usize,
  expanded: usize,
  state: usize,
  local: usize,
  wires: i32,
  bit: i32,
  bit2: i32,
): void {
  const n = channelWiresOf(channel);
  const count = 2 * n;
  const D = 1 << count;
  store<i32>(local, bit + wires);
  if (n == 1) store<i32>(local, bit, 4);
  else {
    store<i32>(local, bit2 + wires, 4);
    store<i32>(local, bit, 8);
    store<i32>(local, bit2, 12);
  }
  const offsets = local + 16;
  const amplitudes = local + 144;
  putOffsets(offsets, local, count);
  const all = ((<usize>1) << (2 * wires)) - 1;
  const free = (all << AMPLITUDE_SHIFT) & ~offsetAt(offsets, D - 1);
  const nonzeros = load<i32>(expanded);
  const list = gramAt(channel, expanded, numKrausOf(channel));
  let bits: usize = 0;
  do {
    for (let i = 0; i < D; i++) {
      const from = state + bits + offsetAt(offsets, i);
      const to = amplitudes + ((<usize>i) << AMPLITUDE_SHIFT);
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, IM), IM);
      v128.store(from, i32x4.splat(0));
      v128.store(from, i32x4.splat(0), IM);
    }
    for (let e = 0; e < nonzeros; e++) {
      const entry = list + <usize>e * NONZERO_BYTES;
      const to = state + bits + offsetAt(offsets, load<i32>(entry));
      const from = amplitudes + ((<usize>load<i32>(entry, 4)) << AMPLITUDE_SHIFT);
      const re = f64x2.splat(load<f64>(entry, 8));
      const a = v128.load(from);
      const b = v128.load(from, IM);
      v128.store(to, madd<f64>(re, a, v128.load(to)));
      v128.store(to, madd<f64>(re, b, v128.load(to, IM)), IM);
      if (load<f64>(entry, 16) == 0) continue;
      const im = f64x2.splat(load<f64>(entry, 16));
      v128.store(to, nmadd<f64>(im, b, v128.load(to)));
      v128.store(to, madd<f64>(im, a, v128.load(to, IM)), IM);
    }
    bits = (bits - free) & free;
  } while (bits);
}

/** ⟨K_k†K_k⟩ of one lane, from the reduced density matrix `rho` (d, d) of (re, im) vectors. */
function probability(gram: usize, rho: usize, d: i32, lane: usize): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      // Re Σ (K†K)_ij ρ_ji
      const at = gram + ((<usize>(i * d + j)) << 4);
      const from = rho + ((<usize>(j * d + i)) << AMPLITUDE_SHIFT) + lane;
      sum += load<f64>(at) * load<f64>(from) - load<f64>(at, 8) * load<f64>(from, IM);
    }
  }
  return sum;
}

/**
 * One of the channel's Kraus matrices on a ket, in every lane with its probability, and the state normalised again.
 * @param u0, u1 uniform in (0, 1), of the two lanes
 */
export function applyDrawn(
  channel: usize,
  expanded: usize,
  state: usize,
  local: usize,
  wires: i32,
  bit: i32,
  bit2: i32,
  u0: f64,
  u1: f64,
): void {
  const n = channelWiresOf(channel);
  const d = 1 << n;
  const numKraus = numKrausOf(channel);
  store<i32>(local, bit);
  store<i32>(local, bit2, 4);
  const offsets = local + 16;
  const rho = local + 144;
  const taken = rho + 512;
  putOffsets(offsets, local, n);
  const all = ((<usize>1) << wires) - 1;
  const free = (all << AMPLITUDE_SHIFT) & ~offsetAt(offsets, d - 1);
  const mixture = load<i32>(expanded, 4) != 0;
  let bits: usize = 0;
  if (!mixture) {
    memory.fill(rho, 0, (<usize>(d * d)) << AMPLITUDE_SHIFT);
    do {
      for (let i = 0; i < d; i++) {
        const at = state + bits + offsetAt(offsets, i);
        const a = v128.load(at);
        const b = v128.load(at, IM);
        for (let j = 0; j <= i; j++) {
          const other = state + bits + offsetAt(offsets, j);
          const re = v128.load(other);
          const im = v128.load(other, IM);
          const to = rho + ((<usize>(i * d + j)) << AMPLITUDE_SHIFT);
          v128.store(to, madd<f64>(a, re, madd<f64>(b, im, v128.load(to))));
          v128.store(to, madd<f64>(b, re, nmadd<f64>(a, im, v128.load(to, IM))), IM);
        }
      }
      bits = (bits - free) & free;
    } while (bits);
    for (let i = 0; i < d; i++) {
      for (let j = i + 1; j < d; j++) {
        const to = rho + ((<usize>(i * d + j)) << AMPLITUDE_SHIFT);
        const from = rho + ((<usize>(j * d + i)) << AMPLITUDE_SHIFT);
        v128.store(to, v128.load(from));
        v128.store(to, v128.neg<f64>(v128.load(from, IM)), IM);
      }
    }
  }
  let unchanged = true;
  for (let lane = 0; lane < 2; lane++) {
    const at = (<usize>lane) << 3;
    let total: f64 = 0;
    for (let k = 0; k < numKraus; k++) {
      total += mixture
        ? load<f64>(expanded + 16 + ((<usize>k) << 4))
        : probability(gramAt(channel, expanded, k), rho, d, at);
    }
    let rest = (lane == 0 ? u0 : u1) * total;
    let chosen = 0;
    let p: f64 = 0;
    for (let k = 0; k < numKraus; k++) {
      const own = mixture
        ? load<f64>(expanded + 16 + ((<usize>k) << 4))
        : probability(gramAt(channel, expanded, k), rho, d, at);
      // rounding may leave nothing for the last: the one before keeps it
      if (own <= 0) continue;
      chosen = k;
      p = own;
      rest -= own;
      if (rest <= 0) break;
    }
    if (mixture && load<f64>(expanded + 24 + ((<usize>chosen) << 4)) == 1) {
      const size = sqrt(load<f64>(expanded + 16 + ((<usize>chosen) << 4)));
      // e^{iφ} times the identity changes nothing that is measured
      for (let i = 0; i < d * d; i++) {
        store<f64>(taken + ((<usize>i) << AMPLITUDE_SHIFT) + at, size > 0 && i % (d + 1) == 0 ? 1 : 0);
        store<f64>(taken + ((<usize>i) << AMPLITUDE_SHIFT) + at, 0, IM);
      }
      continue;
    }
    unchanged = false;
    // a state that is not finite has no probability: NaN stays NaN
    const factor = 1 / sqrt(p > 0 ? p : NaN);
    const kraus = krausAt(channel, expanded, chosen);
    for (let i = 0; i < d * d; i++) {
      const to = taken + ((<usize>i) << AMPLITUDE_SHIFT) + at;
      store<f64>(to, factor * load<f64>(kraus + ((<usize>i) << 4)));
      store<f64>(to, factor * load<f64>(kraus + ((<usize>i) << 4), 8), IM);
    }
  }
  if (unchanged) return;
  bits = 0;
  do {
    for (let i = 0; i < d; i++) {
      const from = state + bits + offsetAt(offsets, i);
      const to = rho + ((<usize>i) << AMPLITUDE_SHIFT);
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, IM), IM);
    }
    for (let i = 0; i < d; i++) {
      let re = i32x4.splat(0);
      let im = i32x4.splat(0);
      for (let j = 0; j < d; j++) {
        const by = taken + ((<usize>(i * d + j)) << AMPLITUDE_SHIFT);
        const from = rho + ((<usize>j) << AMPLITUDE_SHIFT);
        const a = v128.load(by);
        const b = v128.load(by, IM);
        const c = v128.load(from);
        const e = v128.load(from, IM);
        re = madd<f64>(a, c, nmadd<f64>(b, e, re));
        im = madd<f64>(a, e, madd<f64>(b, c, im));
      }
      const to = state + bits + offsetAt(offsets, i);
      v128.store(to, re);
      v128.store(to, im, IM);
    }
    bits = (bits - free) & free;
  } while (bits);
}
