// Slow: some hundred trainings. Every embedding, ansatz and start of the weights, alone and side by side, trains on a
// part of the embedded sample and continues bit for bit after a stop.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { circuitData } from "../../../host/circuit/data.ts";
import { ANSATZE, createTemplate, EMBEDDINGS, REUPLOADS } from "../../../host/circuit/templates.ts";
import { CNOT, circuit, expval, Hadamard, probs, Rot, RX, X, Z } from "../../../host/circuits.ts";
import { loadEngine, openDataset } from "../../../host/index.ts";
import { createNodePlatform } from "../../../host/platform/node.ts";
import { parseTrainOptions } from "../../../host/training/parse.ts";
import { resumeRun, startRun } from "../../../host/training/run.ts";
import { openTrainingData } from "../../../host/work/data.ts";
import { type NpyArray, npz } from "../../util/npz.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const test = suite("training/circuits");
const platform = createNodePlatform();
const engine = await loadEngine({ platform, threads: 1 });
const folder = temporaryFolder();

/** Images of the sample a split. */
const COUNTS = { train: 48, val: 16, test: 16 };
const sample = await openDataset();
const arrays: Record<string, NpyArray> = {};
for (const [split, count] of Object.entries(COUNTS)) {
  const { images, labels } = await sample.split(split as keyof typeof COUNTS);
  const shape = [count, sample.height, sample.width, sample.channels];
  const size = shape.reduce((a, b) => a * b);
  arrays[`${split}_images`] = { descr: "|u1", shape, data: images.slice(0, size) };
  // both classes, whatever the order of the sample
  arrays[`${split}_labels`] = { descr: "|u1", shape: [count, 1], data: labels.slice(0, count) };
}
const data = join(folder, "part.npz");
writeFileSync(data, await npz(arrays));

const own = circuit(2, ({ input, weight }) => {
  const [x, w] = [input(3), weight("turns", [2, 3])];
  return [
    [Hadamard(0), RX(x[0], 0), RX(x[1].times(x[2]), 1), Rot(w[0][0], w[0][1], w[0][2], 0), CNOT(0, 1)],
    [expval(Z(0).times(X(1))), probs([1])],
  ];
});

const small = { qubits: 3, layers: 2 };
const cases: Record<string, object> = {
  ...Object.fromEntries(EMBEDDINGS.map((embedding) => [`embedding ${embedding}`, { ...small, embedding }])),
  ...Object.fromEntries(ANSATZE.map((ansatz) => [`ansatz ${ansatz}`, { ...small, ansatz }])),
  ...Object.fromEntries(REUPLOADS.map((reupload) => [`re-uploading ${reupload}`, { ...small, reupload }])),
  "hardware-efficient, CZ on all": { ...small, ansatz: "hardware-efficient", topology: "all", entangler: "CZ" },
  "hardware-efficient on a line": { ...small, ansatz: "hardware-efficient", topology: "line" },
  "iqp twice": { ...small, embedding: "iqp", repeats: 2 },
  "qaoa twice": { ...small, embedding: "qaoa", repeats: 2 },
  "no entangling": { ...small, entangling: false },
  "start near zero": { ...small, quantumInit: "near-zero" },
  "start normal": { ...small, quantumInit: "normal:0.2" },
  "start as the identity": { ...small, ansatz: "strongly-entangling", quantumInit: "identity" },
  "start as the identity, basic": { ...small, ansatz: "basic-entangler", quantumInit: "identity" },
  "one qubit": { qubits: 1, layers: 1 },
  bypass: { ...small, bypass: 5 },
  frozen: { ...small, freeze: "quantum", bypass: 2 },
  "a circuit of one's own": { circuit: own.toJSON() },
  "two side by side": { circuit: [own.toJSON(), own.toJSON()], bypass: 2 },
  ...Object.fromEntries(
    EMBEDDINGS.map((embedding) => [
      `${embedding} beside a circuit of one's own`,
      { circuit: [own.toJSON(), named(embedding)] },
    ]),
  ),
};

function named(embedding: (typeof EMBEDDINGS)[number]) {
  return circuitData(createTemplate({ ansatz: "basic-entangler", embedding, wires: 2, layers: 1 }));
}

for (const [name, given] of Object.entries(cases)) {
  test(`${name}: two epochs, and the same bits after a stop`, async () => {
    const options = parseTrainOptions({ data, epochs: 2, batchSize: 16, lr: 0.01, seed: 4, ...given });
    const context = { platform, engine, data: await openTrainingData(platform, options), version: "0" };
    const path = (run: string) => join(folder, `${run} ${name}`);
    const through = await startRun(context, options, path("through"));
    assert.ok(through.finished);
    assert.is(through.history.length, 2);
    for (const { train, val } of through.history) assert.ok(Number.isFinite(train.loss) && Number.isFinite(val.loss));
    const stop = new AbortController();
    const stopped = await startRun(context, options, path("stopped"), {
      ...{ signal: stop.signal, onEpoch: () => stop.abort() },
    });
    assert.ok(!stopped.finished && stopped.epoch === 1);
    const resumed = await resumeRun(context, options, path("stopped"));
    assert.ok(resumed.finished);
    assert.is(resumed.fingerprint, through.fingerprint);
    assert.equal(resumed.metrics.confusion, through.metrics.confusion);
  });
}

test.run();
