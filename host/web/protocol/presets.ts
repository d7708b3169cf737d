import { sampleName } from "../../datasets/sources/medmnist.ts";
import type { TrainOptions } from "../../training/options.ts";

/** Options that belong together, for a start. */
export interface Preset {
  name: string;
  about: string;
  /** All but the data. */
  options: Partial<TrainOptions>;
  /** Whether it is about the sample. */
  onSample?: true;
}

export const PRESETS: readonly Preset[] = [
  {
    name: "Quick look",
    about: "20 epochs of the sample, the same as npm start: about a minute",
    options: { epochs: 20 },
    onSample: true,
  },
  { name: "The thesis's recipe", about: "all defaults, 10 epochs, on the data that are chosen", options: {} },
  {
    name: "Small data",
    about: "for some hundred images: augmentation, dropout, weight decay, rare classes count more, an early stop",
    options: {
      ...{ epochs: 60, earlyStop: 15, bestBy: "loss", classWeights: "balanced" },
      ...{ augment: "flips,rotations", dropout: 0.2, weightDecay: 0.0001 },
    },
  },
];

/** The options of a preset, on the data that are chosen unless it is about the sample. */
export function withPreset({ options, onSample }: Preset, { data }: Partial<TrainOptions>): Partial<TrainOptions> {
  return onSample || data === undefined ? options : { ...options, data };
}

/** The preset that options are of; undefined: none. */
export function presetOf(given: Partial<TrainOptions>): Preset | undefined {
  const text = (options: Partial<TrainOptions>) => JSON.stringify(Object.entries(options).sort());
  const isSample = given.data === undefined || given.data === sampleName;
  const { data: _, ...others } = given;
  return PRESETS.find(({ options, onSample }) => (isSample || !onSample) && text(options) === text(others));
}
