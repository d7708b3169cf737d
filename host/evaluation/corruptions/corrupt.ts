import { HqcnnError } from "../../check.ts";
import { createSplit } from "../../datasets/images.ts";
import type { Split } from "../../datasets/types.ts";
import type { Ptr } from "../../engine/kernels.ts";
import { type Engine, instantiate } from "../../engine/load.ts";
import { f32 } from "../../engine/memory.ts";
import { plan } from "../../engine/plan.ts";
import { STREAMS } from "../../engine/random.ts";
import { defocusBlur, motionBlur, pixelation } from "./blur.ts";
import { occlusion, rotation, shift } from "./geometry.ts";
import { jpeg } from "./jpeg.ts";
import { gaussianNoise, impulseNoise, shotNoise } from "./noise.ts";
import { direction, type Shape, scaled } from "./pixels.ts";
import { CORRUPTION_NAMES, CORRUPTIONS, type CorruptionName, type Severity } from "./table.ts";
import { brightness, contrast, gamma, saturation } from "./tone.ts";

/**
 * Random numbers of one image, the same at every severity, so that a stronger one changes the same pixels more. They
 * come from the engine: bits are the same on every runtime.
 */
export interface Draws {
  /** In [0, 1), n of them. */
  uniform(n: number): Float32Array;
  /** Standard normal, n of them. */
  normal(n: number): Float32Array;
}

/** @returns the draws of image `id` for one corruption */
export function createDraws(engine: Engine, seed: number): (name: CorruptionName, id: number) => Draws {
  const instance = instantiate(engine);
  const { kernels } = instance;
  const draw = (n: number, fill: (at: { out: Ptr; scratch: Ptr }) => void) => {
    const at = plan(instance, { out: 4 * n, scratch: 64 });
    fill(at);
    return f32(instance, at.out, n).slice();
  };
  return (name, id) => {
    const stream = STREAMS.corruption + CORRUPTION_NAMES.indexOf(name);
    return {
      uniform: (n) => draw(n, ({ out }) => kernels.uniform(out, n, 0, 1, seed, stream, id)),
      normal: (n) => draw(n, ({ out, scratch }) => kernels.normal(out, scratch, n, 0, 1, seed, stream, id)),
    };
  };
}

/**
 * One image with one corruption; plain arithmetic, so that its bits are the same everywhere.
 * @param image uint8 (height, width, channels)
 */
export function corruptImage(
  image: Uint8Array,
  shape: Shape,
  name: CorruptionName,
  severity: Severity,
  draws: Draws,
): Uint8Array {
  const { channels } = shape;
  const strength = CORRUPTIONS[name].strength[severity - 1];
  const isUp = () => draws.uniform(1)[0] < 0.5;
  const length = scaled(strength, shape);
  const pixels = Math.max(1, Math.round(length));
  switch (name) {
    case "gaussian-noise":
      return gaussianNoise(image, strength, draws.normal(image.length));
    case "shot-noise":
      return shotNoise(image, strength, draws.uniform(image.length));
    case "impulse-noise":
      return impulseNoise(image, strength, draws.uniform(2 * image.length));
    case "defocus-blur":
      return defocusBlur(image, shape, length);
    case "motion-blur":
      return motionBlur(image, shape, length, direction(draws.uniform(32)));
    case "pixelation":
      return pixelation(image, shape, Math.max(2, pixels));
    case "jpeg":
      return jpeg(image, shape, strength);
    case "brightness":
      return brightness(image, isUp() ? strength : -strength);
    case "contrast":
      return contrast(image, channels, strength);
    case "gamma":
      return gamma(image, isUp() ? strength : Math.round(256 / strength));
    case "saturation":
      return saturation(image, channels, isUp() ? strength : 1 / strength);
    case "rotation":
      return rotation(image, shape, strength, isUp());
    case "shift": {
      const [y, x] = direction(draws.uniform(32));
      return shift(image, shape, [Math.round(length * y), Math.round(length * x)]);
    }
    case "occlusion": {
      const [y, x] = draws.uniform(2);
      return occlusion(image, shape, pixels, [y, x]);
    }
  }
}

/**
 * A split whose images have a corruption: those in memory at once, those on disk as they are read. What is drawn for an
 * image depends on the seed and on its place in the split.
 */
export function corruptSplit(
  split: Split,
  shape: Shape,
  name: CorruptionName,
  severity: Severity,
  draws: (name: CorruptionName, id: number) => Draws,
): Split {
  const size = shape.height * shape.width * shape.channels;
  const corrupted = (images: Uint8Array, indices: ArrayLike<number>) => {
    if (images.length !== indices.length * size)
      throw new HqcnnError(`images: expected ${indices.length * size} bytes, got ${images.length}`);
    const out = new Uint8Array(images.length);
    for (let i = 0; i < indices.length; i++) {
      const image = images.subarray(i * size, (i + 1) * size);
      out.set(corruptImage(image, shape, name, severity, draws(name, indices[i])), i * size);
    }
    return out;
  };
  const { count, labels, matrix, ordered, stored } = split;
  const about = { count, labels, ...(matrix && { matrix }), ...(ordered && { ordered }) };
  const images = stored
    ? {
        async request(indices: ArrayLike<number>) {
          const { images } = await stored.request(indices);
          return { images: images.then((bytes) => corrupted(bytes, indices)) };
        },
      }
    : corrupted(
        split.images,
        Array.from({ length: count }, (_, i) => i),
      );
  return createSplit("the corrupted images", about, images);
}
