// Circuits side by side and a way around them: the same numbers as the circuits one by one.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HqcnnError } from "../../../../host/check.ts";
import { circuit, control, expval, Hadamard, probs, RX, RY, X, Z } from "../../../../host/circuits.ts";
import { quantumOff } from "../../../../host/explain/wires.ts";
import { decodeModel, encodeModel, NORMALIZATION } from "../../../../host/network/model.ts";
import { createNetwork, type Network, type NetworkOptions } from "../../../../host/network/network.ts";
import { circuitWeights } from "../../../../host/network/weights.ts";
import { simulatorOf } from "../../../../host/simulator/instance.ts";
import { runCircuit } from "../../../../host/simulator/simulate.ts";
import { compileBuild } from "../../../util/builds.ts";
import { fill } from "../../../util/network.ts";
import { integers } from "../../../util/numbers.ts";
import { agreesWithOnnx } from "../../../util/onnx.ts";

const test = suite("network/layers/parallel");
const engine = await compileBuild("strict");

const own = circuit(3, ({ input, weight }) => {
  const [x, w] = [input(2), weight("turns", [3])];
  return [
    [RX(x[0], 0), RY(x[1].times(0.5).plus(0.2), 2), Hadamard(1), control(RY(w[0], 1), 0), RX(w[1], 2), RY(w[2], 0)],
    [expval(Z(0).times(X(1))), probs([2])],
  ];
});
const wide = { wires: 4, layers: 2, embedding: "iqp", ansatz: "strongly-entangling" } as const;
const small = { channels: 1, classes: 3, height: 16, width: 16, hidden: 5, batchSize: 40 } as const;
const circuits = [own, wide];
const BYPASS = 3;

const build = (head: object, more: Partial<NetworkOptions> = {}) =>
  createNetwork(engine, { ...small, head: { kind: "quantum", ...head } as never, seed: 3, ...more });
const rows = (values: Float32Array, width: number, from: number, count: number) =>
  Array.from({ length: values.length / width }, (_, n) => [
    ...values.subarray(n * width + from, n * width + from + count),
  ]).flat();

test("every circuit reads its own features, the rest goes around, outputs follow each other", () => {
  const network = build({ circuits, bypass: BYPASS });
  const N = 20;
  fill(network, N, 1);
  network.forward(N);
  const x = network.activation("fc1", N);
  const out = network.activation("quantum", N);
  assert.is(x.length, N * (2 + 4 + BYPASS));
  assert.is(out.length, N * (3 + 4 + BYPASS));
  for (const { name, template, firstInput, firstOutput } of network.circuits) {
    const { numInputs, numOutputs } = template.circuit;
    const inputs = rows(x, 9, firstInput, numInputs);
    const weights = circuitWeights(network.tensors(), template, name);
    const expected = runCircuit(simulatorOf(engine), template.circuit, inputs, weights, "f32");
    assert.equal(rows(out, 10, firstOutput, numOutputs), [...expected], name);
  }
  assert.equal(rows(out, 10, 7, BYPASS), rows(x, 9, 6, BYPASS));
});

test("the circuits joined to one give the same gradients, and names of tensors say whose they are", () => {
  const several = build({ circuits });
  assert.equal(
    several.circuits.map(({ name }) => name),
    ["quantum.0", "quantum.1"],
  );
  // A circuit of one's own has no dots in its tensors' names.
  const plain = (name: string) => name.replace(/([01])\.(turns|weights)/, "part$1_$2");
  const { circuit: one, tensors: listed } = several.template!;
  const renamed = listed.map((tensor) => ({ ...tensor, name: plain(tensor.name) }));
  const joined = build({ circuit: { circuit: one, tensors: renamed } });
  const tensors = several.tensors();
  assert.ok(tensors.has("quantum.0.turns") && tensors.has("quantum.1.weights"));
  joined.load(new Map([...tensors].map(([name, tensor]) => [plain(name), tensor])));
  const losses = [several, joined].map((network) => {
    fill(network, 40, 5);
    return network.gradients(40).loss;
  });
  assert.ok(Math.abs(losses[0] - losses[1]) < 1e-6, losses.join());
  const [a, b] = [several, joined].map((network) => network.paramTensors("grads"));
  for (const [name, { data }] of a) {
    const other = b.get(plain(name))!.data;
    const scale = Math.max(...data.map(Math.abs), 1e-4);
    assert.ok(
      data.every((value, i) => Math.abs(value - other[i]) < 1e-4 * scale),
      name,
    );
    assert.ok(
      data.some((value) => value !== 0),
      `${name} has a gradient`,
    );
  }
});

test("gradients of the features that go around are those of finite differences", () => {
  const network = build({ ...wide, bypass: 2 });
  assert.ok(network.tensors().has("quantum.weights"), "one circuit keeps its names");
  fill(network, 40, 2);
  network.gradients(40);
  const bias = [...network.paramTensors("grads").get("fc1.bias")!.data];
  const step = 1e-2;
  for (const i of [3, 4, 5]) {
    const losses = [step, -step].map((change) => {
      const moved = network.tensors();
      moved.get("fc1.bias")!.data[i] += change;
      const other = build({ ...wide, bypass: 2 }, { tensors: moved });
      fill(other, 40, 2);
      return other.gradients(40).loss;
    });
    const slope = (losses[0] - losses[1]) / (2 * step);
    assert.ok(Math.abs(slope - bias[i]) < 2e-3, `${i}: ${slope} ${bias[i]}`);
  }
});

/** Steps of training, then what is left. */
function trained(network: Network): string {
  for (let step = 0; step < 3; step++) {
    fill(network, 40, step);
    network.gradients(40);
    network.update({ lr: 1e-2 });
  }
  return network.fingerprint();
}

test("a model file holds them; inference, folded and from features, gives the same", async () => {
  const network = build({ circuits: [...circuits, { circuit: own }], bypass: BYPASS });
  const fingerprint = trained(network);
  const data = { name: "x", md5: null, task: "t", protocol: "official", positive: null, splitRatio: 0.8 };
  const training = { epoch: 1, seed: 3, val: { loss: 1, accuracy: 0.5, auc: null } };
  const info = { classNames: ["a", "b", "c"], normalization: NORMALIZATION, data, training };
  const bytes = encodeModel(network.tensors(), { ...info, architecture: network.architecture });
  const read = await decodeModel(engine, bytes, "m");
  assert.is(read.network.fingerprint(), fingerprint);
  assert.equal(read.network.architecture, network.architecture);
  const images = integers(5 * 256, 9, 256);
  assert.equal(read.network.predict(images), network.predict(images));
  const logits = network.predict(images);
  const from = network.predictFrom("quantum", network.activation("quantum", 5));
  assert.equal(from, logits);
  const off = quantumOff(network, images.slice(0, 256));
  assert.ok(
    off.every((p, i) => p !== quantumOff(network, images.slice(256, 512))[i]),
    "bypass differs by image",
  );
});

test("ONNX Runtime agrees", async () => {
  const images = integers(64 * 256, 9, 256);
  await agreesWithOnnx(build({ circuits, bypass: BYPASS }), images);
});

test("one circuit in a list, without a bypass, is the circuit alone", () => {
  const [listed, alone] = [build({ circuits: [wide] }), build(wide)];
  assert.equal(listed.architecture, alone.architecture);
  assert.is(trained(listed), trained(alone));
});

test("impossible lists are refused by name", () => {
  const cases: [object, RegExp][] = [
    [{ circuits: [] }, /circuits of the head: expected a whole number from 1 to 8, got 0/],
    [{ circuits: new Array(9).fill(wide) }, /circuits of the head: expected a whole number from 1 to 8, got 9/],
    [{ circuits: own }, /expected circuits as a list/],
    [{ circuits: [own, null] }, /circuits\[1\]: expected a circuit/],
    [{ circuits: [own, { wires: 40, layers: 1 }] }, /circuits\[1\]: wires: expected an integer from 1 to 20, got 40/],
    [{ circuits, wires: 4 }, /expected circuits alone.*got wires/],
    [{ ...wide, bypass: -1 }, /bypass: expected a whole number from 0 to 1024, got -1/],
    [{ ...wide, bypass: 1021 }, /features of the circuits and the bypass together.*got 1025/],
    [{ circuits, colour: 1 }, /got colour/],
  ];
  for (const [head, message] of cases) {
    const fits = (error: Error) => error instanceof HqcnnError && message.test(error.message);
    assert.throws(() => build(head), fits, JSON.stringify(head));
  }
});

test.run();
