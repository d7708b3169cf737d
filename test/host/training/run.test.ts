import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadEngine } from "../../../host/index.ts";
import { decodeSafetensors } from "../../../host/network/safetensors.ts";
import { createNodePlatform } from "../../../host/platform/node.ts";
import { parseTrainOptions } from "../../../host/training/options.ts";
import { trainInto } from "../../../host/training/run.ts";
import { openTrainingData } from "../../../host/work/data.ts";
import { medmnistArrays, npz } from "../../util/npz.ts";
import { refused } from "../../util/refusal.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const run = suite("training/run");
const platform = createNodePlatform();
const engine = await loadEngine({ platform, threads: 1 });
const folder = temporaryFolder();
const path = (...names: string[]) => join(folder, ...names);

writeFileSync(
  path("tiny.npz"),
  await npz(medmnistArrays({ train: 32, val: 16, test: 16 }, { channels: 1, classes: 2 })),
);

const optionsOf = (given: object) => parseTrainOptions({ data: path("tiny.npz"), epochs: 1, batchSize: 16, ...given });

type Control = Parameters<typeof trainInto>[3];

/** Trains an epoch of two steps on the tiny set in a folder of this name. */
async function train(name: string, given: object = {}, control: Control = {}) {
  const options = optionsOf(given);
  const data = await openTrainingData(platform, options);
  return trainInto({ platform, engine, data, version: "0" }, options, path(name), control);
}

type Tensors = Map<string, Float32Array>;

/** Tensors that a training in a folder of this name began with, and those that it ended with. */
async function beginAndEnd(name: string, given: object): Promise<[Tensors, Tensors]> {
  let begin: Tensors = new Map();
  await train(name, given, {
    onStart: (network) => {
      begin = new Map([...network.tensors()].map(([tensor, { data }]) => [tensor, Float32Array.from(data)]));
    },
  });
  return [begin, model(name)];
}

const model = (name: string): Tensors => {
  const file = path(name, "model.safetensors");
  const { tensors } = decodeSafetensors(readFileSync(file), file);
  return new Map([...tensors].map(([tensor, { data }]) => [tensor, data as Float32Array]));
};

const changed = (before: Tensors, after: Tensors) =>
  [...before.keys()].filter((name) => Buffer.compare(bytes(before.get(name)!), bytes(after.get(name)!)) !== 0);
const bytes = (array: Float32Array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);

run("--start takes the tensors that both networks have, from a model file or a run folder", async () => {
  await train("first");
  const first = model("first");
  for (const start of [path("first"), path("first", "model.safetensors")]) {
    const [begin] = await beginAndEnd(`from-${start.length}`, { start, head: "none", seed: 5 });
    assert.equal([...begin.keys()].sort(), [...first.keys()].filter((name) => !name.startsWith("quantum.")).sort());
    assert.equal(changed(begin, first), []);
  }
  // Of another hidden width, so that FC2 and FC3 are its own.
  const [begin] = await beginAndEnd("wider", { start: path("first"), hidden: 8, seed: 5 });
  assert.equal(changed(begin, first).sort(), ["fc2.bias", "fc2.weight", "fc3.weight"]);
});

run("--start refuses what has nothing of the network, and what is no model", async () => {
  await refused(() => train("missing", { start: path("nowhere.safetensors") }), "nowhere.safetensors", "no such file");
  writeFileSync(path("text"), "no model");
  await refused(() => train("text-start", { start: path("text") }), path("text"));
  const header = JSON.stringify({ "encoder.weight": { dtype: "F32", shape: [2], data_offsets: [0, 8] } });
  const foreign = new Uint8Array(8 + header.length + 8);
  new DataView(foreign.buffer).setBigUint64(0, BigInt(header.length), true);
  foreign.set(new TextEncoder().encode(header), 8);
  writeFileSync(path("foreign.safetensors"), foreign);
  await refused(
    () => train("foreign", { start: path("foreign.safetensors") }),
    "--start: ",
    "no tensor of this network",
  );
  for (const name of ["missing", "text-start", "foreign"]) assert.is(await platform.stat(path(name)), null);
});

run("--freeze leaves the circuit's weights, or the features with their running statistics", async () => {
  const [before, after] = await beginAndEnd("frozen", { freeze: "quantum" });
  const moved = changed(before, after);
  assert.equal(
    moved.filter((name) => name.startsWith("quantum.")),
    [],
  );
  assert.ok(
    moved.includes("layer1.0.weight") && moved.includes("fc1.weight") && moved.includes("fc3.bias"),
    `${moved}`,
  );
  const [start, end] = await beginAndEnd("features", { freeze: "features", head: "logistic", start: path("first") });
  assert.equal(changed(start, end).sort(), ["fc.bias", "fc.weight"]);
});

run("trainInto goes on from the checkpoint of a stopped training and ends with the same bits", async () => {
  const whole = await train("whole", { epochs: 3 });
  const stop = new AbortController();
  const stopped = await train("parts", { epochs: 3 }, { signal: stop.signal, onEpoch: () => stop.abort() });
  assert.is(stopped.finished, false);
  const rest = await train("parts", { epochs: 3 });
  assert.ok(whole.finished && rest.finished);
  assert.is(rest.fingerprint, whole.fingerprint);
  assert.equal(rest.metrics, whole.metrics);
});

run("no entangling gates with an embedding that entangles: refused before anything is written", async () => {
  await refused(() => train("product", { entangling: false, embedding: "iqp" }), "got iqp, which entangles by itself");
  assert.is(await platform.stat(path("product")), null);
});

run("ended for good after its first epoch, a run is tested and finished; before, it is only paused", async () => {
  const stop = new AbortController();
  const early = await train("early", { epochs: 5 }, { signal: AbortSignal.abort(), end: AbortSignal.abort() });
  assert.is(early.finished, false);
  const ended = await train(
    "ended",
    { epochs: 5 },
    {
      signal: stop.signal,
      end: stop.signal,
      onEpoch: ({ epoch }) => epoch === 2 && stop.abort(),
    },
  );
  assert.is(ended.finished, true);
  if (ended.finished) assert.is(ended.history.length, 2);
  const again = await train("ended", { epochs: 5 });
  assert.ok(again.finished && again.history.length === 2, "there is nothing left to do");
});

run.run();
