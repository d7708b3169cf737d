import * as z from "zod";
import { HqcnnError } from "../../host/check.ts";
import { type Engine, instantiate } from "../../host/engine/load.ts";
import { f32 } from "../../host/engine/memory.ts";
import { plan } from "../../host/engine/plan.ts";
import { createNetwork, type Head, type Network } from "../../host/network/network.ts";
import { decodeSafetensors } from "../../host/network/safetensors.ts";
import { relativeError } from "../util/numbers.ts";
import { emptySection, largestDifference, note, parseGolden, type Section, skip } from "./report.ts";

const Golden = z.object({ batch: z.int().min(1), losses_float64: z.array(z.number()).min(1) });

interface Tensor {
  shape: readonly number[];
  data: Float64Array;
}

/** network.safetensors and network.json against the engine: the table of parity/README.md. */
export function compareNetwork(engine: Engine, file: Uint8Array, json: string): Section {
  const { batch: N, losses_float64: losses } = parseGolden("network.json", json, Golden);
  const tensors = new Map<string, Tensor>();
  for (const [name, { shape, data }] of decodeSafetensors(file, "network.safetensors").tensors) {
    tensors.set(name, { shape, data: Float64Array.from(data as ArrayLike<number | bigint>, Number) });
  }
  const golden = (name: string): Tensor => {
    const tensor = tensors.get(name);
    if (!tensor) throw new HqcnnError(`network.safetensors: tensor ${name} is missing`);
    return tensor;
  };
  const images = Uint8Array.from(golden("images").data);
  const labels = Uint8Array.from(golden("labels").data);
  const steps = losses.length;
  if (labels.length < N * steps || golden("images").shape[0] !== labels.length) {
    throw new HqcnnError(
      `network.safetensors: expected ${steps} batches of ${N} images, got ${golden("images").shape[0]} images and ${labels.length} labels`,
    );
  }
  const network = createGoldenNetwork(engine, tensors, golden, N);
  const size = images.length / labels.length;
  const feed = (step: number) => {
    const batch = network.batch(N);
    batch.images.set(images.subarray(step * N * size, (step + 1) * N * size));
    batch.labels.set(labels.subarray(step * N, (step + 1) * N));
  };

  const section = emptySection();
  const absolute = (name: string, actual: ArrayLike<number>, tolerance: number) =>
    note(section, name, name, largestDifference(actual, golden(name).data), tolerance);
  feed(0);
  absolute("eval.logits", network.forward(N), 1e-4);
  const { loss } = network.gradients(N);
  note(section, "loss of step 1", "step 1", Math.abs(loss - losses[0]), 1e-5);
  const head = network.template ? "quantum" : "tanh";
  absolute("train.logits", network.logits(N), 1e-4);
  absolute("train.fc1", network.activation("fc1", N), 1e-4);
  absolute(`train.${head}`, network.activation(head, N), 1e-4);
  absolute("train.fc2", beforeRelu(engine, network, head, N), 1e-4);
  for (const layer of ["layer1", "layer5"]) {
    const sums = golden(`train.${layer}.sum_per_channel`).data;
    note(section, "train.sum_per_channel", layer, relativeError(channelSums(network, layer, N), sums), 1e-5);
  }
  for (const [name, { data }] of network.paramTensors("grads")) compareGradient(section, name, data, golden);
  for (const [name, { data }] of network.tensors()) {
    if (!name.includes("running")) continue;
    note(section, "running statistics", name, relativeError(data, golden(`after_forward.${name}`).data), 1e-5);
  }
  network.update({ lr: 1e-3 });
  for (let step = 1; step < steps; step++) {
    feed(step);
    const { loss } = network.gradients(N);
    note(section, "losses after step 1", `step ${step + 1}`, Math.abs(loss - losses[step]), 5e-3);
    network.update({ lr: 1e-3 });
  }
  feed(0);
  absolute(`after_${steps}_steps.eval.logits`, network.forward(N), 2e-2);
  section.compared = steps;
  for (const name of tensors.keys()) {
    if (/^after_\d+_steps\.(?!eval)/.test(name))
      skip(section, "parameters after the last step (a tiny gradient's sign decides them)");
  }
  return section;
}

/** A network of the shape that the golden tensors have, with their start values. */
function createGoldenNetwork(
  engine: Engine,
  tensors: ReadonlyMap<string, Tensor>,
  golden: (name: string) => Tensor,
  batchSize: number,
): Network {
  const [wires] = golden("start.fc1.weight").shape;
  const [, height, width, channels] = golden("images").shape;
  const [classes, hidden] = golden("start.fc3.weight").shape;
  const start = new Map<string, Tensor>();
  for (const [name, tensor] of tensors) {
    if (name.startsWith("start.")) start.set(name.slice("start.".length), tensor);
  }
  return createNetwork(engine, {
    ...{ channels, classes, hidden, height, width, batchSize },
    head: headOf(start, wires),
    tensors: start,
  });
}

function headOf(start: ReadonlyMap<string, Tensor>, wires: number): Head {
  const weights = start.get("quantum.weights");
  if (!weights) return { kind: "dense", wires };
  const [layers] = weights.shape;
  if (start.has("quantum.rotations")) return { kind: "quantum", wires, layers };
  const ansatz = weights.shape.length === 3 ? "strongly-entangling" : "basic-entangler";
  return { kind: "quantum", wires, layers, ansatz };
}

/** The network keeps fc2 after its ReLU only: the same kernel once more on the same numbers. */
function beforeRelu(engine: Engine, network: Network, head: string, N: number): Float32Array {
  const instance = instantiate(engine);
  const [x, w, b] = [
    network.activation(head, N),
    network.tensors().get("fc2.weight")!.data,
    network.tensors().get("fc2.bias")!.data,
  ];
  const [K, O] = [x.length / N, b.length];
  const at = plan(instance, { out: 4 * N * O, x: 4 * x.length, w: 4 * w.length, b: 4 * O });
  f32(instance, at.x, x.length).set(x);
  f32(instance, at.w, w.length).set(w);
  f32(instance, at.b, O).set(b);
  instance.kernels.linearForward(at.out, at.x, at.w, at.b, N, K, O);
  return f32(instance, at.out, N * O);
}

function channelSums(network: Network, layer: string, N: number): Float64Array {
  const out = network.activation(layer, N);
  const C = network.layers.find(({ name }) => name === layer)!.outShape[2];
  const sums = new Float64Array(C);
  out.forEach((value, i) => {
    sums[i % C] += value;
  });
  return sums;
}

function compareGradient(section: Section, name: string, data: Float32Array, golden: (name: string) => Tensor): void {
  const expected = golden(`grad.${name}`).data;
  if (/^layer\d\.0\.bias$/.test(name)) {
    note(
      section,
      "gradients of convolution biases",
      name,
      largestDifference(data, new Float64Array(data.length)),
      1e-5,
    );
    return;
  }
  const length = (values: Float64Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  const error = length(expected.map((value, i) => data[i] - value)) / (length(expected) || 1);
  if (!name.startsWith("layer")) note(section, "gradients of fc1, quantum, fc2, fc3", name, error, 2e-4);
  else if (name.startsWith("layer5.1.")) note(section, "gradients of layer5.1", name, error, 5e-3);
  else note(section, "other gradients of layer1 … layer5", name, error, 4e-2);
}
