import { type Engine, instantiate } from "../engine/load.ts";
import { f32, u8, u32 } from "../engine/memory.ts";
import { plan } from "../engine/plan.ts";
import { STREAMS } from "../engine/random.ts";
import type { AugmentOptions } from "./hybrid.ts";
import { completeAugmentation } from "./pass.ts";

/**
 * Images as training sees them in an epoch: the same kernels, the same draw.
 * @param images (N, height, width, channels) uint8
 * @param ids (N) their places in the train split
 * @returns pixels as bytes again, in the form of `images`
 */
export function augmentImages(
  engine: Engine,
  images: Uint8Array,
  [height, width, channels]: readonly [number, number, number],
  ids: Uint32Array,
  augment: AugmentOptions,
): Uint8Array<ArrayBuffer> {
  const instance = instantiate(engine);
  const { kernels } = instance;
  const N = ids.length;
  const sizes = { images: images.length, ids: 4 * N, maps: 32 * N, out: 4 * images.length };
  const at = plan(instance, sizes);
  u8(instance, at.images, images.length).set(images);
  u32(instance, at.ids, N).set(ids);
  const { flips, degrees, shift, scale, brightness, contrast, reflect, seed, epoch } = completeAugmentation(augment);
  const strengths = [Number(flips), degrees, shift, scale, brightness, contrast] as const;
  kernels.augmentDraw(at.maps, at.ids, N, height, width, ...strengths, seed, STREAMS.augmentation, epoch);
  kernels.augment(at.out, at.images, at.maps, N, height, width, channels, Number(reflect));
  // Normalized to −1 … 1 (NORMALIZATION in model.ts).
  return Uint8Array.from(f32(instance, at.out, images.length), (value) => Math.round(127.5 * (value + 1)));
}
