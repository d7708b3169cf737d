import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openDataset } from "../../../host/api.ts";
import { readImages } from "../../../host/datasets/images.ts";
import { nestedIndices, trainSubset } from "../../../host/datasets/subset.ts";
import { createPermutation } from "../../../host/engine/random.ts";
import { compileBuild } from "../../util/builds.ts";
import { refused } from "../../util/refusal.ts";

const test = suite("datasets/subset");
const engine = await compileBuild("strict");
const permutation = createPermutation(engine, 7, 4);
const labels = Uint8Array.from({ length: 500 }, (_, i) => (i % 10 === 0 ? 2 : i % 2));
const open = openDataset(undefined, { task: "multiclass" });
const FRACTIONS = [0.001, 0.01, 0.03, 0.1, 0.3, 0.77, 1];

test("of each class the same share, at least one, and a smaller part lies within a larger one", () => {
  const counts = [0, 1, 2].map((label) => labels.filter((each) => each === label).length);
  let before = new Set<number>();
  for (const fraction of FRACTIONS) {
    const indices = nestedIndices(labels, fraction, permutation);
    assert.equal(
      [...indices],
      [...new Set(indices)].sort((a, b) => a - b),
      "each once, in order",
    );
    counts.forEach((count, label) => {
      const taken = [...indices].filter((i) => labels[i] === label).length;
      assert.is(taken, Math.max(1, Math.ceil(fraction * count - 1e-9)), `class ${label} at ${fraction}`);
    });
    for (const i of before) assert.ok(indices.includes(i), `${i} at ${fraction}`);
    before = new Set(indices);
  }
  assert.is(before.size, 500);
  const other = nestedIndices(labels, 0.1, createPermutation(engine, 8, 4));
  assert.not.equal(other, nestedIndices(labels, 0.1, permutation));
});

test("a data set with a part of its training images: those of the whole, with their labels; val and test stay", async () => {
  const whole = await open;
  const part = await openDataset(undefined, { task: "multiclass", fraction: 0.1, seed: 3 });
  const [all, some] = [await whole.split("train"), await part.split("train")];
  assert.is(part.counts.train, some.count);
  assert.equal([part.counts.val, part.counts.test], [whole.counts.val, whole.counts.test]);
  const indices = nestedIndices(all.labels, 0.1, createPermutation(engine, 3, 4));
  assert.is(some.count, indices.length);
  assert.equal(some.images, await readImages(all, indices));
  assert.equal(
    some.labels,
    Uint8Array.from(indices, (i) => all.labels[i]),
  );
  assert.match(part.steps.join(), `a part of train: ${some.count} of ${all.count} images`);
  assert.is(await part.split("test"), await part.split("test"));
});

test("several labels an image keep their rows; images on disk are read by their places", async () => {
  const whole = await open;
  const train = await whole.split("train");
  const matrix = Uint8Array.from({ length: train.count * 2 }, (_, i) => ((i * 7) % 3) & 1);
  const stored = { request: async (at: ArrayLike<number>) => ({ images: readImages(train, at) }) };
  const split = { count: train.count, labels: new Uint8Array(train.count), matrix, stored, images: new Uint8Array(0) };
  const data = { ...whole, classNames: ["a", "b"], split: async () => split };
  const part = await (await trainSubset(data, 0.05, permutation)).split("train");
  const indices = nestedIndices(split.labels, 0.05, permutation);
  assert.equal(part.matrix, Uint8Array.from([...indices].flatMap((i) => [...matrix.subarray(2 * i, 2 * i + 2)])));
  assert.equal(await readImages(part, [3, 0]), await readImages(train, [indices[3], indices[0]]));
});

test("refuses what is no part", async () => {
  for (const fraction of [0, -1, 1.5, Number.NaN])
    await refused(async () => trainSubset(await open, fraction, permutation), "fraction: expected a number above 0");
});

test.run();
