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
import { medmnistArrays, type NpyArray, npz } from "../../util/npz.ts";
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
  await usage({ task: "binary" }, "positive labels", "0 class 0, 1 class 1, 2 class 2");
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
  await refused(() => open("chestmnist_64"), "chestmnist_64 is not in", "hqcnn data fetch chestmnist_64");
  await refused(() => open("organmnist3d"), "organmnist3d is a 3D set");
  await refused(() => open("bloodmnist", { size: { height: 64, width: 64 } }), "hqcnn data fetch bloodmnist_64");
  const odd = { size: { height: 96, width: 96 } };
  await refused(() => open("bloodmnist", odd), "28, 64, 128, 224 pixels a side, got 96×96", "--data bloodmnist_128");
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
  assert.match(dataset.source.md5!, /^[0-9a-f]{32}$/);
  assert.match(dataset.steps.join(), "split by the seed: 70 % train, 10 % val, 20 % test");
  assert.is((await checkSplits(dataset)).length, 1); // all images are the same
});

/** An own npz of `classes`, with some arrays left out or changed. */
async function own(changes: Record<string, Partial<NpyArray> | undefined> = {}, classes = 3) {
  const arrays = medmnistArrays({ train: 48, val: 6, test: 9 }, { classes });
  for (const [name, change] of Object.entries(changes)) {
    if (change === undefined) delete arrays[name];
    else arrays[name] = { ...arrays[name], ...change };
  }
  return npz(arrays);
}

test("more than two classes are multi-class by default, two are binary, a known union stays", async () => {
  assert.equal((await open(await own())).task, "multiclass");
  assert.equal((await open(await own({}, 2))).task, "binary");
  assert.equal((await open()).classNames, ["other", "eosinophil or erythroblast"]);
  const opened = await open(await own(), { positive: [2] });
  assert.equal([opened.task, opened.reading.positive], ["binary", [2]]);
});

test("splits that are missing are drawn from train by the seed, and said", async () => {
  const permutation = testPermutation(3);
  const noVal = await open(await own({ val_images: undefined, val_labels: undefined }), { permutation });
  assert.equal([noVal.counts, noVal.protocol], [{ train: 42, val: 6, test: 9 }, "official"]);
  assert.match(noVal.steps.join(), "no val split: 6 images of train are val, drawn by the seed");
  const rows = async (name: "train" | "val") => {
    const { images, count } = await noVal.split(name);
    return Array.from({ length: count }, (_, i) =>
      Buffer.from(images.subarray(i * 784, i * 784 + 784)).toString("hex"),
    );
  };
  const all = [...(await rows("train")), ...(await rows("val"))];
  assert.is(new Set(all).size, 48);
  const counts = await classCounts(noVal);
  assert.equal(
    [counts.val, counts.train],
    [
      [2, 2, 2],
      [14, 14, 14],
    ],
  );
  const noTest = await open(await own({ test_images: undefined, test_labels: undefined }), { permutation });
  assert.equal(noTest.counts, { train: 39, val: 6, test: 9 });
  const alone = await own({
    train_images: undefined,
    train_labels: undefined,
    val_images: undefined,
    val_labels: undefined,
  });
  await refused(() => open(alone), "expected a train split, got test alone", "hqcnn evaluate");
  const model = { name: "x", md5: "y", classNames: ["class 0", "class 1", "class 2"] };
  assert.equal((await open(alone, { model })).counts, { train: 0, val: 0, test: 9 });
  // A model's own data have the splits that it was trained with; of other data those that are there.
  const bytes = await own({ val_images: undefined, val_labels: undefined });
  const trained = { ...model, md5: (await open(bytes, { look: true })).source.md5 };
  const again = await open(bytes, { permutation, model: trained });
  assert.equal(again.counts, noVal.counts);
  assert.equal((await again.split("val")).images, (await noVal.split("val")).images);
  assert.equal((await open(bytes, { permutation, model })).counts, { train: 48, val: 0, test: 9 });
});

test("groups stay whole, in npz, CSV and folders; splits that they leave empty or that they straddle are refused", async () => {
  const groups = (n: number, each: number) => ({
    descr: "<i8",
    shape: [n],
    data: BigInt64Array.from({ length: n }, (_, i) => BigInt(Math.floor(i / each))),
  });
  const { train_images: images, train_labels: labels } = medmnistArrays({ train: 60, val: 1, test: 1 }, { classes: 2 });
  const permutation = testPermutation(1);
  const pool = await npz({ images, labels, groups: groups(60, 4) });
  const opened = await open(pool, { permutation });
  const key = (image: Uint8Array) => Buffer.from(image).toString("hex");
  const place = new Map(
    Array.from({ length: 60 }, (_, i) => [key((images.data as Uint8Array).subarray(i * 784, i * 784 + 784)), i]),
  );
  const groupsOf = async (name: "train" | "val" | "test") => {
    const split = await opened.split(name);
    const rows = Array.from({ length: split.count }, (_, i) => split.images.subarray(i * 784, i * 784 + 784));
    return new Set(rows.map((row) => Math.floor(place.get(key(row))! / 4)));
  };
  const [train, val, test] = [await groupsOf("train"), await groupsOf("val"), await groupsOf("test")];
  assert.is(train.size + val.size + test.size, 15);
  assert.is(new Set([...train, ...val, ...test]).size, 15);
  assert.equal(opened.counts, { train: train.size * 4, val: val.size * 4, test: test.size * 4 });
  assert.ok(Math.abs(test.size - 3) <= 1 && val.size >= 1, `${train.size} ${val.size} ${test.size}`);
  const two = await npz({ images, labels, groups: groups(60, 30) });
  await refused(() => open(two, { permutation }), "2 groups leave", "empty");
  const straddling = await own({ train_groups: { ...groups(48, 4) }, test_groups: { ...groups(9, 4) } });
  await refused(() => open(straddling), "group 0 is in train and in test");
  // Split again, they are drawn by groups.
  const again = { permutation, protocol: "pooled" } as const;
  const val_groups = { ...groups(6, 4) };
  const whole = await own({ train_groups: groups(48, 4), val_groups, test_groups: groups(9, 4) });
  const { counts, steps } = await open(whole, again);
  assert.is(counts.train + counts.val + counts.test, 63);
  assert.match(steps.join(), "train: images train_images, labels train_labels, groups train_groups;");
  // Groups of some images would drop the others, or be forgotten.
  const some = await own({ train_groups: groups(48, 4) });
  await refused(() => open(some, again), "groups for the images of all splits", "for train but not for val and test");
  const others = await own({ test_groups: groups(9, 4) });
  await refused(() => open(others, again), "for test but not for train and val");
  assert.is((await open(some)).counts.train, 48);
});

test("--group and --keys are not taken in silence where they mean nothing", async () => {
  const plain = await npz(medmnistArrays());
  await refused(() => open(plain, { group: "patient" }), "--group patient: bytes.npz has no array of groups", "--keys");
  const data = Uint8Array.from({ length: 12 }, (_, i) => i);
  const grouped = await npz({ ...medmnistArrays(), train_groups: { descr: "|u1", shape: [12], data } });
  assert.match((await open(grouped, { group: "x" })).steps.join(), "groups of an npz are an array: --group changes no");
  for (const name of ["a", "b"]) {
    mkdirSync(`${folder}/keyless/${name}`, { recursive: true });
    for (let i = 0; i < 3; i++)
      writeFileSync(`${folder}/keyless/${name}/${i}.png`, await platform.readFile(fixture("images/grey8.png")));
  }
  const options = { keys: "images=x", permutation: testPermutation(1) };
  assert.match((await open(`${folder}/keyless`, options)).steps.join(), "--keys changes nothing");
});

test("one class alone is refused by that, whatever the task", async () => {
  const { train_images: images } = medmnistArrays();
  const labels = { descr: "|u1", shape: [12], data: new Uint8Array(12) };
  const bytes = await npz({ images, labels });
  for (const task of [undefined, "binary", "multiclass"] as const) {
    await refused(() => open(bytes, { task, permutation: testPermutation(1) }), "at least 2 classes, got only class 0");
  }
});

test("rows of one 1 each are classes, or several labels an image if that is the task", async () => {
  const rows = (n: number) => ({
    shape: [n, 4],
    data: Uint8Array.from({ length: n * 4 }, (_, i) => Number(i % 4 === (i >> 2) % 3)),
  });
  const bytes = await own({ train_labels: rows(48), val_labels: rows(6), test_labels: rows(9) });
  assert.equal((await open(bytes)).classNames, ["class 0", "class 1", "class 2"]);
  const { classNames, task, split } = await open(bytes, { task: "multilabel" });
  assert.equal([classNames, task], [["label 0", "label 1", "label 2", "label 3"], "multilabel"]);
  assert.equal([...(await split("val")).matrix!].slice(0, 8), [1, 0, 0, 0, 0, 1, 0, 0]);
  const model = { name: "other", md5: "0", classNames };
  assert.is((await open(bytes, { task: "multilabel", model })).task, "multilabel");
});

test("a model's classes are found by their names, or refused; other data of one pool are all test", async () => {
  const png = await platform.readFile(fixture("images/rgb8.png"));
  const folderOf = async (name: string, classes: string[], each = 4) => {
    for (const className of classes) {
      mkdirSync(`${folder}/${name}/${className}`, { recursive: true });
      for (let i = 0; i < each; i++) writeFileSync(`${folder}/${name}/${className}/${i}.png`, png);
    }
    return `${folder}/${name}`;
  };
  const classNames = ["a", "b", "c"];
  const model = { name: "trained", md5: "0", classNames, sourceClasses: classNames };
  const some = await open(await folderOf("some", ["b", "c"]), { model, task: "multiclass" });
  assert.equal([some.classNames, some.counts], [classNames, { train: 0, val: 0, test: 8 }]);
  assert.equal([...(await some.split("test")).labels], [1, 1, 1, 1, 2, 2, 2, 2]);
  assert.match(some.warnings.join(), "test has no image of a");
  assert.match(some.steps.join(), "all 8 images are the test split");
  const reordered = await folderOf("reordered", ["z_a", "B", "c"]);
  await refused(
    () => open(reordered, { model, task: "multiclass" }),
    "the model does not know the class z_a",
    "--rename z_a=a",
  );
  const renamed = await open(reordered, { model, task: "multiclass", renames: { z_a: "a" } });
  assert.equal([...(await renamed.split("test")).labels], [1, 1, 1, 1, 2, 2, 2, 2, 0, 0, 0, 0]);
  assert.match(renamed.steps.join(), "class B is the model's b");
  await refused(() => open(reordered, { model, renames: { q: "a" } }), "--rename q=a", "no class q");
  // A union is found by names, too: class b of other data is what it was.
  const union = { name: "t", md5: "0", classNames: ["other", "b"], sourceClasses: classNames };
  const binary = await open(await folderOf("some", ["b", "c"]), { model: union, task: "binary", positive: [1] });
  assert.equal([...(await binary.split("test")).labels], [1, 1, 1, 1, 0, 0, 0, 0]);
  // Old models do not tell the classes before a union.
  const old = { name: "t", md5: "0", classNames: ["other", "b"] };
  await refused(
    () => open(`${folder}/reordered`, { model: old, task: "binary", positive: [1] }),
    "the model's classes other, b",
  );
  const numbered = await open(await own(), { model, task: "multiclass" });
  assert.match(numbered.steps.join(), "the data name no classes");
  assert.is(
    (await open(await own(), { model: { ...model, sourceClasses: undefined }, task: "multiclass" })).classNames[2],
    "c",
  );
});

test("a CSV with groups and an own size", async () => {
  mkdirSync(`${folder}/scans`);
  const lines = ["image,label,patient"];
  for (let i = 0; i < 24; i++) {
    writeFileSync(`${folder}/scans/${i}.png`, await platform.readFile(fixture("images/rgb8.png")));
    lines.push(`scans/${i}.png,${i < 12 ? "ill" : "well"},p${i >> 1}`);
  }
  writeFileSync(`${folder}/scans.csv`, lines.join("\n"));
  const options = { permutation: testPermutation(2), size: { height: 32, width: 48 }, fit: "pad" } as const;
  const { name, classNames, counts, height, width, steps, reading } = await open(`${folder}/scans.csv`, options);
  assert.equal([name, classNames, height, width], ["scans.csv", ["ill", "well"], 32, 48]);
  assert.ok(
    Object.values(counts).every((count) => count > 0 && count % 2 === 0),
    JSON.stringify(counts),
  );
  assert.match(steps.join("; "), "columns: image image, label label, group patient; images of any size to 32×48 (pad)");
  assert.equal(reading, { sourceClasses: ["ill", "well"], positive: [1], values: null, fit: "pad", stated: null });
});

test("several labels an image are read, and refused by tasks that learn one", async () => {
  const rows = (n: number) => ({
    shape: [n, 4],
    data: Uint8Array.from({ length: n * 4 }, (_, i) => Number(i % 4 < 2)),
  });
  const bytes = await own({ train_labels: rows(48), val_labels: rows(6), test_labels: rows(9) });
  const opened = await open(bytes);
  const { matrix, count } = await opened.split("val");
  assert.equal([opened.task, count, matrix!.length, opened.classNames.length], ["multilabel", 6, 24, 4]);
  assert.equal((await classCounts(opened)).val, [6, 6, 0, 0]);
  await refused(() => open(bytes, { task: "multiclass" }), "multi-label set");
  assert.instance(await open(await own(), { task: "multilabel" }).catch((error) => error), UsageError);
});

test.run();
