import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createSplit } from "../../../host/datasets/images.ts";
import { createPermutation } from "../../../host/engine/random.ts";
import { embeddingOf, kernelAblation } from "../../../host/evaluation/quantumKernel.ts";
import { trainMachine } from "../../../host/evaluation/svm.ts";
import { createNetwork } from "../../../host/network/network.ts";
import { simulatorOf } from "../../../host/simulator/instance.ts";
import { finalState } from "../../../host/simulator/simulate.ts";
import { compileBuild } from "../../util/builds.ts";
import { refused } from "../../util/refusal.ts";

const test = suite("evaluation/quantumKernel");
const engine = await compileBuild("strict");
const shape = { height: 16, width: 16, channels: 1 } as const;
const network = createNetwork(engine, {
  ...{ ...shape, classes: 2, batchSize: 8, seed: 2 },
  head: { kind: "quantum", wires: 3, layers: 1 },
});

test("a machine on a kernel: what libsvm and scikit-learn find for four points", async () => {
  // XOR with (1 + x·y)²: sklearn.svm.SVC(kernel="precomputed", C=10) separates it.
  const points = [
    [-1, -1],
    [-1, 1],
    [1, -1],
    [1, 1],
  ];
  const labels = [0, 1, 1, 0];
  const row = (a: number[]) => Float64Array.from(points, (b) => (1 + a[0] * b[0] + a[1] * b[1]) ** 2);
  const machine = await trainMachine(points.map(row), labels, 10);
  assert.equal(
    points.map((point) => machine.predict(row(point))),
    labels,
  );
  assert.is(machine.predict(row([2, 1.5])), 0);
  assert.is(machine.predict(row([-2, 0.5])), 1);
  machine.free();
});

test("the embedding is the circuit before its first weight: of angles a product of cosines", () => {
  const circuit = embeddingOf(network);
  assert.equal([circuit.numInputs, circuit.numWeights], [3, 0]);
  const [x, y] = [
    [0.3, -1.2, 2],
    [1.1, 0.4, -0.7],
  ];
  const [a, b] = [x, y].map((angles) => finalState(simulatorOf(engine), circuit, angles, []));
  let [re, im] = [0, 0];
  for (let i = 0; i < 8; i++) {
    re += a.re[i] * b.re[i] + a.im[i] * b.im[i];
    im += a.re[i] * b.im[i] - a.im[i] * b.re[i];
  }
  const product = x.reduce((fidelity, angle, i) => fidelity * Math.cos((angle - y[i]) / 2) ** 2, 1);
  assert.ok(Math.abs(re * re + im * im - product) < 1e-12);
});

test("bright and dark images are told apart by every kernel; other heads are refused", async () => {
  const made = (count: number) =>
    createSplit(
      "made",
      { count, labels: Uint8Array.from({ length: count }, (_, i) => i % 2) },
      Uint8Array.from({ length: count * 256 }, (_, i) => (Math.floor(i / 256) % 2) * 150 + ((i * 31) % 90)),
    );
  const splits = { train: made(24), val: made(12), test: made(12) };
  const dataOf = (of: typeof splits) => ({
    ...{ ...shape, name: "made", classNames: ["dark", "bright"] },
    split: async (name: keyof typeof splits) => of[name],
  });
  const data = dataOf(splits);
  const permutation = createPermutation(engine, 0, 4);
  const found = await kernelAblation(network, data, permutation);
  assert.equal([found.images, found.of, found.test, found.features], [24, 24, 12, 3]);
  assert.equal(
    found.rows.map(({ kernel, accuracy, mcnemar }) => [kernel, accuracy, mcnemar]),
    [
      ["fidelity", 1, null],
      ["linear", 1, 1],
      ["rbf", 1, 1],
    ],
  );
  const none = { ...splits, val: { ...splits.val, count: 0 } };
  await refused(() => kernelAblation(network, dataOf(none), permutation), "got no val");
  const dense = createNetwork(engine, { ...shape, classes: 2, batchSize: 8, head: { kind: "dense", wires: 3 } });
  await refused(() => kernelAblation(dense, data, permutation), "expected a network with one circuit", "dense");
});

test.run();
