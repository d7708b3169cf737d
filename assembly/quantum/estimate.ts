// A circuit run as a device runs it (shots, noise: noise.ts), and gradients by running it again at other parameters.
//   out, dout   (N, numOutputs)     x, dx (N, numInputs)     weights, dweights (numWeights)   as in adjoint.ts
//   ids         (N) u32             which random numbers a sample gets; 0: its row
//   tape        the circuit (program.ts); noise: how it is run (noise.ts)
//   scratch     quantumEstimateScratchBytes, 16-byte aligned
// Forward overwrites out. Backward overwrites dx and accumulates (+=) into dweights, sample by sample; with rows,
// dweights is (N, numWeights) and overwritten. Arrays are T = f32, or f64 in the functions ending in 64; states and
// sums are f64 always, two samples in the lanes of a vector.
// A random number is a function of (seed, stream, use, id, evaluation, draw). Evaluation 0 is the forward pass.
// Methods of gradients:
//   SHIFT        of the angle α of one gate U = exp(−iαG): exact for exact values. G with eigenvalues ±1:
//                f′ = f(α + π/4) − f(α − π/4); 0 and 1: half the difference at ± π/2; 0 and ±1: four terms.
//                Schuld et al., https://arxiv.org/abs/1811.11184; Anselmetti et al., https://arxiv.org/abs/2104.05695
//   DIFFERENCES  (f(θ + h) − f(θ − h)) / 2h of every input and weight
//   SPSA         the same along random directions ±1 of all at once, the mean over `directions`
//                Spall, https://doi.org/10.1109/9.119632

import { sincos } from "../math";
import { philox4 } from "../random";
import { embedAmplitudes } from "./amplitudes";
import { applyDrawn, applySuperoperator, expandChannels, expandedAt, LOCAL_BYTES } from "./channels";
import { applyGate, GATE_PHASE, GATE_SWAP, GATE_Y } from "./gates";
import { Draws, measureState, putValues, unitOf } from "./measure";
import {
  channelAt,
  channelBytesOf,
  DENSITY,
  directionsOf,
  KET,
  methodOf,
  modeOf,
  numGroupsOf,
  numPlacementsOf,
  numReadoutsOf,
  numValuesOf,
  placementAt,
  readoutAt,
  shotsOf,
  stepOf,
  TRAJECTORIES,
  trajectoriesOf,
} from "./noise";
import {
  AMPLITUDES,
  ANGLE_BYTES,
  flipOf,
  freeOf,
  index2Of,
  indexOf,
  kindOf,
  numInputsOf,
  numOpsOf,
  numOutputsOf,
  numWeightsOf,
  parityOf,
  recordAt,
  scaleOf,
  shiftOf,
  SOURCE_INPUT,
  SOURCE_ONE,
  source2Of,
  sourceOf,
  valueOf,
  wiresOf,
} from "./program";
import { AMPLITUDE_SHIFT, IM, resetState, stateBytes } from "./state";

const SHIFT: i32 = 0;
const DIFFERENCES: i32 = 1;
const SPSA: i32 = 2;

const SPSA_DRAWS: u32 = 0x40000000;
const PI_4: f64 = 0.78539816339744830962;
// (√2 ± 1) / (2 √2): of a four-term rule in α = θ / 2
const FOUR_NEAR: f64 = 0.8535533905932737622;
const FOUR_FAR: f64 = 0.1464466094067262378;

/** Where the blocks of scratch are. */
@unmanaged
class Blocks {
  draws: Draws;
  words: usize;
  buffer: usize;
  local: usize;
  channels: usize;
  angles: usize;
  /** inputs, then weights: vectors */
  params: usize;
  saved: usize;
  gradient: usize;
  values: usize;
  slopes: usize;
  sums: usize;
  probs: usize;
  cumulative: usize;
  row: usize;
  state: usize;
  copy: usize;
}

const BLOCKS_BYTES: usize = 128;
const DRAWS_BYTES: usize = 32;

// @ts-ignore: decorator
@inline
function round16(bytes: usize): usize {
  return (bytes + 15) & ~(<usize>15);
}

/** States are doubled: a copy is what groups are rotated in, and where amplitudes of kets wait for their bras. */
function place(scratch: usize, tape: usize, noise: usize): Blocks {
  const blocks = changetype<Blocks>(scratch);
  const wires = wiresOf(tape);
  const params = <usize>numInputsOf(tape) + <usize>numWeightsOf(tape);
  const bytes = stateBytes(modeOf(noise) == DENSITY ? 2 * wires : wires);
  const at = scratch + BLOCKS_BYTES;
  blocks.draws = changetype<Draws>(at);
  blocks.words = at + DRAWS_BYTES;
  blocks.buffer = blocks.words + 16;
  blocks.local = blocks.buffer + 16;
  blocks.channels = blocks.local + round16(LOCAL_BYTES);
  blocks.angles = blocks.channels + round16(channelBytesOf(noise));
  blocks.params = blocks.angles + <usize>numOpsOf(tape) * ANGLE_BYTES;
  blocks.saved = blocks.params + (params << 4);
  blocks.gradient = blocks.saved + (params << 4);
  blocks.values = blocks.gradient + (params << 4);
  blocks.slopes = blocks.values + ((<usize>numValuesOf(noise)) << 4);
  blocks.sums = blocks.slopes + ((<usize>numValuesOf(noise)) << 4);
  blocks.probs = blocks.sums + ((<usize>numGroupsOf(noise)) << usize(wires + 4));
  blocks.cumulative = blocks.probs + ((<usize>1) << usize(wires + 4));
  blocks.row = blocks.cumulative + round16((<usize>8) << usize(wires));
  blocks.state = blocks.row + ((<usize>numInputsOf(tape)) << 4);
  blocks.copy = blocks.state + bytes;
  return blocks;
}

/** Bytes of scratch: sizes of both tapes' headers. stateWires: twice the wires for a density matrix. */
export function quantumEstimateScratchBytes(
  wires: i32,
  stateWires: i32,
  numInputs: i32,
  numWeights: i32,
  numOps: i32,
  numValues: i32,
  numGroups: i32,
  channelBytes: i32,
): u32 {
  const params = <usize>numInputs + <usize>numWeights;
  const fixed = BLOCKS_BYTES + DRAWS_BYTES + 32 + round16(LOCAL_BYTES) + round16(<usize>channelBytes);
  const basis = ((<usize>numGroups + 1) << usize(wires + 4)) + round16((<usize>8) << usize(wires));
  return <u32>(
    (fixed +
      <usize>numOps * ANGLE_BYTES +
      3 * (params << 4) +
      2 * ((<usize>numValues) << 4) +
      basis +
      ((<usize>numInputs) << 4) +
      2 * stateBytes(stateWires))
  );
}

// @ts-ignore: decorator
@inline
function paramAt(blocks: Blocks, tape: usize, source: i32, index: i32): usize {
  const first = source == SOURCE_INPUT ? 0 : numInputsOf(tape);
  return blocks.params + ((<usize>(first + index)) << 4);
}

/** The value of a parameter's factor. */
// @ts-ignore: decorator
@inline
function factorAt(blocks: Blocks, tape: usize, source: i32, index: i32): v128 {
  return source == SOURCE_ONE ? f64x2.splat(1) : v128.load(paramAt(blocks, tape, source, index));
}

/** Cosine and sine of one gate's α + shift. */
function putAngle(blocks: Blocks, tape: usize, op: i32, shift: f64): void {
  const record = recordAt(tape, op);
  if (kindOf(record) == AMPLITUDES) return;
  const parameter = v128.mul<f64>(
    factorAt(blocks, tape, sourceOf(record), indexOf(record)),
    factorAt(blocks, tape, source2Of(record), index2Of(record)),
  );
  const alpha = v128.mul<f64>(f64x2.splat(scaleOf(record)), parameter);
  sincos<f64>(blocks.angles + <usize>op * ANGLE_BYTES, v128.add<f64>(alpha, f64x2.splat(shiftOf(record) + shift)));
}

function putAngles(blocks: Blocks, tape: usize): void {
  for (let op = 0; op < numOpsOf(tape); op++) putAngle(blocks, tape, op, 0);
}

/** The samples n and n + 1 as vectors; beyond N: zeros. */
function loadParams<T>(blocks: Blocks, x: usize, weights: usize, ids: usize, tape: usize, n: i32, N: i32): void {
  const numInputs = numInputsOf(tape);
  const second = n + 1 < N;
  for (let i = 0; i < numInputs; i++) {
    const at = x + (<usize>n * <usize>numInputs + <usize>i) * sizeof<T>();
    const a = <f64>load<T>(at);
    const b = second ? <f64>load<T>(at + <usize>numInputs * sizeof<T>()) : 0;
    v128.store(blocks.params + ((<usize>i) << 4), f64x2.replace_lane(f64x2.splat(a), 1, b));
  }
  for (let i = 0; i < numWeightsOf(tape); i++) {
    const w = <f64>load<T>(weights + <usize>i * sizeof<T>());
    v128.store(blocks.params + ((<usize>(numInputs + i)) << 4), f64x2.splat(w));
  }
  const at = ids + ((<usize>n) << 2);
  blocks.draws.id0 = ids == 0 ? n : load<u32>(at);
  blocks.draws.id1 = !second ? 0 : ids == 0 ? n + 1 : load<u32>(at, 4);
}

/** One gate on kets, and its conjugate on bras. */
function applyBoth(blocks: Blocks, tape: usize, op: i32, wires: i32, density: bool): void {
  const record = recordAt(tape, op);
  const kind = kindOf(record);
  const angle = blocks.angles + <usize>op * ANGLE_BYTES;
  const c = v128.load(angle);
  const s = v128.load(angle, 16);
  const state = blocks.state;
  const value = valueOf(record);
  const flip = flipOf(record);
  const parity = parityOf(record);
  if (!density) {
    applyGate<f64>(kind, state, freeOf(record, wires), value, flip, parity, c, s);
    return;
  }
  const all = ((<usize>1) << usize(2 * wires)) - 1;
  const fixed = <usize>load<u32>(record, 20);
  const up = <usize>wires;
  const freeKet = (all & ~(fixed << up)) << AMPLITUDE_SHIFT;
  applyGate<f64>(kind, state, freeKet, value << up, flip << up, parity << up, c, s);
  // Y is real and SWAP has no angle; the others' conjugates turn back
  const conjugate = kind == GATE_Y || kind == GATE_SWAP ? s : v128.neg<f64>(s);
  applyGate<f64>(kind, state, (all & ~fixed) << AMPLITUDE_SHIFT, value, flip, parity, c, conjugate);
}

/** The state from the first 2^wires inputs; of a density matrix the product of kets and bras. */
function putAmplitudes(blocks: Blocks, tape: usize, op: i32, wires: i32, density: bool): void {
  const record = recordAt(tape, op);
  const numInputs = numInputsOf(tape);
  for (let i = 0; i < numInputs; i++) {
    const vector = v128.load(blocks.params + ((<usize>i) << 4));
    store<f64>(blocks.row + ((<usize>i) << 3), f64x2.extract_lane(vector, 0));
    store<f64>(blocks.row + ((<usize>(numInputs + i)) << 3), f64x2.extract_lane(vector, 1));
  }
  const ket = density ? blocks.copy : blocks.state;
  const angle = blocks.angles + <usize>op * ANGLE_BYTES;
  if (density) resetState<f64>(ket, wires);
  embedAmplitudes<f64>(ket, angle, blocks.row, blocks.buffer, 0, 2, indexOf(record), numInputs, wires);
  if (!density) return;
  const size = (<usize>1) << usize(wires);
  for (let i: usize = 0; i < size; i++) {
    const a = v128.load(ket + (i << AMPLITUDE_SHIFT));
    for (let j: usize = 0; j < size; j++) {
      const to = blocks.state + (((i << usize(wires)) | j) << AMPLITUDE_SHIFT);
      v128.store(to, v128.mul<f64>(a, v128.load(ket + (j << AMPLITUDE_SHIFT))));
      v128.store(to, i32x4.splat(0), IM);
    }
  }
}

/** Channels behind record `op` from placement i on; returns the next placement. */
function applyChannels(blocks: Blocks, noise: usize, i: i32, op: i32, wires: i32, trajectory: u32): i32 {
  const numPlacements = numPlacementsOf(noise);
  const draws = blocks.draws;
  while (i < numPlacements) {
    const placement = placementAt(noise, i);
    if (load<i32>(placement) != op) break;
    const channel = channelAt(noise, load<i32>(placement, 4));
    const expanded = expandedAt(channel, blocks.channels);
    const bit = load<i32>(placement, 8);
    const bit2 = load<i32>(placement, 12);
    if (modeOf(noise) == DENSITY) {
      applySuperoperator(channel, expanded, blocks.state, blocks.local, wires, bit, bit2);
    } else {
      const draw = trajectory * <u32>numPlacements + <u32>i;
      philox4(blocks.words, draws.seed, draws.stream, draw, draws.use, draws.id0, draws.evaluation);
      const u0 = unitOf(load<u32>(blocks.words));
      philox4(blocks.words, draws.seed, draws.stream, draw, draws.use, draws.id1, draws.evaluation);
      const u1 = unitOf(load<u32>(blocks.words));
      applyDrawn(channel, expanded, blocks.state, blocks.local, wires, bit, bit2, u0, u1);
    }
    i += 1;
  }
  return i;
}

/** values of the samples at hand, with the angles at hand. */
function evaluate(blocks: Blocks, tape: usize, noise: usize, evaluation: u32): void {
  const wires = wiresOf(tape);
  const mode = modeOf(noise);
  const density = mode == DENSITY;
  const trajectories = mode == TRAJECTORIES ? <u32>trajectoriesOf(noise) : 1;
  const shots = <u32>shotsOf(noise);
  blocks.draws.evaluation = evaluation;
  memory.fill(blocks.sums, 0, (<usize>numGroupsOf(noise)) << usize(wires + 4));
  for (let t: u32 = 0; t < trajectories; t++) {
    const first = <u32>((<u64>shots * t) / trajectories);
    const last = <u32>((<u64>shots * (t + 1)) / trajectories);
    if (shots > 0 && first == last) continue;
    resetState<f64>(blocks.state, density ? 2 * wires : wires);
    let next = mode == KET ? 0 : applyChannels(blocks, noise, 0, -1, wires, t);
    for (let op = 0; op < numOpsOf(tape); op++) {
      if (kindOf(recordAt(tape, op)) == AMPLITUDES) putAmplitudes(blocks, tape, op, wires, density);
      else applyBoth(blocks, tape, op, wires, density);
      if (mode != KET) next = applyChannels(blocks, noise, next, op, wires, t);
    }
    measureState(
      blocks.sums,
      blocks.state,
      blocks.copy,
      blocks.probs,
      blocks.cumulative,
      blocks.words,
      noise,
      wires,
      blocks.draws,
      first,
      last,
    );
  }
  const count = shots > 0 ? shots : trajectories;
  putValues(blocks.values, blocks.sums, noise, wires, 1 / <f64>count);
}

function begin(scratch: usize, tape: usize, noise: usize, seed: u32, stream: u32, use: u32): Blocks {
  assert((scratch & 15) == 0, "quantum: scratch must be 16-byte aligned");
  const blocks = place(scratch, tape, noise);
  blocks.draws.seed = seed;
  blocks.draws.stream = stream;
  blocks.draws.use = use;
  expandChannels(noise, blocks.channels);
  return blocks;
}

function forward<T>(
  out: usize,
  x: usize,
  weights: usize,
  ids: usize,
  tape: usize,
  noise: usize,
  scratch: usize,
  N: i32,
  seed: u32,
  stream: u32,
  use: u32,
): void {
  const blocks = begin(scratch, tape, noise, seed, stream, use);
  const numOutputs = numOutputsOf(tape);
  for (let n = 0; n < N; n += 2) {
    loadParams<T>(blocks, x, weights, ids, tape, n, N);
    putAngles(blocks, tape);
    evaluate(blocks, tape, noise, 0);
    for (let k = 0; k < numOutputs; k++) {
      const to = out + (<usize>n * <usize>numOutputs + <usize>k) * sizeof<T>();
      const from = blocks.values + ((<usize>k) << 4);
      store<T>(to, <T>load<f64>(from));
      if (n + 1 < N) store<T>(to + <usize>numOutputs * sizeof<T>(), <T>load<f64>(from, 8));
    }
  }
}

/** Σ slope · value: the loss as far as it depends on the circuit. */
function slopedSum(blocks: Blocks, noise: usize): v128 {
  let sum = i32x4.splat(0);
  for (let k = 0; k < numValuesOf(noise); k++) {
    const at = (<usize>k) << 4;
    sum = v128.add<f64>(sum, v128.mul<f64>(v128.load(blocks.slopes + at), v128.load(blocks.values + at)));
  }
  return sum;
}

/** The values without the squares of means that variances subtract; their slopes have them. */
function linearSum(blocks: Blocks, tape: usize, noise: usize, evaluation: u32): v128 {
  evaluate(blocks, tape, noise, evaluation);
  for (let r = 0; r < numReadoutsOf(noise); r++) {
    const readout = readoutAt(noise, r);
    if (load<i32>(readout) != 2) continue;
    const target = blocks.values + ((<usize>load<i32>(readout, 4)) << 4);
    const mean = v128.load(blocks.values + ((<usize>load<i32>(readout, 16)) << 4));
    v128.store(target, v128.add<f64>(v128.load(target), v128.mul<f64>(mean, mean)));
  }
  return slopedSum(blocks, noise);
}

/** Slopes of every value: dout, and of means that variances square −2 · slope · mean. */
function putSlopes<T>(blocks: Blocks, dout: usize, tape: usize, noise: usize, n: i32, N: i32): void {
  const numOutputs = numOutputsOf(tape);
  memory.fill(blocks.slopes, 0, (<usize>numValuesOf(noise)) << 4);
  for (let k = 0; k < numOutputs; k++) {
    const from = dout + (<usize>n * <usize>numOutputs + <usize>k) * sizeof<T>();
    const to = blocks.slopes + ((<usize>k) << 4);
    store<f64>(to, <f64>load<T>(from));
    if (n + 1 < N) store<f64>(to, <f64>load<T>(from + <usize>numOutputs * sizeof<T>()), 8);
  }
  let evaluated = false;
  for (let r = 0; r < numReadoutsOf(noise); r++) {
    const readout = readoutAt(noise, r);
    if (load<i32>(readout) != 2) continue;
    if (!evaluated) evaluate(blocks, tape, noise, 0);
    evaluated = true;
    const second = (<usize>load<i32>(readout, 16)) << 4;
    const slope = v128.load(blocks.slopes + ((<usize>load<i32>(readout, 4)) << 4));
    const product = v128.mul<f64>(slope, v128.load(blocks.values + second));
    v128.store(
      blocks.slopes + second,
      v128.sub<f64>(v128.load(blocks.slopes + second), v128.add<f64>(product, product)),
    );
  }
}

// @ts-ignore: decorator
@inline
function addTo(at: usize, by: v128): void {
  v128.store(at, v128.add<f64>(v128.load(at), by));
}

function difference(blocks: Blocks, tape: usize, noise: usize, op: i32, shift: f64, evaluation: u32): v128 {
  putAngle(blocks, tape, op, shift);
  const plus = linearSum(blocks, tape, noise, evaluation);
  putAngle(blocks, tape, op, -shift);
  return v128.sub<f64>(plus, linearSum(blocks, tape, noise, evaluation + 1));
}

/** Adds to the gradient by the rule of every gate. */
function byShifts(blocks: Blocks, tape: usize, noise: usize): void {
  let evaluation: u32 = 1;
  const move = blocks.gradient - blocks.params;
  for (let op = 0; op < numOpsOf(tape); op++) {
    const record = recordAt(tape, op);
    const kind = kindOf(record);
    const source = sourceOf(record);
    if (source == SOURCE_ONE || kind == AMPLITUDES) continue;
    let slope: v128;
    if (kind == GATE_PHASE) {
      slope = v128.mul<f64>(f64x2.splat(0.5), difference(blocks, tape, noise, op, 2 * PI_4, evaluation));
      evaluation += 2;
    } else if (load<u32>(record, 24) == 0) {
      // no control: besides those, only the first flipped wire is fixed, to 0
      slope = difference(blocks, tape, noise, op, PI_4, evaluation);
      evaluation += 2;
    } else {
      const near = difference(blocks, tape, noise, op, PI_4, evaluation);
      const far = difference(blocks, tape, noise, op, 3 * PI_4, evaluation + 2);
      slope = v128.sub<f64>(v128.mul<f64>(f64x2.splat(FOUR_NEAR), near), v128.mul<f64>(f64x2.splat(FOUR_FAR), far));
      evaluation += 4;
    }
    putAngle(blocks, tape, op, 0);
    slope = v128.mul<f64>(slope, f64x2.splat(scaleOf(record)));
    const source2 = source2Of(record);
    const first = paramAt(blocks, tape, source, indexOf(record));
    if (source2 == SOURCE_ONE) {
      addTo(first + move, slope);
      continue;
    }
    const second = paramAt(blocks, tape, source2, index2Of(record));
    addTo(first + move, v128.mul<f64>(slope, v128.load(second)));
    addTo(second + move, v128.mul<f64>(slope, v128.load(first)));
  }
}

function byDifferences(blocks: Blocks, tape: usize, noise: usize): void {
  const h = stepOf(noise);
  const count = numInputsOf(tape) + numWeightsOf(tape);
  for (let i = 0; i < count; i++) {
    const at = blocks.params + ((<usize>i) << 4);
    const own = v128.load(at);
    v128.store(at, v128.add<f64>(own, f64x2.splat(h)));
    putAngles(blocks, tape);
    const plus = linearSum(blocks, tape, noise, 1 + 2 * <u32>i);
    v128.store(at, v128.sub<f64>(own, f64x2.splat(h)));
    putAngles(blocks, tape);
    const minus = linearSum(blocks, tape, noise, 2 + 2 * <u32>i);
    v128.store(at, own);
    v128.store(blocks.gradient + ((<usize>i) << 4), v128.mul<f64>(v128.sub<f64>(plus, minus), f64x2.splat(0.5 / h)));
  }
  putAngles(blocks, tape);
}

/** +1 or −1 for one sample, direction and parameter. */
function signOf(blocks: Blocks, id: u32, index: u32): f64 {
  const draws = blocks.draws;
  philox4(blocks.words, draws.seed, draws.stream, SPSA_DRAWS | index, draws.use, id, 0);
  return load<u32>(blocks.words) >>> 31 ? 1 : -1;
}

function moveAll(blocks: Blocks, tape: usize, first: u32, by: f64): void {
  const count = numInputsOf(tape) + numWeightsOf(tape);
  for (let i = 0; i < count; i++) {
    const at = blocks.params + ((<usize>i) << 4);
    const a = by * signOf(blocks, blocks.draws.id0, first + <u32>i);
    const b = by * signOf(blocks, blocks.draws.id1, first + <u32>i);
    addTo(at, f64x2.replace_lane(f64x2.splat(a), 1, b));
  }
  putAngles(blocks, tape);
}

function bySpsa(blocks: Blocks, tape: usize, noise: usize): void {
  const h = stepOf(noise);
  const count = numInputsOf(tape) + numWeightsOf(tape);
  const directions = directionsOf(noise);
  const bytes = (<usize>count) << 4;
  for (let d = 0; d < directions; d++) {
    const first = <u32>(d * count);
    // kept as they are: adding and subtracting would round
    const saved = blocks.saved;
    memory.copy(saved, blocks.params, bytes);
    moveAll(blocks, tape, first, h);
    const plus = linearSum(blocks, tape, noise, 1 + 2 * <u32>d);
    memory.copy(blocks.params, saved, bytes);
    moveAll(blocks, tape, first, -h);
    const minus = linearSum(blocks, tape, noise, 2 + 2 * <u32>d);
    memory.copy(blocks.params, saved, bytes);
    const slope = v128.mul<f64>(v128.sub<f64>(plus, minus), f64x2.splat(0.5 / (h * <f64>directions)));
    for (let i = 0; i < count; i++) {
      const a = signOf(blocks, blocks.draws.id0, first + <u32>i);
      const b = signOf(blocks, blocks.draws.id1, first + <u32>i);
      addTo(blocks.gradient + ((<usize>i) << 4), v128.mul<f64>(slope, f64x2.replace_lane(f64x2.splat(a), 1, b)));
    }
  }
  putAngles(blocks, tape);
}

function backward<T>(
  dx: usize,
  dweights: usize,
  dout: usize,
  x: usize,
  weights: usize,
  ids: usize,
  tape: usize,
  noise: usize,
  scratch: usize,
  N: i32,
  rows: bool,
  seed: u32,
  stream: u32,
  use: u32,
): void {
  const blocks = begin(scratch, tape, noise, seed, stream, use);
  const numInputs = numInputsOf(tape);
  const numWeights = numWeightsOf(tape);
  const method = methodOf(noise);
  for (let n = 0; n < N; n += 2) {
    loadParams<T>(blocks, x, weights, ids, tape, n, N);
    putAngles(blocks, tape);
    putSlopes<T>(blocks, dout, tape, noise, n, N);
    memory.fill(blocks.gradient, 0, (<usize>(numInputs + numWeights)) << 4);
    if (method == SHIFT) byShifts(blocks, tape, noise);
    else if (method == DIFFERENCES) byDifferences(blocks, tape, noise);
    else {
      assert(method == SPSA, "quantum: unknown method of gradients on the noise tape");
      bySpsa(blocks, tape, noise);
    }
    for (let lane = 0; lane < 2 && n + lane < N; lane++) {
      const row = <usize>(n + lane);
      const own = blocks.gradient + ((<usize>lane) << 3);
      for (let i = 0; i < numInputs; i++) {
        store<T>(dx + (row * <usize>numInputs + <usize>i) * sizeof<T>(), <T>load<f64>(own + ((<usize>i) << 4)));
      }
      for (let i = 0; i < numWeights; i++) {
        const gradient = <T>load<f64>(own + ((<usize>(numInputs + i)) << 4));
        const to = dweights + ((rows ? row * <usize>numWeights : 0) + <usize>i) * sizeof<T>();
        store<T>(to, rows ? gradient : load<T>(to) + gradient);
      }
    }
  }
}

export function quantumEstimateForward(
  out: usize,
  x: usize,
  weights: usize,
  ids: usize,
  tape: usize,
  noise: usize,
  scratch: usize,
  N: i32,
  seed: u32,
  stream: u32,
  use: u32,
): void {
  forward<f32>(out, x, weights, ids, tape, noise, scratch, N, seed, stream, use);
}

export function quantumEstimateBackward(
  dx: usize,
  dweights: usize,
  dout: usize,
  x: usize,
  weights: usize,
  ids: usize,
  tape: usize,
  noise: usize,
  scratch: usize,
  N: i32,
  seed: u32,
  stream: u32,
  use: u32,
): void {
  backward<f32>(dx, dweights, dout, x, weights, ids, tape, noise, scratch, N, false, seed, stream, use);
}

export function quantumEstimateForward64(
  out: usize,
  x: usize,
  weights: usize,
  ids: usize,
  tape: usize,
  noise: usize,
  scratch: usize,
  N: i32,
  seed: u32,
  stream: u32,
  use: u32,
): void {
  forward<f64>(out, x, weights, ids, tape, noise, scratch, N, seed, stream, use);
}

/** Backward with dweights (N, numWeights), a row a sample, overwritten. */
export function quantumEstimateJacobian64(
  dx: usize,
  dweights: usize,
  dout: usize,
  x: usize,
  weights: usize,
  ids: usize,
  tape: usize,
  noise: usize,
  scratch: usize,
  N: i32,
  seed: u32,
  stream: u32,
  use: u32,
): void {
  backward<f64>(dx, dweights, dout, x, weights, ids, tape, noise, scratch, N, true, seed, stream, use);
}
