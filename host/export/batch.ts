import { HqcnnError, isRecord, parseJson, UsageError } from "../check.ts";
import { Circuit } from "../circuit/circuit.ts";
import { type Observable, type Output, parseWord, square, type Term } from "../circuit/observables.ts";
import { exportQasm, parameterNames } from "../circuit/qasm/export.ts";
import type { Template } from "../circuit/templates.ts";
import type { Network } from "../network/network.ts";
import { type Prediction, predictionsOf } from "../network/outputs.ts";
import { circuitWeights } from "../network/weights.ts";
import { simulatorOf } from "../simulator/instance.ts";
import { runCircuit } from "../simulator/simulate.ts";

/** One Pauli word as Qiskit's SparsePauliOp.from_sparse_list takes it: letters, their qubits, coefficient. */
export type SparseTerm = readonly [letters: string, qubits: readonly number[], coefficient: number];

/**
 * A trained circuit and what goes into it, for a device: in Qiskit's words an Estimator PUB is the circuit, the
 * observables
 * and the rows of `values`, whose columns are `parameters`.
 */
export interface Batch {
  format: "hqcnn-batch";
  version: 1;
  /** SHA-256 of the network's tensors: results belong to this model. */
  model: string;
  class_names: readonly string[];
  num_qubits: number;
  /** OpenQASM 3 with the trained weights as numbers and `input float[64]` for the features. */
  qasm: string;
  /** Names of the inputs, sorted: the columns of values. */
  parameters: readonly string[];
  /** One a row of values. */
  images: readonly string[];
  /** (images, parameters), angles in radians. */
  values: number[][];
  /** Weighted sums of Pauli words, to be measured for every image. */
  observables: SparseTerm[][];
  /** (images, observables): what an exact simulation gives. */
  expected: number[][];
}

/** What a device gave: read by `hqcnn predict --results`. */
export interface BatchResults {
  format: "hqcnn-results";
  version: 1;
  model: string;
  images: readonly string[];
  /** (images, observables). */
  values: number[][];
}

/** What has to be measured for a circuit's outputs, and how the outputs follow from that. */
export interface MeasurementPlan {
  observables: Observable[];
  /** One row of measured values → one row of outputs. */
  outputs(values: readonly number[]): number[];
}

export function measurementPlan({ outputs }: Circuit): MeasurementPlan {
  const observables: Observable[] = [];
  const parts = outputs.map((output): ((values: readonly number[]) => number[]) => {
    const at = observables.length;
    if ("expval" in output) {
      observables.push(output.expval);
      return (values) => [values[at]];
    }
    if ("variance" in output) {
      observables.push(output.variance, square(output.variance));
      return (values) => [values[at + 1] - values[at] ** 2];
    }
    // P(k) = 2^−n Σ_S (−1)^|k ∩ S| ⟨Z on S⟩ over all sets S of the wires; on the empty one it is 1
    const { probs } = output;
    const sets = Array.from({ length: 2 ** probs.length - 1 }, (_, i) => i + 1);
    const inSet = (set: number) => probs.filter((_, i) => (set >> (probs.length - 1 - i)) & 1);
    for (const set of sets) observables.push([{ coefficient: 1, word: wordOf(inSet(set)) }]);
    return (values) =>
      Array.from({ length: 2 ** probs.length }, (_, k) => {
        const sum = sets.reduce((total, set, i) => total + (isOdd(k & set) ? -1 : 1) * values[at + i], 1);
        return sum / 2 ** probs.length;
      });
  });
  return { observables, outputs: (values) => parts.flatMap((part) => part(values)) };
}

/**
 * The batch of a network's quantum layer for these images.
 * @param images uint8 (height, width, channels) of the network's size, each with a name
 * @throws HqcnnError when the network has no quantum layer or its circuit no form in OpenQASM 3 with inputs
 */
export function createBatch(
  network: Network,
  classNames: readonly string[],
  images: readonly { name: string; pixels: Uint8Array }[],
): Batch {
  const template = circuitToMeasure(network);
  const { circuit } = template;
  const { numWires, numInputs, operations } = circuit;
  const weights = circuitWeights(network.tensors(), template);
  const qasm = exportQasm(circuit, 3, { weights });
  const { observables } = measurementPlan(circuit);
  const measured = new Circuit(numWires, operations, {
    outputs: observables.map((expval): Output => ({ expval })),
    ...{ inputs: numInputs, weights: circuit.numWeights },
  });
  const values: number[][] = [];
  for (const { pixels } of images) {
    network.predict(pixels);
    values.push([...network.activation("fc1", 1)]);
  }
  const flat = runCircuit(simulatorOf(network.engine), measured, values.flat(), weights);
  const K = observables.length;
  return {
    format: "hqcnn-batch",
    version: 1,
    model: network.fingerprint(),
    class_names: classNames,
    num_qubits: numWires,
    qasm,
    parameters: parameterNames("input", numInputs),
    images: images.map(({ name }) => name),
    values,
    observables: observables.map((observable) => observable.map(sparse)),
    expected: values.map((_, n) => [...flat.subarray(n * K, (n + 1) * K)]),
  };
}

/**
 * Reads results and says what they belong to.
 * @throws UsageError when they are another model's or of another shape
 */
export function parseResults(text: string, name: string, network: Network): BatchResults {
  const fail = (expected: string, got: unknown): never => {
    throw new UsageError(`${name}: expected ${expected}, got ${JSON.stringify(got)?.slice(0, 100) ?? "nothing"}`);
  };
  let data: unknown;
  try {
    data = parseJson(text);
  } catch (error) {
    throw new UsageError(`${name}: expected JSON: ${(error as Error).message}`, { cause: error });
  }
  if (!isRecord(data) || data.format !== "hqcnn-results") {
    return fail('"format": "hqcnn-results"', isRecord(data) ? data.format : data);
  }
  if (data.version !== 1) fail('"version": 1', data.version);
  const template = circuitToMeasure(network);
  if (data.model !== network.fingerprint()) {
    throw new UsageError(
      `${name}: the results are of another model: ${data.model}, this one is ${network.fingerprint()}`,
    );
  }
  const { images, values } = data;
  if (!Array.isArray(images) || !images.every((image) => typeof image === "string")) fail("images as names", images);
  const N = (images as string[]).length;
  const K = measurementPlan(template.circuit).observables.length;
  if (!Array.isArray(values) || values.length !== N) return fail(`values: ${N} rows, one an image`, values);
  for (const [n, row] of values.entries()) {
    if (!Array.isArray(row) || row.length !== K) fail(`values[${n}]: ${K} numbers, one an observable`, row);
    for (const value of row as unknown[]) {
      if (typeof value !== "number" || !Number.isFinite(value)) fail(`values[${n}]: finite numbers`, value);
    }
  }
  return data as unknown as BatchResults;
}

/** @throws HqcnnError when what a device measures does not suffice for a classification */
function circuitToMeasure({ template, circuits, architecture: { head } }: Network): Template {
  if (head.kind === "quantum" && head.bypass !== undefined) {
    throw new HqcnnError(
      `batch: expected a network whose features all go through the circuit, got a bypass of ${head.bypass}, which results of a device do not hold`,
    );
  }
  if (template) return template;
  const got = circuits.length > 0 ? "circuits that cannot be joined to one" : `a head of kind ${head.kind}`;
  throw new HqcnnError(`batch: expected a model with a quantum layer, got ${got}`);
}

/** Classifies with measured values in the place of the circuit's own. */
export function predictFromResults(network: Network, { values }: BatchResults): Prediction[] {
  const { outputs } = measurementPlan(network.template!.circuit);
  const logits = network.predictFrom("quantum", Float32Array.from(values.flatMap((row) => outputs(row))));
  return predictionsOf(network, logits);
}

function sparse({ coefficient, word }: Term): SparseTerm {
  const letters = parseWord(word)!;
  return [letters.map(([letter]) => letter).join(""), letters.map(([, wire]) => wire), coefficient];
}

function wordOf(wires: readonly number[]): string {
  return [...wires]
    .sort((a, b) => a - b)
    .map((wire) => `Z${wire}`)
    .join(" ");
}

function isOdd(bits: number): boolean {
  let odd = false;
  for (let rest = bits; rest !== 0; rest &= rest - 1) odd = !odd;
  return odd;
}
