import type { Instance } from "../../engine/load.ts";
import { f32, offset, u8 } from "../../engine/memory.ts";
import { STREAMS } from "../../engine/random.ts";
import { sizeOf } from "../parameters.ts";
import type { Layer, Shape } from "./layer.ts";

/** Dropout with probability p where the pass draws random numbers; else, and in inference, nothing changes. */
export function dropout(instance: Instance, name: string, inShape: Shape, p: number): Layer {
  const { kernels } = instance;
  const K = sizeOf(inShape);
  const row = 4 * K;
  return {
    name,
    modules: [{ type: "Dropout", p }],
    inShape,
    outShape: inShape,
    multiplyAdds: 0,
    tensors: [],
    saved: (N) => ({ mask: N * row, out: N * row }),
    partialBytes: 0,
    scratchBytes: 0,
    forward({ saved }, x, { first, last, ids, draw }) {
      const [out, mask, from] = [saved.out, saved.mask, x].map((at) => offset(at, first * row));
      const { seed, epoch } = draw ?? { seed: 0, epoch: 0 };
      const numbers = [draw ? p : 0, seed, STREAMS.dropout, epoch] as const;
      kernels.dropoutForward(out, mask, from, offset(ids, 4 * first), last - first, K, ...numbers);
    },
    backward({ saved }, dx, dout, _x, { first, last }) {
      const [to, from, mask] = [dx, dout, saved.mask].map((at) => offset(at, first * row));
      kernels.dropoutBackward(to, from, mask, last - first, K);
    },
    infer({ saved }, x, first, last) {
      const count = (last - first) * row;
      u8(instance, offset(saved.out, first * row), count).set(u8(instance, offset(x, first * row), count));
      f32(instance, offset(saved.mask, first * row), count / 4).fill(1); // for gradientAt
    },
  };
}
