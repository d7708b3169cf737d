import { openDataset } from "../api.ts";
import { UsageError } from "../check.ts";
import { setByName } from "../datasets/sources/medmnist.ts";
import type { Dataset, Protocol, Task } from "../datasets/types.ts";
import type { ModelInfo } from "../network/model.ts";
import type { Network } from "../network/network.ts";
import type { Platform } from "../platform/platform.ts";
import { RUN_FILES } from "../training/files.ts";
import type { RunConfig } from "../training/run.ts";
import { warningsOf } from "./data.ts";

/** A loaded model, and where it lies. */
export interface LocatedModel {
  path: string;
  network: Network;
  info: ModelInfo;
  /** config.json of the run folder that it lies in, if it does. */
  run: RunConfig | null;
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
  const source = given ?? trainingData(path, info, run);
  const data = await openDataset(source, { platform, ...splitOf(info), channels });
  const warnings = await warningsOf(data);
  if (data.classNames.join() !== info.classNames.join()) {
    warnings.push(
      `class names differ: the model's are ${info.classNames.join(", ")}, the data's ${data.classNames.join(", ")}`,
    );
  }
  return { data, warnings };
}

/** config.json of the run folder that a model lies in, if it does. */
export async function runAround(platform: Platform, modelPath: string): Promise<RunConfig | null> {
  const path = modelPath.slice(0, modelPath.length - platform.basename(modelPath).length) + RUN_FILES.config;
  if ((await platform.stat(path)) === null) return null;
  return JSON.parse(new TextDecoder().decode(await platform.readFile(path))) as RunConfig;
}

/** What the model was trained on: from the run folder around it, else a set of the table by its name. */
function trainingData(modelPath: string, info: ModelInfo, run: RunConfig | null): string {
  if (run) return run.data.path;
  if (setByName(info.data.name)) return info.data.name;
  throw new UsageError(`${modelPath} was trained on ${info.data.name}: say where it is with --data`);
}
