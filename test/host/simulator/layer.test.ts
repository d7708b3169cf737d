import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../../host/check.ts";
import * as circuits from "../../../host/circuits.ts";
import { createNetwork, loadEngine } from "../../../host/index.ts";
import { runReference } from "../../reference/statevector.ts";
import { testAngles } from "../../util/circuits.ts";

const { adjoint, CNOT, circuit, control, expval, GATES, probs, Rot, RX, variance, X, Y, Z } = circuits;

const layers = suite("simulator/layer");
const engine = await loadEngine({ threads: 1 });
const refused = (expected: RegExp) => (error: Error) => error instanceof UsageError && expected.test(error.message);

const wires = 4;
const repetitions = 2;
/** Data re-uploading with trainable scaling, as a PennyLane user would write it. */
const layer = circuit(wires, ({ input, weight }) => {
  const x = input(wires);
  const s = weight("scale", [repetitions, wires], 1);
  const w = weight("weights", [repetitions, wires, 3]);
  const ops = [];
  for (let l = 0; l < repetitions; l++) {
    for (let i = 0; i < wires; i++) ops.push(RX(x[i].times(s[l][i]), i), Rot(w[l][i][0], w[l][i][1], w[l][i][2], i));
    for (let i = 0; i + 1 < wires; i++) ops.push(CNOT(i, i + 1));
  }
  return [ops, [expval(Z(0)), expval(Z(0).times(X(1))), probs([2, 3])]];
});

layers("the circuit of the issue runs, has gradients, draws, counts and exports", () => {
  const x = testAngles(4, 1);
  const scale = testAngles(8, 2);
  const weights = testAngles(24, 3);
  const outputs = layer.run(engine, { x, weights: { scale, weights } });
  const operations = layer.circuit.operations;
  const words = [
    [["Z", 0]],
    [
      ["Z", 0],
      ["X", 1],
    ],
    [["Z", 2]],
    [["Z", 3]],
    [
      ["Z", 2],
      ["Z", 3],
    ],
  ] as const;
  const flat = [...scale, ...weights];
  const reference = runReference(4, operations, x, flat, words);
  const [z0, z0x1, z2, z3, z2z3] = reference.expval;
  const expected = [z0, z0x1, (1 + z2 + z3 + z2z3) / 4, (1 + z2 - z3 - z2z3) / 4, (1 - z2 + z3 - z2z3) / 4];
  expected.forEach((value, i) => {
    assert.ok(Math.abs(outputs[i] - value) < 1e-12, `${layer.outputLabels[i]}: ${outputs[i]} for ${value}`);
  });
  assert.is(outputs.length, 6);
  const gradient = layer.gradient(engine, { x, weights: flat });
  for (const row of [0, 1]) {
    reference.jacobianInputs[row].forEach((value, i) => {
      assert.ok(Math.abs(gradient.inputs[row][i] - value) < 1e-12);
    });
    reference.jacobianWeights[row].forEach((value, i) => {
      assert.ok(Math.abs(gradient.weights[row][i] - value) < 1e-12);
    });
  }
  const batch = layer.run(engine, { x: [x, testAngles(4, 9)], weights: flat });
  assert.equal([batch.length, batch[0]], [2, outputs]);
  assert.match(layer.draw().split("\n")[0], /^0: ──RX\(x0·w0\)──Rot\(w8,w9,w10\).*┤ {2}<Z> +╭<Z@X>$/);
  assert.equal(layer.resources().weights, 32);
  assert.equal(layer.tensors, [
    { name: "scale", shape: [2, 4], start: 1 },
    { name: "weights", shape: [2, 4, 3] },
  ]);
  assert.match(layer.toQasm(3, { weights: { scale, weights } }), /input float\[64\] x3;\n\/\/ hqcnn outputs: /);
  assert.match(layer.toQasm(2, { x, weights: flat }), /OPENQASM 2\.0/);
});

layers("what it gives as data builds it again", () => {
  const again = circuits.parseCircuit(JSON.stringify(layer));
  assert.equal(again.circuit.operations, layer.circuit.operations);
  assert.equal(again.circuit.outputs, layer.circuit.outputs);
  assert.equal(again.tensors, layer.tensors);
});

layers("there is a builder for every gate, with its name, parameters and wires", () => {
  const known = circuits as unknown as Record<string, (...args: unknown[]) => circuits.Operation>;
  for (const [name, gate] of GATES) {
    if (gate.params === "amplitudes") continue;
    const wires = gate.wires === "any" ? [2, 0] : [2, 0, 1].slice(0, gate.wires);
    const params = [0.1, 0.2, 0.3].slice(0, gate.params);
    assert.equal(known[name](...params, ...wires), { name, wires, params }, name);
    assert.equal(known[name](...params, wires), { name, wires, params }, name);
  }
});

layers("angles and observables are made of each other", () => {
  const built = circuit(2, ({ input, weight }) => {
    const [x] = input(1);
    const w = weight("w", [1]);
    return [
      [RX(x.times(2).plus(0.5).negated(), 0), control(adjoint(RX(x.times(w[0]).dividedBy(4), 1)), 0), X(1), [Y(0)]],
      [expval(Z(0).times(X(1)).times(0.5).plus(Y(0)).minus(Z(1))), variance(Z(0).times(Z(0)))],
    ];
  });
  assert.equal(built.circuit.operations, [
    { name: "RX", wires: [0], params: [{ input: 0, factor: -2, shift: -0.5 }] },
    {
      ...{ name: "RX", wires: [1], controls: [0], adjoint: true },
      params: [{ product: [{ input: 0 }, { weight: 0 }], factor: 0.25 }],
    },
    { name: "PauliX", wires: [1], params: [] },
    { name: "PauliY", wires: [0], params: [] },
  ]);
  assert.equal(built.outputLabels, ["⟨0.5·Z0 X1 + Y0 - Z1⟩", "Var[I]"]);
  assert.ok(Math.abs(built.run(engine, { x: [0.3], weights: [1] })[1]) < 1e-12);
  assert.throws(() => Z(0).times(X(0)), refused(/do not commute/));
  // XZ + ZX = 0: what is left is Hermitian
  assert.equal(
    X(0)
      .plus(Z(0))
      .times(X(0).plus(Z(0))).terms,
    [{ coefficient: 2, word: "" }],
  );
});

layers("refuses by name what is missing or too much", () => {
  const x = testAngles(4, 1);
  const flat = testAngles(32, 2);
  const cases: [() => unknown, RegExp][] = [
    [
      () => layer.run(engine, { x }),
      /weights: expected 32 numbers, or scale \(2 × 4\), weights \(2 × 4 × 3\), got none/,
    ],
    [() => layer.run(engine, { x, weights: flat.slice(1) }), /got 31/],
    [() => layer.run(engine, { x, weights: { scale: flat } }), /expected scale \(2 × 4\), got 32 numbers/],
    [() => layer.run(engine, { x, weights: { other: flat } }), /got one named other/],
    [() => layer.run(engine, { weights: flat }), /x: expected 4 inputs, got 0/],
    [() => layer.run(engine, { x: [x, [1]], weights: flat }), /expected 4 inputs in sample 1, got 1/],
    [() => layer.run(engine, { x: [1, 2, 3, Number.NaN], weights: flat }), /x: expected finite numbers, got NaN at 3/],
    [() => circuit(0, () => [[]]), /wires: expected an integer from 1 to 20/],
    [() => circuit(1, ({ weight }) => [[RX(weight("1st", [1])[0], 0)]]), /weight: expected a name/],
    [() => circuit(1, ({ weight }) => [[RX(weight("a", [0])[0], 0)]]), /weight a: expected a shape/],
    [() => circuit(1, () => [[RX(0.5, 1)]]), /operation 0 \(RX\): expected wires from 0 to 0/],
    [() => circuit(1, () => [[{} as circuits.Operation]]), /operation 0: expected \{ name/],
    [() => circuit(1, ({ input }) => [[RX(input(1)[0].plus(1).times(input(1)[0]), 0)]]), /multiply first, then add/],
    [() => circuit(1, ({ input: i }) => [[RX(i(1)[0].times(i(1)[0]).times(i(1)[0]), 0)]]), /at most 2 inputs/],
  ];
  for (const [make, message] of cases) assert.throws(make, refused(message), String(message));
});

layers("a circuit without inputs runs once; one of twenty wires runs, with the state's norm", () => {
  const still = circuit(2, () => [[RX(Math.PI, 0)]]);
  assert.ok(Math.abs(still.run(engine)[0] + 1) < 1e-12);
  assert.is(still.run(engine, { x: [[], []] }).length, 2);
  const wide = circuit(20, ({ input }) => [
    [input(20).map((x, i) => RX(x, i)), CNOT(0, 19)],
    [expval(Z(18)), probs(0)],
  ]);
  const x = testAngles(20, 4);
  const [z, p0, p1] = wide.run(engine, { x, precision: "f64" });
  assert.ok(Math.abs(z - Math.cos(x[18])) < 1e-10);
  assert.ok(Math.abs(p0 + p1 - 1) < 1e-10 && Math.abs(p0 - (1 + Math.cos(x[0])) / 2) < 1e-10);
});

layers("a network with it as head trains it, and not another", () => {
  const head = { kind: "quantum", circuit: layer } as const;
  const network = createNetwork(engine, { channels: 1, classes: 2, height: 16, width: 16, head, batchSize: 8 });
  assert.equal(network.template!.circuit.operations, layer.circuit.operations);
  const names = [...network.tensors().keys()];
  assert.ok(
    names.includes("quantum.scale") && names.includes("quantum.weights") && !names.includes("quantum.rotations"),
  );
  assert.equal([...network.tensors().get("quantum.scale")!.data], new Array(8).fill(1));
  assert.equal(network.tensors().get("fc2.weight")!.shape, [16, 6]);
  const { images, labels } = network.batch(8);
  images.forEach((_, i) => {
    images[i] = (i * 37) % 251;
  });
  labels.forEach((_, i) => {
    labels[i] = i % 2;
  });
  const before = network.tensors();
  const losses = [0, 1, 2, 3, 4].map(() => {
    const { loss } = network.gradients(8);
    network.update({ lr: 0.01 });
    return loss;
  });
  assert.ok(losses[4] < losses[0], losses.join(" "));
  const moved = network.tensors().get("quantum.scale")!.data;
  assert.ok(moved.every((value, i) => value !== before.get("quantum.scale")!.data[i]));
  // the layer's own numbers are the network's
  network.forward(1);
  const weights = layer.tensors.flatMap(({ name }) => [...network.tensors().get(`quantum.${name}`)!.data]);
  const x = network.activation("fc1", 1);
  const outputs = layer.run(engine, { x, weights, precision: "f32" });
  assert.equal(outputs.map(Math.fround), [...network.activation("quantum", 1)]);
});

layers("a head's unknown keys and impossible circuits are errors", () => {
  const make = (head: unknown) => () => createNetwork(engine, { channels: 1, classes: 2, head: head as never });
  const cases: [unknown, RegExp][] = [
    [{ kind: "quantum", wires: 4, layers: 1, colour: 1 }, /head quantum: expected kind, .*wires.*, got colour/],
    [{ kind: "quantum", circuit: layer, wires: 4 }, /expected a circuit alone.*got wires/],
    [{ kind: "none", wires: 4, layers: 2 }, /head none: expected kind, wires, got layers/],
    [{ kind: "quantum", circuit: circuit(1, () => [[RX(1, 0)]]) }, /circuit with inputs/],
    [{ kind: "quantum", circuit: { wires: 2 } }, /head: circuit: operations/],
    [{ kind: "quantum", circuit: null }, /head: circuit/],
    [{ kind: "quantum", wires: 21, layers: 1 }, /wires: expected an integer from 1 to 20, got 21/],
    [{ kind: "quantum", wires: 4, layers: 1, topology: "line" }, /hardware-efficient ansatz, got thesis/],
    [{ kind: "quantum", wires: 4, layers: 1, repeats: 2 }, /repeats: expected the iqp or qaoa embedding/],
    [{ kind: "quantum", wires: 4, layers: 3, ansatz: "strongly-entangling", mirrored: true }, /even number, got 3/],
    [{ kind: "quantum", wires: 4, layers: 1, embedding: "iqp", reupload: "fixed" }, /an angle embedding, got iqp/],
  ];
  for (const [head, message] of cases) assert.throws(make(head), refused(message), JSON.stringify(head));
});

layers.run();
