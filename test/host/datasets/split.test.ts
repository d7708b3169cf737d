import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { stratifiedSplit } from "../../../host/datasets/split.ts";
import { testPermutation } from "../../util/permutation.ts";
import { refused } from "../../util/refusal.ts";

const test = suite("datasets/split");

test("ratio 0.8 gives 70, 10, 20 % of every class", () => {
  const labels = Uint8Array.from({ length: 1000 }, (_, i) => (i % 10 < 7 ? 0 : 1));
  const parts = stratifiedSplit(labels, ["a", "b"], 0.8, testPermutation(1));
  const counts = [parts.train, parts.val, parts.test].map((indices) =>
    [0, 1].map((label) => indices.filter((i) => labels[i] === label).length),
  );
  assert.equal(counts, [
    [490, 210],
    [70, 30],
    [140, 60],
  ]);
});

test("another seed, another split; the same seed, the same", () => {
  const labels = new Uint8Array(100).fill(1, 50);
  const first = stratifiedSplit(labels, ["a", "b"], 0.8, testPermutation(1));
  assert.equal(first, stratifiedSplit(labels, ["a", "b"], 0.8, testPermutation(1)));
  assert.not.equal(first.test, stratifiedSplit(labels, ["a", "b"], 0.8, testPermutation(2)).test);
});

test("every image lands in one split, every class in every split", () => {
  const cases = fc.record({
    sizes: fc.array(fc.integer({ min: 3, max: 60 }), { minLength: 2, maxLength: 6 }),
    ratio: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(cases, ({ sizes, ratio, seed }) => {
      const labels = Uint8Array.from(sizes.flatMap((size, label) => new Array<number>(size).fill(label)));
      const { train, val, test } = stratifiedSplit(labels, sizes.map(String), ratio, testPermutation(seed));
      assert.equal(
        [...train, ...val, ...test].sort((a, b) => a - b),
        [...labels.keys()],
      );
      for (const part of [train, val, test]) assert.is(new Set([...part].map((i) => labels[i])).size, sizes.length);
    }),
    { numRuns: 50 },
  );
});

test("refuses tiny classes and impossible ratios", async () => {
  const split = (labels: number[], ratio: number) => () =>
    stratifiedSplit(Uint8Array.from(labels), ["a", "b"], ratio, testPermutation(0));
  await refused(split([0, 0, 0, 1, 1], 0.8), "class 1 (b)", "at least 3 images", "got 2");
  for (const ratio of [0, 1, -1, Number.NaN])
    await refused(split([0, 0, 0, 1, 1, 1], ratio), "between 0 and 1", String(ratio));
});

test.run();
