// --frame and --range of folders: training, evaluation and prediction read the same page with the same black and white.
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadEngine, loadModel, saveModel } from "../../../host/api.ts";
import { fitImage } from "../../../host/datasets/fit.ts";
import { decodeFile } from "../../../host/datasets/formats/decode.ts";
import { openDataset } from "../../../host/datasets/open.ts";
import { createNetwork } from "../../../host/network/network.ts";
import { createNodePlatform } from "../../../host/platform/node.ts";
import { decodingFor } from "../../../host/work/inputs.ts";
import { medmnistArrays, npz } from "../../util/npz.ts";
import { fixture } from "../../util/paths.ts";
import { testPermutation } from "../../util/permutation.ts";
import { refused } from "../../util/refusal.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const test = suite("datasets, what is stated of image files");
const folder = temporaryFolder();
const platform = createNodePlatform();
const permutation = testPermutation(1);
const pages = new Uint8Array(readFileSync(fixture("formats/pages.tif")));

test.before(() => {
  for (const name of ["a", "b"]) {
    mkdirSync(join(folder, name));
    for (let i = 0; i < 6; i++) cpSync(fixture("formats/pages.tif"), join(folder, name, `${i}.tif`));
  }
});

const size = { height: 16, width: 16 };
const open = (options: object) => openDataset(folder, { platform, permutation, size, channels: 1, ...options });

test("a frame and a range of a folder are what its images are read with, and what a model remembers", async () => {
  for (const stated of [{ frame: 1 }, { frame: 1, range: [10, 90] as const }, { range: "auto" as const }]) {
    const data = await open(stated);
    assert.equal(data.reading?.stated, stated);
    const { frames } = await decodeFile(pages, "p", stated);
    const expected = await fitImage(frames[0], { ...size, channels: 1 });
    const { images } = await data.split("train");
    assert.equal(images.slice(0, 256), expected, JSON.stringify(stated));

    const engine = await loadEngine({ threads: 1 });
    const head = { kind: "none", wires: 2 } as const;
    const network = createNetwork(engine, { channels: 1, classes: 2, head, ...size });
    const about = { name: "f", md5: null, task: "binary", protocol: "pooled", positive: null, splitRatio: 0.8 };
    const training = { epoch: 1, seed: 0, val: { loss: 1, accuracy: 1, auc: 1 } };
    const model = saveModel(network, { classNames: ["a", "b"], data: { ...about, reading: data.reading }, training });
    const { info } = await loadModel(engine, model);
    assert.equal(decodingFor(info, {}), { frame: undefined, ...stated });
    // What is asked for comes first, each on its own.
    assert.equal(decodingFor(info, { window: [5, 9] }), { window: [5, 9], frame: "frame" in stated ? 1 : undefined });
    assert.is(decodingFor(info, { frame: 0 }).frame, 0);
  }
});

test("what a source does not have is refused or said", async () => {
  const sample = "bloodmnist-sample";
  await refused(() => openDataset(sample, { platform, range: "auto" }), "--range auto is for image files");
  const { steps } = await openDataset(sample, { platform, frame: 2 });
  assert.ok(steps.includes("an npz has no frames: --frame changes nothing"));
  await refused(() => open({ frame: -1 }), "--frame: expected a whole number from 0 to 65535, got -1");
  await refused(() => open({ range: "auto", window: [1, 2] }), "--range and --window exclude each other");
  await refused(() => open({ frame: 9, strict: true }), "expected page 0 to", "got 9");
});

test("a model's range is not that of bytes, or of another type than it learned from", async () => {
  const arrays = medmnistArrays();
  const bytes = await npz(arrays);
  const wide = { range: [-1024, 1024] as const, isRemembered: true };
  const like = { dtype: "int16", range: [-1024, 1024] as const };
  for (const options of [{ ...wide, like }, wide, { range: "auto" as const, isRemembered: true }]) {
    const { images } = await (await openDataset(bytes, options)).split("val");
    assert.is(Buffer.compare(images, arrays.val_images.data as Uint8Array), 0);
  }
  const asked = await (await openDataset(bytes, { range: wide.range, like })).split("val");
  assert.is(asked.images[0], Math.round(((arrays.val_images.data as Uint8Array)[0] + 1024) * (255 / 2048)));
  const own = await openDataset(bytes, { ...wide, like: { ...like, dtype: "uint8" } });
  assert.equal((await own.split("val")).images, asked.images);
});

test.run();
