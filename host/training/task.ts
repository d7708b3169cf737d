import { UsageError } from "../check.ts";
import { createSplit } from "../datasets/images.ts";
import type { Split, Task } from "../datasets/types.ts";
import { type Answering, cumulativeTargets, type OutputKind } from "../network/output.ts";
import type { TrainOptions } from "./options.ts";

type Weights = Pick<TrainOptions, "posWeight" | "classWeights">;
type Given = Weights & Pick<TrainOptions, "ordinal" | "bestBy">;

/** What the network's outputs stand for. */
export function outputOf({ ordinal }: Pick<TrainOptions, "ordinal">, task: Task): OutputKind {
  if (task === "multilabel") return "sigmoid";
  return task === "ordinal" && ordinal === "cumulative" ? "cumulative" : "softmax";
}

/** @throws UsageError on options that would do nothing with this task */
export function checkTask(options: Given, task: Task): void {
  if (options.ordinal !== undefined && task !== "ordinal") {
    throw new UsageError(
      `--ordinal is for the task ordinal, got the task ${task}: leave it out, or give --task ordinal`,
    );
  }
  checkBestBy(options, task);
  checkWeights(options, outputOf(options, task), `the task ${task}${options.ordinal ? ` by ${options.ordinal}` : ""}`);
}

/** @throws UsageError on a metric that this task does not have */
export function checkBestBy({ bestBy }: Pick<TrainOptions, "bestBy">, task: Task): void {
  if (bestBy === "kappa" && task !== "ordinal") {
    throw new UsageError(`--best-by kappa is for the task ordinal, got the task ${task}: choose auc or loss`);
  }
}

/** @throws UsageError on weights that are of another kind of outputs */
function checkWeights({ posWeight, classWeights }: Weights, output: OutputKind, what: string): void {
  if (output === "softmax" && posWeight !== undefined && posWeight !== "none") {
    throw new UsageError(
      `--pos-weight is for the task multilabel and --ordinal cumulative, got ${what}: use --class-weights balanced`,
    );
  }
  if (output !== "softmax" && classWeights !== "none") {
    throw new UsageError(
      `--class-weights is for one class an image by softmax, got ${what}: use --pos-weight ${classWeights}`,
    );
  }
}

/** A split with what these outputs learn about each image. */
export function withTargets(split: Split, answering: Answering): Split {
  if (answering.output !== "cumulative") return split;
  const matrix = cumulativeTargets(split.labels, answering.classes);
  return createSplit("the data", { ...split, matrix }, split.stored ?? split.images);
}

/**
 * The weights of the loss: of each class n / (classes · its count), as scikit-learn's class_weight="balanced"; of the
 * positives of each output negatives / positives, 1 where there are none of either. Undefined: none.
 * @param train as `withTargets` gives it
 * @throws UsageError on weights that are of another kind of outputs
 */
export function lossWeights(options: Weights, train: Split, answering: Answering): Float64Array | undefined {
  const { output = "softmax", classes } = answering;
  checkWeights(options, output, `a network with ${output} outputs`);
  if (train.matrix && options.posWeight === "balanced") return positiveWeights(train.matrix, train.count);
  if (options.classWeights !== "balanced") return undefined;
  const weights = new Float64Array(classes);
  for (const label of train.labels) weights[label] += 1;
  return weights.map((count) => train.count / (classes * count));
}

/** Of rows (count, outputs) of 0 and 1. */
function positiveWeights(rows: Uint8Array, count: number): Float64Array {
  const positives = new Float64Array(rows.length / count);
  rows.forEach((value, i) => {
    positives[i % positives.length] += value;
  });
  return positives.map((n) => (n === 0 || n === count ? 1 : (count - n) / n));
}
