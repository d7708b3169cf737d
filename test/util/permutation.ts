import type { Permutation } from "../../host/datasets/types.ts";

/** A seeded permutation for tests without the engine: Fisher–Yates on a linear congruential generator. */
export function testPermutation(seed: number): Permutation {
  return (length, stream) => {
    let state = (seed * 2654435761 + stream * 40503 + 12345) >>> 0;
    const order = Uint32Array.from({ length }, (_, i) => i);
    for (let i = length - 1; i > 0; i--) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const j = Math.floor((state / 2 ** 32) * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  };
}
