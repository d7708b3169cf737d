import { HqcnnError } from "../check.ts";
import type { Network, TensorMap } from "../network/hybrid.ts";
import type { Layer } from "../network/layers.ts";
import { type ModelInfo, NORMALIZATION } from "../network/model.ts";
import { circuitWeights } from "../network/weights.ts";
import { addCircuit } from "./circuit.ts";
import { addConstant, addIndices, addNode, type Graph } from "./graph.ts";
import { ELEMENTS, encodeOnnx } from "./protobuf.ts";

const OPSET = 17;

/** What the nodes of a module are made from. */
interface Place {
  graph: Graph;
  network: Network;
  layer: Layer;
  tensors: TensorMap;
  /** As in the layer's kind, e.g. "Conv2d 3×3 padded" */
  module: string;
}

/** Adds a module's nodes behind x; returns the name of its output. */
type AddModule = (place: Place, x: string) => string;

/**
 * By the first word of a module in Layer.kind. Between them images are (N, C, H, W), so a flattened one has PyTorch's
 * order.
 */
const MODULES: Readonly<Record<string, AddModule>> = {
  Conv2d({ module, ...place }, x) {
    const pad = module.endsWith("padded") ? 1 : 0;
    const inputs = [x, ...constants(place, ["0.weight", "0.bias"])];
    return addNode(place.graph, "Conv", inputs, { pads: [pad, pad, pad, pad] });
  },
  BatchNorm2d(place, x) {
    // epsilon is 1e-5 by default, in PyTorch, here and in ONNX
    const names = ["1.weight", "1.bias", "1.running_mean", "1.running_var"];
    return addNode(place.graph, "BatchNormalization", [x, ...constants(place, names)]);
  },
  ReLU: ({ graph }, x) => addNode(graph, "Relu", [x]),
  MaxPool2d: ({ graph }, x) => addNode(graph, "MaxPool", [x], { kernel_shape: [2, 2], strides: [2, 2] }),
  Linear(place, x) {
    const { graph, layer } = place;
    const flat = layer.inShape.length > 1 ? addNode(graph, "Flatten", [x]) : x;
    return addNode(graph, "Gemm", [flat, ...constants(place, ["weight", "bias"])], { transB: 1 });
  },
  Dropout: (_, x) => x,
  Tanh: ({ graph }, x) => addNode(graph, "Tanh", [x]),
  Products({ graph, layer }, x) {
    // 1, cos x, sin x as cosines: (N, wires, 3)
    const inputs = addNode(graph, "Unsqueeze", [x, addIndices(graph, [2])]);
    const angles = addNode(graph, "Mul", [inputs, addConstant(graph, [3], [0, 1, 1])]);
    const shifts = addConstant(graph, [3], [0, 0, Math.PI / 2]);
    const factors = addNode(graph, "Cos", [addNode(graph, "Sub", [angles, shifts])]);
    const ofWire = (i: number) => addNode(graph, "Gather", [factors, addIndices(graph, [i])], { axis: 1 });
    let products = addNode(graph, "Flatten", [ofWire(0)]);
    for (let i = 1; i < layer.inShape[0]; i++) {
      const column = addNode(graph, "Unsqueeze", [products, addIndices(graph, [2])]);
      products = addNode(graph, "Flatten", [addNode(graph, "Mul", [column, ofWire(i)])]);
    }
    // without the product of ones
    const others = Array.from({ length: layer.outShape[0] }, (_, k) => k + 1);
    return addNode(graph, "Gather", [products, addIndices(graph, others)], { axis: 1 });
  },
  Circuit({ graph, network, tensors }, x) {
    const template = network.template!;
    return addCircuit(graph, template.circuit, circuitWeights(tensors, template), x);
  },
};

/**
 * The whole network as the bytes of an .onnx file (opset 17), for any runtime that reads it. Input `images`: uint8 (N,
 * H, W, C), pixels as they are, which the file normalises itself. Outputs `logits` and `probabilities`: float (N,
 * classes). Metadata: class_names, data, normalization, fingerprint.
 * @param info of the model file, for the metadata
 * @throws HqcnnError when a layer has no form in ONNX, or a circuit has more than 10 wires
 */
export function exportOnnx(network: Network, info?: Pick<ModelInfo, "classNames" | "data">): Uint8Array<ArrayBuffer> {
  const { channels, classes, height, width } = network.architecture;
  const graph: Graph = { nodes: [], constants: [] };
  const tensors = network.tensors();
  let x = addImages(graph);
  for (const layer of network.layers) {
    for (const module of layer.kind.split(", ")) {
      const add = MODULES[module.split(" ")[0]];
      if (!add)
        throw new HqcnnError(
          `onnx: layer ${layer.name} (${layer.kind}) has no form in ONNX here: export another model`,
        );
      x = add({ graph, network, layer, tensors, module }, x);
    }
  }
  const logits = addNode(graph, "Identity", [x], {}, "logits");
  const probabilities = addNode(graph, "Softmax", [logits], { axis: 1 }, "probabilities");
  return encodeOnnx({
    name: "hqcnn",
    description: "Hybrid quantum-classical network for medical images. Not for clinical use.",
    producer: "hqcnn",
    opset: OPSET,
    inputs: [{ name: "images", type: "uint8", shape: ["N", height, width, channels] }],
    outputs: [logits, probabilities].map((name) => ({ name, type: "float", shape: ["N", classes] })),
    ...graph,
    metadata: {
      ...(info && { class_names: JSON.stringify(info.classNames), data: JSON.stringify(info.data) }),
      normalization: JSON.stringify({ ...NORMALIZATION, formula: "(x / 255 - mean) / std, inside the file" }),
      fingerprint: network.fingerprint(),
    },
  });
}

/** uint8 (N, H, W, C) → normalised float (N, C, H, W). */
function addImages(graph: Graph): string {
  const { mean, std } = NORMALIZATION;
  const planes = addNode(graph, "Transpose", ["images"], { perm: [0, 3, 1, 2] });
  const pixels = addNode(graph, "Cast", [planes], { to: ELEMENTS.float });
  const scaled = addNode(graph, "Mul", [pixels, addConstant(graph, [], [1 / (255 * std)])]);
  return addNode(graph, "Sub", [scaled, addConstant(graph, [], [mean / std])]);
}

/** Tensors of the layer under PyTorch's names. */
function constants({ graph, layer, tensors }: Omit<Place, "module">, names: readonly string[]): string[] {
  return names.map((short) => {
    const name = `${layer.name}.${short}`;
    const { shape, data } = tensors.get(name)!;
    return addConstant(graph, shape, data, name);
  });
}
