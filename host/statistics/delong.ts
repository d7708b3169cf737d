import { HqcnnError } from "../check.ts";
import { exp, square } from "./functions.ts";
import { normalTail, Z95 } from "./normal.ts";
import { extremeInterval, placements, rank, weightedArea } from "./roc.ts";

/** An area under the ROC curve and how sure it is. */
export interface DelongAuc {
  auc: number;
  /** Of the area, (area)²; null with fewer than two samples of a class. */
  variance: number | null;
  /** 95 %, within [0, 1]. */
  interval: [low: number, high: number];
}

/**
 * Area under the ROC curve of two classes with DeLong's variance. `labels` (count) are 0 and 1, `scores` (count) rise
 * with class 1.
 *
 * The interval is DeLong's on the scale log(A / (1 − A)), which near 1 covers the truth where the plain one does not
 * (25 + 25 samples, A = 0.95: 95.4 % of 2,000 simulated sets against 86.5 %). Where all pairs are ranked right, or all
 * wrong, the variance is 0 and `extremeInterval` takes its place; with one sample of a class the interval is [0, 1].
 * https://doi.org/10.2307/2531595, https://doi.org/10.1177/0962280207087173
 * @throws HqcnnError when a class has no sample, or on other labels
 */
export function delongAuc(labels: ArrayLike<number>, scores: ArrayLike<number>): DelongAuc {
  const { auc, shares, P, N } = components(labels, scores);
  const variance = Math.min(P, N) < 2 ? null : varianceOf(labels, shares, P, N);
  return { auc, variance, interval: logitInterval(auc, variance, Math.min(P, N)) };
}

/** Two areas on the same samples. */
export interface DelongTest {
  /** AUC of the first − AUC of the second. */
  difference: number;
  standardError: number;
  /** 95 %, difference ± 1.96 standard errors. */
  interval: [low: number, high: number];
  /** Two-sided; 1 for equal areas. 0 where different areas have no variance at all. */
  p: number;
}

/**
 * DeLong's test of two correlated areas: scores (count) of two classifiers for the same samples.
 * @throws HqcnnError with fewer than two samples of a class, or on other labels than 0 and 1
 */
export function delongTest(labels: ArrayLike<number>, first: ArrayLike<number>, second: ArrayLike<number>): DelongTest {
  const one = components(labels, first);
  const { P, N, ...two } = components(labels, second);
  if (Math.min(P, N) < 2) throw new HqcnnError(`labels: expected two or more samples of each class, got ${N} and ${P}`);
  const difference = one.auc - two.auc;
  const shares = one.shares.map((share, i) => share - two.shares[i]);
  const standardError = Math.sqrt(varianceOf(labels, shares, P, N));
  return {
    difference,
    standardError,
    interval: [difference - Z95 * standardError, difference + Z95 * standardError],
    p: difference === 0 ? 1 : 2 * normalTail(Math.abs(difference) / standardError),
  };
}

interface Components {
  auc: number;
  /** (count) */
  shares: Float64Array;
  /** Samples of class 1 and of class 0. */
  P: number;
  N: number;
}

function components(labels: ArrayLike<number>, scores: ArrayLike<number>): Components {
  if (scores.length !== labels.length) {
    throw new HqcnnError(`scores: expected ${labels.length} as labels, got ${scores.length}`);
  }
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] !== 0 && labels[i] !== 1) throw new HqcnnError(`labels: expected 0 and 1, got ${labels[i]}`);
    if (!Number.isFinite(scores[i]))
      throw new HqcnnError(`scores: expected finite numbers, got ${scores[i]} for sample ${i}`);
  }
  const ranking = rank(labels, 1, scores);
  const { P, N } = ranking;
  if (P === 0 || N === 0) throw new HqcnnError(`labels: expected samples of both classes, got ${N} and ${P}`);
  return { auc: weightedArea(ranking, new Uint8Array(labels.length).fill(1)), shares: placements(ranking), P, N };
}

/** Variance of the mean share within class 1 plus that within class 0. */
function varianceOf(labels: ArrayLike<number>, shares: Float64Array, P: number, N: number): number {
  const counts = [N, P];
  const means = [0, 0];
  for (let i = 0; i < shares.length; i++) means[labels[i]] += shares[i] / counts[labels[i]];
  const squares = [0, 0];
  for (let i = 0; i < shares.length; i++) squares[labels[i]] += square(shares[i] - means[labels[i]]);
  return squares[0] / (N - 1) / N + squares[1] / (P - 1) / P;
}

function logitInterval(auc: number, variance: number | null, pairs: number): [low: number, high: number] {
  if (variance === null) return [0, 1];
  if (auc === 0 || auc === 1) return extremeInterval(auc, pairs);
  const half = (Z95 * Math.sqrt(variance)) / (auc * (1 - auc));
  const odds = auc / (1 - auc);
  return [odds / (odds + exp(half)), odds / (odds + exp(-half))];
}
