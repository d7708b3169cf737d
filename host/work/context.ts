import type { Dataset } from "../datasets/types.ts";
import type { Platform } from "../platform/platform.ts";
import type { TrainOptions } from "../training/options.ts";

/** How far reading a data set is: images done, of how many; it stops by the signal. */
export interface ReadControl {
  signal?: AbortSignal;
  /** That the data must have; null: none, as a folder. Left out: any. */
  md5?: string | null;
  onProgress?: (done: number, total: number | null) => void;
}

/** What every flow here gets beside its own arguments: command line, page and workers each bring theirs. */
export interface WorkContext {
  platform: Platform;
  /** Of this package. */
  version: string;
  /** Opens the data that options name, in place of openTrainingData: the page keeps the set that it opened last. */
  open?: (options: TrainOptions, control?: ReadControl) => Promise<Dataset>;
}
