import { decode } from "fast-png";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { classCounts, montage } from "../../../host/datasets/inspect.ts";
import { openDataset } from "../../../host/datasets/open.ts";
import { createNodePlatform } from "../../../host/platform/node.ts";

const test = suite("datasets/inspect");
const dataset = await openDataset("bloodmnist-sample", { platform: createNodePlatform(), task: "multiclass" });

test("class counts of the embedded sample", async () => {
  const counts = await classCounts(dataset);
  assert.equal(counts, {
    train: [91, 234, 116, 217, 91, 106, 249, 176],
    val: [9, 23, 12, 22, 9, 11, 25, 17],
    test: [37, 93, 47, 87, 36, 42, 100, 70],
  });
});

test("montage: a row of samples a class", async () => {
  const split = await dataset.split("train");
  const png = decode(await montage(dataset, split, 4));
  assert.equal([png.width, png.height, png.channels], [4 * 30 + 2, 8 * 30 + 2, 3]);
  const second = split.labels.indexOf(5, split.labels.indexOf(5) + 1);
  const at = (x: number, y: number) => [...png.data.subarray((y * png.width + x) * 3, (y * png.width + x) * 3 + 3)];
  const pixel = (second * 784 + 9 * 28 + 4) * 3;
  assert.equal(at(2 + 30 + 4, 2 + 5 * 30 + 9), [...split.images.subarray(pixel, pixel + 3)]);
  assert.equal(at(0, 0), [0, 0, 0]);
});

test.run();
