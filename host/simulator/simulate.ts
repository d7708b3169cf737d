import { HqcnnError, UsageError } from "../check.ts";
import type { Circuit } from "../circuit/circuit.ts";
import { lowerOperation } from "../circuit/gates.ts";
import { MEMORY_BYTES, mebibytes, mostWires } from "../circuit/limits.ts";
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
    quantumJacobianScratchBytes(
      wires: number,
      numWeights: number,
      numOps: number,
      numValues: number,
      rows: number,
    ): number;
  } & Record<`quantum${Run}${"" | "64"}`, (...args: never[]) => void>;
}

type Arena = "reserve" | "available" | "mark" | "reset";
type Run = "Forward" | "State" | "Rows" | "Jacobian";
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
  const rows = Math.min(rowsAtOnce(circuit), Math.max(numOutputs, 1));
  // The kernel reads the one sample once for every lane.
  const x = new Float64Array(LANES[precision] * numInputs);
  for (let lane = 0; lane < LANES[precision]; lane++) x.set(Array.from(inputs), lane * numInputs);
  const room = numOutputs * (1 + numInputs + numWeights) + rows * numOutputs;
  const options = { precision, room, rows };
  return withCircuit(engine, circuit, x, weights, options, ({ call, alloc, view, bytes, ...at }) => {
    const [out, dx, dw] = [1, numInputs, numWeights].map((width) => alloc(numOutputs * width));
    const dout = alloc(rows * numOutputs);
    const read = [at.x, at.w, at.tape, at.scratch] as const;
    call("Forward", out, 0, ...read, 1);
    for (let first = 0; first < numOutputs; first += rows) {
      const count = Math.min(rows, numOutputs - first);
      const identity = view(dout, count * numOutputs).fill(0);
      for (let i = 0; i < count; i++) identity[i * numOutputs + first + i] = 1;
      call("Jacobian", dx + bytes(first * numInputs), dw + bytes(first * numWeights), dout, ...read, count);
    }
    const table = (from: number, width: number) => rowsOf(view(from, numOutputs * width), numOutputs);
    return {
      outputs: listOf(view(out, numOutputs)),
      jacobianInputs: table(dx, numInputs),
      jacobianWeights: table(dw, numWeights),
    };
  });
}

/** Samples in one group of states: assembly/quantum/state.ts. */
const LANES = { f32: 4, f64: 2 };
/** Outputs whose derivatives share one sweep back: their states lie in memory together, at most so many bytes. */
const MOST_ROWS = 32;
const MOST_BYTES = 2 ** 26;

function rowsAtOnce({ numWires }: Circuit): number {
  const groups = Math.floor(MOST_BYTES / (32 * 2 ** numWires));
  return Math.min(MOST_ROWS, Math.max(2, groups) * LANES.f64);
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
  return withCircuit(engine, circuit, inputs, weights, { precision, room: 2 * size }, (placed) => {
    const { call, alloc, view, x, w, tape, scratch, numOps } = placed;
    const [re, im] = [size, size].map(alloc);
    call("State", re, im, x, w, tape, scratch, 1, 0, numOps);
    return { re: listOf(view(re, size)), im: listOf(view(im, size)) };
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
  return withCircuit(engine, circuit, inputs, weights, { precision, room }, (placed) => {
    const { call, alloc, view, x, w, tape, scratch } = placed;
    const out = alloc(room);
    call("Forward", out, 0, x, w, tape, scratch, N);
    return Float64Array.from(view(out, room));
  });
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
  return withCircuit(engine, circuit, inputs, [], { room }, ({ call, alloc, view, x, w, tape, scratch }) => {
    const [dx, dout] = [numInputs, numOutputs].map((width) => alloc(N * width));
    const chosen = view(dout, N * numOutputs).fill(0);
    for (let n = 0; n < N; n++) chosen[n * numOutputs + output] = 1;
    call("Rows", dx, 0, dout, x, w, tape, scratch, N);
    return Float64Array.from(view(dx, N * numInputs));
  });
}

/**
 * What `of` makes of the state before the first operation and after each one, in f64: one entry more than the circuit
 * has operations. The states themselves may take more than there is.
 * @throws UsageError when inputs or weights have another length
 */
export function statesBetween<T>(
  engine: QuantumEngine,
  circuit: Circuit,
  inputs: ArrayLike<number>,
  weights: ArrayLike<number>,
  of: (state: Amplitudes) => T,
): T[] {
  checkLength("inputs", inputs, circuit.numInputs);
  checkLength("weights", weights, circuit.numWeights);
  const { numWires, operations } = circuit;
  const size = 2 ** numWires;
  return withCircuit(engine, circuit, inputs, weights, { room: 2 * size }, (placed) => {
    const { call, alloc, view, x, w, tape, scratch } = placed;
    const [re, im] = [size, size].map(alloc);
    let last = 0;
    return [0, ...operations.map((operation) => lowerOperation(operation).length)].map((length) => {
      const first = last;
      last += length;
      call("State", re, im, x, w, tape, scratch, 1, first, last);
      return of({ re: listOf(view(re, size)), im: listOf(view(im, size)) });
    });
  });
}

/** A circuit, its inputs and weights in the engine's memory, and how to run it again. */
interface Placed {
  call(name: Run, ...args: number[]): void;
  /** Numbers → their address */
  alloc(n: number): number;
  /** Numbers → bytes */
  bytes(n: number): number;
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

interface Needs {
  /** Default f64. */
  precision?: Precision;
  /** Numbers that `use` will allocate. */
  room: number;
  /** Rows of a Jacobian that the scratch must be enough for; default none. */
  rows?: number;
}

/** Calls `use` with everything in memory and room for what it allocates, and frees it afterwards. */
function withCircuit<T>(
  engine: QuantumEngine,
  circuit: Circuit,
  inputs: ArrayLike<number>,
  weights: ArrayLike<number>,
  { precision = "f64", room, rows = 0 }: Needs,
  use: (placed: Placed) => T,
): T {
  const { kernels } = engine;
  const { bytes: tapeBytes, numOps, numValues } = encodeTape(circuit);
  const Numbers = precision === "f64" ? Float64Array : Float32Array;
  const suffix = precision === "f64" ? "64" : "";
  const sizes = [circuit.numWires, circuit.numWeights, numOps, numValues] as const;
  const scratchBytes = kernels.quantumJacobianScratchBytes(...sizes, rows) >>> 0;
  const needed =
    tapeBytes.length +
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
    const tape = allocBytes(tapeBytes.length);
    new Uint8Array(engine.memory.buffer, tape, tapeBytes.length).set(tapeBytes);
    const [x, w] = [inputs, weights].map(put);
    const scratch = allocBytes(scratchBytes);
    const call: Placed["call"] = (name, ...args) =>
      (kernels[`quantum${name}${suffix}`] as (...args: number[]) => void)(...args);
    return use({ call, alloc, view, bytes: (n) => n * Numbers.BYTES_PER_ELEMENT, x, w, tape, scratch, numOps });
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
  const { numWires, numOutputs } = circuit;
  if (needed > MEMORY_BYTES || kernels.available() >>> 0 < needed) {
    const grows = engine.growable && needed <= MEMORY_BYTES && kernels.reserve(needed);
    if (!grows) throw new HqcnnError(`${lacking(numWires, numOutputs, needed)}, or fewer rows at once`);
  }
  const mark = kernels.mark();
  try {
    return use();
  } finally {
    kernels.reset(mark);
  }
}

/** What is lacking, and what would do: states double with every wire, rows do not. */
function lacking(numWires: number, numOutputs: number, needed: number): string {
  const states = 64 * 2 ** numWires;
  const most = mostWires(numWires, (wires) => needed - states + 64 * 2 ** wires);
  return (
    `circuit: ${numWires} wires and ${numOutputs} outputs need ${mebibytes(needed)} of the engine's memory, which has ` +
    `${mebibytes(MEMORY_BYTES)} if the machine has: use ${most > 0 ? `at most ${most}` : "fewer"} wires`
  );
}

/** A flat table as `count` rows. */
function rowsOf(values: Float32Array | Float64Array, count: number): number[][] {
  const width = values.length / count;
  return Array.from({ length: count }, (_, row) => listOf(values.subarray(row * width, (row + 1) * width)));
}

/** Array.from a typed array, ten times as fast: that goes through an iterator. */
function listOf(values: Float32Array | Float64Array): number[] {
  const list = new Array<number>(values.length);
  for (let i = 0; i < values.length; i++) list[i] = values[i];
  return list;
}

export function checkLength(what: string, values: ArrayLike<number>, length: number): void {
  if (values.length !== length) throw new UsageError(`circuit: expected ${length} ${what}, got ${values.length}`);
}
