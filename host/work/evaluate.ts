import { openDataset } from "../api.ts";
import { UsageError } from "../check.ts";
import { setByName } from "../datasets/sources/medmnist.ts";
import type { Dataset, Protocol, Task } from "../datasets/types.ts";
import type { ModelInfo } from "../network/model.ts";
import type { Network } from "../network/network.ts";
import type { Platform } from "../platform/platform.ts";
import { RUN_FILES } from "../training/files.ts";
import { checkModelOfRun, dataToOpen, type RunIdentity, readRunIdentity } from "../training/record.ts";
import { warningsOf } from "./data.ts";

/** A loaded model, and where it lies. */
export interface LocatedModel {
  path: string;
  network: Network;
  info: ModelInfo;
  /** The run whose folder it lies in, if it does. */
  run: RunIdentity | null;
}

/** Task, splits and seed of the data that a model was trained on. */
export function splitOf({ data, training }: ModelInfo) {
  return {
    task: data.task as Task,
    protocol: data.protocol as Protocol,
    splitRatio: data.splitRatio,
    seed: training.seed,
    ...(data.positive && { positive: data.positive }),
  };
}

/** Opens data to evaluate a model on, by its own task and splits; default: the data that it was trained on. */
export async function openModelData(
  platform: Platform,
  { path, network, info, run }: LocatedModel,
  given?: string,
): Promise<{ data: Dataset; warnings: string[] }> {
  const channels = network.architecture.channels as 1 | 3;
  const note = run && checkModelOfRun(path, info, run.id);
  const source = dataToOpen(path, given ?? trainingData(path, info, run), given);
  const data = await openDataset(source, { platform, ...splitOf(info), channels });
  const warnings = [...(note === null ? [] : [note]), ...(await warningsOf(data))];
  if (data.classNames.join() !== info.classNames.join()) {
    warnings.push(
      `class names differ: the model's are ${info.classNames.join(", ")}, the data's ${data.classNames.join(", ")}`,
    );
  }
  return { data, warnings };
}

/** The run whose folder a model lies in, if it does. @throws HqcnnError when config.json there is damaged */
export async function runAround(platform: Platform, modelPath: string): Promise<RunIdentity | null> {
  const folder = modelPath.slice(0, modelPath.length - platform.basename(modelPath).length) || ".";
  if ((await platform.stat(platform.join(folder, RUN_FILES.config))) === null) return null;
  return readRunIdentity(platform, folder);
}

/** What the model was trained on: from the run folder around it, else a set of the table by its name. */
function trainingData(modelPath: string, info: ModelInfo, run: RunIdentity | null): string {
  if (run) return run.config.data.path;
  if (setByName(info.data.name)) return info.data.name;
  throw new UsageError(`${modelPath} was trained on ${info.data.name}: say where it is with --data`);
}
