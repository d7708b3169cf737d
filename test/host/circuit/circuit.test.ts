import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../../host/check.ts";
import { Circuit } from "../../../host/circuit/circuit.ts";
import { amplitudeEmbedding } from "../../../host/circuit/embeddings.ts";
import { GATES } from "../../../host/circuit/gates.ts";

const circuits = suite("circuit/circuit");

const refused = (expected: RegExp) => (error: Error) => error instanceof UsageError && expected.test(error.message);

circuits("counts inputs, weights, gates and depth", () => {
  const circuit = new Circuit(3, [
    { name: "RX", wires: [0], params: [{ input: 1 }] },
    { name: "Hadamard", wires: [2] },
    { name: "CNOT", wires: [0, 2] },
    { name: "RX", wires: [1], params: [{ weight: 4 }] },
    { name: "Rot", wires: [1], params: [0.1, { weight: 0 }, { input: 0 }] },
  ]);
  assert.equal(circuit.resources(), {
    wires: 3,
    inputs: 2,
    weights: 5,
    outputs: 3,
    gates: 5,
    depth: 2,
    counts: { RX: 2, Hadamard: 1, CNOT: 1, Rot: 1 },
  });
});

circuits("is immutable and keeps nothing of its argument", () => {
  const wires = [0];
  const params = [{ weight: 1 }];
  const circuit = new Circuit(2, [{ name: "RX", wires, params }]);
  wires[0] = 1;
  params[0].weight = 7;
  assert.equal(circuit.operations, [{ name: "RX", wires: [0], params: [{ weight: 1 }] }]);
  assert.throws(() => (circuit.operations as unknown[]).push(0), TypeError);
  assert.throws(() => Object.assign(circuit.operations[0].wires, [1]), TypeError);
  assert.throws(() => Object.assign(circuit, { numWires: 3 }), TypeError);
});

circuits("an empty circuit is allowed", () => {
  const circuit = new Circuit(1, []);
  assert.equal([circuit.numInputs, circuit.numWeights, circuit.resources().depth], [0, 0, 0]);
  assert.is(circuit.draw(), "0: ─┤  <Z>");
});

circuits("refuses what no circuit can have, saying what is allowed", () => {
  const rx = { name: "RX", wires: [0], params: [0.5] };
  for (const wires of [0, 21, 1.5, Number.NaN, null as unknown as number]) {
    assert.throws(() => new Circuit(wires, []), refused(/wires: expected an integer from 1 to 20, got/));
  }
  const cases: [object, RegExp][] = [
    [{ ...rx, name: "RW" }, /operation 0: unknown gate "RW"; known: Hadamard, PauliX/],
    [{ ...rx, wires: [2] }, /operation 0 \(RX\): expected wires from 0 to 1, got \[2\]/],
    [{ ...rx, wires: [-1] }, /expected wires from 0 to 1/],
    [{ ...rx, wires: [0.5] }, /expected wires from 0 to 1/],
    [{ ...rx, wires: [0, 1] }, /expected 1 wires, got \[0,1\]/],
    [{ name: "MultiRZ", wires: [], params: [1] }, /expected at least 1 wires/],
    [{ name: "CNOT", wires: [1, 1] }, /expected different wires, got \[1,1\]/],
    [{ ...rx, params: [] }, /expected 1 parameters, got \[\]/],
    [{ name: "CNOT", wires: [0, 1], params: [1] }, /expected 0 parameters/],
    [{ ...rx, params: [Number.NaN] }, /expected parameters as a finite number/],
    [{ ...rx, params: [{ input: -1 }] }, /\{ "weight": i \} with i from 0, got \{"input":-1\}/],
    [{ ...rx, params: [{ weight: 0.5 }] }, /with i from 0/],
    [{ ...rx, params: [{ phase: 1 }] }, /with i from 0/],
    [{ ...rx, params: [{ product: [0, -1] }] }, /\{ "product": \[i, j\] \}.*got \{"product":\[0,-1\]\}/],
    [{ ...rx, params: [{ product: [0] }] }, /with i from 0/],
    [{ ...rx, params: [{ product: 1 }] }, /with i from 0/],
    [{ ...rx, params: [null] }, /operation 0 \(RX\): expected parameters as .*, got null/],
    [{ ...rx, params: ["0.5"] }, /got "0\.5"/],
    [{ ...rx, params: "0.5" }, /expected parameters as a list/],
    [{ ...rx, params: [{ input: 0, weight: 3 }] }, /got \{"input":0,"weight":3\}/],
    [{ ...rx, params: [{ input: 0, factor: "2" }] }, /expected parameters as/],
    [{ ...rx, params: [{ input: 0, shift: Number.NaN }] }, /expected parameters as/],
    [{ ...rx, params: [{ input: 2 ** 31 }] }, /expected parameters as/],
    [{ ...rx, wires: 0 }, /expected wires as a list/],
    [{ ...rx, wires: undefined }, /expected wires as a list/],
    [{ ...rx, name: undefined }, /operation 0: expected \{ name, wires, params \}/],
    [null as unknown as object, /operation 0: expected \{ name, wires, params \}, got null/],
    [{ ...rx, controls: [] }, /controls as a list of at least one wire/],
    [{ ...rx, controls: [0] }, /expected different wires, got \[0,0\]/],
    [{ ...rx, controls: [2] }, /expected wires from 0 to 1/],
    [{ ...rx, adjoint: false }, /adjoint: true, or nothing, got false/],
    [{ ...rx, control: [1] }, /controls and adjoint only, got "control"/],
  ];
  for (const [operation, message] of cases) {
    assert.throws(() => new Circuit(2, [operation as typeof rx]), refused(message), JSON.stringify(operation));
  }
});

circuits("counts the inputs of products, and keeps nothing of its argument", () => {
  const product: [number, number] = [4, 1];
  const circuit = new Circuit(2, [{ name: "MultiRZ", wires: [0, 1], params: [{ product }] }]);
  product[0] = 9;
  assert.is(circuit.numInputs, 5);
  assert.equal(circuit.operations[0].params, [{ product: [4, 1] }]);
  assert.throws(
    () => (circuit.operations[0].params as unknown as { product: number[] }[])[0].product.reverse(),
    TypeError,
  );
});

circuits("amplitudes come first, on all wires, from all inputs in order", () => {
  const [embedding] = amplitudeEmbedding(2);
  const circuit = new Circuit(2, [embedding, { name: "RX", wires: [1], params: [{ input: 0 }] }]);
  assert.equal([circuit.numInputs, circuit.resources().depth], [4, 2]);
  const expected =
    /operation \d \(AmplitudeEmbedding\): expected it first, on wires 0 to 1 in order, with the inputs 0 to 3 in order as parameters, got wires \[.*\] and \d parameters/;
  for (const operations of [
    [{ name: "PauliX", wires: [0] }, embedding],
    [embedding, embedding],
    [{ ...embedding, wires: [1, 0] }],
    [{ ...embedding, wires: [0] }],
    [{ ...embedding, params: embedding.params.slice(1) }],
    [{ ...embedding, params: [...embedding.params].reverse() }],
    [{ ...embedding, params: [1, 0, 0, 0] }],
  ]) {
    assert.throws(() => new Circuit(2, operations), refused(expected), JSON.stringify(operations));
  }
});

circuits("knows the gates of PennyLane that the golden circuits use", () => {
  for (const name of ["ISWAP", "CSWAP", "MultiRZ", "IsingYY", "ControlledPhaseShift", "Toffoli", "SX", "U2"])
    assert.ok(GATES.has(name));
  assert.is(GATES.size, 34);
});

circuits("130,000 gates are no problem", () => {
  const rx = { name: "RX", wires: [0], params: [{ weight: 7 }] };
  const circuit = new Circuit(2, new Array(130_000).fill(rx));
  assert.equal([circuit.numWeights, circuit.resources().depth], [8, 130_000]);
});

circuits("refuses outputs that no circuit has", () => {
  const cases: [unknown, RegExp][] = [
    [[], /outputs: expected a list of at least one/],
    ["Z0", /outputs: expected a list/],
    [[{ expval: "Z0" }, { expval: "W0" }], /output 1: expected a word of X, Y and Z.*got "W0"/],
    [[{ expval: "Z0 X0" }], /each with a wire of its own/],
    [[{ expval: "Z2" }], /output 0: expected wires from 0 to 1, got "Z2"/],
    [[{ expval: [] }], /a word such as "Z0 X1", or a list/],
    [[{ expval: [{ coefficient: Number.POSITIVE_INFINITY, word: "Z0" }] }], /terms as/],
    [[{ mean: "Z0" }], /expected \{ "expval": … \}/],
    [[null], /output 0: expected/],
    [[{ probs: [] }], /at least one wire/],
    [[{ probs: [1, 1] }], /different wires/],
    [[{ probs: [0, 2] }], /wires from 0 to 1/],
  ];
  for (const [outputs, message] of cases) {
    assert.throws(() => new Circuit(2, [], { outputs: outputs as [] }), refused(message), JSON.stringify(outputs));
  }
  assert.throws(() => new Circuit(13, [], { outputs: [{ probs: [...Array(13).keys()] }] }), refused(/at most 4096/));
  assert.throws(() => new Circuit(1, [], { inputs: -1 }), refused(/inputs: expected a whole number of at least 0/));
});

circuits.run();
