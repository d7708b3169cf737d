import type { Split } from "../datasets/types.ts";
import type { Network } from "../network/hybrid.ts";
import { argmax, computeMetrics, type Metrics } from "./metrics.ts";
import { predictViews, type Tta } from "./tta.ts";

/** A network's answers on a split, and what they are worth. */
export interface Evaluation {
  metrics: Metrics;
  /** (count, classes) */
  probs: Float32Array<ArrayBuffer>;
  /** (count) */
  predicted: Uint32Array;
}

/** Runs the network over a split with running statistics and computes every metric; with views, of their mean probabilities. */
export function evaluateSplit(network: Network, split: Split, tta: Tta = "none"): Evaluation {
  const { classes } = network.architecture;
  const logits = predictViews(network, split.images, tta);
  return {
    metrics: computeMetrics(split.labels, logits, classes),
    probs: network.softmax(logits),
    predicted: argmax(logits, classes),
  };
}
