import { loadEngine } from "../api.ts";
import { refuseOtherMd5 } from "../datasets/sources/find.ts";
import { defaultPlatform } from "../platform/default.ts";
import type { Parent } from "../platform/parent.ts";
import type { Executor } from "../study/executor.ts";
import type { Job, JobMessage } from "../study/local.ts";
import type { TrainOptions } from "../training/options.ts";
import { trainInto } from "../training/run.ts";
import type { WorkContext } from "./context.ts";
import { openTrainingData } from "./data.ts";

/**
 * The life of a worker that trains; any message from its parent stops it after the step under way, with a checkpoint.
 */
export async function runJob({ options, folder, version, md5, until }: Job, parent: Parent): Promise<void> {
  const platform = await defaultPlatform();
  const stop = new AbortController();
  parent.listen(() => stop.abort());
  const onEpoch = (epoch: number) => parent.post({ kind: "epoch", epoch } satisfies JobMessage);
  const { execute } = executeHere({ platform, version });
  const finished = await execute(options, folder, { signal: stop.signal, onEpoch, md5, until });
  parent.post({ kind: "end", finished } satisfies JobMessage);
}

/**
 * Trains in this thread, one run after the other: what a worker does with its job, and the page's worker with a study.
 */
export function executeHere(
  { platform, version, open = (options, control) => openTrainingData(platform, options, control) }: WorkContext,
  options: Partial<TrainOptions> = {},
): Executor {
  return {
    parallel: 1,
    options,
    async execute(options, folder, { signal, onEpoch, md5, until = Number.POSITIVE_INFINITY }) {
      const data = await open(options, { signal, md5 });
      refuseOtherMd5(data.source.path, md5, data.source.md5); // the page's data are open already
      const engine = await loadEngine({ build: options.engine, threads: options.threads || undefined, platform });
      const pause = new AbortController();
      const stop = () => pause.abort();
      signal?.addEventListener("abort", stop);
      if (signal?.aborted) stop();
      const { finished } = await trainInto({ platform, engine, data, version }, options, folder, {
        signal: pause.signal,
        onEpoch({ epoch }) {
          onEpoch(epoch);
          if (epoch >= until && epoch < options.epochs) stop();
        },
      }).finally(() => signal?.removeEventListener("abort", stop));
      return finished;
    },
  };
}
