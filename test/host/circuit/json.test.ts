import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../../host/check.ts";
import { circuitData } from "../../../host/circuit/data.ts";
import { parseCircuitFile } from "../../../host/circuit/file.ts";
import { parseCircuit, parseCircuitData } from "../../../host/circuit/json.ts";
import { ANSATZE, createTemplate, EMBEDDINGS } from "../../../host/circuit/templates.ts";

const json = suite("circuit/json");

json("every template goes through data and back", () => {
  for (const ansatz of ANSATZE) {
    for (const embedding of EMBEDDINGS) {
      const template = createTemplate({ ansatz, embedding, wires: 4, layers: 2 });
      const back = parseCircuit(JSON.stringify(circuitData(template)));
      assert.equal(back.circuit, template.circuit);
      assert.equal(back.tensors, template.tensors);
      assert.equal(parseCircuitData(circuitData(template)), back);
    }
  }
});

json("weights by name and indices, declared inputs, outputs as text", () => {
  const { circuit, tensors } = parseCircuit(`{
    "wires": 2, "inputs": 3,
    "weights": [{ "name": "a", "shape": [2] }, { "name": "b", "shape": [2, 3], "start": 0.5 }],
    "operations": [
      { "name": "RX", "wires": [0], "params": [{ "weight": ["b", 1, 2], "factor": 2 }] },
      { "name": "RY", "wires": [1], "params": [{ "product": [1, { "weight": ["a", 1] }] }], "controls": [0] }
    ],
    "outputs": [{ "expval": "Z0 X1" }, { "probs": [1] }]
  }`);
  assert.equal([circuit.numInputs, circuit.numWeights, circuit.numOutputs], [3, 8, 3]);
  assert.equal(circuit.operations[0].params, [{ weight: 7, factor: 2 }]);
  assert.equal(circuit.operations[1].params, [{ product: [{ input: 1 }, { weight: 1 }] }]);
  assert.is(tensors[1].start, 0.5);
});

json("a wrong file is refused with line, column and path", () => {
  const cases: [string, RegExp][] = [
    ["", /^c\.json:1:1: expected JSON/],
    ['{"wires": 2,\n "operations": [}', /^c\.json:2:17: expected JSON/],
    ["[]", /^c\.json:1:1: circuit: /],
    ['{"wires": 2}', /^c\.json:1:1: operations: .*got nothing/],
    ['{\n"wires": "2", "operations": []}', /^c\.json:2:10: wires: .*got "2"/],
    ['{"wires": 2, "operations": [], "gates": 1}', /^c\.json:1:1: circuit: no such key: gates/],
    [
      '{"wires": 2, "operations": [\n  {"name": "RX", "wires": [0], "params": [{"input": "a"}]}]}',
      /^c\.json:2:53: operations\[0\]\.params\[0\]\.input: .*got "a"/,
    ],
    ['{"wires": 2, "operations": [\n\n{"name": "RW", "wires": [0]}]}', /^c\.json:3:10: operations\[0\]\.name/],
    [
      '{"wires": 2, "operations": [\n{"name": "RX", "wires": [2], "params": [1]}]}',
      /^c\.json:2:1: operation 0 \(RX\): expected wires from 0 to 1/,
    ],
    [
      '{"wires": 2, "operations": [],\n"outputs": [{"expval": "Z7"}]}',
      /^c\.json:2:13: output 0: expected wires from 0 to 1/,
    ],
    [
      '{"wires": 1, "weights": [{"name": "a", "shape": [2]}], "operations": [\n{"name": "RX", "wires": [0], "params": [{"weight": ["a", 2]}]}]}',
      /^c\.json:2:1: operation 0: expected indices into a \(2\), got 2/,
    ],
    [
      '{"wires": 1, "weights": [{"name": "a", "shape": [2]}], "operations": [{"name": "RX", "wires": [0], "params": [{"weight": 2}]}]}',
      /operation 0 \(RX\): expected weights from 0 to 1, got 2|weights: expected/,
    ],
  ];
  for (const [text, message] of cases) {
    assert.throws(
      () => parseCircuitFile(text, "c.json"),
      (error: Error) => error instanceof UsageError && message.test(error.message) && !error.message.includes("\n"),
      text,
    );
  }
});

json.run();
