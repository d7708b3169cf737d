import { HqcnnError } from "../check.ts";
import { batches, copyBatch, loadBatches } from "../datasets/batches.ts";
import type { Dataset, Split } from "../datasets/types.ts";
import { createPermutation, STREAMS } from "../engine/random.ts";
import { judge } from "../evaluation/judge.ts";
import { predictSplit } from "../evaluation/tta.ts";
import type { AugmentOptions } from "../network/augmentation.ts";
import type { Network } from "../network/network.ts";
import type { BestBy } from "./bestBy.ts";
import { type Diagnosis, observe } from "./diagnosis.ts";
import { type OptionsOf, optionsOf } from "./options.ts";
import { learningRate } from "./schedule.ts";
import { checkBestBy, lossWeights, withTargets } from "./task.ts";

/** Of --augment rotations. */
const ROTATION_DEGREES = 15;

/** What one epoch came to; one line of history.jsonl. */
export interface EpochRecord {
  /** Counted from 1. */
  epoch: number;
  /** Of the last step. */
  lr: number;
  /** Means over the epoch's batches, in training mode, before each batch's update. */
  train: { loss: number; accuracy: number };
  /** The whole split with running statistics (both averaged where `ema` asks for it), after the epoch. */
  val: {
    /** Cross-entropy; of outputs by themselves the mean binary one. */
    loss: number;
    accuracy: number;
    /** Of several labels the mean over those that val has with and without. */
    auc: number | null;
    /** Quadratic-weighted, of the task ordinal; null where it is not defined. */
    kappa?: number | null;
  };
  /** Whether it is the best on val so far, by options.bestBy. */
  best: boolean;
  /** The class that all images of val were put into; not there if there were several. */
  oneClass?: number;
  /** Not in runs of older versions. */
  diagnosis?: Diagnosis;
  /** Seconds of training, without the evaluation; images a second in them. */
  seconds: number;
  imagesPerSecond: number;
}

/** Where training stands: with the network's tensors and moments, all that is needed to continue bit for bit. */
export interface Progress {
  /** Epochs finished, and batches finished in the one under way. */
  epoch: number;
  batch: number;
  /** Sums over the batches of the epoch under way. */
  lossSum: number;
  correct: number;
  seen: number;
  seconds: number;
  bestEpoch: number;
  /** What the last step of an epoch has shown, until the epoch's record has it. */
  diagnosis?: Diagnosis;
  /** Set when nothing is left to do. */
  done: boolean;
  history: EpochRecord[];
}

export function startProgress(): Progress {
  return {
    epoch: 0,
    batch: 0,
    lossSum: 0,
    correct: 0,
    seen: 0,
    seconds: 0,
    bestEpoch: 0,
    done: false,
    history: [],
  };
}

/** Seconds of training, and images a second in the mean over them. */
export function trainingSpeed(history: readonly EpochRecord[]): { seconds: number; imagesPerSecond: number } {
  const seconds = history.reduce((sum, epoch) => sum + epoch.seconds, 0);
  const images = history.reduce((sum, epoch) => sum + epoch.seconds * epoch.imagesPerSecond, 0);
  return { seconds, imagesPerSecond: images / seconds };
}

export type LoopOptions = OptionsOf<"training" | "augmentation">;

export interface LoopControl {
  /** Ends training after the step under way; `progress` then says where to continue. */
  signal?: AbortSignal;
  /** Where to continue; kept up to date. Default: the start. */
  progress?: Progress;
  /**
   * Called when so many seconds have passed since the last call or epoch, after a step: what it keeps loses no more
   * than that.
   */
  keep?: { every: number; now(): Promise<void> };
  onProgress?: (step: StepRecord) => void;
}

/** What is told after every step. */
export interface StepRecord {
  /** Counted from 1. */
  epoch: number;
  /** Images done in this epoch, of how many. */
  done: number;
  total: number;
  /** Batches done in this epoch, of how many. */
  batch: number;
  batches: number;
  imagesPerSecond: number;
  /** Of the step's batch, before its update. */
  loss: number;
}

/** The loss stopped being finite; the parameters are those before the step. */
export class DivergedError extends HqcnnError {
  override name = "DivergedError";
}

/**
 * Trains `network` on data's train split and yields after every epoch. The order of images, augmentation and so every
 * bit of the result depend on the seed and the options alone. Dropout is the network's (NetworkOptions.dropout). With
 * `ema`, val is about the network's moving average (Network.swapAverage), which is to be saved.
 * @throws DivergedError when the loss is not finite
 */
export async function* trainLoop(
  network: Network,
  data: Dataset,
  options: LoopOptions,
  control: LoopControl = {},
): AsyncGenerator<EpochRecord, void, undefined> {
  const { signal, progress = startProgress(), keep, onProgress } = control;
  const { batchSize, seed } = options;
  const train = withTargets(await data.split("train"), network.architecture);
  const val = await data.split("val");
  checkBestBy(options, data.task);
  const order = createPermutation(network.engine, seed, STREAMS.epochOrder);
  const classWeights = lossWeights(options, train, network.architecture);
  network.reserve(Math.min(batchSize, train.count));
  await network.startThreads();
  const pause = createPause();
  let kept = performance.now();

  while (!progress.done) {
    const epoch = progress.epoch;
    const stepsPerEpoch = Math.ceil(train.count / batchSize);
    const augment = augmentation(options, epoch);
    let { batch } = progress;
    const lists = batches(train.count, batchSize, order, epoch, batch);
    for await (const { indices, images, waited } of loadBatches(train, lists)) {
      batch++;
      await pause();
      if (signal?.aborted) return;
      const started = performance.now();
      const N = indices.length;
      const lr = learningRate(options, epoch * stepsPerEpoch + batch - 1, stepsPerEpoch);
      const block = network.batch(N);
      copyBatch(train, indices, block.images, block.labels, images);
      block.ids.set(indices);
      const { loss, correct } = network.gradients(N, {
        ...{ classWeights, labelSmoothing: options.labelSmoothing, augment, dropout: { seed, epoch } },
      });
      if (!Number.isFinite(loss)) {
        throw new DivergedError(
          `The loss became ${loss} at step ${network.steps + 1} (epoch ${epoch + 1}, learning rate ${Number(lr.toPrecision(4))}): try a smaller --lr or --clip-norm 1.`,
        );
      }
      if (batch === stepsPerEpoch) progress.diagnosis = observe(network, N);
      const { weightDecay, clipNorm, ema } = options;
      network.update({ lr, weightDecay, clipNorm, ema });
      progress.batch = batch;
      progress.lossSum += loss * N;
      progress.correct += correct;
      progress.seen += N;
      progress.seconds += waited + (performance.now() - started) / 1000;
      onProgress?.({
        epoch: epoch + 1,
        done: progress.seen,
        total: train.count,
        batch,
        batches: stepsPerEpoch,
        imagesPerSecond: progress.seen / progress.seconds,
        loss,
      });
      if (keep && batch < stepsPerEpoch && performance.now() - kept >= 1000 * keep.every) {
        await keep.now();
        kept = performance.now();
      }
    }
    if (signal?.aborted) return;
    const lr = learningRate(options, (epoch + 1) * stepsPerEpoch - 1, stepsPerEpoch);
    yield await finishEpoch(network, val, progress, lr, options);
    kept = performance.now();
  }
}

async function finishEpoch(
  network: Network,
  val: Split,
  progress: Progress,
  lr: number,
  options: LoopOptions,
): Promise<EpochRecord> {
  const logits = options.ema > 0 ? await predictAveraged(network, val) : await predictSplit(network, val);
  const { metrics, predicted } = judge(network, val, logits);
  const { multilabel, ordinal } = metrics;
  const figures = {
    ...{ loss: metrics.crossEntropy, accuracy: metrics.accuracy, auc: multilabel?.definedAuc ?? metrics.auc },
    ...(ordinal && { kappa: ordinal.quadraticKappa }),
  };
  const best = isBest(progress, figures, options.bestBy);
  const oneClass = multilabel ? undefined : singleClass(predicted);
  const record: EpochRecord = {
    epoch: progress.epoch + 1,
    lr,
    train: { loss: progress.lossSum / progress.seen, accuracy: progress.correct / progress.seen },
    val: figures,
    best,
    ...(oneClass !== undefined && { oneClass }),
    ...(progress.diagnosis && { diagnosis: progress.diagnosis }),
    seconds: progress.seconds,
    imagesPerSecond: progress.seen / progress.seconds,
  };
  if (best) progress.bestEpoch = record.epoch;
  progress.history.push(record);
  progress.epoch = record.epoch;
  progress.batch = 0;
  delete progress.diagnosis;
  progress.lossSum = 0;
  progress.correct = 0;
  progress.seen = 0;
  progress.seconds = 0;
  progress.done = record.epoch >= options.epochs || isPatienceOver(progress, val, options.earlyStop);
  return record;
}

/**
 * Whether so many epochs have brought nothing better. As long as the kept model puts val's several classes into one,
 * nothing was learnt that could get worse:
 * those epochs do not count.
 */
function isPatienceOver({ history, bestEpoch, epoch }: Progress, val: Split, patience: number): boolean {
  if (patience === 0 || epoch - bestEpoch < patience) return false;
  return history[bestEpoch - 1].oneClass === undefined || singleClass(val.labels) !== undefined;
}

async function predictAveraged(network: Network, val: Split): Promise<Float32Array> {
  network.swapAverage();
  try {
    return await predictSplit(network, val);
  } finally {
    network.swapAverage();
  }
}

/** How the images of an epoch (from 0) are changed; undefined: not at all. */
export function augmentation(options: LoopOptions, epoch: number): AugmentOptions | undefined {
  const { augment, ...strengths } = optionsOf("augmentation", options);
  const flips = augment.includes("flips");
  const rotate = options.rotate ?? (augment.includes("rotations") ? ROTATION_DEGREES : 0);
  const changes = { ...strengths, flips, rotate };
  const isOff = Object.values(changes).every((change) => !change || typeof change === "string");
  return isOff ? undefined : { ...changes, seed: options.seed, epoch };
}

/** Whether an epoch with these results is to be kept rather than the best so far. */
export function isBest(
  { history, bestEpoch }: Pick<Progress, "history" | "bestEpoch">,
  val: EpochRecord["val"],
  by: BestBy,
): boolean {
  const before: EpochRecord | undefined = history[bestEpoch - 1];
  return before === undefined || isBetter(val, before.val, by);
}

/**
 * By AUC or kappa, then by loss: after few steps AUC may be 1 while all images are put into one class. Without a value
 * (val holds one class) by loss alone.
 */
function isBetter(val: EpochRecord["val"], before: EpochRecord["val"], by: BestBy): boolean {
  if (by !== "loss") {
    const [now, then] = [val[by] ?? null, before[by] ?? null];
    if (now !== then) return now !== null && (then === null || now > then);
  }
  return val.loss < before.loss;
}

/** The one class that all images were put into; undefined if there are several, or no images. */
export function singleClass(predicted: ArrayLike<number>): number | undefined {
  for (let i = 1; i < predicted.length; i++) if (predicted[i] !== predicted[0]) return undefined;
  return predicted.length > 0 ? predicted[0] : undefined;
}

/** Lets events (Ctrl-C, a page) in at most every 50 ms: a turn of the event loop costs more than a small step. */
function createPause(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < 50) return;
    await new Promise((resolve) => setTimeout(resolve));
    last = performance.now();
  };
}
