// averagePool2d over the whole image, the slow one: x (N, H, W, C) in f64.
import type { ImageShape } from "./maxPool2d.ts";

export function averagePool2dForward(x: ArrayLike<number>, { N, H, W, C }: ImageShape): Float64Array {
  const out = new Float64Array(N * C);
  for (let i = 0; i < x.length; i++) out[Math.floor(i / (H * W * C)) * C + (i % C)] += x[i] / (H * W);
  return out;
}

export function averagePool2dBackward(dout: ArrayLike<number>, { N, H, W, C }: ImageShape): Float64Array {
  return Float64Array.from(
    { length: N * H * W * C },
    (_, i) => dout[Math.floor(i / (H * W * C)) * C + (i % C)] / (H * W),
  );
}
