import type { Operation } from "./gates.ts";
import type { Output } from "./observables.ts";
import { affine, factorOf, type Param, type Source, shiftOf, sourcesOf } from "./params.ts";

/**
 * One named parameter tensor; the tensors of a template lie one after the other in the circuit's weights, row-major.
 */
export interface WeightTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** The value that its elements start training from; drawn at random where there is none. */
  readonly start?: number;
}

/** What an embedding or an ansatz adds; its weights are counted from 0. */
export interface Part {
  operations: Operation[];
  tensors: WeightTensor[];
  /** What is measured, where that is not ⟨Z⟩ on every wire. */
  outputs?: Output[];
  /** The operations of each layer, where layers are alike and nothing else is between them. */
  layers?: Operation[][];
}

export const range = (length: number) => Array.from({ length }, (_, i) => i);
export const op = (name: string, wires: number[], ...params: Param[]): Operation => ({ name, wires, params });
/** A CNOT from every wire to the one `step` further on. */
export const cnotRing = (wires: number, step: number) => range(wires).map((i) => op("CNOT", [i, (i + step) % wires]));

/** Layers one after the other. */
export function layered(layers: Operation[][], tensors: WeightTensor[]): Part {
  return { operations: layers.flat(), tensors, layers };
}

export function countWeights(tensors: readonly WeightTensor[]): number {
  return tensors.reduce((sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1), 0);
}

/** The operations with every source exchanged for another. */
export function mapSources(
  operations: readonly Operation[],
  change: (source: Source) => readonly Source[],
): Operation[] {
  const changed = (param: Param): Param =>
    typeof param === "number" ? param : affine(sourcesOf(param).flatMap(change), factorOf(param), shiftOf(param));
  return operations.map((operation) => ({ ...operation, params: operation.params.map(changed) }));
}

/** The operations with weights counted from `by` on. */
export function shiftWeights(operations: readonly Operation[], by: number): Operation[] {
  if (by === 0) return [...operations];
  return mapSources(operations, (source) => [
    source.kind === "weight" ? { kind: "weight", index: source.index + by } : source,
  ]);
}

/** One part after another; the second's weights follow the first's. */
export function join(first: Part, second: Part): Part {
  const by = countWeights(first.tensors);
  return {
    operations: [...first.operations, ...shiftWeights(second.operations, by)],
    tensors: [...first.tensors, ...second.tensors],
    outputs: second.outputs,
    // what stands in front belongs to the first layer
    layers: second.layers?.map((layer, i) => [...(i === 0 ? first.operations : []), ...shiftWeights(layer, by)]),
  };
}
