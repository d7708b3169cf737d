import type { Instance } from "../../engine/load.ts";
import { offset } from "../../engine/memory.ts";
import { fanInUniform, plain, sizeOf } from "../parameters.ts";
import { eachGroup } from "../share.ts";
import { addPartialSums, bytes, type Layer, type Shape } from "./layer.ts";

/**
 * Linear, and where asked a ReLU behind it. An image is flattened in PyTorch's order (channel, row, column) as far as
 * files can tell.
 */
export function linear({ kernels }: Instance, name: string, inShape: Shape, features: number, relu: boolean): Layer {
  const K = sizeOf(inShape);
  const layout =
    inShape.length === 3
      ? ({ kind: "flattened", channels: inShape[2], pixels: inShape[0] * inShape[1] } as const)
      : plain;
  const partialBytes = 4 * features * (K + 1);
  return {
    name,
    modules: [
      ...(inShape.length > 1 ? [{ type: "Flatten" } as const] : []),
      { type: "Linear", name, in: K, out: features },
      ...(relu ? [{ type: "ReLU" } as const] : []),
    ],
    inShape,
    outShape: [features],
    multiplyAdds: K * features,
    tensors: [
      { name: `${name}.weight`, role: "param", shape: [features, K], layout, init: fanInUniform(K) },
      { name: `${name}.bias`, role: "param", shape: [features], layout: plain, init: fanInUniform(K) },
    ],
    saved: (N) => ({ out: bytes([features], N) }),
    partialBytes,
    scratchBytes: 0,
    forward({ params, saved }, x, { first, last }) {
      const out = offset(saved.out, first * 4 * features);
      kernels.linearForward(out, offset(x, first * 4 * K), params.weight, params.bias, last - first, K, features);
      if (relu) kernels.reluForward(out, out, (last - first) * features);
    },
    backward({ params, saved, partial, stride }, dx, dout, x, share) {
      eachGroup(share, ({ n, count, group }) => {
        const [dy, out] = [offset(dout, n * 4 * features), offset(saved.out, n * 4 * features)];
        const dw = offset(partial, group * stride);
        kernels.zero(dw, partialBytes);
        if (relu) kernels.reluBackward(dy, dy, out, count * features);
        const db = offset(dw, 4 * features * K);
        kernels.linearBackward(
          offset(dx, n * 4 * K),
          dw,
          db,
          dy,
          offset(x, n * 4 * K),
          params.weight,
          count,
          K,
          features,
        );
      });
    },
    reduce: addPartialSums(kernels, "weight", features * (K + 1)),
  };
}
