import { type Engine, instantiate } from "../engine/load.ts";
import { f32, u8, u32 } from "../engine/memory.ts";
import { plan } from "../engine/plan.ts";
import { type AugmentOptions, augmentBatch, completeAugmentation } from "./augmentation.ts";

/**
 * Images as training sees them in an epoch: the same kernels, the same draw.
 * @param images (N, height, width, channels) uint8
 * @param ids (N) their places in the train split
 * @returns pixels as bytes again, in the form of `images`
 */
export function augmentImages(
  engine: Engine,
  images: Uint8Array,
  shape: readonly [height: number, width: number, channels: number],
  ids: Uint32Array,
  augment: AugmentOptions,
): Uint8Array<ArrayBuffer> {
  const instance = instantiate(engine);
  const N = ids.length;
  const at = plan(instance, { images: images.length, ids: 4 * N, maps: 32 * N, x: 4 * images.length });
  u8(instance, at.images, images.length).set(images);
  u32(instance, at.ids, N).set(ids);
  augmentBatch(instance.kernels, at, N, shape, completeAugmentation(augment));
  // Normalized to −1 … 1 (NORMALIZATION in model.ts).
  return Uint8Array.from(f32(instance, at.x, images.length), (value) => Math.round(127.5 * (value + 1)));
}
