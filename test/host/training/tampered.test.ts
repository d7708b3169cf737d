// Run folders that were edited, damaged or mixed with another run's: refused by name, or taken on trust with a note.
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadEngine } from "../../../host/index.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../../host/network/safetensors.ts";
import { createNodePlatform } from "../../../host/platform/node.ts";
import { isFurther, packRun, standingOf, unpackRun } from "../../../host/training/carried.ts";
import { RUN_FILES } from "../../../host/training/files.ts";
import { parseTrainOptions } from "../../../host/training/parse.ts";
import { readRun } from "../../../host/training/record.ts";
import { readReportedRun } from "../../../host/training/reported.ts";
import { resumeRun, trainInto } from "../../../host/training/run.ts";
import { openTrainingData } from "../../../host/work/data.ts";
import { openModelData, runAround } from "../../../host/work/evaluate.ts";
import { openRunData } from "../../../host/work/report.ts";
import { resumedOptions } from "../../../host/work/train.ts";
import { medmnistArrays, npz } from "../../util/npz.ts";
import { refused } from "../../util/refusal.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const tampered = suite("run folders that were tampered with");
const platform = createNodePlatform();
const engine = await loadEngine({ platform, threads: 1 });
const folder = temporaryFolder();
const path = (...names: string[]) => join(folder, ...names);
const images = { train: 40, val: 8, test: 8 };
writeFileSync(path("tiny.npz"), await npz(medmnistArrays(images, { channels: 1, classes: 2 })));

const context = async (data = path("tiny.npz")) => ({
  ...{ platform, engine, version: "0" },
  data: await openTrainingData(platform, parseTrainOptions({ data })),
});
const optionsOf = (given: object = {}) =>
  parseTrainOptions({ data: path("tiny.npz"), epochs: 3, batchSize: 16, ...given });

/** Trains into a folder of this name: to the end, or to the end of an epoch. */
async function train(name: string, { until, ...given }: { until?: number } & Record<string, unknown> = {}) {
  const stop = new AbortController();
  return trainInto(await context(), optionsOf(given), path(name), {
    signal: stop.signal,
    onEpoch: ({ epoch }) => epoch === until && stop.abort(),
  });
}

const resume = async (name: string, given: object = {}) => resumeRun(await context(), optionsOf(given), path(name));

/** A copy of a run folder under another name. */
function copy(of: string, name: string): string {
  rmSync(path(name), { recursive: true, force: true });
  cpSync(path(of), path(name), { recursive: true });
  return name;
}

type State = Record<string, unknown> & { progress: Record<string, unknown> & { history: Record<string, unknown>[] } };

/** Changes what a checkpoint says, its tensors left as they are, or changed as well. */
function edit(name: string, change: (state: State, tensors: Map<string, Tensor>) => void): void {
  const file = path(name, "checkpoint.safetensors");
  const { tensors, metadata } = decodeSafetensors(readFileSync(file), file);
  const state = JSON.parse(metadata.hqcnn) as State;
  change(state, tensors);
  writeFileSync(file, encodeSafetensors(tensors, { hqcnn: JSON.stringify(state) }));
}

function editJson(name: string, file: string, change: (value: never) => unknown): void {
  const value = JSON.parse(readFileSync(path(name, file), "utf8"));
  writeFileSync(path(name, file), JSON.stringify(change(value as never) ?? value));
}

await train("half", { until: 2 });
await train("whole");
await train("other", { seed: 7, until: 2 });

tampered("progress that cannot be is refused, naming file, place and what is expected", async () => {
  const edits: [(state: State) => void, ...string[]][] = [
    [({ progress }) => Object.assign(progress, { epoch: 1e9 }), "expected an epoch of at most 3, got 1000000000"],
    [({ progress }) => Object.assign(progress, { epoch: -3 }), "progress.epoch", "at least 0", "got -3"],
    [({ progress }) => Object.assign(progress, { epoch: 1.5 }), "progress.epoch", "whole number"],
    [({ progress }) => Object.assign(progress, { epoch: 1 }), "expected the history of 1 epochs, got 2"],
    [({ progress }) => Object.assign(progress, { bestEpoch: 99 }), "expected a best epoch of at most 2, got 99"],
    [({ progress }) => Object.assign(progress, { bestEpoch: 0 }), "best epoch"],
    [({ progress }) => Object.assign(progress, { batch: 4 }), "expected a batch of at most 3, got 4"],
    [({ progress }) => Object.assign(progress, { batch: 1 }), "expected 7 steps, got 6"],
    [({ progress }) => Object.assign(progress, { seen: 5 }), "expected 0 images seen in this epoch, got 5"],
    [({ progress }) => Object.assign(progress, { correct: 5 }), "correct"],
    [({ progress }) => Object.assign(progress, { done: "yes" }), "progress.done", "true or false", '"yes"'],
    [({ progress }) => Object.assign(progress, { lossSum: null }), "progress.lossSum", "null"],
    [({ progress }) => Object.assign(progress, { history: {} }), "progress.history", "a list of epochs"],
    [({ progress }) => progress.history.pop(), "history"],
    [({ progress }) => progress.history.reverse(), "epochs counted from 1"],
    [({ progress }) => Object.assign(progress.history[0], { val: { loss: 0 } }), "history.0.val"],
    [(state) => Object.assign(state, { steps: 1e6 }), "expected 6 steps, got 1000000"],
    [(state) => Object.assign(state, { md5: "0" }), "MD5 0"],
    [(state) => Reflect.deleteProperty(state, "progress"), "progress", "nothing"],
  ];
  for (const [change, ...parts] of edits) {
    edit(copy("half", "edited"), change);
    const before = readFileSync(path("edited", "checkpoint.safetensors"));
    await refused(() => resume("edited"), "checkpoint.safetensors", ...parts);
    assert.equal(readFileSync(path("edited", "checkpoint.safetensors")), before);
  }
});

tampered("a best epoch that the history does not have is refused", async () => {
  edit(copy("half", "edited"), ({ progress }) => {
    progress.bestEpoch = progress.bestEpoch === 1 ? 2 : 1;
  });
  await refused(() => resume("edited"), "expected the best epoch", "as the history says");
});

tampered("changed numbers in a checkpoint are refused by its checksum", async () => {
  edit(copy("half", "edited"), (_, tensors) => {
    const { data } = tensors.get("m.fc1.bias")!;
    (data as Float32Array)[0] += 1e-3;
  });
  await refused(() => resume("edited"), "checkpoint.safetensors: damaged", "SHA-256");
});

tampered("options that were edited after the start are refused, by checkpoint and model", async () => {
  editJson(
    copy("half", "edited"),
    "config.json",
    (config: { options: object }) => Object.assign(config.options, { lr: 0.1 }) && config,
  );
  await refused(() => resume("edited", { lr: 0.1 }), "--lr: expected 0.001, got 0.1");
  await refused(() => resume("edited"), "--lr 0.001, found 0.1");
  await refused(() => readReportedRun(platform, engine, path("edited")), "model.safetensors", "another run's");
});

tampered("another run's model, checkpoint or both are refused by every reader", async () => {
  for (const [file, ...parts] of [
    ["model.safetensors", "model.safetensors: expected the model of the run in this folder"],
    ["checkpoint.safetensors", "belongs to another run", "--seed: expected 7, got 0"],
  ]) {
    copy("half", "mixed");
    cpSync(path("other", file), path("mixed", file));
    await refused(() => resume("mixed"), ...parts);
  }
  cpSync(path("half", "checkpoint.safetensors"), path("mixed", "checkpoint.safetensors"));
  cpSync(path("other", "model.safetensors"), path("mixed", "model.safetensors"));
  await refused(() => readReportedRun(platform, engine, path("mixed")), "model.safetensors", "another run's");
  const { model } = await readReportedRun(platform, engine, path("other"));
  const file = path("mixed", "model.safetensors");
  const run = await runAround(platform, file);
  await refused(() => openModelData(platform, { ...model!, path: file, run }), file, "another run's");
});

tampered("an older model of the same run is not tested as the best one; a missing one is named", async () => {
  copy("half", "mixed");
  const bytes = readFileSync(path("mixed", "model.safetensors"));
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(path("mixed", "model.safetensors"), bytes);
  await refused(() => resume("mixed"), "model.safetensors: expected the model of epoch", "SHA-256");
  rmSync(path("mixed", "model.safetensors"));
  await refused(() => resume("mixed"), "model.safetensors is missing");
});

tampered("a folder of an older version has no checksums: it continues to the same bits, with a note", async () => {
  edit(copy("half", "old"), (state) => Reflect.deleteProperty(state, "ties"));
  const file = path("old", "model.safetensors");
  const { tensors, metadata } = decodeSafetensors(readFileSync(file), file);
  const info = JSON.parse(metadata.hqcnn);
  Reflect.deleteProperty(info.training, "run");
  writeFileSync(file, encodeSafetensors(tensors, { ...metadata, hqcnn: JSON.stringify(info) }));
  const old = await resume("old");
  assert.ok(old.finished);
  assert.match(old.warnings.join("\n"), "written by an older version without checksums: its files are taken on trust");
  const expected = readFileSync(path("whole", "fingerprint"), "utf8").trim();
  assert.is(old.fingerprint, expected);
});

tampered("threads, the place of the data and of the folder, and the time between checkpoints may change", async () => {
  cpSync(path("tiny.npz"), path("moved.npz"));
  copy("half", "moved");
  const given = { data: path("moved.npz"), threads: 1, checkpointEvery: 0 };
  const options = await resumedOptions(platform, path("moved"), given);
  const moved = await resumeRun(await context(path("moved.npz")), options, path("moved"));
  assert.ok(moved.finished);
  assert.is(moved.fingerprint, readFileSync(path("whole", "fingerprint"), "utf8").trim());
});

tampered("a folder whose run had no time for a checkpoint is started again, and what is no run is said", async () => {
  copy("half", "begun");
  for (const file of ["checkpoint.safetensors", "model.safetensors", "history.jsonl"]) rmSync(path("begun", file));
  const begun = await resume("begun");
  assert.ok(begun.finished);
  assert.is(begun.fingerprint, readFileSync(path("whole", "fingerprint"), "utf8").trim());
  await refused(() => resume("nowhere"), "config.json", "no such file");
  assert.not(existsSync(path("nowhere")));
});

tampered("results are checked: metrics, predictions, history, fingerprint and config", async () => {
  const cases: [string, (name: string) => void, ...string[]][] = [
    ["metrics.json", (n) => editJson(n, "metrics.json", (m: object) => ({ ...m, accuracy: 7 })), "accuracy", "0 to 1"],
    ["metrics.json", (n) => editJson(n, "metrics.json", (m: object) => ({ ...m, confusion: [[1]] })), "2 classes"],
    ["metrics.json", (n) => writeFileSync(path(n, "metrics.json"), "{}"), "count", "got nothing"],
    ["metrics.json", (n) => writeFileSync(path(n, "metrics.json"), "{"), "JSON"],
    ["predictions.csv", (n) => cpSync(path("two", "predictions.csv"), path(n, "predictions.csv")), "confusion matrix"],
    ["predictions.csv", (n) => writeFileSync(path(n, "predictions.csv"), "a\n0,9,0,1,0\n"), "classes from 0 to 1"],
    ["history.jsonl", (n) => writeFileSync(path(n, "history.jsonl"), '{"epoch":1}\n'), "0.lr"],
    ["history.jsonl", (n) => writeFileSync(path(n, "history.jsonl"), "epoch\n"), "JSON"],
    ["fingerprint", (n) => writeFileSync(path(n, "fingerprint"), "abc\n"), "64 hexadecimal digits"],
    ["config.json", (n) => editJson(n, "config.json", (c: object) => ({ ...c, data: 1 })), "data: expected an object"],
    ["config.json", (n) => editJson(n, "config.json", () => []), "expected an object"],
    ["config.json", (n) => editJson(n, "config.json", (c: object) => ({ ...c, options: { qubits: 99 } })), "--qubits"],
  ];
  const few = medmnistArrays({ train: 40, val: 8, test: 6 }, { channels: 1, classes: 2 });
  writeFileSync(path("few.npz"), await npz(few));
  await trainInto(await context(path("few.npz")), optionsOf({ data: path("few.npz"), epochs: 1 }), path("two"));
  for (const [file, change, ...parts] of cases) {
    change(copy("whole", "results"));
    await refused(() => readRun(platform, path("results")), path("results", file), ...parts);
  }
  assert.ok((await readRun(platform, path("whole"))).result);
  // The sum of rounded parts, as of a perfect ranking.
  editJson(copy("whole", "rounded"), "metrics.json", (m: object) => ({ ...m, averagePrecision: 1.0000000000000002 }));
  assert.ok((await readRun(platform, path("rounded"))).result);
});

tampered("an address in a run folder is not fetched unasked, by resume, report or evaluate", async () => {
  const address = "https://example.invalid/set.npz";
  editJson(copy("half", "far"), "config.json", (config: { options: { data: string }; data: { path: string } }) => {
    config.options.data = address;
    config.data.path = address;
    return config;
  });
  const fetched: string[] = [];
  const { fetch } = globalThis;
  globalThis.fetch = (input) => {
    fetched.push(String(input));
    return Promise.reject(new Error("no network in tests"));
  };
  try {
    const ask = `not fetched unasked: ask for it with --data ${address}`;
    await refused(() => resumedOptions(platform, path("far"), {}), ask);
    const { data } = await openRunData({ platform, version: "0" }, path("far"));
    assert.ok(typeof data === "string" && data.includes(ask), `${data}`);
    const file = path("far", "model.safetensors");
    const { model } = await readReportedRun(platform, engine, path("far"));
    const run = await runAround(platform, file);
    await refused(() => openModelData(platform, { ...model!, path: file, run }), ask);
    assert.equal(fetched, []);
    // Asked for, it is.
    await refused(() => openModelData(platform, { ...model!, path: file, run }, address));
    assert.equal(fetched, [address]);
    assert.is((await resumedOptions(platform, path("far"), { data: address })).data, address);
  } finally {
    globalThis.fetch = fetch;
  }
});

tampered("a run that travels is one whose files fit together; elsewhere it continues with the same bits", async () => {
  const run = await packRun(platform, path("half"));
  assert.equal([run?.epochs, run?.steps, run?.finished], [2, 6, false]);
  await unpackRun(platform, path("carried"), run!);
  const [here, there] = [await resume(copy("half", "stayed")), await resume("carried")];
  assert.is(there.finished && there.fingerprint, here.finished && here.fingerprint);
  const whole = await packRun(platform, path("carried"));
  assert.ok(whole?.finished && isFurther(whole, run) && !isFurther(run!, whole) && isFurther(run!, null));
  await unpackRun(platform, path("came-back"), whole!);
  assert.is((await readRun(platform, path("came-back"))).result?.fingerprint, there.finished && there.fingerprint);
  // Mixed, changed, cut short, or incomplete.
  const other = await packRun(platform, path("whole"));
  const { model, checkpoint, config, metrics } = RUN_FILES;
  for (const name of [model, checkpoint])
    assert.is(await standingOf({ ...run!.files, [name]: other!.files[name] }), null);
  for (const name of [model, checkpoint, config]) {
    assert.is(await standingOf({ ...run!.files, [name]: run!.files[name].slice(0, 100) }), null);
    const { [name]: _, ...rest } = run!.files;
    assert.is(await standingOf(rest), null);
  }
  assert.is(await standingOf({ ...run!.files, [metrics]: whole!.files[metrics] }), null);
  assert.is(await packRun(platform, path("nothing")), null);
});

tampered.run();
