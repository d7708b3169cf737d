import { HqcnnError, UsageError } from "../check.ts";
import { implausibleAccuracy } from "../datasets/guard.ts";
import { classCounts } from "../datasets/inspect.ts";
import type { Dataset, SplitName } from "../datasets/types.ts";
import type { Engine } from "../engine/load.ts";
import { evaluateSplit, type ReportedMetrics } from "../evaluation/evaluate.ts";
import type { Tta } from "../evaluation/tta.ts";
import { type Head, headOfKind } from "../network/heads.ts";
import { encodeModel, type ModelInfo, NORMALIZATION, tensorEntries } from "../network/model.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { decodeSafetensors, encodeSafetensors } from "../network/safetensors.ts";
import type { TensorMap } from "../network/tensors.ts";
import type { Block } from "../network/trunk.ts";
import type { Platform } from "../platform/platform.ts";
import { csvLine, RUN_FILES } from "./files.ts";
import { type EpochRecord, type LoopControl, type Progress, startProgress, trainingSpeed, trainLoop } from "./loop.ts";
import { parseTrainOptions, type TrainOptions } from "./options.ts";
import { trunkOf } from "./trunk.ts";

/** What config.json holds. */
export interface RunConfig {
  options: TrainOptions;
  /**
   * Trained or not; multiply-adds of a forward pass for one image, without a circuit's; the trunk's blocks, which a
   * file may have named (runs of old versions lack them).
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
    /** Images of each class in each split. */
    classCounts: Record<SplitName, number[]>;
  };
  engine: string;
  runtime: string;
  cpuCount: number;
  version: string;
  started: string;
}

export interface RunContext {
  platform: Platform;
  engine: Engine;
  data: Dataset;
  /** Of this package. */
  version: string;
}

export interface RunControl extends Pick<LoopControl, "signal" | "onProgress"> {
  /** Before the first step, with the network about to be trained. */
  onStart?: (network: Network) => void;
  onEpoch?: (record: EpochRecord) => void;
  /**
   * Aborted together with `signal` after the first epoch, it ends the run for good, as an early stop does: the best
   * epoch is tested.
   */
  end?: AbortSignal;
}

/** How a run ended. */
export type RunResult =
  | { finished: false; folder: string; epoch: number; batch: number }
  | {
      finished: true;
      folder: string;
      /** Of the best epoch's parameters on the test split. */
      metrics: ReportedMetrics;
      /** Test-time augmentation that they are reached with. */
      tta: Tta;
      bestEpoch: number;
      history: EpochRecord[];
      fingerprint: string;
      /** Mean over the epochs. */
      imagesPerSecond: number;
      warnings: string[];
    };

/** What a run was started with. @throws HqcnnError when there is no config.json, or another one */
export async function readRunConfig(platform: Platform, folder: string): Promise<RunConfig> {
  const path = platform.join(folder, RUN_FILES.config);
  const text = new TextDecoder().decode(await platform.readFile(path));
  try {
    const config = JSON.parse(text) as RunConfig;
    return { ...config, options: parseTrainOptions(config.options) };
  } catch (error) {
    throw new HqcnnError(`${path}: not the config.json of a run (${error instanceof Error ? error.message : error})`);
  }
}

/**
 * Starts a run in a new folder.
 * @throws UsageError when the folder holds something already
 */
export async function startRun(context: RunContext, options: TrainOptions, folder: string, control: RunControl = {}) {
  const { platform } = context;
  const existing = await platform.stat(folder);
  if (existing && (existing.kind === "file" || (await platform.list(folder)).length > 0)) {
    throw new UsageError(`${folder} exists already: choose another --out, or go on with --resume ${folder}`);
  }
  return begin(context, options, folder, control);
}

/**
 * Trains in a folder, whatever was done there before: starts, or goes on from the checkpoint. The run in the folder
 * must have been started with these options.
 */
export async function trainInto(context: RunContext, options: TrainOptions, folder: string, control: RunControl = {}) {
  const { platform } = context;
  const begun = await platform.stat(platform.join(folder, RUN_FILES.checkpoint));
  return (begun ? resumeRun : begin)(context, options, folder, control);
}

async function begin(context: RunContext, options: TrainOptions, folder: string, control: RunControl) {
  const { platform } = context;
  const network = createRunNetwork(context, options, await trunkOf(platform, options));
  if (options.start) await startFrom(network, platform, options.start);
  await platform.makeFolder(folder);
  await platform.writeFile(
    platform.join(folder, RUN_FILES.config),
    `${JSON.stringify(await describe(context, options, network), null, 2)}\n`,
  );
  return continueRun(context, options, folder, network, startProgress(), control).finally(() => network.close());
}

/**
 * Goes on where the checkpoint of a run stands; ends with the same bits as a run that was never stopped.
 * @throws HqcnnError when there is no checkpoint, or when the data are not the run's
 */
export async function resumeRun(context: RunContext, options: TrainOptions, folder: string, control: RunControl = {}) {
  const { platform, data } = context;
  const path = platform.join(folder, RUN_FILES.checkpoint);
  if (!(await platform.stat(path)))
    throw new HqcnnError(`${folder} has no checkpoint yet: train anew with another --out`);
  const { tensors, metadata } = decodeSafetensors(await platform.readFile(path), path);
  const { network: started } = await readRunConfig(platform, folder);
  const network = createRunNetwork(context, options, started.trunk ?? (await trunkOf(platform, options)));
  const named = (prefix: string) =>
    new Map(
      [...tensors]
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
    ) as TensorMap;
  network.load(named("params."));
  network.loadMoment("m", named("m."));
  network.loadMoment("v", named("v."));
  if (options.ema > 0) network.loadMoment("average", named("average."));
  let state: { steps: number; md5: string | null; progress: Progress };
  try {
    state = JSON.parse(metadata.hqcnn);
  } catch {
    throw new HqcnnError(`${path}: not a checkpoint of hqcnn train`);
  }
  if (state.md5 !== data.source.md5) {
    throw new HqcnnError(
      `${folder} was trained on data with MD5 ${state.md5}, these have ${data.source.md5}: use the same file`,
    );
  }
  network.steps = state.steps;
  return continueRun(context, options, folder, network, state.progress, control).finally(() => network.close());
}

async function continueRun(
  context: RunContext,
  options: TrainOptions,
  folder: string,
  network: Network,
  progress: Progress,
  control: RunControl,
): Promise<RunResult> {
  const { platform, data } = context;
  const path = (file: string) => platform.join(folder, file);
  const checkpoint = () =>
    platform.writeFile(path(RUN_FILES.checkpoint), encodeCheckpoint(network, progress, data, options));
  const { onStart, onEpoch, end, ...loopControl } = control;
  onStart?.(network);
  for await (const record of trainLoop(network, data, options, { ...loopControl, progress })) {
    if (record.best) {
      const tensors = network.tensors(options.ema > 0 ? "average" : "params");
      await platform.writeFile(
        path(RUN_FILES.model),
        encodeModel(tensors, describeModel(network, data, options, record)),
      );
    }
    await checkpoint();
    await platform.writeFile(
      path(RUN_FILES.history),
      progress.history.map((line) => `${JSON.stringify(line)}\n`).join(""),
    );
    onEpoch?.(record);
  }
  if (!progress.done) {
    progress.done = end?.aborted === true && progress.epoch > 0;
    await checkpoint();
  }
  if (!progress.done) return { finished: false, folder, epoch: progress.epoch, batch: progress.batch };
  const fingerprint = network.fingerprint();
  await platform.writeFile(path(RUN_FILES.fingerprint), `${fingerprint}\n`);
  const model = path(RUN_FILES.model);
  // The trained network has no further use: the best epoch's takes its place, threads included.
  network.load(decodeSafetensors(await platform.readFile(model), model).tensors as TensorMap);
  const test = await data.split("test");
  const { metrics, probs, predicted } = evaluateSplit(network, test, options.tta);
  await platform.writeFile(path(RUN_FILES.predictions), predictionsCsv(test.labels, predicted, probs, data.classNames));
  await platform.writeFile(
    path(RUN_FILES.metrics),
    `${JSON.stringify({ split: "test", tta: options.tta, ...metrics }, null, 2)}\n`,
  );
  const implausible = implausibleAccuracy(data, metrics.accuracy);
  return {
    finished: true,
    folder,
    metrics,
    tta: options.tta,
    bestEpoch: progress.bestEpoch,
    history: progress.history,
    fingerprint,
    imagesPerSecond: trainingSpeed(progress.history).imagesPerSecond,
    warnings: [...data.warnings, ...(implausible ? [implausible] : [])],
  };
}

/** The network that a run trains: the options' head, the data's channels, size and classes. */
function createRunNetwork({ engine, data }: RunContext, options: TrainOptions, trunk: readonly Block[]): Network {
  const { hidden, seed, batchSize, freeze, dropout } = options;
  return createNetwork(engine, {
    channels: data.channels,
    classes: data.classNames.length,
    height: data.height,
    width: data.width,
    trunk,
    head: headOf(options),
    hidden,
    seed,
    freeze,
    dropout,
    batchSize: Math.min(batchSize, data.counts.train),
  });
}

/** The head of the network that these options describe. */
export function headOf(options: TrainOptions): Head {
  return headOfKind(options.head, { ...options, wires: options.qubits });
}

/** Puts the tensors of a model file that the network has, too, in the place of its own. */
async function startFrom(network: Network, platform: Platform, path: string): Promise<void> {
  const found = await platform.stat(path);
  const file = found?.kind === "folder" ? platform.join(path, RUN_FILES.model) : path;
  const { tensors } = decodeSafetensors(await platform.readFile(file), file);
  const own = network.tensors();
  const shared = new Map([...tensors].filter(([name, { shape }]) => own.get(name)?.shape.join() === shape.join()));
  if (shared.size === 0) {
    throw new UsageError(`--start: ${file} has no tensor of this network's names and shapes: choose another model`);
  }
  network.load(new Map([...own.keys()].map((name) => [name, shared.get(name) ?? own.get(name)!])) as TensorMap);
}

function encodeCheckpoint(network: Network, progress: Progress, data: Dataset, options: TrainOptions): Uint8Array {
  const tensors = new Map([
    ...tensorEntries(network.tensors(), "params."),
    ...tensorEntries(network.paramTensors("m"), "m."),
    ...tensorEntries(network.paramTensors("v"), "v."),
    ...(options.ema > 0 ? tensorEntries(network.tensors("average"), "average.") : []),
  ]);
  return encodeSafetensors(tensors, {
    hqcnn: JSON.stringify({ steps: network.steps, md5: data.source.md5, progress }),
  });
}

async function describe(
  { platform, engine, data, version }: RunContext,
  options: TrainOptions,
  network: Network,
): Promise<RunConfig> {
  return {
    options,
    network: { parameters: network.numParams, multiplyAdds: network.multiplyAdds, trunk: network.architecture.trunk },
    data: {
      name: data.name,
      path: data.source.path,
      md5: data.source.md5,
      license: data.source.license,
      citation: data.source.citation,
      protocol: data.protocol,
      task: data.task,
      classNames: data.classNames,
      classCounts: await classCounts(data),
    },
    engine: engine.wide ? `${engine.build}+wide` : engine.build,
    runtime: platform.runtime,
    cpuCount: platform.cpuCount,
    version,
    started: new Date().toISOString(),
  };
}

function describeModel(network: Network, data: Dataset, options: TrainOptions, record: EpochRecord): ModelInfo {
  return {
    architecture: network.architecture,
    classNames: data.classNames,
    normalization: NORMALIZATION,
    data: {
      name: data.name,
      md5: data.source.md5,
      task: data.task,
      protocol: data.protocol,
      positive: options.positive ?? null,
      splitRatio: options.splitRatio,
    },
    training: { epoch: record.epoch, seed: options.seed, val: record.val },
  };
}

/** index,label,predicted and one probability a class, with a header line. */
function predictionsCsv(
  labels: ArrayLike<number>,
  predicted: ArrayLike<number>,
  probs: Float32Array,
  classNames: string[],
): string {
  const classes = classNames.length;
  const lines = [csvLine(["index", "label", "predicted", ...classNames])];
  for (let i = 0; i < labels.length; i++) {
    lines.push(csvLine([i, labels[i], predicted[i], ...probs.subarray(i * classes, (i + 1) * classes)]));
  }
  return `${lines.join("\n")}\n`;
}
