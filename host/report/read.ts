import { csvParseRows } from "d3-dsv";
import { HqcnnError } from "../check.ts";
import type { Engine } from "../engine/load.ts";
import type { Metrics } from "../evaluation/metrics.ts";
import type { Network } from "../network/hybrid.ts";
import { decodeModel, type ModelInfo } from "../network/model.ts";
import type { Platform } from "../platform/platform.ts";
import { RUN_FILES } from "../training/files.ts";
import type { EpochRecord } from "../training/loop.ts";
import { parseTrainOptions } from "../training/options.ts";
import type { RunConfig } from "../training/run.ts";

/** What predictions.csv holds. */
export interface Predictions {
  labels: Uint8Array;
  predicted: Uint8Array;
  /** (count, classes) */
  probs: Float64Array;
}

/** What a run folder says. */
export interface RunRecord {
  folder: string;
  config: RunConfig;
  history: EpochRecord[];
  /** The best epoch's model, once an epoch is finished; its memory is for one image. */
  model: { network: Network; info: ModelInfo } | null;
  /** Of the test split, once the run is finished. */
  result: TestResult | null;
}

export interface TestResult {
  /** Some versions write an interval of the AUC too. */
  metrics: Metrics & { aucInterval?: [low: number, high: number] | null; aucIntervalMethod?: string };
  predictions: Predictions;
  fingerprint: string;
}

/** Reads a run folder, finished or not. @throws HqcnnError that names the file that is missing or damaged */
export async function readRun(platform: Platform, engine: Engine, folder: string): Promise<RunRecord> {
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
  const configText = await text(RUN_FILES.config);
  const config = parse(RUN_FILES.config, () => {
    const config = JSON.parse(configText) as RunConfig;
    return { ...config, options: parseTrainOptions(config.options) };
  });
  const historyText = (await exists(RUN_FILES.history)) ? await text(RUN_FILES.history) : "";
  const history = parse(RUN_FILES.history, () =>
    historyText
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as EpochRecord),
  );
  const modelFile = path(RUN_FILES.model);
  const model = (await exists(RUN_FILES.model))
    ? decodeModel(engine, await platform.readFile(modelFile), modelFile, 1)
    : null;
  // metrics.json is written last.
  if (!(await exists(RUN_FILES.metrics))) return { folder, config, history, model, result: null };
  const metricsText = await text(RUN_FILES.metrics);
  const metrics = parse(RUN_FILES.metrics, () => JSON.parse(metricsText) as TestResult["metrics"]);
  const csv = await text(RUN_FILES.predictions);
  const predictions = parse(RUN_FILES.predictions, () => parsePredictions(csv, config.data.classNames.length));
  return {
    folder,
    config,
    history,
    model,
    result: { metrics, predictions, fingerprint: (await text(RUN_FILES.fingerprint)).trim() },
  };
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
