import type { Split } from "../datasets/types.ts";
import type { Network } from "../network/network.ts";
import { probabilitiesOf } from "../network/outputs.ts";
import { bootstrap } from "../statistics/bootstrap.ts";
import { delongAuc } from "../statistics/delong.ts";
import { argmax, computeMetrics, type Metrics, rankingScores, softmax } from "../statistics/metrics.ts";
import { predictSplit, type Tta } from "./tta.ts";

/**
 * Metrics as they are reported once, at the end: with the interval of the AUC, which costs more than to compute after
 * every epoch.
 */
export interface ReportedMetrics extends Metrics {
  /** 95 % interval of the AUC, null where that is. */
  aucInterval: [low: number, high: number] | null;
  /**
   * How: "DeLong, logit" with two classes; with more "stratified bootstrap, 2,000 resamples" (BCa, seed 0);
   * "Clopper-Pearson, disjoint pairs" at 0 and 1.
   */
  aucIntervalMethod: string;
}

/** A network's answers on a split, and what they are worth. */
export interface Evaluation {
  metrics: ReportedMetrics;
  /** (count, classes) */
  logits: Float32Array<ArrayBuffer>;
  /** (count, classes) */
  probs: Float32Array<ArrayBuffer>;
  /** (count) */
  predicted: Uint32Array;
}

/**
 * Runs the network over a split with running statistics and computes every metric; with views, of their mean
 * probabilities.
 */
export async function evaluateSplit(network: Network, split: Split, tta: Tta = "none"): Promise<Evaluation> {
  const { classes } = network.architecture;
  const logits = await predictSplit(network, split, tta);
  const probs = probabilitiesOf(network, logits, split.stored ? undefined : split.images);
  return {
    metrics: reportMetrics(split.labels, logits, classes),
    logits,
    probs,
    predicted: argmax(logits, classes),
  };
}

/** `computeMetrics` and the interval of the AUC. */
export function reportMetrics(labels: ArrayLike<number>, logits: ArrayLike<number>, classes: number): ReportedMetrics {
  const metrics = computeMetrics(labels, logits, classes);
  const interval = () => {
    if (classes > 2) return bootstrap(labels, logits, classes).auc?.interval ?? null;
    const [{ scores }] = rankingScores(logits, softmax(logits, classes), classes);
    return delongAuc(labels, scores).interval;
  };
  const usual = classes === 2 ? "DeLong, logit" : "stratified bootstrap, 2,000 resamples";
  return {
    ...metrics,
    aucInterval: metrics.auc === null ? null : interval(),
    aucIntervalMethod: metrics.auc === 0 || metrics.auc === 1 ? "Clopper-Pearson, disjoint pairs" : usual,
  };
}
