import { suite } from "uvu";
import * as assert from "uvu/assert";
import { shuffleLabels } from "../../../host/datasets/shuffle.ts";
import { type Dataset, type SplitName, splitNames } from "../../../host/datasets/types.ts";
import { createPermutation, STREAMS } from "../../../host/engine/random.ts";
import { loadEngine } from "../../../host/index.ts";
import { integers } from "../../util/numbers.ts";

const shuffle = suite("datasets/shuffle");
const engine = await loadEngine({ threads: 1 });

const labels = integers(300, 1, 3);
const images = new Uint8Array(300 * 28 * 28);
const reads: SplitName[] = [];
const data = {
  name: "set",
  counts: { train: 300, val: 300, test: 300 },
  warnings: ["first"],
  async split(name: SplitName) {
    reads.push(name);
    return { count: 300, images, labels };
  },
} as unknown as Dataset;
const shuffled = (seed: number) => shuffleLabels(data, createPermutation(engine, seed, STREAMS.split));

const sorted = (of: Uint8Array) => [...of].sort();

shuffle(
  "train and val: as many of each label, in another order than before and than each other; images stay",
  async () => {
    const [train, val] = await Promise.all((["train", "val"] as const).map((name) => shuffled(0).split(name)));
    for (const split of [train, val]) {
      assert.equal(sorted(split.labels), sorted(labels));
      const same = split.labels.filter((label, i) => label === labels[i]).length;
      assert.ok(same > 70 && same < 130, `${same} of 300 labels are in their place`); // 100 ± 8 by chance
      assert.is(split.images, images);
    }
    assert.not.equal(train.labels, val.labels);
  },
);

shuffle("test keeps its labels, and the original data theirs", async () => {
  const copy = labels.slice();
  const all = shuffled(0);
  for (const name of splitNames) await all.split(name);
  assert.is((await all.split("test")).labels, labels);
  assert.equal(labels, copy);
});

shuffle("the same seed gives the same order, another one another", async () => {
  const of = async (seed: number) => (await shuffled(seed).split("train")).labels;
  assert.equal(await of(3), await of(3));
  assert.not.equal(await of(3), await of(4));
});

shuffle("a split is read once, and the data say what was done to them", async () => {
  reads.length = 0;
  const all = shuffled(0);
  const [a, b] = await Promise.all([all.split("train"), all.split("train")]);
  assert.is(a, b);
  assert.equal(reads, ["train"]);
  assert.equal(all.warnings, ["first", "set: labels of train and val are shuffled"]);
  assert.equal(data.warnings, ["first"]);
});

shuffle.run();
