import type { Instance } from "../../engine/load.ts";
import { convNorm } from "./convNorm.ts";
import type { ConvolutionKind } from "./convolution.ts";
import type { Layer, Shape } from "./layer.ts";

/** Conv2d 3×3, BatchNorm2d, ReLU, and where asked MaxPool2d 2×2, as PyTorch's Sequential of them names its tensors. */
export function convBlock(
  instance: Instance,
  name: string,
  inShape: Shape,
  { channels, pad, pool, kind }: { channels: number; pad: 0 | 1; pool: boolean; kind: ConvolutionKind },
): Layer {
  const names = { convolution: "0", norm: "1" };
  const tail = pool ? "reluPool" : "relu";
  return convNorm(instance, name, inShape, { channels, pad, tail, bias: true, names, kind });
}
