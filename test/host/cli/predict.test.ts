import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encode } from "fast-png";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadEngine, openDataset, predict as predictImages, saveModel } from "../../../host/api.ts";
import { createNetwork } from "../../../host/network/network.ts";
import { fails, hqcnn, json } from "../../util/cli.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const folder = temporaryFolder();
const path = (name: string) => join(folder, name);
const model = path("run");
const pixels = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 37) & 255);
const wide = encode({ width: 90, height: 41, channels: 3, depth: 8, data: pixels(90 * 41 * 3) });
const grey = encode({ width: 28, height: 28, channels: 1, depth: 8, data: pixels(784) });
const engine = await loadEngine();
const network = createNetwork(engine, {
  channels: 3,
  classes: 3,
  seed: 5,
  head: { kind: "quantum", wires: 4, layers: 2 },
});
const classNames = ["round", "long, thin", "none"];

const predict = suite("hqcnn predict");

predict.before(() => {
  mkdirSync(model);
  const data = { name: "cells", md5: null, task: "multiclass", protocol: "pooled", positive: null, splitRatio: 0.8 };
  const training = { epoch: 1, seed: 5, val: { loss: 1, accuracy: 0.5, auc: 0.5 } };
  writeFileSync(join(model, "model.safetensors"), saveModel(network, { classNames, data, training }));
  mkdirSync(path("images/more/.hidden"), { recursive: true });
  writeFileSync(path("images/a.png"), wide);
  writeFileSync(path("images/notes.txt"), "left out");
  writeFileSync(path("images/more/b.PNG"), grey);
  writeFileSync(path("images/more/.hidden/c.png"), "left out");
});

interface Answer {
  file: string;
  label: number;
  class: string;
  probabilities: number[];
  top: { class: string; probability: number }[];
}

predict("a folder with images of any size, as JSON, with the numbers of the API", async () => {
  const ended = await hqcnn(["predict", model, path("images"), "--json", "--top-k", "2"]);
  assert.is(ended.code, 0, ended.stderr);
  const answer = json(ended);
  const predictions = answer.predictions as Answer[];
  assert.equal(
    predictions.map(({ file }) => file),
    [path("images/a.png"), path("images/more/b.PNG")],
  );
  assert.match(String(answer.note), /^protocol pooled: figures not comparable/);
  const expected = await predictImages(network, [wide, new Blob([new Uint8Array(grey)])]);
  predictions.forEach((prediction, i) => {
    assert.equal(prediction.probabilities, [...expected[i].probs]);
    assert.is(prediction.class, classNames[expected[i].label]);
    assert.is(prediction.top.length, 2);
    assert.is(prediction.top[0].probability, Math.max(...prediction.probabilities));
    assert.ok(Math.abs(prediction.probabilities.reduce((a, b) => a + b) - 1) < 1e-6);
  });
});

predict("a table, and comma-separated values that quote names", async () => {
  const table = (await hqcnn(["predict", join(model, "model.safetensors"), path("images/a.png"), "--top-k", "1"]))
    .stdout;
  assert.match(
    table,
    /^file +class +probability\n\S+a\.png +\S.* 0\.\d{4}\nprotocol pooled.*\nNot for clinical use\.\n$/,
  );
  const csv = (await hqcnn(["predict", model, path("images"), "--csv"])).stdout.split("\n");
  assert.is(csv[0], 'file,label,class,round,"long, thin",none');
  assert.is(csv.length, 4);
});

predict("the images of an npz", async () => {
  const sample = await openDataset(undefined, { task: "multiclass" });
  const { images } = await sample.split("test");
  const { predictions } = json(await hqcnn(["predict", model, sample.source.path, "--json"])) as {
    predictions: Answer[];
  };
  assert.is(predictions.length, 512);
  const probs = network.softmax(network.predict(images));
  assert.equal(predictions[511].probabilities, [...probs.subarray(511 * 3)]);
});

predict("names a corrupt image, goes on and exits with 1; --strict ends there", async () => {
  writeFileSync(path("broken.png"), wide.subarray(0, 200));
  const ended = await hqcnn(["predict", model, path("broken.png"), path("images/a.png"), "--json"]);
  assert.is(ended.code, 1);
  const { predictions, failed } = json(ended) as { predictions: Answer[]; failed: { file: string }[] };
  assert.equal([predictions.length, failed.length, failed[0].file], [1, 1, path("broken.png")]);
  assert.ok(ended.stderr.includes(`skipped: ${path("broken.png")}`));
  await fails(1, ["predict", model, path("broken.png"), path("images/a.png"), "--strict"], ["broken.png"]);
});

predict("refuses what is missing or no model", async () => {
  await fails(1, ["predict", path("no"), path("images")], [path("no"), "no such file"]);
  await fails(1, ["predict", path("images/a.png"), path("images")], ["a.png"]);
  const missing = await hqcnn(["predict", model, path("no.png"), path("images/a.png"), "--json"]);
  assert.is(missing.code, 1);
  assert.match(missing.stderr, /skipped: .*no\.png: no such file/);
  assert.is((json(missing).predictions as Answer[]).length, 1);
  mkdirSync(path("empty"));
  await fails(1, ["predict", model, path("empty")], ["empty", "found none"]);
  await fails(2, ["predict", model], ["missing required argument"]);
  await fails(2, ["predict", model, path("images"), "--top-k", "0"], ["--top-k"]);
  await fails(2, ["predict", model, path("images"), "--csv", "--json"], ["--csv", "--json"]);
});

predict.run();
