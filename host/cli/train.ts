import { type Command, Option } from "commander";
import { z } from "zod";
import { openDataset } from "../api.ts";
import { HqcnnError, isRecord, UsageError } from "../check.ts";
import { checkSplits } from "../datasets/guard.ts";
import type { Dataset } from "../datasets/types.ts";
import type { Platform } from "../platform/platform.ts";
import { RUN_FILES } from "../training/files.ts";
import type { EpochRecord, LoopControl } from "../training/loop.ts";
import { flag, parseTrainOptions, type TrainOptions, trainOptionsSchema } from "../training/options.ts";
import { type RunResult, readRunOptions, resumeRun, startRun } from "../training/run.ts";
import { openEngine } from "./engine.ts";
import { figuresJson, figuresText, ttaNote } from "./figures.ts";
import type { Define } from "./run.ts";
import {
  addExamples,
  addJson,
  clock,
  createBar,
  listenForInterrupt,
  notForClinicalUse,
  parseNumber,
  parseNumbers,
  pooledNote,
  print,
  printJson,
  warn,
} from "./terminal.ts";

interface OtherOptions {
  out?: string;
  resume?: string;
  config?: string;
  json?: boolean;
}

/** hqcnn train */
export const defineTrain: Define = (command, { platform, version }) => {
  const keys = addSchemaOptions(command);
  command
    .description(
      "Trains the network and writes a run folder: options, history, model of the best epoch by AUC on val, checkpoint, test figures. The defaults are " +
        "the thesis's recipe. Ctrl-C ends after the step under way and keeps a checkpoint.",
    )
    .option("--out <folder>", "run folder, new or empty (default: runs/TIME-DATA)")
    .option("--resume <run>", "go on with a stopped run, bit for bit; takes all options but --threads from it")
    .option(
      "--config <file.json>",
      'options by name, {"batchSize": 32}, or a run\'s config.json; the command line goes before it',
    )
    .action(async (options: OtherOptions & Record<string, unknown>) => {
      const { resume, json = false } = options;
      const given = keys.filter((key) => command.getOptionValueSource(key) === "cli");
      const trainOptions = resume
        ? await resumedOptions(
            platform,
            resume,
            [...given, ...["out", "config"].filter((key) => key in options)],
            options,
          )
        : parseTrainOptions({
            ...(await readConfig(platform, options.config)),
            ...Object.fromEntries(given.map((key) => [key, options[key]])),
          });
      const interrupt = listenForInterrupt("stopping after this step; once more to stop at once");
      try {
        const data = await open(platform, trainOptions, interrupt.signal);
        const warnings = [...data.warnings, ...(await checkSplits(data))];
        warn(warnings);
        const engine = await openEngine(trainOptions, platform);
        const show = await createDisplay(data, trainOptions, json);
        const context = { platform, engine, data, version };
        const control = { signal: interrupt.signal, ...show };
        const folder = resume ?? options.out ?? defaultFolder(platform, data);
        const result = await (resume ? resumeRun : startRun)(context, trainOptions, folder, control).finally(show.stop);
        if (!result.finished) {
          console.error(`stopped in epoch ${result.epoch + 1}, after batch ${result.batch}`);
          console.error(`go on with: hqcnn train --resume ${folder}`);
          if (json) printJson({ finished: false, run: folder, epoch: result.epoch, batch: result.batch });
          process.exitCode = interrupt.exitCode;
          return;
        }
        warn(result.warnings.filter((warning) => !warnings.includes(warning)));
        if (json) printJson(resultJson(result, data, [...new Set([...warnings, ...result.warnings])]));
        else print(resultText(result, data, platform));
      } catch (error) {
        if (!(interrupt.signal.aborted && error === interrupt.signal.reason)) throw error;
        console.error("stopped before training; nothing was written");
        process.exitCode = interrupt.exitCode;
      }
    });
  addJson(command, "print one JSON object at the end; the epochs go to stderr");
  addExamples(
    command,
    "train",
    "train --data bloodmnist --task multiclass --epochs 20 --schedule cosine --out runs/blood",
  );
};

/** One command line option for each option in the schema; returns their names. */
function addSchemaOptions(command: Command): string[] {
  const { properties = {} } = z.toJSONSchema(trainOptionsSchema, { io: "input" });
  for (const [key, property] of Object.entries(properties)) {
    if (typeof property === "boolean") continue;
    const { type, description = "", default: standard, enum: choices } = property;
    const value = choices ? "name" : (placeholders[String(type)] ?? "text");
    const option = new Option(type === "boolean" ? flag(key) : `${flag(key)} <${value}>`, description);
    if (choices) option.choices(choices.map(String));
    if (type === "integer" || type === "number") option.argParser(parseNumber);
    if (type === "array") option.argParser(parseNumbers);
    if (standard !== undefined && standard !== false) option.default(standard);
    command.addOption(option);
  }
  return Object.keys(properties);
}

const placeholders: Record<string, string> = { integer: "n", number: "number", array: "labels" };

/** The run's own, but for --threads, which may suit another machine: the result does not depend on it. */
async function resumedOptions(
  platform: Platform,
  folder: string,
  given: string[],
  { threads }: Record<string, unknown>,
): Promise<TrainOptions> {
  const fixed = given.filter((key) => key !== "threads");
  if (fixed.length > 0) {
    throw new UsageError(
      `--resume takes all options but --threads from the run: leave out ${fixed.map(flag).join(", ")}`,
    );
  }
  const options = await readRunOptions(platform, folder);
  return given.includes("threads") ? parseTrainOptions({ ...options, threads }) : options;
}

/** The object in a --config file, or the options in a run's config.json. */
async function readConfig(platform: Platform, path?: string): Promise<object> {
  if (path === undefined) return {};
  let config: unknown;
  try {
    config = JSON.parse(new TextDecoder().decode(await platform.readFile(path)));
  } catch (error) {
    if (error instanceof HqcnnError) throw error;
    throw new HqcnnError(`${path}: expected JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (!isRecord(config)) throw new HqcnnError(`${path}: expected a JSON object of options`);
  return isRecord(config.options) ? config.options : config;
}

async function open(platform: Platform, options: TrainOptions, signal: AbortSignal): Promise<Dataset> {
  const { data, task, positive, protocol, splitRatio, seed, strict } = options;
  const bar = await createBar();
  return openDataset(data, {
    platform,
    task,
    positive,
    protocol,
    splitRatio,
    seed,
    strict,
    signal,
    onProgress: (done, total) => bar.update(done, total, `${done} of ${total} images read`),
  }).finally(() => bar.stop());
}

function defaultFolder(platform: Platform, { name }: Dataset): string {
  const time = new Date().toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  return platform.join("runs", `${time}-${name.replace(/[^\w.-]+/g, "-")}`);
}

/** What is shown while a run goes on: network and data, a bar on terminals, a line an epoch. */
async function createDisplay(data: Dataset, { epochs }: TrainOptions, json: boolean) {
  const bar = await createBar();
  const line = json ? console.error : print;
  const onProgress: LoopControl["onProgress"] = ({ epoch, done, total, imagesPerSecond }) => {
    const left = (total - done + (epochs - epoch) * total) / imagesPerSecond;
    bar.update(done, total, `epoch ${epoch}/${epochs}  ${imagesPerSecond.toFixed(0)} images/s  ${clock(left)} left`);
  };
  return {
    onProgress,
    onStart(network: { summary(): string }) {
      if (!json) print(`${network.summary()}\n\n${describeData(data)}\n`);
    },
    onEpoch(record: EpochRecord) {
      bar.stop();
      line(epochLine(record, epochs));
    },
    stop: () => bar.stop(),
  };
}

function describeData({ name, counts, classNames, channels, height, width, protocol, source }: Dataset): string {
  const images = `${counts.train} / ${counts.val} / ${counts.test} images (train / val / test)`;
  const classes = classNames.map((className, label) => `${label} ${className}`).join(", ");
  return [
    `data     ${name}: ${images} of ${height}×${width}×${channels}, licence ${source.license}`,
    `classes  ${classes}`,
    ...(source.citation ? [`source   ${source.citation}`] : []),
    ...(protocol === "pooled" ? [pooledNote] : []),
  ].join("\n");
}

function epochLine({ epoch, lr, train, val, best, imagesPerSecond }: EpochRecord, epochs: number): string {
  const auc = val.auc === null ? "none" : val.auc.toFixed(4);
  return [
    `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}`,
    `train loss ${train.loss.toFixed(4)} accuracy ${train.accuracy.toFixed(4)}`,
    `val loss ${val.loss.toFixed(4)} accuracy ${val.accuracy.toFixed(4)} AUC ${auc}`,
    `lr ${Number(lr.toPrecision(4))}`,
    `${imagesPerSecond.toFixed(0)} images/s${best ? "  best" : ""}`,
  ].join("  ");
}

type Finished = Extract<RunResult, { finished: true }>;

function resultText(result: Finished, data: Dataset, platform: Platform): string {
  const { metrics, tta, bestEpoch, history, fingerprint, imagesPerSecond, folder } = result;
  return [
    `\ntest split of ${data.name}, protocol ${data.protocol}, parameters of epoch ${bestEpoch} of ${history.length} (best AUC on val)${ttaNote(tta)}`,
    figuresText(metrics, data.classNames),
    `fingerprint  ${fingerprint}`,
    `speed        ${imagesPerSecond.toFixed(0)} images/s`,
    `run          ${folder}`,
    ...(data.protocol === "pooled" ? [pooledNote] : []),
    notForClinicalUse,
    `\nclassify images with: hqcnn predict ${platform.join(folder, RUN_FILES.model)} FILE`,
  ].join("\n");
}

function resultJson(result: Finished, data: Dataset, warnings: string[]) {
  const { metrics, tta, bestEpoch, history, fingerprint, imagesPerSecond, folder } = result;
  const { accuracy, auc, ...others } = figuresJson(metrics);
  return {
    accuracy,
    auc,
    fingerprint,
    images_per_s: imagesPerSecond,
    run: folder,
    finished: true,
    data: data.name,
    protocol: data.protocol,
    note: [...(data.protocol === "pooled" ? [pooledNote] : []), notForClinicalUse].join("; "),
    tta,
    best_epoch: bestEpoch,
    epochs: history.length,
    ...others,
    class_names: data.classNames,
    warnings,
  };
}
