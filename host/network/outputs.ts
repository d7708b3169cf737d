import { HqcnnError } from "../check.ts";
import type { Network } from "./network.ts";

// What a network says is checked here before anybody sees it: every door gets its probabilities from this file.

/**
 * softmax of logits, for showing.
 * @param logits (count, classes), of this network
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
    const { classes, height, width, channels } = network.architecture;
    const size = height * width * channels;
    const at = Math.floor(wrong / classes) * size;
    throw fault(network, logits[wrong], images?.subarray(at, at + size));
  }
  const probs = network.softmax(logits);
  const { classes } = network.architecture;
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
    const value = network.activation(name, 1).find((output) => !Number.isFinite(output));
    if (value !== undefined) return { name, value };
  }
  return undefined;
}
