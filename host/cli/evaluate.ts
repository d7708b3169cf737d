import { Option } from "commander";
import { evaluate, loadModel } from "../api.ts";
import { type SplitName, splitNames } from "../datasets/types.ts";
import type { Tta } from "../evaluation/tta.ts";
import { openModelData, runAround } from "../work/evaluate.ts";
import { notesOn } from "../work/notes.ts";
import type { Define } from "./command.ts";
import { addEngine, type EngineOptions, openEngine } from "./engine.ts";
import { figuresJson, figuresText, ttaNote } from "./figures.ts";
import { findModel, modelArgument } from "./model.ts";
import { addOptions } from "./options.ts";
import { addExamples, addJson, print, printJson, warn } from "./terminal.ts";

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
      "Prints all metrics of a saved model on a split. Task, positive labels and protocol are those of the model.",
    )
    .argument("<model>", modelArgument)
    .option("--data <data>", "data set, as for train (default: the one that the model was trained on)")
    .addOption(new Option("--split <name>", "split to evaluate").choices(splitNames).default("test"))
    .action(async (model: string, options: EvaluateOptions) => {
      const { data: given, split, json } = options;
      const path = await findModel(platform, model);
      const run = await runAround(platform, path);
      const tta = options.tta ?? run?.config.options.tta ?? "none";
      const { network, info, notes } = await loadModel(await openEngine(options, platform), path, platform);
      const opened = await openModelData(platform, { path, network, info, run }, given);
      const { data } = opened;
      const warnings = [...notes, ...opened.warnings];
      const { metrics } = await evaluate(network, data, split, { tta });
      const { name, protocol } = data;
      warn(warnings);
      if (json) {
        const note = notesOn(protocol).join("; ");
        printJson({ model: path, data: name, split, tta, protocol, note, ...figuresJson(metrics), warnings });
        return;
      }
      print(`${name}, split ${split}, protocol ${protocol}${ttaNote(tta)}\n`);
      print(figuresText(metrics, info.classNames));
      print(notesOn(protocol).join("\n"));
    });
  addOptions(command, ["tta"], {
    tta: {
      default: undefined,
      defaultText: "as for the run's test metrics, else none",
      help: "test-time augmentation: use mean probabilities over views of each image",
    },
  });
  addEngine(command);
  addJson(command);
  addExamples(command, "evaluate runs/first", "evaluate runs/first/model.safetensors --data bloodmnist --split val");
};
