// dropout, the slow one: the mask of image `id`, 0 with probability p and 1 / (1 − p) otherwise, in f64.
import { uniform01 } from "./random.ts";

export function dropoutMask(id: number, K: number, p: number, seed: number, stream: number, epoch: number): number[] {
  return Array.from({ length: K }, (_, k) =>
    uniform01(seed, stream, epoch, (id * K + k) % 2 ** 32) < p ? 0 : 1 / (1 - p),
  );
}
