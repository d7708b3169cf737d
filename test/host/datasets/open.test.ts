import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../../host/check.ts";
import { checkSplits } from "../../../host/datasets/guard.ts";
import { classCounts } from "../../../host/datasets/inspect.ts";
import { type OpenOptions, openDataset } from "../../../host/datasets/open.ts";
import { createNodePlatform } from "../../../host/platform/node.ts";
import { medmnistArrays, npz } from "../../util/npz.ts";
import { fixture, needsShared } from "../../util/paths.ts";
import { testPermutation } from "../../util/permutation.ts";
import { refused } from "../../util/refusal.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const test = suite("datasets/open");
const folder = temporaryFolder();
const platform = { ...createNodePlatform(), cacheFolder: folder };
const open = (from?: Parameters<typeof openDataset>[0], options: OpenOptions = {}) =>
  openDataset(from, { platform, ...options });

test("the embedded sample, binary: the thesis's union", async () => {
  for (const from of [undefined, "bloodmnist-sample"]) {
    const dataset = await open(from);
    assert.equal([dataset.name, dataset.channels, dataset.height, dataset.width], ["bloodmnist-sample", 3, 28, 28]);
    assert.equal(dataset.counts, { train: 1280, val: 128, test: 512 });
    assert.equal(dataset.classNames, ["other", "eosinophil or erythroblast"]);
    assert.equal([dataset.task, dataset.protocol, dataset.warnings], ["binary", "official", []]);
    assert.equal([dataset.source.md5, dataset.source.license], ["6b910b8adf6dd6dd241c99722165be08", "CC BY 4.0"]);
    assert.equal(await classCounts(dataset), { train: [930, 350], val: [93, 35], test: [372, 140] });
    assert.is((await dataset.split("test")).images.length, 512 * 28 * 28 * 3);
    assert.is(await dataset.split("test"), await dataset.split("test"));
    assert.equal(await checkSplits(dataset), []);
  }
});

test("the embedded sample, multi-class", async () => {
  const dataset = await open(undefined, { task: "multiclass" });
  assert.equal([dataset.classNames.length, dataset.classNames[7]], [8, "platelet"]);
  assert.equal((await classCounts(dataset)).test, [37, 93, 47, 87, 36, 42, 100, 70]);
});

test("pooled: all images split again, 80 % for training and choosing", async () => {
  const options = { protocol: "pooled", permutation: testPermutation(1) } as const;
  const dataset = await open(undefined, options);
  assert.is(dataset.protocol, "pooled");
  assert.match(dataset.warnings.join(), "not comparable");
  const { train, val, test } = dataset.counts;
  assert.is(train + val + test, 1920);
  assert.ok(Math.abs(test - 384) <= 4 && Math.abs(val - 192) <= 4, `${train} ${val} ${test}`);
  const counts = await classCounts(dataset);
  assert.is(counts.train[1] + counts.val[1] + counts.test[1], 350 + 35 + 140);
  // The same images as in the official splits, each once, each with its label.
  const official = await open();
  const key = (image: Uint8Array, label: number) => `${label} ${Buffer.from(image).toString("latin1")}`;
  const rows = async (from: typeof dataset) => {
    const all: string[] = [];
    for (const name of ["train", "val", "test"] as const) {
      const { images, labels } = await from.split(name);
      for (const [i, label] of labels.entries()) all.push(key(images.subarray(i * 2352, (i + 1) * 2352), label));
    }
    return all.sort();
  };
  assert.equal(await rows(dataset), await rows(official));
  await refused(() => open(undefined, { protocol: "pooled" }), "permutation");
});

needsShared(test, "data/bloodmnist.npz")(
  "BloodMNIST has the thesis's supports, and six test images seen before",
  async (path) => {
    const dataset = await open(path);
    assert.equal([dataset.name, dataset.warnings], ["bloodmnist", []]);
    assert.equal(dataset.counts, { train: 11959, val: 1712, test: 3421 });
    assert.equal((await classCounts(dataset)).test, [2486, 935]);
    // NumPy finds the same: 3 of val in train, 6 of test in train or val.
    const [warning] = await checkSplits(dataset);
    assert.match(warning, /train and val: 3, train and test: 5, val and test: 1;/);
  },
);

needsShared(test, "data/organamnist.npz")("OrganAMNIST has the thesis's supports", async (path) => {
  const dataset = await open(path);
  assert.equal([dataset.name, dataset.channels, dataset.warnings], ["organamnist", 1, []]);
  assert.equal(dataset.counts, { train: 34561, val: 6491, test: 17778 });
  assert.equal((await classCounts(dataset)).test, [16201, 1577]);
  assert.equal(await checkSplits(dataset), []);
});

needsShared(test, "data/breastmnist.npz")("a set of two classes is binary as it is", async (path) => {
  const dataset = await open(path);
  assert.equal(dataset.classNames, ["malignant", "normal, benign"]);
  assert.equal((await classCounts(dataset)).test, [42, 114]);
});

test("an own npz from a path, bytes, a Blob, a File and a URL", async () => {
  const bytes = await npz(medmnistArrays());
  const path = `${folder}/own.npz`;
  writeFileSync(path, bytes);
  const server = createServer((request, response) => {
    response.writeHead(request.url === "/own.npz" ? 200 : 404).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const froms = [
    path,
    bytes,
    new Blob([bytes]),
    new File([bytes], "own.npz"),
    new URL(`${url}/own.npz`),
    `${url}/own.npz`,
  ];
  for (const from of froms) {
    const dataset = await open(from, { task: "multiclass" });
    assert.equal(
      [dataset.counts, dataset.classNames],
      [{ train: 12, val: 6, test: 9 }, ["class 0", "class 1", "class 2"]],
    );
    assert.equal([...(await dataset.split("test")).labels], [0, 1, 2, 0, 1, 2, 0, 1, 2]);
    assert.is(dataset.source.license, "unknown");
  }
  await refused(() => open(`${url}/none.npz`), "404");
  server.close();
  assert.equal((await open(path, { positive: [0, 2] })).classNames, ["class 1", "class 0 or class 2"]);
});

test("impossible tasks are usage errors that list what is possible", async () => {
  const bytes = await npz(medmnistArrays());
  const usage = async (options: OpenOptions, ...parts: string[]) => {
    await refused(() => open(bytes, options), ...parts);
    assert.instance(await open(bytes, options).catch((error) => error), UsageError);
  };
  await usage({}, "positive labels", "0 class 0, 1 class 1, 2 class 2");
  await usage({ positive: [7] }, "positive label 7 does not exist", "2 class 2");
  await usage({ positive: [0, 1, 2] }, "not all of");
  const arrays = medmnistArrays();
  (arrays.train_labels.data as Uint8Array).fill(0);
  const gap = await npz(arrays);
  await refused(() => open(gap, { task: "multiclass" }), "class 1 (class 1) has no image in train");
  await refused(() => open(gap, { positive: [2] }), "class 2", "no image in train");
});

test("names: one not fetched yet, a multi-label one, an unknown one", async () => {
  await refused(() => open("breastmnist"), "breastmnist is not in", folder, "hqcnn data fetch breastmnist");
  await refused(() => open("chestmnist"), "multi-label");
  await refused(() => open("bloodmnits"), "bloodmnits: no such file or folder", "bloodmnist-sample", "organsmnist");
  await refused(() => openDataset("bloodmnist-sample"), "options.platform");
});

test("a wrong MD5: refused in the cache folder, warned of elsewhere", async () => {
  const bytes = await npz(medmnistArrays(undefined, { classes: 2 }));
  writeFileSync(`${folder}/pneumoniamnist.npz`, bytes);
  await refused(() => open("pneumoniamnist"), "28209eda62fecd6e6a2d98b1501bb15f", "hqcnn data fetch pneumoniamnist");
  const dataset = await open(`${folder}/pneumoniamnist.npz`);
  assert.equal(dataset.classNames, ["normal", "pneumonia"]);
  assert.match(dataset.warnings.join(), /expected MD5 28209eda62fecd6e6a2d98b1501bb15f .* not the published data/);
  writeFileSync(`${folder}/dermamnist.npz`, bytes);
  assert.match((await open(`${folder}/dermamnist.npz`, { positive: [1] })).warnings.join(), "CC BY-NC 4.0");
});

test("bad files: one clear error", async () => {
  await refused(() => open(`${folder}/missing.npz`), "missing.npz");
  writeFileSync(`${folder}/text.npz`, "not a zip at all");
  await refused(() => open(`${folder}/text.npz`), "text.npz: expected an npz file");
  writeFileSync(`${folder}/short.npz`, (await npz(medmnistArrays())).slice(0, 5000));
  await refused(() => open(`${folder}/short.npz`), "short.npz", "cut short");
  mkdirSync(`${folder}/empty.npz`);
  await refused(() => open(`${folder}/empty.npz`), "empty.npz", "subfolders");
});

test("a folder of images", async () => {
  const root = `${folder}/own`;
  for (const name of ["circle", "square"]) {
    mkdirSync(`${root}/${name}`, { recursive: true });
    for (let i = 0; i < 10; i++)
      platform.writeFile(`${root}/${name}/${i}.png`, await platform.readFile(fixture("images/rgb8.png")));
  }
  await refused(() => open(root), "permutation");
  const dataset = await open(root, { permutation: testPermutation(0) });
  assert.equal([dataset.name, dataset.classNames, dataset.channels], ["own", ["circle", "square"], 3]);
  assert.equal(dataset.counts, { train: 14, val: 2, test: 4 });
  assert.equal(await classCounts(dataset), { train: [7, 7], val: [1, 1], test: [2, 2] });
  assert.is((await dataset.split("test")).images.length, 4 * 2352);
  assert.is(dataset.source.md5, null);
  assert.is((await checkSplits(dataset)).length, 1); // all images are the same
});

test.run();
