import type { Instance } from "../engine/load.ts";
import { convBlock } from "./layers/convBlock.ts";
import type { ConvolutionKind } from "./layers/convolution.ts";
import type { Layer, Shape } from "./layers/layer.ts";

/** One block of a trunk. conv: Conv2d 3×3, BatchNorm2d, ReLU, and where asked MaxPool2d 2×2. */
export type Block = { type: "conv"; channels: number; pad: 0 | 1; pool: boolean };

/** The thesis's five blocks. */
export const THESIS_TRUNK: readonly Block[] = [
  { type: "conv", channels: 16, pad: 0, pool: false },
  { type: "conv", channels: 16, pad: 0, pool: true },
  { type: "conv", channels: 64, pad: 0, pool: false },
  { type: "conv", channels: 64, pad: 0, pool: false },
  { type: "conv", channels: 64, pad: 1, pool: true },
];

/** The layers of a trunk, from the image to the features that FC1 takes. */
export function buildTrunk(
  instance: Instance,
  trunk: readonly Block[],
  image: Shape,
  convolution: ConvolutionKind,
): Layer[] {
  const layers: Layer[] = [];
  for (const { channels, pad, pool } of trunk) {
    const inShape = layers.at(-1)?.outShape ?? image;
    const first = layers.length === 0;
    const name = `layer${layers.length + 1}`;
    layers.push(convBlock(instance, name, inShape, { channels, pad, pool, first, kind: convolution }));
  }
  return layers;
}
