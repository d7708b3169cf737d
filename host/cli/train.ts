import { UsageError } from "../check.ts";
import { checkSplits } from "../datasets/guard.ts";
import type { Dataset } from "../datasets/types.ts";
import type { Platform } from "../platform/platform.ts";
import { RUN_FILES, timedFolder } from "../training/files.ts";
import type { EpochRecord, LoopControl } from "../training/loop.ts";
import { flag, optionsJsonSchema, parseTrainOptions, type TrainOptions } from "../training/options.ts";
import { type RunResult, readRunConfig, resumeRun, startRun } from "../training/run.ts";
import { openTrainingData } from "../work/data.ts";
import type { Context, Define } from "./command.ts";
import { openEngine } from "./engine.ts";
import { figuresJson, figuresText, ttaNote } from "./figures.ts";
import { addTrainOptions, givenOptions, readConfig } from "./options.ts";
import {
  addExamples,
  addJson,
  clock,
  createBar,
  listenForInterrupt,
  note,
  notForClinicalUse,
  pooledNote,
  print,
  printJson,
  warn,
} from "./terminal.ts";

interface OtherOptions {
  out?: string;
  resume?: string;
  config?: string;
  schema?: boolean;
  json?: boolean;
}

/** hqcnn train */
export const defineTrain: Define = (command, { platform, version }) => {
  const keys = addTrainOptions(command);
  command
    .description(
      "Trains the network and writes a run folder: options, history, model of the best epoch on val, checkpoint, test figures. The defaults are " +
        "the thesis's recipe. Ctrl-C ends after the step under way and keeps a checkpoint.",
    )
    .option("--out <folder>", "run folder, new or empty (default: runs/TIME-DATA)")
    .option("--resume <run>", "continue a stopped run, bit for bit; all options but --threads come from that run")
    .option(
      "--config <file.json>",
      'options by name, {"batchSize": 32}, or a run\'s config.json; command-line options take precedence',
    )
    .option("--schema", "print the JSON Schema of a --config file and exit")
    .action(async (options: OtherOptions & Record<string, unknown>) => {
      const { resume, json = false } = options;
      if (options.schema) return print(JSON.stringify(optionsJsonSchema(), null, 2));
      const given = keys.filter((key) => command.getOptionValueSource(key) === "cli");
      const trainOptions = resume
        ? await resumedOptions(
            platform,
            resume,
            [...given, ...["out", "config"].filter((key) => key in options)],
            options,
          )
        : parseTrainOptions({ ...(await readConfig(platform, options.config)), ...givenOptions(command, keys) });
      const interrupt = listenForInterrupt("stopping after this step; once more to stop at once");
      try {
        const data = await open(platform, trainOptions, interrupt.signal);
        const warnings = [...data.warnings, ...(await checkSplits(data))];
        warn(warnings);
        const engine = await openEngine(trainOptions, platform);
        const show = await createDisplay(data, trainOptions, json);
        const context = { platform, engine, data, version };
        const control = { signal: interrupt.signal, ...show };
        const folder = resume ?? options.out ?? timedFolder(platform, data.name);
        const result = await (resume ? resumeRun : startRun)(context, trainOptions, folder, control).finally(show.stop);
        if (!result.finished) {
          note(`stopped in epoch ${result.epoch + 1}, after batch ${result.batch}`);
          note(`go on with: hqcnn train --resume ${folder}`);
          if (json) printJson({ finished: false, run: folder, epoch: result.epoch, batch: result.batch });
          process.exitCode = interrupt.exitCode;
          return;
        }
        warn(result.warnings.filter((warning) => !warnings.includes(warning)));
        const report = await reportOf(folder, data, warnings, { platform, version });
        if (json) printJson({ ...resultJson(result, data, [...new Set([...warnings, ...result.warnings])]), report });
        else print(resultText(result, data, trainOptions, platform, report));
      } catch (error) {
        if (!(interrupt.signal.aborted && error === interrupt.signal.reason)) throw error;
        note("stopped before training; nothing was written");
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
  const { options } = await readRunConfig(platform, folder);
  return given.includes("threads") ? parseTrainOptions({ ...options, threads }) : options;
}

async function open(platform: Platform, options: TrainOptions, signal: AbortSignal): Promise<Dataset> {
  const bar = await createBar();
  return openTrainingData(platform, options, {
    signal,
    onProgress: (done, total) => bar.update(done, total, `${done} of ${total} images read`),
  }).finally(() => bar.stop());
}

/** What is shown while a run goes on: network and data, a bar on terminals, a line an epoch. */
async function createDisplay(data: Dataset, { epochs }: TrainOptions, json: boolean) {
  const bar = await createBar();
  const line = json ? note : print;
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

/** Writes the report of a finished run; its path, or null with a warning: results are never lost to their report. */
async function reportOf(folder: string, data: Dataset, warnings: string[], context: Context): Promise<string | null> {
  try {
    const { writeReport } = await import("./report.ts");
    return (await writeReport(folder, data, warnings, context)).path;
  } catch (error) {
    warn([
      `no report was written: ${error instanceof Error ? error.message : error}; once more with: hqcnn report ${folder}`,
    ]);
    return null;
  }
}

function resultText(
  result: Finished,
  data: Dataset,
  options: TrainOptions,
  platform: Platform,
  report: string | null,
): string {
  const { metrics, tta, bestEpoch, history, fingerprint, imagesPerSecond, folder } = result;
  return [
    `\ntest split of ${data.name}, protocol ${data.protocol}, parameters of epoch ${bestEpoch} of ${history.length} (best ${options.bestBy === "loss" ? "loss" : "AUC"} on val)${ttaNote(tta)}`,
    figuresText(metrics, data.classNames),
    `fingerprint  ${fingerprint}`,
    `speed        ${imagesPerSecond.toFixed(0)} images/s`,
    `run          ${folder}`,
    ...(report === null ? [] : [`report       ${report}`]),
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
