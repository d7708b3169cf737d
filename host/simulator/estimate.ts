import type { Circuit } from "../circuit/circuit.ts";
import {
  type EstimateTape,
  encodeEstimate,
  type GradientSettings,
  gradientOf,
  isMeasured,
  type MeasureOptions,
} from "../circuit/noise/tape.ts";
import type { Ptr } from "../engine/kernels.ts";
import { NONE } from "../engine/memory.ts";
import { STREAMS } from "../engine/random.ts";
import type { Simulator } from "./instance.ts";
import { checkLength, jacobian, runCircuit, type Simulation, withRoom } from "./simulate.ts";

/** Which random numbers a run gets: those of other uses, and of other samples, are independent. */
export interface Draw {
  /** Number of the repetition; default 0. */
  use?: number;
  /** One number a row; default its index. */
  ids?: ArrayLike<number>;
  /** Of a folded circuit, see placeNoise. */
  origins?: readonly number[];
}

const ALIGNMENT = 64;
const MOST_BLOCKS = 16;

/** A circuit, its inputs and weights in the engine's memory. */
interface Placed {
  /** What the kernels take between what they write and the rows: x, weights, ids, tape, noise, scratch. */
  read: readonly [Ptr, Ptr, Ptr, Ptr, Ptr, Ptr];
  alloc(n: number): Ptr;
  view(at: Ptr, n: number): Float64Array<ArrayBuffer>;
}

function withEstimate<T>(
  engine: Simulator,
  circuit: Circuit,
  { tape, bytes, sizes }: EstimateTape,
  inputs: ArrayLike<number>,
  weights: ArrayLike<number>,
  ids: ArrayLike<number> | undefined,
  room: number,
  use: (placed: Placed) => T,
): T {
  const { kernels } = engine;
  const scratchBytes = kernels.quantumEstimateScratchBytes(...sizes) >>> 0;
  const needed =
    tape.bytes.length +
    bytes.length +
    scratchBytes +
    8 * (inputs.length + weights.length + room) +
    4 * (ids?.length ?? 0) +
    MOST_BLOCKS * ALIGNMENT;
  return withRoom(engine, circuit, needed, () => {
    const allocBytes = (size: number) => (kernels.alloc(Math.max(size, 16)) >>> 0) as Ptr;
    const alloc = (n: number) => allocBytes(8 * n);
    const view = (at: Ptr, n: number) => new Float64Array(engine.memory.buffer as ArrayBuffer, at, n);
    const put = (values: ArrayLike<number>) => {
      const at = alloc(values.length);
      view(at, values.length).set(values);
      return at;
    };
    const putBytes = (values: Uint8Array) => {
      const at = allocBytes(values.length);
      new Uint8Array(engine.memory.buffer, at, values.length).set(values);
      return at;
    };
    const [x, w, gates, noise] = [put(inputs), put(weights), putBytes(tape.bytes), putBytes(bytes)];
    const id = ids ? allocBytes(4 * ids.length) : NONE;
    if (ids) new Uint32Array(engine.memory.buffer as ArrayBuffer, id, ids.length).set(ids);
    return use({ read: [x, w, id, gates, noise, allocBytes(scratchBytes)], alloc, view });
  });
}

/**
 * The outputs for many inputs, with shots and noise; without either as runCircuit gives them.
 * @param inputs (N, circuit.numInputs), row-major; a circuit without inputs is run `rows` times
 * @returns (N, circuit.numOutputs)
 * @throws UsageError on options, noise or sizes that cannot be; HqcnnError when the memory does not suffice
 */
export function estimate(
  engine: Simulator,
  circuit: Circuit,
  inputs: ArrayLike<number>,
  weights: ArrayLike<number>,
  measure: MeasureOptions,
  { use = 0, ids, origins }: Draw = {},
  rows = circuit.numInputs > 0 ? inputs.length / circuit.numInputs : 1,
): Float64Array<ArrayBuffer> {
  checkLength("weights", weights, circuit.numWeights);
  checkLength("inputs", inputs, Math.floor(rows) * circuit.numInputs);
  if (!isMeasured(measure) && (circuit.numInputs > 0 || rows === 1))
    return runCircuit(engine, circuit, inputs, weights);
  const tape = encodeEstimate(circuit, measure, {}, origins);
  const room = rows * circuit.numOutputs;
  return withEstimate(engine, circuit, tape, inputs, weights, ids, room, ({ read, alloc, view }) => {
    const out = alloc(room);
    engine.kernels.quantumEstimateForward64(out, ...read, rows, tape.seed, STREAMS.measurement, use);
    return Float64Array.from(view(out, room));
  });
}

/**
 * The outputs of one sample and their derivatives by the method of the settings: [output][input] and
 * [output][weight].
 * @throws as estimate does, and for a method that does not go with shots or noise
 */
export function estimateJacobian(
  engine: Simulator,
  circuit: Circuit,
  inputs: ArrayLike<number>,
  weights: ArrayLike<number>,
  measure: MeasureOptions,
  settings: GradientSettings,
  { use = 0, ids = [0], origins }: Draw = {},
): Omit<Simulation, "state"> {
  const gradient = gradientOf(measure, settings, circuit);
  if (gradient === "adjoint") return jacobian(engine, circuit, inputs, weights);
  checkLength("inputs", inputs, circuit.numInputs);
  checkLength("weights", weights, circuit.numWeights);
  const { numInputs, numWeights, numOutputs: rows } = circuit;
  const tape = encodeEstimate(circuit, measure, { ...settings, gradient }, origins);
  // an output a row, of the same random numbers
  const all = Float64Array.from({ length: rows * numInputs }, (_, i) => inputs[i % numInputs]);
  const same = Array.from({ length: rows }, () => ids[0]);
  const room = rows * (1 + rows + numInputs + numWeights);
  return withEstimate(engine, circuit, tape, all, weights, same, room, ({ read, alloc, view }) => {
    const [out, dout, dx, dw] = [1, rows, numInputs, numWeights].map((width) => alloc(rows * width));
    const draw = [tape.seed, STREAMS.measurement, use] as const;
    engine.kernels.quantumEstimateForward64(out, ...read, 1, ...draw);
    const identity = view(dout, rows * rows).fill(0);
    for (let i = 0; i < rows; i++) identity[i * rows + i] = 1;
    engine.kernels.quantumEstimateJacobian64(dx, dw, dout, ...read, rows, ...draw);
    const table = (at: Ptr, width: number) =>
      Array.from({ length: rows }, (_, row) =>
        Array.from(view(at, rows * width).subarray(row * width, (row + 1) * width)),
      );
    return {
      outputs: Array.from(view(out, rows)),
      jacobianInputs: table(dx, numInputs),
      jacobianWeights: table(dw, numWeights),
    };
  });
}
