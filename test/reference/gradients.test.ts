import { suite } from "uvu";
import * as assert from "uvu/assert";
import { integers, numbers, relativeError } from "../util/numbers.ts";
import { reluBackward, reluForward, tanhBackward, tanhForward } from "./activation.ts";
import { adam } from "./adam.ts";
import { batchNorm2dBackward, batchNorm2dForward, batchStatistics } from "./batchNorm2d.ts";
import { conv2dBackward, conv2dForward } from "./conv2d.ts";
import { linearBackward, linearForward } from "./linear.ts";
import { maxPool2dBackward, maxPool2dForward } from "./maxPool2d.ts";
import { forward, gradients, type Tensors } from "./network.ts";
import { sigmoidCrossEntropy } from "./sigmoidCrossEntropy.ts";
import { softmaxCrossEntropy } from "./softmaxCrossEntropy.ts";

const test = suite("gradients of the references");

/** Central differences of loss by every element of x. */
function differences(x: Float64Array, loss: () => number, step = 1e-5): Float64Array {
  return x.map((value, i) => {
    x[i] = value + step;
    const up = loss();
    x[i] = value - step;
    const down = loss();
    x[i] = value;
    return (up - down) / (2 * step);
  });
}

const dot = (a: ArrayLike<number>, b: Float64Array) => b.reduce((sum, value, i) => sum + value * a[i], 0);
const random = (n: number, seed: number) => Float64Array.from(numbers(n, seed));
const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-8) => {
  const error = relativeError(actual, expected);
  assert.ok(error < tolerance, `off by ${error}`);
};

for (const pad of [0, 1]) {
  test(`conv2d, pad ${pad}`, () => {
    const shape = { N: 2, H: 4, W: 5, C: 3, OC: 2, pad };
    const [x, w, b] = [random(2 * 4 * 5 * 3, 1), random(9 * 3 * 2, 2), random(2, 3)];
    const dout = random(conv2dForward(x, w, b, shape).length, 4);
    const loss = () => dot(conv2dForward(x, w, b, shape), dout);
    const { dx, dw, db } = conv2dBackward(dout, x, w, shape);
    close(dx, differences(x, loss));
    close(dw, differences(w, loss));
    close(db, differences(b, loss));
  });
}

test("conv2d: a case done by hand is cross-correlation, not convolution", () => {
  const x = Float64Array.from({ length: 9 }, (_, i) => i);
  const w = new Float64Array(9);
  w[1] = 10; // row 0, column 1
  assert.equal([...conv2dForward(x, w, [0.5], { N: 1, H: 3, W: 3, C: 1, OC: 1, pad: 0 })], [10.5]);
  const padded = conv2dForward(x, w, [0], { N: 1, H: 3, W: 3, C: 1, OC: 1, pad: 1 });
  assert.equal([...padded], [0, 0, 0, 0, 10, 20, 30, 40, 50]);
});

test("batchNorm2d", () => {
  const [x, w, b, dout] = [random(24, 1), random(3, 2), random(3, 3), random(24, 4)];
  const loss = () => dot(batchNorm2dForward(x, batchStatistics(x, 3), w, b, 1e-5), dout);
  const { dx, dw, db } = batchNorm2dBackward(dout, x, batchStatistics(x, 3), w, 1e-5);
  close(dx, differences(x, loss));
  close(dw, differences(w, loss));
  close(db, differences(b, loss));
});

test("maxPool2d", () => {
  const shape = { N: 2, H: 5, W: 4, C: 2 };
  const x = random(80, 1);
  const { out, index } = maxPool2dForward(x, shape);
  const dout = random(out.length, 2);
  close(
    maxPool2dBackward(dout, index, 80),
    differences(x, () => dot(maxPool2dForward(x, shape).out, dout)),
  );
  assert.equal([...maxPool2dForward([1, 2, 2, 0], { N: 1, H: 2, W: 2, C: 1 }).index], [1]);
});

test("linear, relu, tanh", () => {
  const shape = { N: 3, K: 5, O: 2 };
  const [x, w, b, dout] = [random(15, 1), random(10, 2), random(2, 3), random(6, 4)];
  const loss = () => dot(linearForward(x, w, b, shape), dout);
  const { dx, dw, db } = linearBackward(dout, x, w, shape);
  close(dx, differences(x, loss));
  close(dw, differences(w, loss));
  close(db, differences(b, loss));
  const g = random(15, 5);
  close(
    reluBackward(g, reluForward(x)),
    differences(x, () => dot(reluForward(x), g)),
  );
  close(
    tanhBackward(g, x),
    differences(x, () => dot(tanhForward(x), g)),
  );
});

test("softmaxCrossEntropy with class weights and label smoothing", () => {
  const [logits, labels, weights] = [random(20, 1), integers(5, 2, 4), random(4, 3).map((value) => value + 1.5)];
  const loss = () => softmaxCrossEntropy(logits, labels, 4, weights, 0.2).loss;
  close(softmaxCrossEntropy(logits, labels, 4, weights, 0.2).dlogits, differences(logits, loss));
});

test("sigmoidCrossEntropy with weights of the positives and label smoothing", () => {
  const [logits, targets, weights] = [random(20, 1), integers(20, 2, 2), random(4, 3).map((value) => value + 1.5)];
  const loss = () => sigmoidCrossEntropy(logits, targets, 4, weights, 0.2).loss;
  close(sigmoidCrossEntropy(logits, targets, 4, weights, 0.2).dlogits, differences(logits, loss));
});

test("adam: a step done by hand", () => {
  const state = { params: Float64Array.of(1), m: Float64Array.of(0), v: Float64Array.of(0) };
  adam(state, [2], 1, { lr: 0.1, epsilon: 0 });
  assert.ok(Math.abs(state.params[0] - 0.9) < 1e-15);
  adam(state, [-1], 2, { lr: 0.1, epsilon: 0 });
  // m = 0.9 · 0.2 − 0.1 = 0.08, v = 0.999 · 0.004 + 0.001 = 0.004996
  const step = (0.1 * (0.08 / 0.19)) / Math.sqrt(0.004996 / 0.001999);
  assert.ok(Math.abs(state.params[0] - (0.9 - step)) < 1e-12);
});

/** A small network: 16 × 17 grey images, 4 channels a block, two wires. */
function smallNetwork(quantum: boolean): Tensors {
  const tensors: Tensors = new Map();
  let seed = 1;
  const add = (name: string, shape: number[], scale: number, shift = 0) => {
    const data = random(
      shape.reduce((a, b) => a * b),
      seed++,
    ).map((value) => shift + scale * value);
    tensors.set(name, { shape, data });
  };
  [1, 2, 2, 2, 2].forEach((C, i) => {
    add(`layer${i + 1}.0.weight`, [2, C, 3, 3], 0.5);
    add(`layer${i + 1}.0.bias`, [2], 0.5);
    add(`layer${i + 1}.1.weight`, [2], 0.3, 1);
    add(`layer${i + 1}.1.bias`, [2], 0.3);
    add(`layer${i + 1}.1.running_mean`, [2], 0.3);
    add(`layer${i + 1}.1.running_var`, [2], 0.3, 1);
  });
  add("fc1.weight", [2, 2], 1);
  add("fc1.bias", [2], 1);
  if (quantum) {
    add("quantum.rotations", [2, 2], 3);
    add("quantum.weights", [2, 2, 3], 3);
  }
  add("fc2.weight", [5, 2], 1);
  add("fc2.bias", [5], 1);
  add("fc3.weight", [3, 5], 1);
  add("fc3.bias", [3], 1);
  return tensors;
}

for (const quantum of [true, false]) {
  test(`the whole network, ${quantum ? "quantum" : "dense"} head: every parameter`, () => {
    const tensors = smallNetwork(quantum);
    const images = integers(3 * 16 * 17, 50, 256);
    const labels = Uint8Array.of(0, 2, 1);
    const shape = [16, 17, 1];
    const { grads } = gradients(tensors, images, labels, shape);
    const loss = () => softmaxCrossEntropy(forward(tensors, images, shape, "training").logits, labels, 3).loss;
    for (const [name, { data }] of grads) {
      const expected = differences(tensors.get(name)!.data, loss, 1e-6);
      // convolution biases have no effect in front of a batch norm: their gradients are 0 but for rounding
      if (/^layer.\.0\.bias$/.test(name)) assert.ok(Math.max(...data.map(Math.abs)) < 1e-12, name);
      else assert.ok(relativeError(data, expected) < 1e-6, `${name}: ${relativeError(data, expected)}`);
    }
    assert.is(grads.size, [...tensors.keys()].filter((name) => !name.includes("running")).length);
  });
}

test.run();
