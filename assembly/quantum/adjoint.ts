// The quantum layer: out = ⟨Z_w⟩ of the circuit on the tape, and its gradients by adjoint differentiation
// (https://arxiv.org/abs/2009.02823).
//   out, dout       (N, wires)
//   x, dx           (N, numInputs)   angles of the embedding, or amplitudes
//   weights         (numWeights)     dweights the same
//   tape            numOps records, see program.ts
//   scratch         quantumScratchBytes, 16-byte aligned; holds nothing between calls
// Forward overwrites out. Backward recomputes the state, overwrites dx and accumulates (+=) into dweights. All arrays
// are T = f32, or T = f64 in the functions ending in 64. Lanes of the last group beyond N start from zero angles and
// zero dout; nothing beyond N is read or written. The sum of a weight's gradient: lane by lane in group order, then the
// lanes from first to last. Wires 1 … 12.

import { amplitudesBackward } from "./amplitudes";
import { undoGate } from "./gates";
import { applyObservable, expvalZ } from "./expval";
import {
  AMPLITUDES,
  ANGLE_BYTES,
  applyRecord,
  flipOf,
  freeOf,
  indexOf,
  kindOf,
  parityOf,
  prepareAngles,
  RECORD_BYTES,
  runProgram,
  scaleOf,
  secondOf,
  SOURCE_CONSTANT,
  SOURCE_INPUT,
  sourceOf,
  valueOf,
} from "./program";
import { gather, lanes, MAX_WIRES, scatter, scatterState, stateBytes } from "./state";

// scratch: lane buffer | angles (numOps) | ket | bra (probabilities in the forward pass) | gradient sums (numWeights)
const BUFFER_BYTES: usize = 16;

/** Bytes of scratch that every function here needs, for f32 and f64 alike. */
export function quantumScratchBytes(wires: i32, numWeights: i32, numOps: i32): i32 {
  return <i32>(BUFFER_BYTES + <usize>numOps * ANGLE_BYTES + 2 * stateBytes(wires) + <usize>numWeights * 16);
}

function checkShape(scratch: usize, N: i32, numInputs: i32, wires: i32, numOps: i32): void {
  assert(wires >= 1 && wires <= MAX_WIRES, "quantum: wires must be 1 to 12");
  assert(N >= 0 && numInputs >= 0 && numOps >= 0, "quantum: negative size");
  assert((scratch & 15) == 0, "quantum: scratch must be 16-byte aligned");
}

function forward<T>(
  out: usize,
  x: usize,
  weights: usize,
  tape: usize,
  scratch: usize,
  N: i32,
  numInputs: i32,
  wires: i32,
  numOps: i32,
): void {
  checkShape(scratch, N, numInputs, wires, numOps);
  const angles = scratch + BUFFER_BYTES;
  const ket = angles + <usize>numOps * ANGLE_BYTES;
  prepareAngles<T>(angles, weights, tape, numOps);
  for (let n = 0; n < N; n += lanes<T>()) {
    runProgram<T>(ket, angles, x, tape, scratch, n, N, numInputs, wires, numOps);
    expvalZ<T>(out, ket, ket + stateBytes(wires), scratch, n, N, wires);
  }
}

function backward<T>(
  dx: usize,
  dweights: usize,
  dout: usize,
  x: usize,
  weights: usize,
  tape: usize,
  scratch: usize,
  N: i32,
  numInputs: i32,
  numWeights: i32,
  wires: i32,
  numOps: i32,
): void {
  checkShape(scratch, N, numInputs, wires, numOps);
  const angles = scratch + BUFFER_BYTES;
  const ket = angles + <usize>numOps * ANGLE_BYTES;
  const bra = ket + stateBytes(wires);
  const sums = bra + stateBytes(wires);
  prepareAngles<T>(angles, weights, tape, numOps);
  memory.fill(sums, 0, <usize>numWeights * 16);
  memory.fill(dx, 0, <usize>N * <usize>numInputs * sizeof<T>());
  for (let n = 0; n < N; n += lanes<T>()) {
    runProgram<T>(ket, angles, x, tape, scratch, n, N, numInputs, wires, numOps);
    applyObservable<T>(bra, ket, dout, scratch, n, N, wires);
    for (let op = numOps - 1; op >= 0; op--) {
      const record = tape + <usize>op * RECORD_BYTES;
      const angle = angles + <usize>op * ANGLE_BYTES;
      const c = v128.load(angle);
      const s = v128.load(angle, 16);
      const source = sourceOf(record);
      const index = indexOf(record);
      if (kindOf(record) == AMPLITUDES) {
        amplitudesBackward<T>(dx, bra, ket, angle, scratch, n, N, index, numInputs, wires);
        continue;
      }
      if (source == SOURCE_CONSTANT) {
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
      if (source == SOURCE_INPUT) {
        const second = secondOf(record);
        if (second < 0) {
          scatter<T>(scratch, dx, gradient, n, N, index, numInputs, true);
        } else {
          const byFirst = v128.mul<T>(gradient, gather<T>(scratch, x, n, N, second, numInputs));
          const bySecond = v128.mul<T>(gradient, gather<T>(scratch, x, n, N, index, numInputs));
          scatter<T>(scratch, dx, byFirst, n, N, index, numInputs, true);
          scatter<T>(scratch, dx, bySecond, n, N, second, numInputs, true);
        }
      } else {
        assert(<u32>index < <u32>numWeights, "quantum: weight index beyond numWeights");
        const sum = sums + <usize>index * 16;
        v128.store(sum, v128.add<T>(v128.load(sum), gradient));
      }
    }
  }
  for (let i = 0; i < numWeights; i++) {
    let sum: T = 0;
    for (let lane = 0; lane < lanes<T>(); lane++) sum += load<T>(sums + <usize>i * 16 + <usize>lane * sizeof<T>());
    const to = dweights + <usize>i * sizeof<T>();
    store<T>(to, load<T>(to) + sum);
  }
}

function finalState<T>(
  re: usize,
  im: usize,
  x: usize,
  weights: usize,
  tape: usize,
  scratch: usize,
  N: i32,
  numInputs: i32,
  wires: i32,
  numOps: i32,
): void {
  checkShape(scratch, N, numInputs, wires, numOps);
  const angles = scratch + BUFFER_BYTES;
  const ket = angles + <usize>numOps * ANGLE_BYTES;
  prepareAngles<T>(angles, weights, tape, numOps);
  for (let n = 0; n < N; n += lanes<T>()) {
    runProgram<T>(ket, angles, x, tape, scratch, n, N, numInputs, wires, numOps);
    scatterState<T>(re, im, ket, scratch, n, N, wires);
  }
}

/** out (N, wires): ⟨Z⟩ on every wire. */
export function quantumForward(
  out: usize,
  x: usize,
  weights: usize,
  tape: usize,
  scratch: usize,
  N: i32,
  numInputs: i32,
  wires: i32,
  numOps: i32,
): void {
  forward<f32>(out, x, weights, tape, scratch, N, numInputs, wires, numOps);
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
  numInputs: i32,
  numWeights: i32,
  wires: i32,
  numOps: i32,
): void {
  backward<f32>(dx, dweights, dout, x, weights, tape, scratch, N, numInputs, numWeights, wires, numOps);
}

/** The final state of every sample: re, im (N, 2^wires). */
export function quantumState(
  re: usize,
  im: usize,
  x: usize,
  weights: usize,
  tape: usize,
  scratch: usize,
  N: i32,
  numInputs: i32,
  wires: i32,
  numOps: i32,
): void {
  finalState<f32>(re, im, x, weights, tape, scratch, N, numInputs, wires, numOps);
}

export function quantumForward64(
  out: usize,
  x: usize,
  weights: usize,
  tape: usize,
  scratch: usize,
  N: i32,
  numInputs: i32,
  wires: i32,
  numOps: i32,
): void {
  forward<f64>(out, x, weights, tape, scratch, N, numInputs, wires, numOps);
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
  numInputs: i32,
  numWeights: i32,
  wires: i32,
  numOps: i32,
): void {
  backward<f64>(dx, dweights, dout, x, weights, tape, scratch, N, numInputs, numWeights, wires, numOps);
}

export function quantumState64(
  re: usize,
  im: usize,
  x: usize,
  weights: usize,
  tape: usize,
  scratch: usize,
  N: i32,
  numInputs: i32,
  wires: i32,
  numOps: i32,
): void {
  finalState<f64>(re, im, x, weights, tape, scratch, N, numInputs, wires, numOps);
}
