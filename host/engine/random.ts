import { type Engine, instantiate } from "./load.ts";
import { u32 } from "./memory.ts";
import { plan } from "./plan.ts";

/**
 * What a random number is for: the stream of the engine's counter-based generator. Numbers of one stream never touch
 * another's.
 */
export const STREAMS = {
  parameters: 1,
  epochOrder: 2,
  augmentation: 3,
  split: 4,
  dropout: 5,
  measurement: 6,
  analysis: 7,
  attack: 8,
  /** And those behind it, one for each corruption. */
  corruption: 64,
} as const;

/**
 * Seeded permutations of 0 … length − 1 for one seed (u32) and stream; the substream tells one use from the next (an
 * epoch, a class).
 */
export function createPermutation(
  engine: Engine,
  seed: number,
  stream: number,
): (length: number, substream: number) => Uint32Array {
  const instance = instantiate(engine);
  return (length, substream) => {
    const { out } = plan(instance, { out: Math.max(4, length * 4) });
    instance.kernels.permutation(out, length, seed, stream, substream);
    return u32(instance, out, length).slice();
  };
}
