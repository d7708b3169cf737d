import { loadEngine } from "../api.ts";
import { defaultPlatform } from "../platform/default.ts";
import type { Parent } from "../platform/parent.ts";
import type { TrainOptions } from "../training/options.ts";
import { trainInto } from "../training/run.ts";
import { openTrainingData } from "./data.ts";

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
