// The tape, written by host/circuit/tape.ts: a header of 32 bytes, a record of 56 bytes a gate, then the readouts
// (readout.ts).
//   i32 wires, numInputs, numWeights, numOps, numOutputs, numReadouts, numValues; 4 bytes of nothing
// A record:
//   i32 kind      X, Y, Z, PHASE, SWAP (gates.ts); AMPLITUDES (amplitudes.ts), first on the tape or nowhere: 2^wires
//                 inputs from `index` on
//   i32 source    what the parameter is: 0 the number 1, 1 an input, 2 a weight
//   i32 index     of that input or weight
//   i32 source2, index2   what it is multiplied by, in the same way
//   i32 fixed     basis-index bits that do not run over both values …
//   i32 value     … and the values they have
//   i32 flip, parity   basis-index bits, see gates.ts
//   4 bytes of nothing
//   f64 scale, shift   α = scale · parameter + shift
// One pair of vectors (cos α, sin α) a record lies in `angles`: what no input stands in is filled in once a call,
// inputs once a group.

import { sincos } from "../math";
import { embedAmplitudes } from "./amplitudes";
import { applyGate, GATE_Y, GATE_Z } from "./gates";
import { applyRotations } from "./rotations";
import { AMPLITUDE_SHIFT, gather, resetState } from "./state";

export const HEADER_BYTES: usize = 32;
export const RECORD_BYTES: usize = 56;
export const ANGLE_BYTES: usize = 32;
/** The kind that is no gate: it makes the state. */
export const AMPLITUDES: i32 = 5;
export const SOURCE_ONE: i32 = 0;
export const SOURCE_INPUT: i32 = 1;
export const SOURCE_WEIGHT: i32 = 2;

// @ts-ignore: decorator
@inline
export function wiresOf(tape: usize): i32 {
  return load<i32>(tape, 0);
}
// @ts-ignore: decorator
@inline
export function numInputsOf(tape: usize): i32 {
  return load<i32>(tape, 4);
}
// @ts-ignore: decorator
@inline
export function numWeightsOf(tape: usize): i32 {
  return load<i32>(tape, 8);
}
// @ts-ignore: decorator
@inline
export function numOpsOf(tape: usize): i32 {
  return load<i32>(tape, 12);
}
// @ts-ignore: decorator
@inline
export function numOutputsOf(tape: usize): i32 {
  return load<i32>(tape, 16);
}
// @ts-ignore: decorator
@inline
export function numReadoutsOf(tape: usize): i32 {
  return load<i32>(tape, 20);
}
// @ts-ignore: decorator
@inline
export function numValuesOf(tape: usize): i32 {
  return load<i32>(tape, 24);
}
/** Address of a gate's record. */
// @ts-ignore: decorator
@inline
export function recordAt(tape: usize, op: i32): usize {
  return tape + HEADER_BYTES + <usize>op * RECORD_BYTES;
}
/** Address of the readouts. */
export function readoutsOf(tape: usize): usize {
  return recordAt(tape, numOpsOf(tape));
}

// @ts-ignore: decorator
@inline
export function kindOf(record: usize): i32 {
  return load<i32>(record, 0);
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
export function source2Of(record: usize): i32 {
  return load<i32>(record, 12);
}
// @ts-ignore: decorator
@inline
export function index2Of(record: usize): i32 {
  return load<i32>(record, 16);
}
// @ts-ignore: decorator
@inline
export function freeOf(record: usize, wires: i32): usize {
  return ((((<usize>1) << wires) - 1) & ~(<usize>load<u32>(record, 20))) << AMPLITUDE_SHIFT;
}
// @ts-ignore: decorator
@inline
export function valueOf(record: usize): usize {
  return (<usize>load<u32>(record, 24)) << AMPLITUDE_SHIFT;
}
// @ts-ignore: decorator
@inline
export function flipOf(record: usize): usize {
  return (<usize>load<u32>(record, 28)) << AMPLITUDE_SHIFT;
}
// @ts-ignore: decorator
@inline
export function parityOf(record: usize): usize {
  return (<usize>load<u32>(record, 32)) << AMPLITUDE_SHIFT;
}
// @ts-ignore: decorator
@inline
export function scaleOf(record: usize): f64 {
  return load<f64>(record, 40);
}
// @ts-ignore: decorator
@inline
export function shiftOf(record: usize): f64 {
  return load<f64>(record, 48);
}
/** Whether the angle differs from sample to sample. */
// @ts-ignore: decorator
@inline
export function hasInput(record: usize): bool {
  return sourceOf(record) == SOURCE_INPUT || source2Of(record) == SOURCE_INPUT;
}

/** A factor of a parameter for the samples n, n+1, …; `buffer` is 16 bytes. */
export function operand<T>(
  source: i32,
  index: i32,
  weights: usize,
  x: usize,
  buffer: usize,
  n: i32,
  N: i32,
  numInputs: i32,
): v128 {
  if (source == SOURCE_INPUT) {
    assert(<u32>index < <u32>numInputs, "quantum: input index beyond numInputs");
    return gather<T>(buffer, x, n, N, index, numInputs);
  }
  if (source == SOURCE_WEIGHT) return v128.splat<T>(load<T>(weights + <usize>index * sizeof<T>()));
  return v128.splat<T>(<T>1);
}

/** Fills in the angles that all samples share of the gates first … last − 1, in f64 whatever T is. */
export function prepareAngles<T>(angles: usize, weights: usize, tape: usize, first: i32, last: i32): void {
  for (let op = first; op < last; op++) {
    const record = recordAt(tape, op);
    if (hasInput(record)) continue;
    const angle = angles + <usize>op * ANGLE_BYTES;
    let parameter: f64 = 1;
    if (sourceOf(record) == SOURCE_WEIGHT) parameter = <f64>load<T>(weights + <usize>indexOf(record) * sizeof<T>());
    if (source2Of(record) == SOURCE_WEIGHT) parameter *= <f64>load<T>(weights + <usize>index2Of(record) * sizeof<T>());
    const scaled = scaleOf(record) * parameter;
    const shift = shiftOf(record);
    sincos<f64>(angle, f64x2.splat(shift == 0 ? scaled : scaled + shift));
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
  weights: usize,
  tape: usize,
  buffer: usize,
  n: i32,
  N: i32,
): void {
  resetState<T>(state, wiresOf(tape));
  runGates<T>(state, angles, x, weights, tape, buffer, n, N, 0, numOpsOf(tape));
}

/** Whether the gate of `record` acts on the same pairs as that of `first`, with no sign that differs between them. */
function actsAs(record: usize, first: usize): bool {
  const fixed = load<u32>(record, 20);
  const value = load<u32>(record, 24);
  const parity = load<u32>(record, 32);
  return (
    fixed == load<u32>(first, 20) &&
    value == load<u32>(first, 24) &&
    load<u32>(record, 28) == load<u32>(first, 28) &&
    (parity & ~fixed) == 0 &&
    (parity & value) == 0
  );
}

/** How many gates from `op` to `last` − 1 rotations.ts does in one pass: 3, 2 or else 1. */
export function fusedFrom(tape: usize, op: i32, last: i32): i32 {
  const first = recordAt(tape, op);
  const kind = kindOf(first);
  if ((kind != GATE_Z && kind != GATE_Y) || op + 2 > last || !actsAs(first, first)) return 1;
  const second = first + RECORD_BYTES;
  const needed = kind == GATE_Z ? GATE_Y : GATE_Z;
  if (kindOf(second) != needed || !actsAs(second, first)) return 1;
  if (kind == GATE_Y) return 2;
  const third = second + RECORD_BYTES;
  return op + 3 <= last && kindOf(third) == GATE_Z && actsAs(third, first) ? 3 : 1;
}

/** How many gates up to and with `op` rotations.ts undoes in one pass. */
export function fusedTo(tape: usize, op: i32): i32 {
  if (op >= 2 && fusedFrom(tape, op - 2, op + 1) == 3) return 3;
  return op >= 1 && fusedFrom(tape, op - 1, op + 1) == 2 ? 2 : 1;
}

/** Fills in the angle of a gate that an input stands in, for the samples n, n+1, … */
function inputAngle<T>(
  angle: usize,
  record: usize,
  x: usize,
  weights: usize,
  buffer: usize,
  n: i32,
  N: i32,
  numInputs: i32,
): void {
  let parameter = operand<T>(sourceOf(record), indexOf(record), weights, x, buffer, n, N, numInputs);
  if (source2Of(record) != SOURCE_ONE) {
    parameter = v128.mul<T>(
      parameter,
      operand<T>(source2Of(record), index2Of(record), weights, x, buffer, n, N, numInputs),
    );
  }
  let alpha = v128.mul<T>(v128.splat<T>(<T>scaleOf(record)), parameter);
  const shift = shiftOf(record);
  if (shift != 0) alpha = v128.add<T>(alpha, v128.splat<T>(<T>shift));
  sincos<T>(angle, alpha);
}

/** Fills in the angles of all gates that an input stands in, for the samples n, n+1, … */
export function inputAngles<T>(
  angles: usize,
  x: usize,
  weights: usize,
  tape: usize,
  buffer: usize,
  n: i32,
  N: i32,
): void {
  for (let op = 0; op < numOpsOf(tape); op++) {
    const record = recordAt(tape, op);
    if (hasInput(record))
      inputAngle<T>(angles + <usize>op * ANGLE_BYTES, record, x, weights, buffer, n, N, numInputsOf(tape));
  }
}

/** The gates first … last − 1 on the state. */
export function runGates<T>(
  state: usize,
  angles: usize,
  x: usize,
  weights: usize,
  tape: usize,
  buffer: usize,
  n: i32,
  N: i32,
  first: i32,
  last: i32,
): void {
  const wires = wiresOf(tape);
  const numInputs = numInputsOf(tape);
  let op = first;
  while (op < last) {
    const record = recordAt(tape, op);
    const angle = angles + <usize>op * ANGLE_BYTES;
    if (kindOf(record) == AMPLITUDES) {
      embedAmplitudes<T>(state, angle, x, buffer, n, N, indexOf(record), numInputs, wires);
      op++;
      continue;
    }
    const count = fusedFrom(tape, op, last);
    for (let k = 0; k < count; k++) {
      const at = record + <usize>k * RECORD_BYTES;
      if (hasInput(at)) {
        inputAngle<T>(angle + <usize>k * ANGLE_BYTES, at, x, weights, buffer, n, N, numInputs);
      }
    }
    if (count == 1) applyRecord<T>(record, state, wires, v128.load(angle), v128.load(angle, 16));
    else applyRotations<T>(count, state, freeOf(record, wires), valueOf(record), flipOf(record), angle);
    op += count;
  }
}

/** Applies one gate to state with the given cosine and sine. */
export function applyRecord<T>(record: usize, state: usize, wires: i32, c: v128, s: v128): void {
  applyGate<T>(kindOf(record), state, freeOf(record, wires), valueOf(record), flipOf(record), parityOf(record), c, s);
}
