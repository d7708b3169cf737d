import { HqcnnError, UsageError } from "../check.ts";
import { Circuit } from "../circuit/circuit.ts";
import { type CircuitData, circuitData, templateOfData } from "../circuit/data.ts";
import { wiresOf } from "../circuit/gates.ts";
import { MAX_TRAINING_WIRES } from "../circuit/limits.ts";
import { inputsOf } from "../circuit/params.ts";
import { createTemplate, isAngle, type Template } from "../circuit/templates.ts";
import { MAX_SERIES_WIRES } from "../network/limits.ts";
import { sizeOf } from "../network/parameters.ts";
import { checkSeries } from "../simulator/series.ts";
import type { StudyRun } from "../study/study.ts";
import { circuitsOfOptions } from "../training/head.ts";
import type { TrainOptions } from "../training/options.ts";
import { parseTrainOptions } from "../training/parse.ts";
import { ABLATION_NAMES, type AblationName } from "./ablationNames.ts";

export type { AblationName };

/** The network with one thing changed, and what that can show: what the option --twins names. */
export interface Ablation {
  /** Completes "a difference to …". */
  name: string;
  question: string;
  change(options: TrainOptions): Partial<TrainOptions>;
  /** Why a network has no such ablation, beside what a circuit refuses; null where it has. */
  missing?(options: TrainOptions): string | null;
  /** Starts from the trained network of the same seed. */
  after?: true;
  /** Not a rival of the network but a check of the protocol. */
  isCheck?: true;
}

/** With fewer seeds, chance in training hides differences that matter, so that not to find one says little. */
export const FEWEST_SEEDS = 5;

/** Name of the network itself among the variants. */
export const NETWORK = "quantum";

const embedded = (embedding: TrainOptions["embedding"], name: string): Ablation => ({
  name: `the same network with ${name}`,
  question: "does the encoding matter?",
  change: () => ({ embedding }),
  missing: ({ circuit }) => (circuit === undefined ? null : "a circuit of one's own has its own embedding"),
});

/** Without one of several circuits of one's own, counted from 1. */
const without = (number: number): Ablation => ({
  name: `the same network without circuit ${number}`,
  question: `is circuit ${number} needed?`,
  change: (options) => {
    const left = circuitsOfOptions(options).filter((_, i) => i !== number - 1);
    return { circuit: left.length === 1 ? left[0] : left };
  },
  missing: (options) => {
    const count = circuitsOfOptions(options).length;
    if (count < 2) return "it leaves out one of several circuits, and the network has one: see the ablation none";
    return count < number ? `the network has ${count} circuits` : null;
  },
});

export const ABLATIONS: Record<AblationName, Ablation> = {
  none: {
    name: "the same network without the quantum layer",
    question: "is anything needed there?",
    change: (options) => ({ ...classicalOptions(options), head: "none" }),
  },
  dense: {
    name: "the same network with linear + tanh of about as many parameters",
    question: "is it the nonlinearity?",
    change: (options) => ({ ...classicalOptions(options), head: "dense", width: widthOf(options) }),
  },
  frozen: {
    name: "the same network with the quantum layer frozen at its random start",
    question: "is training it needed?",
    change: () => ({ freeze: "quantum" }),
    missing: (options) =>
      countWeights(templatesOf(options)) === 0 ? "the circuit has no weights that could be trained" : null,
  },
  product: {
    name: "the same network without entangling gates",
    question: "is entanglement needed?",
    change: (options) =>
      options.circuit === undefined
        ? { entangling: false }
        : { circuit: listOrOne(circuitsOfOptions(options).map(withoutEntanglers)) },
    missing: (options) => (options.circuit === undefined ? oneWire(options) : cannotDisentangle(options)),
  },
  series: {
    name: "the same network with a free trigonometric series in place of the circuit",
    question: "is a classical formula enough?",
    change: (options) => ({ ...classicalOptions(options), head: "series" }),
    missing: (options) => noSeries(options),
  },
  logistic: {
    name: "logistic regression on the frozen network's features",
    question: "does the CNN do the work?",
    change: () => ({ ...NO_CIRCUIT, head: "logistic", freeze: "features" }),
    after: true,
  },
  shuffled: {
    name: "the same network trained on shuffled labels",
    question: "does the protocol leak?",
    change: () => ({ shuffleLabels: true }),
    isCheck: true,
  },
  "no-bypass": {
    name: "the same network without the features that go around the circuits",
    question: "is the bypass needed?",
    change: () => ({ bypass: 0 }),
    missing: ({ bypass }) => (bypass === 0 ? "the network has no bypass" : null),
  },
  "without-1": without(1),
  "without-2": without(2),
  "without-3": without(3),
  "without-4": without(4),
  "without-5": without(5),
  "without-6": without(6),
  "without-7": without(7),
  "without-8": without(8),
  "angle-y": embedded("angle-y", "rotations about Y as embedding"),
  iqp: embedded("iqp", "an IQP embedding"),
  amplitude: embedded("amplitude", "an amplitude embedding, so that FC1 gives 2^qubits features"),
};

/** Those that `hqcnn compare` trains unless told otherwise. */
export const STANDARD_ABLATIONS: readonly AblationName[] = [
  "none",
  "dense",
  "frozen",
  "product",
  "series",
  "logistic",
  "shuffled",
];

/** The same for a network with these options: also without each of its circuits, and without its bypass. */
export function standardAblations(options: TrainOptions): AblationName[] {
  const more = ABLATION_NAMES.filter((name) => /^(no-bypass|without-)/.test(name));
  return [...STANDARD_ABLATIONS, ...more.filter((name) => missingAblation(options, name) === null)];
}

const NO_CIRCUIT = { circuit: undefined, bypass: 0, quantumInit: "uniform" } satisfies Partial<TrainOptions>;

/**
 * The options of a head without circuits on as many features of FC1. Those beyond what `qubits` can say are counted
 * with the bypass: such a head takes them all alike.
 */
function classicalOptions(options: TrainOptions): Partial<TrainOptions> {
  if (options.circuit === undefined) return { quantumInit: "uniform" };
  const features = templatesOf(options).reduce((sum, { circuit }) => sum + circuit.numInputs, options.bypass);
  const qubits = Math.min(MAX_TRAINING_WIRES, features);
  return { ...NO_CIRCUIT, qubits, bypass: features - qubits };
}

function listOrOne(circuits: CircuitData[]): CircuitData | CircuitData[] {
  return circuits.length === 1 ? circuits[0] : circuits;
}

/** The circuit with its gates on one wire alone; numbers of inputs and weights stay. */
function withoutEntanglers(data: CircuitData): CircuitData {
  const { circuit, tensors } = templateOfData(data, () => "--circuit");
  const { numWires, operations, outputs, numInputs: inputs, numWeights: weights } = circuit;
  const left = operations.filter((operation) => wiresOf(operation).length === 1);
  return circuitData({ circuit: new Circuit(numWires, left, { outputs, inputs, weights }), tensors });
}

const oneWire = ({ qubits }: TrainOptions) => (qubits === 1 ? "one wire has nothing to entangle" : null);

/** Why a circuit of one's own has no counterpart without entanglement; null where it has. */
function cannotDisentangle(options: TrainOptions): string | null {
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
function noSeries(options: TrainOptions): string | null {
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

/**
 * Width of the dense head whose parameters come nearest to the circuits': 2·features·width + width + features of them.
 */
export function widthOf(options: TrainOptions): number {
  const classical = classicalOptions(options);
  const wires = (classical.qubits ?? options.qubits) + (classical.bypass ?? options.bypass);
  const parameters = countWeights(templatesOf(options));
  return Math.max(1, Math.round((parameters - wires) / (2 * wires + 1)));
}

function countWeights(templates: readonly Template[]): number {
  return templates.flatMap(({ tensors }) => tensors).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** The circuits of the network with these options. */
function templatesOf(options: TrainOptions): Template[] {
  if (options.circuit !== undefined) {
    return circuitsOfOptions(options).map((data) => templateOfData(data, () => "--circuit"));
  }
  const { ansatz, embedding, qubits: wires, layers, entangling, repeats, reupload, topology, entangler } = options;
  return [createTemplate({ ansatz, embedding, wires, layers, entangling, repeats, reupload, topology, entangler })];
}

/** Options of one variant: the network's own, or those of an ablation. */
export function variantOptions(options: TrainOptions, variant: string): TrainOptions {
  return variant === NETWORK ? options : { ...options, ...ABLATIONS[variant as AblationName].change(options) };
}

/**
 * Why a network with these options has no such ablation: its circuit is impossible or would be the network's own. Null
 * where it has one.
 */
export function missingAblation(options: TrainOptions, name: AblationName): string | null {
  const reason = ABLATIONS[name].missing?.(options) ?? null;
  if (reason !== null && options.circuit !== undefined) return reason;
  try {
    const changed = variantOptions(options, name);
    if (JSON.stringify(changed) === JSON.stringify(options)) return reason ?? "the network already is this one";
    if (changed.head === "quantum" || options.circuit === undefined) templatesOf(changed);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return reason;
}

/** Id of a run in a study: the same in every study that contains it, so that studies in one folder share their runs. */
export function runId(dataName: string, { task, protocol, seed, fraction }: TrainOptions, variant: string): string {
  const part = fraction === 1 ? "" : `-fraction${fraction}`;
  return `${dataName.replace(/[^\w.-]+/g, "-")}-${task}-${protocol}${part}-${variant}-seed${seed}`;
}

/**
 * The runs of a comparison: for every seed from options.seed on the network, then its ablations.
 * @param dataName what the data are called in the ids
 * @throws UsageError when the network has no circuit, or not one of the ablations
 */
export function comparisonRuns(
  dataName: string,
  options: TrainOptions,
  seeds: number,
  names: readonly AblationName[],
): StudyRun[] {
  if (options.head !== "quantum") throw new UsageError(`--head: a comparison is about quantum, got ${options.head}`);
  for (const name of names) {
    const reason = missingAblation(options, name);
    if (reason !== null) throw new UsageError(`--twins: there is no ${name}: ${reason}; leave it out`);
  }
  return Array.from({ length: seeds }, (_, i) => options.seed + i).flatMap((seed) =>
    [NETWORK, ...names].map((variant): StudyRun => {
      const own = parseTrainOptions({ ...variantOptions(options, variant), seed });
      const { after } = variant === NETWORK ? {} : ABLATIONS[variant as AblationName];
      return {
        id: runId(dataName, own, variant),
        options: own,
        ...(after && { after: runId(dataName, own, NETWORK) }),
      };
    }),
  );
}
