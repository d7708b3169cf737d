import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encode } from "fast-png";
import { unzipSync } from "fflate";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { evaluate as evaluateNetwork, loadEngine, openDataset, saveModel } from "../../../host/api.ts";
import { createNetwork } from "../../../host/network/network.ts";
import { fails, hqcnn, json } from "../../util/cli.ts";
import { medmnistArrays, npz } from "../../util/npz.ts";
import { repository } from "../../util/paths.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const folder = temporaryFolder();
const model = join(folder, "model.safetensors");
const head = { kind: "dense", wires: 4 } as const;
const network = createNetwork(await loadEngine(), { channels: 3, classes: 2, seed: 1, head });
const positive = [0, 3];

const evaluate = suite("hqcnn evaluate");

evaluate.before(async () => {
  const { classNames } = await openDataset(undefined, { positive });
  const data = {
    name: "bloodmnist-sample",
    md5: null,
    task: "binary",
    protocol: "official",
    positive,
    splitRatio: 0.8,
  };
  const training = { epoch: 1, seed: 1, val: { loss: 1, accuracy: 0.5, auc: 0.5 } };
  writeFileSync(model, saveModel(network, { classNames, data, training }));
});

evaluate("takes data, task and positive labels from the model", async () => {
  const data = await openDataset(undefined, { positive });
  for (const split of ["test", "val"] as const) {
    const { metrics } = await evaluateNetwork(network, data, split);
    const ended = await hqcnn(["evaluate", model, "--split", split, "--json"]);
    assert.is(ended.code, 0, ended.stderr);
    const result = json(ended);
    assert.is(result.accuracy, metrics.accuracy);
    assert.is(result.auc, metrics.auc);
    assert.equal(result.auc_interval, metrics.aucInterval);
    assert.is(result.auc_interval_method, "DeLong, logit");
    assert.equal(result.confusion, metrics.confusion);
    assert.is(result.count, data.counts[split]);
  }
});

evaluate("a run that was made in a page is evaluated on its data by their name", async () => {
  const run = join(folder, "from-page");
  mkdirSync(join(run, "test"), { recursive: true });
  const files = unzipSync(readFileSync(repository("host/examples/sample-run.zip")));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(run, name), bytes);
  const { accuracy, auc } = JSON.parse(new TextDecoder().decode(files["metrics.json"]));
  const result = json(await hqcnn(["evaluate", run, "--json"]));
  assert.equal([result.accuracy, result.auc], [accuracy, auc]);
});

evaluate("--tta averages over views and says so", async () => {
  const data = await openDataset(undefined, { positive });
  const { metrics } = await evaluateNetwork(network, data, "val", { tta: "shifts" });
  const result = json(await hqcnn(["evaluate", model, "--split", "val", "--tta", "shifts", "--json"]));
  assert.equal([result.tta, result.auc, result.cross_entropy], ["shifts", metrics.auc, metrics.crossEntropy]);
  assert.is.not(metrics.crossEntropy, (await evaluateNetwork(network, data, "val")).metrics.crossEntropy);
  const { stdout } = await hqcnn(["evaluate", model, "--split", "val", "--tta", "flips"]);
  assert.match(stdout, /^bloodmnist-sample, split val, protocol official, test-time augmentation flips\n/);
  await fails(2, ["evaluate", model, "--tta", "crops"], ["none, flips, dihedral, shifts"]);
});

evaluate("prints the table", async () => {
  const { stdout } = await hqcnn(["evaluate", model]);
  assert.match(stdout, /^bloodmnist-sample, split test, protocol official\n\naccuracy .*512 images/);
  assert.match(stdout, /^AUC .* 95 % interval 0\.\d+ to \d\.\d+ \(DeLong, logit\)$/m);
  assert.ok(stdout.includes("weighted avg") && stdout.includes("Not for clinical use."));
});

evaluate("all splits together", async () => {
  const result = json(await hqcnn(["evaluate", model, "--split", "all", "--json"]));
  assert.equal([result.count, result.split], [1920, "all"]);
  const data = await openDataset(undefined, { positive });
  const right = await Promise.all(
    (["train", "val", "test"] as const).map(async (split) => {
      const { metrics } = await evaluateNetwork(network, data, split);
      return Math.round(metrics.accuracy * data.counts[split]);
    }),
  );
  assert.is(Math.round(Number(result.accuracy) * 1920), right[0] + right[1] + right[2]);
});

evaluate("a folder of other images: classes by name whatever their order, all of it is test", async () => {
  const three = createNetwork(await loadEngine(), { channels: 3, classes: 3, seed: 1, head, height: 32, width: 32 });
  const path = join(folder, "three.safetensors");
  const reading = {
    sourceClasses: ["a", "b", "c"],
    positive: null,
    fit: "squash",
    values: null,
    stated: null,
  } as const;
  const about = { name: "own", md5: "1", task: "multiclass", protocol: "pooled", positive: null, splitRatio: 0.8 };
  const training = { epoch: 1, seed: 1, val: { loss: 1, accuracy: 0.5, auc: 0.5 } };
  const info = {
    classNames: ["a", "b", "c"],
    data: { ...about, reading: { ...reading, sourceClasses: ["a", "b", "c"] } },
  };
  writeFileSync(path, saveModel(three, { ...info, training }));
  const png = (value: number) =>
    encode({
      width: 40,
      height: 40,
      channels: 3,
      depth: 8,
      data: Uint8Array.from({ length: 4800 }, (_, i) => (i * value) & 255),
    });
  for (const [place, name] of ["c", "b"].entries()) {
    mkdirSync(join(folder, "other", name), { recursive: true });
    for (let i = 0; i < 4; i++) writeFileSync(join(folder, "other", name, `${i}.png`), png(i + 1 + place * 9));
  }
  const result = json(await hqcnn(["evaluate", path, "--data", join(folder, "other"), "--json"]));
  const confusion = result.confusion as number[][];
  assert.equal(
    confusion.map((row) => row.reduce((a, b) => a + b)),
    [0, 4, 4],
  );
  assert.match((result.steps as string[]).join(), "all 8 images are the test split");
  assert.match((result.warnings as string[]).join(), "test has no image of a");
  renameSync(join(folder, "other", "c"), join(folder, "other", "z_c"));
  const renamed = ["evaluate", path, "--data", join(folder, "other")];
  await fails(1, renamed, ["does not know the class z_c", "a, c are not in the data", "--rename z_c=a"]);
  const again = json(await hqcnn([...renamed, "--rename", "z_c=c", "--json"]));
  assert.equal(again.confusion, confusion);
  await fails(2, [...renamed, "--rename", "z_c"], ["--rename: expected"]);
  await fails(
    2,
    [...renamed, "--rename", "z_c=c", "--split", "val"],
    ["expected images in split val, got none", "test (8)"],
  );
});

evaluate("refuses data of other classes, with the reason", async () => {
  const data = join(folder, "grey.npz");
  writeFileSync(data, await npz(medmnistArrays(undefined, { channels: 1, classes: 4 })));
  await fails(
    1,
    ["evaluate", model, "--data", data],
    ["expected the model's classes other, basophil or", "class 0 or class 3"],
  );
  await fails(1, ["evaluate", join(folder, "no.safetensors")], ["no such file"]);
});

evaluate.run();
