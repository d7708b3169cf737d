import { HqcnnError } from "../check.ts";
import { delongAuc } from "./delong.ts";
import { exp, log1p, square } from "./functions.ts";
import {
  areaUnderRoc,
  averagePrecision,
  calibrationBins,
  countByThreshold,
  meanOf,
  weightedAverage,
  wilsonInterval,
} from "./metrics.ts";
import { spreadOf } from "./spread.ts";
import type { LabelMetrics, Metrics, MultilabelMetrics } from "./types.ts";

/** What a classifier says about images with several labels. */
export interface LabelAnswers {
  /** (count, labels) to rank by: logits or probabilities. */
  scores: ArrayLike<number>;
  /** (count, labels) */
  probs: ArrayLike<number>;
  /** (count, labels) rows of 0 and 1. */
  predicted: ArrayLike<number>;
  /** Mean binary cross-entropy over all answers. */
  crossEntropy: number;
}

/**
 * All metrics of images with several labels; `rows` (count, classes) of 0 and 1. Accuracy and AUC are means over the
 * labels, as medmnist's Evaluator has them: it takes a probability above 0.5 as a yes, and has no AUC where a label
 * is there for all images or for none, so `auc` is null then (`definedAuc` is the mean over the others). Precision,
 * recall, F1 and the averages of them as in scikit-learn's classification_report; average precision is the mean over
 * the labels that occur, MCC that over all. Brier score and calibration error are about all answers, yes or no, of
 * all labels.
 * @throws HqcnnError on lengths that do not match, without images, and on numbers that are not finite
 */
export function multilabelMetrics(
  rows: ArrayLike<number>,
  answers: LabelAnswers,
  classes: number,
): Metrics & { multilabel: MultilabelMetrics } {
  checkRows(rows, answers, classes);
  const count = rows.length / classes;
  const labels = Array.from({ length: classes }, (_, label) => labelMetrics(rows, answers, classes, label));
  const right = Uint8Array.from({ length: rows.length }, (_, i) => (rows[i] === answers.predicted[i] ? 1 : 0));
  const shares = rightShares(rows, answers.predicted, classes);
  const exact = shares.filter((own) => own === 1).length;
  const share = right.reduce((sum, is) => sum + is, 0) / right.length;
  const defined = labels.flatMap(({ auc }) => (auc === null ? [] : [auc]));
  const withoutAuc = labels.flatMap(({ auc }, label) => (auc === null ? [label] : []));
  const definedAuc = meanOf(defined);
  const both = Float64Array.from({ length: 2 * rows.length }, (_, i) =>
    i % 2 === 1 ? answers.probs[i >> 1] : 1 - answers.probs[i >> 1],
  );
  let squares = 0;
  for (let i = 0; i < rows.length; i++) squares += square(answers.probs[i] - rows[i]);
  const gaps = calibrationBins(rows, answers.predicted, both, 2).map((bin) => Math.abs(bin.correct - bin.confidence));
  return {
    count,
    accuracy: share,
    accuracyInterval: shareInterval(shares),
    auc: withoutAuc.length > 0 ? null : definedAuc,
    crossEntropy: answers.crossEntropy,
    confusion: [],
    perClass: labels.map(({ precision, recall, f1, support }) => ({ precision, recall, f1, support })),
    macro: weightedAverage(labels, () => 1),
    weighted: weightedAverage(labels, ({ support }) => support),
    mcc: meanOf(labels.map(({ confusion }) => matthews(confusion))) ?? 0,
    averagePrecision: meanOf(labels.flatMap((label) => label.averagePrecision ?? [])) ?? 0,
    brier: squares / rows.length,
    calibrationError: gaps.reduce((sum, gap) => sum + gap, 0) / rows.length,
    multilabel: {
      labels,
      subsetAccuracy: exact / count,
      subsetAccuracyInterval: wilsonInterval(exact, count),
      definedAuc,
      withoutAuc,
    },
  };
}

/** (count) share of each image's answers that are right. @param rows, predicted (count, classes) of 0 and 1 */
export function rightShares(rows: ArrayLike<number>, predicted: ArrayLike<number>, classes: number): Float64Array {
  const right = new Float64Array(rows.length / classes);
  for (let i = 0; i < rows.length; i++) right[Math.floor(i / classes)] += rows[i] === predicted[i] ? 1 : 0;
  return right.map((count) => count / classes);
}

/** 95 % interval of the accuracy: Student's t over images; Wilson's where all images have the same share. */
function shareInterval(shares: Float64Array): [low: number, high: number] {
  const { mean, sd, interval } = spreadOf([...shares]);
  if (interval === null || sd! < 1e-12) return wilsonInterval(mean * shares.length, shares.length);
  return [Math.max(0, interval[0]), Math.min(1, interval[1])];
}

function labelMetrics(
  rows: ArrayLike<number>,
  { scores, predicted }: LabelAnswers,
  classes: number,
  label: number,
): LabelMetrics {
  const count = rows.length / classes;
  const is = columnOf(rows, classes, label);
  const ranks = columnOf(scores, classes, label);
  const confusion: LabelMetrics["confusion"] = [
    [0, 0],
    [0, 0],
  ];
  for (let i = 0; i < count; i++) confusion[is[i]][predicted[i * classes + label]] += 1;
  const [[trueNegatives, falsePositives], [falseNegatives, truePositives]] = confusion;
  const support = falseNegatives + truePositives;
  const found = countByThreshold(is, ranks, 1);
  const hasBoth = support > 0 && support < count;
  return {
    precision: ratio(truePositives, truePositives + falsePositives),
    recall: ratio(truePositives, support),
    f1: ratio(2 * truePositives, support + truePositives + falsePositives),
    support,
    accuracy: (trueNegatives + truePositives) / count,
    auc: hasBoth ? areaUnderRoc(found) : null,
    aucInterval: hasBoth ? delongAuc(is, ranks).interval : null,
    averagePrecision: support > 0 ? averagePrecision(found) : null,
    confusion,
  };
}

/** One column of (count, classes). */
export function columnOf(rows: ArrayLike<number>, classes: number, label: number): Float64Array {
  return Float64Array.from({ length: rows.length / classes }, (_, i) => rows[i * classes + label]);
}

/** Mean binary cross-entropy of logits against rows (count, outputs) of 0 and 1, natural logarithm. */
export function binaryCrossEntropy(rows: ArrayLike<number>, logits: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < rows.length; i++) {
    const x = rows[i] === 1 ? -logits[i] : logits[i];
    total += Math.max(x, 0) + log1p(exp(-Math.abs(x)));
  }
  return total / rows.length;
}

/** Throws unless rows (count, classes) are of 0 and 1, and the answers have a finite number for each. */
export function checkRows(
  rows: ArrayLike<number>,
  { scores, probs, predicted }: Pick<LabelAnswers, "scores" | "probs" | "predicted">,
  classes: number,
): void {
  if (rows.length === 0 || rows.length % classes !== 0) {
    throw new HqcnnError(`labels: expected rows of ${classes}, at least one, got ${rows.length} values`);
  }
  for (const [name, values] of Object.entries({ scores, probs, predicted })) {
    if (values.length !== rows.length) {
      throw new HqcnnError(`${name}: expected ${rows.length} values as labels, got ${values.length}`);
    }
  }
  for (let i = 0; i < rows.length; i++) {
    if (rows[i] !== 0 && rows[i] !== 1) throw new HqcnnError(`labels: expected 0 and 1, got ${rows[i]}`);
    if (Number.isFinite(scores[i]) && Number.isFinite(probs[i])) continue;
    const [image, label] = [Math.floor(i / classes), i % classes];
    throw new HqcnnError(
      `scores: expected finite numbers, got ${scores[i]} for image ${image}, label ${label}; the model is not usable`,
    );
  }
}

function matthews([[a, b], [c, d]]: LabelMetrics["confusion"]): number {
  return ratio(a * d - b * c, Math.sqrt((d + b) * (d + c) * (a + b) * (a + c)));
}

function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}
