// Images with several labels and classes in an order, from the command line to every door that a run has.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNodePlatform } from "../../../host/platform/node.ts";
import { readFinishedRun } from "../../../host/training/record.ts";
import { fails, hqcnn, json } from "../../util/cli.ts";
import { multilabelNpz, ordinalNpz } from "../../util/tasks.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const tasks = suite("tasks of the command line");
const folder = temporaryFolder();
const path = (name: string) => join(folder, name);
writeFileSync(path("labels.npz"), await multilabelNpz(undefined, 3, 1));
writeFileSync(path("grades.npz"), await ordinalNpz());
const quick = ["--epochs", "1", "--batch-size", "16", "--threads", "1", "--json"];

interface Answer {
  task: string;
  auc: number | null;
  auc_defined: number;
  accuracy: number;
  accuracy_interval: number[];
  labels_without_auc: string[];
  subset_accuracy: number;
  per_label: { label: string; auc: number | null; average_precision: number | null; f1: number; support: number }[];
  confusion?: number[][];
  quadratic_kappa: number;
  quadratic_kappa_interval: number[];
  mean_absolute_error: number;
  warnings: string[];
}

const answer = async (args: string[]) => {
  const ended = await hqcnn(args);
  assert.is(ended.code, 0, ended.stderr);
  return json(ended) as unknown as Answer;
};

const labels = await answer(["train", "--data", path("labels.npz"), "--out", path("labels"), ...quick]);

tasks("several labels an image are learned each by itself, by default", () => {
  assert.is(labels.task, "multilabel");
  assert.equal(
    labels.per_label.map(({ label }) => label),
    ["label 0", "label 1", "label 2"],
  );
  // As medmnist's Evaluator: no mean where a label is there for no image.
  assert.equal([labels.auc, labels.labels_without_auc], [null, ["label 1"]]);
  const [first, second, third] = labels.per_label;
  assert.equal([second.auc, second.average_precision, second.support], [null, null, 0]);
  assert.ok(Math.abs(labels.auc_defined - (first.auc! + third.auc!) / 2) < 1e-12);
  assert.is(labels.confusion, undefined);
  assert.ok(labels.warnings.some((text) => text.includes("test has no image of label 1")));
  const [low, high] = labels.accuracy_interval;
  assert.ok(low <= labels.accuracy && labels.accuracy <= high && low < high);
});

tasks("the run's files hold rows of labels, and a damaged one is refused by its name", async () => {
  const { result, config } = await readFinishedRun(createNodePlatform(), path("labels"));
  const { rows, probs } = result.predictions;
  assert.equal([rows!.labels.length, probs.length, config.data.task], [96, 96, "multilabel"]);
  const right = rows!.labels.filter((value, i) => value === rows!.predicted[i]).length;
  assert.ok(Math.abs(right / 96 - labels.accuracy) < 1e-12);
  assert.equal(
    [...rows!.predicted],
    Array.from(probs, (p) => (p > 0.5 ? 1 : 0)),
  );
  const csv = path("labels/predictions.csv");
  const text = readFileSync(csv, "utf8");
  writeFileSync(csv, text.replace(/^3,[^,]*/m, "3,0|7"));
  await readFinishedRun(createNodePlatform(), path("labels")).then(
    () => assert.unreachable(),
    (error: Error) => {
      assert.match(error.message, /predictions\.csv.*row 3: expected labels from 0 to 2, got 7/);
    },
  );
  writeFileSync(csv, text);
});

tasks("evaluate finds the same, predict lists labels, the report has each label", async () => {
  const again = await answer(["evaluate", path("labels"), "--threads", "1", "--json"]);
  assert.equal(again.per_label, labels.per_label);
  const { results } = json(await hqcnn(["predict", path("labels"), path("labels.npz"), "--json"])) as {
    results: { labels: number[]; label_names: string[]; probs: number[] }[];
  };
  assert.is(results.length, 32);
  for (const { labels, label_names, probs } of results) {
    assert.equal(
      labels,
      [0, 1, 2].filter((label) => probs[label] > 0.5),
    );
    assert.equal(
      label_names,
      labels.map((label) => `label ${label}`),
    );
  }
  const { stdout } = await hqcnn(["predict", path("labels"), path("labels.npz"), "--csv"]);
  assert.match(stdout, /^file,labels,names,label 0,label 1,label 2,undecided,unlike\n/);
  const html = readFileSync(path("labels/report.html"), "utf8");
  for (const part of ["Each label", "ROC of each label", "False alarms", "label 1) has none", "all labels right"]) {
    assert.ok(html.includes(part), part);
  }
});

tasks("classes in an order: as classes and by cumulative outputs, with kappa and mean absolute error", async () => {
  const given = ["train", "--data", path("grades.npz"), "--task", "ordinal", ...quick];
  const plain = await answer([...given, "--epochs", "4", "--best-by", "kappa", "--out", path("plain")]);
  const cumulative = await answer([...given, "--ordinal", "cumulative", "--out", path("cumulative")]);
  for (const found of [plain, cumulative]) {
    assert.is(found.task, "ordinal");
    // None where one class is predicted.
    const [low, high] = found.quadratic_kappa_interval ?? [found.quadratic_kappa, found.quadratic_kappa];
    assert.ok(low <= found.quadratic_kappa && found.quadratic_kappa <= high);
    assert.ok(found.mean_absolute_error >= 0 && found.confusion!.length === 4);
  }
  const lines = readFileSync(path("plain/history.jsonl"), "utf8").trim().split("\n");
  const history = lines.map((line) => JSON.parse(line) as { val: { kappa: number | null }; best: boolean });
  const kappas = history.map(({ val }) => val.kappa ?? Number.NEGATIVE_INFINITY);
  assert.is(kappas[history.findLastIndex(({ best }) => best)], Math.max(...kappas));
  assert.match(readFileSync(path("plain/report.html"), "utf8"), "the best by quadratic kappa on the validation split");
  const again = await answer(["evaluate", path("cumulative"), "--threads", "1", "--json"]);
  assert.equal(again.confusion, cumulative.confusion);
  const { results } = json(await hqcnn(["predict", path("cumulative"), path("grades.npz"), "--json"])) as {
    results: { label: number; class: string; probs: number[] }[];
  };
  const confusion = Array.from({ length: 4 }, () => [0, 0, 0, 0]);
  results.forEach(({ label, probs }, i) => {
    confusion[i % 4][label] += 1;
    assert.ok(Math.abs(probs.reduce((a, b) => a + b) - 1) < 1e-6);
  });
  assert.equal(confusion, cumulative.confusion);
  // The same answers as text, though another class may be more probable.
  const { stdout } = await hqcnn(["predict", path("cumulative"), path("grades.npz"), "--top-k", "1"]);
  const [head, ...rows] = stdout.split("\n").map((line) => line.split(/ {2,}/));
  assert.equal(head.slice(0, 4), ["file", "class", "1.", "probability"]);
  assert.equal(
    rows.slice(0, results.length).map((cells) => cells[1]),
    results.map(({ class: name }) => name),
  );
});

tasks("options of another task are refused by name, before anything is written", async () => {
  const npz = ["train", "--data", path("labels.npz"), "--out", path("never")];
  const grades = ["train", "--data", path("grades.npz"), "--out", path("never")];
  await fails(2, [...npz, "--class-weights", "balanced"], ["--class-weights", "--pos-weight balanced"]);
  await fails(2, [...npz, "--positive", "1"], ["positive labels are for the task binary"]);
  await fails(2, [...npz, "--ordinal", "cumulative"], ["--ordinal is for the task ordinal, got the task multilabel"]);
  await fails(2, [...npz, "--best-by", "kappa"], ["--best-by kappa is for the task ordinal", "multilabel"]);
  await fails(2, [...grades, "--best-by", "kappa"], ["the task multiclass: choose auc or loss"]);
  await fails(2, [...grades, "--pos-weight", "balanced"], ["--pos-weight", "--class-weights balanced"]);
  await fails(2, [...grades, "--task", "multilabel"], ["needs several labels an image"]);
  await fails(1, [...npz, "--task", "multiclass"], ["multi-label set"]);
  await fails(1, ["evaluate", path("labels"), "--data", path("grades.npz")], ["the model"]);
});

tasks.run();
