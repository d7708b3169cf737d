// Batches that do not fit the memory: run in parts, or refused.
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNetwork, type Network, type NetworkOptions } from "../../../host/network/network.ts";
import { memoryFor, mostAtOnce, partsOf } from "../../../host/network/parts.ts";
import { compileBuild } from "../../util/builds.ts";
import { fill, SMALL, THESIS, train } from "../../util/network.ts";
import { relativeError } from "../../util/numbers.ts";
import { refused } from "../../util/refusal.ts";

const strict = await compileBuild("strict");
const test = suite("network, parts of a batch");

/** Memory in which so many images of these options run at once. */
function memoryOf(options: NetworkOptions, images: number): number {
  return memoryFor(createNetwork(strict, { ...options, batchSize: 1 }).layers, images, 16);
}

function gradients(network: Network, N: number, seed: number, classWeights?: number[]) {
  fill(network, N, seed);
  const { loss, correct } = network.gradients(N, { classWeights, labelSmoothing: 0.1 });
  return { loss, correct, grads: network.paramTensors("grads") };
}

test("parts are as few as can be, even, and cover the batch; their weights are images or class weights", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 1, max: 200 }), (N, most) => {
      const parts = partsOf(new Uint8Array(N), most);
      assert.is(parts.length, Math.ceil(N / most));
      const counts = parts.map(({ count }) => count);
      assert.ok(Math.max(...counts) <= most && Math.max(...counts) - Math.min(...counts) <= 1);
      const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
      assert.equal(
        parts.map(({ first }) => first),
        counts.map((_, i) => sum(counts.slice(0, i))),
      );
      assert.is(sum(counts), N);
      assert.ok(Math.abs(sum(parts.map(({ weight }) => weight)) - 1) < 1e-12);
    }),
    { seed: 7 },
  );
  assert.equal(
    partsOf([0, 0, 1, 1], 2, [1, 3]).map(({ weight }) => weight),
    [0.25, 0.75],
  );
});

test("how many run at once is a multiple of 16, at least 16, and as many as the memory takes", () => {
  const { layers } = createNetwork(strict, { ...SMALL, batchSize: 1 });
  for (const images of [16, 48, 160]) {
    const memory = memoryFor(layers, images, 16);
    assert.is(mostAtOnce(layers, memory), images);
    assert.is(mostAtOnce(layers, memory - 1), Math.max(16, images - 16));
  }
  assert.ok(mostAtOnce(createNetwork(strict, { ...THESIS, batchSize: 1 }).layers) >= 4096);
});

test("without batch statistics, gradients, loss and hits of parts are those of the whole batch", () => {
  const options: NetworkOptions = { ...SMALL, freeze: "features", seed: 3 };
  const memory = memoryOf(options, 16);
  const whole = createNetwork(strict, { ...options, batchSize: 70 });
  const cut = createNetwork(strict, { ...options, batchSize: 70, memory });
  assert.equal([whole.parts(70), cut.parts(70), cut.batchSize], [1, 5, 16]);
  for (const weights of [undefined, [1, 2, 0.5, 3, 1]]) {
    const [a, b] = [whole, cut].map((network) => gradients(network, 70, 4, weights));
    assert.ok(Math.abs(a.loss - b.loss) < 1e-6, `${a.loss} ${b.loss}`);
    assert.is(a.correct, b.correct);
    for (const [name, { data }] of a.grads) {
      const other = b.grads.get(name)!.data;
      if (data.every((value) => value === 0)) assert.equal(other, data, name);
      else assert.ok(relativeError(other, data) < 1e-5, name);
    }
  }
});

test("with them, a batch's gradients are the mean of its parts', each as a batch of its own", () => {
  const memory = memoryOf(SMALL, 16);
  const cut = createNetwork(strict, { ...SMALL, batchSize: 32, memory, seed: 3 });
  const whole = gradients(cut, 32, 4);
  const { images, labels } = cut.batch(32);
  const single = createNetwork(strict, { ...SMALL, batchSize: 16, seed: 3 });
  const size = images.length / 32;
  const sums = new Map<string, Float64Array>();
  for (const first of [0, 16]) {
    const batch = single.batch(16);
    batch.images.set(images.subarray(first * size, (first + 16) * size));
    batch.labels.set(labels.subarray(first, first + 16));
    single.gradients(16, { labelSmoothing: 0.1 });
    for (const [name, { data }] of single.paramTensors("grads")) {
      const sum = sums.get(name) ?? new Float64Array(data.length);
      data.forEach((value, i) => {
        sum[i] += value / 2;
      });
      sums.set(name, sum);
    }
  }
  for (const [name, { data }] of whole.grads) {
    if (/^layer.\.0\.bias$/.test(name)) continue;
    assert.ok(relativeError(data, sums.get(name)!) < 1e-5, name);
  }
  // running statistics move once for each part
  for (const [name, { data }] of single.tensors()) {
    if (name.includes("running")) assert.equal(cut.tensors().get(name)!.data, data, name);
  }
});

test("the same bits on one, two and three threads; prediction needs no parts", async () => {
  const memory = memoryOf(SMALL, 32);
  const outcomes: unknown[] = [];
  for (const threads of [1, 2, 3]) {
    const network = createNetwork(await compileBuild("strict", threads), { ...SMALL, batchSize: 90, memory });
    await network.startThreads();
    const losses = [...train(network, 2, 90), ...train(network, 1, 33)];
    fill(network, 90, 5);
    const images = network.batch(90).images.slice();
    outcomes.push({ losses, fingerprint: network.fingerprint(), predictions: network.predict(images) });
    network.close();
  }
  assert.equal(outcomes[1], outcomes[0]);
  assert.equal(outcomes[2], outcomes[0]);
});

test("what no part fits is refused before anything is placed, with the largest batch that does", async () => {
  const wide = (channels: number): NetworkOptions => ({
    ...{ ...SMALL, head: { kind: "logistic" }, height: 256, width: 256, batchSize: 64 },
    trunk: [{ type: "conv", channels, pad: 1, pool: false }],
  });
  await refused(() => createNetwork(strict, wide(256)), "MiB", "a batch of at most 5, which takes");
  await refused(
    () => createNetwork(strict, wide(512)),
    "one image takes",
    "an engine has 3,840 MiB: use smaller images",
  );
});

test.run();
