import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { circuitData } from "../../../../host/circuit/data.ts";
import { GATES, wiresOf } from "../../../../host/circuit/gates.ts";
import { parseCircuitData } from "../../../../host/circuit/json.ts";
import { type Param, weightsOf } from "../../../../host/circuit/params.ts";
import { createTemplate, type Template } from "../../../../host/circuit/templates.ts";
import {
  changed,
  emptyCircuit,
  moved,
  operationAt,
  outputsText,
  PLACED,
  placed,
  placeOf,
  readOutputs,
  readParam,
  rebuilt,
  removed,
  withWires,
  writeParam,
} from "../../../../host/web/parts/circuitEdit.ts";
import { refused } from "../../../util/refusal.ts";

const test = suite("web/circuitEdit");

const names = ({ circuit }: Template) => circuit.operations.map(({ name, wires }) => `${name} ${wires.join(" ")}`);

test("every gate can be put everywhere, moved and removed, and what comes out is a circuit file", () => {
  const step = fc.record({
    act: fc.constantFrom("place", "move", "remove"),
    gate: fc.constantFrom(...PLACED),
    wire: fc.nat(3),
    column: fc.nat(6),
    down: fc.integer({ min: -4, max: 4 }),
    kind: fc.constantFrom("weight", "input", "number"),
    at: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
      let template: Template = createTemplate({ ansatz: "thesis", embedding: "angle-x", wires: 4, layers: 1 });
      for (const { act, gate, wire, column, down, kind, at } of steps) {
        const { operations } = template.circuit;
        const count = operations.length;
        const which = at % Math.max(1, count);
        if (act === "place") {
          const next = placed(template, gate, wire, column, kind);
          assert.is(next.template.circuit.operations.length, count + 1);
          assert.is(next.template.circuit.operations[next.at].name, gate);
          assert.is(next.template.circuit.operations[next.at].wires[0], wire);
          template = next.template;
        } else if (count > 0 && act === "move") {
          const next = moved(template, which, down, column);
          assert.equal(names(next.template).length, count);
          assert.is(next.template.circuit.operations[next.at].name, operations[which].name);
          template = next.template;
        } else if (count > 0) {
          template = removed(template, which);
          assert.is(template.circuit.operations.length, count - 1);
        }
        const size = template.tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
        assert.is(size, template.circuit.numWeights);
        assert.equal(circuitData(parseCircuitData(circuitData(template))), circuitData(template));
      }
    }),
    { numRuns: 60, seed: 1 },
  );
});

test("a gate stands in the column where it was put, as far left as its wires are free", () => {
  let template: Template = emptyCircuit(3);
  for (const [name, wire, column] of [
    ["Hadamard", 0, 0],
    ["CNOT", 0, 1],
    ["RX", 2, 0],
    ["RY", 0, 1], // in front of CNOT
  ] as const)
    template = placed(template, name, wire, column, "weight").template;
  assert.equal(names(template), ["RX 2", "Hadamard 0", "RY 0", "CNOT 0 1"]);
  assert.equal(
    [0, 1, 2, 3].map((at) => placeOf(template.circuit, at).column),
    [0, 0, 1, 2],
  );
  assert.equal(operationAt(template.circuit, 1, 2), 3);
  assert.equal(operationAt(template.circuit, 2, 2), null);
  // to the right of CNOT, and a wire further down, where the wires end
  const right = moved(template, 2, 0, 2);
  assert.equal(names(right.template), ["RX 2", "Hadamard 0", "CNOT 0 1", "RY 0"]);
  assert.equal(names(moved(template, 3, 9, 2).template)[3], "CNOT 1 2");
  assert.equal(names(withWires(template, 2)), ["Hadamard 0", "RY 0", "CNOT 0 1"]);
});

test("weights that are left keep their tensor and their start, new ones follow", () => {
  const { circuit, tensors } = createTemplate({
    ...{ ansatz: "basic-entangler", embedding: "angle-x", wires: 2, layers: 1, reupload: "trainable" },
  });
  const scaled = { circuit, tensors };
  assert.ok(tensors.some(({ start }) => start !== undefined));
  const [gone] = circuit.operations[0].params.flatMap(weightsOf);
  const less = removed(scaled, 0);
  assert.equal(
    less.kept,
    [0, 1, 2, 3].filter((weight) => weight !== gone),
  );
  assert.equal(
    less.tensors.map(({ name, start, shape }) => [name, start, shape]),
    tensors.map(({ name, start, shape }) => [name, start, start === undefined ? shape : [1]]),
  );
  const only = rebuilt(scaled, circuit.operations.slice(0, 1));
  const more = placed(only, "Rot", 0, 9, "weight").template;
  assert.equal(more.circuit.numWeights, 4);
  assert.equal(
    more.tensors.map(({ start }) => start),
    [1, undefined],
  );
});

test("an angle is read as it is written, and what is none says what is expected", async () => {
  const given: [string, Param][] = [
    ["0.5", 0.5],
    ["-1e-3", -0.001],
    ["pi/2", Math.PI / 2],
    ["−2π", -2 * Math.PI],
    ["x0", { input: 0 }],
    ["w", { weight: 7 }],
    ["-w3", { weight: 3, factor: -1 }],
    ["2*x1 + 0.5", { input: 1, factor: 2, shift: 0.5 }],
    ["pi - x0·w2", { product: [{ input: 0 }, { weight: 2 }], factor: -1, shift: Math.PI }],
    ["x0*x1", { product: [0, 1] }],
  ];
  for (const [text, param] of given) assert.equal(readParam(text, 7), param, text);
  const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: -100, max: 100 }).filter((n) => n !== 0);
  fc.assert(
    fc.property(number, number, fc.nat(20), (factor, shift, input) => {
      for (const param of [{ input, factor, shift }, { weight: input, factor }, shift] as Param[]) {
        const { numWires } = emptyCircuit(1).circuit;
        assert.equal(readParam(writeParam(param), numWires), param);
      }
    }),
    { seed: 2 },
  );
  for (const text of ["", "y0", "x", "x0*x1*x2", "x0+x1", "1/0", "2**x0", "Infinity", "x0*"]) {
    await refused(() => readParam(text, 0), "angle: expected a number", text.trim() || "nothing");
  }
});

test("outputs are read as they are written; one that cannot be is refused", async () => {
  const text = "Z0, X0 Z1, Var Z1, P 0 1";
  const outputs = readOutputs(text, 2);
  const { circuit } = rebuilt(emptyCircuit(2), [], 2, outputs);
  assert.is(outputsText(circuit), text);
  assert.is(outputsText(rebuilt(emptyCircuit(2), [], 2, readOutputs(" ", 2)).circuit), "Z0, Z1");
  await refused(() => readOutputs("Z0, Q1", 2), "output 1", "Q1");
  await refused(() => readOutputs("Z2", 2), "wires from 0 to 1");
  // outputs of a wire that goes go with it
  assert.is(outputsText(withWires({ circuit, tensors: [] }, 1).circuit), "Z0");
});

test("another gate in its place; what no circuit can have is refused", async () => {
  const template = placed(emptyCircuit(2), "CRX", 0, 0, "input").template;
  const [{ params }] = template.circuit.operations;
  assert.equal(params, [{ input: 0 }]);
  const turned = changed(template, 0, { name: "CRX", wires: [1, 0], params, adjoint: true });
  assert.equal(wiresOf(turned.circuit.operations[0]), [1, 0]);
  await refused(() => changed(template, 0, { name: "CRX", wires: [0, 0], params }), "different wires");
  await refused(() => placed(emptyCircuit(1), "CNOT", 0, 0, "weight"), "CNOT: expected at least 2 wires, got 1");
  assert.ok(PLACED.every((name) => GATES.has(name)));
});

test.run();
