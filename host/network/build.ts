import type { EstimateSettings } from "../circuit/noise/tape.ts";
import type { Instance } from "../engine/load.ts";
import { buildHead, headInputs, type ResolvedHead } from "./heads.ts";
import type { QuantumInit } from "./init.ts";
import type { ConvolutionKind } from "./layers/convolution.ts";
import { dropout } from "./layers/dropout.ts";
import type { Layer, Shape } from "./layers/layer.ts";
import { linear } from "./layers/linear.ts";
import { type Answering, logitsOfImage } from "./output.ts";
import type { TensorSpec } from "./parameters.ts";
import { type Block, buildTrunk } from "./trunk.ts";

/** Options with every default filled in: what a model file records. `output` not given: softmax. */
export interface Architecture extends Answering {
  channels: number;
  height: number;
  width: number;
  /**
   * How images of another size are brought to this one; not given: "squash", their ratio is not kept. See
   * datasets/fit.ts.
   */
  fit?: "crop" | "pad";
  /** From the image to the features; a model file without it means the thesis's. */
  trunk: readonly Block[];
  hidden: number;
  head: ResolvedHead;
}

/** What is not trained: nothing, the quantum layer, or the trunk. */
export const FREEZES = ["none", "quantum", "features"] as const;
export type Freeze = (typeof FREEZES)[number];

/** How an architecture is computed and trained: of no concern to a model file. */
export interface LayerOptions {
  convolution: ConvolutionKind;
  freeze: Freeze;
  /** Probability with which training drops a feature in front of FC1. */
  dropout: number;
  /** How a circuit's weights start; default uniform. */
  quantumInit?: QuantumInit;
  /** Shots and noise of the circuit, and the method of its gradients; default exact values and the adjoint. */
  measure?: EstimateSettings;
}

/**
 * Where a layer stands: trunk: from the image to the features; reduction: to FC1's outputs (logistic: to the logits);
 * head: what the head puts behind FC1; output: FC2 and FC3.
 */
export type Part = "trunk" | "reduction" | "head" | "output";

/** A layer in its place. */
export interface NetworkLayer extends Layer {
  part: Part;
}

/** The network as a list: the trunk, dropout if any, FC1, what the head puts there, FC2 + ReLU, FC3 to the logits. */
export function buildLayers(
  instance: Instance,
  architecture: Architecture,
  { convolution, freeze, dropout: p, quantumInit = "uniform", measure }: LayerOptions,
): NetworkLayer[] {
  const { channels, height, width, trunk, hidden, head } = architecture;
  const answering = { classes: architecture.classes, output: architecture.output };
  const logits = logitsOfImage(answering);
  const layers: NetworkLayer[] = [];
  const shape = (): Shape => layers[layers.length - 1].outShape;
  const frozen: Partial<Record<Part, boolean>> = {
    trunk: freeze === "features",
    head: freeze === "quantum" && head.kind === "quantum",
  };
  const add = (part: Part, ...more: Layer[]) => {
    layers.push(...more.map((layer) => ({ ...layer, part, frozen: frozen[part] })));
  };
  add("trunk", ...buildTrunk(instance, trunk, [height, width, channels], convolution));
  if (p > 0) add("reduction", dropout(instance, "dropout", shape(), p));
  const inputs = headInputs(head);
  if (inputs === null) {
    add("reduction", { ...linear(instance, "fc", shape(), logits, false), answering });
    return layers;
  }
  add("reduction", linear(instance, "fc1", shape(), inputs, false));
  add("head", ...buildHead(instance, head, { init: quantumInit, measure }));
  add("output", linear(instance, "fc2", shape(), hidden, true));
  add("output", { ...linear(instance, "fc3", [hidden], logits, false), answering });
  return layers;
}

/** The thesis's circuit has two tensors, so a head's first two come before FC2's and FC3's, and others behind. */
const HEAD_TENSORS = 2;

/**
 * Which random numbers each tensor starts from: its place in the order trunk, FC1, two tensors of the head, FC2, FC3,
 * the head's other tensors. So ablations with something else in the circuit's place start with the same numbers
 * everywhere else.
 */
export function substreamsOf(layers: readonly NetworkLayer[]): Map<TensorSpec, number> {
  const tensors = (...parts: Part[]) =>
    layers.filter(({ part }) => parts.includes(part)).flatMap((layer) => layer.tensors);
  const substreams = new Map<TensorSpec, number>();
  const number = (list: readonly TensorSpec[], start: number) => {
    list.forEach((spec, i) => {
      substreams.set(spec, start + i);
    });
    return start + list.length;
  };
  const head = tensors("head");
  const first = number(tensors("trunk", "reduction"), 0);
  number(head.slice(0, HEAD_TENSORS), first);
  const next = number(tensors("output"), first + HEAD_TENSORS);
  number(head.slice(HEAD_TENSORS), next);
  return substreams;
}
