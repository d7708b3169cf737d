import { AUGMENTATION_OPTIONS } from "./table/augmentation.ts";
import { DATA_OPTIONS } from "./table/data.ts";
import { ENGINE_OPTIONS } from "./table/engine.ts";
import { NETWORK_OPTIONS } from "./table/network.ts";
import { TRAINING_OPTIONS } from "./table/training.ts";

/**
 * The options of training: the one table behind the command line, the page, configuration files, the API and the
 * reference. A new option is a row in the file of its group, and the place where it acts. The defaults are the
 * thesis's recipe. It also names random flips and rotations, without saying how strong; its results are reached without
 * them, so they are off by default.
 */
export const TABLE = {
  ...DATA_OPTIONS,
  ...NETWORK_OPTIONS,
  ...TRAINING_OPTIONS,
  ...AUGMENTATION_OPTIONS,
  ...ENGINE_OPTIONS,
} as const;
