import { openDataset } from "../api.ts";
import { parseSize } from "../datasets/fit.ts";
import { checkSplits } from "../datasets/guard.ts";
import type { Control, Dataset, Task } from "../datasets/types.ts";
import type { Platform } from "../platform/platform.ts";
import { type OptionsOf, optionsOf, type TrainOptions } from "../training/options.ts";
import { checkTask } from "../training/task.ts";
import type { ReadControl, WorkContext } from "./context.ts";

/** Opens the data that training options name. @throws UsageError also on options that are not for their task */
export async function openTrainingData(
  platform: Platform,
  options: TrainOptions,
  control: ReadControl = {},
): Promise<Dataset> {
  const { data, size, ...given } = optionsOf("data", options);
  const opened = await openDataset(data, {
    ...{ platform, ...given, ...control },
    size: size === undefined ? undefined : parseSize(size),
  });
  checkTask(options, opened.task);
  return opened;
}

/** Opens the data that options name, and says what is suspicious about them: one line each. */
export async function openChecked(
  { platform, open = (options, control) => openTrainingData(platform, options, control) }: WorkContext,
  options: TrainOptions,
  control?: ReadControl,
): Promise<{ data: Dataset; warnings: string[] }> {
  const data = await open(options, control);
  return { data, warnings: await warningsOf(data, control) };
}

/** What is suspicious about a data set, one line each. */
export async function warningsOf(data: Dataset, control?: Control): Promise<string[]> {
  return [...data.warnings, ...(await checkSplits(data, control))];
}

/** How data are read that are only looked at. */
export interface LookOptions extends Control, Partial<Omit<OptionsOf<"data">, "data" | "task">> {
  task?: Task;
}

/** Opens data to look at them: classes as published unless another task is asked for; splits may be missing. */
export async function openToLook(
  platform: Platform,
  data: string,
  { size, ...given }: LookOptions = {},
): Promise<Dataset> {
  return openDataset(data, {
    ...{ platform, ...given, look: true, task: given.task ?? "published" },
    size: size === undefined ? undefined : parseSize(size),
  });
}

/** The options with the task that the data have by default. */
export function withTask(options: TrainOptions, { task }: Pick<Dataset, "task">): TrainOptions {
  return { ...options, task: options.task ?? task };
}
