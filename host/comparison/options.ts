import { UsageError } from "../check.ts";
import { flag, type OptionName, type TrainOptions } from "../training/options.ts";
import { parseTrainOptions } from "../training/parse.ts";

/** Options that a comparison decides itself, and how. */
export const DECIDED = {
  head: "the network has a quantum layer, and ablations replace it",
  width: "the ablation dense chooses it",
  freeze: "the ablations frozen and logistic freeze what they name",
  start: "every run starts from its own seed, except that the ablation logistic starts from the network",
  startPartial: "no run starts from another model",
  shuffleLabels: "the ablation shuffled does this",
  shots: "trained networks are measured with compare's own --shots and --noise",
  noise: "trained networks are measured with compare's own --shots and --noise",
  threads: "the runs share the processors",
} as const satisfies Partial<Record<OptionName, string>>;

export const DECIDED_NAMES = Object.keys(DECIDED) as (keyof typeof DECIDED)[];

/**
 * The options of the network in a comparison, out of options of training: what a comparison decides itself is left
 * out, with a note for each, whichever way it came.
 * @throws UsageError on options that are impossible, and on another head than the one that a comparison is about
 */
export function comparisonOptions(given: object): { options: TrainOptions; notes: string[] } {
  const { head, ...others } = given as Record<string, unknown>;
  if (head !== undefined && head !== "quantum")
    throw new UsageError(`--head: a comparison is about quantum, got ${head}: leave it out`);
  const standard = parseTrainOptions({}) as Record<string, unknown>;
  const decided = DECIDED_NAMES.filter((name) => name in others);
  const changed = decided.filter((name) => others[name] !== undefined && others[name] !== standard[name]);
  for (const name of decided) delete others[name];
  const options = parseTrainOptions(others);
  return { options, notes: changed.map((name) => `${flag(name)} is not used in a comparison: ${DECIDED[name]}`) };
}
