import { UsageError } from "../check.ts";
import { type EstimateSettings, encodeEstimate, gradientOf, refuseUnmatched } from "../circuit/noise/tape.ts";
import type { AugmentOptions } from "./augmentation.ts";
import { type Architecture, FREEZES, type Freeze, type LayerOptions } from "./build.ts";
import { circuitsOf, type Head, type ResolvedQuantumHead, resolveHead } from "./heads.ts";
import { checkQuantumInit, type QuantumInit } from "./init.ts";
import type { ConvolutionKind } from "./layers/convolution.ts";
import { CLASSES, MAX_BATCH, MAX_FEATURES, SIDE, whole } from "./limits.ts";
import { OUTPUTS, type OutputKind } from "./output.ts";
import type { TensorMap } from "./tensors.ts";
import { type Block, checkDepth, parseTrunk, THESIS_TRUNK } from "./trunk.ts";

export interface NetworkOptions {
  /** 1 (grey) or 3 (colour). */
  channels: number;
  /** 2 to 64. */
  classes: number;
  /**
   * What the logits stand for: "softmax" (default): one class an image; "sigmoid": labels that are there or not, each
   * by itself; "cumulative": classes in an order, by classes − 1 outputs of which each says whether the class is
   * above it.
   */
  output?: OutputKind;
  /** The blocks between the image and FC1, the first of type conv; default the thesis's five. See residualTrunk. */
  trunk?: readonly Block[];
  head: Head;
  /** Features between FC2 and FC3; default 16. */
  hidden?: number;
  /** Image size in pixels, 16 to 256; default 28. */
  height?: number;
  width?: number;
  /** What happens to the ratio of images that are resized to it: see datasets/fit.ts; default "squash". */
  fit?: "squash" | "crop" | "pad";
  /** Start of the random numbers, u32; default 0. */
  seed?: number;
  /** Images the memory has room for at once; default 64. It grows by itself when training asks for more. */
  batchSize?: number;
  /**
   * How 3×3 convolutions are computed: "winograd" (default), or "direct" sums, several times slower, to compare with.
   */
  convolution?: ConvolutionKind;
  /**
   * Bytes that the memory may take, at most (and by default) 3.75 GiB. A batch that needs more is run in parts: their
   * gradients add up to the batch's, but each has batch-norm statistics of its own images.
   */
  memory?: number;
  /**
   * Tensors that training leaves as they are: none (default), the quantum layer's, or those of the features, whose
   * batch norms then work as in inference.
   */
  freeze?: Freeze;
  /**
   * Probability, below 1, with which training drops each feature in front of FC1 (see GradientOptions.dropout); default
   * 0. No model file tells.
   */
  dropout?: number;
  /** How a circuit's weights start, see QuantumInit; default "uniform". */
  quantumInit?: QuantumInit;
  /**
   * Shots and noise of the circuit, and the method of its gradients, in training and in every answer; default exact
   * values and the adjoint. No model file tells.
   */
  measure?: EstimateSettings;
  /** Start from these instead of random numbers: PyTorch's names and layouts, as Network.load takes them. */
  tensors?: TensorMap;
}

/** How one optimiser step is taken; see assembly/optim/adam.ts. */
export interface UpdateOptions {
  lr: number;
  /** Decoupled weight decay; default 0. */
  weightDecay?: number;
  /** Largest L2 norm of all gradients together; 0 (default) leaves them as they are. */
  clipNorm?: number;
  /**
   * Decay of the moving average of all tensors, below 1, at most (1 + steps) / (10 + steps); 0 (default): not averaged.
   * See swapAverage.
   */
  ema?: number;
}

export interface GradientOptions {
  /** One weight a class, or none; of outputs with a sigmoid: a weight of the positives of each. */
  classWeights?: ArrayLike<number>;
  /** Label smoothing in [0, 1]; default 0. */
  labelSmoothing?: number;
  augment?: AugmentOptions;
  /**
   * Where the random numbers start that say which features drop out, one for every (seed, epoch, image, feature).
   * Without it none do.
   */
  dropout?: { seed: number; epoch: number };
}

/** The architecture of the options, every default filled in. @throws UsageError listing what is allowed */
export function resolve(options: NetworkOptions): Architecture {
  const { channels, classes, output = "softmax", trunk = THESIS_TRUNK, hidden = 16, height = 28, width = 28 } = options;
  if (channels !== 1 && channels !== 3) throw new UsageError(`channels: expected 1 or 3, got ${channels}`);
  if (!OUTPUTS.includes(output)) throw new UsageError(`output: expected ${OUTPUTS.join(", ")}, got ${output}`);
  const blocks = parseTrunk(trunk);
  whole("height", height, ...SIDE);
  whole("width", width, ...SIDE);
  checkDepth(blocks, height, width);
  whole("batchSize", options.batchSize ?? 64, 1, MAX_BATCH);
  return {
    channels,
    classes: whole("classes", classes, ...CLASSES),
    ...(output === "softmax" ? {} : { output }),
    height,
    width,
    trunk: blocks,
    ...(options.fit === "crop" || options.fit === "pad" ? { fit: options.fit } : {}),
    hidden: whole("hidden", hidden, 1, MAX_FEATURES),
    head: resolveHead(options.head),
  };
}

/** How it is computed and trained. @throws UsageError listing what is allowed */
export function layerOptions(options: NetworkOptions): LayerOptions {
  const { convolution = "winograd", freeze = "none", dropout = 0, quantumInit = "uniform", head, tensors } = options;
  if (!FREEZES.includes(freeze)) throw new UsageError(`freeze: expected ${FREEZES.join(", ")}, got ${freeze}`);
  if (!(dropout >= 0 && dropout < 1)) {
    throw new UsageError(`dropout: expected a number of at least 0 and below 1, got ${dropout}`);
  }
  checkQuantumInit(quantumInit);
  const measure = checkMeasure(options);
  const common = { convolution, freeze, dropout, ...(measure && { measure }) };
  // What starts from given tensors starts nowhere else.
  if (quantumInit === "uniform" || tensors) return common;
  if (head.kind !== "quantum") throw new UsageError(`quantum init: expected a head with a circuit, got ${head.kind}`);
  return { ...common, quantumInit };
}

/** Shots, noise and gradients with the method filled in; nothing where all is exact. */
function checkMeasure({ measure, head }: NetworkOptions): EstimateSettings | undefined {
  if (measure === undefined) return undefined;
  if (head.kind !== "quantum") throw new UsageError(`measure: expected a head with a circuit, got ${head.kind}`);
  const circuits = circuitsOf(resolveHead(head) as ResolvedQuantumHead).map(({ template }) => template.circuit);
  const [gradient] = circuits.map((circuit) => gradientOf(measure, measure, circuit));
  if (gradient === "adjoint") return undefined;
  // checked here, so that what cannot be never gets memory
  const tapes = circuits.map((circuit) => encodeEstimate(circuit, measure, { ...measure, gradient }));
  if (tapes.every(({ unmatched }) => unmatched.length > 0)) refuseUnmatched(tapes[0]);
  return { ...measure, gradient };
}
