import type { Kernels, Ptr } from "../engine/kernels.ts";
import { STREAMS } from "../engine/random.ts";

/** What fills the space outside a moved image: black, or its mirror image, edge pixels not repeated. */
export const BORDERS = ["zero", "reflect"] as const;
export type Border = (typeof BORDERS)[number];

/**
 * Random changes of the images, drawn for every (seed, epoch, image): flips, then rotation and scale about the centre,
 * shift, contrast, brightness. The names are those of the options.
 */
export interface Augmentation {
  /** Horizontal and vertical ones, each with probability ½. */
  flips: boolean;
  /** The angle is uniform in ± so many degrees. */
  rotate: number;
  /** The shift is a whole number of pixels in ± this part of the width and of the height. */
  shift: number;
  /** The size is multiplied by a factor in 1 ± scale; below 1. */
  scale: number;
  /** Added to pixels between 0 and 1: uniform in ± this. The result is cut to 0 and 1. */
  brightness: number;
  /** The distance from middle grey is multiplied by a factor in 1 ± contrast. */
  contrast: number;
  border: Border;
  seed: number;
  epoch: number;
}

/** What is not named is off. */
export type AugmentOptions = Partial<Augmentation> & Pick<Augmentation, "seed" | "epoch">;

const NO_AUGMENTATION: Augmentation = {
  ...{ flips: false, rotate: 0, shift: 0, scale: 0, brightness: 0, contrast: 0, border: "zero", seed: 0, epoch: 0 },
};
const NAMES = Object.keys(NO_AUGMENTATION) as (keyof Augmentation)[];

/** How many numbers an augmentation is. */
export const AUGMENTATION_NUMBERS = NAMES.length;

/** Everything off that `augment` does not name. */
export function completeAugmentation(augment: Partial<Augmentation>): Augmentation {
  return { ...NO_AUGMENTATION, ...augment };
}

/** An augmentation as numbers, so that it fits a command to a thread, and back. */
export function encodeAugmentation(augment: Augmentation): number[] {
  return NAMES.map((name) => (name === "border" ? BORDERS.indexOf(augment.border) : Number(augment[name])));
}

export function decodeAugmentation(numbers: readonly number[]): Augmentation {
  const read = (name: keyof Augmentation, value: number) =>
    name === "border" ? BORDERS[value] : typeof NO_AUGMENTATION[name] === "boolean" ? value === 1 : value;
  return Object.fromEntries(NAMES.map((name, i) => [name, read(name, numbers[i])])) as unknown as Augmentation;
}

/** Draws the changes of N images and writes the changed, normalised ones: x (N, H, W, C). */
export function augmentBatch(
  kernels: Kernels,
  { x, images, maps, ids }: Record<"x" | "images" | "maps" | "ids", Ptr>,
  N: number,
  [H, W, C]: readonly number[],
  augment: Augmentation,
): void {
  const { flips, rotate, shift, scale, brightness, contrast, border, seed, epoch } = augment;
  const strengths = [Number(flips), rotate, shift, scale, brightness, contrast] as const;
  kernels.augmentDraw(maps, ids, N, H, W, ...strengths, seed, STREAMS.augmentation, epoch);
  kernels.augment(x, images, maps, N, H, W, C, BORDERS.indexOf(border));
}
