import type { Instance } from "../../engine/load.ts";
import { offset } from "../../engine/memory.ts";
import { bytes, type Layer } from "./layer.ts";

/** The products of {1, cos, sin} of the features: see assembly/ops/trigonometric.ts. */
export function trigonometric({ kernels }: Instance, name: string, wires: number): Layer {
  const features = 3 ** wires - 1;
  return {
    name,
    modules: [{ type: "Products", in: wires }],
    inShape: [wires],
    outShape: [features],
    multiplyAdds: features,
    tensors: [],
    saved: (N) => ({ out: bytes([features], N) }),
    partialBytes: 0,
    scratchBytes: kernels.trigonometricScratchBytes(wires),
    forward({ saved }, x, { first, last, scratch }) {
      const [to, from] = [offset(saved.out, first * 4 * features), offset(x, first * 4 * wires)];
      kernels.trigonometricForward(to, from, scratch, last - first, wires);
    },
    backward(_blocks, dx, dout, x, { first, last, scratch }) {
      const [to, from] = [offset(dx, first * 4 * wires), offset(dout, first * 4 * features)];
      kernels.trigonometricBackward(to, from, offset(x, first * 4 * wires), scratch, last - first, wires);
    },
  };
}
