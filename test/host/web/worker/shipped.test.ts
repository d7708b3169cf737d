import { rm } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadEngine, loadModel, openDataset, predict } from "../../../../host/index.ts";
import { createNodePlatform } from "../../../../host/platform/node.ts";
import { readFinishedRun } from "../../../../host/training/record.ts";
import { SHIPPED } from "../../../../host/web/protocol/state.ts";
import { listRuns } from "../../../../host/web/worker/runs.ts";
import { SHIPPED_PER_CLASS, withShipped } from "../../../../host/web/worker/shipped.ts";

const shipped = suite("web/shipped");
const node = createNodePlatform();
const removeFolder = (path: string) => rm(path, { recursive: true, force: true });
const platform = withShipped({ ...node, removeFolder });

shipped("the shipped run is what `npm start` trains: 20 epochs of the sample with the thesis's recipe", async () => {
  const { config, history, result } = await readFinishedRun(platform, SHIPPED);
  assert.equal([config.options.data, config.options.epochs, config.options.seed], ["bloodmnist-sample", 20, 0]);
  assert.is(history.length, 20);
  assert.is(result.predictions.labels.length, 512);
  assert.not.match(JSON.stringify(config), /"\/|\\\\/, "no path of the machine that made it");
});

shipped("its images are the first of the test split, and its model answers them as predictions.csv says", async () => {
  const samples = (await platform.shippedImages(SHIPPED_PER_CLASS))!;
  const { labels, images } = await (await openDataset()).split("test");
  const model = await platform.readFile(`${SHIPPED}/model.safetensors`);
  const { network } = await loadModel(await loadEngine({ threads: 1 }), model);
  const { result } = await readFinishedRun(platform, SHIPPED);
  const inputs = samples.map(({ index, label, rgba }) => {
    const pixels = images.subarray(index * 2352, (index + 1) * 2352);
    assert.is(label, labels[index]);
    assert.equal([...rgba.filter((_, i) => i % 4 !== 3)], [...pixels]);
    return { height: 28, width: 28, channels: 3 as const, pixels };
  });
  const answers = await predict(network, inputs);
  network.close();
  assert.equal(
    answers.map(({ label }) => label),
    samples.map(({ index }) => result.predictions.predicted[index]),
  );
  const perClass = [0, 1].map((label) => samples.filter((sample) => sample.label === label).length);
  assert.equal(perClass, [SHIPPED_PER_CLASS, SHIPPED_PER_CLASS]);
  assert.is((await platform.shippedImages(2))!.length, 4);
  assert.is(await platform.shippedImages(SHIPPED_PER_CLASS + 1), null);
});

shipped("it comes last in the list of runs, and an archive that is none says so there", async () => {
  const broken = withShipped({ ...node, removeFolder, packageFile: () => node.packageFile("package.json") });
  const summaries = [(await listRuns(platform)).at(-1)!, (await listRuns(broken)).at(-1)!];
  assert.equal(
    summaries.map(({ folder, finished, shipped: is }) => [folder, finished, is]),
    [
      [SHIPPED, true, true],
      [SHIPPED, false, true],
    ],
  );
  assert.match(summaries[1].problem!, "expected the run that ships with the page");
});

shipped.run();
