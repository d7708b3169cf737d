import { UsageError } from "../check.ts";
import { createTemplate, isAngle, type Template } from "../circuit/templates.ts";
import { MAX_SERIES_WIRES } from "../network/limits.ts";
import { sizeOf } from "../network/parameters.ts";
import type { StudyRun } from "../study/study.ts";
import type { TrainOptions } from "../training/options.ts";
import { parseTrainOptions } from "../training/parse.ts";

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

/** Name of the network itself among the variants. */
export const NETWORK = "quantum";

const embedded = (embedding: TrainOptions["embedding"], name: string): Ablation => ({
  name: `the same network with ${name}`,
  question: "does the encoding matter?",
  change: () => ({ embedding }),
});

const ablations = {
  none: {
    name: "the same network without the quantum layer",
    question: "is anything needed there?",
    change: () => ({ head: "none" }),
  },
  dense: {
    name: "the same network with linear + tanh of about as many parameters",
    question: "is it the nonlinearity?",
    change: (options) => ({ head: "dense", width: widthOf(options) }),
  },
  frozen: {
    name: "the same network with the quantum layer frozen at its random start",
    question: "is training it needed?",
    change: () => ({ freeze: "quantum" }),
  },
  product: {
    name: "the same network without entangling gates",
    question: "is entanglement needed?",
    change: () => ({ entangling: false }),
    missing: ({ qubits }) => (qubits === 1 ? "one wire has nothing to entangle" : null),
  },
  series: {
    name: "the same network with a free trigonometric series in place of the circuit",
    question: "is a classical formula enough?",
    change: () => ({ head: "series" }),
    missing: ({ embedding, qubits }) =>
      isAngle(embedding) && qubits <= MAX_SERIES_WIRES
        ? null
        : `a circuit is such a series for angle embeddings, and it has up to ${MAX_SERIES_WIRES} wires; the network has ${embedding} and ${qubits}`,
  },
  logistic: {
    name: "logistic regression on the frozen network's features",
    question: "does the CNN do the work?",
    change: () => ({ head: "logistic", freeze: "features" }),
    after: true,
  },
  shuffled: {
    name: "the same network trained on shuffled labels",
    question: "does the protocol leak?",
    change: () => ({ shuffleLabels: true }),
    isCheck: true,
  },
  "angle-y": embedded("angle-y", "rotations about Y as embedding"),
  iqp: embedded("iqp", "an IQP embedding"),
  amplitude: embedded("amplitude", "an amplitude embedding, so that FC1 gives 2^qubits features"),
} satisfies Record<string, Ablation>;

export type AblationName = keyof typeof ablations;
export const ABLATIONS: Record<AblationName, Ablation> = ablations;
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

/** Width of the dense head whose parameters come nearest to the circuit's: 2·wires·width + width + wires of them. */
export function widthOf(options: TrainOptions): number {
  const wires = options.qubits;
  const parameters = templateOf(options).tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return Math.max(1, Math.round((parameters - wires) / (2 * wires + 1)));
}

function templateOf(options: TrainOptions): Template {
  const { ansatz, embedding, qubits: wires, layers, entangling, repeats, reupload, topology, entangler } = options;
  return createTemplate({ ansatz, embedding, wires, layers, entangling, repeats, reupload, topology, entangler });
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
  const changed = variantOptions(options, name);
  if (JSON.stringify(changed) === JSON.stringify(options)) return "the network already is this one";
  try {
    templateOf(changed);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return ABLATIONS[name].missing?.(options) ?? null;
}

/** Id of a run in a study: the same in every study that contains it, so that studies in one folder share their runs. */
export function runId(dataName: string, { task, protocol, seed }: TrainOptions, variant: string): string {
  return `${dataName.replace(/[^\w.-]+/g, "-")}-${task}-${protocol}-${variant}-seed${seed}`;
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
  if (options.circuit !== undefined) {
    throw new UsageError("--circuit: expected an ansatz and an embedding by name, as ablations change these");
  }
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
