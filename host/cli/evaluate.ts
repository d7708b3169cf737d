import { Option } from "commander";
import { checkFit, evaluate, loadModel } from "../api.ts";
import { UsageError } from "../check.ts";
import { parseRenames } from "../datasets/classes.ts";
import { splitNames } from "../datasets/types.ts";
import type { Tta } from "../evaluation/tta.ts";
import { findModel } from "../training/files.ts";
import { measureText } from "../training/head.ts";
import {
  chosenSplit,
  DATA_OPTIONS,
  type ModelDataOptions,
  openModelData,
  runAround,
  type SplitChoice,
} from "../work/evaluate.ts";
import { notesOn } from "../work/notes.ts";
import type { Define } from "./command.ts";
import { addEngine, type EngineOptions, openEngine } from "./engine.ts";
import { figuresJson, figuresText, taskNote, ttaNote } from "./figures.ts";
import { showKernels } from "./kernels.ts";
import { showMeasured } from "./measured.ts";
import { addMeasure, type MeasureFlags, measuredRequest } from "./measureFlags.ts";
import { modelArgument } from "./model.ts";
import { addOptions } from "./options.ts";
import { addRobustness, type RobustnessFlags, robustnessRequest, showRobustness } from "./robustness.ts";
import { addExamples, addJson, print, printJson, warn, withReading } from "./terminal.ts";

interface EvaluateOptions extends EngineOptions, MeasureFlags, RobustnessFlags, Omit<ModelDataOptions, "renames"> {
  data?: string;
  split: SplitChoice;
  rename?: string;
  tta?: Tta;
  kernels?: boolean;
  json?: boolean;
}

/** hqcnn evaluate */
export const defineEvaluate: Define = (command, context) => {
  const { platform } = context;
  command
    .description(
      "Prints all metrics of a saved model on a split. Task, positive labels, protocol and size are those of the model; classes are matched by name. " +
        "Other data without splits of their own are all test images.",
    )
    .argument("<model>", modelArgument)
    .option("--data <data>", "data set, as for train (default: the one that the model was trained on)")
    .addOption(
      new Option("--split <name>", "split to evaluate; all: train, val and test together")
        .choices([...splitNames, "all"])
        .default("test"),
    )
    .option("--rename <names>", "classes of other names: NAME IN THE DATA=NAME IN THE MODEL, with commas between")
    .option(
      "--kernels",
      "ablation: support vector machines on the frozen network's features, with the fidelity kernel of its embedding and with classical ones",
    )
    .action(async (model: string, options: EvaluateOptions) => {
      const { data: given, split, json } = options;
      const path = await findModel(platform, model);
      const run = await runAround(platform, path);
      const request = await measuredRequest(platform, options);
      const robustness = robustnessRequest(options);
      if (options.kernels && (request || robustness))
        throw new UsageError("--kernels: leave out --shots, --noise, --corruptions and --attack");
      const unused = ["split", "tta"].find((name) => command.getOptionValueSource(name) === "cli");
      if (options.kernels && unused)
        throw new UsageError(`--kernels uses all splits, and each image as it is: leave out --${unused}`);
      if (robustness?.attack && options.tta !== undefined && options.tta !== "none")
        throw new UsageError("--attack: the gradient is that of one view: leave out --tta");
      if (request && robustness)
        throw new UsageError("--corruptions and --attack are about exact values: leave out --shots and --noise");
      const tta = options.tta ?? (request ? "none" : (run?.config.options.tta ?? "none"));
      const { network, info, notes } = await loadModel(await openEngine(options, platform), path, platform);
      const renames = options.rename === undefined ? undefined : parseRenames(options.rename);
      const opened = await withReading((onProgress) =>
        openModelData(platform, { path, network, info, run }, given, { ...options, renames, onProgress }),
      );
      const { data } = opened;
      const warnings = [...notes, ...opened.warnings];
      const fraction = (given === undefined && run?.config.options.fraction) || 1;
      if (fraction < 1 && (split === "train" || split === "all"))
        warnings.push(
          `train has all its images here: the network was trained on a part of them (--fraction ${fraction})`,
        );
      if (request) {
        checkFit(network.architecture, data);
        const images = await chosenSplit(data, split);
        warn(warnings);
        const about = { model: path, folder: run ? path.slice(0, -platform.basename(path).length) || "." : null };
        await showMeasured(context, network, images, { ...about, data, split, warnings }, request, options);
        return;
      }
      if (options.kernels) {
        checkFit(network.architecture, data);
        warn(warnings);
        await showKernels(network, data, { model: path, seed: info.training.seed, fraction, warnings }, json);
        return;
      }
      if (robustness) {
        checkFit(network.architecture, data);
        warn(warnings);
        const about = { model: path, data, split, warnings, tta };
        await showRobustness(network, await chosenSplit(data, split), about, robustness, json);
        return;
      }
      const trained = run && measureText(run.config.options);
      if (trained) {
        warnings.push(
          `the run was trained and tested with ${trained}, and these are exact values: --shots and --noise measure`,
        );
      }
      const { metrics } = await evaluate(network, await chosenSplit(data, split), "test", { tta });
      const { name, protocol, steps, skipped } = data;
      warn(warnings);
      if (json) {
        const note = notesOn(protocol).join("; ");
        const about = {
          model: path,
          data: name,
          split,
          tta,
          protocol,
          task: data.task,
          note,
          class_names: info.classNames,
        };
        printJson({ ...about, ...figuresJson(metrics, info.classNames), warnings, steps, skipped });
        return;
      }
      print(`${name}, split ${split}, protocol ${protocol}${taskNote(data.task)}${ttaNote(tta)}`);
      print(steps.length > 0 ? `read as: ${steps.join("; ")}\n` : "");
      print(figuresText(metrics, info.classNames));
      print(notesOn(protocol).join("\n"));
    });
  addOptions(command, [...DATA_OPTIONS, "tta"], {
    tta: {
      default: undefined,
      defaultText: "as for the run's test metrics, else none",
      help: "test-time augmentation: use mean probabilities over views of each image",
    },
  });
  addMeasure(command, "evaluate");
  addRobustness(command, true);
  addEngine(command);
  addJson(command);
  addExamples(
    command,
    "evaluate runs/first",
    "evaluate runs/first/model.safetensors --data bloodmnist --split val",
    "evaluate runs/first --shots 1,10,100,300 --noise depolarizing:0.005,0.01,0.03 --plot noise.svg",
    "evaluate runs/first --noise depolarizing:0.01@2q,readout:0.02 --shots 1000 --zne",
    "evaluate runs/first --corruptions gaussian-noise,jpeg --severities 1,3,5",
    "evaluate runs/first --attack pgd --epsilon 0.01,0.02,0.04",
    "evaluate runs/first --kernels",
    "evaluate runs/mine --data other-hospital/ --rename tumour=malignant",
  );
};
