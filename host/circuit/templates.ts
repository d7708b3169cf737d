import { UsageError } from "../check.ts";
import { Circuit, checkCount } from "./circuit.ts";
import type { Operation } from "./gates.ts";
import { MAX_AMPLITUDE_WIRES, MAX_LAYERS, MAX_WIRES } from "./limits.ts";
import type { Param } from "./params.ts";

export const EMBEDDINGS = ["angle-x", "angle-y", "angle-z", "iqp", "amplitude"] as const;
export const ANSATZE = ["thesis", "strongly-entangling", "basic-entangler"] as const;

export type Embedding = (typeof EMBEDDINGS)[number];
export type Ansatz = (typeof ANSATZE)[number];

/**
 * One named parameter tensor; the tensors of a template lie one after the other in the circuit's weights, row-major.
 */
export interface WeightTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** The value that its elements start training from; drawn at random where there is none. */
  readonly start?: number;
}

export interface Template {
  readonly circuit: Circuit;
  readonly tensors: readonly WeightTensor[];
}

/** What an ansatz adds: its operations take their weights from `first` on. */
interface Part {
  operations: Operation[];
  tensors: WeightTensor[];
}

const range = (length: number) => Array.from({ length }, (_, i) => i);
const op = (name: string, wires: number[], ...params: Param[]): Operation => ({ name, wires, params });
const cnotRing = (wires: number, step: number) => range(wires).map((i) => op("CNOT", [i, (i + step) % wires]));

/** PennyLane's AngleEmbedding: R(input i) on wire i about the given axis. */
export function angleEmbedding(wires: number, axis: "X" | "Y" | "Z"): Operation[] {
  return range(wires).map((i) => op(`R${axis}`, [i], { input: i }));
}

/**
 * PennyLane's IQPEmbedding, once: a Hadamard and RZ(input i) on every wire i, then MultiRZ(input i · input j) on every
 * pair i < j.
 */
export function iqpEmbedding(wires: number): Operation[] {
  return [
    ...range(wires).flatMap((i) => [op("Hadamard", [i]), op("RZ", [i], { input: i })]),
    ...range(wires).flatMap((i) =>
      range(wires)
        .slice(i + 1)
        .map((j) => op("MultiRZ", [i, j], { product: [i, j] })),
    ),
  ];
}

/**
 * PennyLane's AmplitudeEmbedding with normalize: 2^wires inputs divided by their norm are the amplitudes of the state
 * that the circuit starts from,
 * wire 0 the most significant bit. Inputs that are all 0 (PennyLane gives NaN) leave |0…0⟩, with gradient 0.
 */
export function amplitudeEmbedding(wires: number): Operation[] {
  return [op("AmplitudeEmbedding", range(wires), ...range(2 ** wires).map((input) => ({ input })))];
}

/**
 * PennyLane's StronglyEntanglingLayers, weights (layers, wires, 3): Rot on every wire, then a CNOT from every wire to
 * the one
 * (layer mod (wires − 1)) + 1 further on. One wire: no CNOT.
 */
export function stronglyEntanglingLayers(wires: number, layers: number, first = 0): Part {
  const operations = range(layers).flatMap((layer) => [
    ...range(wires).map((i) => {
      const weight = first + 3 * (layer * wires + i);
      return op("Rot", [i], { weight }, { weight: weight + 1 }, { weight: weight + 2 });
    }),
    ...(wires > 1 ? cnotRing(wires, (layer % (wires - 1)) + 1) : []),
  ]);
  return { operations, tensors: [{ name: "weights", shape: [layers, wires, 3] }] };
}

/**
 * PennyLane's BasicEntanglerLayers, weights (layers, wires): RX on every wire, then a CNOT ring; a single CNOT on two
 * wires, none on one.
 */
export function basicEntanglerLayers(wires: number, layers: number): Part {
  const ring = wires === 1 ? [] : wires === 2 ? [op("CNOT", [0, 1])] : cnotRing(wires, 1);
  const operations = range(layers).flatMap((layer) => [
    ...range(wires).map((i) => op("RX", [i], { weight: layer * wires + i })),
    ...ring,
  ]);
  return { operations, tensors: [{ name: "weights", shape: [layers, wires] }] };
}

/**
 * The thesis's ansatz: RY(rotations[i, 0]) and RZ(rotations[i, 1]) on every wire, a CNOT from every wire to the next
 * (the last to the first; none on
 * one wire), then strongly entangling layers. Weights: rotations (wires, 2), then weights (layers, wires, 3).
 */
export function thesisLayers(wires: number, layers: number): Part {
  const entangling = stronglyEntanglingLayers(wires, layers, 2 * wires);
  const operations = [
    ...range(wires).flatMap((i) => [op("RY", [i], { weight: 2 * i }), op("RZ", [i], { weight: 2 * i + 1 })]),
    ...(wires > 1 ? cnotRing(wires, 1) : []),
    ...entangling.operations,
  ];
  return { operations, tensors: [{ name: "rotations", shape: [wires, 2] }, ...entangling.tensors] };
}

function embed(embedding: Embedding, wires: number): Operation[] {
  switch (embedding) {
    case "angle-x":
      return angleEmbedding(wires, "X");
    case "angle-y":
      return angleEmbedding(wires, "Y");
    case "angle-z":
      // on |0⟩ RZ is but a phase: without the Hadamards no output would depend on the inputs
      return [...range(wires).map((i) => op("Hadamard", [i])), ...angleEmbedding(wires, "Z")];
    case "iqp":
      return iqpEmbedding(wires);
    case "amplitude":
      checkCount("wires of an amplitude embedding", wires, MAX_AMPLITUDE_WIRES);
      return amplitudeEmbedding(wires);
    default:
      throw new UsageError(`embedding: expected ${EMBEDDINGS.join(", ")}, got ${embedding}`);
  }
}

/**
 * Whether an embedding turns every wire by an input of its own: iqp multiplies inputs, and amplitudes are a state of
 * all wires.
 */
export function isAngle(embedding: Embedding): boolean {
  return embedding !== "iqp" && embedding !== "amplitude";
}

function build(ansatz: Ansatz, wires: number, layers: number): Part {
  switch (ansatz) {
    case "thesis":
      return thesisLayers(wires, layers);
    case "strongly-entangling":
      return stronglyEntanglingLayers(wires, layers);
    case "basic-entangler":
      return basicEntanglerLayers(wires, layers);
    default:
      throw new UsageError(`ansatz: expected ${ANSATZE.join(", ")}, got ${ansatz}`);
  }
}

/**
 * The circuit of a quantum layer: an embedding of `wires` inputs (amplitude: 2^wires; angle-z puts a Hadamard before
 * each RZ), then an ansatz.
 * @param wires 1 to 20; amplitude: 1 to 10
 * @param layers 1 to 20
 * @throws UsageError listing what is allowed
 */
export function createTemplate(options: {
  ansatz: Ansatz;
  embedding: Embedding;
  wires: number;
  layers: number;
  /**
   * Whether the ansatz has its gates on two wires; without them it is a product circuit, so that the embedding must be
   * of angles. Default true.
   */
  entangling?: boolean;
}): Template {
  const { ansatz, embedding, wires, layers, entangling = true } = options;
  checkCount("wires", wires, MAX_WIRES);
  checkCount("layers", layers, MAX_LAYERS);
  if (!entangling && !isAngle(embedding)) {
    throw new UsageError(
      `a circuit that does not entangle: expected an angle embedding, got ${embedding}, which entangles by itself`,
    );
  }
  const { operations: all, tensors } = build(ansatz, wires, layers);
  const operations = entangling ? all : all.filter((operation) => operation.wires.length === 1);
  return { circuit: new Circuit(wires, [...embed(embedding, wires), ...operations]), tensors };
}
