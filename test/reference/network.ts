// The whole network, the slow one: forward, backward and Adam in f64, composed of the references of the single ops.
// Tensors have PyTorch's names and layouts; the permutations to NHWC are done here once more, so nothing is shared with
// host/network.

import { reluBackward, reluForward, tanhBackward, tanhForward } from "./activation.ts";
import { type AdamOptions, type AdamState, adam } from "./adam.ts";
import { averagePool2dBackward, averagePool2dForward } from "./averagePool2d.ts";
import {
  batchNorm2dBackward,
  batchNorm2dBackwardRunning,
  batchNorm2dForward,
  batchStatistics,
  movedStatistics,
  type Statistics,
} from "./batchNorm2d.ts";
import { conv2dBackward, conv2dForward } from "./conv2d.ts";
import { linearBackward, linearForward } from "./linear.ts";
import { maxPool2dBackward, maxPool2dForward } from "./maxPool2d.ts";
import { normalize } from "./normalize.ts";
import { softmaxCrossEntropy } from "./softmaxCrossEntropy.ts";
import { expval, finalState, type ReferenceOperation, runReference } from "./statevector.ts";
import { trigonometricBackward, trigonometricForward } from "./trigonometric.ts";

export interface Tensor {
  shape: readonly number[];
  data: Float64Array;
}
export type Tensors = Map<string, Tensor>;

/** What one forward pass leaves; batch statistics of the blocks where it was in training mode. */
export interface Forward {
  logits: Float64Array;
  /** By layer name; fc2 before its ReLU. */
  activations: Map<string, Float64Array>;
  /** In order; without a name where the output is no layer's. */
  tape: { name?: string; backward(dout: Float64Array): Float64Array }[];
}

/** What stands in front of the layers, as host/network/trunk.ts lists it. */
export type ReferenceTrunk = readonly { type: string; pad?: number; pool?: boolean }[];

const THESIS: ReferenceTrunk = [
  { type: "conv", pad: 0, pool: false },
  { type: "conv", pad: 0, pool: true },
  { type: "conv", pad: 0, pool: false },
  { type: "conv", pad: 0, pool: false },
  { type: "conv", pad: 1, pool: true },
];
const EPSILON = 1e-5;
const MOMENTUM = 0.1;

/** Inputs into the circuit, by name. */
export type ReferenceEmbedding = "angle-x" | "iqp" | "amplitude";

function embeddingOperations(embedding: ReferenceEmbedding, wires: number): ReferenceOperation[] {
  const each = Array.from({ length: wires }, (_, i) => i);
  if (embedding === "angle-x") return each.map((i) => ({ name: "RX", wires: [i], params: [{ input: i }] }));
  if (embedding === "amplitude") {
    const params = Array.from({ length: 2 ** wires }, (_, input) => ({ input }));
    return [{ name: "AmplitudeEmbedding", wires: each, params }];
  }
  const operations: ReferenceOperation[] = [];
  for (const i of each) {
    operations.push({ name: "Hadamard", wires: [i], params: [] }, { name: "RZ", wires: [i], params: [{ input: i }] });
  }
  for (let i = 0; i < wires; i++) {
    for (let j = i + 1; j < wires; j++) {
      operations.push({ name: "MultiRZ", wires: [i, j], params: [{ product: [i, j] }] });
    }
  }
  return operations;
}

/**
 * The thesis's circuit: AngleEmbedding X (or another), RY and RZ on every wire, CNOT ring, StronglyEntanglingLayers.
 * Weights: rotations, then weights.
 */
export function thesisOperations(
  wires: number,
  layers: number,
  embedding: ReferenceEmbedding = "angle-x",
): ReferenceOperation[] {
  const operations = embeddingOperations(embedding, wires);
  const ring = (step: number) => {
    for (let i = 0; wires > 1 && i < wires; i++)
      operations.push({ name: "CNOT", wires: [i, (i + step) % wires], params: [] });
  };
  for (let i = 0; i < wires; i++) {
    operations.push({ name: "RY", wires: [i], params: [{ weight: 2 * i }] });
    operations.push({ name: "RZ", wires: [i], params: [{ weight: 2 * i + 1 }] });
  }
  ring(1);
  for (let l = 0; l < layers; l++) {
    for (let i = 0; i < wires; i++) {
      const first = 2 * wires + (l * wires + i) * 3;
      operations.push({ name: "Rot", wires: [i], params: [0, 1, 2].map((k) => ({ weight: first + k })) });
    }
    ring((l % (wires - 1)) + 1);
  }
  return operations;
}

/**
 * The network on images (N, height, width, channels) of bytes; running statistics in `tensors` move in training mode.
 * `layers`: those behind the blocks.
 */
export function forward(
  tensors: Tensors,
  images: ArrayLike<number>,
  [H0, W0, C0]: readonly number[],
  mode: "training" | "evaluation",
  embedding: ReferenceEmbedding = "angle-x",
  grads: Tensors = new Map(),
  layers: readonly string[] = ["fc1", tensors.has("quantum.weights") ? "quantum" : "tanh", "fc2", "fc3"],
  trunk: ReferenceTrunk = THESIS,
): Forward {
  const tensor = (name: string) => tensors.get(name)!;
  const data = (name: string) => tensor(name).data;
  const keep = (name: string, values: Float64Array) => grads.set(name, { shape: tensor(name).shape, data: values });
  const activations = new Map<string, Float64Array>();
  const tape: Forward["tape"] = [];
  let [H, W, C] = [H0, W0, C0];
  const N = images.length / (H * W * C);
  let x = normalize(images);

  const step = (name: string, out: Float64Array, backward: (dout: Float64Array) => Float64Array) => {
    x = out;
    activations.set(name, x);
    tape.push({ name, backward });
  };
  /** Conv2d and BatchNorm2d under PyTorch's names; padded by `pad`. */
  const convNorm = (input: Float64Array, conv: string, norm: string, pad: number) => {
    const OC = tensor(`${conv}.weight`).shape[0];
    const shape = { N, H, W, C, OC, pad };
    const w = filterOrder(data(`${conv}.weight`), OC, C);
    const bias = tensors.has(`${conv}.bias`);
    const convolved = conv2dForward(input, w, bias ? data(`${conv}.bias`) : new Float64Array(OC), shape);
    [H, W, C] = [H + 2 * pad - 2, W + 2 * pad - 2, OC];
    const running: Statistics = { mean: data(`${norm}.running_mean`), variance: data(`${norm}.running_var`) };
    const statistics = mode === "training" ? batchStatistics(convolved, OC) : running;
    if (mode === "training") {
      const moved = movedStatistics(running, statistics, N * H * W, MOMENTUM);
      running.mean.set(moved.mean);
      running.variance.set(moved.variance);
    }
    const gamma = data(`${norm}.weight`);
    const backward = (dout: Float64Array) => {
      const normed = mode === "training" ? batchNorm2dBackward : batchNorm2dBackwardRunning;
      const { dx: dconvolved, dw: dgamma, db: dbeta } = normed(dout, convolved, statistics, gamma, EPSILON);
      keep(`${norm}.weight`, dgamma);
      keep(`${norm}.bias`, dbeta);
      const { dx, dw, db } = conv2dBackward(dconvolved, input, w, shape);
      keep(`${conv}.weight`, filterOrderBack(dw, OC, shape.C));
      if (bias) keep(`${conv}.bias`, db);
      return dx;
    };
    return { out: batchNorm2dForward(convolved, statistics, gamma, data(`${norm}.bias`), EPSILON), backward };
  };
  const pooledBy2 = (input: Float64Array) => {
    const { out, index } = maxPool2dForward(input, { N, H, W, C });
    [H, W] = [Math.floor(H / 2), Math.floor(W / 2)];
    return { out, backward: (dout: Float64Array) => maxPool2dBackward(dout, index, input.length) };
  };
  let [layer, pools] = [0, 0];
  for (const { type, pad = 0, pool = false } of trunk) {
    const input = x;
    if (type === "maxPool") {
      const { out, backward } = pooledBy2(input);
      step(`pool${++pools}`, out, backward);
    } else if (type === "averagePool") {
      const shape = { N, H, W, C };
      step("average1", averagePool2dForward(input, shape), (dout) => averagePool2dBackward(dout, shape));
      [H, W] = [1, 1];
    } else if (type === "residual") {
      const name = `layer${++layer}`;
      const one = convNorm(input, `${name}.conv1`, `${name}.bn1`, 1);
      const between = reluForward(one.out);
      const two = convNorm(between, `${name}.conv2`, `${name}.bn2`, 1);
      const out = reluForward(two.out.map((value, i) => value + input[i]));
      step(name, out, (dout) => {
        const masked = reluBackward(dout, out);
        const dx = one.backward(reluBackward(two.backward(masked), between));
        return dx.map((value, i) => value + masked[i]);
      });
    } else {
      const name = `layer${++layer}`;
      const { out, backward } = convNorm(input, `${name}.0`, `${name}.1`, pad);
      const activated = reluForward(out);
      const pooled = pool ? pooledBy2(activated) : null;
      step(name, pooled?.out ?? activated, (dout) =>
        backward(reluBackward(pooled ? pooled.backward(dout) : dout, activated)),
      );
    }
  }

  // flatten: channel, row, column
  x = swapAxes(x, N, H * W, C);
  tape.push({ backward: (dout) => swapAxes(dout, N, C, H * W) });

  const linear = (name: string) => {
    const input = x;
    const [O, K] = tensor(`${name}.weight`).shape;
    x = linearForward(input, data(`${name}.weight`), data(`${name}.bias`), { N, K, O });
    activations.set(name, x);
    tape.push({
      ...(name === "fc2" ? {} : { name }), // its ReLU follows
      backward(dout) {
        const { dx, dw, db } = linearBackward(dout, input, data(`${name}.weight`), { N, K, O });
        keep(`${name}.weight`, dw);
        keep(`${name}.bias`, db);
        return dx;
      },
    });
  };
  const circuit = (name: string) => {
    const features = x;
    const [repetitions, wires] = tensor("quantum.weights").shape;
    const numInputs = x.length / N;
    const operations = thesisOperations(wires, repetitions, embedding);
    const weights = [...data("quantum.rotations"), ...data("quantum.weights")];
    const words = Array.from({ length: wires }, (_, i) => [["Z", i]] as const);
    const inputs = (n: number) => features.subarray(n * numInputs, (n + 1) * numInputs);
    const out = Array.from({ length: N }, (_, n) => {
      const state = finalState(wires, operations, inputs(n), weights);
      return words.map((word) => expval(state, wires, word));
    });
    step(name, Float64Array.from(out.flat()), (dout) => {
      const dx = new Float64Array(features.length);
      const dweights = new Float64Array(weights.length);
      for (let n = 0; n < N; n++) {
        const { jacobianInputs, jacobianWeights } = runReference(wires, operations, inputs(n), weights, words);
        for (let o = 0; o < wires; o++) {
          const g = dout[n * wires + o];
          jacobianInputs[o].forEach((d, i) => {
            dx[n * numInputs + i] += g * d;
          });
          jacobianWeights[o].forEach((d, i) => {
            dweights[i] += g * d;
          });
        }
      }
      keep("quantum.rotations", dweights.slice(0, 2 * wires));
      keep("quantum.weights", dweights.slice(2 * wires));
      return dx;
    });
  };
  for (const name of layers) {
    const input = x;
    const features = x.length / N;
    if (name === "quantum") circuit(name);
    else if (["tanh", "dense.1", "dense.3"].includes(name))
      step(name, tanhForward(input), (dout) => tanhBackward(dout, input));
    else if (name === "products")
      step(name, trigonometricForward(input, features), (dout) => trigonometricBackward(dout, input, features));
    else linear(name);
    if (name !== "fc2") continue;
    const hidden = reluForward(x);
    x = hidden;
    tape.push({ backward: (dout) => reluBackward(dout, hidden) });
  }
  return { logits: x, activations, tape };
}

/** Loss, gradients by PyTorch name, and the forward pass behind them. */
export function gradients(
  tensors: Tensors,
  images: ArrayLike<number>,
  labels: ArrayLike<number>,
  shape: readonly number[],
  embedding?: ReferenceEmbedding,
  layers?: readonly string[],
  mode: "training" | "evaluation" = "training",
  trunk?: ReferenceTrunk,
): { loss: number; grads: Tensors; forward: Forward } {
  const grads: Tensors = new Map();
  const pass = forward(tensors, images, shape, mode, embedding, grads, layers, trunk);
  const { loss, dlogits } = softmaxCrossEntropy(pass.logits, labels, pass.logits.length / labels.length);
  let dout = dlogits;
  for (const { backward } of pass.tape.toReversed()) dout = backward(dout);
  return { loss, grads, forward: pass };
}

/**
 * Gradients of Σ dlogits · logits in evaluation mode with respect to the output of every layer, and to "input", the
 * normalised image.
 */
export function inputGradient(
  tensors: Tensors,
  images: ArrayLike<number>,
  shape: readonly number[],
  dlogits: Float64Array,
  layers?: readonly string[],
  trunk?: ReferenceTrunk,
): Map<string, Float64Array> {
  const { tape } = forward(tensors, images, shape, "evaluation", undefined, new Map(), layers, trunk);
  const gradients = new Map<string, Float64Array>();
  let dout = dlogits;
  for (const { name, backward } of tape.toReversed()) {
    if (name !== undefined) gradients.set(name, dout);
    dout = backward(dout);
  }
  return gradients.set("input", dout);
}

/** Adam over every tensor that has a gradient; `moments` is filled on the first step. */
export function update(
  tensors: Tensors,
  grads: Tensors,
  moments: Map<string, Omit<AdamState, "params">>,
  step: number,
  options: AdamOptions,
): void {
  for (const [name, { data }] of grads) {
    const zeros = () => new Float64Array(data.length);
    const moment = moments.get(name) ?? { m: zeros(), v: zeros() };
    moments.set(name, moment);
    adam({ params: tensors.get(name)!.data, ...moment }, data, step, options);
  }
}

/** (OC, C, 3, 3) → (3, 3, C, OC). */
function filterOrder(w: Float64Array, OC: number, C: number): Float64Array {
  return Float64Array.from(w, (_, i) => {
    const o = i % OC;
    const c = Math.floor(i / OC) % C;
    const tap = Math.floor(i / (OC * C));
    return w[(o * C + c) * 9 + tap];
  });
}

/** (3, 3, C, OC) → (OC, C, 3, 3). */
function filterOrderBack(w: Float64Array, OC: number, C: number): Float64Array {
  return Float64Array.from(w, (_, i) => {
    const tap = i % 9;
    const c = Math.floor(i / 9) % C;
    const o = Math.floor(i / (9 * C));
    return w[(tap * C + c) * OC + o];
  });
}

/** (N, A, B) → (N, B, A). */
function swapAxes(x: Float64Array, N: number, A: number, B: number): Float64Array {
  const out = new Float64Array(x.length);
  for (let n = 0; n < N; n++) {
    for (let a = 0; a < A; a++) {
      for (let b = 0; b < B; b++) out[(n * B + b) * A + a] = x[(n * A + a) * B + b];
    }
  }
  return out;
}
