import { HqcnnError } from "../check.ts";
import type { Circuit } from "../circuit/circuit.ts";
import { inputsOf, lowerOperation, type Param, type Primitive } from "../circuit/gates.ts";
import { addConstant, addIndices, addNode, type Graph } from "./graph.ts";

/** The widest circuit that is exported: its matrix of (2·2^10)² numbers is 16 MB. */
const MAX_EXPORT_WIRES = 10;

/**
 * Adds the nodes of a circuit with these weights. The state is a row of 2·2^wires real numbers an image: all re, then
 * all im. A gate with an input is the cosine times the state and the sine times the state in another order; the gates
 * between two such are one matrix, multiplied out here in f64; ⟨Z⟩ is the squares of the state times ±1.
 * @param x name of (N, circuit.numInputs), angles in radians
 * @returns name of (N, wires)
 * @throws HqcnnError for more than 10 wires
 */
export function addCircuit(graph: Graph, circuit: Circuit, weights: ArrayLike<number>, x: string): string {
  const { numWires, operations } = circuit;
  if (numWires > MAX_EXPORT_WIRES) {
    throw new HqcnnError(
      `onnx: expected a circuit of at most ${MAX_EXPORT_WIRES} wires, as it becomes a matrix of 4^(wires + 1) numbers, got ${numWires}`,
    );
  }
  const size = 2 ** (numWires + 1);
  let state: string | undefined;
  // The gates since `state` as rows of a matrix: at first |0…0⟩ alone; none where there are no gates.
  let rows = identity(size).slice(0, 1);
  const flush = (): string => {
    if (rows.length > 0) {
      const matrix = addConstant(
        graph,
        [rows.length, size],
        rows.flatMap((row) => [...row]),
      );
      state = state === undefined ? matrix : addNode(graph, "MatMul", [state, matrix]);
      rows = [];
    }
    return state as string;
  };
  const column = (input: number) => addNode(graph, "Gather", [x, addIndices(graph, [input])], { axis: 1 });
  for (const primitive of operations.flatMap(lowerOperation)) {
    const { param, kind, scale } = primitive;
    const inputs = inputsOf(param);
    if (kind === "amplitudes") {
      // The first operation or none. Its matrix sets the imaginary parts to 0.
      state = addAmplitudes(graph, x, size / 2);
      rows = identity(size).slice(0, size / 2);
    } else if (inputs.length > 0) {
      const product = inputs.map(column).reduce((a, b) => addNode(graph, "Mul", [a, b]));
      const angle = addNode(graph, "Mul", [product, addConstant(graph, [], [scale])]);
      state = addTurn(graph, actionOf(primitive, numWires), flush(), angle);
    } else {
      // an exchange of amplitudes is what the sine does
      const angle = kind === "swap" ? Math.PI / 2 : scale * constantOf(param, weights);
      const action = actionOf(primitive, numWires);
      if (rows.length === 0) rows = identity(size);
      rows = rows.map((row) => turn(action, row, Math.cos(angle), Math.sin(angle)));
    }
  }
  const amplitudes = flush();
  const signs = Array.from({ length: size * numWires }, (_, i) => {
    const basis = Math.floor(i / numWires);
    return (basis >> (numWires - 1 - (i % numWires))) & 1 ? -1 : 1;
  });
  const squares = addNode(graph, "Mul", [amplitudes, amplitudes]);
  return addNode(graph, "MatMul", [squares, addConstant(graph, [size, numWires], signs)]);
}

/**
 * Inputs divided by their norm; |0…0⟩ where all of them are 0, as 1e-18, too small to matter otherwise, stands before
 * the division.
 */
function addAmplitudes(graph: Graph, x: string, count: number): string {
  const all = Array.from({ length: count }, (_, i) => i);
  const inputs = addNode(graph, "Gather", [x, addIndices(graph, all)], { axis: 1 });
  const first = addConstant(
    graph,
    [count],
    all.map((i) => (i === 0 ? 1e-18 : 0)),
  );
  return addNode(graph, "LpNormalization", [addNode(graph, "Add", [inputs, first])], { axis: 1, p: 2 });
}

/**
 * A gate of angle α: entry i of the state becomes (1 + moved[i] (cos α − 1)) state[i] + sin α · factor[i] ·
 * state[from[i]].
 */
interface Action {
  /** 1 where the gate acts, else 0 */
  moved: Float64Array;
  from: Int32Array;
  /** ±1, 0 where it does not act */
  factor: Float64Array;
}

/** assembly/quantum/gates.ts says what the five kinds are. */
function actionOf({ kind, fixed, ones, flip, parity }: Primitive, numWires: number): Action {
  const size = 2 ** numWires;
  const mask = (wires: readonly number[]) => wires.reduce((bits, wire) => bits | (1 << (numWires - 1 - wire)), 0);
  const [fixedBits, value, flipBits, parityBits] = [fixed, ones, flip, parity].map(mask);
  const entry = (i: number): [moved: number, from: number, factor: number] => {
    const [basis, imaginary] = [i % size, i >= size];
    const partner = basis ^ flipBits;
    if ((basis & fixedBits) !== value && (partner & fixedBits) !== value) return [0, i, 0];
    const sign = isOdd(basis & parityBits) ? -1 : 1;
    const own = imaginary ? size : 0;
    const other = size - own;
    switch (kind) {
      case "X":
        return [1, other + partner, imaginary ? -sign : sign];
      case "Y":
        return [1, own + partner, -sign];
      case "Z":
        return [1, other + basis, imaginary ? -sign : sign];
      case "phase":
        return [1, other + basis, imaginary ? 1 : -1];
      default: // swap
        return [1, own + partner, 1];
    }
  };
  const entries = Array.from({ length: 2 * size }, (_, i) => entry(i));
  return {
    moved: Float64Array.from(entries, ([moved]) => moved),
    from: Int32Array.from(entries, ([, from]) => from),
    factor: Float64Array.from(entries, ([, , factor]) => factor),
  };
}

function turn({ moved, from, factor }: Action, state: Float64Array, cosine: number, sine: number): Float64Array {
  const turned = new Float64Array(state.length);
  for (let i = 0; i < state.length; i++) {
    turned[i] = (1 + moved[i] * (cosine - 1)) * state[i] + sine * factor[i] * state[from[i]];
  }
  return turned;
}

/** The same as nodes; angle is (N, 1). */
function addTurn(graph: Graph, { moved, from, factor }: Action, state: string, angle: string): string {
  const size = moved.length;
  let cosine = addNode(graph, "Cos", [angle]);
  if (moved.includes(0)) {
    const still = moved.map((one) => 1 - one);
    const masked = addNode(graph, "Mul", [cosine, addConstant(graph, [size], moved)]);
    cosine = addNode(graph, "Add", [masked, addConstant(graph, [size], still)]);
  }
  const kept = addNode(graph, "Mul", [state, cosine]);
  const ordered = addNode(graph, "Gather", [state, addIndices(graph, from)], { axis: 1 });
  const signed = addNode(graph, "Mul", [ordered, addConstant(graph, [size], factor)]);
  return addNode(graph, "Add", [kept, addNode(graph, "Mul", [signed, addNode(graph, "Sin", [angle])])]);
}

/** Of a parameter that no input stands in. */
function constantOf(param: Param, weights: ArrayLike<number>): number {
  return typeof param === "object" && "weight" in param ? weights[param.weight] : (param as number);
}

function identity(size: number): Float64Array[] {
  return Array.from({ length: size }, (_, row) => Float64Array.from({ length: size }, (_, i) => Number(i === row)));
}

function isOdd(bits: number): boolean {
  let odd = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) odd ^= 1;
  return odd === 1;
}
