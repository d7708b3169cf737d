import { GRADIENT_STEPS, GRADIENTS, MAX_DIRECTIONS, MAX_SHOTS } from "../../circuit/noise/tape.ts";
import { TTA } from "../../evaluation/tta.ts";
import { MAX_BATCH } from "../../network/limits.ts";
import { BEST_BY } from "../bestBy.ts";
import * as kind from "../kinds.ts";
import { SCHEDULES } from "../schedule.ts";
import type { Row } from "./row.ts";

/** Options: how it is trained and tested. */
export const TRAINING_OPTIONS = {
  epochs: {
    kind: kind.whole(1, 100_000),
    default: 10,
    help: "passes over the training images",
    group: "Training",
    belongsTo: ["training"],
  },
  batchSize: {
    kind: kind.whole(1, MAX_BATCH),
    default: 64,
    help: "images per optimiser step",
    group: "Training",
    belongsTo: ["training"],
  },
  lr: {
    kind: kind.positive(),
    default: 0.001,
    help: "learning rate of Adam",
    group: "Training",
    belongsTo: ["training"],
    page: { label: "learning rate" },
  },
  schedule: {
    kind: kind.choice(SCHEDULES),
    default: "constant",
    help: "learning rate schedule: cosine and step lower it every epoch; onecycle raises it to --lr, then lowers it, every step",
    group: "Training",
    belongsTo: ["training"],
  },
  bestBy: {
    kind: kind.choice(BEST_BY),
    default: "auc",
    help: "validation metric that selects the epoch to keep; where the AUC reaches 1 early, the loss tells more; kappa (quadratic weights) is for the task ordinal",
    group: "Training",
    belongsTo: ["training"],
  },
  earlyStop: {
    kind: kind.whole(0, 100_000),
    default: 0,
    help: "stop after this many epochs without improvement on validation; 0: never",
    group: "Training",
    belongsTo: ["training"],
  },
  checkpointEvery: {
    kind: kind.numberFrom(0, 86_400),
    default: 60,
    help: "seconds between checkpoints within an epoch, besides the one after every epoch: a crash loses no more",
    group: "Training",
    belongsTo: ["training"],
    resumed: "given",
    page: { label: "seconds between checkpoints" },
  },
  classWeights: {
    kind: kind.choice(["none", "balanced"]),
    default: "none",
    help: "class weights in the loss; balanced: inversely proportional to the number of images per class",
    group: "Training",
    belongsTo: ["training"],
  },
  posWeight: {
    kind: kind.choice(["none", "balanced"]),
    help:
      "weights of the positives in binary cross-entropy, for the task multilabel and --ordinal cumulative; balanced: " +
      "for each label the number of training images without it, divided by the number with it",
    defaultText: "none",
    group: "Training",
    belongsTo: ["training"],
  },
  labelSmoothing: {
    kind: kind.numberFrom(0, 1),
    default: 0,
    help:
      "fraction of each label that is spread over all classes; of labels by themselves (multilabel, --ordinal " +
      "cumulative) over yes and no",
    group: "Training",
    belongsTo: ["training"],
  },
  weightDecay: {
    kind: kind.numberFrom(0, 1),
    default: 0,
    help: "decoupled weight decay (AdamW)",
    group: "Training",
    belongsTo: ["training"],
  },
  clipNorm: {
    kind: kind.atLeast(0),
    default: 0,
    help: "largest norm of all gradients taken together; 0: no clipping",
    group: "Training",
    belongsTo: ["training"],
  },
  ema: {
    kind: kind.belowOne(),
    default: 0,
    help: "decay of a moving average of all tensors, such as 0.999; the average is validated and saved; 0: off",
    group: "Training",
    belongsTo: ["training"],
    page: { label: "moving average" },
  },
  shots: {
    kind: kind.whole(0, MAX_SHOTS),
    default: 0,
    help: "shots of the circuit in training, validation and tests; 0: exact values",
    group: "Training",
    belongsTo: ["network"],
  },
  noise: {
    kind: kind.noise(),
    help: "noise of the circuit in training, validation and tests: CHANNEL:STRENGTH[@GATES] with commas between, or a JSON file",
    group: "Training",
    belongsTo: ["network"],
  },
  gradient: {
    kind: kind.choice(GRADIENTS),
    help: "how the circuit is differentiated; with --shots parameter-shift or spsa, with --noise finite-differences too",
    defaultText: "adjoint; with --shots or --noise parameter-shift",
    group: "Training",
    belongsTo: ["network"],
  },
  gradientStep: {
    kind: kind.numberFrom(1e-8, 2),
    help: "with --gradient finite-differences or spsa: h of the central difference (f(x + h) − f(x − h)) / 2h, in radians",
    defaultText: `${GRADIENT_STEPS["finite-differences"]}; of spsa ${GRADIENT_STEPS.spsa}`,
    group: "Training",
    belongsTo: ["network"],
  },
  spsaDirections: {
    kind: kind.whole(1, MAX_DIRECTIONS),
    help: "with --gradient spsa: random directions that a gradient is the mean of",
    defaultText: "1",
    group: "Training",
    belongsTo: ["network"],
  },
  tta: {
    kind: kind.choice(TTA),
    default: "none",
    help:
      "test-time augmentation: test metrics use mean probabilities over flips, the eight symmetries (dihedral) " +
      "or one-pixel shifts of each image; the best epoch is selected without",
    group: "Training",
    belongsTo: ["evaluation"],
    page: { label: "test-time augmentation" },
  },
} as const satisfies Record<string, Row>;
