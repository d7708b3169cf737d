import { HqcnnError } from "../check.ts";
import type { Operation } from "../circuit/gates.ts";
import { outputLabels } from "../circuit/observables.ts";
import { bindParam } from "../circuit/params.ts";
import type { Ptr } from "../engine/kernels.ts";
import type { Instance } from "../engine/load.ts";
import { f32 } from "../engine/memory.ts";
import { STREAMS } from "../engine/random.ts";
import type { ModelInfo } from "../network/model.ts";
import type { Network } from "../network/network.ts";
import { circuitWeights } from "../network/weights.ts";
import { simulatorOf } from "../simulator/instance.ts";
import { circuitSeries, evaluateSeries } from "../simulator/series.ts";
import { runCircuit } from "../simulator/simulate.ts";

/**
 * A trained quantum layer as the trigonometric polynomial that it is: what `hqcnn export --surrogate` writes as JSON.
 */
export interface Surrogate {
  format: "hqcnn-surrogate";
  version: 1;
  formula: string;
  explanation: string;
  /** The layer's inputs, angles in radians: the outputs of FC1. */
  inputs: number;
  /** How many outputs the layer has, and what they are: ⟨Z⟩ on every wire unless the circuit says otherwise. */
  outputs: number;
  output_names: string[];
  /** One list of 3^inputs numbers an output, in the order of the explanation. */
  coefficients: number[][];
  /** How many of all coefficients are larger than 1e-6. */
  significant: number;
  /** The circuit, with its trained weights as angles in radians. */
  circuit: { wires: number; operations: readonly Operation[] };
  embedding: string;
  ansatz: string;
  /** SHA-256 of the network's tensors, as `hqcnn train` prints it. */
  model: string;
  /** What it was trained on; null for a network that came from no model file. */
  data: ModelInfo["data"] | null;
  /** Differences to the circuit in f64, none of the points being those of the interpolation. */
  proof: { gridPoints: number; randomPoints: number; largestDifference: number };
}

/** A coefficient smaller than this is counted as none. */
const SIGNIFICANT = 1e-6;
const RANDOM_POINTS = 500;
const MOST_GRID_POINTS = 1024;
/** Of the grid that the series is checked on: neither the points of the interpolation nor their negatives. */
const GRID_ANGLES = [-2.5, 0.7];

/**
 * The quantum layer as an exact trigonometric polynomial of its inputs, and how far from the circuit that is at other
 * points than those it was made from.
 * @param info of the model file, to say what it was trained on
 * @throws HqcnnError when the network has no quantum layer, or its circuit is no such polynomial: see circuitSeries
 */
export function exportSurrogate(network: Network, info?: Pick<ModelInfo, "data">): Surrogate {
  const { head } = network.architecture;
  const { template } = network;
  if (head.kind !== "quantum" || !template) {
    const got = head.kind === "quantum" ? "circuits that cannot be joined to one" : `a head of kind ${head.kind}`;
    throw new HqcnnError(`surrogate: expected a model with a quantum layer, got ${got}: export it as ONNX`);
  }
  const { circuit } = template;
  const weights = circuitWeights(network.tensors(), template);
  const instance = simulatorOf(network.engine);
  const series = circuitSeries(instance, circuit, weights);
  const points = [...gridPoints(circuit.numInputs), ...randomPoints(instance, circuit.numInputs)];
  const exact = runCircuit(instance, circuit, points.flat(), weights);
  const differences = points.flatMap((x, n) =>
    evaluateSeries(series, x).map((value, j) => Math.abs(value - exact[n * circuit.numOutputs + j])),
  );
  const coefficients = series.coefficients.map((row) => [...row]);
  return {
    format: "hqcnn-surrogate",
    version: 1,
    formula: "out[j] = sum over k of coefficients[j][k] * product over i of f(digit(k, i), x[i])",
    explanation:
      "Every output of the quantum layer is this sum, exactly: no simulator is needed. f(0, x) = 1, f(1, x) = cos(x), f(2, x) = sin(x); digit(k, i) is digit i " +
      "of k written to the base 3 with as many digits as there are inputs, digit 0 the most significant. x[i] is output i of FC1 in radians, out[j] is " +
      "what output_names[j] says.",
    inputs: circuit.numInputs,
    outputs: circuit.numOutputs,
    output_names: outputLabels(circuit.outputs),
    coefficients,
    significant: coefficients.flat().filter((coefficient) => Math.abs(coefficient) > SIGNIFICANT).length,
    circuit: { wires: circuit.numWires, operations: circuit.operations.map((operation) => bind(operation, weights)) },
    embedding: "embedding" in head ? head.embedding : "own",
    ansatz: "ansatz" in head ? head.ansatz : "own",
    model: network.fingerprint(),
    data: info?.data ?? null,
    proof: {
      gridPoints: points.length - RANDOM_POINTS,
      randomPoints: RANDOM_POINTS,
      largestDifference: differences.reduce((a, b) => Math.max(a, b)),
    },
  };
}

function bind(operation: Operation, weights: readonly number[]): Operation {
  return { ...operation, params: operation.params.map((param) => bindParam(param, weights, null)) };
}

function gridPoints(numInputs: number): number[][] {
  const size = 2 ** numInputs;
  // An odd step visits every point once, and spreads those that there is time for over the whole grid.
  return Array.from({ length: Math.min(size, MOST_GRID_POINTS) }, (_, k) => {
    const point = (k * (size > MOST_GRID_POINTS ? 40_507 : 1)) % size;
    return Array.from({ length: numInputs }, (_, i) => GRID_ANGLES[(point >> i) & 1]);
  });
}

/** Uniform in ±π, always the same. */
function randomPoints(instance: Instance, numInputs: number): number[][] {
  const n = RANDOM_POINTS * numInputs;
  const at = instance.kernels.alloc(4 * n) as Ptr;
  instance.kernels.uniform(at, n, -Math.PI, Math.PI, 0, STREAMS.parameters, 0);
  const angles = f32(instance, at, n);
  return Array.from({ length: RANDOM_POINTS }, (_, point) => [
    ...angles.subarray(point * numInputs, (point + 1) * numInputs),
  ]);
}
