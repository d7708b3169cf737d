import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadEngine, predict } from "../../../host/api.ts";
import { measuredLayer, metricsOf } from "../../../host/evaluation/measured.ts";
import { measurePredictions } from "../../../host/evaluation/measuredPredictions.ts";
import { createNetwork } from "../../../host/network/network.ts";
import { predictionsOf } from "../../../host/network/outputs.ts";
import { estimate } from "../../../host/simulator/estimate.ts";
import { simulatorOf } from "../../../host/simulator/instance.ts";
import { createImages, THESIS } from "../../util/network.ts";
import { refused } from "../../util/refusal.ts";

const predictions = suite("evaluation/measuredPredictions");
const engine = await loadEngine({ threads: 1 });
const network = createNetwork(engine, { ...THESIS, seed: 3, batchSize: 16 });
const count = 21;
const split = { ...createImages(network, count, 5), count };
const size = split.images.length / count;

predictions("come near the exact ones with many shots, by as much as their spread says", async () => {
  const [few, many] = await Promise.all(
    [10, 1000].map((shots) => measurePredictions(network, split.images, { shots, repetitions: 30 })),
  );
  const own = predictionsOf(network, network.predict(split.images));
  const sdOf = (all: typeof few) => all.reduce((sum, { spread }) => sum + spread[0].sd!, 0) / count;
  assert.ok(Math.abs(sdOf(few) / sdOf(many) / 10 - 1) < 0.2, `${sdOf(few)} / ${sdOf(many)}`);
  many.forEach(({ probs, spread, exact, agreement, repetitions }, n) => {
    assert.is(repetitions, 30);
    assert.ok(agreement > 0 && agreement <= 1);
    for (const label of [0, 1]) {
      assert.ok(Math.abs(exact[label] - own[n].probs[label]) < 1e-5);
      const { mean, sd, interval } = spread[label];
      assert.is(probs[label], Math.fround(mean));
      assert.ok(interval![0] < mean && mean < interval![1]);
      assert.ok(Math.abs(mean - exact[label]) < 6 * sd!, `${mean} for ${exact[label]}`);
    }
  });
});

predictions("an image draws by its place in the list, however the list is cut, as evaluate does", async () => {
  const settings = { shots: 5, seed: 4, repetitions: 2, noise: "depolarizing:0.02" };
  const all = await measurePredictions(network, split.images, settings);
  const rest = await measurePredictions(network, split.images.subarray(8 * size), { ...settings, first: 8 });
  assert.equal(rest, all.slice(8));
  const layer = await measuredLayer(network, split);
  const right = [0, 1].map((use) => {
    const outputs = estimate(simulatorOf(engine), layer.circuit, layer.features, layer.weights, settings, { use });
    return metricsOf(layer, outputs).accuracy;
  });
  const alone = await measurePredictions(network, split.images, { ...settings, repetitions: 1 });
  const accuracy = alone.filter(({ label }, n) => label === split.labels[n]).length / count;
  assert.is(accuracy, right[0]);
  assert.equal([alone[0].spread[0].sd, alone[0].agreement], [null, 1]);
});

predictions("classes in an order and several labels an image answer in their own ways", async () => {
  for (const output of ["sigmoid", "cumulative"] as const) {
    const own = createNetwork(engine, { ...THESIS, classes: 3, output, seed: 3 });
    const exact = predictionsOf(own, own.predict(split.images));
    const measured = await predict(
      own,
      [{ height: 28, width: 28, channels: 3, pixels: split.images.subarray(0, size) }],
      { measure: { shots: 20_000, repetitions: 2 } },
    );
    assert.equal(measured[0].labels, exact[0].labels, output);
    assert.is(measured[0].label, exact[0].label, output);
    assert.ok(measured[0].probs.every((value, label) => Math.abs(value - exact[0].probs[label]) < 0.05));
  }
});

predictions("without a circuit, and with noise that acts nowhere, there are none", async () => {
  const dense = createNetwork(engine, { ...THESIS, head: { kind: "dense", wires: 4 } });
  await refused(() => measurePredictions(dense, split.images, { shots: 5 }), "expected a model with a quantum layer");
  await refused(() => measurePredictions(network, split.images, { noise: "bit-flip:0.1@CZ" }), "acts nowhere");
  assert.equal(await measurePredictions(network, new Uint8Array(0), { shots: 5 }), []);
});

predictions.run();
