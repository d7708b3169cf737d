// Alone: measures time or memory.
// What the README promises of `npm start`: accuracy, speed and memory of the thesis's recipe on the embedded sample.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNetwork, type EpochRecord, evaluate, loadEngine, openDataset, train } from "../../../host/index.ts";
import { inMemory, inTime } from "../../util/limits.ts";

const loop = suite("training/loop, embedded sample");

const engine = await loadEngine();
const data = await openDataset();
const network = createNetwork(engine, { channels: 3, classes: 2, head: { kind: "quantum", wires: 4, layers: 3 } });
const epochs: EpochRecord[] = [];
for await (const epoch of train(network, data)) epochs.push(epoch);

loop("ten epochs learn the binary task", async () => {
  assert.is(epochs.length, 10);
  assert.ok(epochs[9].train.loss < 0.2, `${epochs[9].train.loss}`);
  const { metrics } = await evaluate(network, data);
  assert.ok(metrics.auc! >= 0.985, `AUC ${metrics.auc}`);
  assert.ok(metrics.accuracy >= 0.93, `accuracy ${metrics.accuracy}`);
});

loop("the epochs' best trains at about 900 images/s or more", () => {
  const best = Math.max(...epochs.map(({ imagesPerSecond }) => imagesPerSecond));
  console.log(`${best.toFixed(0)} images/s training`);
  inTime("training, an image", 1e3 / best, 1e3 / 900, "ms");
});

loop("inference answers about 3000 images/s or more", async () => {
  const { images, count } = await data.split("train");
  let best = 0;
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    network.predict(images);
    best = Math.max(best, (count / (performance.now() - start)) * 1000);
  }
  console.log(`${best.toFixed(0)} images/s inference`);
  inTime("inference, an image", 1e3 / best, 1e3 / 3000, "ms");
});

loop("the process stays near 175 MiB", () => {
  const bytes = process.resourceUsage().maxRSS * 1024;
  console.log(`${(bytes / 2 ** 20).toFixed(0)} MiB`);
  inMemory("training the sample", bytes, 175 * 2 ** 20);
});

loop.run();
