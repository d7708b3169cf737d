import { type Ansatz, createTemplate, type Embedding, type Template } from "../circuit/templates.ts";
import type { Instance } from "../engine/load.ts";
import {
  type ConvolutionKind,
  convBlock,
  dropout,
  type Layer,
  linear,
  quantum,
  type Shape,
  tanh,
  trigonometric,
} from "./layers.ts";

/** Options with every default filled in: what a model file records. */
export interface Architecture {
  channels: number;
  classes: number;
  height: number;
  width: number;
  /** How images of another size are brought to this one; not given: "squash", their ratio is not kept. See datasets/fit.ts. */
  fit?: "crop" | "pad";
  hidden: number;
  head:
    | { kind: "quantum"; wires: number; layers: number; ansatz: Ansatz; embedding: Embedding; entangling: boolean }
    | { kind: "dense"; wires: number; width: number }
    | { kind: "series" | "none"; wires: number }
    | { kind: "logistic" };
}

/** What is not trained: nothing, the quantum layer, or the five convolution blocks. */
export const FREEZES = ["none", "quantum", "features"] as const;
export type Freeze = (typeof FREEZES)[number];

/** The circuit of an architecture's quantum layer; null in a dense network. */
export function templateOf({ head }: Architecture): Template | null {
  return head.kind === "quantum" ? createTemplate({ ...head }) : null;
}

/** How an architecture is computed and trained: of no concern to a model file. */
export interface LayerOptions {
  convolution: ConvolutionKind;
  freeze: Freeze;
  /** Probability with which training drops a feature in front of FC1. */
  dropout: number;
}

/**
 * The network as a list: five convolution blocks (and dropout, if any), FC1 to the wires, what the head puts there, FC2
 * + ReLU, FC3 to the logits.
 */
export function buildLayers(instance: Instance, architecture: Architecture, options: LayerOptions): Layer[] {
  const { channels, classes, height, width, hidden, head } = architecture;
  const layers: Layer[] = [];
  const shape = (): Shape => layers[layers.length - 1].outShape;
  const block = (name: string, inShape: Shape, block: { channels: number; pad: 0 | 1; pool: boolean }) =>
    layers.push(
      convBlock(instance, name, inShape, { ...block, first: layers.length === 0, kind: options.convolution }),
    );
  block("layer1", [height, width, channels], { channels: 16, pad: 0, pool: false });
  block("layer2", shape(), { channels: 16, pad: 0, pool: true });
  block("layer3", shape(), { channels: 64, pad: 0, pool: false });
  block("layer4", shape(), { channels: 64, pad: 0, pool: false });
  block("layer5", shape(), { channels: 64, pad: 1, pool: true });
  const blocks = layers.length;
  if (options.dropout > 0) layers.push(dropout(instance, "dropout", shape(), options.dropout));
  if (head.kind === "logistic") layers.push(linear(instance, "fc", shape(), classes, false));
  else {
    layers.push(linear(instance, "fc1", shape(), templateOf(architecture)?.circuit.numInputs ?? head.wires, false));
    layers.push(...buildHead(instance, architecture));
    layers.push(linear(instance, "fc2", [head.wires], hidden, true));
    layers.push(linear(instance, "fc3", shape(), classes, false));
  }
  const frozen = (layer: Layer, i: number) =>
    options.freeze === "features" ? i < blocks : layer.name === options.freeze;
  return layers.map((layer, i) => ({ ...layer, frozen: frozen(layer, i) }));
}

/** What stands between FC1 and FC2. */
function buildHead(instance: Instance, architecture: Architecture): Layer[] {
  const { head } = architecture;
  switch (head.kind) {
    case "quantum":
      return [quantum(instance, "quantum", templateOf(architecture)!)];
    case "dense": {
      const { wires, width } = head;
      if (width === 0) return [tanh(instance, "tanh", wires)];
      return [
        linear(instance, "dense.0", [wires], width, false),
        tanh(instance, "dense.1", width),
        linear(instance, "dense.2", [width], wires, false),
        tanh(instance, "dense.3", wires),
      ];
    }
    case "series": {
      const products = trigonometric(instance, "products", head.wires);
      return [products, linear(instance, "series", products.outShape, head.wires, false)];
    }
    default:
      return [];
  }
}
