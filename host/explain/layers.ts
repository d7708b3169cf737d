import { describeModules } from "../network/layers/modules.ts";
import type { Network } from "../network/network.ts";
import { classify } from "./input.ts";

/** What one layer makes of an image. */
export interface LayerOutput {
  name: string;
  /** PyTorch's modules in order, as in "Conv2d 3×3, BatchNorm2d, ReLU". */
  kind: string;
  /** [channels, height, width] of a block, [features] of what follows. */
  shape: number[];
  /** In PyTorch's order: one feature map after the other, each row by row. */
  values: Float32Array<ArrayBuffer>;
}

/**
 * Follows one image through all layers, in evaluation mode.
 * @param input uint8 (height, width, channels) of the network's size, as `toInput` makes it
 */
export function layerOutputs(network: Network, input: Uint8Array): LayerOutput[] {
  classify(network, input);
  return network.layers.map(({ name, modules, outShape }) => {
    const kind = describeModules(modules).join(", ");
    const values = network.activation(name, 1);
    if (outShape.length === 1) return { name, kind, shape: [...outShape], values };
    const [height, width, channels] = outShape;
    return { name, kind, shape: [channels, height, width], values: planes(values, channels) };
  });
}

/** (height, width, channels) → (channels, height, width). */
function planes(values: Float32Array<ArrayBuffer>, channels: number): Float32Array<ArrayBuffer> {
  const pixels = values.length / channels;
  const out = new Float32Array(values.length);
  for (let c = 0; c < channels; c++) {
    for (let p = 0; p < pixels; p++) out[c * pixels + p] = values[p * channels + c];
  }
  return out;
}
