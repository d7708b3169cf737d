import type { Instance } from "../../engine/load.ts";
import { offset } from "../../engine/memory.ts";
import { bytes, type Layer, type Shape } from "./layer.ts";

/** MaxPool2d 2×2; odd rows and columns are left out. */
export function maxPool({ kernels }: Instance, name: string, inShape: Shape): Layer {
  const [H, W, C] = inShape;
  const outShape = [H >> 1, W >> 1, C];
  const [inBytes, outBytes] = [bytes(inShape, 1), bytes(outShape, 1)];
  return {
    ...{ name, modules: [{ type: "MaxPool2d", kernel: 2 }], inShape, outShape },
    ...{ multiplyAdds: 0, tensors: [], partialBytes: 0, scratchBytes: 0 },
    saved: (N) => ({ out: N * outBytes }),
    forward({ saved }, x, { first, last }) {
      const [to, from] = [offset(saved.out, first * outBytes), offset(x, first * inBytes)];
      kernels.maxPool2dForward(to, from, last - first, H, W, C);
    },
    backward(_blocks, dx, dout, x, { first, last }) {
      const [to, given, from] = [
        offset(dx, first * inBytes),
        offset(dout, first * outBytes),
        offset(x, first * inBytes),
      ];
      kernels.maxPool2dBackward(to, given, from, last - first, H, W, C);
    },
  };
}

/** The mean of every channel over the image: AdaptiveAvgPool2d(1) and Flatten. */
export function averagePool({ kernels }: Instance, name: string, inShape: Shape): Layer {
  const [H, W, C] = inShape;
  const [inBytes, outBytes] = [bytes(inShape, 1), 4 * C];
  return {
    ...{ name, modules: [{ type: "AdaptiveAvgPool2d", out: 1 }, { type: "Flatten" }], inShape, outShape: [C] },
    ...{ multiplyAdds: 0, tensors: [], partialBytes: 0, scratchBytes: 0 },
    saved: (N) => ({ out: N * outBytes }),
    forward({ saved }, x, { first, last }) {
      const [to, from] = [offset(saved.out, first * outBytes), offset(x, first * inBytes)];
      kernels.averagePool2dForward(to, from, last - first, H * W, C);
    },
    backward(_blocks, dx, dout, _x, { first, last }) {
      const [to, from] = [offset(dx, first * inBytes), offset(dout, first * outBytes)];
      kernels.averagePool2dBackward(to, from, last - first, H * W, C);
    },
  };
}
