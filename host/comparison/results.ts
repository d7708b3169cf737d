import { HqcnnError } from "../check.ts";
import type { Metrics } from "../evaluation/metrics.ts";
import type { Platform } from "../platform/platform.ts";
import { RUN_FILES } from "../training/files.ts";
import type { EpochRecord } from "../training/loop.ts";
import type { RunConfig } from "../training/run.ts";

/** What a finished run folder says. */
export interface RunRecord {
  folder: string;
  config: RunConfig;
  history: EpochRecord[];
  /** Of the best epoch on test. */
  metrics: Metrics;
  fingerprint: string;
  /** (count) of the test split. */
  labels: Uint8Array;
  predicted: Uint8Array;
  /** (count, classes): ln of the probabilities, which rank images as their logits do. */
  scores: Float64Array;
  /** Of training. */
  seconds: number;
  imagesPerSecond: number;
}

/** Reads a run folder. @throws HqcnnError when a file is missing or is not a finished run's */
export async function readRun(platform: Platform, folder: string): Promise<RunRecord> {
  const text = async (file: string) =>
    new TextDecoder().decode(await platform.readFile(platform.join(folder, RUN_FILES[file as keyof typeof RUN_FILES])));
  const config = JSON.parse(await text("config")) as RunConfig;
  const metrics = JSON.parse(await text("metrics")) as Metrics;
  const history = (await text("history"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as EpochRecord);
  const classes = config.data.classNames.length;
  const [, ...lines] = (await text("predictions")).trim().split("\n");
  const rows = lines.map((line) => line.split(",").map(Number));
  if (rows.some((row) => row.length !== classes + 3 || !row.every(Number.isFinite))) {
    throw new HqcnnError(
      `${folder}: expected index, label, predicted and ${classes} probabilities a line of predictions.csv`,
    );
  }
  const seconds = history.reduce((sum, epoch) => sum + epoch.seconds, 0);
  const images = history.reduce((sum, epoch) => sum + epoch.seconds * epoch.imagesPerSecond, 0);
  return {
    folder,
    config,
    history,
    metrics,
    fingerprint: (await text("fingerprint")).trim(),
    labels: Uint8Array.from(rows, ([, label]) => label),
    predicted: Uint8Array.from(rows, ([, , predicted]) => predicted),
    scores: Float64Array.from(rows.flatMap((row) => row.slice(3).map(Math.log))),
    seconds,
    imagesPerSecond: images / seconds,
  };
}
