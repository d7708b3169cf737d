import type { Network } from "../network/network.ts";
import { classDirection } from "../network/output.ts";
import { mapLayers } from "./fineMap.ts";
import { classify, type Explained } from "./input.ts";
import { bilinear, type Size } from "./resample.ts";

/** Where the evidence for a class lies. */
export interface GradCam extends Explained, Size {
  /** The layer whose cells these are: the last one with convolutions. */
  layer: string;
  /**
   * (height, width) of the network's image: 0 is none, 1 the most of this image; all 0 where nothing speaks for the
   * class.
   */
  map: Float32Array;
  /** The map before it is enlarged and divided by `peak`: one value a cell of the last block. */
  cells: Size & { values: Float32Array };
  /** The largest value of the enlarged map: how much a map divided by it was worth. */
  peak: number;
}

/**
 * Grad-CAM of one class: ReLU(Σ α_k A_k) over the channels A_k of the last convolution block, where α_k is the mean
 * over its pixels of the gradient of the class's logit (in an order: of the difference of two, see classDirection),
 * in evaluation mode, through FC3, FC2, the quantum layer (by adjoint differentiation) and FC1; then enlarged to the
 * image by bilinear interpolation and divided by its maximum. Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391
 * @param input uint8 (height, width, channels) of the network's size, as `toInput` makes it
 * @param label the class; default: the most probable one
 */
export function gradCam(network: Network, input: Uint8Array, label?: number): GradCam {
  const explained = classify(network, input, label);
  const { height, width } = network.architecture;
  const { name: layer, outShape } = mapLayers(network).at(-1)!;
  const [rows, columns, channels] = outShape;
  const activation = network.activation(layer, 1);
  const dlogits = classDirection(network.architecture, explained.label);
  const gradient = network.gradientAt(layer, dlogits);
  const pixels = rows * columns;
  const alpha = new Float64Array(channels);
  gradient.forEach((value, i) => {
    alpha[i % channels] += value / pixels;
  });
  const values = Float32Array.from({ length: pixels }, (_, pixel) => {
    const sum = alpha.reduce((total, weight, k) => total + weight * activation[pixel * channels + k], 0);
    return Math.max(0, sum);
  });
  const cells = { height: rows, width: columns, values };
  const map = bilinear(values, cells, { height, width });
  const peak = map.reduce((a, b) => Math.max(a, b));
  if (peak > 0) for (let i = 0; i < map.length; i++) map[i] /= peak;
  return { ...explained, layer, height, width, map, cells, peak };
}
