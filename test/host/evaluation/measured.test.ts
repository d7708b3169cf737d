import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadEngine } from "../../../host/api.ts";
import { foldCircuit } from "../../../host/circuit/fold.ts";
import { parseNoiseSpec } from "../../../host/circuit/noise/model.ts";
import { createTemplate } from "../../../host/circuit/templates.ts";
import { judge } from "../../../host/evaluation/judge.ts";
import { evaluateMeasured, measuredLayer, metricsOf } from "../../../host/evaluation/measured.ts";
import { measuredCells, measuredCsv } from "../../../host/evaluation/measuredTable.ts";
import { createNetwork } from "../../../host/network/network.ts";
import { simulatorOf } from "../../../host/simulator/instance.ts";
import { finalState } from "../../../host/simulator/simulate.ts";
import { extrapolationWeights } from "../../../host/simulator/zne.ts";
import { computeMetrics } from "../../../host/statistics/metrics.ts";
import { spreadOf, studentQuantile } from "../../../host/statistics/spread.ts";
import { createImages, THESIS } from "../../util/network.ts";
import { refused } from "../../util/refusal.ts";

const measured = suite("evaluation/measured");
const engine = await loadEngine({ threads: 1 });
const network = createNetwork(engine, { ...THESIS, seed: 3, batchSize: 16 });
const count = 41;
const split = { ...createImages(network, count, 5), count };
const layer = await measuredLayer(network, split);

measured("exact outputs come to the network's own metrics", () => {
  const own = computeMetrics(split.labels, network.predict(split.images), 2);
  const { accuracy, crossEntropy } = metricsOf(layer, layer.exact);
  assert.is(accuracy, own.accuracy);
  assert.ok(Math.abs(crossEntropy - own.crossEntropy) < 1e-5);
});

measured("the error of outputs falls with the root of shots, and repetitions are the same for a seed", () => {
  const by = (shots: number) => evaluateMeasured(layer, { shots, repetitions: 4, seed: 2 });
  const [few, many] = [by(20), by(2000)];
  assert.ok(Math.abs(few.error / many.error / 10 - 1) < 0.1, `${few.error} / ${many.error}`);
  assert.ok(Math.abs(few.variance! - few.error ** 2) < 0.1 * few.variance!, "unbiased: all error is variance");
  assert.equal(by(20), few);
  assert.is(few.repetitions, 4);
  assert.is(few.simulation, "ket");
});

measured("what is not random is measured once; trajectories come to the density matrix", () => {
  const noise = parseNoiseSpec("depolarizing:0.02");
  const density = evaluateMeasured(layer, { noise, repetitions: 5 });
  assert.equal([density.repetitions, density.accuracy.sd, density.variance], [1, null, null]);
  const drawn = evaluateMeasured(layer, { noise, simulation: "trajectories", trajectories: 60, repetitions: 2 });
  assert.is(drawn.trajectories, 60);
  const variance = drawn.variance!;
  const chance = 6 * density.error * Math.sqrt(variance / count) + 0.3 * variance;
  assert.ok(Math.abs(drawn.error ** 2 - density.error ** 2 - variance) < chance);
});

measured("extrapolation brings outputs nearer to the exact ones, at the expense of variance", () => {
  const noise = parseNoiseSpec("depolarizing:0.002");
  const { zne, error } = evaluateMeasured(layer, { noise, scales: [1, 3, 5] });
  assert.equal(
    zne.map(({ method }) => method),
    ["linear", "polynomial", "richardson"],
  );
  for (const { method, gain, error: left } of zne) assert.ok(gain > 2 && left < error / 2, `${method}: ${gain}`);
  const shots = evaluateMeasured(layer, { noise, scales: [1, 3, 5], shots: 200, repetitions: 6 });
  for (const { method, variance, varianceFactor } of shots.zne) {
    assert.ok(
      Math.abs(variance! / shots.variance! / varianceFactor - 1) < 0.25,
      `${method}: ${variance! / shots.variance!}`,
    );
  }
});

measured("several labels an image and classes in an order are judged as such", async () => {
  for (const output of ["sigmoid", "cumulative"] as const) {
    const own = createNetwork(engine, { ...THESIS, classes: 3, output, seed: 3 });
    const labels = Uint8Array.from({ length: count }, (_, i) => i % 3);
    const matrix = Uint8Array.from({ length: 3 * count }, (_, i) => (i * 7) % 2);
    const data = output === "sigmoid" ? { ...split, matrix } : { ...split, labels, ordered: true as const };
    const other = await measuredLayer(own, data);
    const { metrics } = judge(own, data, own.predict(split.images));
    assert.is(metricsOf(other, other.exact).accuracy, metrics.accuracy, output);
    assert.is(evaluateMeasured(other, { shots: 10, repetitions: 2 }).repetitions, 2);
  }
});

measured("settings that cannot be are refused", async () => {
  const wrong: [Parameters<typeof evaluateMeasured>[1], RegExp][] = [
    [{ shots: 10, scales: [1, 3, 5] }, /zero-noise extrapolation: expected noise that acts on gates/],
    [{ noise: "readout:0.1", scales: [1, 3, 5] }, /zero-noise extrapolation/],
    [{ noise: "bit-flip:0.1", scales: [1, 2, 3] }, /scale factor: expected an odd whole number from 1 to 21, got 2/],
    [{ noise: "bit-flip:0.1", scales: [3, 5, 7] }, /expected 1 first/],
    [{ noise: "bit-flip:0.1", scales: [1, 3] }, /at least 3 different numbers/],
    [{ shots: 5, repetitions: 0 }, /repetitions: expected/],
  ];
  for (const [settings, message] of wrong) assert.throws(() => evaluateMeasured(layer, settings), message);
  const dense = createNetwork(engine, { ...THESIS, head: { kind: "dense", wires: 4 } });
  await refused(() => measuredLayer(dense, split), "expected a model with a quantum layer, got head dense");
});

measured("a table has every number as text and as CSV", () => {
  const row = {
    ...evaluateMeasured(layer, { shots: 8, noise: "bit-flip:0.05", scales: [1, 3, 5], repetitions: 2 }),
    noise: "bit-flip:0.05",
  };
  const table = { data: "d", split: "test", count, seed: 0, exact: metricsOf(layer, layer.exact), rows: [row] };
  const cells = measuredCells(table);
  assert.equal(
    cells.map((line) => line.length),
    [9, 9, 9],
  );
  assert.equal(cells[2].slice(0, 3), ["8", "bit-flip:0.05", row.accuracy.mean.toFixed(4)]);
  const csv = measuredCsv(table);
  assert.is(csv.length, 1 + 1 + 3);
  for (const line of csv) assert.is(line.length, csv[0].length);
});

measured("a folded circuit does the same, in as many times more gates", () => {
  const { circuit } = createTemplate({ ansatz: "thesis", embedding: "angle-x", wires: 3, layers: 2 });
  const x = [0.3, -0.8, 1.7];
  const weights = Array.from({ length: circuit.numWeights }, (_, i) => i / 5);
  const state = (of: typeof circuit) => finalState(simulatorOf(engine), of, x, weights);
  const { circuit: folded, origins } = foldCircuit(circuit, 5);
  assert.is(folded.operations.length, 5 * circuit.operations.length);
  assert.is(origins.length, folded.operations.length);
  folded.operations.forEach(({ name }, i) => {
    assert.is(name, circuit.operations[origins[i]].name);
  });
  const [a, b] = [state(circuit), state(folded)];
  a.re.forEach((value, i) => {
    assert.ok(Math.abs(value - b.re[i]) + Math.abs(a.im[i] - b.im[i]) < 1e-13);
  });
});

measured("weights of extrapolations reproduce polynomials", () => {
  const at = (weights: number[], scales: number[], f: (x: number) => number) =>
    weights.reduce((sum, weight, i) => sum + weight * f(scales[i]), 0);
  const scales = [1, 3, 5, 7];
  const cases = [
    ["linear", (x: number) => 2 - 0.3 * x, 2],
    ["polynomial", (x: number) => 1 + x - 0.2 * x * x, 1],
    ["richardson", (x: number) => 0.5 - x ** 3 + x, 0.5],
  ] as const;
  for (const [method, f, value] of cases) {
    assert.ok(Math.abs(at(extrapolationWeights(scales, method), scales, f) - value) < 1e-9, method);
  }
  const three = extrapolationWeights([1, 3, 5], "richardson");
  [15 / 8, -10 / 8, 3 / 8].forEach((weight, i) => {
    assert.ok(Math.abs(three[i] - weight) < 1e-12);
  });
});

measured("quantiles of Student's t are those of the tables", () => {
  for (const [degrees, value] of [
    [1, 12.706],
    [4, 2.776],
    [9, 2.262],
    [10, 2.228],
    [19, 2.093],
    [60, 2.0003],
  ]) {
    assert.ok(Math.abs(studentQuantile(degrees) - value) < 6e-4, `${degrees}: ${studentQuantile(degrees)}`);
  }
  assert.equal(spreadOf([2]), { mean: 2, sd: null, interval: null });
  const { mean, interval } = spreadOf([1, 2, 3]);
  assert.ok(mean === 2 && Math.abs(interval![1] - 2 - 4.3027 / Math.sqrt(3)) < 1e-12);
});

measured.run();
