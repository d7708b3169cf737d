import type { Split } from "../datasets/types.ts";
import type { Answering } from "../network/output.ts";
import { AT_CHANCE, circuitWarnings } from "./diagnosis.ts";
import { type EpochRecord, type LoopOptions, singleClass } from "./loop.ts";
import { lossWeights, withTargets } from "./task.ts";

/**
 * Optimiser steps below which a training is called too short. Two easily told classes of 100 images (140 to train on, 3
 * steps per epoch, learning rate
 * 0.001) were still put into one class after 39 to 48 steps, with seeds 0 to 2, and told apart after 42 to 51.
 */
export const FEWEST_STEPS = 50;

/** Smaller batches are not proposed: their statistics say little. */
const FEWEST_IMAGES = 8;

/** What a finished training should be distrusted for, one line each. */
export interface Outcome {
  options: LoopOptions;
  classNames: readonly string[];
  train: Split;
  val: Split;
  test: Split;
  /** Optimiser steps taken. */
  steps: number;
  history: readonly EpochRecord[];
  bestEpoch: number;
  /** What the kept model takes the test images for; of several labels rows (count, labels) of 0 and 1. */
  predicted: ArrayLike<number>;
  /** What the network's outputs stand for; default: a softmax over the classes. */
  answering?: Answering;
}

export function trainingWarnings(outcome: Outcome): string[] {
  const same = outcome.answering?.output === "sigmoid" ? sameLabels(outcome) : oneClass(outcome);
  return [...same, ...tooFewSteps(outcome), ...chance(outcome)];
}

function oneClass({ classNames, val, test, history, bestEpoch, predicted, answering }: Outcome): string[] {
  const found = [
    { name: "val", split: val, label: history[bestEpoch - 1]?.oneClass },
    { name: "test", split: test, label: singleClass(predicted) },
  ].filter(({ label }) => label !== undefined);
  if (found.length === 0) return [];
  const parts = found.map(({ name, split, label }) => {
    const only = singleClass(split.labels) === undefined ? "" : ", which holds no other class";
    return `all ${split.count} ${name} images into class ${label} (${classNames[label!]})${only}`;
  });
  return [
    `the kept model (epoch ${bestEpoch} of ${history.length}) predicts one class: it puts ${parts.join(", and ")}; do not use it. ` +
      `Train longer (--epochs), try --best-by loss or ${answering?.output ? "--pos-weight" : "--class-weights"} balanced, and look at the labels`,
  ];
}

/** Labels that the kept model gives to no test image, or to all, although only some have them. */
function sameLabels({ options, classNames, test, predicted, bestEpoch, history }: Outcome): string[] {
  const classes = classNames.length;
  const rows = test.matrix ?? new Uint8Array(0);
  const shareOf = (of: ArrayLike<number>, label: number) => {
    let sum = 0;
    for (let i = label; i < of.length; i += classes) sum += of[i];
    return sum / test.count;
  };
  const wrong = classNames.filter((_, label) => {
    const [said, is] = [shareOf(predicted, label), shareOf(rows, label)];
    return (said === 0 || said === 1) && is > 0 && is < 1;
  });
  if (wrong.length === 0) return [];
  const all = wrong.length === classes ? "every label" : wrong.join(", ");
  return [
    `the kept model (epoch ${bestEpoch} of ${history.length}) answers the same for all ${test.count} test images about ${all}: ` +
      "their probabilities are all on one side of 0.5. AUC and average precision do not depend on that threshold, accuracy " +
      `and F1 do: ${options.posWeight === "balanced" ? "" : "try --pos-weight balanced, or "}train longer (--epochs)`,
  ];
}

const plural = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;

function tooFewSteps({ options, train, steps, history }: Outcome): string[] {
  if (steps >= FEWEST_STEPS) return [];
  const { batchSize } = options;
  const perEpoch = Math.ceil(train.count / batchSize);
  const epochs = Math.ceil(FEWEST_STEPS / perEpoch);
  const smaller = Math.floor(train.count / Math.ceil(FEWEST_STEPS / Math.max(1, history.length)));
  const batches =
    smaller >= FEWEST_IMAGES && smaller < batchSize ? `, or smaller batches with --batch-size ${smaller}` : "";
  return [
    `the whole training took ${plural(steps, "optimiser step")} (${plural(history.length, "epoch")} of ${perEpoch}), ` +
      `too few to learn: take at least ${FEWEST_STEPS} with --epochs ${epochs}${batches}`,
  ];
}

function chance({ options, classNames, train, val, history, bestEpoch, answering }: Outcome): string[] {
  const classes = classNames.length;
  const warnings: string[] = [];
  const lossOf = (split: Split, how?: LoopOptions) =>
    answering?.output ? guessingEach(withTargets(split, answering), answering, how) : guessingLoss(split, classes, how);
  const guessing = lossOf(train, options);
  const lowest = Math.min(...history.map((epoch) => epoch.train.loss));
  if (guessing > 0 && lowest >= AT_CHANCE * guessing) {
    warnings.push(
      `the training loss stayed at chance: its lowest was ${lowest.toFixed(4)}, guessing by the class frequencies has ${guessing.toFixed(4)}; ` +
        "nothing was learnt. Look at images and labels, train longer (--epochs) or change --lr",
    );
  }
  warnings.push(...circuitWarnings(history, guessing));
  const kept = history[bestEpoch - 1];
  const guessed = lossOf(val);
  // Weights of the positives move probabilities away from frequencies, as they are meant to.
  const isWeighted = answering?.output !== undefined && options.posWeight === "balanced";
  if (kept !== undefined && guessed > 0 && !isWeighted && kept.val.loss >= guessed) {
    warnings.push(
      `the kept model's loss on val is no better than chance: ${kept.val.loss.toFixed(4)}, guessing by the class frequencies has ${guessed.toFixed(4)}; ` +
        "its probabilities cannot be trusted",
    );
  }
  return warnings;
}

/** The same of outputs by themselves: each says how often its positives are. */
function guessingEach(split: Split, answering: Answering, options?: LoopOptions): number {
  const rows = split.matrix!;
  const outputs = rows.length / split.count;
  const weights = options && lossWeights(options, split, answering);
  const smoothing = options?.labelSmoothing ?? 0;
  const positives = new Float64Array(outputs);
  rows.forEach((value, i) => {
    positives[i % outputs] += value / split.count;
  });
  let loss = 0;
  positives.forEach((share, k) => {
    const is = (1 - smoothing) * share + smoothing / 2;
    const positive = (weights?.[k] ?? 1) * is;
    const negative = 1 - is;
    for (const part of [positive, negative]) if (part > 0) loss -= part * Math.log(part / (positive + negative));
  });
  return loss / outputs;
}

/**
 * The lowest loss that does not look at the images: the entropy of the classes' frequencies as the loss weights and
 * smooths them.
 */
function guessingLoss(
  { labels, count }: Split,
  classes: number,
  options: { classWeights: string; labelSmoothing: number } = { classWeights: "none", labelSmoothing: 0 },
): number {
  const counts = new Float64Array(classes);
  for (const label of labels) counts[label] += 1;
  const present = counts.filter((n) => n > 0).length;
  let entropy = 0;
  for (const n of counts) {
    const share = options.classWeights === "balanced" ? (n > 0 ? 1 / present : 0) : n / count;
    const smoothed = (1 - options.labelSmoothing) * share + options.labelSmoothing / classes;
    if (smoothed > 0) entropy -= smoothed * Math.log(smoothed);
  }
  return entropy;
}
