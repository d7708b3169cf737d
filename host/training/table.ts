import { MAX_LAYERS, MAX_TRAINING_WIRES as MAX_WIRES } from "../circuit/limits.ts";
import { ANSATZE, EMBEDDINGS } from "../circuit/templates.ts";
import { ENGINE_NAMES, MOST_THREADS } from "../engine/load.ts";
import { TTA } from "../evaluation/tta.ts";
import { BORDERS } from "../network/augmentation.ts";
import { FREEZES } from "../network/build.ts";
import { HEAD_KINDS } from "../network/heads.ts";
import { MAX_BATCH, MAX_FEATURES } from "../network/limits.ts";
import { MAX_RESIDUAL_DEPTH, MAX_RESIDUAL_WIDTH, RESIDUAL_DEFAULTS, TRUNKS } from "../network/trunk.ts";
import * as kind from "./kinds.ts";
import { SCHEDULES } from "./schedule.ts";

/** Headings of --help and of the page's form, in this order. */
export const GROUPS = ["Data and task", "Network", "Training", "Augmentation", "Engine"] as const;
export type Group = (typeof GROUPS)[number];

/** The parts of the program that an option is handed to. */
export type Part = "data" | "network" | "training" | "augmentation" | "evaluation" | "engine";

/** One option of training. */
export interface Row {
  kind: kind.Kind<unknown>;
  /** Left out: the option may be absent. */
  default?: unknown;
  /** What it does, as --help says it: other options by their flags, no range and no default. */
  help: string;
  /** In place of a default that cannot be named by one value: "15 with --augment rotations, else 0". */
  defaultText?: string;
  group: Group;
  belongsTo: readonly Part[];
  /** Where the page differs from the command line. */
  page?: {
    /** In place of the flag's words. */
    label?: string;
    /** What its list offers, where the kind has no choices or not all make sense there; "models": runs with a model. */
    choices?: readonly string[] | "models";
    /** A view has a place of its own for it. */
    placed?: true;
  };
}

const AUGMENT = "none, flips, rotations or flips,rotations";

/**
 * The options of training: the one table behind the command line, the page, configuration files, the API and the
 * reference. A new option is a row here, and the place where it acts. The defaults are the thesis's recipe. It also
 * names random flips and rotations, without saying how strong; its results are reached without them, so they are off
 * by default.
 */
export const TABLE = {
  data: {
    kind: kind.text("a name, file or folder", "data"),
    default: "bloodmnist-sample",
    help: "data set: bloodmnist-sample (built in), a MedMNIST name, an .npz file, or a folder with one subfolder per class",
    group: "Data and task",
    belongsTo: ["data"],
    page: { placed: true },
  },
  task: {
    kind: kind.choice(["binary", "multiclass"]),
    default: "binary",
    help: "binary: the positive labels against all others; multiclass: every class",
    group: "Data and task",
    belongsTo: ["data"],
  },
  positive: {
    kind: kind.labels(),
    help: "labels that together form class 1 of the binary task, as in 1,2",
    defaultText: "the thesis's labels for its data sets",
    group: "Data and task",
    belongsTo: ["data"],
  },
  protocol: {
    kind: kind.choice(["official", "pooled"]),
    default: "official",
    help: "official: MedMNIST's own splits; pooled: all images split again, results not comparable with the official ones",
    group: "Data and task",
    belongsTo: ["data"],
  },
  splitRatio: {
    kind: kind.fraction(),
    default: 0.8,
    help: "fraction of the images that is not held out for testing, for folders and the pooled protocol",
    group: "Data and task",
    belongsTo: ["data"],
  },
  strict: {
    kind: kind.toggle(),
    default: false,
    help: "fail on an unreadable image in a folder instead of skipping it",
    group: "Data and task",
    belongsTo: ["data"],
  },
  shuffleLabels: {
    kind: kind.toggle(),
    default: false,
    help: "put the training and validation labels in random order, to check that nothing leaks into the test split",
    group: "Data and task",
    belongsTo: ["data"],
  },
  trunk: {
    kind: kind.text("thesis, residual or a JSON file", "name"),
    default: "thesis",
    help:
      "convolutions between the image and FC1; thesis: five blocks; residual: three stages of residual blocks and the " +
      "average over the image; or a JSON file with a list of blocks",
    group: "Network",
    belongsTo: ["network"],
    page: { choices: TRUNKS },
  },
  trunkWidth: {
    kind: kind.multiple(4, 4, MAX_RESIDUAL_WIDTH),
    help: "with --trunk residual: channels of the first stage; the second has twice as many, the third four times",
    defaultText: String(RESIDUAL_DEFAULTS.width),
    group: "Network",
    belongsTo: ["network"],
  },
  trunkDepth: {
    kind: kind.whole(0, MAX_RESIDUAL_DEPTH),
    help: "with --trunk residual: residual blocks in all three stages together",
    defaultText: String(RESIDUAL_DEFAULTS.depth),
    group: "Network",
    belongsTo: ["network"],
  },
  head: {
    kind: kind.choice(HEAD_KINDS),
    default: "quantum",
    help:
      "what stands between FC1 and FC2; quantum: the circuit; dense: tanh (see --width); " +
      "series: a trigonometric series with free coefficients; logistic: one linear layer replaces FC1 to FC3",
    group: "Network",
    belongsTo: ["network"],
  },
  qubits: {
    kind: kind.whole(1, MAX_WIRES),
    default: 4,
    help: "qubits of the circuit",
    group: "Network",
    belongsTo: ["network"],
  },
  layers: {
    kind: kind.whole(1, MAX_LAYERS),
    default: 3,
    help: "repetitions of the ansatz",
    group: "Network",
    belongsTo: ["network"],
  },
  ansatz: {
    kind: kind.choice(ANSATZE),
    default: "thesis",
    help: "trainable part of the circuit",
    group: "Network",
    belongsTo: ["network"],
  },
  embedding: {
    kind: kind.choice(EMBEDDINGS),
    default: "angle-x",
    help: "how features enter the circuit; amplitude takes 2^qubits features and at most 10 qubits",
    group: "Network",
    belongsTo: ["network"],
  },
  entangling: {
    kind: kind.toggle(),
    default: true,
    help: "leave out the ansatz's two-qubit gates; for angle embeddings",
    group: "Network",
    belongsTo: ["network"],
  },
  width: {
    kind: kind.whole(0, MAX_FEATURES),
    default: 0,
    help: "with --head dense: linear layer to this many features, tanh, linear layer back, tanh; 0: tanh alone",
    group: "Network",
    belongsTo: ["network"],
  },
  hidden: {
    kind: kind.whole(1, MAX_FEATURES),
    default: 16,
    help: "features between FC2 and FC3",
    group: "Network",
    belongsTo: ["network"],
  },
  dropout: {
    kind: kind.belowOne(),
    default: 0,
    help: "probability of dropping each feature before FC1 during training",
    group: "Network",
    belongsTo: ["network"],
  },
  start: {
    kind: kind.text("a model file or run folder", "model"),
    help: "model file or run folder to start from: its tensors replace those of the same name and shape",
    group: "Network",
    belongsTo: ["network"],
    page: { label: "start from", choices: "models" },
  },
  startPartial: {
    kind: kind.toggle(),
    default: false,
    help: "take what fits of --start even if not all convolution blocks do, as PyTorch's strict=False",
    group: "Network",
    belongsTo: ["network"],
    page: { label: "start from a model that fits in part" },
  },
  freeze: {
    kind: kind.choice(FREEZES),
    default: "none",
    help: "tensors that are not trained: those of the quantum layer, or of the convolutions (features)",
    group: "Network",
    belongsTo: ["network"],
  },
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
  seed: {
    kind: kind.whole(0, 2 ** 32 - 1),
    default: 0,
    help: "seed of every random number: splits, initial weights, order of images, augmentation",
    group: "Training",
    belongsTo: ["data", "network", "training"],
  },
  bestBy: {
    kind: kind.choice(["auc", "loss"]),
    default: "auc",
    help: "validation metric that selects the epoch to keep; where the AUC reaches 1 early, the loss tells more",
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
    page: { label: "seconds between checkpoints" },
  },
  classWeights: {
    kind: kind.choice(["none", "balanced"]),
    default: "none",
    help: "class weights in the loss; balanced: inversely proportional to the number of images per class",
    group: "Training",
    belongsTo: ["training"],
  },
  labelSmoothing: {
    kind: kind.numberFrom(0, 1),
    default: 0,
    help: "fraction of each label that is spread over all classes",
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
  engine: {
    kind: kind.choice(ENGINE_NAMES),
    default: "strict",
    help: "strict: the same bits on every machine; fast: fused multiply-add; +wide: 256-bit vectors behind a V8 flag, after a self-check",
    group: "Engine",
    belongsTo: ["engine"],
    // The wide ones need a flag of V8, which no page can set.
    page: { choices: ["strict", "fast"] },
  },
  threads: {
    kind: kind.whole(0, MOST_THREADS),
    default: 0,
    help: "number of threads; 0: one per processor; the result does not depend on it",
    group: "Engine",
    belongsTo: ["engine"],
  },
} as const satisfies Record<string, Row>;
