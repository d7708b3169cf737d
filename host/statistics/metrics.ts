import { HqcnnError } from "../check.ts";
import { exp, log, square } from "./functions.ts";
import { Z95 } from "./normal.ts";
import type { ClassMetrics, Metrics } from "./types.ts";

export type { ClassMetrics, Metrics } from "./types.ts";

/**
 * All metrics from labels (count) and logits (count, classes), in float64, as scikit-learn defines them with
 * `labels=range(classes)`.
 *
 * The predicted class is the largest logit, the first one on ties: with two classes, class 1 needs a probability
 * strictly above 0.5. AUC and average precision rank by class 1's logit minus class 0's with two classes, else by
 * probability: the mean of one-versus-rest over the classes that occur in the labels (and, for AUC, have other samples
 * beside them). They are the same bits on every runtime: see functions.ts.
 *
 * Throws HqcnnError on lengths that do not match, a label out of range, and a logit that is not finite.
 */
export function computeMetrics(labels: ArrayLike<number>, logits: ArrayLike<number>, classes: number): Metrics {
  checkSamples(labels, logits, classes);
  const probs = softmax(logits, classes);
  const answers = { probs, predicted: argmax(logits, classes), crossEntropy: crossEntropy(labels, logits, classes) };
  return metricsOf(labels, { ...answers, rankings: rankingScores(logits, probs, classes) }, classes);
}

/** What a classifier says about images, in the forms that metrics need. */
export interface Answers {
  /** (count, classes) */
  probs: Float64Array;
  /** (count) */
  predicted: ArrayLike<number>;
  /** See rankingScores. */
  rankings: readonly { label: number; scores: Float64Array }[];
  crossEntropy: number;
}

/** The same from answers, whatever they were made of. */
export function metricsOf(
  labels: ArrayLike<number>,
  { probs, predicted, rankings, crossEntropy }: Answers,
  classes: number,
): Metrics {
  const confusion = confusionMatrix(labels, predicted, classes);
  const perClass = classFigures(confusion);
  const correct = confusion.reduce((sum, row, c) => sum + row[c], 0);
  const counts = rankings.map(({ label, scores }) => countByThreshold(labels, scores, label));
  return {
    count: labels.length,
    accuracy: correct / labels.length,
    accuracyInterval: wilsonInterval(correct, labels.length),
    auc: meanOf(counts.filter(({ P, N }) => P > 0 && N > 0).map(areaUnderRoc)),
    crossEntropy,
    confusion,
    perClass,
    macro: weightedAverage(perClass, () => 1),
    weighted: weightedAverage(perClass, ({ support }) => support),
    mcc: matthews(confusion, correct, labels.length),
    averagePrecision: meanOf(counts.filter(({ P }) => P > 0).map(averagePrecision)) ?? 0,
    brier: brier(labels, probs, classes),
    calibrationError: calibrationError(labels, predicted, probs, classes),
  };
}

/**
 * Probabilities (count, classes) of logits (count, classes): exp(x − max) / Σ exp(x − max) a row. Throws on a logit
 * that is not finite.
 */
export function softmax(logits: ArrayLike<number>, classes: number): Float64Array {
  const probs = new Float64Array(logits.length);
  for (let row = 0; row < logits.length; row += classes) {
    let max = Number.NEGATIVE_INFINITY;
    for (let i = row; i < row + classes; i++) {
      if (!Number.isFinite(logits[i])) {
        throw new HqcnnError(
          `logits: expected finite numbers, got ${logits[i]} for sample ${row / classes}, class ${i - row}; the model is not usable`,
        );
      }
      max = Math.max(max, logits[i]);
    }
    let sum = 0;
    for (let i = row; i < row + classes; i++) {
      probs[i] = exp(logits[i] - max);
      sum += probs[i];
    }
    for (let i = row; i < row + classes; i++) probs[i] /= sum;
  }
  return probs;
}

/**
 * What AUC ranks by: a label and scores (count) for each class scored. Two classes rank by the second logit minus the
 * first: the same order as the probabilities, without an exp whose last bit could split ties, and with them the choice
 * of the best epoch, differently on another runtime.
 */
export function rankingScores(
  logits: ArrayLike<number>,
  probs: Float64Array,
  classes: number,
): { label: number; scores: Float64Array }[] {
  const count = logits.length / classes;
  if (classes === 2) {
    return [{ label: 1, scores: Float64Array.from({ length: count }, (_, s) => logits[2 * s + 1] - logits[2 * s]) }];
  }
  return Array.from({ length: classes }, (_, label) => ({
    label,
    scores: Float64Array.from({ length: count }, (_, s) => probs[s * classes + label]),
  }));
}

/** Index (count) of the largest value in each row of (count, classes); the first one on ties. */
export function argmax(rows: ArrayLike<number>, classes: number): Uint32Array {
  const out = new Uint32Array(rows.length / classes);
  for (let s = 0; s < out.length; s++) {
    for (let c = 1; c < classes; c++) {
      if (rows[s * classes + c] > rows[s * classes + out[s]]) out[s] = c;
    }
  }
  return out;
}

/**
 * Wilson's score interval for a proportion at 95 %: (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n).
 * https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval
 */
export function wilsonInterval(successes: number, count: number): [low: number, high: number] {
  const z = Z95;
  const p = successes / count;
  const half = z * Math.sqrt((p * (1 - p)) / count + (z * z) / (4 * count * count));
  const center = p + (z * z) / (2 * count);
  const scale = 1 + (z * z) / count;
  return [Math.max(0, (center - half) / scale), Math.min(1, (center + half) / scale)];
}

/**
 * Throws HqcnnError unless labels (count) lie in 0 … classes − 1 and logits have a row for each; `softmax` looks at
 * their values.
 */
export function checkSamples(labels: ArrayLike<number>, logits: ArrayLike<number>, classes: number): void {
  if (!(Number.isInteger(classes) && classes >= 2)) throw new HqcnnError(`classes: expected 2 or more, got ${classes}`);
  if (labels.length === 0)
    throw new HqcnnError("labels: expected at least one sample, got none; choose a split that has samples");
  for (let s = 0; s < labels.length; s++) {
    if (!(Number.isInteger(labels[s]) && labels[s] >= 0 && labels[s] < classes)) {
      throw new HqcnnError(
        `labels: expected 0…${classes - 1}, got ${labels[s]} for sample ${s}; the model has ${classes} classes`,
      );
    }
  }
  if (logits.length !== labels.length * classes) {
    throw new HqcnnError(
      `logits: expected ${labels.length} × ${classes} = ${labels.length * classes} values, got ${logits.length}; one row a label`,
    );
  }
}

function confusionMatrix(labels: ArrayLike<number>, predicted: ArrayLike<number>, classes: number): number[][] {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let s = 0; s < labels.length; s++) confusion[labels[s]][predicted[s]]++;
  return confusion;
}

function classFigures(confusion: number[][]): ClassMetrics[] {
  return confusion.map((row, c) => {
    const support = row.reduce((sum, n) => sum + n, 0);
    const claimed = confusion.reduce((sum, other) => sum + other[c], 0);
    return {
      precision: ratio(row[c], claimed),
      recall: ratio(row[c], support),
      f1: ratio(2 * row[c], support + claimed),
      support,
    };
  });
}

/** Average over classes; 0 where all weights are. */
export function weightedAverage(
  perClass: readonly ClassMetrics[],
  weightOf: (metrics: ClassMetrics) => number,
): ClassMetrics {
  const weights = perClass.map(weightOf);
  const of = (key: keyof ClassMetrics) =>
    ratio(numpySum(perClass.map((c, i) => c[key] * weights[i])), numpySum(weights));
  return {
    precision: of("precision"),
    recall: of("recall"),
    f1: of("f1"),
    support: perClass.reduce((sum, { support }) => sum + support, 0),
  };
}

/** Adds in numpy's order (eight partial sums for 8 to 128 values): a report rounds 0.425 up or down by its last bit. */
function numpySum(values: number[]): number {
  if (values.length < 8) return values.reduce((sum, v) => sum + v, 0);
  const r = values.slice(0, 8);
  const whole = values.length - (values.length % 8);
  for (let i = 8; i < whole; i++) r[i % 8] += values[i];
  const sum = r[0] + r[1] + (r[2] + r[3]) + (r[4] + r[5] + (r[6] + r[7]));
  return values.slice(whole).reduce((total, v) => total + v, sum);
}

function matthews(confusion: number[][], correct: number, count: number): number {
  let both = 0;
  let labelled = 0;
  let claimed = 0;
  for (let c = 0; c < confusion.length; c++) {
    const t = confusion[c].reduce((sum, n) => sum + n, 0);
    const p = confusion.reduce((sum, row) => sum + row[c], 0);
    both += t * p;
    labelled += t * t;
    claimed += p * p;
  }
  return ratio(correct * count - both, Math.sqrt((count * count - claimed) * (count * count - labelled)));
}

/** Positives and negatives at or above each distinct score, from the highest down; P and N of all samples. */
export interface ThresholdCounts {
  truePositives: number[];
  falsePositives: number[];
  P: number;
  N: number;
}

export function countByThreshold(labels: ArrayLike<number>, scores: Float64Array, c: number): ThresholdCounts {
  const order = Uint32Array.from(labels, (_, s) => s).sort((a, b) => scores[b] - scores[a]);
  const truePositives: number[] = [];
  const falsePositives: number[] = [];
  let P = 0;
  let N = 0;
  order.forEach((s, i) => {
    if (labels[s] === c) P++;
    else N++;
    const next = order[i + 1];
    if (next !== undefined && scores[next] === scores[s]) return;
    truePositives.push(P);
    falsePositives.push(N);
  });
  return { truePositives, falsePositives, P, N };
}

/**
 * Trapezoids over distinct thresholds: the same number as the Mann-Whitney statistic with mid-ranks, and exact in
 * integers.
 */
export function areaUnderRoc({ truePositives, falsePositives, P, N }: ThresholdCounts): number {
  let doubled = 0;
  for (let i = 0; i < truePositives.length; i++) {
    doubled += (falsePositives[i] - (falsePositives[i - 1] ?? 0)) * (truePositives[i] + (truePositives[i - 1] ?? 0));
  }
  return doubled / (2 * P * N);
}

export function averagePrecision({ truePositives, falsePositives, P }: ThresholdCounts): number {
  let sum = 0;
  for (let i = 0; i < truePositives.length; i++) {
    const step = truePositives[i] - (truePositives[i - 1] ?? 0);
    sum += (step / P) * (truePositives[i] / (truePositives[i] + falsePositives[i]));
  }
  return sum;
}

/** From logits rather than probabilities, so that a confident mistake costs its true, finite price. */
function crossEntropy(labels: ArrayLike<number>, logits: ArrayLike<number>, classes: number): number {
  let total = 0;
  for (let s = 0; s < labels.length; s++) {
    let max = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < classes; c++) max = Math.max(max, logits[s * classes + c]);
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += exp(logits[s * classes + c] - max);
    total += max - logits[s * classes + labels[s]] + log(sum);
  }
  return total / labels.length;
}

function brier(labels: ArrayLike<number>, probs: Float64Array, classes: number): number {
  let sum = 0;
  for (let i = 0; i < probs.length; i++) {
    const target = labels[Math.floor(i / classes)] === i % classes ? 1 : 0;
    sum += square(probs[i] - target);
  }
  return sum / labels.length / (classes === 2 ? 2 : 1); // both classes of two err by the same amount
}

/**
 * Samples by the probability of their predicted class: how many, how many right, and the sum of those probabilities.
 */
export interface CalibrationBin {
  count: number;
  correct: number;
  confidence: number;
}

/** 15 bins (lower, upper] of equal width, from (0, 1/15] to (14/15, 1]. probs: (count, classes). */
export function calibrationBins(
  labels: ArrayLike<number>,
  predicted: ArrayLike<number>,
  probs: ArrayLike<number>,
  classes: number,
): CalibrationBin[] {
  const bins = Array.from({ length: 15 }, () => ({ count: 0, correct: 0, confidence: 0 }));
  for (let s = 0; s < labels.length; s++) {
    const confidence = probs[s * classes + predicted[s]];
    // cumulative outputs may predict a class that their differences give nothing
    const bin = bins[Math.max(0, Math.min(bins.length, Math.ceil(confidence * bins.length)) - 1)];
    bin.count++;
    bin.correct += labels[s] === predicted[s] ? 1 : 0;
    bin.confidence += confidence;
  }
  return bins;
}

function calibrationError(...samples: Parameters<typeof calibrationBins>): number {
  const gaps = calibrationBins(...samples).map(({ correct, confidence }) => Math.abs(correct - confidence));
  return gaps.reduce((sum, gap) => sum + gap, 0) / samples[0].length;
}

function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}

/** Null for an empty list. */
export function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, v) => sum + v, 0) / values.length;
}
