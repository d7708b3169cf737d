// What explanations need of a network: predictFrom and gradientAt, which must leave everything else as it is. The slow
// suite has every head, and the debug build, which takes ten times as long.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNetwork, type Network } from "../../../host/network/network.ts";
import { compileBuild } from "../../util/builds.ts";
import { HEADS, randomImages, step } from "../../util/explain.ts";
import { numbers } from "../../util/numbers.ts";
import { refused } from "../../util/refusal.ts";
import { some } from "../../util/thorough.ts";

const [strict, debug, two] = await Promise.all([
  compileBuild("strict"),
  compileBuild("debug"),
  compileBuild("strict", 2),
]);

function evaluate(network: Network, images: Uint8Array, N: number): Float32Array {
  network.batch(N).images.set(images);
  return network.forward(N);
}

const test = suite("network, explained");

test("predictFrom of every layer's own activation is the network's logits, bit for bit", async () => {
  for (const engine of [strict, debug, two]) {
    for (const options of engine === debug ? some(0, HEADS.slice(3, 5)) : some(3, HEADS)) {
      const network = createNetwork(engine, { ...options, batchSize: 40 });
      await network.startThreads();
      step(network, 2, 1);
      const images = randomImages(network, 40, 2);
      for (const N of [1, 40]) {
        const logits = evaluate(network, images.subarray(0, (images.length / 40) * N), N);
        const outputs = network.layers.map(({ name }) => ({ name, values: network.activation(name, N) }));
        for (const { name, values } of outputs) assert.equal(network.predictFrom(name, values), logits, name);
        // Parameters that have changed need new filters even where only later layers run.
        network.load(network.tensors());
        assert.equal(network.predictFrom("layer4", outputs[3].values), logits);
      }
      network.close();
    }
  }
});

test("predictFrom takes any count, and refuses what does not fit", async () => {
  const network = createNetwork(strict, { ...HEADS[0], batchSize: 3 });
  const angles = numbers(8 * 4, 1, -3, 3);
  const logits = network.predictFrom("fc1", angles);
  for (let n = 0; n < 8; n++) {
    assert.equal(network.predictFrom("fc1", angles.slice(4 * n, 4 * n + 4)), logits.slice(2 * n, 2 * n + 2));
  }
  assert.is(network.predictFrom("fc1", new Float32Array(0)).length, 0);
  await refused(() => network.predictFrom("fc1", new Float32Array(5)), "fc1", "4 values", "got 5");
  await refused(() => network.predictFrom("fc9", new Float32Array(4)), "layer1, layer2", "fc9");
});

test("gradientAt: the slopes of predictFrom, at every layer behind the blocks", () => {
  for (const options of HEADS) {
    const network = createNetwork(strict, { ...options, seed: 8 });
    step(network, 6, 3);
    const { classes } = network.architecture;
    const N = 3;
    const images = randomImages(network, N, 4);
    const dlogits = numbers(N * classes, 5);
    for (const [i, { name }] of network.layers.entries()) {
      if (i < 4) continue;
      evaluate(network, images, N);
      const values = network.activation(name, N);
      const gradient = network.gradientAt(name, dlogits);
      assert.is(gradient.length, values.length);
      const at = (change: number) => {
        const moved = values.map((value, k) => value + change * direction[k]);
        return network.predictFrom(name, moved).reduce((sum, logit, k) => sum + logit * dlogits[k], 0);
      };
      const direction = numbers(values.length, 6);
      const slope = gradient.reduce((sum, g, k) => sum + g * direction[k], 0);
      const h = 1e-2 / Math.sqrt(values.length);
      const measured = (at(h) - at(-h)) / (2 * h);
      assert.ok(Math.abs(measured - slope) < 2e-2 * (1 + Math.abs(slope)), `${name}: ${slope} ${measured}`);
    }
  }
});

test("gradientAt refuses layers in front of the last block, and a pass of training", async () => {
  const network = createNetwork(strict, HEADS[0]);
  const images = randomImages(network, 1, 4);
  evaluate(network, images, 1);
  for (const name of ["layer1", "layer4"]) {
    await refused(() => network.gradientAt(name, [1, 0]), "layer5", name, "trace");
  }
  await refused(() => network.gradientAt("fc9", [1, 0]), "fc9");
  await refused(() => network.gradientAt("layer5", [1]), "rows of 2", "got 1");
  await refused(() => network.gradientAt("layer5", []), "rows of 2");
  step(network, 1, 1);
  await refused(() => network.gradientAt("layer5", [1, 0]), "evaluation mode");
  network.predict(images);
  network.load(network.tensors());
  await refused(() => network.gradientAt("layer5", [1, 0]), "evaluation mode");
});

test("neither disturbs training: gradients, moments, averages and parameters stay, and continue with the same bits", async () => {
  for (const engine of [strict, debug, two]) {
    for (const options of engine === debug ? some(0, [HEADS[4]]) : some(1, [HEADS[4], HEADS[0], HEADS[5]])) {
      const [explained, plain] = [0, 1].map(() => createNetwork(engine, { ...options, batchSize: 36 }));
      await Promise.all([explained.startThreads(), plain.startThreads()]);
      const explainIt = () => {
        const image = randomImages(explained, 1, 9);
        explained.predict(image);
        explained.gradientAt("layer5", new Float32Array(explained.architecture.classes).fill(1));
        explained.predictFrom("layer5", explained.activation("layer5", 1));
      };
      for (let n = 0; n < 2; n++) {
        explainIt();
        assert.is(step(explained, 36, n), step(plain, 36, n));
        const before = ["grads", "m", "v"].map((block) => plain.paramTensors(block as "grads"));
        explainIt();
        assert.equal(
          ["grads", "m", "v"].map((block) => explained.paramTensors(block as "grads")),
          before,
        );
        assert.is(explained.fingerprint(), plain.fingerprint());
        assert.equal(explained.tensors("average"), plain.tensors("average"));
      }
      for (const network of [explained, plain]) network.close();
    }
  }
});

test("gradients are the same bits in both builds and with two threads", async () => {
  for (const options of some(2, [...HEADS.slice(1), HEADS[0]])) {
    const gradients = [];
    for (const engine of [strict, debug, two]) {
      const network = createNetwork(engine, { ...options, batchSize: 40 });
      await network.startThreads();
      evaluate(network, randomImages(network, 40, 3), 40);
      gradients.push(network.gradientAt("layer5", numbers(40 * network.architecture.classes, 7)));
      network.close();
    }
    assert.equal(gradients[1], gradients[0]);
    assert.equal(gradients[2], gradients[0]);
  }
});

test.run();
