import { HqcnnError, UsageError } from "../check.ts";
import { Circuit } from "../circuit/circuit.ts";
import { inputsOf, weightsOf } from "../circuit/params.ts";
import { nestedIndices, takeImages } from "../datasets/subset.ts";
import type { Dataset, Permutation, Split } from "../datasets/types.ts";
import type { Network } from "../network/network.ts";
import { simulatorOf } from "../simulator/instance.ts";
import { finalState } from "../simulator/simulate.ts";
import { exp, square } from "../statistics/functions.ts";
import { wilsonInterval } from "../statistics/metrics.ts";
import { mcnemar } from "../statistics/tests.ts";
import { activationsOf } from "./activations.ts";
import { judge } from "./judge.ts";
import { trainMachine } from "./svm.ts";
import { predictSplit } from "./tta.ts";

/** fidelity: |⟨φ(x)|φ(y)⟩|² of the embedding's states. linear, rbf: of the same features, standardized. */
export const KERNELS = ["fidelity", "linear", "rbf"] as const;
export type KernelName = (typeof KERNELS)[number];

/** Training images at most: the matrix has their square. */
export const MOST_TRAINING = 4000;
const COSTS = [0.1, 1, 10, 100];
/** Of rbf, divided by the number of features. */
const WIDTHS = [0.25, 1, 4];

export interface KernelResult {
  kernel: KernelName;
  /** Chosen on val. */
  cost: number;
  gamma: number | null;
  val: number;
  accuracy: number;
  /** 95 %, Wilson's. */
  interval: [low: number, high: number];
  /** Exact, against the fidelity kernel on the same test images; null for itself. */
  mcnemar: number | null;
}

export interface KernelAblation {
  /** Training images, of how many. */
  images: number;
  of: number;
  test: number;
  features: number;
  /** The whole network on the same test images. */
  network: number;
  rows: KernelResult[];
}

/**
 * Support vector machines on what the frozen trunk and FC1 make of images: with the fidelity kernel of the network's
 * own embedding, and with classical kernels. C, and the width of rbf, are those with the best accuracy on val.
 * @throws HqcnnError for a network without one circuit whose embedding comes first and has no weights
 */
export async function kernelAblation(
  network: Network,
  data: KernelData,
  permutation: Permutation,
): Promise<KernelAblation> {
  const [train, val, test] = await Promise.all([data.split("train"), data.split("val"), data.split("test")]);
  const { output } = network.architecture;
  if (output || train.matrix) throw new UsageError("kernels: expected a network that answers one class an image");
  for (const [name, { count }] of Object.entries({ train, val, test })) {
    if (count === 0) throw new UsageError(`kernels: expected images to train, validate and test with, got no ${name}`);
  }
  const circuit = embeddingOf(network);
  const wanted = nestedIndices(train.labels, Math.min(1, MOST_TRAINING / train.count), permutation);
  const seen = await takeImages(train, wanted.subarray(0, MOST_TRAINING), data);
  const samples: Samples[] = [];
  for (const split of [seen, val, test]) {
    samples.push({ rows: await featuresOf(network, split, circuit.numInputs), labels: split.labels });
  }
  const found: Fitted[] = [];
  for (const kernel of KERNELS) {
    const space = kernel === "fidelity" ? statesOf(network, circuit) : scaleOf(samples[0].rows);
    const [own, onVal, onTest] = samples.map(({ rows, labels }) => ({ rows: rows.map(space), labels }));
    found.push(await bestMachine(kernel, circuit.numInputs, own, onVal, onTest));
  }
  const [fidelity] = found;
  const rows = found.map(({ predicted, ...row }) => ({
    ...row,
    mcnemar: row.kernel === "fidelity" ? null : mcnemar(test.labels, fidelity.predicted, predicted).p,
  }));
  const { metrics } = judge(network, test, await predictSplit(network, test));
  return {
    ...{ images: seen.count, of: train.count, test: test.count, features: circuit.numInputs },
    ...{ network: metrics.accuracy, rows },
  };
}

/** What is read of data. */
type KernelData = Pick<Dataset, "name" | "classNames" | "height" | "width" | "channels" | "split">;

/** A row a sample, in the space of a kernel. */
interface Samples {
  rows: Float64Array[];
  labels: Uint8Array;
}

/** With what it takes the test images for. */
type Fitted = Omit<KernelResult, "mcnemar"> & { predicted: Uint8Array };

/** The machine with the best accuracy on val, over C and the kernel's width. */
async function bestMachine(
  kernel: KernelName,
  features: number,
  own: Samples,
  val: Samples,
  test: Samples,
): Promise<Fitted> {
  let best: Fitted | null = null;
  for (const gamma of kernel === "rbf" ? WIDTHS.map((width) => width / features) : [null]) {
    const value = PRODUCTS[kernel](gamma ?? 0);
    const matrix = own.rows.map((row) => rowOf(row, own.rows, value));
    for (const cost of COSTS) {
      const machine = await trainMachine(matrix, own.labels, cost);
      const answers = ({ rows }: Samples) =>
        Uint8Array.from(rows, (row) => machine.predict(rowOf(row, own.rows, value)));
      const share = shareRight(answers(val), val.labels);
      if (best === null || share > best.val) {
        const predicted = answers(test);
        const accuracy = shareRight(predicted, test.labels);
        const interval = wilsonInterval(Math.round(accuracy * predicted.length), predicted.length);
        best = { kernel, cost, gamma, val: share, accuracy, interval, predicted };
      }
      machine.free();
      await new Promise((resolve) => setTimeout(resolve)); // lets events in
    }
  }
  return best!;
}

/** The operations before the first weight, which must take all inputs. */
export function embeddingOf({ circuits, architecture }: Network): Circuit {
  if (circuits.length !== 1)
    throw new HqcnnError(
      `kernels: expected a network with one circuit, got ${circuits.length || `a head of kind ${architecture.head.kind}`}`,
    );
  const { circuit } = circuits[0].template;
  const first = circuit.operations.findIndex(({ params }) => params.some((param) => weightsOf(param).length > 0));
  const operations = first < 0 ? circuit.operations : circuit.operations.slice(0, first);
  const read = new Set(operations.flatMap(({ params }) => params.flatMap(inputsOf)));
  if (read.size < circuit.numInputs)
    throw new HqcnnError("kernels: expected a circuit that embeds all features before its first weight");
  return new Circuit(circuit.numWires, operations, { inputs: circuit.numInputs });
}

/** (count) rows of the features that go into the circuit. */
async function featuresOf(network: Network, split: Split, inputs: number): Promise<Float64Array[]> {
  const all = await activationsOf(network, split, "fc1");
  const width = all.length / split.count;
  return Array.from({ length: split.count }, (_, n) => Float64Array.from(all.subarray(n * width, n * width + inputs)));
}

/** The state of an embedding: its real parts, then its imaginary ones. */
function statesOf({ engine }: Network, circuit: Circuit): (row: Float64Array) => Float64Array {
  const simulator = simulatorOf(engine);
  return (row) => {
    const { re, im } = finalState(simulator, circuit, row, []);
    return Float64Array.from([...re, ...im]);
  };
}

/** Less the mean, divided by the standard deviation of the training images. */
function scaleOf(rows: readonly Float64Array[]): (row: Float64Array) => Float64Array {
  const mean = rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
  const deviation = mean.map(
    (m, i) => Math.sqrt(rows.reduce((sum, row) => sum + square(row[i] - m), 0) / rows.length) || 1,
  );
  return (row) => row.map((value, i) => (value - mean[i]) / deviation[i]);
}

type Product = (a: Float64Array, b: Float64Array) => number;

const PRODUCTS: Record<KernelName, (gamma: number) => Product> = {
  fidelity: () => fidelity,
  linear: () => (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0),
  rbf: (gamma) => (a, b) => exp(-gamma * a.reduce((sum, value, i) => sum + square(value - b[i]), 0)),
};

/** Of states as their real parts and then their imaginary ones. */
function fidelity(a: Float64Array, b: Float64Array): number {
  const half = a.length / 2;
  let [re, im] = [0, 0];
  for (let i = 0; i < half; i++) {
    re += a[i] * b[i] + a[half + i] * b[half + i];
    im += a[i] * b[half + i] - a[half + i] * b[i];
  }
  return re * re + im * im;
}

function rowOf(row: Float64Array, rows: readonly Float64Array[], product: Product): Float64Array {
  return Float64Array.from(rows, (other) => product(row, other));
}

function shareRight(predicted: ArrayLike<number>, labels: ArrayLike<number>): number {
  let right = 0;
  for (let i = 0; i < labels.length; i++) right += predicted[i] === labels[i] ? 1 : 0;
  return right / labels.length;
}
