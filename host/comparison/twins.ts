import { UsageError } from "../check.ts";
import { createTemplate } from "../circuit/templates.ts";
import { sizeOf } from "../network/parameters.ts";
import type { TrainOptions } from "../training/options.ts";
import type { StudyRun } from "./study.ts";

/** The network with one thing changed, and what that can show. */
export interface Twin {
  /** Completes "a difference to …". */
  name: string;
  question: string;
  change(options: TrainOptions): Partial<TrainOptions>;
  /** Starts from the trained network of the same seed. */
  after?: true;
  /** Not a rival of the network but a check of the protocol. */
  isCheck?: true;
}

/** Name of the network itself among the variants. */
export const NETWORK = "quantum";

const embedded = (embedding: TrainOptions["embedding"], name: string): Twin => ({
  name: `the same network with ${name}`,
  question: "does the encoding matter?",
  change: () => ({ embedding }),
});

const twins = {
  none: {
    name: "the same network without the quantum layer",
    question: "is anything needed there?",
    change: () => ({ head: "none" }),
  },
  dense: {
    name: "the same network with linear + tanh of as many parameters",
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
  },
  series: {
    name: "the same network with a free trigonometric series in place of the circuit",
    question: "is a classical formula enough?",
    change: () => ({ head: "series" }),
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
} satisfies Record<string, Twin>;

export type TwinName = keyof typeof twins;
export const TWINS: Record<TwinName, Twin> = twins;
/** Those that `hqcnn compare` trains unless told otherwise. */
export const STANDARD_TWINS: readonly TwinName[] = [
  "none",
  "dense",
  "frozen",
  "product",
  "series",
  "logistic",
  "shuffled",
];

/** Width of the dense head whose parameters come nearest to the circuit's: 2·wires·width + width + wires of them. */
export function widthOf({ ansatz, embedding, qubits: wires, layers }: TrainOptions): number {
  const { tensors } = createTemplate({ ansatz, embedding, wires, layers });
  const parameters = tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return Math.max(1, Math.round((parameters - wires) / (2 * wires + 1)));
}

/** Options of one variant: the network's own, or those of a twin. */
export function variantOptions(options: TrainOptions, variant: string): TrainOptions {
  return variant === NETWORK ? options : { ...options, ...TWINS[variant as TwinName].change(options) };
}

/** Id of a run in a study: the same in every study that contains it, so that studies in one folder share their runs. */
export function runId(dataName: string, { task, protocol, seed }: TrainOptions, variant: string): string {
  return `${dataName.replace(/[^\w.-]+/g, "-")}-${task}-${protocol}-${variant}-seed${seed}`;
}

/**
 * The runs of a comparison: for every seed from options.seed on the network, then its twins.
 * @param dataName what the data are called in the ids
 * @throws UsageError when the network has no circuit
 */
export function comparisonRuns(
  dataName: string,
  options: TrainOptions,
  seeds: number,
  names: readonly TwinName[],
): StudyRun[] {
  if (options.head !== "quantum") throw new UsageError(`--head: a comparison is about quantum, got ${options.head}`);
  return Array.from({ length: seeds }, (_, i) => options.seed + i).flatMap((seed) =>
    [NETWORK, ...names].map((variant): StudyRun => {
      const own = { ...variantOptions(options, variant), seed };
      const { after } = variant === NETWORK ? {} : TWINS[variant as TwinName];
      return {
        id: runId(dataName, own, variant),
        options: own,
        ...(after && { after: runId(dataName, own, NETWORK) }),
      };
    }),
  );
}
