import type { Instance } from "../../engine/load.ts";
import { offset } from "../../engine/memory.ts";
import type { Layer } from "./layer.ts";

/** tanh: replaces the quantum layer in the ablation `dense`. */
export function tanh({ kernels }: Instance, name: string, features: number): Layer {
  const row = 4 * features;
  return {
    name,
    modules: [{ type: "Tanh" }],
    inShape: [features],
    outShape: [features],
    multiplyAdds: 0,
    tensors: [],
    saved: (N) => ({ out: N * row }),
    partialBytes: 0,
    scratchBytes: 0,
    forward({ saved }, x, { first, last }) {
      kernels.tanhForward(offset(saved.out, first * row), offset(x, first * row), (last - first) * features);
    },
    backward({ saved }, dx, dout, _x, { first, last }) {
      const [to, from, out] = [dx, dout, saved.out].map((at) => offset(at, first * row));
      kernels.tanhBackward(to, from, out, (last - first) * features);
    },
  };
}
