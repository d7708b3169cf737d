import { suite } from "uvu";
import * as assert from "uvu/assert";
import { batches, copyBatch } from "../../../host/datasets/batches.ts";
import { testPermutation } from "../../util/permutation.ts";
import { refused } from "../../util/refusal.ts";

const test = suite("datasets/batches");
const permutation = testPermutation(3);

test("an epoch holds every index once; the last batch is smaller", () => {
  const lists = [...batches(10, 4, permutation, 0)];
  assert.equal(
    lists.map((list) => list.length),
    [4, 4, 2],
  );
  assert.equal(
    lists.flatMap((list) => [...list]).sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  assert.equal(
    [...batches(65, 64, permutation, 0)].map((list) => list.length),
    [64, 1],
  );
  assert.equal(
    [...batches(64, 64, permutation, 0)].map((list) => list.length),
    [64],
  );
  assert.equal(
    [...batches(3, 64, permutation, 0)].map((list) => list.length),
    [3],
  );
});

test("order depends on the epoch and on nothing else", () => {
  const order = (epoch: number) => [...batches(50, 8, permutation, epoch)].flatMap((list) => [...list]);
  assert.equal(order(1), order(1));
  assert.not.equal(order(1), order(2));
  assert.equal(order(1), [...permutation(50, 1)]);
});

test("copies images and labels", () => {
  const split = { count: 3, images: Uint8Array.of(1, 2, 3, 4, 5, 6), labels: Uint8Array.of(7, 8, 9) };
  const target = new Uint8Array(6);
  const labels = new Int32Array(3);
  copyBatch(split, Uint32Array.of(2, 0), target, labels);
  assert.equal([...target], [5, 6, 1, 2, 0, 0]);
  assert.equal([...labels], [9, 7, 0]);
  assert.throws(
    () => copyBatch(split, Uint32Array.of(2, 0), new Uint8Array(3), labels),
    (e: unknown) => e instanceof RangeError,
  );
  assert.throws(
    () => copyBatch(split, Uint32Array.of(2, 0), target, new Int32Array(1)),
    (e: unknown) => e instanceof RangeError,
  );
});

test("impossible batch sizes", async () => {
  for (const size of [0, -1, 1.5, Number.NaN]) {
    await refused(() => [...batches(10, size, permutation, 0)], "at least 1", String(size));
  }
});

test.run();
