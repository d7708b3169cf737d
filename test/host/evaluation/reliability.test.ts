// When an answer is not to be trusted: distances against a reference, thresholds, what they find, what files keep.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadEngine, loadModel, openDataset, predict, saveModel, train } from "../../../host/api.ts";
import { readImages } from "../../../host/datasets/images.ts";
import type { Dataset } from "../../../host/datasets/types.ts";
import { fitReliability, predictReliably } from "../../../host/evaluation/reliability.ts";
import { withReliability } from "../../../host/network/model.ts";
import { createNetwork } from "../../../host/network/network.ts";
import { floatsOf, type Reliability, reliabilityText, textOfFloats } from "../../../host/network/reliability.ts";
import { residualTrunk } from "../../../host/network/trunk.ts";
import { integers } from "../../util/numbers.ts";
import { refused } from "../../util/refusal.ts";

const engine = await loadEngine({ threads: 1 });
const head = { kind: "dense", wires: 4 } as const;
const network = createNetwork(engine, { channels: 3, classes: 2, head, seed: 1 });
const sample = await openDataset("bloodmnist-sample");
for await (const _ of train(network, sample, { epochs: 2 }));
const { images, labels } = await sample.split("train");
/** With fewer training images, which the reference below is slow on. */
const data: Dataset = {
  ...sample,
  split: async (name) =>
    name === "train" ? { count: 400, images: images.subarray(0, 400 * 2352), labels } : sample.split(name),
};
const fitted = await fitReliability(network, data);
const size = 28 * 28 * 3;
const far = (images: Uint8Array) =>
  predictReliably(network, images, fitted).filter(({ unlike }) => unlike).length / (images.length / size);

const test = suite("evaluation/reliability");

/** Mean and standard deviation of each channel of layer5 for one image. */
function features(image: Uint8Array): number[] {
  network.batch(1).images.set(image);
  network.forward(1);
  const values = network.activation("layer5", 1);
  const channels = network.layers.find(({ name }) => name === "layer5")!.outShape[2];
  const columns = Array.from({ length: channels }, (_, c) => values.filter((_, i) => i % channels === c));
  const mean = (column: ArrayLike<number>) => Array.from(column).reduce((a, b) => a + b, 0) / column.length;
  const means = columns.map(mean);
  return [...means, ...columns.map((column, c) => Math.sqrt(mean(Array.from(column, (v) => (v - means[c]) ** 2))))];
}

/** Solves a · x = b by elimination with pivots. */
function solve(a: number[][], b: number[]): number[] {
  const rows = a.map((row, i) => [...row, b[i]]);
  for (let i = 0; i < rows.length; i++) {
    const pivot = rows.findIndex(
      (row, j) => j >= i && Math.abs(row[i]) === Math.max(...rows.slice(i).map((r) => Math.abs(r[i]))),
    );
    [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    for (let j = i + 1; j < rows.length; j++) {
      const factor = rows[j][i] / rows[i][i];
      for (let k = i; k <= rows.length; k++) rows[j][k] -= factor * rows[i][k];
    }
  }
  const x: number[] = [];
  for (let i = rows.length - 1; i >= 0; i--) {
    let value = rows[i][rows.length];
    for (let j = i + 1; j < rows.length; j++) value -= rows[i][j] * x[j];
    x[i] = value / rows[i][i];
  }
  return x;
}

test("the distance is the Mahalanobis distance of the shrunken correlations", async () => {
  const split = await data.split("train");
  const rows: number[][] = [];
  for (let n = 0; n < split.count; n++) rows.push(features(split.images.subarray(n * size, (n + 1) * size)));
  const D = rows[0].length;
  const mean = rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
  const covariance = (i: number, j: number) =>
    rows.reduce((sum, row) => sum + (row[i] - mean[i]) * (row[j] - mean[j]), 0) / (rows.length - 1);
  const std = floatsOf(fitted.std)!;
  mean.forEach((value, i) => {
    assert.ok(Math.abs(value - floatsOf(fitted.mean)![i]) < 1e-5 * (1 + Math.abs(value)));
    // A channel that hardly changes has a little added.
    assert.ok(Math.abs(Math.sqrt(covariance(i, i)) - std[i]) < 1e-3 * Math.max(...std), `${i}`);
  });
  const correlation = mean.map((_, i) =>
    mean.map((_, j) => (0.95 * covariance(i, j)) / (std[i] * std[j]) + (i === j ? 0.05 : 0)),
  );
  const { images } = await data.split("test");
  for (const n of [0, 7]) {
    const image = images.slice(n * size, (n + 1) * size);
    const z = features(image).map((value, i) => (value - mean[i]) / std[i]);
    const expected = Math.sqrt(solve(correlation, z).reduce((sum, value, i) => sum + value * z[i], 0) / D);
    const [{ distance }] = predictReliably(network, image, fitted);
    assert.ok(Math.abs(distance / expected - 1) < 1e-3, `${distance} ${expected}`);
  }
});

test("99 % of the validation images are like the training images; noise, blank and other pictures are not", async () => {
  const val = (await data.split("val")).images;
  assert.ok(far(val) <= 0.01);
  const { images, count } = await data.split("test");
  assert.is(Math.round(far(images) * count), fitted.falseAlarms.count);
  const { interval, images: seen } = fitted.falseAlarms;
  assert.ok(seen === 512 && interval[0] <= far(images) && interval[1] >= far(images) && interval[1] < 0.06);
  assert.is(far(integers(20 * size, 3, 256)), 1);
  assert.is(far(Uint8Array.from({ length: 20 * size }, (_, i) => 180 + 20 * (i % 3) + Math.floor(i / size))), 1);
  assert.is(far(images.map((_, i) => images[i - (i % 3) + 2 - (i % 3)])) > 0.9, true);
});

test("undecided: not exactly one class is possible, and the right one is for 95 % of the validation images", async () => {
  const val = await data.split("val");
  const seen = predictReliably(network, val.images, fitted);
  const covered = seen.filter(({ probs }, n) => probs[val.labels[n]] >= fitted.possible!).length;
  assert.ok(covered >= 0.95 * val.count && covered <= val.count - 1, `${covered}`);
  for (const { probs, undecided } of seen) {
    assert.is(undecided, [...probs].filter((value) => value >= fitted.possible!).length !== 1);
  }
  const tight = predictReliably(network, val.images, { ...fitted, possible: 0.99 });
  assert.ok(tight.every(({ probs, undecided }) => undecided === Math.max(...probs) < 0.99));
});

test("the answers are those without it, in any number, and of another trunk, too", async () => {
  const images = await readImages(
    await data.split("test"),
    Array.from({ length: 70 }, (_, i) => 3 * i),
  );
  const decoded = Array.from({ length: 70 }, (_, i) => ({
    ...{ width: 28, height: 28, channels: 3 as const },
    pixels: images.subarray(i * size, (i + 1) * size),
  }));
  const [plain, told] = [await predict(network, decoded), await predict(network, decoded, { reliability: fitted })];
  assert.equal(
    told.map(({ label, probs }) => ({ label, probs })),
    plain,
  );
  assert.equal(await predict(network, [decoded[69]], { reliability: fitted }), [told[69]]);
  const other = createNetwork(engine, { channels: 3, classes: 2, head, trunk: residualTrunk(8, 1), seed: 1 });
  const theirs = await fitReliability(other, data);
  assert.ok(predictReliably(other, integers(4 * size, 3, 256), theirs).every(({ unlike }) => unlike));
  await refused(() => predictReliably(other, images, fitted), "reliability", theirs.layer, "layer5");
});

test("a model file keeps it, and is the same bytes without it; one that cannot be right is refused", async () => {
  const about = { name: "cells", md5: null, task: "binary", protocol: "official", positive: null, splitRatio: 0.8 };
  const training = { epoch: 1, seed: 1, val: { loss: 1, accuracy: 0.5, auc: 0.5 } };
  const bytes = saveModel(network, { classNames: data.classNames, data: about, training });
  const told = withReliability(bytes, "model", fitted);
  assert.equal((await loadModel(engine, told)).info.reliability, fitted);
  assert.equal(withReliability(told, "model"), bytes);
  const wrong: Record<string, unknown>[] = [
    { mean: "" },
    { mean: "?" },
    { std: textOfFloats(floatsOf(fitted.std)!.map(() => 0)) },
    { cholesky: fitted.std },
    { mean: textOfFloats(floatsOf(fitted.mean)!.fill(Number.NaN, 0, 1)) },
    { threshold: null },
    { possible: 2 },
    { falseAlarms: {} },
  ];
  for (const change of wrong) {
    const file = withReliability(bytes, "model", { ...fitted, ...change } as Reliability);
    await refused(() => loadModel(engine, file), "reliability as hqcnn train writes it");
  }
});

test("the sentence names the rate of false alarms with its interval", () => {
  const text = reliabilityText({ ...fitted, falseAlarms: { count: 3, images: 200, interval: [0.005, 0.043] } });
  assert.match(text, "true of 3 of 200 test images (1.5 %, 95 % interval 0.5 % to 4.3 %)");
  assert.match(text, "undecided");
  assert.not.match(reliabilityText({ ...fitted, possible: null }), "undecided");
});

test.run();
