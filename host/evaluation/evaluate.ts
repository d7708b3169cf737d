import type { Split } from "../datasets/types.ts";
import type { Network } from "../network/network.ts";
import { probabilitiesOf } from "../network/outputs.ts";
import { bootstrap, type Said } from "../statistics/bootstrap.ts";
import { delongAuc } from "../statistics/delong.ts";
import { computeMetrics, type Metrics, rankingScores, softmax } from "../statistics/metrics.ts";
import { multilabelBootstrap, type SaidLabels } from "../statistics/multilabelBootstrap.ts";
import { ordinalIntervals } from "../statistics/ordinal.ts";
import { judge } from "./judge.ts";
import { predictSplit, type Tta } from "./tta.ts";

/**
 * Metrics as they are reported once, at the end: with the interval of the AUC, which costs more than to compute after
 * every epoch.
 */
export interface ReportedMetrics extends Metrics {
  /** 95 % interval of the AUC, null where that is. */
  aucInterval: [low: number, high: number] | null;
  /**
   * How: "DeLong, logit" with two classes; with more "stratified bootstrap, 2,000 resamples" (BCa, seed 0), with
   * several labels an image "bootstrap of images, 2,000 resamples"; "Clopper-Pearson, disjoint pairs" at 0 and 1.
   */
  aucIntervalMethod: string;
}

/** A network's answers on a split, and what they are worth. */
export interface Evaluation {
  metrics: ReportedMetrics;
  /** (count, outputs): as many as classes, or one fewer with cumulative outputs. */
  logits: Float32Array<ArrayBuffer>;
  /** (count, classes) */
  probs: Float32Array<ArrayBuffer>;
  /** (count); with several labels an image (count, classes), rows of 0 and 1. */
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
  const judgement = judge(network, split, logits);
  const { metrics, predicted } = judgement;
  const said = judgement.probs ? { probs: Float64Array.from(judgement.probs), predicted } : logits;
  const reported = metrics.multilabel
    ? withLabelIntervals(metrics, split.matrix!, { scores: logits, predicted }, classes)
    : withInterval(metrics, split.labels, said, classes);
  const { ordinal } = reported;
  if (ordinal) Object.assign(ordinal, ordinalIntervals(split.labels, predicted, classes));
  return { metrics: reported, logits, probs, predicted };
}

/** `computeMetrics` and the interval of the AUC. */
export function reportMetrics(labels: ArrayLike<number>, logits: ArrayLike<number>, classes: number): ReportedMetrics {
  return withInterval(computeMetrics(labels, logits, classes), labels, logits, classes);
}

const EXTREME = "Clopper-Pearson, disjoint pairs";

/** Of images with several labels. @param rows (count, classes) of 0 and 1 */
function withLabelIntervals(metrics: Metrics, rows: Uint8Array, said: SaidLabels, classes: number): ReportedMetrics {
  const { accuracy, auc } = multilabelBootstrap(rows, said, classes);
  const method = metrics.auc === 0 || metrics.auc === 1 ? EXTREME : "bootstrap of images, 2,000 resamples";
  return {
    ...metrics,
    accuracyInterval: accuracy.interval,
    aucInterval: auc?.interval ?? null,
    aucIntervalMethod: method,
  };
}

function withInterval(metrics: Metrics, labels: ArrayLike<number>, said: Said, classes: number): ReportedMetrics {
  const interval = () => {
    if (classes > 2 || "probs" in said) return bootstrap(labels, said, classes).auc?.interval ?? null;
    const logits = said;
    const [{ scores }] = rankingScores(logits, softmax(logits, classes), classes);
    return delongAuc(labels, scores).interval;
  };
  const usual = classes === 2 ? "DeLong, logit" : "stratified bootstrap, 2,000 resamples";
  return {
    ...metrics,
    aucInterval: metrics.auc === null ? null : interval(),
    aucIntervalMethod: metrics.auc === 0 || metrics.auc === 1 ? EXTREME : usual,
  };
}
