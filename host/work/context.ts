import type { Control, Dataset } from "../datasets/types.ts";
import type { Platform } from "../platform/platform.ts";
import type { TrainOptions } from "../training/options.ts";

/** How reading a data set is followed and stopped. */
export interface ReadControl extends Control {
  /** That the data must have; null: none, as a folder. Left out: any. */
  md5?: string | null;
}

/** What every flow here gets beside its own arguments: command line, page and workers each bring theirs. */
export interface WorkContext {
  platform: Platform;
  /** Of this package. */
  version: string;
  /** Opens the data that options name, in place of openTrainingData: the page keeps the set that it opened last. */
  open?: (options: TrainOptions, control?: ReadControl) => Promise<Dataset>;
}
