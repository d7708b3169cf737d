import { suite } from "uvu";
import * as assert from "uvu/assert";
import { circuit, expval, RX, RZ, Z } from "../../../host/circuits.ts";
import { createNetwork, type Head } from "../../../host/network/network.ts";
import {
  COLLAPSED,
  circuitWarnings,
  type Diagnosis,
  isCollapsed,
  observe,
  PLATEAU,
  quantumNorm,
} from "../../../host/training/diagnosis.ts";
import { compileBuild } from "../../util/builds.ts";
import { fill } from "../../util/network.ts";

const test = suite("training/diagnosis");
const engine = await compileBuild("strict");
const SIZE = { channels: 1, classes: 2, height: 16, width: 16, batchSize: 32 } as const;
const N = 32;

const trained = (head: Head, change: (fc1: Float32Array) => void = () => {}) => {
  const network = createNetwork(engine, { ...SIZE, head, seed: 1 });
  const tensors = network.tensors();
  change(tensors.get("fc1.weight")!.data);
  network.load(tensors);
  fill(network, N, 1);
  network.gradients(N);
  return network;
};
const norm = (values: Iterable<number>) => Math.sqrt([...values].reduce((sum, value) => sum + value * value, 0));
const thesis: Head = { kind: "quantum", wires: 3, layers: 1 };

test("norms are those of the layers' gradients, spreads those of the circuit's outputs; nothing changes", () => {
  const network = trained(thesis);
  const [gradients, before] = [network.paramTensors("grads"), network.fingerprint()];
  const seen = observe(network, N);
  for (const [name, value] of Object.entries(seen.gradients)) {
    const own = [...gradients].filter(([tensor]) => tensor.startsWith(`${name}.`)).flatMap(([, { data }]) => [...data]);
    assert.ok(value > 0 && Math.abs(value - norm(own)) <= 1e-9 * value, name);
  }
  for (const name of ["fc1", "quantum", "fc2", "fc3"]) assert.ok(name in seen.gradients, name);
  const out = network.activation("quantum", N);
  seen.spread!.forEach((deviation, wire) => {
    const column = Array.from({ length: N }, (_, n) => out[3 * n + wire]);
    const mean = column.reduce((a, b) => a + b) / N;
    assert.ok(Math.abs(deviation - norm(column.map((value) => value - mean)) / Math.sqrt(N)) < 1e-9);
  });
  assert.is(seen.spread!.length, 3);
  assert.equal(network.paramTensors("grads"), gradients);
  assert.is(network.fingerprint(), before);
});

test("circuits side by side have norms of their own; features around them have no spread; frozen layers no norm", () => {
  const head = {
    kind: "quantum",
    circuits: [
      { wires: 2, layers: 1 },
      { wires: 1, layers: 1 },
    ],
    bypass: 4,
  } as const;
  const seen = observe(trained(head), N);
  const { "quantum.0": first, "quantum.1": second } = seen.gradients;
  assert.is(quantumNorm(seen), norm([first, second]));
  assert.is(seen.spread!.length, 3);
  const frozen = createNetwork(engine, { ...SIZE, head: thesis, freeze: "quantum" });
  fill(frozen, N, 1);
  frozen.gradients(N);
  assert.ok(!("quantum" in observe(frozen, N).gradients));
  assert.is(quantumNorm(observe(frozen, N)), null);
  const dense = observe(trained({ kind: "dense", wires: 3 }), N);
  assert.is(dense.spread, undefined);
  assert.equal(isCollapsed(dense), false);
});

test("a circuit that gets the same of all images has collapsed, and that is said in one line", () => {
  const seen = observe(
    trained(thesis, (weights) => weights.fill(0)),
    N,
  );
  assert.ok(seen.spread!.every((deviation) => deviation < COLLAPSED));
  const lines = circuitWarnings([{ epoch: 1, train: { loss: 0.3 }, oneClass: 1, diagnosis: seen }], Math.LN2);
  assert.is(lines.length, 1);
  assert.match(lines[0], /^the circuit has collapsed: in epoch 1 .*all of val was put into class 1/);
  assert.not.match(lines[0], "\n");
  const healthy = observe(
    trained(thesis, (weights) =>
      weights.forEach((_, i) => {
        weights[i] *= 20;
      }),
    ),
    N,
  );
  assert.equal(circuitWarnings([{ epoch: 1, train: { loss: 0.3 }, diagnosis: healthy }], Math.LN2), []);
});

test("weights without a gradient are a plateau while the loss is at chance, and not otherwise", () => {
  // A rotation about Z does nothing to ⟨Z⟩.
  const idle = circuit(2, ({ input, weight }) => {
    const [x, w] = [input(2), weight("w", [2])];
    return [
      [RX(x[0], 0), RX(x[1], 1), RZ(w[0], 0), RZ(w[1], 1)],
      [expval(Z(0)), expval(Z(1))],
    ];
  });
  const seen: Diagnosis = observe(
    trained({ kind: "quantum", circuit: idle }, (weights) =>
      weights.forEach((_, i) => {
        weights[i] *= 20;
      }),
    ),
    N,
  );
  assert.ok(quantumNorm(seen)! < PLATEAU);
  const at = (loss: number) => circuitWarnings([{ epoch: 3, train: { loss }, diagnosis: seen }], Math.LN2);
  assert.match(at(0.69).join(), /^a plateau holds the circuit: in epoch 3 /);
  assert.equal(at(0.4), []);
  assert.equal(circuitWarnings([{ epoch: 1, train: { loss: 1 } }], Math.LN2), []);
});

test.run();
