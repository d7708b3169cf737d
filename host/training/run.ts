import { HqcnnError, UsageError } from "../check.ts";
import { implausibleAccuracy } from "../datasets/guard.ts";
import { classCounts as countsOf } from "../datasets/inspect.ts";
import type { Dataset } from "../datasets/types.ts";
import { evaluateSplit, type ReportedMetrics } from "../evaluation/evaluate.ts";
import { fitReliability } from "../evaluation/reliability.ts";
import type { Tta } from "../evaluation/tta.ts";
import { checksum } from "../network/checksum.ts";
import { checkQuantumInit } from "../network/init.ts";
import { encodeModel, readModelInfo, withReliability } from "../network/model.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { decodeSafetensors } from "../network/safetensors.ts";
import type { TensorMap } from "../network/tensors.ts";
import type { Block } from "../network/trunk.ts";
import type { Lock, Platform } from "../platform/platform.ts";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, restore } from "./checkpoint.ts";
import { describeModel, describeRun, type RunContext } from "./describe.ts";
import { isBookkeeping, newFolder, RUN_FILES } from "./files.ts";
import { headOf, measureOf, measureText, withCircuit, withNoise } from "./head.ts";
import { type EpochRecord, type LoopControl, type Progress, startProgress, trainingSpeed, trainLoop } from "./loop.ts";
import type { TrainOptions } from "./options.ts";
import { predictionsCsv } from "./predictions.ts";
import { checkModelOfRun, type RunConfig, type RunIdentity, readRunIdentity, refuseOtherOptions } from "./record.ts";
import { type Started, startFrom, startText } from "./start.ts";
import { checkTask, outputOf } from "./task.ts";
import { trunkOf } from "./trunk.ts";
import { trainingWarnings } from "./warnings.ts";

export interface RunControl extends Pick<LoopControl, "signal" | "onProgress"> {
  /**
   * Before the first step, with the network about to be trained; notes are what the user should know about start and
   * folder, one line each.
   */
  onStart?: (network: Network, run: { folder: string; notes: string[] }) => void;
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
      /** What was taken of the model that it started from. */
      start?: Started;
      /** About data, folder and training, one line each. */
      warnings: string[];
    };

/**
 * Starts a run in a folder that is new or empty; without a name in a new one, runs/TIME-DATA.
 * @throws UsageError when the folder holds something already, or another process writes to it
 */
export async function startRun(
  context: RunContext,
  given: TrainOptions,
  folder: string | undefined,
  control: RunControl = {},
) {
  const { platform } = context;
  const options = await withNoise(platform, await withCircuit(platform, given));
  if (folder !== undefined) await refuseContent(platform, folder);
  const begun = await createRunNetwork(context, options);
  return closing(begun.network, async () => {
    const own = folder ?? (await newFolder(platform, context.data.name));
    await platform.makeFolder(own);
    return locked(platform, own, async (lock) => {
      await refuseContent(platform, own);
      return begin(context, options, own, lock, begun, control);
    });
  });
}

async function refuseContent(platform: Platform, folder: string): Promise<void> {
  const existing = await platform.stat(folder);
  if (existing === null) return;
  if (existing.kind === "folder" && (await platform.list(folder)).every(({ name }) => isBookkeeping(name))) return;
  throw new UsageError(`${folder} exists already: choose another --out, or continue with --resume ${folder}`);
}

/**
 * Trains in a folder, whatever was done there before: starts, or continues from the checkpoint. The run in the folder
 * must have been started with these options.
 */
export async function trainInto(context: RunContext, given: TrainOptions, folder: string, control: RunControl = {}) {
  const { platform } = context;
  const options = await withNoise(platform, await withCircuit(platform, given));
  if ((await platform.stat(platform.join(folder, RUN_FILES.config))) !== null) {
    return resumeRun(context, options, folder, control);
  }
  const begun = await createRunNetwork(context, options);
  return closing(begun.network, async () => {
    await platform.makeFolder(folder);
    return locked(platform, folder, (lock) => begin(context, options, folder, lock, begun, control));
  });
}

/**
 * Continues where the checkpoint of a run stands; ends with the same bits as a run that was never stopped. A run that
 * was killed before its first checkpoint
 * is started again, with its options.
 * @throws HqcnnError when a file of the folder is damaged or another run's, or when the data are not the run's;
 * UsageError when another process writes to it
 */
export async function resumeRun(context: RunContext, options: TrainOptions, folder: string, control: RunControl = {}) {
  const { platform, data } = context;
  // Said before the lock is written: what has no run in it is left as it is.
  await readRunIdentity(platform, folder);
  return locked(platform, folder, async (lock) => {
    const run = await readRunIdentity(platform, folder);
    refuseOtherOptions(folder, options, run.config.options, false);
    await refuseOtherData(folder, run.config, data);
    const path = platform.join(folder, RUN_FILES.checkpoint);
    if ((await platform.stat(path)) === null) {
      const begun = await createRunNetwork(context, options, run.config.network.trunk);
      return closing(begun.network, () => begin(context, options, folder, lock, begun, control));
    }
    const checkpoint = await decodeCheckpoint(await platform.readFile(path), path, { run, data, options });
    const model = await checkModel(platform, folder, run, checkpoint);
    const { network } = await createRunNetwork(context, { ...options, start: undefined }, run.config.network.trunk);
    return closing(network, () => {
      restore(network, checkpoint, options.ema);
      const { start } = run.config;
      const state: RunState = { folder, lock, run, start, progress: checkpoint.progress, ...model };
      return continueRun(context, options, network, state, control);
    });
  });
}

/** Images are known by their MD5, which folders do not have; their numbers are better than nothing. */
async function refuseOtherData(folder: string, { data: { classNames, classCounts } }: RunConfig, data: Dataset) {
  const [expected, got] = [
    { classNames, classCounts },
    { classNames: data.classNames, classCounts: await countsOf(data) },
  ].map((value) => JSON.stringify(value));
  if (classCounts !== undefined && expected !== got) {
    throw new HqcnnError(
      `${folder}: the run was trained on other data: expected ${expected}, got ${got}; use the same data`,
    );
  }
}

async function locked<T>(platform: Platform, folder: string, work: (lock: Lock) => Promise<T>): Promise<T> {
  const lock = await platform.lock(folder);
  try {
    return await work(lock);
  } finally {
    await lock.release().catch(() => {}); // a lock that stays counts as dead once this process has ended
  }
}

async function closing<T>(network: Network, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    network.close();
  }
}

/** A run under way. */
interface RunState {
  folder: string;
  lock: Lock;
  run: RunIdentity;
  start?: Started;
  progress: Progress;
  /** Checksum of model.safetensors as this run wrote it; null: not yet. */
  model: string | null;
  /** Whether model.safetensors is of the epoch that was under way when the run was killed. */
  ahead: boolean;
  notes: string[];
}

/** What lies in the place of the model must be the run's, as of the checkpoint or of the epoch after it. */
async function checkModel(
  platform: Platform,
  folder: string,
  run: RunIdentity,
  { progress, ties }: Checkpoint,
): Promise<Pick<RunState, "model" | "ahead" | "notes">> {
  const path = platform.join(folder, RUN_FILES.model);
  const there = (await platform.stat(path)) !== null;
  if (progress.bestEpoch > 0 && !there) {
    throw new HqcnnError(`${path} is missing: put it back, or train anew with another --out`);
  }
  const bytes = there ? await platform.readFile(path) : null;
  const info = bytes === null ? null : readModelInfo(bytes, path);
  if (ties === null) {
    const note = `${folder} was written by an older version without checksums: its files are taken on trust`;
    return { model: bytes && (await modelChecksum(bytes, path)), ahead: false, notes: [note] };
  }
  if (bytes === null || info === null) return { model: null, ahead: false, notes: [] };
  if ((await modelChecksum(bytes, path)) === ties.model) return { model: ties.model, ahead: false, notes: [] };
  checkModelOfRun(path, info, run.id);
  if (info.training.run === run.id && info.training.epoch === progress.epoch + 1 && !progress.done) {
    return { model: ties.model, ahead: true, notes: [] };
  }
  throw new HqcnnError(
    `${path}: expected the model of epoch ${progress.bestEpoch} with SHA-256 ${ties.model}: it is another one's, or damaged; put it back, or train anew with another --out`,
  );
}

/** Of a model file as it was before reliability was added, at the end of its run: a kill may come before or after. */
export async function modelChecksum(bytes: Uint8Array, path: string): Promise<string> {
  const { reliability } = readModelInfo(bytes, path);
  return checksum(reliability ? withReliability(bytes, path) : bytes);
}

async function begin(
  context: RunContext,
  options: TrainOptions,
  folder: string,
  lock: Lock,
  { network, start }: { network: Network; start?: Started },
  control: RunControl,
) {
  const { platform, data } = context;
  await platform.writeFile(
    platform.join(folder, RUN_FILES.config),
    `${JSON.stringify({ ...(await describeRun(context, options, network)), ...(start && { start }) }, null, 2)}\n`,
  );
  const run = await readRunIdentity(platform, folder);
  const progress = startProgress();
  // Of step 0: from here on there is always one to continue from.
  const ties = { id: run.id, identity: run.identity, model: null };
  await platform.writeFile(
    platform.join(folder, RUN_FILES.checkpoint),
    await encodeCheckpoint(network, progress, { data, options, ties }),
  );
  const state: RunState = { folder, lock, run, start, progress, model: null, ahead: false, notes: [] };
  return continueRun(context, options, network, state, control);
}

async function continueRun(
  context: RunContext,
  options: TrainOptions,
  network: Network,
  state: RunState,
  control: RunControl,
): Promise<RunResult> {
  const { platform, data } = context;
  const { folder, lock, run, progress } = state;
  const path = (file: string) => platform.join(folder, file);
  let kept = { epoch: progress.epoch, batch: progress.batch };
  const write = async (file: string, bytes: Uint8Array | string) => {
    await lock.check();
    try {
      await platform.writeFile(path(file), bytes);
    } catch (error) {
      if (!(error instanceof HqcnnError)) throw error;
      const until = `epoch ${kept.epoch}${kept.batch > 0 ? ` and batch ${kept.batch} of the next` : ""}`;
      throw new HqcnnError(
        `${error.message.split("\n")[0]}\nthe run is kept up to ${until}; then continue with: hqcnn train --resume ${folder}`,
        { cause: error },
      );
    }
  };
  const checkpoint = async () => {
    const now = { epoch: progress.epoch, batch: progress.batch };
    const ties = { id: run.id, identity: run.identity, model: state.model };
    await write(RUN_FILES.checkpoint, await encodeCheckpoint(network, progress, { data, options, ties }));
    kept = now;
  };
  const { onStart, onEpoch, end, ...loopControl } = control;
  const batch = Math.min(options.batchSize, data.counts.train);
  const parts = network.parts(batch);
  if (parts > 1) {
    state.notes.push(
      `a batch of ${batch} does not fit the engine's memory: it is run in ${parts} parts, each with batch-norm statistics of its own images`,
    );
  }
  const keep = { every: options.checkpointEvery, now: checkpoint };
  onStart?.(network, { folder, notes: [...(state.start ? [startText(state.start)] : []), ...state.notes] });
  for await (const record of trainLoop(network, data, options, { ...loopControl, progress, keep })) {
    if (record.best) {
      const tensors = network.tensors(options.ema > 0 ? "average" : "params");
      const bytes = encodeModel(tensors, describeModel(network, data, options, record, run.id));
      await write(RUN_FILES.model, bytes);
      state.model = await checksum(bytes);
    }
    // The one epoch that a model was ahead by is done again.
    state.ahead = false;
    await write(RUN_FILES.history, progress.history.map((line) => `${JSON.stringify(line)}\n`).join(""));
    await checkpoint();
    onEpoch?.(record);
  }
  if (!progress.done) {
    progress.done = end?.aborted === true && progress.epoch > 0 && !state.ahead;
    await checkpoint();
  }
  if (!progress.done) return { finished: false, folder, epoch: progress.epoch, batch: progress.batch };
  const fingerprint = network.fingerprint();
  const steps = network.steps;
  await write(RUN_FILES.fingerprint, `${fingerprint}\n`);
  const model = path(RUN_FILES.model);
  const bytes = await platform.readFile(model);
  if ((await modelChecksum(bytes, model)) !== state.model) {
    throw new HqcnnError(
      `${model}: changed by something else while the run was under way; put it back, or train anew with another --out`,
    );
  }
  // The trained network has no further use: the best epoch's takes its place, threads included.
  network.load(decodeSafetensors(bytes, model).tensors as TensorMap);
  const test = await data.split("test");
  const { metrics, probs, predicted } = await evaluateSplit(network, test, options.tta);
  await write(RUN_FILES.predictions, predictionsCsv(test, predicted, probs, data.classNames));
  await write(RUN_FILES.model, withReliability(bytes, model, await fitReliability(network, data)));
  const { classNames } = data;
  const { history, bestEpoch } = progress;
  const [train, val] = [await data.split("train"), await data.split("val")];
  const outcome = { options, classNames, train, val, test, steps, history, bestEpoch, predicted };
  const measured = measureText(options);
  const doubts = [
    ...trainingWarnings({ ...outcome, answering: network.architecture }),
    ...(measured === null
      ? []
      : [`validated and tested by one measurement with ${measured}: hqcnn evaluate --shots --noise repeats it`]),
  ];
  await write(
    RUN_FILES.metrics,
    `${JSON.stringify({ split: "test", tta: options.tta, ...metrics, warnings: doubts }, null, 2)}\n`,
  );
  const implausible = implausibleAccuracy(data, metrics.accuracy);
  return {
    finished: true,
    folder,
    metrics,
    tta: options.tta,
    bestEpoch,
    history,
    fingerprint,
    imagesPerSecond: trainingSpeed(history).imagesPerSecond,
    ...(state.start && { start: state.start }),
    warnings: [...data.warnings, ...state.notes, ...doubts, ...(implausible ? [implausible] : [])],
  };
}

/**
 * The network that a run trains: the options' head, the data's channels, size and classes, and the tensors that it
 * starts from.
 */
export async function createRunNetwork(
  { platform, engine, data }: RunContext,
  options: TrainOptions,
  trunk?: readonly Block[],
): Promise<{ network: Network; start?: Started }> {
  const { hidden, seed, batchSize, freeze, dropout } = options;
  checkTask(options, data.task);
  const network = createNetwork(engine, {
    channels: data.channels,
    classes: data.classNames.length,
    output: outputOf(options, data.task),
    height: data.height,
    width: data.width,
    trunk: trunk ?? (await trunkOf(platform, options)),
    fit: data.reading.fit,
    head: headOf(options),
    hidden,
    seed,
    freeze,
    dropout,
    quantumInit: checkQuantumInit(options.quantumInit),
    measure: measureOf(options),
    batchSize: Math.min(batchSize, data.counts.train),
  });
  if (!options.start) return { network };
  return { network, start: await startFrom(network, platform, options.start, options.startPartial) };
}
