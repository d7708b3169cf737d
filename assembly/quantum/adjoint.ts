// The quantum layer: the outputs of the circuit on the tape, and their gradients by adjoint differentiation
// (https://arxiv.org/abs/2009.02823).
//   out, dout       (N, numOutputs)
//   x, dx           (N, numInputs)   angles of the embedding, or amplitudes
//   weights         (numWeights)     dweights the same
//   tape            see program.ts; it says how many wires, inputs, weights and outputs there are
//   kets            the final states, quantumKetsBytes for N samples, or 0: written by forward, used up by backward
//   scratch         quantumScratchBytes, 16-byte aligned; holds nothing between calls, but for quantumState
// Forward overwrites out. Backward recomputes the states unless they were kept, overwrites dx and accumulates (+=) into
// dweights. All arrays are T = f32, or T = f64 in the functions ending in 64.
// Lanes of the last group beyond N start from zero angles and zero dout; nothing beyond N is
// read or written.
// The sum of a weight's gradient: lane by lane in group order, then the lanes from first to last. Wires 1 … 20.

import { amplitudesBackward } from "./amplitudes";
import { undoGate } from "./gates";
import {
  AMPLITUDES,
  ANGLE_BYTES,
  applyRecord,
  flipOf,
  freeOf,
  fusedTo,
  index2Of,
  indexOf,
  inputAngles,
  kindOf,
  numInputsOf,
  numOpsOf,
  numValuesOf,
  numWeightsOf,
  operand,
  parityOf,
  prepareAngles,
  RECORD_BYTES,
  recordAt,
  runGates,
  runProgram,
  scaleOf,
  SOURCE_INPUT,
  SOURCE_ONE,
  source2Of,
  sourceOf,
  valueOf,
  wiresOf,
} from "./program";
import { applyReadout, readOut } from "./readout";
import { MOST_FUSED, undoRotations } from "./rotations";
import { lanes, MAX_WIRES, resetState, scatter, scatterState, stateBytes } from "./state";

// scratch: lane buffer, sums of one pass | angles (numOps) | ket | bra (probabilities in the forward pass) |
// gradient sums (numWeights) | values | slopes
const LANE_BYTES: usize = 16;
const BUFFER_BYTES: usize = LANE_BYTES + 16 * <usize>MOST_FUSED;

/** Bytes of scratch that every function here needs, for f32 and f64 alike. Sizes are those of the tape's header. */
export function quantumScratchBytes(wires: i32, numWeights: i32, numOps: i32, numValues: i32): u32 {
  return <u32>(
    (BUFFER_BYTES +
      <usize>numOps * ANGLE_BYTES +
      2 * stateBytes(wires) +
      <usize>numWeights * 16 +
      <usize>numValues * 32)
  );
}

/** Bytes of the states of N samples in f32; wires up to 20. */
export function quantumKetsBytes(wires: i32, N: i32): f64 {
  return Math.ceil(<f64>N / 4) * <f64>stateBytes(wires);
}

function checkShape(scratch: usize, tape: usize, N: i32): void {
  assert(wiresOf(tape) >= 1 && wiresOf(tape) <= MAX_WIRES, "quantum: wires must be 1 to 20");
  assert(N >= 0 && numInputsOf(tape) >= 0 && numOpsOf(tape) >= 0, "quantum: negative size");
  assert((scratch & 15) == 0, "quantum: scratch must be 16-byte aligned");
}

// @ts-ignore: decorator
@inline
function ketOf(scratch: usize, tape: usize): usize {
  return scratch + BUFFER_BYTES + <usize>numOpsOf(tape) * ANGLE_BYTES;
}

// @ts-ignore: decorator
@inline
function sumsOf(scratch: usize, tape: usize): usize {
  return ketOf(scratch, tape) + 2 * stateBytes(wiresOf(tape));
}

/** Where the state of the samples n, n+1, … is kept from forward for backward; 0 if it is not. */
// @ts-ignore: decorator
@inline
function keptFor<T>(kets: usize, tape: usize, n: i32): usize {
  // amplitudes keep their norm among the angles, which are not kept
  if (kets == 0 || (numOpsOf(tape) > 0 && kindOf(recordAt(tape, 0)) == AMPLITUDES)) return 0;
  return kets + <usize>(n / lanes<T>()) * stateBytes(wiresOf(tape));
}

function forward<T>(out: usize, kets: usize, x: usize, weights: usize, tape: usize, scratch: usize, N: i32): void {
  checkShape(scratch, tape, N);
  const angles = scratch + BUFFER_BYTES;
  const own = ketOf(scratch, tape);
  const bra = own + stateBytes(wiresOf(tape));
  const values = sumsOf(scratch, tape) + ((<usize>numWeightsOf(tape)) << 4);
  prepareAngles<T>(angles, weights, tape, 0, numOpsOf(tape));
  for (let n = 0; n < N; n += lanes<T>()) {
    const kept = keptFor<T>(kets, tape, n);
    const ket = kept ? kept : own;
    runProgram<T>(ket, angles, x, weights, tape, scratch, n, N);
    readOut<T>(out, ket, bra, values, tape, scratch, n, N);
  }
}

/**
 * Adds `gradient` to where the derivative by one factor of a parameter is summed: to the rows n, n+1, … of dx, or to
 * `sums`; with `rows`, sums is (N, numWeights).
 */
function addGradient<T>(
  gradient: v128,
  source: i32,
  index: i32,
  dx: usize,
  sums: usize,
  rows: bool,
  tape: usize,
  scratch: usize,
  n: i32,
  N: i32,
): void {
  if (source == SOURCE_INPUT) {
    scatter<T>(scratch, dx, gradient, n, N, index, numInputsOf(tape), true);
    return;
  }
  assert(<u32>index < <u32>numWeightsOf(tape), "quantum: weight index beyond numWeights");
  if (rows) {
    scatter<T>(scratch, sums, gradient, n, N, index, numWeightsOf(tape), true);
    return;
  }
  const sum = sums + ((<usize>index) << 4);
  v128.store(sum, v128.add<T>(v128.load(sum), gradient));
}

/**
 * Goes back through all gates with `bras` bras, one after the other in memory, of one ket, for the samples n, n+1, … of
 * each bra; parameters are those of the samples xn, xn+1, … of the xN rows of x.
 */
function sweep<T>(
  dx: usize,
  sums: usize,
  rows: bool,
  ket: usize,
  first: usize,
  bras: i32,
  x: usize,
  weights: usize,
  tape: usize,
  scratch: usize,
  n: i32,
  N: i32,
  xn: i32,
  xN: i32,
): void {
  const wires = wiresOf(tape);
  const numInputs = numInputsOf(tape);
  const angles = scratch + BUFFER_BYTES;
  const overlaps = scratch + LANE_BYTES;
  let op = numOpsOf(tape) - 1;
  while (op >= 0) {
    const count = fusedTo(tape, op);
    op -= count;
    const record = recordAt(tape, op + 1);
    const angle = angles + <usize>(op + 1) * ANGLE_BYTES;
    const c = v128.load(angle);
    const s = v128.load(angle, 16);
    const fixed = count == 1 && sourceOf(record) == SOURCE_ONE && kindOf(record) != AMPLITUDES;
    if (fixed) applyRecord<T>(record, ket, wires, c, v128.neg<T>(s));
    for (let b = 0; b < bras; b++) {
      const bra = first + <usize>b * stateBytes(wires);
      const row = n + b * lanes<T>();
      if (fixed) {
        applyRecord<T>(record, bra, wires, c, v128.neg<T>(s));
        continue;
      }
      if (kindOf(record) == AMPLITUDES) {
        amplitudesBackward<T>(dx, bra, ket, angle, scratch, row, N, indexOf(record), numInputs, wires);
        continue;
      }
      const free = freeOf(record, wires);
      const value = valueOf(record);
      const flip = flipOf(record);
      const turnsKet = b == bras - 1;
      if (count == 1) {
        v128.store(
          overlaps,
          undoGate<T>(kindOf(record), bra, ket, free, value, flip, parityOf(record), c, s, turnsKet),
        );
      } else undoRotations<T>(count, overlaps, bra, ket, free, value, flip, angle, turnsKet);
      for (let k = count - 1; k >= 0; k--) {
        const at = record + <usize>k * RECORD_BYTES;
        const source = sourceOf(at);
        if (source == SOURCE_ONE) continue;
        const index = indexOf(at);
        const overlap = v128.load(overlaps + ((<usize>k) << 4));
        const gradient = v128.mul<T>(v128.splat<T>(<T>(2 * scaleOf(at))), overlap);
        const source2 = source2Of(at);
        if (source2 == SOURCE_ONE) {
          addGradient<T>(gradient, source, index, dx, sums, rows, tape, scratch, row, N);
          continue;
        }
        const index2 = index2Of(at);
        const byFirst = v128.mul<T>(gradient, operand<T>(source2, index2, weights, x, scratch, xn, xN, numInputs));
        const bySecond = v128.mul<T>(gradient, operand<T>(source, index, weights, x, scratch, xn, xN, numInputs));
        addGradient<T>(byFirst, source, index, dx, sums, rows, tape, scratch, row, N);
        addGradient<T>(bySecond, source2, index2, dx, sums, rows, tape, scratch, row, N);
      }
    }
  }
}

/** With `rows`, dweights is (N, numWeights) and overwritten: a row a sample. */
function backward<T>(
  dx: usize,
  dweights: usize,
  dout: usize,
  x: usize,
  weights: usize,
  kets: usize,
  tape: usize,
  scratch: usize,
  N: i32,
  rows: bool,
): void {
  checkShape(scratch, tape, N);
  const wires = wiresOf(tape);
  const numWeights = numWeightsOf(tape);
  const angles = scratch + BUFFER_BYTES;
  const own = ketOf(scratch, tape);
  const bra = own + stateBytes(wires);
  const sums = sumsOf(scratch, tape);
  const values = sums + ((<usize>numWeights) << 4);
  const slopes = values + ((<usize>numValuesOf(tape)) << 4);
  prepareAngles<T>(angles, weights, tape, 0, numOpsOf(tape));
  memory.fill(sums, 0, (<usize>numWeights) << 4);
  memory.fill(dx, 0, <usize>N * <usize>numInputsOf(tape) * sizeof<T>());
  if (rows) memory.fill(dweights, 0, <usize>N * <usize>numWeights * sizeof<T>());
  for (let n = 0; n < N; n += lanes<T>()) {
    const kept = keptFor<T>(kets, tape, n);
    const ket = kept ? kept : own;
    if (kept) inputAngles<T>(angles, x, weights, tape, scratch, n, N);
    else runProgram<T>(ket, angles, x, weights, tape, scratch, n, N);
    applyReadout<T>(bra, ket, dout, values, slopes, tape, scratch, n, N);
    sweep<T>(dx, rows ? dweights : sums, rows, ket, bra, 1, x, weights, tape, scratch, n, N, n, N);
  }
  if (rows) return;
  for (let i = 0; i < numWeights; i++) {
    let sum: T = 0;
    for (let lane = 0; lane < lanes<T>(); lane++) sum += load<T>(sums + <usize>i * 16 + <usize>lane * sizeof<T>());
    const to = dweights + <usize>i * sizeof<T>();
    store<T>(to, load<T>(to) + sum);
  }
}

/** Bytes of scratch of quantumJacobian: those of quantumScratchBytes, and a state for every group of rows. */
export function quantumJacobianScratchBytes(wires: i32, numWeights: i32, numOps: i32, numValues: i32, rows: i32): u32 {
  const groups = <u32>((rows + 1) >> 1); // of two rows, as f64 has them
  return quantumScratchBytes(wires, numWeights, numOps, numValues) + groups * <u32>stateBytes(wires);
}

/** x holds the one sample once for every lane. */
function jacobian<T>(
  dx: usize,
  dweights: usize,
  dout: usize,
  x: usize,
  weights: usize,
  tape: usize,
  scratch: usize,
  rows: i32,
): void {
  checkShape(scratch, tape, rows);
  const wires = wiresOf(tape);
  const numWeights = numWeightsOf(tape);
  const angles = scratch + BUFFER_BYTES;
  const ket = ketOf(scratch, tape);
  const values = sumsOf(scratch, tape) + ((<usize>numWeights) << 4);
  const slopes = values + ((<usize>numValuesOf(tape)) << 4);
  const bras = slopes + ((<usize>numValuesOf(tape)) << 4);
  memory.fill(dx, 0, <usize>rows * <usize>numInputsOf(tape) * sizeof<T>());
  memory.fill(dweights, 0, <usize>rows * <usize>numWeights * sizeof<T>());
  prepareAngles<T>(angles, weights, tape, 0, numOpsOf(tape));
  runProgram<T>(ket, angles, x, weights, tape, scratch, 0, lanes<T>());
  let groups = 0;
  for (let n = 0; n < rows; n += lanes<T>()) {
    const bra = bras + <usize>groups * stateBytes(wires);
    applyReadout<T>(bra, ket, dout, values, slopes, tape, scratch, n, rows);
    groups++;
  }
  sweep<T>(dx, dweights, true, ket, bras, groups, x, weights, tape, scratch, 0, rows, 0, lanes<T>());
}

function stateBetween<T>(
  re: usize,
  im: usize,
  x: usize,
  weights: usize,
  tape: usize,
  scratch: usize,
  N: i32,
  first: i32,
  last: i32,
): void {
  checkShape(scratch, tape, N);
  assert(first >= 0 && first <= last && last <= numOpsOf(tape), "quantum: gates beyond the tape");
  assert(first == 0 || N <= lanes<T>(), "quantum: only one group of samples stays in scratch");
  const angles = scratch + BUFFER_BYTES;
  const ket = ketOf(scratch, tape);
  prepareAngles<T>(angles, weights, tape, first, last);
  for (let n = 0; n < N; n += lanes<T>()) {
    if (first == 0) resetState<T>(ket, wiresOf(tape));
    runGates<T>(ket, angles, x, weights, tape, scratch, n, N, first, last);
    scatterState<T>(re, im, ket, scratch, n, N, wiresOf(tape));
  }
}

/** out (N, numOutputs) and kets are overwritten. */
export function quantumForward(
  out: usize,
  kets: usize,
  x: usize,
  weights: usize,
  tape: usize,
  scratch: usize,
  N: i32,
): void {
  forward<f32>(out, kets, x, weights, tape, scratch, N);
}

/** dx is overwritten, dweights accumulated; what kets hold afterwards is of no use. */
export function quantumBackward(
  dx: usize,
  dweights: usize,
  dout: usize,
  x: usize,
  weights: usize,
  kets: usize,
  tape: usize,
  scratch: usize,
  N: i32,
): void {
  backward<f32>(dx, dweights, dout, x, weights, kets, tape, scratch, N, false);
}

/** Backward with dweights (N, numWeights), a row a sample, overwritten. */
export function quantumRows(
  dx: usize,
  dweights: usize,
  dout: usize,
  x: usize,
  weights: usize,
  tape: usize,
  scratch: usize,
  N: i32,
): void {
  backward<f32>(dx, dweights, dout, x, weights, 0, tape, scratch, N, true);
}

/**
 * The gradients of `rows` rows of dout at one sample, in one sweep: x holds the sample once for every lane (f32: 4,
 * f64: 2); dx (rows, numInputs) and dweights (rows, numWeights) are overwritten. dout = 1 gives the Jacobian.
 * scratch is quantumJacobianScratchBytes.
 */
export function quantumJacobian(
  dx: usize,
  dweights: usize,
  dout: usize,
  x: usize,
  weights: usize,
  tape: usize,
  scratch: usize,
  rows: i32,
): void {
  jacobian<f32>(dx, dweights, dout, x, weights, tape, scratch, rows);
}

/**
 * The state of every sample after the gates first … last − 1, from |0…0⟩ if first is 0 and else from where the call
 * before left it in scratch (samples of
 * one group only): re, im (N, 2^wires).
 */
export function quantumState(
  re: usize,
  im: usize,
  x: usize,
  weights: usize,
  tape: usize,
  scratch: usize,
  N: i32,
  first: i32,
  last: i32,
): void {
  stateBetween<f32>(re, im, x, weights, tape, scratch, N, first, last);
}

export function quantumForward64(
  out: usize,
  kets: usize,
  x: usize,
  weights: usize,
  tape: usize,
  scratch: usize,
  N: i32,
): void {
  forward<f64>(out, kets, x, weights, tape, scratch, N);
}

export function quantumBackward64(
  dx: usize,
  dweights: usize,
  dout: usize,
  x: usize,
  weights: usize,
  kets: usize,
  tape: usize,
  scratch: usize,
  N: i32,
): void {
  backward<f64>(dx, dweights, dout, x, weights, kets, tape, scratch, N, false);
}

export function quantumRows64(
  dx: usize,
  dweights: usize,
  dout: usize,
  x: usize,
  weights: usize,
  tape: usize,
  scratch: usize,
  N: i32,
): void {
  backward<f64>(dx, dweights, dout, x, weights, 0, tape, scratch, N, true);
}

export function quantumJacobian64(
  dx: usize,
  dweights: usize,
  dout: usize,
  x: usize,
  weights: usize,
  tape: usize,
  scratch: usize,
  rows: i32,
): void {
  jacobian<f64>(dx, dweights, dout, x, weights, tape, scratch, rows);
}

export function quantumState64(
  re: usize,
  im: usize,
  x: usize,
  weights: usize,
  tape: usize,
  scratch: usize,
  N: i32,
  first: i32,
  last: i32,
): void {
  stateBetween<f64>(re, im, x, weights, tape, scratch, N, first, last);
}
