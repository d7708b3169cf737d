import { loadEngine, openDataset, refuseMultilabel } from "../api.ts";
import { parseSize } from "../datasets/fit.ts";
import { statedRange } from "../datasets/sources/values.ts";
import type { Dataset } from "../datasets/types.ts";
import { defaultPlatform } from "../platform/default.ts";
import type { Parent } from "../platform/parent.ts";
import type { Platform } from "../platform/platform.ts";
import { optionsOf, type TrainOptions } from "../training/options.ts";
import { trainInto } from "../training/run.ts";

/** A training for a worker to do; `folder` as for trainInto. */
export interface Job {
  kind: "train";
  options: TrainOptions;
  folder: string;
  /** Of this package. */
  version: string;
}

/** What the worker says meanwhile. */
export type JobMessage = { kind: "epoch"; epoch: number } | { kind: "end"; finished: boolean };

/** Opens the data that training options name. */
export async function openTrainingData(
  platform: Platform,
  options: TrainOptions,
  control: { signal?: AbortSignal; onProgress?: (done: number, total: number | null) => void } = {},
): Promise<Dataset> {
  const { data, size, range, window, ...given } = optionsOf("data", options);
  const opened = await openDataset(data, {
    ...{ platform, ...given, ...control },
    size: size === undefined ? undefined : parseSize(size),
    range: statedRange(range, window),
  });
  refuseMultilabel(opened);
  return opened;
}

/** The options with the task that the data have by default. */
export function withTask(options: TrainOptions, { task }: Pick<Dataset, "task">): TrainOptions {
  return { ...options, task: options.task ?? (task === "binary" ? "binary" : "multiclass") };
}

/**
 * The life of a worker that trains; any message from its parent stops it after the step under way, with a checkpoint.
 */
export async function runJob({ options, folder, version }: Job, parent: Parent): Promise<void> {
  const platform = await defaultPlatform();
  const stop = new AbortController();
  parent.listen(() => stop.abort());
  const data = await openTrainingData(platform, options, { signal: stop.signal });
  const engine = await loadEngine({ build: options.engine, threads: options.threads || undefined, platform });
  const { finished } = await trainInto({ platform, engine, data, version }, options, folder, {
    signal: stop.signal,
    onEpoch: ({ epoch }) => parent.post({ kind: "epoch", epoch } satisfies JobMessage),
  });
  parent.post({ kind: "end", finished } satisfies JobMessage);
}
