import { Option } from "commander";
import { evaluate, loadModel, openDataset } from "../api.ts";
import { UsageError } from "../check.ts";
import { checkSplits } from "../datasets/guard.ts";
import { setByName } from "../datasets/sources/medmnist.ts";
import { type Protocol, type SplitName, splitNames, type Task } from "../datasets/types.ts";
import { TTA, type Tta } from "../evaluation/tta.ts";
import type { ModelInfo } from "../network/model.ts";
import type { Platform } from "../platform/platform.ts";
import { RUN_FILES } from "../training/files.ts";
import type { RunConfig } from "../training/run.ts";
import type { Define } from "./command.ts";
import { addEngine, type EngineOptions, openEngine } from "./engine.ts";
import { figuresJson, figuresText, ttaNote } from "./figures.ts";
import { findModel, modelArgument } from "./model.ts";
import { addExamples, addJson, notForClinicalUse, pooledNote, print, printJson, warn } from "./terminal.ts";

interface EvaluateOptions extends EngineOptions {
  data?: string;
  split: SplitName;
  tta?: Tta;
  json?: boolean;
}

/** hqcnn evaluate */
export const defineEvaluate: Define = (command, { platform }) => {
  command
    .description(
      "Prints all metrics of a saved model on a split. Task, positive labels and protocol are the model's own.",
    )
    .argument("<model>", modelArgument)
    .option("--data <data>", "as for train (default: the data that the model was trained on)")
    .addOption(new Option("--split <name>", "split to evaluate").choices(splitNames).default("test"))
    .addOption(
      new Option("--tta <name>", "test-time augmentation: mean probabilities over views of each image")
        .choices(TTA)
        .default(undefined, "as the run's test figures, else none"),
    )
    .action(async (model: string, options: EvaluateOptions) => {
      const { data: given, split, json } = options;
      const path = await findModel(platform, model);
      const run = await runConfig(platform, path);
      const tta = options.tta ?? run?.options.tta ?? "none";
      const { network, info } = await loadModel(await openEngine(options, platform), path, platform);
      const data = await openDataset(given ?? trainingData(path, info, run), {
        platform,
        task: info.data.task as Task,
        positive: info.data.positive ?? undefined,
        protocol: info.data.protocol as Protocol,
        splitRatio: info.data.splitRatio,
        seed: info.training.seed,
        channels: network.architecture.channels as 1 | 3,
      });
      const warnings = [...data.warnings, ...(await checkSplits(data))];
      if (data.classNames.join() !== info.classNames.join()) {
        warnings.push(
          `class names differ: the model's are ${info.classNames.join(", ")}, the data's ${data.classNames.join(", ")}`,
        );
      }
      const { metrics } = await evaluate(network, data, split, { tta });
      const { name, protocol } = data;
      warn(warnings);
      if (json) {
        const note = [...(protocol === "pooled" ? [pooledNote] : []), notForClinicalUse].join("; ");
        printJson({ model: path, data: name, split, tta, protocol, note, ...figuresJson(metrics), warnings });
        return;
      }
      print(`${name}, split ${split}, protocol ${protocol}${ttaNote(tta)}\n`);
      print(figuresText(metrics, info.classNames));
      if (protocol === "pooled") print(pooledNote);
      print(notForClinicalUse);
    });
  addEngine(command);
  addJson(command);
  addExamples(command, "evaluate runs/first", "evaluate runs/first/model.safetensors --data bloodmnist --split val");
};

/** config.json of the run folder that the model lies in, if it does. */
async function runConfig(platform: Platform, modelPath: string): Promise<RunConfig | null> {
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
