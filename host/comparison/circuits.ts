import { HqcnnError } from "../check.ts";
import { Circuit } from "../circuit/circuit.ts";
import { type CircuitData, circuitData, templateOfData } from "../circuit/data.ts";
import { controlsOf, wiresOf } from "../circuit/gates.ts";
import { type Output, parseWord } from "../circuit/observables.ts";
import { inputsOf, weightsOf } from "../circuit/params.ts";
import { createTemplate, isAngle, type Template } from "../circuit/templates.ts";
import { MAX_SERIES_WIRES } from "../network/limits.ts";
import { sizeOf } from "../network/parameters.ts";
import { checkSeries } from "../simulator/series.ts";
import { circuitsOfOptions } from "../training/head.ts";
import type { TrainOptions } from "../training/options.ts";

// What ablations make of a network's circuits, and why some have no such counterpart.

/** The circuits of the network with these options. */
export function templatesOf(options: TrainOptions): Template[] {
  if (options.circuit !== undefined) {
    return circuitsOfOptions(options).map((data) => templateOfData(data, () => "--circuit"));
  }
  const { ansatz, embedding, qubits: wires, layers, entangling, repeats, reupload, topology, entangler } = options;
  return [createTemplate({ ansatz, embedding, wires, layers, entangling, repeats, reupload, topology, entangler })];
}

export function countWeights(templates: readonly Template[]): number {
  return templates.flatMap(({ tensors }) => tensors).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

export function listOrOne(circuits: CircuitData[]): CircuitData | CircuitData[] {
  return circuits.length === 1 ? circuits[0] : circuits;
}

/** The circuit with its gates on one wire alone; numbers of inputs and weights stay. */
export function withoutEntanglers(data: CircuitData): CircuitData {
  const { circuit, tensors } = templateOfData(data, () => "--circuit");
  const { numWires, operations, outputs, numInputs: inputs, numWeights: weights } = circuit;
  const left = operations.filter((operation) => wiresOf(operation).length === 1);
  return circuitData({ circuit: new Circuit(numWires, left, { outputs, inputs, weights }), tensors });
}

const NOTHING_DISCARDED =
  "no qubit is discarded, as pooling does: by a last gate with a weight that the qubit controls";

/** Wires whose last gate has a weight and is controlled by them, as in pooling. */
function discardedWires({ numWires, operations }: Circuit): Set<number> {
  const wires = Array.from({ length: numWires }, (_, wire) => wire);
  const isDiscarded = (wire: number) => {
    const last = operations.findLast((operation) => wiresOf(operation).includes(wire));
    const trained = last?.params.some((param) => weightsOf(param).length > 0);
    return trained === true && controlsOf(last!).includes(wire);
  };
  return new Set(wires.filter(isDiscarded));
}

/** Whether an output reads one of the wires. */
function reads(output: Output, wires: ReadonlySet<number>): boolean {
  if ("probs" in output) return output.probs.some((wire) => wires.has(wire));
  const observable = "expval" in output ? output.expval : output.variance;
  return observable.some(({ word }) => parseWord(word)!.some(([, wire]) => wires.has(wire)));
}

/** The outputs that read no discarded wire. */
function retainedOutputs(circuit: Circuit): Output[] {
  const discarded = discardedWires(circuit);
  return circuit.outputs.filter((output) => !reads(output, discarded));
}

/** The circuit without the outputs that read discarded wires. */
export function retainedOnly(data: CircuitData): CircuitData {
  const { circuit, tensors } = templateOfData(data, () => "--circuit");
  const { numWires, operations, numInputs: inputs, numWeights: weights } = circuit;
  const outputs = retainedOutputs(circuit);
  return circuitData({ circuit: new Circuit(numWires, operations, { outputs, inputs, weights }), tensors });
}

/** Why the circuits have no counterpart that reads retained qubits alone; null where they have. */
export function cannotRetain(options: TrainOptions): string | null {
  const circuits = templatesOf(options).map(({ circuit }) => circuit);
  const left = circuits.map((circuit) => retainedOutputs(circuit).length);
  if (left.includes(0)) return "all that the circuit reads are discarded qubits";
  if (circuits.some(({ outputs }, i) => left[i] < outputs.length)) return null;
  const none = circuits.every((circuit) => discardedWires(circuit).size === 0);
  return none ? NOTHING_DISCARDED : "the circuit does not read its discarded qubits";
}

/** Why a circuit of one's own has no counterpart without entanglement; null where it has. */
export function cannotDisentangle(options: TrainOptions): string | null {
  const templates = templatesOf(options);
  const entangles = templates.some(({ circuit }) => circuit.operations.some((one) => wiresOf(one).length > 1));
  if (!entangles) return "the circuit has no gates on several wires";
  for (const data of circuitsOfOptions(options)) {
    const { circuit } = templateOfData(withoutEntanglers(data), () => "--circuit");
    const { operations, numInputs } = circuit;
    const read = new Set(operations.flatMap(({ params }) => params.flatMap(inputsOf)));
    const unread = Array.from({ length: numInputs }, (_, i) => i).filter((i) => !read.has(i));
    if (unread.length > 0) {
      const which = `input${unread.length > 1 ? "s" : ""} ${unread.map((i) => `x${i}`).join(", ")}`;
      return `without its gates on several wires, nothing of the circuit would read ${which}`;
    }
  }
  return null;
}

/** Why the network's circuit is no series in its features; null where it is one. */
export function noSeries(options: TrainOptions): string | null {
  const { circuit, embedding, qubits, bypass } = options;
  const most = `it has up to ${MAX_SERIES_WIRES} wires`;
  if (bypass > 0) return "a series stands for the whole quantum layer, and the network has a bypass";
  if (circuit === undefined) {
    if (isAngle(embedding) && qubits <= MAX_SERIES_WIRES) return null;
    return `a circuit is such a series for angle embeddings, and ${most}; the network has ${embedding} and ${qubits}`;
  }
  const templates = templatesOf(options);
  if (templates.length > 1) return `a series stands for one circuit, and the network has ${templates.length}`;
  const { numInputs, numOutputs } = templates[0].circuit;
  if (numInputs !== numOutputs || numInputs > MAX_SERIES_WIRES) {
    return `a series has as many outputs as inputs, and ${most}; the circuit has ${numInputs} inputs and ${numOutputs} outputs`;
  }
  try {
    checkSeries(templates[0].circuit);
    return null;
  } catch (error) {
    if (error instanceof HqcnnError) return error.message;
    throw error;
  }
}
