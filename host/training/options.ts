import * as z from "zod";
import { UsageError } from "../check.ts";
import { ANSATZE, EMBEDDINGS } from "../circuit/templates.ts";
import { FITS } from "../datasets/fit.ts";
import { ENGINE_NAMES, MOST_THREADS } from "../engine/load.ts";
import { TTA } from "../evaluation/tta.ts";
import { FREEZES } from "../network/build.ts";
import { SCHEDULES } from "./schedule.ts";

// Compiled checks would ask for `new Function`, which a page's policy refuses and reports.
z.config({ jitless: true });

const HEADS = ["quantum", "dense", "series", "none", "logistic"] as const;
const SIZE = "N or HEIGHTxWIDTH, as in 64 or 48x64";
const AUGMENT = "none, flips, rotations or flips,rotations";

/** Every check of an option fails with the same text: what is expected. */
function whole(low: number, high: number, description: string) {
  const expected = `a whole number from ${low} to ${high}`;
  return z.int(expected).min(low, expected).max(high, expected).describe(`${description}, ${low} to ${high}`);
}

function numberFrom(low: number, high: number, description: string) {
  const expected = `a number from ${low} to ${high}`;
  return z.number(expected).min(low, expected).max(high, expected).describe(`${description}, ${low} to ${high}`);
}

function belowOne(description: string) {
  const expected = "a number of at least 0 and below 1";
  return z.number(expected).min(0, expected).lt(1, expected).describe(description);
}

function pair(form: string) {
  return z.array(z.number(), form).length(2, form).optional();
}

function choice<const Choices extends readonly [string, ...string[]]>(choices: Choices, description: string) {
  return z.enum(choices, `one of ${choices.join(", ")}`).describe(description);
}

/**
 * The options of training: the one table behind the command line, configuration files and the API. The defaults are the
 * thesis's recipe. It also names random flips and rotations, without saying how strong; its figures are reached without
 * them, so they are off unless asked for.
 */
export const trainOptionsSchema = z.strictObject({
  data: z
    .string("a name, file or folder")
    .min(1, "a name, file or folder")
    .default("bloodmnist-sample")
    .describe("bloodmnist-sample (embedded), a MedMNIST name, an npz file, or a folder with one subfolder a class"),
  size: z
    .string(SIZE)
    .regex(/^\d+([x×]\d+)?$/i, SIZE)
    .optional()
    .describe(
      "pixels of the images, as N or HEIGHTxWIDTH, 16 to 256: the file of MedMNIST+ (28, 64, 128, 224), others are resized (default: the file's own; folders 28)",
    ),
  fit: choice(FITS, "ratio of images that are resized: squash: not kept; crop: the middle; pad: black around").default(
    "squash",
  ),
  keys: z
    .string("NAME=ARRAY with commas between")
    .optional()
    .describe("what the arrays of an npz are: images=x,labels=y or train_images=a,… (default: their names tell)"),
  range: pair("LOW,HIGH").describe("values of an npz that become black and white, where they are no bytes"),
  window: pair("CENTER,WIDTH").describe("the same as --range, by center and width"),
  group: z
    .string("a column or level")
    .min(1, "a column or level")
    .optional()
    .describe(
      "what keeps a patient's images in one split: a column of a CSV; in folders patient (below the class) or a level, 1 the first",
    ),
  task: choice(
    ["binary", "multiclass"],
    "binary: a union of labels against the rest (default: binary for two classes or a known union, else multiclass)",
  ).optional(),
  positive: z
    .array(z.int().min(0), "labels as whole numbers: 1,2")
    .min(1, "at least one label")
    .optional()
    .describe("labels whose union is class 1 of the binary task (default: the thesis's)"),
  protocol: choice(
    ["official", "pooled"],
    "official: MedMNIST's splits; pooled: all images split again, not comparable",
  ).default("official"),
  splitRatio: z
    .number("a number between 0 and 1")
    .gt(0, "a number between 0 and 1")
    .lt(1, "a number between 0 and 1")
    .default(0.8)
    .describe("part of the images that is not test, for folders and the pooled protocol"),
  strict: z.boolean("true or false").default(false).describe("an unreadable image in a folder is an error"),
  epochs: whole(1, 100_000, "passes over the training images").default(10),
  batchSize: whole(1, 65_536, "images an optimiser step").default(64),
  lr: z.number("a number above 0").gt(0, "a number above 0").default(0.001).describe("learning rate of Adam, above 0"),
  schedule: choice(
    SCHEDULES,
    "how the learning rate changes: cosine and step fall epoch by epoch; onecycle rises to --lr and falls to 0 step by step",
  ).default("constant"),
  weightDecay: numberFrom(0, 1, "decoupled weight decay (AdamW)").default(0),
  clipNorm: z
    .number("a number of at least 0")
    .min(0, "a number of at least 0")
    .default(0)
    .describe("largest norm of all gradients together; 0: not clipped"),
  classWeights: choice(["none", "balanced"], "weights of the classes in the loss").default("none"),
  labelSmoothing: numberFrom(0, 1, "part of the label spread over all classes").default(0),
  dropout: belowOne("probability with which training drops each feature in front of FC1").default(0),
  ema: belowOne(
    "decay of a moving average of all tensors, such as 0.999, that is validated and saved in their place; 0: none",
  ).default(0),
  augment: z
    .string(AUGMENT)
    .regex(/^(none|(flips|rotations)(,(flips|rotations))*)$/, AUGMENT)
    .default("none")
    .describe(`random changes of the training images, with a comma between: ${AUGMENT}`),
  rotate: numberFrom(
    0,
    180,
    "degrees that images are rotated by at most (default: 15 with --augment rotations, else 0)",
  ).optional(),
  shift: numberFrom(0, 1, "part of width and height that images are shifted by at most, in whole pixels").default(0),
  scale: numberFrom(0, 0.9, "images are scaled by a random factor in 1 ± this").default(0),
  brightness: numberFrom(0, 1, "random brightness in ± this is added, white being 1").default(0),
  contrast: numberFrom(0, 1, "the distance from grey is multiplied by a random factor in 1 ± this").default(0),
  border: choice(["zero", "reflect"], "what lies outside of a moved image: black, or its mirror image").default("zero"),
  head: choice(
    HEADS,
    "between FC1 and FC2: quantum: the circuit; dense: tanh (see --width); series: the trigonometric series that a circuit is; none; logistic: one linear layer in place of all",
  ).default("quantum"),
  qubits: whole(1, 12, "wires of the circuit").default(4),
  layers: whole(1, 20, "repetitions of the ansatz").default(3),
  ansatz: choice(ANSATZE, "the trainable circuit").default("thesis"),
  embedding: choice(
    EMBEDDINGS,
    "how features enter the circuit; amplitude: 2^qubits of them, at most 10 qubits",
  ).default("angle-x"),
  entangling: z
    .boolean("true or false")
    .default(true)
    .describe("the ansatz without its gates on two wires; for angle embeddings"),
  width: whole(0, 1024, "head dense: linear to so many features, tanh, linear back, tanh; 0: tanh alone").default(0),
  hidden: whole(1, 1024, "features between FC2 and FC3").default(16),
  start: z
    .string("a model file or run folder")
    .min(1, "a model file or run folder")
    .optional()
    .describe("a model whose tensors of the same names and shapes training starts from"),
  freeze: choice(FREEZES, "tensors that stay as they are: the quantum layer's, or those of the convolutions").default(
    "none",
  ),
  shuffleLabels: z.boolean("true or false").default(false).describe("train and val labels in random order: a check"),
  tta: choice(
    TTA,
    "test-time augmentation: the test figures are those of mean probabilities over flips, the eight symmetries or one-pixel shifts of each image; the best epoch is chosen without",
  ).default("none"),
  bestBy: choice(
    ["auc", "loss"],
    "figure on val that chooses the epoch to keep; where AUC reaches 1 early, loss tells more",
  ).default("auc"),
  earlyStop: whole(0, 100_000, "stop after so many epochs that are no better on val; 0: never").default(0),
  seed: whole(0, 2 ** 32 - 1, "start of every random number").default(0),
  engine: choice(
    ENGINE_NAMES,
    "strict: the same bits everywhere; fast: fused multiply-add; +wide: 256-bit vectors through a V8 flag, after a self-check",
  ).default("strict"),
  threads: whole(0, MOST_THREADS, "threads, 0: one a processor; the result does not depend on it").default(0),
});

export type TrainOptions = z.infer<typeof trainOptionsSchema>;

/**
 * Options with every default filled in.
 * @throws UsageError with one line for each impossible option: its flag, what is expected, what came
 */
export function parseTrainOptions(input: unknown): TrainOptions {
  const { success, data, error } = trainOptionsSchema.safeParse(input, { reportInput: true });
  if (success) return refuseWithoutEffect(data);
  const lines = error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => `${flag(key)}: no such option${nearest(key)}`);
    if (issue.path.length === 0) return ["options: expected an object"];
    return [`${flag(String(issue.path[0]))}: expected ${issue.message}, got ${show(issue.input)}`];
  });
  throw new UsageError([...new Set(lines)].join("\n"));
}

/** Options that would be recorded without having done anything. */
function refuseWithoutEffect(options: TrainOptions): TrainOptions {
  const { head, freeze, width } = options;
  if (freeze === "quantum" && head !== "quantum")
    throw new UsageError(`--freeze quantum: there is no quantum layer with --head ${head}: leave it out`);
  if (width > 0 && head !== "dense")
    throw new UsageError(`--width is for --head dense, got --head ${head}: leave it out`);
  return options;
}

/** "batchSize" → "--batch-size" */
export function flag(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** An option as it is typed: a switch alone, one that is on by default as --no-…, others with their value. */
export function optionText(key: string, value: unknown, quote: (text: string) => string = (text) => text): string {
  if (value === true) return flag(key);
  return value === false ? `--no-${flag(key).slice(2)}` : `${flag(key)} ${quote(String(value))}`;
}

function show(value: unknown): string {
  return typeof value === "string" ? value || '""' : (JSON.stringify(value) ?? String(value));
}

/** The known option that starts like an unknown one, as a question. */
function nearest(key: string): string {
  const names = Object.keys(trainOptionsSchema.shape);
  const start = key.slice(0, 3).toLowerCase();
  const name = names.find((known) => known.toLowerCase().startsWith(start));
  return name ? `; ${flag(name)}?` : `; there are ${names.map(flag).join(", ")}`;
}
