import type { Layer } from "../network/layers/layer.ts";
import type { Network } from "../network/network.ts";
import { classDirection } from "../network/output.ts";
import { classify, type Explained } from "./input.ts";
import { bilinear, type Size } from "./resample.ts";

/**
 * How gradient g and activation A of a cell's channels become its evidence. LayerCAM: ReLU(Σ ReLU(g_k) A_k), Jiang et
 * al. 2021, https://doi.org/10.1109/TIP.2021.3089943. HiResCAM: ReLU(Σ g_k A_k), Draelos and Carin 2020,
 * https://arxiv.org/abs/2011.08891
 */
export const MAP_METHODS = ["layerCam", "hiResCam"] as const;
export type MapMethod = (typeof MAP_METHODS)[number];

/**
 * Where the evidence for a class lies, in finer cells than Grad-CAM's, each with a gradient of its own. Method and
 * layer were chosen by a deletion and insertion test, test/bench/maps.ts.
 */
export interface FineMap extends Explained, Size {
  method: MapMethod;
  /** The layer whose cells these are. */
  layer: string;
  /** (height, width) of the network's image: 0 is none, 1 the most of this image; all 0 where nothing is found. */
  map: Float32Array<ArrayBuffer>;
  /** The map before it is enlarged and divided by `peak`. */
  cells: Size & { values: Float32Array<ArrayBuffer> };
  peak: number;
}

export interface FineMapOptions {
  /** Default layerCam. */
  method?: MapMethod;
  /** A layer of the trunk with convolutions, by its name; default the first, whose cells are the finest. */
  layer?: string;
}

/**
 * A map of the evidence for a class at any layer of the trunk.
 * @param input uint8 (height, width, channels) of the network's size, as `toInput` makes it
 * @param label the class; default: the most probable one
 */
export function fineMap(
  network: Network,
  input: Uint8Array,
  label?: number,
  { method = "layerCam", layer = mapLayers(network)[0].name }: FineMapOptions = {},
): FineMap {
  const explained = classify(network, input, label);
  const { height, width } = network.architecture;
  network.trace(network.normalized(input));
  const activation = network.activation(layer, 1);
  const dlogits = classDirection(network.architecture, explained.label);
  const gradient = network.gradientAt(layer, dlogits);
  const [rows, columns, channels] = network.layers.find(({ name }) => name === layer)!.outShape;
  const values = new Float32Array(rows * columns);
  for (let pixel = 0; pixel < values.length; pixel++) {
    let sum = 0;
    for (let i = pixel * channels; i < (pixel + 1) * channels; i++) {
      sum += (method === "layerCam" ? Math.max(0, gradient[i]) : gradient[i]) * activation[i];
    }
    values[pixel] = Math.max(0, sum);
  }
  const cells = { height: rows, width: columns, values };
  const map = bilinear(values, cells, { height, width });
  const peak = map.reduce((a, b) => Math.max(a, b));
  if (peak > 0) for (let i = 0; i < map.length; i++) map[i] /= peak;
  return { ...explained, method, layer, height, width, map, cells, peak };
}

/** Layers with a convolution, whose cells have a place in the image. */
export function mapLayers({ layers }: Network): Layer[] {
  return layers.filter(({ modules }) => modules.some(({ type }) => type === "Conv2d"));
}
