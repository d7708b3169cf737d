import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkSplits, findLeaks, implausibleAccuracy } from "../../../host/datasets/guard.ts";
import { openDataset } from "../../../host/datasets/open.ts";
import type { Split } from "../../../host/datasets/types.ts";
import { inTime } from "../../util/limits.ts";
import { medmnistArrays, npz } from "../../util/npz.ts";

const test = suite("datasets/guard");

const split = (...rows: number[][]): Split => ({
  count: rows.length,
  images: Uint8Array.from(rows.flat()),
  labels: new Uint8Array(rows.length),
});

test("finds images that occur in two splits, not duplicates within one", async () => {
  const leaks = await findLeaks({
    train: split([1, 2], [3, 4], [3, 4]),
    val: split([5, 6], [3, 4]),
    test: split([2, 1], [5, 6], [1, 2], [7, 7], [7, 7]),
  });
  const places = leaks.map(({ first, second }) => [first.split, second.split, second.index]);
  assert.equal(places, [
    ["train", "val", 1],
    ["val", "test", 1],
    ["train", "test", 2],
  ]);
});

test("warns of a leaking npz and is silent on a clean one", async () => {
  const arrays = medmnistArrays();
  const clean = await openDataset(await npz(arrays), { task: "multiclass" });
  assert.equal(await checkSplits(clean), []);
  (arrays.test_images.data as Uint8Array).set(
    (arrays.train_images.data as Uint8Array).subarray(5 * 784, 7 * 784),
    3 * 784,
  );
  const leaking = await openDataset(await npz(arrays), { task: "multiclass" });
  const [warning, ...more] = await checkSplits(leaking);
  assert.equal(more, []);
  assert.match(warning, "train and test: 2; train image 5 is test image 3");
});

test("is quick on 60,000 images", async () => {
  const noise = (count: number, seed: number): Split => {
    const words = new Uint32Array((count * 784) / 4);
    for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + seed * 1e8, 2654435761) ^ (i >>> 3);
    return { count, images: new Uint8Array(words.buffer), labels: new Uint8Array(count) };
  };
  const splits = { train: noise(50_000, 1), val: noise(5_000, 2), test: noise(5_000, 3) };
  splits.test.images.set(splits.train.images.subarray(784 * 49_999, 784 * 50_000), 784 * 77);
  const start = performance.now();
  const leaks = await findLeaks(splits);
  const seconds = (performance.now() - start) / 1000;
  assert.equal(leaks, [{ first: { split: "train", index: 49_999 }, second: { split: "test", index: 77 } }]);
  inTime("comparing 60,000 images", seconds, 3); // 0.2 s when measured
});

test("test accuracy beyond belief, multi-class only", () => {
  const check = (name: string, accuracy: number, task: "binary" | "multiclass" = "multiclass") =>
    implausibleAccuracy({ name, task }, accuracy);
  for (const [name, limit] of [
    ["pathmnist", 0.95],
    ["organamnist", 0.97],
    ["bloodmnist", 0.985],
  ] as const) {
    assert.is(check(name, limit), null);
    assert.match(check(name, limit + 0.001)!, `above the plausible ${limit}`);
    assert.is(check(name, 1, "binary"), null);
  }
  assert.is(check("breastmnist", 1), null);
  assert.is(check("own.npz", 1), null);
});

test.run();
