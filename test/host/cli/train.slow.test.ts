// Trainings in processes of their own, beside those of train.test.ts: together 20 s of processor time.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hqcnn, json } from "../../util/cli.ts";
import { medmnistArrays, npz } from "../../util/npz.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const folder = temporaryFolder();
const path = (name: string) => join(folder, name);

/** 128 / 32 / 32 colour images of two classes. */
const tiny = path("tiny.npz");
/** Six epochs of eight steps. */
const recipe = [
  ...["--data", tiny, "--epochs", "6", "--batch-size", "16", "--augment", "flips,rotations", "--shift", "0.1"],
  ...["--scale", "0.1", "--brightness", "0.1", "--contrast", "0.1", "--border", "reflect"],
  ...["--schedule", "onecycle", "--ema", "0.9", "--dropout", "0.2", "--tta", "dihedral"],
];

const train = suite("hqcnn train, slow");

train.before(async () => {
  const arrays = medmnistArrays({ train: 128, val: 32, test: 32 }, { channels: 3, classes: 2 });
  writeFileSync(tiny, await npz(arrays));
});

/** Fingerprint of the recipe without interruption; the first to ask trains. */
let uninterrupted: Promise<string> | undefined;
const fingerprint = () => {
  uninterrupted ??= hqcnn(["train", ...recipe, "--out", path("whole"), "--json"]).then(
    (ended) => json(ended).fingerprint as string,
  );
  return uninterrupted;
};

train("kill -9 leaves a checkpoint that --resume ends with the same bits", async () => {
  const out = path("killed");
  const killed = await hqcnn(["train", ...recipe, "--out", out], { signal: { name: "SIGKILL", after: /^epoch 3/m } });
  assert.is(killed.code, null);
  assert.is(json(await hqcnn(["train", "--resume", out, "--json"])).fingerprint, await fingerprint());
});

train("a batch larger than the set and a last batch of one image train", async () => {
  const data = path("odd.npz");
  writeFileSync(data, await npz(medmnistArrays({ train: 17, val: 8, test: 8 }, { channels: 1, classes: 2 })));
  for (const size of ["16", "500"]) {
    const ended = await hqcnn([
      "train",
      "--data",
      data,
      "--epochs",
      "1",
      "--batch-size",
      size,
      "--out",
      path(`odd${size}`),
      "--json",
    ]);
    assert.is(ended.code, 0, ended.stderr);
    assert.match(String(json(ended).fingerprint), /^[0-9a-f]{64}$/);
  }
});

train("heads, frozen tensors, shuffled labels and product circuits train from the command line", async () => {
  const options = ["--data", tiny, "--epochs", "1", "--json"];
  const parameters = async (name: string, ...args: string[]) => {
    const ended = await hqcnn(["train", ...options, "--out", path(name), ...args]);
    assert.is(ended.code, 0, ended.stderr);
    const warnings = (json(ended).warnings as string[]).filter((warning) => warning.includes("shuffled"));
    assert.is(warnings.length, args.includes("--shuffle-labels") ? 1 : 0);
    const config = JSON.parse(readFileSync(path(`${name}/config.json`), "utf8"));
    return config.network.parameters as number;
  };
  const none = await parameters("none", "--head", "none", "--shuffle-labels");
  assert.is(await parameters("product", "--no-entangling", "--freeze", "quantum"), none + 44);
  assert.is(await parameters("series", "--head", "series"), none + 4 * 81);
  assert.is(await parameters("width", "--head", "dense", "--width", "3"), none + 2 * 4 * 3 + 3 + 4);
  const logistic = ["--head", "logistic", "--freeze", "features", "--start", path("none")];
  assert.ok((await parameters("logistic", ...logistic)) < none);
});

train.run();
