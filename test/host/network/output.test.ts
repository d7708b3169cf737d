import { suite } from "uvu";
import * as assert from "uvu/assert";
import { evaluate, train } from "../../../host/api.ts";
import { HqcnnError } from "../../../host/check.ts";
import { openDataset } from "../../../host/datasets/open.ts";
import { gradCam } from "../../../host/explain/gradCam.ts";
import { integratedGradients } from "../../../host/explain/integratedGradients.ts";
import { createNetwork, type NetworkOptions } from "../../../host/network/network.ts";
import { classProbabilities, countCorrect, cumulativeTargets, thresholded } from "../../../host/network/output.ts";
import { predictionsOf } from "../../../host/network/outputs.ts";
import { memoryFor } from "../../../host/network/parts.ts";
import { sigmoidCrossEntropy } from "../../reference/sigmoidCrossEntropy.ts";
import { compileBuild } from "../../util/builds.ts";
import { integers } from "../../util/numbers.ts";
import { refused } from "../../util/refusal.ts";
import { multilabelNpz, ordinalNpz } from "../../util/tasks.ts";

const output = suite("network/output");
const engine = await compileBuild("strict");
const small: NetworkOptions = { channels: 1, classes: 4, head: { kind: "dense", wires: 4 }, seed: 3 };
const images = integers(40 * 784, 5, 256);

output("cumulative outputs: rows, classes as counts, probabilities as clipped differences", () => {
  assert.equal([...cumulativeTargets([0, 2, 3], 4)], [0, 0, 0, 1, 1, 0, 1, 1, 1]);
  const cumulative = { classes: 4, output: "cumulative" } as const;
  const above = Float32Array.of(0.75, 0.5, 0.25, 0.25, 0.75, 0);
  assert.equal([...thresholded(above, cumulative)], [1, 1]);
  // The second row is out of order: 0.75, −0.5, 0.75, 0 becomes 0.5, 0, 0.5, 0.
  assert.equal([...classProbabilities(above, 4)], [0.25, 0.25, 0.25, 0.25, 0.5, 0, 0.5, 0]);
  const logits = Float32Array.of(2, 1, -1, 2, 1, -1);
  assert.is(countCorrect(logits, Uint8Array.of(1, 1, 0, 1, 0, 0), cumulative), 1);
  assert.is(countCorrect(logits, Uint8Array.of(1, 1, 1, 0, 1, 0), { classes: 3, output: "sigmoid" }), (2 + 2) / 3);
});

for (const kind of ["sigmoid", "cumulative"] as const) {
  output(`${kind}: the loss of a batch is the reference's, with weights of the positives and smoothed labels`, () => {
    const width = kind === "sigmoid" ? 4 : 3;
    const targets = integers(40 * width, 7, 2);
    const weights = Float32Array.from({ length: width }, (_, k) => 1 + k / 2);
    const network = createNetwork(engine, { ...small, output: kind, batchSize: 40 });
    assert.is(network.outputs, width);
    const block = network.batch(40);
    block.images.set(images);
    block.labels.set(targets);
    const { loss } = network.gradients(40, { classWeights: weights, labelSmoothing: 0.1 });
    const expected = sigmoidCrossEntropy(network.logits(40), targets, width, weights, 0.1);
    assert.ok(Math.abs(loss - expected.loss) < 1e-6, `${loss} ${expected.loss}`);
  });

  output(`${kind}: a batch in parts has the loss and the hits of the whole`, () => {
    const options: NetworkOptions = { ...small, output: kind, freeze: "features", batchSize: 40 };
    const whole = createNetwork(engine, options);
    const cut = createNetwork(engine, { ...options, memory: memoryFor(whole.layers, 16, 16) });
    assert.equal([whole.parts(40), cut.parts(40)], [1, 3]);
    const [a, b] = [whole, cut].map((network) => {
      const block = network.batch(40);
      block.images.set(images);
      block.labels.set(integers(block.labels.length, 7, 2));
      return network.gradients(40, { classWeights: new Float32Array(network.outputs).fill(3) });
    });
    assert.ok(Math.abs(a.loss - b.loss) < 1e-6 && Math.abs(a.correct - b.correct) < 1e-9, `${a.loss} ${b.loss}`);
  });

  output(`${kind}: Grad-CAM and integrated gradients explain any class; the pixels add up`, () => {
    const network = createNetwork(engine, { ...small, output: kind, batchSize: 64 });
    for (const label of [0, 3]) {
      assert.is(gradCam(network, images.subarray(0, 784), label).label, label);
      const { gap, logit, baseline } = integratedGradients(network, images.subarray(0, 784), label);
      assert.ok(gap <= 1e-3 && Number.isFinite(logit - baseline), String(gap));
    }
  });
}

output("predictions: labels above ½, and the class that outputs count to", () => {
  const network = createNetwork(engine, { ...small, output: "sigmoid" });
  const [some, none] = predictionsOf(network, Float32Array.of(1, -1, 2, -3, -1, -1, -2, -3));
  assert.equal([some.labels, some.label, none.labels, none.label], [[0, 2], 2, [], 0]);
  const ordered = createNetwork(engine, { ...small, output: "cumulative" });
  const [prediction] = predictionsOf(ordered, Float32Array.of(1, 0.5, -2));
  assert.equal([prediction.label, prediction.labels, prediction.probs.length], [2, undefined, 4]);
});

output("training learns: the loss falls, and labels are told apart better than by chance", async () => {
  for (const [bytes, kind] of [
    [await multilabelNpz({ train: 128, val: 32, test: 32 }, 4), "sigmoid"],
    [await ordinalNpz({ train: 128, val: 32, test: 32 }), "cumulative"],
  ] as const) {
    const data = await openDataset(bytes, kind === "cumulative" ? { task: "ordinal" } : {});
    const network = createNetwork(engine, { ...small, output: kind });
    const losses: number[] = [];
    for await (const { train: seen, val } of train(network, data, { epochs: 8, batchSize: 16, lr: 0.003 })) {
      losses.push(seen.loss);
      assert.is(val.kappa === undefined, kind === "sigmoid");
    }
    assert.ok(losses[7] < 0.95 * losses[0], losses.join(" "));
    const { metrics } = await evaluate(network, data, "train");
    assert.ok(metrics.auc! > 0.6, String(metrics.auc));
  }
});

output("data of another kind than the outputs are refused by name", async () => {
  const data = await openDataset(await multilabelNpz(), {});
  const classes = createNetwork(engine, { ...small, classes: 3 });
  await refused(() => evaluate(classes, data), "the task multilabel needs a network with output sigmoid");
  await refused(async () => evaluate(classes, await data.split("test")), "one class an image");
  const graded = await openDataset(await ordinalNpz(undefined, 3), { task: "ordinal" });
  const labels = createNetwork(engine, { ...small, classes: 3, output: "sigmoid" });
  await refused(() => evaluate(labels, graded), "softmax or cumulative");
  await refused(async () => evaluate(labels, await graded.split("test")), "rows of them");
  const error = await train(labels, data, { classWeights: "balanced", epochs: 1 })
    .next()
    .catch((thrown) => thrown);
  assert.ok(error instanceof HqcnnError && error.message.includes("--pos-weight balanced"));
});

output.run();
