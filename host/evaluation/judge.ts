import { HqcnnError } from "../check.ts";
import type { Split } from "../datasets/types.ts";
import type { Network } from "../network/network.ts";
import { type Answering, cumulativeTargets } from "../network/output.ts";
import { answersOf } from "../network/outputs.ts";
import { argmax, computeMetrics, metricsOf, rankingScores } from "../statistics/metrics.ts";
import { binaryCrossEntropy, multilabelMetrics } from "../statistics/multilabel.ts";
import { ordinalMetrics } from "../statistics/ordinal.ts";
import type { Metrics } from "../statistics/types.ts";

/** What logits of a split are worth, and what they say: classes (count), or of several labels rows (count, labels). */
export interface Judgement {
  metrics: Metrics;
  predicted: Uint32Array;
  /** (count, classes) in an order; of other outputs null. */
  probs: Float32Array | null;
}

/**
 * The metrics of logits (count, outputs) of a split, as the network's outputs and the split's labels ask for: one
 * class, classes in an order, several labels. Comparisons with ½ are of probabilities as they are shown.
 * @throws HqcnnError when outputs and labels are of different kinds
 */
export function judge(network: Network, split: Split, logits: Float32Array): Judgement {
  const { architecture } = network;
  const { classes, output } = architecture;
  const { labels, matrix, ordered } = split;
  checkLabels(architecture, split);
  if (output === "sigmoid") {
    const { probs, predicted } = answersOf(network, logits);
    const answers = { scores: logits, probs, predicted, crossEntropy: binaryCrossEntropy(matrix!, logits) };
    return { metrics: multilabelMetrics(matrix!, answers, classes), predicted, probs: null };
  }
  if (output === "cumulative") {
    const { probs, predicted } = answersOf(network, logits);
    const wide = Float64Array.from(probs);
    const crossEntropy = binaryCrossEntropy(cumulativeTargets(labels, classes), logits);
    const rankings = rankingScores(wide, wide, classes);
    const metrics = metricsOf(labels, { probs: wide, predicted, rankings, crossEntropy }, classes);
    return { metrics: withOrder(metrics), predicted, probs };
  }
  const metrics = computeMetrics(labels, logits, classes);
  return { metrics: ordered ? withOrder(metrics) : metrics, predicted: argmax(logits, classes), probs: null };
}

function withOrder(metrics: Metrics): Metrics {
  return { ...metrics, ordinal: ordinalMetrics(metrics.confusion) };
}

function checkLabels({ output, classes }: Answering, { matrix, count }: Split): void {
  if (output === "sigmoid") {
    if (matrix?.length === count * classes) return;
    throw new HqcnnError(
      `labels: the network answers ${classes} labels an image, each by itself; expected rows of them (matrix), got ${matrix ? `rows of ${matrix.length / count}` : "one class an image"}`,
    );
  }
  if (matrix) throw new HqcnnError("labels: the network answers one class an image, got several labels an image");
}
