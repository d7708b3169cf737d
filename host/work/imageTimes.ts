import { loadEngine } from "../api.ts";
import { readImages } from "../datasets/images.ts";
import type { Dataset } from "../datasets/types.ts";
import { trainLoop } from "../training/loop.ts";
import type { TrainOptions } from "../training/options.ts";
import { createRunNetwork } from "../training/run.ts";
import type { WorkContext } from "./context.ts";

/** Milliseconds after which no more steps are timed. */
const ENOUGH = 1000;
/** Images that a test is timed with, at most. */
const TESTED = 256;

/** Seconds for one image. */
export interface ImageTimes {
  train: number;
  test: number;
}

/**
 * Measures how long a run takes for one image: trains a network for some steps, and throws it away.
 * @param steps that are timed after the first one, which warms up; for at most a second, within one epoch where that
 * has several
 */
export async function measureImages(
  { platform, version }: WorkContext,
  data: Dataset,
  options: TrainOptions,
  { threads, steps }: { threads?: number; steps: number },
): Promise<ImageTimes> {
  const engine = await loadEngine({ build: options.engine, threads, platform });
  const { network } = await createRunNetwork({ platform, engine, data, version }, { ...options, start: undefined });
  try {
    const stop = new AbortController();
    const ends: { at: number; done: number }[] = [];
    const started = performance.now();
    const onProgress = ({ epoch, done, total }: { epoch: number; done: number; total: number }) => {
      ends.push({ at: performance.now(), done: (epoch - 1) * total + done });
      if (ends.length > steps || performance.now() - ends[0].at > ENOUGH) stop.abort();
    };
    for await (const _ of trainLoop(network, data, options, { signal: stop.signal, onProgress })) {
      if (ends.length > 1) stop.abort();
    }
    const [first, last] = [ends[0], ends[ends.length - 1]];
    // Of a single step there is only that, its warming-up included.
    const train = first === last ? (last.at - started) / last.done : (last.at - first.at) / (last.done - first.done);
    const val = await data.split("val");
    const count = Math.min(val.count, TESTED);
    const images = await readImages(val, [...Array(count).keys()]);
    const before = performance.now();
    network.predict(images);
    return { train: train / 1000, test: (performance.now() - before) / count / 1000 };
  } finally {
    network.close();
  }
}
