import { HqcnnError, parseJson, UsageError } from "../check.ts";
import type { Reading, Skipped, SplitName } from "../datasets/types.ts";
import type { ReportedMetrics } from "../evaluation/evaluate.ts";
import { checksum } from "../network/checksum.ts";
import type { ModelInfo } from "../network/model.ts";
import type { Block } from "../network/trunk.ts";
import type { Platform } from "../platform/platform.ts";
import type { Metrics } from "../statistics/metrics.ts";
import { z } from "../zod.ts";
import { RUN_FILES } from "./files.ts";
import type { EpochRecord } from "./loop.ts";
import { flag, ROWS, type TrainOptions } from "./options.ts";
import { parseTrainOptions } from "./parse.ts";
import { checkAgainst, type Predictions, parsePredictions } from "./predictions.ts";
import { checked, configSchema, historySchema, metricsSchema } from "./schemas.ts";

export type { Predictions } from "./predictions.ts";

// The only reader of run folders. A folder may come from anywhere: every file is checked before it is believed.

/** What config.json holds. */
export interface RunConfig {
  options: TrainOptions;
  /**
   * Trained or not; multiply-adds of a forward pass for one image, without a circuit's; the trunk's blocks, whose file
   * may be gone (runs of old versions do not say).
   */
  network: { parameters: number; multiplyAdds: number; trunk?: readonly Block[] };
  data: {
    name: string;
    path: string;
    md5: string | null;
    license: string;
    citation: string;
    protocol: string;
    task: string;
    classNames: string[];
    /** How the data were read; runs of old versions do not tell. */
    size?: [height: number, width: number, channels: number];
    steps?: string[];
    skipped?: Skipped[];
    reading?: Reading;
    /** Images of each class in each split. */
    classCounts: Record<SplitName, number[]>;
  };
  /** What was taken of the model that the run started from. */
  start?: { file: string; taken: number; of: number; left: string[] };
  engine: string;
  runtime: string;
  cpuCount: number;
  version: string;
  started: string;
}

/** What a run folder says, beside its model. */
export interface RunRecord {
  folder: string;
  config: RunConfig;
  history: EpochRecord[];
  /** Of the test split, once the run is finished. */
  result: TestResult | null;
}

/** A run with its test results. */
export interface FinishedRun extends RunRecord {
  result: TestResult;
}

export interface TestResult {
  /** Runs of old versions have no interval of the AUC. */
  metrics: RunMetrics;
  predictions: Predictions;
  fingerprint: string;
}

/** What metrics.json holds. */
export type RunMetrics = Metrics &
  Partial<Pick<ReportedMetrics, "aucInterval" | "aucIntervalMethod">> & {
    /** What the training should be distrusted for; runs of old versions do not say. */
    warnings?: string[];
  };

/** The JSON in a file, unchecked. @throws HqcnnError naming the file */
async function readJson(platform: Platform, path: string): Promise<unknown> {
  return jsonOf(new TextDecoder().decode(await platform.readFile(path)), path);
}

function jsonOf(json: string, path: string): unknown {
  try {
    return parseJson(json);
  } catch {
    throw new HqcnnError(`${path}: not written by hqcnn train, or damaged (expected JSON)`);
  }
}

/** What a run was started with, and the checksum that ties its other files to it. */
export interface RunIdentity {
  config: RunConfig;
  /** What the result depends on, as the run wrote it down. */
  identity: Identity;
  /** Checksum of `identity`. */
  id: string;
}

/** What a run's result depends on, flat: name → value as JSON. */
export type Identity = Record<string, string>;

/** Options that a run may be continued with others of: the result does not depend on them. */
const FREE_OPTIONS: readonly string[] = ROWS.filter(({ resumed }) => resumed).map(({ name }) => name);

/** Reads config.json. @throws HqcnnError when there is none, or another one */
export async function readRunIdentity(platform: Platform, folder: string): Promise<RunIdentity> {
  const path = platform.join(folder, RUN_FILES.config);
  return parseRunIdentity(new TextDecoder().decode(await platform.readFile(path)), path);
}

/** As readRunIdentity, of the text of a config.json. */
export async function parseRunIdentity(text: string, path: string): Promise<RunIdentity> {
  const raw = checked(configSchema, jsonOf(text, path), path);
  const config = { ...raw, options: optionsOf(raw.options, path) } as unknown as RunConfig;
  const identity = identityOf(raw);
  return { config, identity, id: await checksum(JSON.stringify(identity)) };
}

/** What a run was started with. @throws HqcnnError when there is no config.json, or another one */
export async function readRunConfig(platform: Platform, folder: string): Promise<RunConfig> {
  return (await readRunIdentity(platform, folder)).config;
}

/** The options in config.json, whatever else is in it. */
export async function readRunOptions(platform: Platform, folder: string): Promise<TrainOptions> {
  const path = platform.join(folder, RUN_FILES.config);
  const { options } = checked(z.looseObject({ options: z.looseObject({}) }), await readJson(platform, path), path);
  return optionsOf(options, path);
}

function optionsOf(options: object, path: string): TrainOptions {
  try {
    return parseTrainOptions(options);
  } catch (error) {
    throw new HqcnnError(
      `${path}: not the config.json of a run (${error instanceof Error ? error.message.split("\n")[0] : error})`,
    );
  }
}

/**
 * Of config.json as it is written, not as it is read: a later version has more options, with defaults that are not in
 * the file.
 */
export function identityOf({
  options,
  data,
  network,
}: Pick<z.infer<typeof configSchema>, "options" | "data" | "network">) {
  const parts = { ...options, md5: data.md5, parameters: network.parameters };
  const identity: Identity = {};
  for (const [key, value] of Object.entries(parts).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (value === undefined || FREE_OPTIONS.includes(key)) continue;
    identity[key] = JSON.stringify(key === "engine" ? String(value).split("+")[0] : value);
  }
  return identity;
}

/** The first thing that two runs differ in, in words; null: nothing. */
export function difference(expected: Identity, got: Identity): string | null {
  for (const key of new Set([...Object.keys(expected), ...Object.keys(got)])) {
    if (expected[key] === got[key]) continue;
    const isOption = !["md5", "parameters"].includes(key);
    return `${isOption ? flag(key) : key}: expected ${expected[key] ?? "none"}, got ${got[key] ?? "none"}`;
  }
  return null;
}

/**
 * What a run's result depends on, of its options alone: it may continue with other threads or wide vectors, and in a
 * folder that was moved.
 */
function resultOptions(options: TrainOptions): Partial<Record<keyof TrainOptions, unknown>> {
  const kept = Object.entries(options).filter(([key]) => key === "data" || !FREE_OPTIONS.includes(key));
  return { ...Object.fromEntries(kept), engine: options.engine.split("+")[0] };
}

/**
 * Refuses a folder whose run was started with other options than those wanted.
 * @throws UsageError naming the first that differs
 */
export function refuseOtherOptions(folder: string, wanted: TrainOptions, found: TrainOptions, withData = true): void {
  const [a, b] = [wanted, found].map(resultOptions);
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)] as (keyof TrainOptions)[])) {
    if (key === "data" && !withData) continue;
    const [expected, got] = [a[key], b[key]].map((value) => JSON.stringify(value) ?? "none");
    if (expected !== got) {
      throw new UsageError(
        `${folder}: expected a run with ${flag(key)} ${expected}, found ${got}: choose another --out`,
      );
    }
  }
}

/** Whether a text names something on the network. */
export function isAddress(text: string): boolean {
  return /^[a-z][a-z\d+.-]+:\/\//i.test(text) && !/^file:/i.test(text);
}

/**
 * The data that a run folder or model names, or those that the user names instead. An address in a file is only data:
 * it is not fetched unless the user says so.
 * @throws HqcnnError with what to say
 */
export function dataToOpen(folder: string, recorded: string, given?: string): string {
  if (given !== undefined) return given;
  if (isAddress(recorded)) {
    throw new HqcnnError(
      `${folder} was trained on ${recorded}, which is not fetched unasked: ask for it with --data ${recorded}`,
    );
  }
  return recorded;
}

/**
 * Refuses a model that lies in a run folder and belongs to another run. Models of old versions do not say.
 * @returns a note if it cannot be told, else null
 */
export function checkModelOfRun(path: string, { training }: Pick<ModelInfo, "training">, id: string): string | null {
  if (training.run === undefined)
    return `${path} has no checksum of its run (an older version wrote it): taken on trust`;
  if (training.run !== id) {
    throw new HqcnnError(
      `${path}: expected the model of the run in this folder, got another run's, or ${RUN_FILES.config} was changed since; put the right files back`,
    );
  }
  return null;
}

/** A run without its answers: what a list shows. */
export interface RunHead extends Omit<RunRecord, "result"> {
  /** Checksum of what the result depends on. */
  id: string;
  metrics: RunMetrics | null;
}

/**
 * Reads config, history and metrics of a run folder, finished or not. @throws HqcnnError that names the file that is
 * missing or damaged
 */
export async function readRunHead(platform: Platform, folder: string): Promise<RunHead> {
  const path = (file: string) => platform.join(folder, file);
  const exists = async (file: string) => (await platform.stat(path(file))) !== null;
  const { config, id } = await readRunIdentity(platform, folder);
  const classes = config.data.classNames.length;
  let history: EpochRecord[] = [];
  if (await exists(RUN_FILES.history)) {
    const lines = new TextDecoder().decode(await platform.readFile(path(RUN_FILES.history))).split("\n");
    const epochs = lines.filter((line) => line !== "").map((line) => jsonOf(line, path(RUN_FILES.history)));
    history = checked(historySchema, epochs, path(RUN_FILES.history));
  }
  if (history.length > config.options.epochs) {
    throw new HqcnnError(
      `${path(RUN_FILES.history)}: expected at most ${config.options.epochs} epochs, as ${RUN_FILES.config} says, got ${history.length}`,
    );
  }
  // metrics.json is written last.
  if (!(await exists(RUN_FILES.metrics))) return { folder, config, id, history, metrics: null };
  const metrics = checked(
    metricsSchema,
    await readJson(platform, path(RUN_FILES.metrics)),
    path(RUN_FILES.metrics),
  ) as unknown as RunMetrics;
  const isMultilabel = config.data.task === "multilabel";
  const isSquare = (table: unknown[][]) => table.length === classes && table.every((row) => row.length === classes);
  const fits = isMultilabel ? metrics.multilabel?.labels.length === classes : isSquare(metrics.confusion);
  if (!fits || metrics.perClass.length !== classes) {
    throw new HqcnnError(`${path(RUN_FILES.metrics)}: expected metrics of ${classes} classes: is it another run's?`);
  }
  return { folder, config, id, history, metrics };
}

/** Reads a run folder, finished or not. @throws HqcnnError that names the file that is missing or damaged */
export async function readRun(platform: Platform, folder: string): Promise<RunRecord & { id: string }> {
  const { config, id, history, metrics } = await readRunHead(platform, folder);
  if (metrics === null) return { folder, config, id, history, result: null };
  const read = async (file: string) => new TextDecoder().decode(await platform.readFile(platform.join(folder, file)));
  const path = platform.join(folder, RUN_FILES.predictions);
  const { task, classNames } = config.data;
  const csv = await read(RUN_FILES.predictions);
  const predictions = parsePredictions(csv, classNames.length, path, task === "multilabel");
  checkAgainst(metrics, predictions, path);
  const fingerprint = (await read(RUN_FILES.fingerprint)).trim();
  checked(
    z.string().regex(/^[0-9a-f]{64}$/, "64 hexadecimal digits"),
    fingerprint,
    platform.join(folder, RUN_FILES.fingerprint),
  );
  return { folder, config, id, history, result: { metrics, predictions, fingerprint } };
}

/** Reads a finished run's folder. @throws HqcnnError as readRun does, and when the run has not ended */
export async function readFinishedRun(platform: Platform, folder: string): Promise<FinishedRun> {
  const { result, ...run } = await readRun(platform, folder);
  if (!result)
    throw new HqcnnError(`${folder}: expected a finished run; continue it with: hqcnn train --resume ${folder}`);
  return { ...run, result };
}
