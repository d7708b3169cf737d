import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { exportOnnx, loadEngine, type Network, type Surrogate, saveModel } from "../../../host/index.ts";
import { createNetwork, type Head } from "../../../host/network/network.ts";
import { fails, hqcnn, json } from "../../util/cli.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const folder = temporaryFolder();
const engine = await loadEngine({ threads: 1 });
const classNames = ["round", "long, thin"];
const data = { name: "cells", md5: null, task: "binary", protocol: "official", positive: [1], splitRatio: 0.8 };

/** A run folder with a network of this head. */
function save(name: string, head: Head): { run: string; network: Network } {
  const run = join(folder, name);
  mkdirSync(run);
  const network = createNetwork(engine, { channels: 3, classes: 2, seed: 3, head });
  const training = { epoch: 1, seed: 3, val: { loss: 1, accuracy: 0.5, auc: 0.5 } };
  writeFileSync(join(run, "model.safetensors"), saveModel(network, { classNames, data, training }));
  return { run, network };
}

const quantum = save("quantum", { kind: "quantum", wires: 3, layers: 1 });
const dense = save("dense", { kind: "dense", wires: 3 });

const test = suite("hqcnn export");

test("--onnx writes the file of the API into the run folder, and says what goes in and out", async () => {
  const { code, stdout, stderr } = await hqcnn(["export", quantum.run, "--onnx"]);
  assert.is(code, 0, stderr);
  const bytes = await exportOnnx(quantum.network, { classNames, data });
  assert.ok(readFileSync(join(quantum.run, "model.onnx")).equals(bytes));
  for (const part of ["uint8 (N, 28, 28, 3)", "probabilities", "long, thin"]) assert.ok(stdout.includes(part), stdout);
});

test("--surrogate --out writes the formula there and prints the proof", async () => {
  const file = join(folder, "layer.json");
  const ended = await hqcnn(["export", join(quantum.run, "model.safetensors"), "--surrogate", "--out", file, "--json"]);
  assert.is(ended.code, 0, ended.stderr);
  const surrogate = JSON.parse(readFileSync(file, "utf8")) as Surrogate;
  const { coefficients, significant, proof } = json(ended);
  assert.equal([coefficients, significant], [81, surrogate.significant]);
  assert.equal(proof, surrogate.proof);
  assert.is(surrogate.model, quantum.network.fingerprint());
});

test("a network without a quantum layer has no formula, but an ONNX file", async () => {
  await fails(1, ["export", dense.run, "--surrogate"], ["quantum layer", "dense"]);
  assert.not.ok(existsSync(join(dense.run, "surrogate.json")));
  assert.is((await hqcnn(["export", dense.run, "--onnx", "--json"])).code, 0);
});

test("refuses neither, both, and what is no model", async () => {
  await fails(2, ["export", dense.run], ["--onnx", "--surrogate"]);
  await fails(2, ["export", dense.run, "--onnx", "--surrogate"], ["choose one"]);
  await fails(1, ["export", join(folder, "none"), "--onnx"], ["no such file"]);
});

test.run();
