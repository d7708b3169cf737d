import { UsageError } from "../check.ts";
import { MAX_WIRES } from "../circuit/limits.ts";
import { MAX_FEATURES } from "../network/limits.ts";
import type { StudyRun } from "../study/study.ts";
import { circuitsOfOptions } from "../training/head.ts";
import type { TrainOptions } from "../training/options.ts";
import { parseTrainOptions } from "../training/parse.ts";
import { ABLATION_NAMES, type AblationName } from "./ablationNames.ts";
import {
  cannotDisentangle,
  cannotRetain,
  countWeights,
  listOrOne,
  noSeries,
  retainedOnly,
  templatesOf,
  withoutEntanglers,
} from "./circuits.ts";

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
    change: denseOptions,
  },
  matched: {
    name: "the same network with linear + tanh instead, so wide that it has as nearly as possible as many parameters",
    question: "is it the number of parameters?",
    change: matchedOptions,
    missing: (options) =>
      isSameDense(options, matchedOptions(options), denseOptions(options))
        ? "the ablation dense already comes nearest to the network's parameters"
        : null,
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
  retained: {
    name: "the same network with its discarded qubits not read",
    question: "do discarded qubits hold anything?",
    change: (options) => ({ circuit: listOrOne(circuitsOfOptions(options).map(retainedOnly)) }),
    missing: cannotRetain,
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

/** The same for a network with these options: of several circuits and a bypass also the ablations that follow. */
export function standardAblations(options: TrainOptions): AblationName[] {
  const isPlain = options.bypass === 0 && circuitsOfOptions(options).length < 2;
  const more = ABLATION_NAMES.filter((name) => /^(matched|no-bypass|without-)/.test(name));
  if (isPlain) return [...STANDARD_ABLATIONS];
  return [...STANDARD_ABLATIONS, ...more.filter((name) => missingAblation(options, name) === null)];
}

/** What says how a circuit starts and is differentiated. */
const NO_QUANTUM = {
  ...{ quantumInit: "uniform", gradient: undefined, gradientStep: undefined, spsaDirections: undefined },
} satisfies Partial<TrainOptions>;

const NO_CIRCUIT = { ...NO_QUANTUM, circuit: undefined, bypass: 0 } satisfies Partial<TrainOptions>;

/**
 * The options of a head without circuits on as many features of FC1. Those beyond what `qubits` can say are counted
 * with the bypass: such a head takes them all alike.
 */
function classicalOptions(options: TrainOptions): Partial<TrainOptions> {
  return options.circuit === undefined ? NO_QUANTUM : classicalOn(featuresOf(options));
}

function classicalOn(features: number): Partial<TrainOptions> {
  const qubits = Math.min(MAX_WIRES, features);
  return { ...NO_CIRCUIT, qubits, bypass: features - qubits };
}

/** Features that FC1 gives to the circuits and around them. */
function featuresOf(options: TrainOptions): number {
  return templatesOf(options).reduce((sum, { circuit }) => sum + circuit.numInputs, options.bypass);
}

function denseOptions(options: TrainOptions): Partial<TrainOptions> {
  return { ...classicalOptions(options), head: "dense", width: widthOf(options) };
}

/**
 * A dense head on the same features of FC1, of the width with which the whole network has as nearly as possible as many
 * parameters: FC2 has a column for each output of the circuits and each feature around them, or for each feature.
 */
function matchedOptions(options: TrainOptions): Partial<TrainOptions> {
  const templates = templatesOf(options);
  const features = featuresOf(options);
  const outputs = templates.reduce((sum, { circuit }) => sum + circuit.numOutputs, options.bypass);
  const wanted = countWeights(templates) + (outputs - features) * options.hidden;
  const parameters = (width: number) => (width === 0 ? 0 : 2 * features * width + width + features);
  const off = (width: number) => Math.abs(parameters(width) - wanted);
  let width = 0;
  while (width < MAX_FEATURES && off(width + 1) < off(width)) width++;
  return { ...classicalOn(features), head: "dense", width };
}

/** Whether two dense heads are the same: they take features around and through circuits all alike. */
function isSameDense(options: TrainOptions, one: Partial<TrainOptions>, other: Partial<TrainOptions>): boolean {
  const [a, b] = [one, other].map((changed) => ({ ...options, ...changed }));
  return a.width === b.width && a.qubits + a.bypass === b.qubits + b.bypass;
}

const oneWire = ({ qubits }: TrainOptions) => (qubits === 1 ? "one wire has nothing to entangle" : null);

/**
 * Width of the dense head whose parameters come nearest to the circuits': 2·features·width + width + features of them.
 */
export function widthOf(options: TrainOptions): number {
  const classical = classicalOptions(options);
  const wires = (classical.qubits ?? options.qubits) + (classical.bypass ?? options.bypass);
  const parameters = countWeights(templatesOf(options));
  return Math.max(1, Math.round((parameters - wires) / (2 * wires + 1)));
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

/** More trainings of each variant than anybody has time for. */
const MOST_SEEDS = 1000;

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
  if (seeds > MOST_SEEDS) throw new UsageError(`seeds: expected at most ${MOST_SEEDS}, got ${seeds}`);
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
