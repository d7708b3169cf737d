import { loadEngine } from "../api.ts";
import { HqcnnError } from "../check.ts";
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
export async function runJob({ options, folder, version, md5 }: Job, parent: Parent): Promise<void> {
  const platform = await defaultPlatform();
  const stop = new AbortController();
  parent.listen(() => stop.abort());
  const onEpoch = (epoch: number) => parent.post({ kind: "epoch", epoch } satisfies JobMessage);
  const { execute } = executeHere({ platform, version });
  const finished = await execute(options, folder, { signal: stop.signal, onEpoch, md5 });
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
    async execute(options, folder, { signal, onEpoch, md5 }) {
      const data = await open(options, { signal });
      if (md5 !== undefined && data.source.md5 !== md5) {
        throw new HqcnnError(
          `${data.source.path}: expected data with MD5 ${md5 ?? "none"}, as the study began with, got ${data.source.md5 ?? "none"}: put the same file there`,
        );
      }
      const engine = await loadEngine({ build: options.engine, threads: options.threads || undefined, platform });
      const { finished } = await trainInto({ platform, engine, data, version }, options, folder, {
        signal,
        onEpoch: ({ epoch }) => onEpoch(epoch),
      });
      return finished;
    },
  };
}
