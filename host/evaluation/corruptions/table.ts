/** How hard a corruption is applied, from 1 (weak) to 5 (strong). */
export const SEVERITIES = [1, 2, 3, 4, 5] as const;
export type Severity = (typeof SEVERITIES)[number];

/** One corruption of the published table: the only place that says how strong it is. */
export interface Corruption {
  /** What it does to an image, as --help and the documentation say it. */
  help: string;
  /** What `strength` counts. */
  unit: string;
  /** For severities 1 to 5. Lengths are for images of 28 pixels and grow with the shorter side. */
  strength: readonly [number, number, number, number, number];
  /** It changes colours, so that grey images are left out. */
  colour?: true;
}

/**
 * In the manner of MedMNIST-C (Di Salvo et al. 2024, https://arxiv.org/abs/2406.17536) and ImageNet-C (Hendrycks and
 * Dietterich 2019, https://arxiv.org/abs/1903.12261), with strengths of our own for small images.
 */
export const CORRUPTIONS = {
  "gaussian-noise": {
    help: "adds normal noise to every value",
    unit: "standard deviation, white is 1",
    strength: [0.04, 0.08, 0.12, 0.18, 0.26],
  },
  "shot-noise": {
    help: "draws every value from a Poisson distribution, as few photons do",
    unit: "photons of white",
    strength: [250, 100, 50, 25, 12],
  },
  "impulse-noise": {
    help: "makes single values black or white",
    unit: "share of the values",
    strength: [0.01, 0.03, 0.06, 0.11, 0.18],
  },
  "defocus-blur": {
    help: "averages over a disc around each pixel",
    unit: "radius in pixels",
    strength: [1, 1.4, 1.8, 2.4, 3.2],
  },
  "motion-blur": {
    help: "averages along a line of random direction",
    unit: "length in pixels",
    strength: [2, 3, 4.5, 6.5, 9],
  },
  pixelation: {
    help: "replaces square blocks by their mean",
    unit: "side in pixels, at least 2",
    strength: [2, 3, 4, 5, 7],
  },
  jpeg: {
    help: "quantizes the cosine transform of 8 × 8 blocks with the example tables of the JPEG standard, colours at full resolution",
    unit: "quality",
    strength: [50, 30, 15, 8, 4],
  },
  brightness: {
    help: "makes the image brighter or darker",
    unit: "added or subtracted, white is 1",
    strength: [0.08, 0.16, 0.24, 0.33, 0.42],
  },
  contrast: {
    help: "moves all values towards the image's mean",
    unit: "factor of the distance to it",
    strength: [0.75, 0.55, 0.4, 0.25, 0.15],
  },
  gamma: {
    help: "raises every value to a power above 1, or to about its inverse",
    unit: "sixteenths of the power; its inverse is rounded to sixteenths",
    strength: [20, 24, 30, 38, 48],
  },
  saturation: {
    help: "moves colours away from their grey value, or towards it by the inverse",
    unit: "factor of the distance to it",
    strength: [1.3, 1.7, 2.3, 3.2, 5],
    colour: true,
  },
  rotation: {
    help: "rotates about the centre, to either side, with reflected borders",
    unit: "degrees",
    strength: [5, 10, 17, 26, 40],
  },
  shift: {
    help: "moves the image in a random direction, by whole pixels, with reflected borders",
    unit: "pixels",
    strength: [1.5, 3, 4.5, 6, 8],
  },
  occlusion: {
    help: "covers a square with middle grey",
    unit: "side in pixels",
    strength: [4, 7, 10, 13, 16],
  },
} as const satisfies Record<string, Corruption>;

export type CorruptionName = keyof typeof CORRUPTIONS;
export const CORRUPTION_NAMES = Object.keys(CORRUPTIONS) as CorruptionName[];

/** Those that change images with so many channels. */
export function corruptionsOf(channels: number): CorruptionName[] {
  return CORRUPTION_NAMES.filter((name) => channels > 1 || !("colour" in CORRUPTIONS[name]));
}
