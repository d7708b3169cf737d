import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fails, hqcnn, json } from "../../util/cli.ts";
import { medmnistArrays, npz } from "../../util/npz.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const folder = temporaryFolder();
const path = (name: string) => join(folder, name);

/** 128 / 32 / 32 colour images of two classes. */
const tiny = path("tiny.npz");
/** Six epochs of eight steps, with everything on that a checkpoint has to carry over. */
const recipe = [
  ...["--data", tiny, "--epochs", "6", "--batch-size", "16", "--augment", "flips,rotations", "--shift", "0.1"],
  ...["--scale", "0.1", "--brightness", "0.1", "--contrast", "0.1", "--border", "reflect"],
  ...["--schedule", "onecycle", "--ema", "0.9", "--dropout", "0.2", "--tta", "dihedral"],
];

const train = suite("hqcnn train");

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

train("prints one JSON object and writes the run folder", async () => {
  const sum = await fingerprint();
  assert.match(sum, /^[0-9a-f]{64}$/);
  const files = readdirSync(path("whole")).sort();
  const expected =
    "checkpoint.safetensors config.json fingerprint history.jsonl metrics.json model.safetensors predictions.csv report.html";
  assert.equal(files, expected.split(" "));
  assert.is(readFileSync(path("whole/fingerprint"), "utf8").trim(), sum);
  assert.is(readFileSync(path("whole/history.jsonl"), "utf8").trim().split("\n").length, 6);
  assert.is(readFileSync(path("whole/predictions.csv"), "utf8").trim().split("\n").length, 33);
});

train("--json holds the names that scripts read; --resume of a finished run prints them again", async () => {
  const sum = await fingerprint();
  const result = json(await hqcnn(["train", "--resume", path("whole"), "--json"]));
  const metrics = JSON.parse(readFileSync(path("whole/metrics.json"), "utf8"));
  assert.is(result.fingerprint, sum);
  assert.is(result.accuracy, metrics.accuracy);
  assert.is(result.auc, metrics.auc);
  assert.equal(result.auc_interval, metrics.aucInterval);
  assert.is(result.run, path("whole"));
  assert.is(result.report, path("whole/report.html"));
  assert.ok((result.images_per_s as number) > 0);
  assert.is(result.protocol, "official");
  assert.equal([result.tta, metrics.tta], ["dihedral", "dihedral"]);
});

train("--threads does not change the result", async () => {
  const run = async (threads: string) => {
    const args = [
      "--data",
      tiny,
      "--epochs",
      "1",
      "--batch-size",
      "48",
      "--threads",
      threads,
      "--out",
      path(`on${threads}`),
    ];
    return json(await hqcnn(["train", ...args, "--json"]));
  };
  const [one, three] = [await run("1"), await run("3")];
  assert.equal([three.fingerprint, three.auc], [one.fingerprint, one.auc]);
});

train("prints network, data, epochs, test table, fingerprint and how to continue", async () => {
  const { code, stdout } = await hqcnn(["train", "--data", tiny, "--epochs", "1", "--protocol", "pooled"], {
    cwd: folder,
  });
  assert.is(code, 0);
  for (const part of [
    /^layer5 .*Conv2d/m,
    /^data +tiny: 134 \/ 20 \/ 38 images/m,
    /^epoch 1\/1 /m,
    /^accuracy .* 95 % interval 0\.\d+ to/m,
  ]) {
    assert.match(stdout, part);
  }
  for (const part of ["AUC", "cross-entropy", "MCC", "confusion matrix", "weighted avg", "Not for clinical use."]) {
    assert.ok(stdout.includes(part), part);
  }
  assert.match(stdout, /^fingerprint +[0-9a-f]{64}$/m);
  assert.ok(stdout.includes("protocol pooled: results not comparable with the official split"));
  const run = /^run +(runs\S+-tiny)$/m.exec(stdout)?.[1];
  assert.ok(run && existsSync(path(run)), stdout);
  assert.ok(stdout.includes(`hqcnn predict ${join(run, "model.safetensors")} FILE`));
});

train("Ctrl-C writes the checkpoint, --resume ends with the bits of an uninterrupted run", async () => {
  const stop = { name: "SIGINT", after: /^epoch 2/m } as const;
  const out = path("stopped");
  const stopped = await hqcnn(["train", ...recipe, "--out", out], { signal: stop });
  assert.is(stopped.code, 130, stopped.stderr);
  assert.match(stopped.stderr, /stopped in epoch \d, after batch \d/);
  assert.ok(stopped.stderr.includes(`--resume ${out}`));
  assert.not(existsSync(join(out, "fingerprint")));
  assert.is(json(await hqcnn(["train", "--resume", out, "--json"])).fingerprint, await fingerprint());
});

train("a loss that is not finite names step and learning rate and keeps the checkpoint", async () => {
  const out = path("diverged");
  const ended = await hqcnn(["train", "--data", tiny, "--batch-size", "16", "--lr", "1e30", "--out", out, "--json"]);
  assert.is(ended.code, 1, ended.stderr);
  for (const part of ["loss became", "step", "1e+30"]) assert.ok(ended.stderr.includes(part), ended.stderr);
  const checkpoint = readFileSync(join(out, "checkpoint.safetensors"));
  await fails(1, ["train", "--resume", out, "--json"], ["loss became", "step", "1e+30"]);
  assert.equal(readFileSync(join(out, "checkpoint.safetensors")), checkpoint);
});

train("takes options from --config under those of the command line", async () => {
  writeFileSync(path("config"), JSON.stringify({ data: tiny, epochs: 3, batchSize: 128, head: "dense" }));
  const args = ["train", "--config", path("config"), "--epochs", "1", "--out", path("configured"), "--json"];
  const ended = await hqcnn(args);
  assert.is(ended.code, 0, ended.stderr);
  const { options } = JSON.parse(readFileSync(path("configured/config.json"), "utf8"));
  assert.equal([options.epochs, options.batchSize, options.head, options.lr], [1, 128, "dense", 0.001]);
});

train("refuses impossible options with exit code 2 and writes nothing", async () => {
  const out = path("refused");
  for (const [args, ...parts] of [
    [["--qubits", "0"], "qubits", "1"],
    [["--batch-size", "0"], "batch", "1"],
    [["--lr", "-1"], "lr"],
    [["--lr", "fast"], "--lr", "number"],
    [["--threads", "17"], "--threads", "0 to 16"],
    [["--ansatz", "foo"], "thesis", "strongly-entangling", "basic-entangler"],
    [["--positive", "7"], "positive label 7 does not exist", "0 class 0"],
    [["--task", "regression"], "binary", "multiclass"],
    [["--epochs"], "argument missing"],
    [["--frobnicate"], "unknown option"],
    [["--no-entangling", "--embedding", "amplitude"], "expected an angle embedding, got amplitude"],
    [["--resume", path("whole"), "--lr", "0.1"], "--resume", "--lr"],
  ] as [string[], ...string[]][]) {
    const target = args.includes("--resume") ? [] : ["--data", tiny, "--out", out];
    await fails(2, ["train", ...target, ...args], parts);
  }
  assert.not(existsSync(out));
});

train("refuses sources and targets that are not there with one clear error", async () => {
  const out = path("nothing");
  await fails(1, ["train", "--data", path("no.npz"), "--out", out], ["no.npz", "no such file"]);
  await fails(1, ["train", "--resume", path("no")], ["config.json", "no such file"]);
  writeFileSync(path("text.npz"), "no zip");
  await fails(1, ["train", "--data", path("text.npz"), "--out", out], ["text.npz", "zip"]);
  assert.not(existsSync(out));
  await fails(1, ["train", "--data", tiny, "--out", join(tiny, "run")], ["tiny.npz"]);
});

train("refuses an existing run folder and leaves it untouched", async () => {
  const out = path("existing");
  mkdirSync(out);
  writeFileSync(join(out, "mine"), "kept");
  await fails(2, ["train", "--data", tiny, "--out", out], [out, "--resume"]);
  assert.equal(readdirSync(out), ["mine"]);
});

const unlessRoot = process.getuid?.() === 0 ? train.skip : train; // root may write everywhere
unlessRoot("refuses a read-only folder", async () => {
  const locked = path("locked");
  mkdirSync(locked);
  chmodSync(locked, 0o500);
  await fails(1, ["train", "--data", tiny, "--out", join(locked, "run")], ["permission denied"]);
});

train.run();
