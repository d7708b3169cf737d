import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encode } from "fast-png";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadEngine, openDataset, predict as predictImages, saveModel } from "../../../host/api.ts";
import { fitReliability } from "../../../host/evaluation/reliability.ts";
import { withReliability } from "../../../host/network/model.ts";
import { createNetwork } from "../../../host/network/network.ts";
import { fails, hqcnn, json } from "../../util/cli.ts";
import { inTime } from "../../util/limits.ts";
import { hqcnnLoading } from "../../util/loaded.ts";
import { npz } from "../../util/npz.ts";
import { repository } from "../../util/paths.ts";
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
  path: string;
  label: number;
  class: string;
  probs: number[];
  undecided: boolean | null;
  unlike: boolean | null;
  distance: number | null;
  notes: string[];
  top: { class: string; probability: number }[];
}

predict("a folder with images of any size, as JSON, with the numbers of the API", async () => {
  const ended = await hqcnn(["predict", model, path("images"), "--json", "--top-k", "2"]);
  assert.is(ended.code, 0, ended.stderr);
  const answer = json(ended);
  const predictions = answer.results as Answer[];
  assert.equal(
    predictions.map(({ path }) => path),
    [path("images/a.png"), path("images/more/b.PNG")],
  );
  assert.equal(
    (answer.skipped as { path: string; reason: string }[]).map(({ path, reason }) => [path, reason]),
    [
      [path("images/more/.hidden"), "hidden, with all that it holds"],
      [path("images/notes.txt"), "no image"],
    ],
  );
  assert.match(ended.stderr, /warning: skipped 2 of 4 entries: 1 hidden; \S+notes.txt: no image\n/);
  assert.equal([predictions[0].undecided, predictions[0].unlike, predictions[0].notes], [null, null, []]);
  assert.match(String(answer.note), /^protocol pooled: results not comparable/);
  const expected = await predictImages(network, [wide, new Blob([new Uint8Array(grey)])]);
  predictions.forEach((prediction, i) => {
    assert.equal(prediction.probs, [...expected[i].probs]);
    assert.is(prediction.class, classNames[expected[i].label]);
    assert.is(prediction.top.length, 2);
    assert.is(prediction.top[0].probability, Math.max(...prediction.probs));
    assert.ok(Math.abs(prediction.probs.reduce((a, b) => a + b) - 1) < 1e-6);
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
  assert.is(csv[0], 'file,label,class,round,"long, thin",none,undecided,unlike');
  assert.is(csv.length, 4);
});

predict(
  "undecided and unlike, as columns and in JSON, where the model tells; a warning where it does not",
  async () => {
    const sample = await openDataset(undefined, { task: "multiclass" });
    const other = createNetwork(engine, { channels: 3, classes: 8, seed: 5, head: { kind: "dense", wires: 4 } });
    const reliability = await fitReliability(other, sample);
    const told = path("told.safetensors");
    const about = {
      name: "cells",
      md5: null,
      task: "multiclass",
      protocol: "official",
      positive: null,
      splitRatio: 0.8,
    };
    const training = { epoch: 1, seed: 5, val: { loss: 1, accuracy: 0.5, auc: 0.5 } };
    const bytes = saveModel(other, { classNames: sample.classNames, data: about, training });
    writeFileSync(told, withReliability(bytes, "model", reliability));
    const answer = json(await hqcnn(["predict", told, path("images/a.png"), "--json"]));
    const [result] = answer.results as Answer[];
    const [expected] = await predictImages(other, [wide], { reliability });
    assert.equal(
      [result.undecided, result.unlike, result.distance],
      [expected.undecided, expected.unlike, expected.distance],
    );
    assert.is(typeof result.unlike, "boolean");
    assert.match((answer.reliability as { meaning: string }).meaning, "test images");
    assert.not.match(String(answer.warnings), "doubt");
    const { stdout } = await hqcnn(["predict", told, path("images/a.png"), "--top-k", "1"]);
    assert.match(stdout, /^file +class +probability +undecided +unlike\n\S+ .*(yes|no) +(yes|no)\nunlike: /);
    const csv = (await hqcnn(["predict", told, path("images/a.png"), "--csv"])).stdout.split("\n");
    assert.match(csv[0], /,undecided,unlike$/);
    assert.match(csv[1], /,(yes|no),(yes|no)$/);
    const old = json(await hqcnn(["predict", model, path("images/a.png"), "--json"]));
    assert.match(String(old.warnings), "does not say when to doubt");
  },
);

predict("with shots and noise: means with their spread, as JSON, CSV and text; the same for a seed", async () => {
  const shots = ["predict", model, path("images"), "--shots", "20", "--noise", "depolarizing:0.02", "--seed", "3"];
  const answer = json(await hqcnn([...shots, "--repetitions", "4", "--json"]));
  assert.equal(answer.measured, {
    ...{ shots: 20, noise: "depolarizing:0.02", repetitions: 4, seed: 3, simulation: "density", trajectories: null },
  });
  const results = answer.results as (Answer & {
    probability_sds: number[];
    probability_intervals: [number, number][];
    exact_probs: number[];
    agreement: number;
    top: { sd: number }[];
  })[];
  const [wideImage] = await predictImages(network, [wide], {
    measure: { shots: 20, noise: "depolarizing:0.02", seed: 3, repetitions: 4 },
  });
  assert.equal(results[0].probs, [...wideImage.probs]);
  const [{ probability_sds: sds, probability_intervals: intervals, exact_probs: exact, agreement, undecided }] =
    results;
  assert.ok(sds.length === 3 && sds.every((sd) => sd > 0) && exact.length === 3 && agreement >= 0.25);
  assert.ok(intervals.every(([low, high], label) => low <= results[0].probs[label] && results[0].probs[label] <= high));
  assert.is(undecided, null);
  assert.is(results[0].top[0].sd, sds[results[0].label]);
  assert.equal(answer, json(await hqcnn([...shots, "--repetitions", "4", "--json"])));
  const csv = (await hqcnn([...shots, "--csv"])).stdout.split("\n");
  assert.is(
    csv[0],
    'file,label,class,round,"long, thin",none,round sd,"long, thin sd",none sd,agreement,undecided,unlike',
  );
  const { stdout } = await hqcnn([...shots, "--top-k", "1"]);
  assert.match(stdout, /^file +class +probability +sd +agreement\n\S+ .* 0\.\d{4} +0\.\d{4} +[01]\.\d\d\n/);
  assert.match(stdout, "means of 10 measurements: 20 shots, noise depolarizing:0.02, seed 3; sd: of one of them");
});

predict("shots and noise that cannot be are refused by name, before images are read", async () => {
  const images = path("images");
  await fails(2, ["predict", model, images, "--shots", "0"], ["--shots: expected at least 1 without --noise, got 0"]);
  await fails(2, ["predict", model, images, "--shots", "1,10"], ["--shots: expected one number, got 1,10"]);
  await fails(2, ["predict", model, images, "--shots", "5", "--noise", "bit-flip:0.1,0.2"], ["expected one strength"]);
  await fails(2, ["predict", model, images, "--noise", "bit-flip:0.1@CZ"], ["acts nowhere: the circuit has no CZ"]);
  await fails(2, ["predict", model, images, "--shots", "1.5"], ["shots: expected a whole number"]);
  await fails(2, ["predict", model, images, "--repetitions", "5"], ["--repetitions: expected --shots or --noise"]);
  await fails(2, ["predict", model, "--results", "r.json", "--shots", "5"], ["--results are measured values already"]);
  await fails(2, ["predict", model, "--results", "r.json", "--frame", "1"], ["no images to read: leave out --frame"]);
  await fails(2, ["predict", model, images, "--csv", "--top-k", "1"], ["--csv has the probabilities of all classes"]);
  const dense = createNetwork(engine, { channels: 3, classes: 3, seed: 5, head: { kind: "dense", wires: 4 } });
  const data = { name: "cells", md5: null, task: "multiclass", protocol: "pooled", positive: null, splitRatio: 0.8 };
  const training = { epoch: 1, seed: 5, val: { loss: 1, accuracy: 0.5, auc: 0.5 } };
  writeFileSync(path("dense.safetensors"), saveModel(dense, { classNames, data, training }));
  await fails(
    1,
    ["predict", path("dense.safetensors"), path("none"), "--shots", "5"],
    ["expected a model with a quantum layer, got head dense"],
  );
});

predict("the images of an npz", async () => {
  const sample = await openDataset(undefined, { task: "multiclass" });
  const { images } = await sample.split("test");
  const answer = json(await hqcnn(["predict", model, sample.source.path, "--json"])) as { results: Answer[] };
  const predictions = answer.results;
  assert.match(predictions[0].notes.join(), "train and val left out: the test split is classified");
  assert.is(predictions.length, 512);
  const probs = network.softmax(network.predict(images));
  assert.equal(predictions[511].probs, [...probs.subarray(511 * 3)]);
});

predict("names a corrupt image, continues and exits with 1; --strict ends there", async () => {
  writeFileSync(path("broken.png"), wide.subarray(0, 200));
  const ended = await hqcnn(["predict", model, path("broken.png"), path("images/a.png"), "--json"]);
  assert.is(ended.code, 1);
  const { results, skipped } = json(ended) as { results: Answer[]; skipped: { path: string }[] };
  assert.equal([results.length, skipped.length, skipped[0].path], [1, 1, path("broken.png")]);
  assert.ok(ended.stderr.includes(`skipped: ${path("broken.png")}`));
  await fails(1, ["predict", model, path("broken.png"), path("images/a.png"), "--strict"], ["broken.png"]);
});

predict("refuses what is missing or no model", async () => {
  await fails(1, ["predict", path("no"), path("images")], [path("no"), "no such file"]);
  await fails(1, ["predict", path("images/a.png"), path("images")], ["a.png"]);
  const missing = await hqcnn(["predict", model, path("no.png"), path("images/a.png"), "--json"]);
  assert.is(missing.code, 1);
  assert.match(missing.stderr, /skipped: .*no\.png: no such file/);
  assert.is((json(missing).results as Answer[]).length, 1);
  mkdirSync(path("empty"));
  await fails(1, ["predict", model, path("empty")], ["no image to classify", "an empty folder"]);
  await fails(2, ["predict", model], ["expected images, or --results"]);
  await fails(2, ["predict", model, path("images"), "--top-k", "0"], ["--top-k"]);
  await fails(2, ["predict", model, path("images"), "--csv", "--json"], ["--csv", "--json"]);
});

predict("one path that cannot be read loses nothing: the others are kept, the exit code is 1", async () => {
  const ended = await hqcnn(["predict", model, path("no.png"), path("images/a.png"), path("none"), "--json"]);
  const { results, skipped } = json(ended) as { results: Answer[]; skipped: { path: string }[] };
  assert.equal(
    [ended.code, results.length, skipped.map((entry) => entry.path)],
    [1, 1, [path("no.png"), path("none")]],
  );
});

predict("an npz of other types and channels, and one made to run on for ever", async () => {
  const images = {
    descr: "<f4",
    shape: [2, 3, 40, 40],
    data: Float32Array.from({ length: 9600 }, (_, i) => (i % 7) / 7),
  };
  writeFileSync(path("floats.npz"), await npz({ x: images }));
  const { results } = json(await hqcnn(["predict", model, path("floats.npz"), "--json"])) as { results: Answer[] };
  assert.equal([results.length, results[1].path, results[1].notes], [2, `${path("floats.npz")}[1]`, []]);
  assert.match(
    results[0].notes.join("; "),
    "channels first: (n, 3, 40, 40); float32 values 0 … 0.857143 read as 0 … 1",
  );
  const tiny = { descr: "|u1", shape: [20_000_000, 1, 1], data: new Uint8Array(20_000_000) };
  writeFileSync(path("tiny.npz"), await npz({ images: tiny }));
  const start = performance.now();
  await fails(1, ["predict", model, path("tiny.npz")], ["16 to 256 pixels a side, got 1×1"]);
  inTime("refusing, starting and reading the model among it", (performance.now() - start) / 1000, 2);
});

predict("one PNG loads what it takes, and no other command's libraries", async () => {
  // What is loaded takes most of the time of one image. Modules are counted, so not the built files.
  const program = repository("build/host/cli/main.js");
  const { code, stderr, loaded } = await hqcnnLoading(["predict", model, path("images/a.png")], { program });
  assert.is(code, 0, stderr);
  const libraries = loaded.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []);
  assert.equal([...new Set(libraries)].sort(), ["@noble/hashes", "commander", "fflate", "pica"]);
  assert.ok(loaded.length > 50 && loaded.length <= 130, `${loaded.length} modules`);
});

predict.run();
