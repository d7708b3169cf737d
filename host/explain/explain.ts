import type { DecodedImage } from "../datasets/formats/pixels.ts";
import type { Network } from "../network/network.ts";
import { type FineMap, type FineMapOptions, fineMap } from "./fineMap.ts";
import { type GradCam, gradCam } from "./gradCam.ts";
import { classify, type Explained } from "./input.ts";
import { type IntegratedGradients, integratedGradients } from "./integratedGradients.ts";
import { type LayerOutput, layerOutputs } from "./layers.ts";
import { type Occlusion, type OcclusionOptions, occlusion } from "./occlusion.ts";
import { inspectWires, quantumOff, type Wires } from "./wires.ts";

export interface ExplainOptions {
  /** The class to explain; default: the most probable one. */
  label?: number;
  /** How patches move; false: no occlusion map, which takes by far the longest. */
  occlusion?: OcclusionOptions | false;
  /** Where the finer map's cells are, and how they are weighted; false: no such map. */
  fineMap?: FineMapOptions | false;
  /** false: no integrated gradients, which take some hundred passes. */
  integratedGradients?: boolean;
  /** Whether the outputs of all layers are wanted too; default false. */
  layers?: boolean;
}

/** Why the network takes an image for what it does: plain data that a worker can hand over. */
export interface Explanation extends Explained {
  /** The image as the network sees it: what the maps lie over. */
  image: DecodedImage;
  gradCam: GradCam;
  /** Finer cells than Grad-CAM's. */
  fineMap: FineMap | null;
  /** How each pixel changes the class's logit; the pixels add up to the whole change. */
  integratedGradients: IntegratedGradients | null;
  occlusion: Occlusion | null;
  /** What the quantum layer does; null in a network without, and where its circuits cannot be shown as one. */
  wires: Wires | null;
  /** Probabilities with the quantum layer's outputs set to 0; null in a network without. */
  quantumOff: Float32Array | null;
  layers: LayerOutput[] | null;
}

/** Everything at once. @param input uint8 (height, width, channels) of the network's size, as `toInput` makes it */
export function explainInput(network: Network, input: Uint8Array, options: ExplainOptions = {}): Explanation {
  const explained = classify(network, input, options.label);
  const { height, width, channels } = network.architecture;
  const { label } = explained;
  return {
    ...explained,
    image: { height, width, channels: channels as 1 | 3, pixels: input.slice() },
    gradCam: gradCam(network, input, label),
    fineMap: options.fineMap === false ? null : fineMap(network, input, label, options.fineMap),
    integratedGradients: options.integratedGradients === false ? null : integratedGradients(network, input, label),
    occlusion: options.occlusion === false ? null : occlusion(network, input, label, options.occlusion),
    wires: network.template && inspectWires(network, input),
    quantumOff: network.circuits.length > 0 ? quantumOff(network, input) : null,
    layers: options.layers ? layerOutputs(network, input) : null,
  };
}
