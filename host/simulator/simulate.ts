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
  readonly kernels: {
    alloc(bytes: number): number;
    mark(): number;
    reset(to: number): void;
    quantumScratchBytes(wires: number, numWeights: number, numOps: number): number;
  } & Record<`quantum${"Forward" | "State" | "Backward"}${"" | "64"}`, (...args: never[]) => void>;
}

/** Amplitudes of the 2^wires basis states, wire 0 the most significant bit. */
export interface Amplitudes {
  re: number[];
  im: number[];
}

/** One run of a circuit. Rows are wires. */
export interface Simulation {
  /** ⟨Z⟩ on every wire */
  expval: number[];
  /** Derivatives of expval, [wire][input] and [wire][weight] */
  jacobianInputs: number[][];
  jacobianWeights: number[][];
  state: Amplitudes;
}

/**
 * Runs the circuit on the engine: the final state, ⟨Z⟩ on every wire and its derivatives by adjoint differentiation
 * (one backward pass a wire).
 * @param inputs angles in radians, circuit.numInputs of them; weights likewise
 * @param precision f64 (default), or f32 as in the network
 * @throws UsageError when inputs or weights have another length
 */
export function simulate(
  engine: QuantumEngine,
  circuit: Circuit,
  inputs: ArrayLike<number>,
  weights: ArrayLike<number>,
  precision: "f32" | "f64" = "f64",
): Simulation {
  checkLength("inputs", inputs, circuit.numInputs);
  checkLength("weights", weights, circuit.numWeights);
  const { numWires, numInputs, numWeights } = circuit;
  return withCircuit(
    engine,
    circuit,
    inputs,
    weights,
    precision,
    ({ call, alloc, view, x, w, tape, scratch, numOps }) => {
      const size = 2 ** numWires;
      const read = (at: number, n: number) => Array.from(view(at, n));
      const [out, dout, dx, dw, re, im] = [numWires, numWires, numInputs, numWeights, size, size].map(alloc);
      call("Forward", out, x, w, tape, scratch, 1, numInputs, numWires, numOps);
      call("State", re, im, x, w, tape, scratch, 1, numInputs, numWires, numOps);
      const jacobianInputs: number[][] = [];
      const jacobianWeights: number[][] = [];
      for (let wire = 0; wire < numWires; wire++) {
        view(dout, numWires).fill(0)[wire] = 1;
        view(dw, numWeights).fill(0);
        call("Backward", dx, dw, dout, x, w, tape, scratch, 1, numInputs, numWeights, numWires, numOps);
        jacobianInputs.push(read(dx, numInputs));
        jacobianWeights.push(read(dw, numWeights));
      }
      return {
        expval: read(out, numWires),
        jacobianInputs,
        jacobianWeights,
        state: { re: read(re, size), im: read(im, size) },
      };
    },
  );
}

/**
 * ⟨Z⟩ on every wire for many inputs at once, in f64.
 * @param inputs (N, circuit.numInputs), row-major
 * @returns (N, wires)
 * @throws UsageError when there are no whole rows of inputs, or not circuit.numWeights weights
 */
export function expvals(
  engine: QuantumEngine,
  circuit: Circuit,
  inputs: ArrayLike<number>,
  weights: ArrayLike<number>,
): Float64Array<ArrayBuffer> {
  const { numWires, numInputs } = circuit;
  const N = inputs.length / numInputs;
  if (!Number.isInteger(N)) throw new UsageError(`circuit: expected rows of ${numInputs} inputs, got ${inputs.length}`);
  checkLength("weights", weights, circuit.numWeights);
  return withCircuit(engine, circuit, inputs, weights, "f64", ({ call, alloc, view, x, w, tape, scratch, numOps }) => {
    const out = alloc(N * numWires);
    call("Forward", out, x, w, tape, scratch, N, numInputs, numWires, numOps);
    return view(out, N * numWires).slice() as Float64Array<ArrayBuffer>;
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
  const { numWires, numInputs, operations } = circuit;
  const size = 2 ** numWires;
  return withCircuit(engine, circuit, inputs, weights, "f64", ({ call, alloc, view, x, w, tape, scratch }) => {
    const [re, im] = [size, size].map(alloc);
    let numOps = 0;
    return [0, ...operations.map((operation) => lowerOperation(operation).length)].map((length) => {
      numOps += length;
      call("State", re, im, x, w, tape, scratch, 1, numInputs, numWires, numOps);
      return { re: Array.from(view(re, size)), im: Array.from(view(im, size)) };
    });
  });
}

/** A circuit, its inputs and weights in the engine's memory, and how to go on from there. */
interface Placed {
  call(name: "Forward" | "State" | "Backward", ...args: number[]): void;
  /** Numbers → their address */
  alloc(n: number): number;
  view(at: number, n: number): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
  x: number;
  w: number;
  tape: number;
  scratch: number;
  numOps: number;
}

/** Calls `use` with everything in memory, and frees it afterwards. */
function withCircuit<T>(
  engine: QuantumEngine,
  circuit: Circuit,
  inputs: ArrayLike<number>,
  weights: ArrayLike<number>,
  precision: "f32" | "f64",
  use: (placed: Placed) => T,
): T {
  const { kernels } = engine;
  const { bytes, numOps } = encodeTape(circuit);
  const Numbers = precision === "f64" ? Float64Array : Float32Array;
  const suffix = precision === "f64" ? "64" : "";
  const mark = kernels.mark();
  const allocBytes = (size: number): number => {
    const at = kernels.alloc(Math.max(size, 16)) >>> 0;
    if (at === 0) throw new HqcnnError(`circuit: the engine's memory has no ${size} bytes left; reserve more`);
    return at;
  };
  const alloc = (n: number) => allocBytes(n * Numbers.BYTES_PER_ELEMENT);
  const view = (at: number, n: number) => new Numbers(engine.memory.buffer as ArrayBuffer, at, n);
  const put = (values: ArrayLike<number>) => {
    const at = alloc(values.length);
    view(at, values.length).set(values);
    return at;
  };
  try {
    const tape = allocBytes(bytes.length);
    new Uint8Array(engine.memory.buffer, tape, bytes.length).set(bytes);
    const [x, w] = [inputs, weights].map(put);
    const scratch = allocBytes(kernels.quantumScratchBytes(circuit.numWires, circuit.numWeights, numOps));
    const call: Placed["call"] = (name, ...args) =>
      (kernels[`quantum${name}${suffix}`] as (...args: number[]) => void)(...args);
    return use({ call, alloc, view, x, w, tape, scratch, numOps });
  } finally {
    kernels.reset(mark);
  }
}

function checkLength(what: string, values: ArrayLike<number>, length: number): void {
  if (values.length !== length) throw new UsageError(`circuit: expected ${length} ${what}, got ${values.length}`);
}
