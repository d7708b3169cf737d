import { HqcnnError } from "../check.ts";
import type { Circuit } from "../circuit/circuit.ts";
import { lowerOperation, type Primitive } from "../circuit/gates.ts";
import { mostWires } from "../circuit/limits.ts";
import { type Observable, parseWord, square } from "../circuit/observables.ts";
import { factorOf, inputsOf, paramValue, shiftOf, sourcesOf } from "../circuit/params.ts";
import { addConstant, addIndices, addNode, type Graph } from "./graph.ts";

/** Bytes that a circuit's matrices may take: in the file, which protobuf limits to 2 GiB, and while one is made. */
const MAX_BYTES = 2 ** 30;

/**
 * Adds the nodes of a circuit with these weights. The state is a row of 2·2^wires real numbers an image: all re, then
 * all im. A gate with an input is the
 * cosine times the state and the sine times the state in another order; the gates between two such are one matrix,
 * multiplied out here in f64. What is
 * diagonal is the squares of the state times a matrix; other Pauli words are the state times itself in another order.
 * @param x name of (N, circuit.numInputs), angles in radians
 * @returns name of (N, circuit.numOutputs)
 * @throws HqcnnError before anything is made, when the matrices would take more than 1 GiB
 */
export function addCircuit(graph: Graph, circuit: Circuit, weights: ArrayLike<number>, x: string): string {
  const { numWires, operations } = circuit;
  checkSize(circuit);
  const size = 2 ** (numWires + 1);
  let state: string | undefined;
  // The gates since `state` as rows of a matrix: at first |0…0⟩ alone; none where there are no gates.
  let rows = identity(size, 1);
  const flush = (): string => {
    if (rows.length > 0) {
      const numbers = new Float32Array(rows.length * size);
      rows.forEach((row, i) => {
        numbers.set(row, i * size);
      });
      const matrix = addConstant(graph, [rows.length, size], numbers);
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
      rows = identity(size, size / 2);
    } else if (inputs.length > 0) {
      const product = inputs.map(column).reduce((a, b) => addNode(graph, "Mul", [a, b]));
      const weight = sourcesOf(param).reduce(
        (of, { kind, index }) => (kind === "weight" ? of * weights[index] : of),
        1,
      );
      const factor = scale * factorOf(param) * weight;
      let angle = addNode(graph, "Mul", [product, addConstant(graph, [], [factor])]);
      const shift = scale * shiftOf(param);
      if (shift !== 0) angle = addNode(graph, "Add", [angle, addConstant(graph, [], [shift])]);
      state = addTurn(graph, actionOf(primitive, numWires), flush(), angle);
    } else {
      // an exchange of amplitudes is what the sine does
      const angle = kind === "swap" ? Math.PI / 2 : scale * paramValue(param, [], weights);
      const action = actionOf(primitive, numWires);
      if (rows.length === 0) rows = identity(size);
      rows = rows.map((row) => turn(action, row, Math.cos(angle), Math.sin(angle)));
    }
  }
  return addOutputs(graph, circuit, flush());
}

/**
 * Refuses what would not fit: the gates between two with inputs are a matrix of (2 · 2^wires)² numbers, which is made
 * in f64 and kept in f32; the outputs have 2 · 2^wires numbers each.
 */
function checkSize({ numWires, numOutputs, operations }: Circuit): void {
  // Those in front of the first input are a row only, or half a matrix behind amplitudes.
  let [matrices, isOpen, isFirst] = [0, false, true];
  for (const { kind, param } of operations.flatMap(lowerOperation)) {
    const isMoved = kind === "amplitudes" || inputsOf(param).length > 0;
    if (!isMoved) {
      if (!isOpen && !isFirst) matrices += 1;
      isOpen = true;
    } else [isOpen, isFirst] = [false, false];
  }
  const bytesOf = (wires: number) => {
    const matrix = 4 ** (wires + 1);
    return Math.max(4 * (matrices * matrix + numOutputs * 2 ** (wires + 1)), matrices > 0 ? 12 * matrix : 0);
  };
  if (bytesOf(numWires) <= MAX_BYTES) return;
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  throw new HqcnnError(
    `onnx: expected a circuit whose matrices of 4^(wires + 1) numbers take at most ${gib(MAX_BYTES)}, got ${gib(bytesOf(numWires))}: ` +
      `${matrices} of ${numWires} wires and ${numOutputs} outputs; with ${mostWires(numWires, bytesOf, MAX_BYTES)} wires they fit`,
  );
}

/** What the circuit gives, of its state: (N, numOutputs). */
function addOutputs(graph: Graph, { numWires, outputs }: Circuit, state: string): string {
  const size = 2 ** (numWires + 1);
  const squares = addNode(graph, "Mul", [state, state]);
  const bit = (basis: number, wire: number) => (basis >> (numWires - 1 - wire)) & 1;
  const diagonal = (columns: readonly ((basis: number) => number)[]) => {
    const entry = (i: number) => columns[i % columns.length](Math.floor(i / columns.length) % (size / 2));
    const matrix = addConstant(
      graph,
      [size, columns.length],
      Array.from({ length: size * columns.length }, (_, i) => entry(i)),
    );
    return addNode(graph, "MatMul", [squares, matrix]);
  };
  const isDiagonal = (observable: Observable) => observable.every(({ word }) => !/[XY]/.test(word));
  const eigenvalue = (observable: Observable) => {
    const words = observable.map(({ coefficient, word }) => ({ coefficient, letters: parseWord(word)! }));
    return (basis: number) =>
      words.reduce(
        (sum, { coefficient, letters }) =>
          sum + letters.reduce((value, [, wire]) => (bit(basis, wire) ? -value : value), coefficient),
        0,
      );
  };
  const expval = (observable: Observable): string => {
    if (isDiagonal(observable)) return diagonal([eigenvalue(observable)]);
    const terms = observable.map(({ coefficient, word }) => {
      const { from, sign } = wordAction(word, numWires);
      const ordered = addNode(graph, "Gather", [state, addIndices(graph, from)], { axis: 1 });
      const products = addNode(graph, "Mul", [ordered, state]);
      return addNode(graph, "MatMul", [
        products,
        addConstant(
          graph,
          [size, 1],
          sign.map((one) => one * coefficient),
        ),
      ]);
    });
    return terms.reduce((a, b) => addNode(graph, "Add", [a, b]));
  };
  // Neighbours that are diagonal share one product.
  const parts: string[] = [];
  let columns: ((basis: number) => number)[] = [];
  const flushColumns = () => {
    if (columns.length > 0) parts.push(diagonal(columns));
    columns = [];
  };
  for (const output of outputs) {
    if ("probs" in output) {
      const { probs } = output;
      const stateOf = (basis: number) => probs.reduce((k, wire) => 2 * k + bit(basis, wire), 0);
      for (let k = 0; k < 2 ** probs.length; k++) columns.push((basis) => Number(stateOf(basis) === k));
    } else if ("expval" in output && isDiagonal(output.expval)) columns.push(eigenvalue(output.expval));
    else {
      flushColumns();
      if ("expval" in output) parts.push(expval(output.expval));
      else {
        const mean = expval(output.variance);
        const ofSquare = expval(square(output.variance));
        parts.push(addNode(graph, "Sub", [ofSquare, addNode(graph, "Mul", [mean, mean])]));
      }
    }
  }
  flushColumns();
  return parts.length === 1 ? parts[0] : addNode(graph, "Concat", parts, { axis: 1 });
}

/** (P state)[i] = sign[i] · state[from[i]] for a Pauli word, the state as real numbers. */
function wordAction(word: string, numWires: number): { from: Int32Array; sign: Float64Array } {
  const half = 2 ** numWires;
  const letters = parseWord(word)!;
  const mask = (which: string) =>
    letters.reduce((bits, [letter, wire]) => (which.includes(letter) ? bits | (1 << (numWires - 1 - wire)) : bits), 0);
  const [flip, parity] = [mask("XY"), mask("YZ")];
  const turns = letters.filter(([letter]) => letter === "Y").length % 4;
  const from = new Int32Array(2 * half);
  const sign = new Float64Array(2 * half);
  for (let i = 0; i < 2 * half; i++) {
    const [basis, imaginary] = [i % half, i >= half];
    const j = basis ^ flip;
    let value = (isOdd(j & parity) ? -1 : 1) * (turns & 2 ? -1 : 1);
    // i (re + i im) = −im + i re
    const other = turns % 2 === 1;
    if (other && !imaginary) value = -value;
    from[i] = j + (imaginary !== other ? half : 0);
    sign[i] = value;
  }
  return { from, sign };
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

/** The first rows of the identity, all unless told otherwise. */
function identity(size: number, count = size): Float64Array[] {
  return Array.from({ length: count }, (_, row) => {
    const numbers = new Float64Array(size);
    numbers[row] = 1;
    return numbers;
  });
}

function isOdd(bits: number): boolean {
  let odd = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) odd ^= 1;
  return odd === 1;
}
