import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadEngine, openDataset, saveModel } from "../../../host/api.ts";
import { createNetwork } from "../../../host/network/network.ts";
import { fails, hqcnn, json } from "../../util/cli.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const measured = suite("hqcnn evaluate --shots --noise");
const folder = temporaryFolder();
const model = join(folder, "model.safetensors");
const evaluate = ["evaluate", model, "--split", "val", "--threads", "1"];

measured.before(async () => {
  const head = { kind: "quantum", wires: 2, layers: 1 } as const;
  const network = createNetwork(await loadEngine({ threads: 1 }), { channels: 3, classes: 2, seed: 1, head });
  const { classNames } = await openDataset();
  const data = {
    name: "bloodmnist-sample",
    md5: null,
    task: "binary",
    protocol: "official",
    positive: null,
    splitRatio: 0.8,
  };
  const training = { epoch: 1, seed: 1, val: { loss: 1, accuracy: 0.5, auc: 0.5 } };
  writeFileSync(model, saveModel(network, { classNames, data, training }));
});

measured("a sweep is a row for every combination, as text, JSON, CSV and a picture", async () => {
  const files = ["t.csv", "t.svg"].map((name) => join(folder, name));
  const sweep = ["--shots", "0,5", "--noise", "depolarizing:0.01,0.2,readout:0.02", "--repetitions", "2"];
  const ended = await hqcnn([...evaluate, ...sweep, "--json", "--csv", files[0], "--plot", files[1]]);
  assert.is(ended.code, 0, ended.stderr);
  const result = json(ended) as {
    rows: { shots: number; noise: string; simulation: string; accuracy: { mean: number } }[];
    written: string[];
  };
  assert.equal(
    result.rows.map(({ shots, noise }) => `${shots} ${noise}`),
    ["0", "5"]
      .map((shots) => `${shots} depolarizing:0.01,readout:0.02`)
      .concat(["0", "5"].map((shots) => `${shots} depolarizing:0.2,readout:0.02`)),
  );
  assert.equal(result.written, files);
  const lines = readFileSync(files[0], "utf8").trim().split("\n");
  assert.is(lines.length, 5);
  assert.match(lines[1], /^0,"depolarizing:0.01,readout:0.02",,density,,1,0\.\d+/);
  const svg = readFileSync(files[1], "utf8");
  assert.match(svg, /^<svg [^>]*aria-label="Accuracy against shots/);
  assert.not.match(svg, /var\(--|NaN/);
});

measured("one setting, of noise in a file, has its mean and interval at the top", async () => {
  const file = join(folder, "noise.json");
  writeFileSync(file, '{"rules": [{"channel": "kraus", "matrices": [[[0, 1], [1, 0]]], "gates": ["CNOT"]}]}');
  const one = json(await hqcnn([...evaluate, "--shots", "4", "--noise", file, "--repetitions", "3", "--json"]));
  const [low, high] = one.accuracy_interval as number[];
  assert.ok(low <= (one.accuracy as number) && (one.accuracy as number) <= high);
  assert.is(one.shots, 4);
  assert.match(String(one.noise), /kraus/);
  writeFileSync(file, '{"rules": [\n  {"channel": "kraus", "matrices": [[[0, 1], [1, 1]]]}]}');
  const refusal = `${file}:2:3: noise rule 0 (kraus): expected a channel that preserves the trace`;
  await fails(2, [...evaluate, "--noise", file], [refusal]);
});

measured("what cannot be is refused by the option", async () => {
  await fails(2, [...evaluate, "--repetitions", "3"], ["--repetitions: expected --shots or --noise with it"]);
  await fails(2, [...evaluate, "--shots", "-1"], ["shots: expected a whole number from 0 to 1000000, got -1"]);
  await fails(2, [...evaluate, "--noise", "depolarizing"], ["expected depolarizing:p, got depolarizing"]);
  await fails(2, [...evaluate, "--noise", "bit-flip:0.1@CZ"], ["acts nowhere: the circuit has no CZ"]);
  await fails(2, [...evaluate, "--shots", "5", "--keep"], ["--keep: expected the model of a run folder"]);
  await fails(2, [...evaluate, "--shots", "5", "--tta", "flips"], ["--tta: expected none with --shots or --noise"]);
  await fails(2, [...evaluate, "--kernels", "--split", "val"], ["--kernels uses all splits", "--split"]);
  await fails(2, [...evaluate, "--attack", "pgd", "--tta", "flips"], ["--attack: the gradient is that of one view"]);
  const noisy = [...evaluate, "--noise", "bit-flip:0.1"];
  await fails(2, [...evaluate, "--shots", "5", "--simulation", "density"], ["simulation: there is no noise"]);
  await fails(2, [...noisy, "--trajectories", "9"], ["trajectories: nothing is simulated by them"]);
  await fails(2, [...noisy, "--repetitions", "9"], ["repetitions: nothing is random"]);
  await fails(2, [...noisy, "--measure-seed", "9"], ["seed of shots and noise: nothing is random"]);
  await fails(2, ["compare", "--shots", "5", "--corruptions"], ["--corruptions are about exact values"]);
  await fails(2, [...evaluate, "--shots", "5", "--zne"], ["zero-noise extrapolation: expected noise"]);
});

measured.run();
