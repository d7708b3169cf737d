import { csvParseRows } from "d3-dsv";
import { HqcnnError } from "../check.ts";
import type { ReportedMetrics } from "../evaluation/evaluate.ts";
import type { Platform } from "../platform/platform.ts";
import type { Metrics } from "../statistics/metrics.ts";
import { RUN_FILES } from "./files.ts";
import type { EpochRecord } from "./loop.ts";
import { type RunConfig, readRunConfig } from "./run.ts";

/** What a run folder says, beside its model. */
export interface RunRecord {
  folder: string;
  config: RunConfig;
  history: EpochRecord[];
  /** Of the test split, once the run is finished. */
  result: TestResult | null;
}

/** A run with its test figures. */
export interface FinishedRun extends RunRecord {
  result: TestResult;
}

export interface TestResult {
  /** Runs of old versions have no interval of the AUC. */
  metrics: Metrics & Partial<Pick<ReportedMetrics, "aucInterval" | "aucIntervalMethod">>;
  predictions: Predictions;
  fingerprint: string;
}

/** What predictions.csv holds. */
export interface Predictions {
  /** (count) */
  labels: Uint8Array;
  predicted: Uint8Array;
  /** (count, classes) */
  probs: Float64Array;
}

/** Reads a run folder, finished or not. @throws HqcnnError that names the file that is missing or damaged */
export async function readRun(platform: Platform, folder: string): Promise<RunRecord> {
  const path = (file: string) => platform.join(folder, file);
  const exists = async (file: string) => (await platform.stat(path(file))) !== null;
  const text = async (file: string) => new TextDecoder().decode(await platform.readFile(path(file)));
  const parse = <T>(file: string, read: () => T): T => {
    try {
      return read();
    } catch (error) {
      throw new HqcnnError(
        `${path(file)}: not written by hqcnn train, or damaged (${error instanceof Error ? error.message : error})`,
      );
    }
  };
  const config = await readRunConfig(platform, folder);
  const historyText = (await exists(RUN_FILES.history)) ? await text(RUN_FILES.history) : "";
  const history = parse(RUN_FILES.history, () =>
    historyText
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as EpochRecord),
  );
  // metrics.json is written last.
  if (!(await exists(RUN_FILES.metrics))) return { folder, config, history, result: null };
  const metricsText = await text(RUN_FILES.metrics);
  const metrics = parse(RUN_FILES.metrics, () => JSON.parse(metricsText) as TestResult["metrics"]);
  const csv = await text(RUN_FILES.predictions);
  const predictions = parse(RUN_FILES.predictions, () => parsePredictions(csv, config.data.classNames.length));
  const fingerprint = (await text(RUN_FILES.fingerprint)).trim();
  return { folder, config, history, result: { metrics, predictions, fingerprint } };
}

/** Reads a finished run's folder. @throws HqcnnError as readRun does, and when the run has not ended */
export async function readFinishedRun(platform: Platform, folder: string): Promise<FinishedRun> {
  const { result, ...run } = await readRun(platform, folder);
  if (!result) throw new HqcnnError(`${folder}: expected a finished run; go on with: hqcnn train --resume ${folder}`);
  return { ...run, result };
}

function parsePredictions(csv: string, classes: number): Predictions {
  const rows = csvParseRows(csv).slice(1);
  const numbers = rows.map((row) => row.map(Number));
  if (numbers.length === 0 || numbers.some((row) => row.length !== classes + 3 || !row.every(Number.isFinite))) {
    throw new HqcnnError(`expected rows of ${classes + 3} numbers`);
  }
  return {
    labels: Uint8Array.from(numbers, (row) => row[1]),
    predicted: Uint8Array.from(numbers, (row) => row[2]),
    probs: Float64Array.from(numbers.flatMap((row) => row.slice(3))),
  };
}
