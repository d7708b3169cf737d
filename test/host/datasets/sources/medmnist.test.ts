import { suite } from "uvu";
import * as assert from "uvu/assert";
import { md5OfFile } from "../../../../host/datasets/sources/md5.ts";
import {
  fileByMd5,
  medmnist,
  nameByMd5,
  sample,
  setByName,
  setFile,
} from "../../../../host/datasets/sources/medmnist.ts";
import { fileOfBytes } from "../../../../host/datasets/sources/npz.ts";
import { createNodePlatform } from "../../../../host/platform/node.ts";
import { needsShared, repository } from "../../../util/paths.ts";

const test = suite("datasets/medmnist");

test("the table holds the twelve 2D sets", () => {
  // Images, classes and channels as printed in the paper's table of 2D sets (ChestMNIST: 14 labels).
  const facts = Object.entries(medmnist).map(([name, { counts, classNames, channels }]) => [
    name,
    counts.train + counts.val + counts.test,
    classNames.length,
    channels,
  ]);
  assert.equal(facts, [
    ["pathmnist", 107180, 9, 3],
    ["chestmnist", 112120, 14, 1],
    ["dermamnist", 10015, 7, 3],
    ["octmnist", 109309, 4, 1],
    ["pneumoniamnist", 5856, 2, 1],
    ["retinamnist", 1600, 5, 3],
    ["breastmnist", 780, 2, 1],
    ["bloodmnist", 17092, 8, 3],
    ["tissuemnist", 236386, 8, 1],
    ["organamnist", 58830, 11, 1],
    ["organcmnist", 23583, 11, 1],
    ["organsmnist", 25211, 11, 1],
  ]);
  for (const { md5 } of Object.values(medmnist)) assert.match(md5, /^[0-9a-f]{32}$/);
  const files = Object.values(medmnist).flatMap(({ md5, plus }) => [md5, ...Object.values(plus!)]);
  assert.equal([files.length, new Set(files).size], [48, 48]);
  for (const md5 of files) assert.match(md5, /^[0-9a-f]{32}$/);
  assert.equal(setFile("bloodmnist_64"), { name: "bloodmnist", size: 64, md5: "2b94928a2ae4916078ca51e05b6b800b" });
  assert.equal(fileByMd5("50747347e05c87dd3aaf92c49f9f3170"), { ...setFile("organamnist_224") });
  assert.equal(
    [setFile("bloodmnist_65"), setFile("bloodmnist-sample_64"), setFile("x")],
    [undefined, undefined, undefined],
  );
});

test("kinds, licences, the thesis's unions and the limits of belief", () => {
  const only = (condition: (name: string) => boolean) => Object.keys(medmnist).filter(condition);
  assert.equal(
    only((name) => medmnist[name].license !== "CC BY 4.0"),
    ["dermamnist"],
  );
  assert.is(medmnist.dermamnist.license, "CC BY-NC 4.0");
  assert.equal(
    only((name) => medmnist[name].kind === "multilabel"),
    ["chestmnist"],
  );
  assert.equal(
    only((name) => medmnist[name].kind === "binary"),
    ["pneumoniamnist", "breastmnist"],
  );
  const thesis = only((name) => medmnist[name].positive !== undefined);
  assert.equal(
    thesis.map((name) => [name, medmnist[name].positive, medmnist[name].implausibleAbove]),
    [
      ["pathmnist", [0, 1], 0.95],
      ["bloodmnist", [1, 2], 0.985],
      ["organamnist", [1, 2], 0.97],
    ],
  );
});

test("look-up by name and by MD5", () => {
  assert.is(setByName("bloodmnist"), medmnist.bloodmnist);
  assert.is(setByName("bloodmnist-sample"), sample);
  assert.is(setByName("toString"), undefined);
  assert.is(nameByMd5(medmnist.octmnist.md5), "octmnist");
  assert.is(nameByMd5("0"), undefined);
});

test("MD5 of RFC 1321 and of the embedded sample", async () => {
  const abc = new TextEncoder().encode("message digest");
  assert.is(await md5OfFile(fileOfBytes(abc)), "f96b697d7cb7938d525a2f31aaf161d0");
  const file = await createNodePlatform().openFile(repository("host/datasets/bloodmnist-sample.npz"));
  assert.is(await md5OfFile(file), sample.md5);
  await file.close();
});

for (const name of ["bloodmnist", "organamnist", "breastmnist"]) {
  needsShared(test, `data/${name}.npz`)(`MD5 of ${name}.npz equals the table`, async (path) => {
    const file = await createNodePlatform().openFile(path);
    assert.is(await md5OfFile(file), medmnist[name].md5);
    await file.close();
  });
}

test.run();
