// The quantum layer: the outputs of the circuit on the tape, and their gradients by adjoint differentiation
// (https://arxiv.org/abs/2009.02823).
//   out, dout       (N, numOutputs)
//   x, dx           (N, numInputs)   angles of the embedding, or amplitudes
//   weights         (numWeights)     dweights the same
//   tape            see program.ts; it says how many wires, inputs, weights and outputs there are
//   scratch         quantumScratchBytes, 16-byte aligned; holds nothing between calls, but for quantumState
// Forward overwrites out. Backward recomputes the state, overwrites dx and accumulates (+=) into dweights. All arrays
// are T = f32, or T = f64 in the
// functions ending in 64. Lanes of the last group beyond N start from zero angles and zero dout; nothing beyond N is
// read or written. The sum of a
// weight's gradient: lane by lane in group order, then the lanes from first to last. Wires 1 … 20.

import { amplitudesBackward } from "./amplitudes";
import { undoGate } from "./gates";
import {
  AMPLITUDES,
  ANGLE_BYTES,
  applyRecord,
  flipOf,
  freeOf,
  index2Of,
  indexOf,
  kindOf,
  numInputsOf,
  numOpsOf,
  numValuesOf,
  numWeightsOf,
  operand,
  parityOf,
  prepareAngles,
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
import { lanes, MAX_WIRES, resetState, scatter, scatterState, stateBytes } from "./state";

// scratch: lane buffer | angles (numOps) | ket | bra (probabilities in the forward pass) | gradient sums (numWeights) |
// values | slopes
const BUFFER_BYTES: usize = 16;

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

function forward<T>(out: usize, x: usize, weights: usize, tape: usize, scratch: usize, N: i32): void {
  checkShape(scratch, tape, N);
  const angles = scratch + BUFFER_BYTES;
  const ket = ketOf(scratch, tape);
  const bra = ket + stateBytes(wiresOf(tape));
  const values = sumsOf(scratch, tape) + ((<usize>numWeightsOf(tape)) << 4);
  prepareAngles<T>(angles, weights, tape, 0, numOpsOf(tape));
  for (let n = 0; n < N; n += lanes<T>()) {
    runProgram<T>(ket, angles, x, weights, tape, scratch, n, N);
    readOut<T>(out, ket, bra, values, tape, scratch, n, N);
  }
}

/** Adds `gradient` to where the derivative by one factor of a parameter is summed. */
function addGradient<T>(
  gradient: v128,
  source: i32,
  index: i32,
  dx: usize,
  sums: usize,
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
  const sum = sums + ((<usize>index) << 4);
  v128.store(sum, v128.add<T>(v128.load(sum), gradient));
}

/** With `rows`, dweights is (N, numWeights) and overwritten: a row a sample. */
function backward<T>(
  dx: usize,
  dweights: usize,
  dout: usize,
  x: usize,
  weights: usize,
  tape: usize,
  scratch: usize,
  N: i32,
  rows: bool,
): void {
  checkShape(scratch, tape, N);
  const wires = wiresOf(tape);
  const numInputs = numInputsOf(tape);
  const numWeights = numWeightsOf(tape);
  const numOps = numOpsOf(tape);
  const angles = scratch + BUFFER_BYTES;
  const ket = ketOf(scratch, tape);
  const bra = ket + stateBytes(wires);
  const sums = sumsOf(scratch, tape);
  const values = sums + ((<usize>numWeights) << 4);
  const slopes = values + ((<usize>numValuesOf(tape)) << 4);
  prepareAngles<T>(angles, weights, tape, 0, numOps);
  memory.fill(sums, 0, (<usize>numWeights) << 4);
  memory.fill(dx, 0, <usize>N * <usize>numInputs * sizeof<T>());
  for (let n = 0; n < N; n += lanes<T>()) {
    runProgram<T>(ket, angles, x, weights, tape, scratch, n, N);
    applyReadout<T>(bra, ket, dout, values, slopes, tape, scratch, n, N);
    for (let op = numOps - 1; op >= 0; op--) {
      const record = recordAt(tape, op);
      const angle = angles + <usize>op * ANGLE_BYTES;
      const c = v128.load(angle);
      const s = v128.load(angle, 16);
      const source = sourceOf(record);
      const index = indexOf(record);
      if (kindOf(record) == AMPLITUDES) {
        amplitudesBackward<T>(dx, bra, ket, angle, scratch, n, N, index, numInputs, wires);
        continue;
      }
      if (source == SOURCE_ONE) {
        const back = v128.neg<T>(s);
        applyRecord<T>(record, ket, wires, c, back);
        applyRecord<T>(record, bra, wires, c, back);
        continue;
      }
      const overlap = undoGate<T>(
        kindOf(record),
        bra,
        ket,
        freeOf(record, wires),
        valueOf(record),
        flipOf(record),
        parityOf(record),
        c,
        s,
      );
      const gradient = v128.mul<T>(v128.splat<T>(<T>(2 * scaleOf(record))), overlap);
      const source2 = source2Of(record);
      if (source2 == SOURCE_ONE) {
        addGradient<T>(gradient, source, index, dx, sums, tape, scratch, n, N);
        continue;
      }
      const index2 = index2Of(record);
      const byFirst = v128.mul<T>(gradient, operand<T>(source2, index2, weights, x, scratch, n, N, numInputs));
      const bySecond = v128.mul<T>(gradient, operand<T>(source, index, weights, x, scratch, n, N, numInputs));
      addGradient<T>(byFirst, source, index, dx, sums, tape, scratch, n, N);
      addGradient<T>(bySecond, source2, index2, dx, sums, tape, scratch, n, N);
    }
    if (rows) {
      for (let i = 0; i < numWeights; i++)
        scatter<T>(scratch, dweights, v128.load(sums + ((<usize>i) << 4)), n, N, i, numWeights, false);
      memory.fill(sums, 0, (<usize>numWeights) << 4);
    }
  }
  if (rows) return;
  for (let i = 0; i < numWeights; i++) {
    let sum: T = 0;
    for (let lane = 0; lane < lanes<T>(); lane++) sum += load<T>(sums + <usize>i * 16 + <usize>lane * sizeof<T>());
    const to = dweights + <usize>i * sizeof<T>();
    store<T>(to, load<T>(to) + sum);
  }
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

/** out (N, numOutputs) is overwritten. */
export function quantumForward(out: usize, x: usize, weights: usize, tape: usize, scratch: usize, N: i32): void {
  forward<f32>(out, x, weights, tape, scratch, N);
}

/** dx is overwritten, dweights accumulated. */
export function quantumBackward(
  dx: usize,
  dweights: usize,
  dout: usize,
  x: usize,
  weights: usize,
  tape: usize,
  scratch: usize,
  N: i32,
): void {
  backward<f32>(dx, dweights, dout, x, weights, tape, scratch, N, false);
}

/**
 * Backward with dweights (N, numWeights), a row a sample, overwritten: N equal rows of x and dout = 1 give a Jacobian.
 */
export function quantumJacobian(
  dx: usize,
  dweights: usize,
  dout: usize,
  x: usize,
  weights: usize,
  tape: usize,
  scratch: usize,
  N: i32,
): void {
  backward<f32>(dx, dweights, dout, x, weights, tape, scratch, N, true);
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

export function quantumForward64(out: usize, x: usize, weights: usize, tape: usize, scratch: usize, N: i32): void {
  forward<f64>(out, x, weights, tape, scratch, N);
}

export function quantumBackward64(
  dx: usize,
  dweights: usize,
  dout: usize,
  x: usize,
  weights: usize,
  tape: usize,
  scratch: usize,
  N: i32,
): void {
  backward<f64>(dx, dweights, dout, x, weights, tape, scratch, N, false);
}

export function quantumJacobian64(
  dx: usize,
  dweights: usize,
  dout: usize,
  x: usize,
  weights: usize,
  tape: usize,
  scratch: usize,
  N: i32,
): void {
  backward<f64>(dx, dweights, dout, x, weights, tape, scratch, N, true);
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
