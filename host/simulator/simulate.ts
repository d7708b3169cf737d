import { HqcnnError, UsageError } from "../check.ts";
import type { Circuit } from "../circuit/circuit.ts";
import { lowerOperation } from "../circuit/gates.ts";
import { encodeTape } from "../circuit/tape.ts";

/**
 * What simulating needs of an engine instance: its arena and the functions of assembly/quantum/adjoint.ts. Numbers are
 * addresses or sizes.
 */
export interface QuantumEngine {
  readonly memory: { readonly buffer: ArrayBuffer | SharedArrayBuffer };
  /** Whether nothing else lies in its arena, so that it may be reserved anew for a larger circuit (see simulatorOf). */
  readonly growable?: boolean;
  readonly kernels: {
    reserve(bytes: number): number;
    available(): number;
    alloc(bytes: number): number;
    mark(): number;
    reset(to: number): void;
    quantumScratchBytes(wires: number, numWeights: number, numOps: number, numValues: number): number;
  } & Record<`quantum${Run}${"" | "64"}`, (...args: never[]) => void>;
}

type Arena = "reserve" | "available" | "mark" | "reset";
type Run = "Forward" | "State" | "Jacobian";
export type Precision = "f32" | "f64";

/** Amplitudes of the 2^wires basis states, wire 0 the most significant bit. */
export interface Amplitudes {
  re: number[];
  im: number[];
}

/** One run of a circuit. Rows are outputs: ⟨Z⟩ on every wire unless the circuit says otherwise. */
export interface Simulation {
  outputs: number[];
  /** Derivatives of the outputs, [output][input] and [output][weight] */
  jacobianInputs: number[][];
  jacobianWeights: number[][];
  state: Amplitudes;
}

/**
 * Runs the circuit on the engine: the final state, the outputs and their derivatives by adjoint differentiation.
 * @param inputs angles in radians, circuit.numInputs of them; weights likewise
 * @param precision f64 (default), or f32 as in the network
 * @throws UsageError when inputs or weights have another length, HqcnnError when the memory does not suffice
 */
export function simulate(
  engine: QuantumEngine,
  circuit: Circuit,
  inputs: ArrayLike<number>,
  weights: ArrayLike<number>,
  precision: Precision = "f64",
): Simulation {
  const { outputs, jacobianInputs, jacobianWeights } = jacobian(engine, circuit, inputs, weights, precision);
  return { outputs, jacobianInputs, jacobianWeights, state: finalState(engine, circuit, inputs, weights, precision) };
}

/** The outputs and their derivatives: simulate without the state. */
export function jacobian(
  engine: QuantumEngine,
  circuit: Circuit,
  inputs: ArrayLike<number>,
  weights: ArrayLike<number>,
  precision: Precision = "f64",
): Omit<Simulation, "state"> {
  checkLength("inputs", inputs, circuit.numInputs);
  checkLength("weights", weights, circuit.numWeights);
  const { numInputs, numWeights, numOutputs } = circuit;
  // An output a row, so that lanes are filled: the same inputs in every row, dout the identity.
  const rows = new Float64Array(numOutputs * numInputs);
  for (let row = 0; row < numOutputs; row++) rows.set(Array.from(inputs), row * numInputs);
  const room = numOutputs * (1 + numOutputs + numInputs + numWeights);
  return withCircuit(engine, circuit, rows, weights, precision, room, ({ call, alloc, view, x, w, tape, scratch }) => {
    const [out, dout, dx, dw] = [1, numOutputs, numInputs, numWeights].map((width) => alloc(numOutputs * width));
    call("Forward", out, x, w, tape, scratch, 1);
    const identity = view(dout, numOutputs * numOutputs).fill(0);
    for (let i = 0; i < numOutputs; i++) identity[i * numOutputs + i] = 1;
    call("Jacobian", dx, dw, dout, x, w, tape, scratch, numOutputs);
    const table = (at: number, width: number) => rowsOf(view(at, numOutputs * width), numOutputs);
    return {
      outputs: Array.from(view(out, numOutputs)),
      jacobianInputs: table(dx, numInputs),
      jacobianWeights: table(dw, numWeights),
    };
  });
}

/** The final state. @throws as simulate does */
export function finalState(
  engine: QuantumEngine,
  circuit: Circuit,
  inputs: ArrayLike<number>,
  weights: ArrayLike<number>,
  precision: Precision = "f64",
): Amplitudes {
  checkLength("inputs", inputs, circuit.numInputs);
  checkLength("weights", weights, circuit.numWeights);
  const size = 2 ** circuit.numWires;
  return withCircuit(engine, circuit, inputs, weights, precision, 2 * size, (placed) => {
    const { call, alloc, view, x, w, tape, scratch, numOps } = placed;
    const [re, im] = [size, size].map(alloc);
    call("State", re, im, x, w, tape, scratch, 1, 0, numOps);
    return { re: Array.from(view(re, size)), im: Array.from(view(im, size)) };
  });
}

/**
 * The outputs for many inputs at once.
 * @param inputs (N, circuit.numInputs), row-major; a circuit without inputs is run once
 * @returns (N, circuit.numOutputs)
 * @throws UsageError when there are no whole rows of inputs, or not circuit.numWeights weights; HqcnnError when the
 *   memory does not suffice
 */
export function runCircuit(
  engine: QuantumEngine,
  circuit: Circuit,
  inputs: ArrayLike<number>,
  weights: ArrayLike<number>,
  precision: Precision = "f64",
): Float64Array<ArrayBuffer> {
  const { numInputs, numOutputs } = circuit;
  const N = numInputs === 0 ? 1 : inputs.length / numInputs;
  if (!Number.isInteger(N) || (numInputs === 0 && inputs.length > 0)) {
    throw new UsageError(`circuit: expected rows of ${numInputs} inputs, got ${inputs.length}`);
  }
  checkLength("weights", weights, circuit.numWeights);
  const room = N * numOutputs;
  return withCircuit(
    engine,
    circuit,
    inputs,
    weights,
    precision,
    room,
    ({ call, alloc, view, x, w, tape, scratch }) => {
      const out = alloc(room);
      call("Forward", out, x, w, tape, scratch, N);
      return Float64Array.from(view(out, room));
    },
  );
}

/**
 * Derivatives of one output by all inputs, for many inputs at once, in f64.
 * @param inputs (N, circuit.numInputs), row-major; the circuit has no weights
 * @returns (N, circuit.numInputs)
 * @throws UsageError when there are no whole rows; HqcnnError when the memory does not suffice
 */
export function inputGradients(
  engine: QuantumEngine,
  circuit: Circuit,
  inputs: ArrayLike<number>,
  output: number,
): Float64Array<ArrayBuffer> {
  const { numInputs, numOutputs } = circuit;
  const N = inputs.length / numInputs;
  if (!Number.isInteger(N)) {
    throw new UsageError(`circuit: expected rows of ${numInputs} inputs, got ${inputs.length}`);
  }
  checkLength("weights", [], circuit.numWeights);
  const room = N * (numInputs + numOutputs);
  return withCircuit(engine, circuit, inputs, [], "f64", room, ({ call, alloc, view, x, w, tape, scratch }) => {
    const [dx, dout] = [numInputs, numOutputs].map((width) => alloc(N * width));
    const chosen = view(dout, N * numOutputs).fill(0);
    for (let n = 0; n < N; n++) chosen[n * numOutputs + output] = 1;
    call("Jacobian", dx, 0, dout, x, w, tape, scratch, N);
    return Float64Array.from(view(dx, N * numInputs));
  });
}

/**
 * The state before the first operation and after each one, in f64: one entry more than the circuit has operations.
 * @throws UsageError when inputs or weights have another length
 */
export function statesBetween(
  engine: QuantumEngine,
  circuit: Circuit,
  inputs: ArrayLike<number>,
  weights: ArrayLike<number>,
): Amplitudes[] {
  checkLength("inputs", inputs, circuit.numInputs);
  checkLength("weights", weights, circuit.numWeights);
  const { numWires, operations } = circuit;
  const size = 2 ** numWires;
  return withCircuit(engine, circuit, inputs, weights, "f64", 2 * size, (placed) => {
    const { call, alloc, view, x, w, tape, scratch } = placed;
    const [re, im] = [size, size].map(alloc);
    let last = 0;
    return [0, ...operations.map((operation) => lowerOperation(operation).length)].map((length) => {
      const first = last;
      last += length;
      call("State", re, im, x, w, tape, scratch, 1, first, last);
      return { re: Array.from(view(re, size)), im: Array.from(view(im, size)) };
    });
  });
}

/** A circuit, its inputs and weights in the engine's memory, and how to run it again. */
interface Placed {
  call(name: Run, ...args: number[]): void;
  /** Numbers → their address */
  alloc(n: number): number;
  view(at: number, n: number): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
  x: number;
  w: number;
  tape: number;
  scratch: number;
  numOps: number;
}

/** Of the arena's blocks; see assembly/memory.ts. */
const ALIGNMENT = 64;
/** Blocks that one run may allocate, each with padding. */
const MOST_BLOCKS = 16;

/** Calls `use` with everything in memory and room for so many numbers more, and frees it afterwards. */
function withCircuit<T>(
  engine: QuantumEngine,
  circuit: Circuit,
  inputs: ArrayLike<number>,
  weights: ArrayLike<number>,
  precision: Precision,
  room: number,
  use: (placed: Placed) => T,
): T {
  const { kernels } = engine;
  const { bytes, numOps, numValues } = encodeTape(circuit);
  const Numbers = precision === "f64" ? Float64Array : Float32Array;
  const suffix = precision === "f64" ? "64" : "";
  const scratchBytes = kernels.quantumScratchBytes(circuit.numWires, circuit.numWeights, numOps, numValues) >>> 0;
  const needed =
    bytes.length +
    scratchBytes +
    Numbers.BYTES_PER_ELEMENT * (inputs.length + weights.length + room) +
    MOST_BLOCKS * ALIGNMENT;
  return withRoom(engine, circuit, needed, () => {
    const allocBytes = (size: number) => kernels.alloc(Math.max(size, 16)) >>> 0;
    const alloc = (n: number) => allocBytes(n * Numbers.BYTES_PER_ELEMENT);
    const view = (at: number, n: number) => new Numbers(engine.memory.buffer as ArrayBuffer, at, n);
    const put = (values: ArrayLike<number>) => {
      const at = alloc(values.length);
      view(at, values.length).set(values);
      return at;
    };
    const tape = allocBytes(bytes.length);
    new Uint8Array(engine.memory.buffer, tape, bytes.length).set(bytes);
    const [x, w] = [inputs, weights].map(put);
    const scratch = allocBytes(scratchBytes);
    const call: Placed["call"] = (name, ...args) =>
      (kernels[`quantum${name}${suffix}`] as (...args: number[]) => void)(...args);
    return use({ call, alloc, view, x, w, tape, scratch, numOps });
  });
}

/**
 * Calls `use` where the arena has room for so many bytes, and frees what it allocates.
 * @throws HqcnnError when the memory does not suffice
 */
export function withRoom<T>(
  engine: Pick<QuantumEngine, "growable"> & { kernels: Pick<QuantumEngine["kernels"], Arena> },
  circuit: Circuit,
  needed: number,
  use: () => T,
): T {
  const { kernels } = engine;
  if (kernels.available() >>> 0 < needed && !(engine.growable && needed < 2 ** 32 && kernels.reserve(needed))) {
    throw new HqcnnError(
      `circuit: ${circuit.numWires} wires and ${circuit.numOutputs} outputs need ${Math.ceil(needed / 2 ** 20)} MiB of the engine's memory, and it did not get them: use fewer wires, or fewer rows at once`,
    );
  }
  const mark = kernels.mark();
  try {
    return use();
  } finally {
    kernels.reset(mark);
  }
}

/** A flat table as `count` rows. */
function rowsOf(values: ArrayLike<number>, count: number): number[][] {
  const width = values.length / count;
  const all = Array.from(values);
  return Array.from({ length: count }, (_, row) => all.slice(row * width, (row + 1) * width));
}

export function checkLength(what: string, values: ArrayLike<number>, length: number): void {
  if (values.length !== length) throw new UsageError(`circuit: expected ${length} ${what}, got ${values.length}`);
}
