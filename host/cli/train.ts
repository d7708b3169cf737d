import type { Dataset } from "../datasets/types.ts";
import type { Platform } from "../platform/platform.ts";
import { BEST_BY_NAMES } from "../training/bestBy.ts";
import { collapseText, isCollapsed } from "../training/diagnosis.ts";
import { findRun, RUN_FILES } from "../training/files.ts";
import type { EpochRecord } from "../training/loop.ts";
import { flag, type TrainOptions } from "../training/options.ts";
import { optionsJsonSchema, parseTrainOptions } from "../training/parse.ts";
import type { RunResult } from "../training/run.ts";
import { notesOn, pooledNote } from "../work/notes.ts";
import type { RunData } from "../work/report.ts";
import { RESUMED_WITH, resumedOptions, type TrainListeners, train } from "../work/train.ts";
import type { Context, Define } from "./command.ts";
import { figuresJson, figuresText, taskNote, ttaNote } from "./figures.ts";
import { addTrainOptions, givenOptions, readConfig } from "./options.ts";
import { finishFirst } from "./streams.ts";
import {
  addExamples,
  addJson,
  clock,
  createBar,
  listenForInterrupt,
  note,
  print,
  printJson,
  readingOn,
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
export const defineTrain: Define = (command, context) => {
  const { platform } = context;
  const keys = addTrainOptions(command);
  command
    .description(
      "Trains the network and writes a run folder: options, history, the model of the best validation epoch, a " +
        "checkpoint and test metrics. The defaults are the thesis's recipe. Ctrl-C stops after the current step and " +
        "keeps a checkpoint.",
    )
    .option("--out <folder>", "run folder, new or empty (default: runs/TIME-DATA)")
    .option(
      "--resume <run>",
      `continue a stopped run, bit for bit; all options but ${RESUMED_WITH.map(flag).join(", ")} come from that run`,
    )
    .option(
      "--config <file.json>",
      'options by name, {"batchSize": 32}, or a run\'s config.json; command-line options take precedence',
    )
    .option("--schema", "print the JSON Schema of a --config file and exit")
    .action(async (options: OtherOptions) => {
      const { out, config, json = false } = options;
      if (options.schema) return print(JSON.stringify(optionsJsonSchema(), null, 2));
      const resume = options.resume && (await findRun(platform, options.resume));
      const given = givenOptions(command, keys);
      const trainOptions =
        resume === undefined
          ? parseTrainOptions({ ...(await readConfig(platform, config)), ...given })
          : await resumedOptions(platform, resume, { ...given, ...(out && { out }), ...(config && { config }) });
      finishFirst();
      const interrupt = listenForInterrupt("stopping after this step; press Ctrl-C again to stop at once");
      const show = await createDisplay(trainOptions, json);
      try {
        const place =
          resume === undefined
            ? ({ kind: "new", folder: out } as const)
            : ({ kind: "resume", folder: resume } as const);
        const { signal } = interrupt;
        const outcome = await train(context, trainOptions, place, { signal, ...show.listeners }).finally(show.stop);
        const { result, data, warnings, advice } = outcome;
        const { folder } = result;
        if (!result.finished) {
          note(`stopped in epoch ${result.epoch + 1}, after batch ${result.batch}`);
          note(`continue with: hqcnn train --resume ${folder}`);
          if (json)
            printJson({ finished: false, run: folder, epoch: result.epoch, batch: result.batch, warnings, advice });
          process.exitCode = interrupt.exitCode;
          return;
        }
        show.warn(warnings);
        const report = await reportOf(context, folder, { data, warnings: outcome.dataWarnings });
        if (json) printJson({ ...resultJson(result, data, warnings), advice, report });
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

/** What is shown during a run: network and data, a bar on terminals, one line per epoch. */
async function createDisplay({ epochs }: TrainOptions, json: boolean) {
  const bar = await createBar();
  const line = json ? note : print;
  const warned = new Set<string>();
  let shown: Dataset | undefined;
  let wasCollapsed = false;
  const show = {
    /** Says each warning once. */
    warn(warnings: readonly string[]) {
      warn(warnings.filter((warning) => !warned.has(warning)));
      for (const warning of warnings) warned.add(warning);
    },
    stop: () => bar.stop(),
    listeners: {
      onRead: readingOn(bar),
      onReady({ data, warnings, advice }) {
        bar.stop();
        show.warn(warnings);
        for (const text of advice) line(`note: ${text}`);
        shown = data;
      },
      onStart(network, { folder, notes }) {
        finishFirst(folder);
        if (!json && shown) print(`${network.summary()}\n\n${describeData(shown)}\n`);
        for (const text of notes) line(`note: ${text}`);
      },
      onProgress({ epoch, done, total, imagesPerSecond }) {
        const left = (total - done + (epochs - epoch) * total) / imagesPerSecond;
        bar.update(
          done,
          total,
          `epoch ${epoch}/${epochs}  ${imagesPerSecond.toFixed(0)} images/s  ${clock(left)} left`,
        );
      },
      onEpoch(record) {
        bar.stop();
        line(epochLine(record, epochs));
        const collapsed = record.diagnosis !== undefined && isCollapsed(record.diagnosis);
        if (collapsed && !wasCollapsed) line(`warning: ${collapseText(record)}`);
        wasCollapsed = collapsed;
      },
    } satisfies TrainListeners,
  };
  return show;
}

function describeData(data: Dataset): string {
  const { name, counts, classNames, channels, height, width, protocol, source, steps, task } = data;
  const images = `${counts.train} / ${counts.val} / ${counts.test} images (train / val / test)`;
  const classes = classNames.map((className, label) => `${label} ${className}`).join(", ");
  return [
    `data     ${name}: ${images} of ${height}×${width}×${channels}, licence ${source.license}`,
    `${task === "multilabel" ? "labels " : "classes"}  ${classes}`,
    `task     ${task}`,
    ...(steps.length > 0 ? [`read as  ${steps.join("; ")}`] : []),
    ...(source.citation ? [`source   ${source.citation}`] : []),
    ...(protocol === "pooled" ? [pooledNote] : []),
  ].join("\n");
}

function epochLine({ epoch, lr, train, val, best, imagesPerSecond }: EpochRecord, epochs: number): string {
  const auc = val.auc === null ? "none" : val.auc.toFixed(4);
  const kappa = val.kappa === undefined ? "" : ` kappa ${val.kappa === null ? "none" : val.kappa.toFixed(4)}`;
  return [
    `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}`,
    `train loss ${train.loss.toFixed(4)} accuracy ${train.accuracy.toFixed(4)}`,
    `val loss ${val.loss.toFixed(4)} accuracy ${val.accuracy.toFixed(4)} AUC ${auc}${kappa}`,
    `lr ${Number(lr.toPrecision(4))}`,
    `${imagesPerSecond.toFixed(0)} images/s${best ? "  best" : ""}`,
  ].join("  ");
}

type Finished = Extract<RunResult, { finished: true }>;

/** Writes the report of a finished run; its path, or null with a warning: results are never lost to their report. */
async function reportOf(context: Context, folder: string, found: RunData): Promise<string | null> {
  try {
    const { writeReport } = await import("../work/report.ts");
    return (await writeReport(context, folder, found)).path;
  } catch (error) {
    warn([
      `no report was written: ${error instanceof Error ? error.message : error}; write it with: hqcnn report ${folder}`,
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
    `\ntest split of ${data.name}, protocol ${data.protocol}${taskNote(data.task)}, parameters of epoch ${bestEpoch} of ${history.length} (best ${BEST_BY_NAMES[options.bestBy]} on val)${ttaNote(tta)}`,
    figuresText(metrics, data.classNames),
    `fingerprint  ${fingerprint}`,
    `speed        ${imagesPerSecond.toFixed(0)} images/s`,
    `run          ${folder}`,
    ...(report === null ? [] : [`report       ${report}`]),
    ...notesOn(data.protocol),
    `\nclassify images with: hqcnn predict ${platform.join(folder, RUN_FILES.model)} FILE`,
  ].join("\n");
}

function resultJson(result: Finished, data: Dataset, warnings: readonly string[]) {
  const { metrics, tta, start, bestEpoch, history, fingerprint, imagesPerSecond, folder } = result;
  const { accuracy, auc, ...others } = figuresJson(metrics, data.classNames);
  return {
    accuracy,
    auc,
    fingerprint,
    images_per_s: imagesPerSecond,
    run: folder,
    finished: true,
    data: data.name,
    task: data.task,
    protocol: data.protocol,
    note: notesOn(data.protocol).join("; "),
    tta,
    ...(start && { start: { file: start.file, taken: start.taken, of: start.of, not_taken: start.left } }),
    best_epoch: bestEpoch,
    epochs: history.length,
    ...others,
    class_names: data.classNames,
    size: [data.height, data.width, data.channels],
    steps: data.steps,
    skipped: data.skipped,
    warnings,
  };
}
