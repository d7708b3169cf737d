import { HqcnnError } from "../check.ts";
import type { Kernels, Ptr } from "../engine/kernels.ts";
import type { Instance } from "../engine/load.ts";
import { f32, type NONE } from "../engine/memory.ts";

/**
 * What the numbers of the last layer stand for. softmax: one class an image. sigmoid: labels that are there or not,
 * each by itself. cumulative: classes in an order; output k says whether the class is above k.
 */
export const OUTPUTS = ["softmax", "sigmoid", "cumulative"] as const;
export type OutputKind = (typeof OUTPUTS)[number];

/** The part of an architecture that says what it answers; without `output` it is a softmax. */
export interface Answering {
  classes: number;
  output?: Exclude<OutputKind, "softmax">;
}

/** Logits of an image: one a class, or one between two classes. */
export function logitsOfImage({ classes, output }: Answering): number {
  return output === "cumulative" ? classes - 1 : classes;
}

/** Bytes of what is learned about an image: its class, or 0 and 1 for every output. */
export function targetsOfImage(answering: Answering): number {
  return answering.output ? logitsOfImage(answering) : 1;
}

/** The mean loss of N images; dlogits ← its gradient. `weights`: of classes, or of the positives of each output. */
export function lossOf(
  kernels: Kernels,
  { classes, output }: Answering,
  { dlogits, logits, labels, weights }: { dlogits: Ptr; logits: Ptr; labels: Ptr; weights: Ptr | typeof NONE },
  N: number,
  labelSmoothing: number,
): number {
  const loss = output ? kernels.sigmoidCrossEntropy : kernels.softmaxCrossEntropy;
  return loss(dlogits, logits, labels, weights, N, logitsOfImage({ classes, output }), labelSmoothing);
}

/**
 * softmax of logits (count, classes), or the sigmoid of each where outputs stand alone.
 * @param at room for the logits of `images` images
 */
export function squashed(
  instance: Instance,
  at: Ptr,
  logits: Float32Array,
  answering: Answering,
  images: number,
): Float32Array<ArrayBuffer> {
  const { kernels } = instance;
  const width = logitsOfImage(answering);
  const probs = new Float32Array(logits.length);
  for (let start = 0; start < logits.length; start += images * width) {
    const part = logits.subarray(start, start + images * width);
    f32(instance, at, part.length).set(part);
    if (answering.output) kernels.sigmoid(at, at, part.length);
    else kernels.softmax(at, at, part.length / width, width);
    probs.set(f32(instance, at, part.length), start);
  }
  return probs;
}

/**
 * Images whose class is the label's: that of the largest logit (the first of equals, as in argmax), or as many as
 * outputs are above ½. With labels by themselves an image counts by the share of them that is right.
 * @param targets as a batch block has them
 */
export function countCorrect(logits: Float32Array, targets: Uint8Array, answering: Answering): number {
  const width = logitsOfImage(answering);
  if (!answering.output) {
    let correct = 0;
    targets.forEach((label, n) => {
      const row = logits.subarray(n * width, (n + 1) * width);
      if (row.indexOf(Math.max(...row)) === label) correct += 1;
    });
    return correct;
  }
  const right = (from: number, to: number) => {
    let sum = 0;
    for (let i = from; i < to; i++) sum += targets[i] === (logits[i] > 0 ? 1 : 0) ? 1 : 0;
    return sum;
  };
  if (answering.output === "sigmoid") return right(0, logits.length) / width;
  let correct = 0;
  for (let row = 0; row < logits.length; row += width) correct += sameCount(logits, targets, row, width) ? 1 : 0;
  return correct;
}

/** Whether as many outputs are above ½ as classes are below the label. */
function sameCount(logits: Float32Array, targets: Uint8Array, row: number, width: number): boolean {
  let difference = 0;
  for (let i = row; i < row + width; i++) difference += (logits[i] > 0 ? 1 : 0) - targets[i];
  return difference === 0;
}

/**
 * Probabilities (count, classes) of outputs (count, classes − 1), each the probability that the class is above k:
 * p(0) = 1 − s(0), p(k) = s(k − 1) − s(k), p(last) = s(last − 1). Nothing keeps outputs in order, so differences
 * below 0 count as 0, and rows are divided by their sum.
 */
export function classProbabilities(above: Float32Array, classes: number): Float32Array<ArrayBuffer> {
  const width = classes - 1;
  const count = above.length / width;
  const probs = new Float32Array(count * classes);
  for (let n = 0; n < count; n++) {
    const row: number[] = [];
    for (let k = 0; k < classes; k++) {
      const before = k === 0 ? 1 : above[n * width + k - 1];
      const behind = k === width ? 0 : above[n * width + k];
      row.push(Math.max(0, before - behind));
    }
    const sum = row.reduce((total, share) => total + share, 0);
    row.forEach((share, k) => {
      probs[n * classes + k] = share / sum;
    });
  }
  return probs;
}

/** Whether each label is above ½ (count, labels), or the class (count) as the number of outputs above ½. */
export function thresholded(above: Float32Array, { classes, output }: Answering): Uint32Array {
  if (output === "sigmoid") return Uint32Array.from(above, (share) => (share > 0.5 ? 1 : 0));
  const width = classes - 1;
  const labels = new Uint32Array(above.length / width);
  above.forEach((share, i) => {
    if (share > 0.5) labels[Math.floor(i / width)] += 1;
  });
  return labels;
}

/** The rows that outputs in an order learn: whether a label (count) is above 0, 1, … classes − 2. */
export function cumulativeTargets(labels: ArrayLike<number>, classes: number): Uint8Array {
  const width = classes - 1;
  return Uint8Array.from({ length: labels.length * width }, (_, i) =>
    labels[Math.floor(i / width)] > i % width ? 1 : 0,
  );
}

/**
 * How much each logit of an image counts for a class (or label): the class's own; in an order the one below it less the
 * one above it, as its probability is the difference of theirs.
 */
export function classDirection(answering: Answering, label: number): Float32Array {
  const direction = new Float32Array(logitsOfImage(answering));
  if (answering.output !== "cumulative") direction[label] = 1;
  else {
    if (label > 0) direction[label - 1] = 1;
    if (label < direction.length) direction[label] = -1;
  }
  return direction;
}

/** @throws HqcnnError when the network's outputs are not those that the data's task needs */
export function checkOutput(answering: Answering, { name, task }: { name: string; task: string }): void {
  const output = answering.output ?? "softmax";
  if ((output === "sigmoid") === (task === "multilabel") && (output !== "cumulative" || task === "ordinal")) return;
  const needed = task === "multilabel" ? "sigmoid" : task === "ordinal" ? "softmax or cumulative" : "softmax";
  throw new HqcnnError(`${name}: the task ${task} needs a network with output ${needed}, this one has ${output}`);
}
