// Trunks as data: what they compute, against the float64 reference; what is refused.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNetwork, type NetworkOptions } from "../../../host/network/network.ts";
import { type Block, parseTrunk, residualTrunk, THESIS_TRUNK } from "../../../host/network/trunk.ts";
import { forward, gradients } from "../../reference/network.ts";
import { compileBuild } from "../../util/builds.ts";
import { swept } from "../../util/kernels.ts";
import { createImages, fill, toReference, train } from "../../util/network.ts";
import { relativeError } from "../../util/numbers.ts";
import { refused } from "../../util/refusal.ts";
import { some } from "../../util/thorough.ts";

const strict = await compileBuild("strict");
const engines = await Promise.all(swept.map(({ build }) => compileBuild(build)));
const dense = { kind: "dense", wires: 3 } as const;
const RESIDUAL: NetworkOptions = { channels: 3, classes: 11, head: { ...dense, wires: 8 }, trunk: residualTrunk() };

/** A list of one's own: pooling in every way there is, without an average at the end. */
const OWN: Block[] = [
  { type: "conv", channels: 8, pad: 1, pool: true },
  { type: "residual" },
  { type: "conv", channels: 12, pad: 0, pool: false },
  { type: "maxPool" },
  { type: "residual" },
];

/** Change these only together with a change that is meant to change the bits. */
const FROZEN = "d7ab93731f737cd631d4950ad6f4ce563dba2707d4f04ac485946486208494c6";

const test = suite("trunks");

test("the residual trunk: three stages, pooling between them, the average at the end, under 200,000 parameters", () => {
  const network = createNetwork(strict, RESIDUAL);
  assert.equal(
    network.layers.slice(0, -4).map(({ name, outShape }) => `${name} ${outShape.join("×")}`),
    [
      ...["layer1 28×28×16", "layer2 28×28×16", "pool1 14×14×16", "layer3 14×14×32", "layer4 14×14×32"],
      ...["pool2 7×7×32", "layer5 7×7×64", "layer6 7×7×64", "layer7 7×7×64", "average1 64"],
    ],
  );
  assert.ok(network.numParams > 150_000 && network.numParams < 200_000, `${network.numParams}`);
  const blocks = (depth: number) => residualTrunk(16, depth).filter(({ type }) => type === "residual").length;
  for (const depth of [0, 1, 2, 3, 7]) assert.is(blocks(depth), depth);
  // FC1 does not grow with the image
  const large = createNetwork(strict, { ...RESIDUAL, height: 40, width: 61, batchSize: 1 });
  assert.is(large.numParams, network.numParams);
});

test("forward, loss, every gradient and running statistics equal the f64 reference, in every build", () => {
  const cases: [NetworkOptions, number][] = [
    [{ ...RESIDUAL, trunk: OWN, height: 16, width: 16, head: { kind: "quantum", wires: 3, layers: 1 } }, 2],
    [{ ...RESIDUAL, trunk: residualTrunk(4, 1), height: 33, width: 23, head: { kind: "none", wires: 2 } }, 1],
    [{ ...RESIDUAL, trunk: residualTrunk(8, 2) }, 3],
    [{ ...RESIDUAL, trunk: residualTrunk(4, 4), channels: 1, height: 17, width: 23, head: dense, classes: 2 }, 18],
    [{ ...RESIDUAL, trunk: OWN, height: 19, width: 32, channels: 1, head: dense }, 2],
    [{ ...RESIDUAL, trunk: OWN, convolution: "direct", height: 16, width: 17, head: { kind: "logistic" } }, 3],
    [{ ...RESIDUAL, trunk: residualTrunk(4, 1), height: 33, width: 70, head: { kind: "none", wires: 2 } }, 1],
  ];
  for (const [options, N] of some(2, cases)) {
    const { height = 28, width = 28, channels, trunk } = options;
    const origin = createNetwork(strict, { ...options, seed: 4 });
    const { images, labels } = createImages(origin, N, 8);
    const tensors = toReference(origin.tensors());
    const shape = [height, width, channels];
    const behind = origin.layers.filter(({ part }) => part !== "trunk").map(({ name }) => name);
    const evaluated = forward(tensors, images, shape, "evaluation", undefined, undefined, behind, trunk).logits;
    const expected = gradients(tensors, images, labels, shape, undefined, behind, "training", trunk);
    for (const engine of engines) {
      const what = `${engine.build} ${height}×${width}`;
      const network = createNetwork(engine, { ...options, tensors: origin.tensors() });
      assert.ok(relativeError(network.predict(images), evaluated) < 5e-5, what);
      const batch = network.batch(N);
      batch.images.set(images);
      batch.labels.set(labels);
      const { loss } = network.gradients(N);
      assert.ok(Math.abs(loss - expected.loss) < 2e-5, `${what}: loss ${loss} ${expected.loss}`);
      assert.ok(relativeError(network.logits(N), expected.forward.logits) < 1e-4, what);
      for (const [name, { data }] of network.paramTensors("grads")) {
        const golden = expected.grads.get(name)!.data;
        if (/^layer.\.0\.bias$/.test(name)) {
          assert.ok(Math.max(...data.map(Math.abs)) < 1e-4, `${what} ${name}`);
          continue;
        }
        const difference = Math.hypot(...data.map((value, i) => value - golden[i])) / Math.hypot(...golden);
        // kinks of ReLU and pooling in the trunk, none behind it
        assert.ok(difference < (name.startsWith("layer") ? 4e-2 : 2e-3), `${what} ${name}: ${difference}`);
      }
      for (const [name, { data }] of network.tensors()) {
        if (name.includes("running")) assert.ok(relativeError(data, tensors.get(name)!.data) < 2e-5, `${what} ${name}`);
      }
    }
  }
});

test("a frozen run of the residual trunk: the fingerprint after five steps, equal on strict and debug", async () => {
  for (const engine of [strict, await compileBuild("debug")]) {
    const network = createNetwork(engine, { ...RESIDUAL, batchSize: 8 });
    train(network, 5, 8);
    assert.is(network.fingerprint(), FROZEN);
  }
});

test("losses, fingerprint and predictions are the same bits on 1, 2 and 3 threads", async () => {
  const outcomes: unknown[] = [];
  for (const threads of [1, ...some(1, [3, 2])]) {
    for (const trunk of [residualTrunk(8, 3), OWN]) {
      const network = createNetwork(await compileBuild("strict", threads), { ...RESIDUAL, trunk, batchSize: 50 });
      await network.startThreads();
      const losses = [...train(network, 1, 50), ...train(network, 1, 37)];
      const images = createImages(network, 40, 3).images;
      outcomes.push({ losses, fingerprint: network.fingerprint(), predictions: network.predict(images) });
      network.close();
    }
  }
  for (let i = 2; i < outcomes.length; i += 2) assert.equal(outcomes.slice(i, i + 2), outcomes.slice(0, 2));
});

test("it learns: the loss falls", () => {
  const network = createNetwork(strict, { ...RESIDUAL, classes: 2, trunk: residualTrunk(8, 3), seed: 1 });
  const losses = train(network, 30, 16, 3e-3);
  assert.ok(losses[29] < 0.5 * losses[0], `${losses[0]} → ${losses[29]}`);
});

test("frozen features: a residual trunk stays as it is, and works as in inference", () => {
  const network = createNetwork(strict, { ...RESIDUAL, trunk: residualTrunk(4, 2), freeze: "features" });
  train(network, 2, 5);
  const before = network.tensors();
  fill(network, 5, 9);
  const inferred = network.forward(5);
  const { loss } = network.gradients(5);
  assert.ok(Number.isFinite(loss));
  assert.ok(relativeError(network.logits(5), inferred) < 1e-5);
  network.update({ lr: 0.01 });
  for (const [name, { data }] of network.tensors()) {
    const moved = data.some((value, i) => value !== before.get(name)!.data[i]);
    assert.is(moved, !name.startsWith("layer"), name);
  }
});

test("a trunk that is not named is the thesis's; a list from JSON gets its defaults", () => {
  const { architecture } = createNetwork(strict, { channels: 1, classes: 2, head: dense });
  assert.equal(architecture.trunk, THESIS_TRUNK);
  assert.equal(parseTrunk([{ type: "conv", channels: 8 }]), [{ type: "conv", channels: 8, pad: 1, pool: false }]);
});

test("impossible trunks are refused by the item, with what is expected", async () => {
  const refuse = (trunk: unknown, ...parts: string[]) =>
    refused(() => createNetwork(strict, { ...RESIDUAL, trunk: trunk as Block[] }), "trunk", ...parts);
  const conv = { type: "conv", channels: 8 };
  await refuse([], "list of 1 to 64 blocks", "got 0");
  await refuse({ type: "conv" }, "list of 1 to 64 blocks");
  await refuse(Array(65).fill(conv), "got 65");
  await refuse([{ type: "residual" }], "block 1", "conv");
  await refuse([conv, { type: "dense" }], "block 2", "conv, residual, maxPool, averagePool", '"dense"');
  await refuse([conv, null], "block 2", "null");
  await refuse([{ type: "conv" }], "block 1", "channels", "multiple of 4", "nothing");
  await refuse([{ type: "conv", channels: 6 }], "block 1", "multiple of 4 up to 512", "6");
  await refuse([{ ...conv, pad: 2 }], "block 1", "pad", "0 or 1");
  await refuse([{ ...conv, pool: 1 }], "block 1", "pool", "true or false");
  await refuse([{ ...conv, kernel: 5 }], "block 1", '"kernel"', "channels, pad, pool");
  await refuse([conv, { type: "residual", channels: 8 }], "block 2", "channels");
  await refuse([conv, { type: "averagePool" }, conv], "block 2", "last");
  await refuse([conv, { type: "toString" }], "block 2");
});

test("a size that a trunk is too deep for is refused with the smallest that works, which does work", async () => {
  const deep: Block[] = [{ type: "conv", channels: 4, pad: 0, pool: true }, ...Array(4).fill({ type: "maxPool" })];
  const options: NetworkOptions = { channels: 1, classes: 2, head: dense, trunk: deep, batchSize: 1 };
  await refused(() => createNetwork(strict, options), "28 × 28", "smallest that works is 34 × 34");
  await refused(() => createNetwork(strict, { ...options, height: 33, width: 200 }), "33 × 200", "34 × 34");
  const network = createNetwork(strict, { ...options, height: 34, width: 34 });
  assert.equal(network.layers[4].outShape, [1, 1, 4]);
  assert.ok(Number.isFinite(train(network, 1, 2)[0]));
  const deeper = { ...options, trunk: [...deep, ...Array(4).fill({ type: "maxPool" })] as Block[] };
  await refused(() => createNetwork(strict, { ...deeper, height: 256, width: 256 }), "largest size, 256");
});

test.run();
