import { type Ansatz, createTemplate, type Embedding, type Template } from "../circuit/templates.ts";
import type { Instance } from "../engine/load.ts";
import { type ConvolutionKind, convBlock, dropout, type Layer, linear, quantum, type Shape, tanh } from "./layers.ts";

/** Options with every default filled in: what a model file records. */
export interface Architecture {
  channels: number;
  classes: number;
  height: number;
  width: number;
  hidden: number;
  head:
    | { kind: "quantum"; wires: number; layers: number; ansatz: Ansatz; embedding: Embedding }
    | { kind: "dense"; wires: number };
}

/** The circuit of an architecture's quantum layer; null in a dense network. */
export function templateOf({ head }: Architecture): Template | null {
  return head.kind === "quantum" ? createTemplate({ ...head }) : null;
}

/** The network as a list: five convolution blocks (and dropout with probability `dropped`), FC1 to the wires, the quantum layer (or tanh), FC2 + ReLU, FC3 to the logits. */
export function buildLayers(
  instance: Instance,
  architecture: Architecture,
  kind: ConvolutionKind,
  dropped = 0,
): Layer[] {
  const { channels, classes, height, width, hidden, head } = architecture;
  const template = templateOf(architecture);
  const layers: Layer[] = [];
  const shape = (): Shape => layers[layers.length - 1].outShape;
  const block = (name: string, inShape: Shape, options: { channels: number; pad: 0 | 1; pool: boolean }) =>
    layers.push(convBlock(instance, name, inShape, { ...options, first: layers.length === 0, kind }));
  block("layer1", [height, width, channels], { channels: 16, pad: 0, pool: false });
  block("layer2", shape(), { channels: 16, pad: 0, pool: true });
  block("layer3", shape(), { channels: 64, pad: 0, pool: false });
  block("layer4", shape(), { channels: 64, pad: 0, pool: false });
  block("layer5", shape(), { channels: 64, pad: 1, pool: true });
  if (dropped > 0) layers.push(dropout(instance, "dropout", shape(), dropped));
  layers.push(linear(instance, "fc1", shape(), head.wires, false));
  layers.push(template ? quantum(instance, "quantum", template) : tanh(instance, "tanh", head.wires));
  layers.push(linear(instance, "fc2", shape(), hidden, true));
  layers.push(linear(instance, "fc3", shape(), classes, false));
  return layers;
}
