import type { Ptr } from "../../engine/kernels.ts";
import type { Instance } from "../../engine/load.ts";
import { offset } from "../../engine/memory.ts";
import { aligned } from "../../engine/plan.ts";
import { sizeOf } from "../parameters.ts";
import type { Share } from "../share.ts";
import { convNorm } from "./convNorm.ts";
import type { ConvolutionKind } from "./convolution.ts";
import { type Blocks, bytes, type Layer, type Shape } from "./layer.ts";

/**
 * ReLU(x + BatchNorm2d(Conv2d(ReLU(BatchNorm2d(Conv2d(x)))))), 3×3 and padded, without biases: torchvision's BasicBlock
 * with as many channels out as in. One layer, so that each activation between layers has one consumer: inside, x has
 * two, and the two gradients are added here. He et al. 2015, https://arxiv.org/abs/1512.03385
 */
export function residual(instance: Instance, name: string, inShape: Shape, kind: ConvolutionKind): Layer {
  const { kernels } = instance;
  const imageBytes = bytes(inShape, 1);
  const shared = { channels: inShape[2], pad: 1, bias: false, kind } as const;
  const one = convNorm(instance, name, inShape, {
    ...{ ...shared, tail: "relu", names: { convolution: "conv1", norm: "bn1" } },
  });
  const two = convNorm(instance, name, inShape, {
    ...{ ...shared, tail: "addRelu", names: { convolution: "conv2", norm: "bn2" } },
  });
  // Blocks of the first convolution have a 1 in front of their names, those of the second a 2.
  const prefixed = (prefix: string, sizes: Record<string, number>) =>
    Object.entries(sizes).map(([block, size]) => [`${prefix}${block}`, size] as const);
  const split = (blocks: Blocks): [Blocks, Blocks] => {
    const own = (prefix: string) => {
      const saved = Object.entries(blocks.saved).filter(([block]) => block.startsWith(prefix));
      return Object.fromEntries(saved.map(([block, at]) => [block.slice(prefix.length), at]));
    };
    const partial = offset(blocks.partial, aligned(one.partialBytes));
    return [
      { ...blocks, saved: own("1") },
      { ...blocks, saved: { ...own("2"), out: blocks.saved.out }, partial },
    ];
  };
  const elements = ({ first, last }: Pick<Share, "first" | "last">) => (last - first) * sizeOf(inShape);
  const both = (method: "prepare" | "start" | "reduce" | "fold") => (blocks: Blocks, share: Share) => {
    const [a, b] = split(blocks);
    one[method]?.(a, share);
    two[method]?.(b, share);
  };
  return {
    name,
    modules: [...one.modules, ...two.modules],
    inShape,
    outShape: inShape,
    multiplyAdds: one.multiplyAdds! + two.multiplyAdds!,
    products: one.products! + two.products!,
    tensors: [...one.tensors, ...two.tensors],
    saved(N, groups) {
      const { out, ...second } = two.saved(N, groups);
      return { ...Object.fromEntries([...prefixed("1", one.saved(N, groups)), ...prefixed("2", second)]), out };
    },
    partialBytes: aligned(one.partialBytes) + two.partialBytes,
    scratchBytes: Math.max(one.scratchBytes, two.scratchBytes),
    prepare: (blocks) => {
      const [a, b] = split(blocks);
      one.prepare?.(a);
      two.prepare?.(b);
    },
    start: both("start"),
    forward(blocks, x, share) {
      const [a, b] = split(blocks);
      one.forward(a, x, share);
      two.forward(b, a.saved.out, share, x);
    },
    backward(blocks, dx, dout, x, share) {
      const [a, b] = split(blocks);
      const at = (base: Ptr) => offset(base, share.first * imageBytes);
      kernels.reluBackward(at(dout), at(dout), at(b.saved.out), elements(share));
      two.backward(b, dx, dout, a.saved.out, share);
      // In place: a block of dx is read before it is overwritten.
      one.backward(a, dx, dx, x, share);
      kernels.add(at(dx), at(dout), elements(share));
    },
    reduce: both("reduce"),
    fold: both("fold"),
    infer(blocks, x, first, last, share) {
      const [a, b] = split(blocks);
      one.infer(a, x, first, last, share);
      two.infer(b, a.saved.out, first, last, share, x);
    },
  };
}
