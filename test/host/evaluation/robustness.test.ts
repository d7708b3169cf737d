import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createSplit } from "../../../host/datasets/images.ts";
import { attacked, evaluateAttack } from "../../../host/evaluation/attack.ts";
import { corruptSplit, createDraws } from "../../../host/evaluation/corruptions/corrupt.ts";
import { evaluateSplit } from "../../../host/evaluation/evaluate.ts";
import { checkCorruptions, evaluateCorruptions } from "../../../host/evaluation/robustness.ts";
import { createNetwork } from "../../../host/network/network.ts";
import { compileBuild } from "../../util/builds.ts";
import { integers } from "../../util/numbers.ts";
import { refused } from "../../util/refusal.ts";

const test = suite("robustness");
const engine = await compileBuild("strict");
const shape = { height: 16, width: 16, channels: 1 };
const COUNT = 10;
const split = createSplit(
  "made",
  { count: COUNT, labels: Uint8Array.from({ length: COUNT }, (_, i) => i % 3) },
  integers(COUNT * 256, 4, 256) as Uint8Array<ArrayBuffer>,
);
const network = createNetwork(engine, {
  ...shape,
  classes: 3,
  batchSize: 4,
  seed: 2,
  head: { kind: "quantum", wires: 3, layers: 1 },
});

test("rows are the metrics of the corrupted images, and means are over them", async () => {
  const seed = 9;
  const found = await evaluateCorruptions(network, split, { corruptions: ["jpeg", "shift"], severities: [5, 2], seed });
  assert.equal(
    found.rows.map(({ corruption, severity }) => [corruption, severity]),
    [
      ["jpeg", 2],
      ["jpeg", 5],
      ["shift", 2],
      ["shift", 5],
    ],
  );
  for (const { corruption, severity, error, balancedError, auc, right } of found.rows) {
    const images = corruptSplit(split, shape, corruption, severity, createDraws(engine, seed));
    const { metrics, predicted } = await evaluateSplit(network, images);
    assert.is(error, 1 - metrics.accuracy);
    assert.is(auc, metrics.auc);
    assert.ok(Math.abs(balancedError - (1 - metrics.macro.recall)) < 1e-12);
    assert.equal(
      [...right],
      Array.from(split.labels, (label, i) => Number(label === predicted[i])),
    );
  }
  const mean = found.rows.reduce((sum, { balancedError }) => sum + balancedError / 4, 0);
  assert.ok(Math.abs(found.meanBalancedError - mean) < 1e-12);
});

test("refuses what changes nothing or is not there, and says what it leaves out", async () => {
  await refused(
    () => evaluateCorruptions(network, split, { corruptions: ["saturation"] }),
    "saturation changes colours",
  );
  await refused(
    () => evaluateCorruptions(network, split, { severities: [6 as never] }),
    "severities: expected some of 1, 2, 3, 4, 5, got 6",
  );
  const { notes } = checkCorruptions(1, {});
  assert.match(notes.join(), "without the corruption saturation");
  await refused(() => evaluateAttack(network, split, { attack: "fgsm", epsilons: [2] }), "epsilon");
  await refused(() => evaluateAttack(network, split, { attack: "fgsm", steps: 3 }), "fgsm takes one step");
  await refused(() => evaluateAttack(network, split, { attack: "fgsm", seed: 3 }), "fgsm starts at the image");
  await refused(() => evaluateCorruptions(network, split, { corruptions: [] }), "corruptions: expected some of");
});

// With its first parameters the loss hardly depends on single pixels.
for (let step = 0; step < 20; step++) {
  const { images, labels } = network.batch(4);
  images.set(split.images.subarray(0, 4 * 256));
  labels.set(split.labels.subarray(0, 4));
  network.gradients(4);
  network.update({ lr: 0.01 });
}

/** Mean cross-entropy of images as the network sees them. */
function lossOf(x: Float32Array, labels: Uint8Array): number {
  const probs = network.softmax(network.trace(x));
  return labels.reduce((sum, label, n) => sum - Math.log(probs[3 * n + label]) / labels.length, 0);
}

test("an attack moves every pixel at most ε, within black and white, and along the loss", () => {
  const clean = network.normalized(split.images.subarray(0, 4 * 256));
  const labels = split.labels.subarray(0, 4);
  const targets = Float32Array.from({ length: 12 }, (_, i) => Number(labels[Math.floor(i / 3)] === i % 3));
  const epsilon = 0.002;
  const one = attacked(network, { clean, targets }, epsilon, 1, null);
  const start = Float32Array.from({ length: clean.length }, (_, i) => (i % 7) / 7);
  const several = attacked(network, { clean, targets }, epsilon, 8, start);
  for (const x of [one, several]) {
    const far = x.map((value, i) => Math.abs(value - clean[i]));
    assert.ok(Math.max(...far) <= 2 * epsilon + 1e-6);
    assert.ok(Math.max(...x) <= 1 && Math.min(...x) >= -1);
    assert.ok(lossOf(x, labels) > lossOf(clean, labels));
  }
  // Of one image each pixel moves by the sign of the slope that central differences find.
  const alone = clean.slice(0, 256);
  const own = { clean: alone, targets: targets.slice(0, 3) };
  const moved = attacked(network, own, epsilon, 1, null);
  let checked = 0;
  for (let i = 0; i < 256; i += 5) {
    const [up, down] = [0.01, -0.01].map((h) => {
      const x = alone.slice();
      x[i] += h;
      return lossOf(x, labels.subarray(0, 1));
    });
    if (Math.abs(up - down) < 2e-5 || Math.abs(alone[i]) > 0.99) continue;
    checked++;
    assert.is(Math.sign(moved[i] - alone[i]), Math.sign(up - down), `pixel ${i}`);
  }
  assert.ok(checked > 10, `${checked} pixels`);
});

test("accuracy against ε begins with the clean images; a seed repeats pgd", async () => {
  const settings = { attack: "pgd", epsilons: [0.05], steps: 3, seed: 1 } as const;
  const found = await evaluateAttack(network, split, settings);
  const { metrics } = await evaluateSplit(network, split);
  assert.equal(
    found.rows.map(({ epsilon }) => epsilon),
    [0, 0.05],
  );
  assert.is(found.rows[0].error, 1 - metrics.accuracy);
  assert.equal(await evaluateAttack(network, split, settings), found);
});

test.run();
