import { NETWORK } from "../comparison/ablations.ts";
import { isFinished } from "../study/study.ts";
import type { ComparisonPlan } from "./compare.ts";
import type { WorkContext } from "./context.ts";
import { measureImages } from "./imageTimes.ts";

/** Steps that are timed: few, as the page waits for them. */
const STEPS = 4;

/** What a comparison has before it. */
export interface ComparisonEstimate {
  /** One a seed and variant, in the order in which they are trained. */
  runs: readonly { id: string; variant: string; seed: number; epochs: number; isFinished: boolean }[];
  /** Of the runs that are not finished, on this machine: the network's own speed, measured just now, for each. */
  seconds: number;
}

/**
 * Estimates how long a comparison takes: trains the network for some steps and throws it away. Ablations are taken to
 * be as fast as the network.
 */
export async function estimateComparison(
  context: WorkContext,
  { options, data, runs, twins, seeds }: ComparisonPlan,
  folder: string,
): Promise<ComparisonEstimate> {
  const variants = [NETWORK, ...twins];
  const listed = await Promise.all(
    runs.map(async (run, i) => ({
      ...{ id: run.id, variant: variants[i % variants.length], seed: run.options.seed },
      ...{ epochs: run.options.epochs, isFinished: await isFinished(context.platform, folder, run) },
    })),
  );
  const left = listed.filter((run) => !run.isFinished);
  if (left.length === 0 || seeds === 0) return { runs: listed, seconds: 0 };
  const threads = options.threads || undefined;
  const { train, test } = await measureImages(context, data, options, { threads, steps: STEPS });
  const { counts } = data;
  const seconds = left.reduce((sum, { epochs }) => sum + epochs * (counts.train * train + counts.val * test), 0);
  return { runs: listed, seconds: seconds + left.length * counts.test * test };
}
