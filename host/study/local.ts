import { MOST_THREADS } from "../engine/load.ts";
import type { Platform } from "../platform/platform.ts";
import type { TrainOptions } from "../training/options.ts";
import type { Executor } from "./executor.ts";

/** A training for a worker to do; `folder` as for trainInto. */
export interface Job {
  kind: "train";
  options: TrainOptions;
  folder: string;
  /** Of this package. */
  version: string;
  /** Of the data that it must be. */
  md5?: string | null;
  /** Epoch after which it pauses. */
  until?: number;
}

/** What the worker says meanwhile. */
export type JobMessage = { kind: "epoch"; epoch: number } | { kind: "end"; finished: boolean };

/**
 * Trains on this machine, each run in a worker of its own; the runs share the processors.
 * @param parallel runs at the same time; 0: one per processor
 */
export function localExecutor(platform: Platform, version: string, parallel: number): Executor {
  const runs = parallel || platform.cpuCount;
  const threads = Math.min(MOST_THREADS, Math.max(1, Math.floor(platform.cpuCount / runs)));
  return {
    parallel: runs,
    options: { threads },
    async execute(options, folder, { signal, onEpoch, md5, until }) {
      let ended = false;
      const job: Job = { kind: "train", options, folder, version, md5, until };
      const { done, stop } = platform.startJob(job, (received) => {
        const message = received as JobMessage;
        if (message.kind === "epoch") onEpoch(message.epoch);
        else ended = message.finished;
      });
      signal?.addEventListener("abort", stop);
      await done.finally(() => signal?.removeEventListener("abort", stop));
      return ended;
    },
  };
}
