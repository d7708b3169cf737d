import { Option } from "commander";
import { evaluate, loadModel } from "../api.ts";
import { UsageError } from "../check.ts";
import { parseRenames } from "../datasets/classes.ts";
import { checkSplits } from "../datasets/guard.ts";
import { setFile } from "../datasets/sources/medmnist.ts";
import { type Dataset, type Split, splitNames } from "../datasets/types.ts";
import { TTA, type Tta } from "../evaluation/tta.ts";
import type { ModelInfo } from "../network/model.ts";
import type { Platform } from "../platform/platform.ts";
import { RUN_FILES } from "../training/files.ts";
import type { TrainOptions } from "../training/options.ts";
import type { RunConfig } from "../training/run.ts";
import { openForModel } from "../work/data.ts";
import type { Define } from "./command.ts";
import { addEngine, type EngineOptions, openEngine } from "./engine.ts";
import { figuresJson, figuresText, ttaNote } from "./figures.ts";
import { findModel, modelArgument } from "./model.ts";
import { addOptions } from "./options.ts";
import { addExamples, addJson, notForClinicalUse, pooledNote, print, printJson, warn } from "./terminal.ts";

const SPLITS = [...splitNames, "all"] as const;

interface EvaluateOptions extends EngineOptions, Partial<Pick<TrainOptions, (typeof DATA_OPTIONS)[number]>> {
  data?: string;
  split: (typeof SPLITS)[number];
  rename?: string;
  tta?: Tta;
  json?: boolean;
}

/** How other data are read; those of the model's run are read as they were then. */
const DATA_OPTIONS = ["keys", "range", "window", "group", "strict"] as const;

/** hqcnn evaluate */
export const defineEvaluate: Define = (command, { platform }) => {
  command
    .description(
      "Prints all metrics of a saved model on a split. Task, positive labels, protocol and size are the model's own; classes are matched by name. " +
        "Data that state no splits and are not the model's own are all test images.",
    )
    .argument("<model>", modelArgument)
    .option("--data <data>", "as for train (default: the data that the model was trained on)")
    .addOption(
      new Option("--split <name>", "split to evaluate; all: train, val and test together")
        .choices(SPLITS)
        .default("test"),
    )
    .option("--rename <names>", "classes of other names: NAME IN THE DATA=NAME IN THE MODEL, with commas between")
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
      const { network, info, notes } = await loadModel(await openEngine(options, platform), path, platform);
      const data = await openForModel(platform, given ?? trainingData(path, info, run), network.architecture, info, {
        ...(given === undefined && run ? pick(run.options) : {}),
        ...pick(options),
        renames: options.rename === undefined ? undefined : parseRenames(options.rename),
      });
      const warnings = [...notes, ...data.warnings, ...(await checkSplits(data))];
      const images = await chosenSplit(data, split);
      const { metrics } = await evaluate(network, images, "test", { tta });
      const { name, protocol, steps, skipped } = data;
      warn(warnings);
      if (json) {
        const note = [...(protocol === "pooled" ? [pooledNote] : []), notForClinicalUse].join("; ");
        const about = { model: path, data: name, split, tta, protocol, note, class_names: info.classNames };
        printJson({ ...about, ...figuresJson(metrics), warnings, steps, skipped });
        return;
      }
      print(`${name}, split ${split}, protocol ${protocol}${ttaNote(tta)}`);
      print(steps.length > 0 ? `read as: ${steps.join("; ")}\n` : "");
      print(figuresText(metrics, info.classNames));
      if (protocol === "pooled") print(pooledNote);
      print(notForClinicalUse);
    });
  addOptions(command, DATA_OPTIONS);
  addEngine(command);
  addJson(command);
  addExamples(
    command,
    "evaluate runs/first",
    "evaluate runs/first/model.safetensors --data bloodmnist --split val",
    "evaluate runs/mine --data other-hospital/ --rename tumour=malignant",
  );
};

function pick(options: Partial<Pick<TrainOptions, (typeof DATA_OPTIONS)[number]>>) {
  return Object.fromEntries(
    DATA_OPTIONS.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
  );
}

/** A split, or all of them one after the other. @throws UsageError when it holds no image */
async function chosenSplit(data: Dataset, name: (typeof SPLITS)[number]): Promise<Split> {
  const parts = await Promise.all((name === "all" ? splitNames : [name]).map((split) => data.split(split)));
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  if (count === 0) {
    const has = splitNames.filter((split) => data.counts[split] > 0).map((split) => `${split} (${data.counts[split]})`);
    throw new UsageError(
      `${data.name}: expected images in split ${name}, got none; there are ${has.join(", ")}, and all`,
    );
  }
  if (parts.length === 1) return parts[0];
  const images = new Uint8Array(parts.reduce((sum, part) => sum + part.images.length, 0));
  const labels = new Uint8Array(count);
  let at = 0;
  for (const part of parts) {
    images.set(part.images, (images.length / count) * at);
    labels.set(part.labels, at);
    at += part.count;
  }
  return { count, images, labels };
}

/** config.json of the run folder that the model lies in, if it does. */
async function runConfig(platform: Platform, modelPath: string): Promise<RunConfig | null> {
  const path = modelPath.slice(0, modelPath.length - platform.basename(modelPath).length) + RUN_FILES.config;
  if ((await platform.stat(path)) === null) return null;
  return JSON.parse(new TextDecoder().decode(await platform.readFile(path))) as RunConfig;
}

/** What the model was trained on: from the run folder around it, else a set of the table by its name. */
function trainingData(modelPath: string, info: ModelInfo, run: RunConfig | null): string {
  if (run && /^https?:/i.test(run.data.path)) {
    throw new UsageError(
      `${modelPath} was trained on ${run.data.path}: nothing is fetched unasked: say --data ${run.data.path}`,
    );
  }
  if (run) return run.data.path;
  if (setFile(info.data.name)) return info.data.name;
  throw new UsageError(`${modelPath} was trained on ${info.data.name}: say where it is with --data`);
}
