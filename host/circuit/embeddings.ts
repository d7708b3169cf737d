import type { Operation } from "./gates.ts";
import { op, type Part, range } from "./part.ts";

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
 * PennyLane's QAOAEmbedding: RX(input i) on every wire, MultiRZ on neighbours in a ring and RY on every wire, layer
 * after
 * layer, and RX(input i) once more at the end. Weights embedding (layers, 1) for one wire, (layers, 3) for two, else
 * (layers, 2·wires).
 */
export function qaoaEmbedding(wires: number, layers: number): Part {
  const pairs = wires === 1 ? [] : wires === 2 ? [[0, 1]] : range(wires).map((i) => [i, (i + 1) % wires]);
  const width = pairs.length + wires;
  const features = angleEmbedding(wires, "X");
  const operations = range(layers).flatMap((layer) => [
    ...features,
    ...pairs.map((pair, i) => op("MultiRZ", pair, { weight: layer * width + i })),
    ...range(wires).map((i) => op("RY", [i], { weight: layer * width + pairs.length + i })),
  ]);
  return { operations: [...operations, ...features], tensors: [{ name: "embedding", shape: [layers, width] }] };
}
