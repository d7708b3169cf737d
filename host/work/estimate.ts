import { loadEngine } from "../api.ts";
import { NETWORK } from "../comparison/ablations.ts";
import { readImages } from "../datasets/images.ts";
import { isFinished } from "../study/study.ts";
import { trainLoop } from "../training/loop.ts";
import { createRunNetwork } from "../training/run.ts";
import type { ComparisonPlan } from "./compare.ts";
import type { WorkContext } from "./context.ts";

/** Steps that are timed after the first one, and the milliseconds after which no more are. */
const STEPS = 4;
const ENOUGH = 1000;

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
  { platform, version }: WorkContext,
  { options, data, runs, twins, seeds }: ComparisonPlan,
  folder: string,
): Promise<ComparisonEstimate> {
  const variants = [NETWORK, ...twins];
  const listed = await Promise.all(
    runs.map(async (run, i) => ({
      ...{ id: run.id, variant: variants[i % variants.length], seed: run.options.seed },
      ...{ epochs: run.options.epochs, isFinished: await isFinished(platform, folder, run) },
    })),
  );
  const left = listed.filter((run) => !run.isFinished);
  if (left.length === 0 || seeds === 0) return { runs: listed, seconds: 0 };
  const engine = await loadEngine({ build: options.engine, threads: options.threads || undefined, platform });
  const { network } = await createRunNetwork({ platform, engine, data, version }, options);
  try {
    const { train, test } = await timed(network, data, options);
    const { counts } = data;
    const seconds = left.reduce((sum, { epochs }) => sum + epochs * (counts.train * train + counts.val * test), 0);
    return { runs: listed, seconds: seconds + left.length * counts.test * test };
  } finally {
    network.close();
  }
}

/** Seconds for one image, in training and in tests. */
async function timed(
  network: Awaited<ReturnType<typeof createRunNetwork>>["network"],
  data: ComparisonPlan["data"],
  options: ComparisonPlan["options"],
): Promise<{ train: number; test: number }> {
  const stop = new AbortController();
  const ends: { at: number; done: number }[] = [];
  const started = performance.now();
  const onProgress = ({ epoch, done, total }: { epoch: number; done: number; total: number }) => {
    ends.push({ at: performance.now(), done: (epoch - 1) * total + done });
    if (ends.length > STEPS || performance.now() - started > ENOUGH) stop.abort();
  };
  for await (const _ of trainLoop(network, data, options, { signal: stop.signal, onProgress }));
  const [first, last] = [ends[0], ends[ends.length - 1]];
  // Of a single step there is only that, its warming-up included.
  const train = first === last ? (last.at - started) / last.done : (last.at - first.at) / (last.done - first.done);
  const val = await data.split("val");
  const images = await readImages(val, [...Array(Math.min(val.count, options.batchSize)).keys()]);
  const before = performance.now();
  network.predict(images);
  const test = (performance.now() - before) / Math.min(val.count, options.batchSize);
  return { train: train / 1000, test: test / 1000 };
}
