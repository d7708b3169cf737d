import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { evaluate as evaluateNetwork, loadEngine, openDataset, saveModel } from "../../../host/api.ts";
import { createNetwork } from "../../../host/network/network.ts";
import { fails, hqcnn, json } from "../../util/cli.ts";
import { medmnistArrays, npz } from "../../util/npz.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const folder = temporaryFolder();
const model = join(folder, "model.safetensors");
const head = { kind: "dense", wires: 4 } as const;
const network = createNetwork(await loadEngine(), { channels: 3, classes: 2, seed: 1, head });
const positive = [0, 3];

const evaluate = suite("hqcnn evaluate");

evaluate.before(async () => {
  const { classNames } = await openDataset(undefined, { positive });
  const data = {
    name: "bloodmnist-sample",
    md5: null,
    task: "binary",
    protocol: "official",
    positive,
    splitRatio: 0.8,
  };
  const training = { epoch: 1, seed: 1, val: { loss: 1, accuracy: 0.5, auc: 0.5 } };
  writeFileSync(model, saveModel(network, { classNames, data, training }));
});

evaluate("takes data, task and positive labels from the model", async () => {
  const data = await openDataset(undefined, { positive });
  for (const split of ["test", "val"] as const) {
    const { metrics } = await evaluateNetwork(network, data, split);
    const ended = await hqcnn(["evaluate", model, "--split", split, "--json"]);
    assert.is(ended.code, 0, ended.stderr);
    const result = json(ended);
    assert.is(result.accuracy, metrics.accuracy);
    assert.is(result.auc, metrics.auc);
    assert.equal(result.auc_interval, metrics.aucInterval);
    assert.is(result.auc_interval_method, "DeLong, logit");
    assert.equal(result.confusion, metrics.confusion);
    assert.is(result.count, data.counts[split]);
  }
});

evaluate("--tta averages over views and says so", async () => {
  const data = await openDataset(undefined, { positive });
  const { metrics } = await evaluateNetwork(network, data, "val", { tta: "shifts" });
  const result = json(await hqcnn(["evaluate", model, "--split", "val", "--tta", "shifts", "--json"]));
  assert.equal([result.tta, result.auc, result.cross_entropy], ["shifts", metrics.auc, metrics.crossEntropy]);
  assert.is.not(metrics.crossEntropy, (await evaluateNetwork(network, data, "val")).metrics.crossEntropy);
  const { stdout } = await hqcnn(["evaluate", model, "--split", "val", "--tta", "flips"]);
  assert.match(stdout, /^bloodmnist-sample, split val, protocol official, test-time augmentation flips\n/);
  await fails(2, ["evaluate", model, "--tta", "crops"], ["none, flips, dihedral, shifts"]);
});

evaluate("prints the table", async () => {
  const { stdout } = await hqcnn(["evaluate", model]);
  assert.match(stdout, /^bloodmnist-sample, split test, protocol official\n\naccuracy .*512 images/);
  assert.match(stdout, /^AUC .* 95 % interval 0\.\d+ to \d\.\d+ \(DeLong, logit\)$/m);
  assert.ok(stdout.includes("weighted avg") && stdout.includes("Not for clinical use."));
});

evaluate("refuses data of another shape, with the reason", async () => {
  const data = join(folder, "grey.npz");
  writeFileSync(data, await npz(medmnistArrays(undefined, { channels: 1, classes: 4 })));
  await fails(1, ["evaluate", model, "--data", data], ["28×28×3", "28×28×1"]);
  await fails(2, ["evaluate", model, "--split", "all"], ["train, val, test"]);
  await fails(1, ["evaluate", join(folder, "no.safetensors")], ["no such file"]);
});

evaluate.run();
