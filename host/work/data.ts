import { openDataset, refuseMultilabel } from "../api.ts";
import { parseSize } from "../datasets/fit.ts";
import { setByName, setFile } from "../datasets/sources/medmnist.ts";
import { statedRange } from "../datasets/sources/values.ts";
import type { Dataset, OnProgress, Protocol, Task } from "../datasets/types.ts";
import type { Architecture } from "../network/build.ts";
import type { ModelInfo } from "../network/model.ts";
import type { Platform } from "../platform/platform.ts";
import { type OptionsOf, optionsOf, type TrainOptions } from "../training/options.ts";

export interface OpenControl {
  signal?: AbortSignal;
  onProgress?: OnProgress;
}

/** Opens the data that training options name. @throws HqcnnError also on data with several labels an image */
export async function openTrainingData(
  platform: Platform,
  options: TrainOptions,
  control: OpenControl = {},
): Promise<Dataset> {
  const { data, size, range, window: centered, ...given } = optionsOf("data", options);
  // Before anybody fetches a set that cannot be trained.
  if (setByName(setFile(data)?.name ?? "")?.kind === "multilabel") refuseMultilabel({ name: data, task: "multilabel" });
  const opened = await openDataset(data, {
    ...{ platform, ...given, ...control },
    size: size === undefined ? undefined : parseSize(size),
    range: statedRange(range, centered),
  });
  refuseMultilabel(opened);
  return opened;
}

/** How data are read that are only looked at. */
export interface LookOptions extends Partial<Omit<OptionsOf<"data">, "data" | "task">> {
  task?: Task;
}

/** Opens data to look at them: classes as published unless another task is asked for; splits may be missing. */
export async function openToLook(
  platform: Platform,
  data: string,
  { size, range, window: centered, ...given }: LookOptions = {},
): Promise<Dataset> {
  return openDataset(data, {
    ...{ platform, ...given, look: true, task: given.task ?? "published" },
    size: size === undefined ? undefined : parseSize(size),
    range: statedRange(range, centered),
  });
}

/** The options with the task that the data have by default. */
export function withTask(options: TrainOptions, { task }: Pick<Dataset, "task">): TrainOptions {
  return { ...options, task: options.task ?? (task === "binary" ? "binary" : "multiclass") };
}

/** How data are read for a model, beside what the model itself tells. */
export interface ModelDataOptions extends OpenControl {
  keys?: string;
  range?: readonly number[];
  window?: readonly number[];
  group?: string;
  strict?: boolean;
  renames?: Readonly<Record<string, string>>;
}

/** Opens data to evaluate a model: at its size, with its classes found by their names, read as its own were. */
export async function openForModel(
  platform: Platform,
  data: string,
  { channels, height, width, fit }: Architecture,
  { data: trained, training, classNames }: ModelInfo,
  { range, window: centered, ...given }: ModelDataOptions,
): Promise<Dataset> {
  const { name, md5, task, positive, protocol, splitRatio, reading } = trained;
  return openDataset(data, {
    ...{ platform, splitRatio, seed: training.seed, fit, ...given },
    task: task as Task,
    positive: positive ?? reading?.positive ?? undefined,
    protocol: protocol as Protocol,
    channels: channels as 1 | 3,
    size: { height, width },
    range: statedRange(range, centered),
    like: reading?.values ?? undefined,
    model: { name, md5, classNames, sourceClasses: reading?.sourceClasses },
  });
}
