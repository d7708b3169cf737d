import { BORDERS } from "../../network/augmentation.ts";
import * as kind from "../kinds.ts";
import type { Row } from "./row.ts";

const AUGMENT = "none, flips, rotations or flips,rotations";

/** Options: random changes of the training images. */
export const AUGMENTATION_OPTIONS = {
  augment: {
    kind: kind.text(AUGMENT, "names", /^(none|(flips|rotations)(,(flips|rotations))*)$/),
    default: "none",
    help: `random changes of the training images: ${AUGMENT}`,
    group: "Augmentation",
    belongsTo: ["augmentation"],
    page: { choices: ["none", "flips", "rotations", "flips,rotations"] },
  },
  rotate: {
    kind: kind.numberFrom(0, 180),
    help: "largest rotation in degrees",
    defaultText: "15 with --augment rotations, else 0",
    group: "Augmentation",
    belongsTo: ["augmentation"],
  },
  shift: {
    kind: kind.numberFrom(0, 1),
    default: 0,
    help: "largest shift as a fraction of width and height, in whole pixels",
    group: "Augmentation",
    belongsTo: ["augmentation"],
  },
  scale: {
    kind: kind.numberFrom(0, 0.9),
    default: 0,
    help: "images are scaled by a random factor in 1 ± this",
    group: "Augmentation",
    belongsTo: ["augmentation"],
  },
  brightness: {
    kind: kind.numberFrom(0, 1),
    default: 0,
    help: "a random number in ± this is added to the pixels, where white is 1",
    group: "Augmentation",
    belongsTo: ["augmentation"],
  },
  contrast: {
    kind: kind.numberFrom(0, 1),
    default: 0,
    help: "contrast is multiplied by a random factor in 1 ± this",
    group: "Augmentation",
    belongsTo: ["augmentation"],
  },
  border: {
    kind: kind.choice(BORDERS),
    default: "zero",
    help: "what fills the space outside a moved image: black, or its mirror image",
    group: "Augmentation",
    belongsTo: ["augmentation"],
  },
} as const satisfies Record<string, Row>;
