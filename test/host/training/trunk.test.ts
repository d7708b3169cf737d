// --trunk from the options to the model file.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadEngine } from "../../../host/index.ts";
import { decodeModel } from "../../../host/network/model.ts";
import { type Block, residualTrunk } from "../../../host/network/trunk.ts";
import { createNodePlatform } from "../../../host/platform/node.ts";
import { parseTrainOptions } from "../../../host/training/parse.ts";
import { trainInto } from "../../../host/training/run.ts";
import { openTrainingData } from "../../../host/work/data.ts";
import { medmnistArrays, npz } from "../../util/npz.ts";
import { refused } from "../../util/refusal.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const test = suite("training/trunk");
const platform = createNodePlatform();
const engine = await loadEngine({ platform, threads: 1 });
const folder = temporaryFolder();
const path = (...names: string[]) => join(folder, ...names);
const OWN: Block[] = [{ type: "conv", channels: 4, pad: 1, pool: true }, { type: "residual" }, { type: "averagePool" }];

writeFileSync(
  path("tiny.npz"),
  await npz(medmnistArrays({ train: 32, val: 16, test: 16 }, { channels: 1, classes: 2 })),
);

async function train(name: string, given: object, epochs = 1, control: Parameters<typeof trainInto>[3] = {}) {
  const options = parseTrainOptions({ data: path("tiny.npz"), epochs, batchSize: 16, ...given });
  const data = await openTrainingData(platform, options);
  return trainInto({ platform, engine, data, version: "0" }, options, path(name), control);
}

const trunkOfModel = async (name: string) =>
  (await decodeModel(engine, readFileSync(path(name, "model.safetensors")), name)).info.architecture.trunk;

test("thesis is the default, residual takes width and depth; the model file records the blocks", async () => {
  await train("residual", { trunk: "residual", trunkWidth: 4, trunkDepth: 1 });
  assert.equal(await trunkOfModel("residual"), residualTrunk(4, 1));
  const { network } = await decodeModel(engine, readFileSync(path("residual", "model.safetensors")), "residual");
  assert.is(network.fingerprint(), readFileSync(path("residual", "fingerprint"), "utf8").trim());
});

test("a list of one's own: a run continues with the same bits after its file is gone", async () => {
  writeFileSync(path("own.json"), JSON.stringify(OWN));
  const given = { trunk: path("own.json") };
  await train("whole", given, 2);
  assert.equal(await trunkOfModel("whole"), OWN);
  const stop = new AbortController();
  await train("stopped", given, 2, { signal: stop.signal, onEpoch: () => stop.abort() });
  rmSync(path("own.json"));
  const ended = await train("stopped", given, 2);
  assert.ok(ended.finished);
  assert.is(ended.fingerprint, readFileSync(path("whole", "fingerprint"), "utf8").trim());
});

test("what is no trunk is refused by the option or the file, before a folder is made", async () => {
  const refuse = (given: object, ...parts: string[]) => refused(() => train("refused", given), ...parts);
  await refuse({ trunk: path("none.json") }, "--trunk", "thesis, residual or a JSON file", "none.json");
  await refuse({ trunk: folder }, "--trunk", "no file");
  writeFileSync(path("text.json"), "conv, conv");
  await refuse({ trunk: path("text.json") }, "--trunk", "text.json", "not JSON");
  writeFileSync(path("bad.json"), JSON.stringify([{ type: "conv", channels: 6 }]));
  await refuse({ trunk: path("bad.json") }, "bad.json", "block 1", "multiple of 4");
  const deep = [{ type: "conv", channels: 4 }, ...Array(5).fill({ type: "maxPool" })];
  writeFileSync(path("deep.json"), JSON.stringify(deep));
  await refuse({ trunk: path("deep.json") }, "28 × 28", "32 × 32");
  await refuse({ trunkWidth: 8 }, "--trunk-width", "--trunk residual", "thesis");
  await refuse({ trunkDepth: 3 }, "--trunk-depth", "--trunk residual");
  await refuse({ trunk: "residual", trunkWidth: 10 }, "--trunk-width", "multiple of 4 from 4 to 128");
  await refuse({ trunk: "residual", trunkDepth: 59 }, "--trunk-depth", "0 to 58");
  assert.is(await platform.stat(path("refused")), null);
});

test.run();
