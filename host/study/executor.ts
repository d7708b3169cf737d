import type { TrainOptions } from "../training/options.ts";

/** What a run is trained with, beside its options. */
export interface RunControl {
  signal?: AbortSignal;
  onEpoch: (epoch: number) => void;
  /** Of the data that it must be; null: a folder, which has none. Left out: whatever is there. */
  md5?: string | null;
  /** Epoch after which it pauses, with a checkpoint; left out: it is trained to its end. */
  until?: number;
}

/**
 * Trains one run in its folder, continuing what is there already.
 * @returns whether it has finished; false: stopped by the signal, or paused after the epoch `until`
 */
export type ExecuteRun = (options: TrainOptions, folder: string, control: RunControl) => Promise<boolean>;

/** Where the runs of a study are trained. One file each: local.ts, bullmq.ts, slurm.ts. */
export interface Executor {
  execute: ExecuteRun;
  /** Runs that it trains at the same time. */
  parallel: number;
  /** Options of every run that belong to the place, such as the number of threads; no result depends on them. */
  options: Partial<TrainOptions>;
  /** Who trains them, in words, where it is not this machine: "by the workers of redis://host". */
  place?: string;
  /** Releases what it holds; the study is over. */
  close?(): Promise<void>;
}
