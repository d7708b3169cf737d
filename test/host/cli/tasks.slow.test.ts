// MedMNIST's twelve 2D sets, each trained for an epoch on made files of the official keys, shapes and types: 100
// images a split instead of thousands. Two minutes of training, so not in the quick suite.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { medmnist } from "../../../host/datasets/sources/medmnist.ts";
import { fails, hqcnn, json } from "../../util/cli.ts";
import { medmnistArrays, npz } from "../../util/npz.ts";
import { multilabelNpz } from "../../util/tasks.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const sets = suite("MedMNIST's twelve 2D sets");
const folder = temporaryFolder();
const path = (name: string) => join(folder, name);
const counts = { train: 100, val: 100, test: 100 };
const quick = ["--epochs", "1", "--threads", "1", "--json"];

/**
 * The task that each set has by default: the thesis's unions of labels, and what medmnist's INFO says of the others.
 */
const TASKS: Record<string, string> = {
  ...{ pathmnist: "binary", bloodmnist: "binary", organamnist: "binary" },
  ...{ chestmnist: "multilabel", retinamnist: "ordinal", breastmnist: "binary", pneumoniamnist: "binary" },
  ...{ dermamnist: "multiclass", octmnist: "multiclass", tissuemnist: "multiclass" },
  ...{ organcmnist: "multiclass", organsmnist: "multiclass" },
};

for (const [name, { channels, classNames, kind }] of Object.entries(medmnist)) {
  sets(`${name} trains with its defaults`, async () => {
    const file = path(`${name}.npz`);
    const arrays = medmnistArrays(counts, { channels, classes: classNames.length });
    writeFileSync(file, kind === "multilabel" ? await multilabelNpz(counts, classNames.length) : await npz(arrays));
    const ended = await hqcnn(["train", "--data", file, "--out", path(name), ...quick]);
    assert.is(ended.code, 0, ended.stderr);
    const result = json(ended);
    assert.is(result.task, TASKS[name]);
    const names = result.class_names as string[];
    if (result.task === "binary") assert.is(names.length, 2);
    else assert.equal(names, classNames);
    assert.is(typeof result.quadratic_kappa, kind === "ordinal" ? "number" : "undefined");
    assert.is(
      (result.per_label as unknown[] | undefined)?.length,
      kind === "multilabel" ? classNames.length : undefined,
    );
    const history = readFileSync(path(`${name}/history.jsonl`), "utf8")
      .trim()
      .split("\n");
    assert.ok(history.length === 1 && Number.isFinite(JSON.parse(history[0]).train.loss));
  });
}

sets("a set is trained by another task where that is asked for", async () => {
  const file = path("retinamnist.npz");
  for (const [task, more] of [
    ["multiclass", []],
    ["binary", ["--positive", "3,4"]],
  ] as const) {
    const ended = await hqcnn(["train", "--data", file, "--task", task, ...more, "--out", path(task), ...quick]);
    assert.equal([ended.code, json(ended).task], [0, task]);
  }
});

sets("several labels an image are compared by their mean accuracy and AUC, explained, and exported", async () => {
  const run = path("chestmnist");
  const options = ["--epochs", "1", "--seeds", "1", "--twins", "none", "--out", path("compared"), "--json"];
  const compared = await hqcnn(["compare", "--data", path("chestmnist.npz"), ...options]);
  assert.is(compared.code, 0, compared.stderr);
  const comparison = JSON.parse(readFileSync(path("compared/comparison.json"), "utf8"));
  assert.is(comparison.task, "multilabel");
  const [{ accuracy, auc, mcnemar }] = comparison.contrasts;
  for (const { interval, mean } of [accuracy, auc]) assert.ok(interval[0] <= mean && mean <= interval[1]);
  assert.ok(mcnemar[0].p >= 0 && mcnemar[0].p <= 1);
  const exported = await hqcnn(["export", run, "--onnx", "--out", path("chest.onnx")]);
  assert.is(exported.code, 0, exported.stderr);
  const surrogate = await hqcnn(["export", run, "--surrogate", "--out", path("chest.json")]);
  assert.is(surrogate.code, 0, surrogate.stderr);
  await fails(1, ["evaluate", run, "--data", path("retinamnist.npz")], ["retinamnist"]);
});

sets.run();
