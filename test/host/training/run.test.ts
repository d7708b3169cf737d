import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HqcnnError, loadEngine } from "../../../host/index.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../host/network/safetensors.ts";
import { createNodePlatform } from "../../../host/platform/node.ts";
import { parseTrainOptions } from "../../../host/training/parse.ts";
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

run("--start says how many tensors were taken and which not, to the caller, in the folder and beforehand", async () => {
  const told: string[] = [];
  const result = await train(
    "head",
    { start: path("first"), hidden: 8, seed: 5 },
    { onStart: (_, { notes }) => void told.push(...notes) },
  );
  assert.ok(result.finished && result.start);
  const { start } = result;
  assert.is(start.taken, start.of - 3);
  assert.equal(start.left.map((text) => text.split(":")[0]).sort(), ["fc2.bias", "fc2.weight", "fc3.weight"]);
  assert.ok(start.left.includes("fc2.weight: expected 8×4, the file has 16×4"), `${start.left}`);
  assert.is(told.length, 1);
  assert.match(
    told[0],
    `took ${start.taken} of ${start.of} tensors from ${path("first", "model.safetensors")}; not taken`,
  );
  const config = JSON.parse(readFileSync(path("head", "config.json"), "utf8"));
  assert.equal(config.start, start);
  // What started from the whole model has nothing to say about the rest.
  const all = await train("all", { start: path("first"), seed: 5 });
  assert.ok(all.finished && all.start && all.start.taken === all.start.of && all.start.left.length === 0);
});

run("--start refuses a model that has not all convolution blocks, unless told to take what fits", async () => {
  const file = path("first", "model.safetensors");
  const { tensors, metadata } = decodeSafetensors(readFileSync(file), file);
  const one = new Map([...tensors].filter(([name]) => name === "fc3.bias"));
  writeFileSync(path("one.safetensors"), encodeSafetensors(one, metadata));
  const some = new Map([...tensors].filter(([name]) => !name.startsWith("layer5.")));
  writeFileSync(path("some.safetensors"), encodeSafetensors(some, metadata));
  const message = await refused(
    () => train("one", { start: path("one.safetensors") }),
    `fits 1 of ${tensors.size} tensors of this network, but not its convolution blocks: layer1.0.weight: not in the file`,
    "more",
    "--start-partial",
  );
  assert.is(message.split("\n").length, 2);
  await refused(() => train("some", { start: path("some.safetensors") }), "layer5.0.weight: not in the file");
  for (const name of ["one", "some"]) assert.is(await platform.stat(path(name)), null);
  const partial = await train("partial", { start: path("some.safetensors"), startPartial: true });
  assert.ok(partial.finished && partial.start);
  assert.is(partial.start.taken, some.size);
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

run("trainInto continues from the checkpoint of a stopped training and ends with the same bits", async () => {
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

run("a checkpoint is there from step 0, and within an epoch as often as asked for", async () => {
  let at: number[] = [];
  const watching = (folder: string) => {
    at = [];
    return () => {
      const file = path(folder, "checkpoint.safetensors");
      at.push(JSON.parse(decodeSafetensors(readFileSync(file), file).metadata.hqcnn).steps);
    };
  };
  let look = watching("often");
  const often = { epochs: 2, batchSize: 8, checkpointEvery: 0 };
  const all = await train("often", often, { onStart: () => look(), onProgress: () => look() });
  // Seen after each step, before what it did is kept; of an epoch's last step the epoch's own checkpoint takes care.
  assert.equal(at, [0, 0, 1, 2, 3, 4, 5, 6, 7]);
  look = watching("rarely");
  const rare = await train("rarely", { ...often, checkpointEvery: 60 }, { onProgress: () => look() });
  assert.equal(at, [0, 0, 0, 0, 4, 4, 4, 4]);
  assert.ok(all.finished && rare.finished && all.fingerprint === rare.fingerprint);
});

run("a second start in one folder is refused while the first is under way, and after it", async () => {
  const tries = await Promise.allSettled(Array.from({ length: 5 }, () => train("once", { epochs: 2 })));
  assert.is(tries.filter(({ status }) => status === "fulfilled").length, 1);
  for (const result of tries) {
    if (result.status === "rejected") assert.match(result.reason.message, /once is in use: this process on .* since/);
  }
  const names = readdirSync(path("once")).filter((name) => name.startsWith("."));
  assert.equal(names, []);
});

run("a full disk is said with what is kept; the same command continues", async () => {
  let left = 4; // config, checkpoint of step 0, then the first epoch's model and history
  const full = {
    ...platform,
    async writeFile(file: string, bytes: Uint8Array | string) {
      if (left-- <= 0) throw new HqcnnError(`cannot write ${file}: the disk is full`);
      return platform.writeFile(file, bytes);
    },
  };
  const options = optionsOf({ epochs: 2 });
  const data = await openTrainingData(platform, options);
  const work = (on: typeof platform) => trainInto({ platform: on, engine, data, version: "0" }, options, path("full"));
  await refused(() => work(full), "checkpoint.safetensors: the disk is full", "kept up to epoch 0", "--resume");
  const rest = await work(platform);
  const whole = await train("not-full", { epochs: 2 });
  assert.ok(rest.finished && whole.finished && rest.fingerprint === whole.fingerprint);
});

run("training with shots and noise is resumed bit for bit, and says how it was tested", async () => {
  const given = { epochs: 2, qubits: 2, layers: 1, shots: 8, noise: "depolarizing:0.02,readout:0.01" };
  await train("measured", given);
  const stop = new AbortController();
  await train("measured-stopped", given, { signal: stop.signal, onProgress: () => stop.abort() });
  await train("measured-stopped", given);
  const fingerprint = (name: string) => readFileSync(path(name, "fingerprint"), "utf8");
  assert.is(fingerprint("measured-stopped"), fingerprint("measured"));
  const { warnings } = JSON.parse(readFileSync(path("measured", "metrics.json"), "utf8"));
  assert.ok(warnings.some((text: string) => text.includes("8 shots, noise depolarizing:0.02,readout:0.01")));
});

run("options of shots, noise and gradients are refused where they cannot be", async () => {
  for (const [given, ...parts] of [
    [{ head: "dense", shots: 5 }, "--shots is for --head quantum"],
    [{ head: "dense", gradient: "spsa" }, "--gradient is for --head quantum"],
    [{ gradientStep: 0.2 }, "--gradient-step is for --gradient finite-differences or spsa, got --gradient adjoint"],
    [{ gradientStep: 0.2, shots: 5 }, "got --gradient parameter-shift: leave it out"],
    [{ gradientStep: 0, gradient: "spsa" }, "--gradient-step: expected a number from 1e-8 to 2, got 0"],
    [{ spsaDirections: 2, gradient: "finite-differences" }, "--spsa-directions is for --gradient spsa"],
    [{ spsaDirections: 0, gradient: "spsa" }, "--spsa-directions: expected a whole number from 1 to 10000, got 0"],
    [{ noise: "depolarizing:3" }, "noise rule 0 (depolarizing)", "got 3"],
    [{ shots: 0.5 }, "--shots: expected a whole number"],
    [{ gradient: "guess" }, "--gradient: expected one of adjoint"],
  ] as [object, ...string[]][]) {
    await refused(async () => optionsOf(given), ...parts);
  }
  await refused(() => train("refused", { shots: 5, gradient: "adjoint" }), "got adjoint with shots");
});

run.run();
