import { HqcnnError, UsageError } from "../check.ts";
import type { Network } from "../network/network.ts";
import { predictionsOf } from "../network/outputs.ts";

/** What an explanation is about. */
export interface Explained {
  /** The class that is explained: the one asked for, else the predicted one. */
  label: number;
  /** The class that the network answers; of several labels the most probable one. */
  predicted: number;
  /** Probabilities of all classes. */
  probs: Float32Array;
  /** Where an image may have several: the labels that the network answers. */
  labels?: number[];
}

/**
 * Classifies one image and leaves its activations in the network.
 * @param input uint8 (height, width, channels) of the network's size, as `toInput` makes it
 */
export function classify(network: Network, input: Uint8Array, label?: number): Explained {
  const { classes, channels, height, width } = network.architecture;
  if (input.length !== height * width * channels) {
    throw new HqcnnError(
      `image: expected ${height} × ${width} × ${channels} bytes, got ${input.length}: make it fit with toInput`,
    );
  }
  if (label !== undefined && !(Number.isInteger(label) && label >= 0 && label < classes)) {
    throw new UsageError(`label: expected a whole number from 0 to ${classes - 1}, got ${label}`);
  }
  network.batch(1).images.set(input);
  const [{ label: predicted, probs, labels }] = predictionsOf(network, network.forward(1), input);
  return { label: label ?? predicted, predicted, probs, ...(labels && { labels }) };
}
