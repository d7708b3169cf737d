import { HqcnnError } from "../check.ts";
import type { Network } from "./network.ts";
import { classProbabilities, thresholded } from "./output.ts";
import { allFinite } from "./parameters.ts";

// What a network says is checked here before anybody sees it: every door gets its probabilities from this file.

/**
 * Probabilities of classes, or of labels by themselves, for showing.
 * @param logits (count, outputs), of this network
 * @param images what they are the answer to, (count, height, width, channels), to find the layer that is at fault
 * @returns (count, classes)
 * @throws HqcnnError when one is not finite, with the first layer whose outputs are not
 */
export function probabilitiesOf(
  network: Network,
  logits: Float32Array,
  images?: Uint8Array,
): Float32Array<ArrayBuffer> {
  const wrong = logits.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    const { height, width, channels } = network.architecture;
    const size = height * width * channels;
    const at = Math.floor(wrong / network.outputs) * size;
    throw fault(network, logits[wrong], images?.subarray(at, at + size));
  }
  const probs = network.softmax(logits);
  const { classes, output } = network.architecture;
  if (output === "sigmoid") return probs;
  if (output === "cumulative") return classProbabilities(probs, classes);
  for (let row = 0; row < probs.length; row += classes) {
    const sum = probs.subarray(row, row + classes).reduce((total, value) => total + value, 0);
    if (!(Math.abs(sum - 1) < 1e-3)) {
      throw new HqcnnError(
        `the probabilities of an image add up to ${sum}, expected 1: the logits are too large (${logits[row]}, …); ` +
          "the parameters are damaged, use another model",
      );
    }
  }
  return probs;
}

/**
 * Probabilities (count, classes) and answers of outputs that stand by themselves: classes (count) in an order, of
 * several labels rows (count, labels) of 0 and 1. @throws HqcnnError as probabilitiesOf does
 */
export function answersOf(
  network: Network,
  logits: Float32Array,
  images?: Uint8Array,
): { probs: Float32Array<ArrayBuffer>; predicted: Uint32Array } {
  const probs = probabilitiesOf(network, logits, images);
  return { probs, predicted: thresholded(network.softmax(logits), network.architecture) };
}

/** What a network takes an image for. */
export interface Prediction {
  /** The class: the most probable one, or as many as outputs are above ½; of several labels the most probable one. */
  label: number;
  /** Probabilities of all classes, in the order of their labels; of several labels each by itself. */
  probs: Float32Array<ArrayBuffer>;
  /** Where an image may have several: the labels with a probability above ½, none or more. */
  labels?: number[];
}

/** What logits (count, outputs) of this network say, image by image. @throws HqcnnError as probabilitiesOf does */
export function predictionsOf(network: Network, logits: Float32Array, images?: Uint8Array): Prediction[] {
  const { architecture, outputs } = network;
  const { classes, output } = architecture;
  const all = probabilitiesOf(network, logits, images);
  const classOf = output === "cumulative" ? thresholded(network.softmax(logits), architecture) : null;
  return Array.from({ length: logits.length / outputs }, (_, n) => {
    const probs = all.slice(n * classes, (n + 1) * classes);
    const label = classOf?.[n] ?? probs.indexOf(Math.max(...probs));
    return { label, probs, ...(output === "sigmoid" && { labels: labelsAbove(probs) }) };
  });
}

/** Labels with a probability above ½. */
export function labelsAbove(probs: Float32Array): number[] {
  return [...probs.keys()].filter((label) => probs[label] > 0.5);
}

/**
 * Runs one image of noise through the network and looks at the outputs of every layer: parameters that are finite may
 * still be so large that sums of them are not, and a layer behind those may hide it.
 * @throws HqcnnError with the first layer whose outputs are not finite
 */
export function checkNetwork(network: Network): void {
  const { height, width, channels } = network.architecture;
  const image = Uint8Array.from({ length: height * width * channels }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24);
  const found = faultyLayer(network, image);
  if (found) throw fault(network, found.value, image);
}

function fault(network: Network, value: number, image?: Uint8Array): HqcnnError {
  const layer = image && faultyLayer(network, image);
  const where = layer ? `layer ${layer.name} gives ${layer.value}` : `the network gives ${value}`;
  return new HqcnnError(
    `${where} for an image, expected finite numbers: the parameters are damaged, use another model`,
  );
}

/** The first layer with an output that is not finite. */
function faultyLayer(network: Network, image: Uint8Array): { name: string; value: number } | undefined {
  network.batch(1).images.set(image);
  network.forward(1);
  for (const { name } of network.layers) {
    const outputs = network.activation(name, 1);
    if (!allFinite(outputs)) return { name, value: outputs.find((output) => !Number.isFinite(output))! };
  }
  return undefined;
}
