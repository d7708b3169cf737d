import { HqcnnError } from "../check.ts";
import type { Module } from "../network/layers/modules.ts";
import { type ModelInfo, NORMALIZATION } from "../network/model.ts";
import type { Network } from "../network/network.ts";
import type { Answering, OutputKind } from "../network/output.ts";
import type { TensorMap } from "../network/tensors.ts";
import { circuitWeights } from "../network/weights.ts";
import { addCircuit } from "./circuit.ts";
import { addConstant, addIndices, addNode, type Graph } from "./graph.ts";
import { ELEMENTS, encodeOnnx } from "./protobuf.ts";

const OPSET = 17;

/** What the nodes of a module are made from. */
interface Place {
  graph: Graph;
  tensors: TensorMap;
  layer: string;
  /** Name of what the layer is given. */
  input: string;
}

/**
 * A module's nodes behind x; returns the name of its output. Images are (N, C, H, W), so a flattened one has PyTorch's
 * order.
 */
const MODULES: {
  readonly [Type in Module["type"]]: (place: Place, x: string, module: Extract<Module, { type: Type }>) => string;
} = {
  Conv2d(place, x, { name, pad, bias }) {
    const inputs = [x, ...constants(place, name, bias ? ["weight", "bias"] : ["weight"])];
    return addNode(place.graph, "Conv", inputs, { pads: [pad, pad, pad, pad] });
  },
  BatchNorm2d(place, x, { name }) {
    // epsilon is 1e-5 by default, in PyTorch, here and in ONNX
    const inputs = [x, ...constants(place, name, ["weight", "bias", "running_mean", "running_var"])];
    return addNode(place.graph, "BatchNormalization", inputs);
  },
  ReLU: ({ graph }, x) => addNode(graph, "Relu", [x]),
  MaxPool2d: ({ graph }, x, { kernel }) =>
    addNode(graph, "MaxPool", [x], { kernel_shape: [kernel, kernel], strides: [kernel, kernel] }),
  AddInput: ({ graph, input }, x) => addNode(graph, "Add", [x, input]),
  AdaptiveAvgPool2d: ({ graph }, x) => addNode(graph, "GlobalAveragePool", [x]),
  Dropout: (_, x) => x,
  Flatten: ({ graph }, x) => addNode(graph, "Flatten", [x]),
  Linear: (place, x, { name }) =>
    addNode(place.graph, "Gemm", [x, ...constants(place, name, ["weight", "bias"])], { transB: 1 }),
  Tanh: ({ graph }, x) => addNode(graph, "Tanh", [x]),
  Products({ graph }, x, module) {
    // 1, cos x, sin x as cosines: (N, wires, 3)
    const inputs = addNode(graph, "Unsqueeze", [x, addIndices(graph, [2])]);
    const angles = addNode(graph, "Mul", [inputs, addConstant(graph, [3], [0, 1, 1])]);
    const shifts = addConstant(graph, [3], [0, 0, Math.PI / 2]);
    const factors = addNode(graph, "Cos", [addNode(graph, "Sub", [angles, shifts])]);
    const ofWire = (i: number) => addNode(graph, "Gather", [factors, addIndices(graph, [i])], { axis: 1 });
    let products = addNode(graph, "Flatten", [ofWire(0)]);
    for (let i = 1; i < module.in; i++) {
      const column = addNode(graph, "Unsqueeze", [products, addIndices(graph, [2])]);
      products = addNode(graph, "Flatten", [addNode(graph, "Mul", [column, ofWire(i)])]);
    }
    // without the product of ones
    const others = Array.from({ length: 3 ** module.in - 1 }, (_, k) => k + 1);
    return addNode(graph, "Gather", [products, addIndices(graph, others)], { axis: 1 });
  },
  Circuit: ({ graph, tensors }, x, { name, template }) =>
    addCircuit(graph, template.circuit, circuitWeights(tensors, template, name), x),
  Parallel(place, x, { parts, bypass }) {
    const { graph } = place;
    let at = 0;
    const columns = (count: number) => {
      const indices = Array.from({ length: count }, (_, i) => at + i);
      at += count;
      return addNode(graph, "Gather", [x, addIndices(graph, indices)], { axis: 1 });
    };
    const outputs = parts.map(({ in: count, modules }) => {
      const input = columns(count);
      return modules.reduce((out, module) => addModule({ ...place, input }, out, module), input);
    });
    const all = bypass > 0 ? [...outputs, columns(bypass)] : outputs;
    return all.length === 1 ? all[0] : addNode(graph, "Concat", all, { axis: 1 });
  },
};

function addModule(place: Place, x: string, module: Module): string {
  const add = MODULES[module.type] as ((place: Place, x: string, module: Module) => string) | undefined;
  if (!add)
    throw new HqcnnError(`onnx: layer ${place.layer}: ${module.type} has no form in ONNX here: export another model`);
  return add(place, x, module);
}

/**
 * The whole network as the bytes of an .onnx file (opset 17), for any runtime that reads it. Input `images`: uint8 (N,
 * H, W, C), pixels as they are, which the file normalises itself. Outputs `logits`: float (N, outputs), and
 * `probabilities`: float (N, classes); of labels by themselves the sigmoid of each. Metadata: class_names, data,
 * normalization, output, fingerprint.
 * @param info of the model file, for the metadata
 * @throws HqcnnError when a layer has no form in ONNX, or a circuit's matrices would take more than 1 GiB
 */
export function exportOnnx(network: Network, info?: Pick<ModelInfo, "classNames" | "data">): Uint8Array<ArrayBuffer> {
  const { channels, classes, height, width, output = "softmax" } = network.architecture;
  const graph: Graph = { nodes: [], constants: [] };
  const tensors = network.tensors();
  let x = addImages(graph);
  for (const layer of network.layers) {
    const input = x;
    for (const module of layer.modules) x = addModule({ graph, tensors, layer: layer.name, input }, x, module);
  }
  const logits = addNode(graph, "Identity", [x], {}, "logits");
  const probabilities = addProbabilities(graph, logits, network.architecture);
  return encodeOnnx({
    name: "hqcnn",
    description: "Hybrid quantum-classical network for medical images. Not for clinical use.",
    producer: "hqcnn",
    opset: OPSET,
    inputs: [{ name: "images", type: "uint8", shape: ["N", height, width, channels] }],
    outputs: [
      { name: logits, type: "float", shape: ["N", network.outputs] },
      { name: probabilities, type: "float", shape: ["N", classes] },
    ],
    ...graph,
    metadata: {
      ...(info && { class_names: JSON.stringify(info.classNames), data: JSON.stringify(info.data) }),
      normalization: JSON.stringify({ ...NORMALIZATION, formula: "(x / 255 - mean) / std, inside the file" }),
      output: OUTPUT_TEXTS[output],
      fingerprint: network.fingerprint(),
    },
  });
}

/** What the metadata say of the outputs. */
const OUTPUT_TEXTS: Record<OutputKind, string> = {
  softmax: "softmax: one class an image, the most probable one",
  sigmoid: "sigmoid: labels by themselves, each there if its probability is above 0.5",
  cumulative:
    "cumulative: logit k says whether the class is above k; the class is the number of logits above 0, probabilities are " +
    "differences of their sigmoids, those below 0 set to 0, divided by their sum",
};

/** logits (N, outputs) → probabilities (N, classes). */
function addProbabilities(graph: Graph, logits: string, { classes, output }: Answering): string {
  if (!output) return addNode(graph, "Softmax", [logits], { axis: 1 }, "probabilities");
  if (output === "sigmoid") return addNode(graph, "Sigmoid", [logits], {}, "probabilities");
  const above = addNode(graph, "Sigmoid", [logits]);
  // p(k) = s(k − 1) − s(k), with 1 in front and 0 behind.
  const differences = Array.from({ length: (classes - 1) * classes }, (_, i) => {
    const [from, to] = [Math.floor(i / classes), i % classes];
    return to === from ? -1 : to === from + 1 ? 1 : 0;
  });
  const first = Array.from({ length: classes }, (_, k) => (k === 0 ? 1 : 0));
  const product = addNode(graph, "MatMul", [above, addConstant(graph, [classes - 1, classes], differences)]);
  const shares = addNode(graph, "Relu", [addNode(graph, "Add", [product, addConstant(graph, [classes], first)])]);
  const sum = addNode(graph, "ReduceSum", [shares, addIndices(graph, [1])], { keepdims: 1 });
  return addNode(graph, "Div", [shares, sum], {}, "probabilities");
}

/** uint8 (N, H, W, C) → normalised float (N, C, H, W). */
function addImages(graph: Graph): string {
  const { mean, std } = NORMALIZATION;
  const planes = addNode(graph, "Transpose", ["images"], { perm: [0, 3, 1, 2] });
  const pixels = addNode(graph, "Cast", [planes], { to: ELEMENTS.float });
  const scaled = addNode(graph, "Mul", [pixels, addConstant(graph, [], [1 / (255 * std)])]);
  return addNode(graph, "Sub", [scaled, addConstant(graph, [], [mean / std])]);
}

/** Tensors of a module under PyTorch's names. */
function constants({ graph, tensors }: Place, module: string, names: readonly string[]): string[] {
  return names.map((short) => {
    const name = `${module}.${short}`;
    const { shape, data } = tensors.get(name)!;
    return addConstant(graph, shape, data, name);
  });
}
