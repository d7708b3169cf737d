import { createSplit } from "../datasets/images.ts";
import type { Network } from "../network/network.ts";
import { thresholded } from "../network/output.ts";
import { labelsAbove, type Prediction, predictionsOf } from "../network/outputs.ts";
import { estimate } from "../simulator/estimate.ts";
import { simulatorOf } from "../simulator/instance.ts";
import { type Spread, spreadOf } from "../statistics/spread.ts";
import { checkMeasured, logitsOf, type MeasuredSettings, measuredLayer } from "./measured.ts";

/** Shots and noise of predictions. */
export interface PredictionSettings extends Omit<MeasuredSettings, "scales" | "lenient"> {
  /**
   * Number of the first image, which says with its place in the list which random numbers an image gets; default 0.
   */
  first?: number;
}

/** What a network takes an image for over repetitions of a measurement. `probs` are means, and `label` is theirs. */
export interface MeasuredPrediction extends Prediction {
  /** Of every class: mean, standard deviation of one repetition, and 95 % interval of the mean. */
  spread: Spread[];
  /** Share of the repetitions that give the same answer. */
  agreement: number;
  /** Probabilities without shots and noise. */
  exact: Float32Array<ArrayBuffer>;
  repetitions: number;
}

/**
 * Classifies images as a device would, with shots and noise: every repetition measures all of them with random numbers
 * of its own. These depend on seed, image and repetition alone.
 * @param images (count, height, width, channels), of the network's size
 * @throws HqcnnError when the network has no circuit, UsageError on settings that cannot be
 */
export async function measurePredictions(
  network: Network,
  images: Uint8Array,
  { first = 0, ...settings }: PredictionSettings,
): Promise<MeasuredPrediction[]> {
  const { architecture, outputs: width } = network;
  const { height, width: columns, channels, output } = architecture;
  const count = images.length / (height * columns * channels);
  if (count === 0) return [];
  const split = createSplit("images", { count, labels: new Uint8Array(count) }, images);
  const layer = await measuredLayer(network, split);
  const { circuit, features, weights } = layer;
  const { repetitions } = checkMeasured(circuit, settings);
  const simulator = simulatorOf(network.engine);
  const ids = Uint32Array.from({ length: count }, (_, n) => first + n);
  const answers: Prediction[][] = [];
  const above = new Float64Array(count * width);
  for (let use = 0; use < repetitions; use++) {
    const logits = logitsOf(layer, estimate(simulator, circuit, features, weights, settings, { use, ids }, count));
    answers.push(predictionsOf(network, logits, images));
    if (output !== "cumulative") continue;
    network.softmax(logits).forEach((share, i) => {
      above[i] += share / repetitions;
    });
  }
  const exact = predictionsOf(network, logitsOf(layer, layer.exact), images);
  // Of classes in an order, the answer is the number of mean outputs above ½.
  const ordered = output === "cumulative" ? thresholded(Float32Array.from(above), architecture) : null;
  return exact.map(({ probs: exactly }, n) => {
    const own = answers.map((repetition) => repetition[n]);
    const spread = Array.from(exactly, (_, label) => spreadOf(own.map(({ probs }) => probs[label])));
    const probs = Float32Array.from(spread, ({ mean }) => mean);
    const label = ordered?.[n] ?? probs.indexOf(Math.max(...probs));
    const answer = { label, probs, ...(output === "sigmoid" && { labels: labelsAbove(probs) }) };
    const alike = own.filter((one) => answerOf(one) === answerOf(answer)).length;
    return { ...answer, spread, agreement: alike / repetitions, exact: exactly, repetitions };
  });
}

const answerOf = ({ label, labels }: Prediction) => labels?.join() ?? String(label);
