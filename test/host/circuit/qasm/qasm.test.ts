import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../../../host/check.ts";
import { Circuit } from "../../../../host/circuit/circuit.ts";
import { GATES, type Operation } from "../../../../host/circuit/gates.ts";
import type { Output } from "../../../../host/circuit/observables.ts";
import type { Param } from "../../../../host/circuit/params.ts";
import { exportQasm } from "../../../../host/circuit/qasm/export.ts";
import { importQasm } from "../../../../host/circuit/qasm/import.ts";
import { createTemplate } from "../../../../host/circuit/templates.ts";
import { finalState, simulate } from "../../../../host/simulator/simulate.ts";
import { arbitraryCircuit, testAngles } from "../../../util/circuits.ts";
import { loadTestEngine } from "../../../util/engine.ts";

const qasm = suite("circuit/qasm");

const engine = await loadTestEngine("strict");

function sameState(a: Circuit, b: Circuit, x: number[], w: number[], xb: number[], wb: number[], what: string): void {
  const [first, second] = [finalState(engine, a, x, w), finalState(engine, b, xb, wb)];
  first.re.forEach((re, i) => {
    const distance = Math.hypot(re - second.re[i], first.im[i] - second.im[i]);
    assert.ok(distance < 1e-10, `${what}: amplitude ${i} is off by ${distance}`);
  });
}

const angle = fc.double({ min: -7, max: 7, noNaN: true });
const source = fc.integer({ min: 0, max: 11 });
const param: fc.Arbitrary<Param> = fc.oneof(
  angle,
  fc.record({ input: source, factor: angle, shift: angle }),
  fc.record({ weight: source }),
  fc.tuple(source, source).map(([a, b]): Param => ({ product: [a, b] })),
  fc
    .tuple(source, source, angle)
    .map(([input, weight, factor]): Param => ({ product: [{ input }, { weight }], factor })),
);

qasm("200 random circuits, as version 2, 3 with numbers and 3 with inputs, and back: the same state", () => {
  fc.assert(
    fc.property(arbitraryCircuit(4, 12, param), ({ wires, operations }) => {
      const circuit = new Circuit(wires, operations, { inputs: 12, weights: 12 });
      const inputs = testAngles(12, 1);
      const weights = testAngles(12, 2);
      for (const version of [2, 3] as const) {
        const back = importQasm(exportQasm(circuit, version, { inputs, weights }), "file");
        assert.is(back.version, version);
        sameState(circuit, back.circuit, inputs, weights, [], [], `version ${version}`);
      }
      const { circuit: open, ...read } = importQasm(exportQasm(circuit, 3), "file");
      assert.equal([read.inputs[11], read.weights[0], open.numInputs, open.numWeights], ["x11", "w00", 12, 12]);
      sameState(circuit, open, inputs, weights, inputs, weights, "inputs");
      const half = importQasm(exportQasm(circuit, 3, { weights }), "file");
      sameState(circuit, half.circuit, inputs, weights, inputs, [], "bound weights");
    }),
    { numRuns: 200, seed: 1 },
  );
});

qasm("every gate has a form in both versions, plain, inverted and controlled", () => {
  for (const [name, gate] of GATES) {
    if (gate.params === "amplitudes") continue;
    const wires = gate.wires === "any" ? [0, 2, 1] : [0, 2, 1].slice(0, gate.wires);
    const params = [0.3, -1.2, 2.1].slice(0, gate.params);
    for (const extra of [{}, { adjoint: true }, { controls: [3] }, { controls: [4, 3], adjoint: true }] as const) {
      const spread = [0, 1, 2, 3, 4].map((wire): Operation => ({ name: "RY", wires: [wire], params: [wire + 0.7] }));
      const circuit = new Circuit(5, [...spread, { name, wires, params, ...extra }]);
      for (const version of [2, 3] as const) {
        const text = exportQasm(circuit, version);
        sameState(
          circuit,
          importQasm(text).circuit,
          [],
          [],
          [],
          [],
          `${name} ${version} ${JSON.stringify(extra)}\n${text}`,
        );
      }
    }
  }
});

qasm("amplitudes become rotations that choose each other; without numbers they have no form", () => {
  const { circuit } = createTemplate({ ansatz: "basic-entangler", embedding: "amplitude", wires: 4, layers: 1 });
  const inputs = testAngles(16, 7);
  inputs[3] = 0;
  const weights = testAngles(circuit.numWeights, 8);
  for (const version of [2, 3] as const) {
    const back = importQasm(exportQasm(circuit, version, { inputs, weights }));
    sameState(circuit, back.circuit, inputs, weights, [], [], `amplitudes ${version}`);
  }
  assert.throws(() => exportQasm(circuit, 3, { weights }), /amplitude embedding has no form with parameters/);
});

qasm("what is measured goes through a file of ours", () => {
  const outputs: Output[] = [
    { expval: [{ coefficient: 1, word: "Z0 X1" }] },
    { variance: [{ coefficient: 0.5, word: "Y1" }] },
    { probs: [1, 0] },
  ];
  const circuit = new Circuit(2, [{ name: "RX", wires: [0], params: [{ input: 0 }] }], { outputs });
  const back = importQasm(exportQasm(circuit, 3));
  assert.equal(back.circuit.outputs, outputs);
});

qasm("reads what others write: registers, definitions, modifiers, constants, arrays, functions", () => {
  const { circuit, notes, inputs, weights } = importQasm(`
    OPENQASM 3;
    include "stdgates.inc";
    /* two registers */ qubit[2] a; qubit b;
    bit[2] c;
    input float[64] feature;
    input array[float[64], 2] theta;
    const float[64] half = pi / 2;
    gate twice(t) p, q { rx(2 * t) p; ctrl @ ry(-t + half) p, q; }
    h a;
    twice(feature) a[0], b;
    rz(theta[1] * feature / 2 - 0.5) a[1];
    inv @ pow(2) @ s b;
    negctrl @ x a[0], b;
    ctrl(2) @ gphase(0.25) a[0], b;
    barrier a;
    c = measure a;
  `);
  assert.equal([inputs, weights], [["feature"], ["theta[0]", "theta[1]"]]);
  assert.equal(circuit.operations.slice(0, 6), [
    { name: "Hadamard", wires: [0], params: [] },
    { name: "Hadamard", wires: [1], params: [] },
    { name: "RX", wires: [0], params: [{ input: 0, factor: 2 }] },
    { name: "RY", wires: [2], params: [{ input: 0, factor: -1, shift: Math.PI / 2 }], controls: [0] },
    { name: "RZ", wires: [1], params: [{ product: [{ weight: 1 }, { input: 0 }], factor: 0.5, shift: -0.5 }] },
    { name: "S", wires: [2], params: [], adjoint: true },
  ]);
  assert.equal(circuit.operations.slice(-1), [{ name: "PhaseShift", wires: [2], params: [0.25], controls: [0] }]);
  assert.is(circuit.operations.length, 11);
  assert.is(notes.length, 2);
});

qasm("names line and column of what is not understood", () => {
  const three = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\n';
  const cases: [string, RegExp][] = [
    ["", /f:1:1: expected OPENQASM, got the end of the file/],
    ["OPENQASM 4.0;", /f:1:10: expected version 2.0 or 3.0, got 4.0/],
    [
      "OPENQASM 3.0;\nqubit[2] q;\nh q[0];",
      /f:3:1: expected a gate that is known; include "stdgates.inc" first, got h/,
    ],
    [`${three}foo q[0];`, /f:4:1: expected a gate that is known, got foo/],
    [`${three}  h q[2];`, /f:4:7: expected an index below 2 of q, got 2/],
    [`${three}h r[0];`, /f:4:3: expected a register \(q\), got r/],
    [`${three}cx q[1], q[1];`, /f:4:1: expected different qubits for, got cx/],
    [`${three}cx q[1];`, /expected 2 qubits, got 1 for, got cx/],
    [`${three}rx q[1];`, /expected 1 angles, got 0 for, got rx/],
    [`${three}rx(1 +) q[1];`, /f:4:7: expected an angle, got \)/],
    [`${three}rx(y) q[1];`, /f:4:4: expected a number, a parameter, pi or a function, got y/],
    [`${three}rx(1/0) q[1];`, /other than 0/],
    [`${three}input float[64] x;input float[64] y;\nrx(x + y) q[0];`, /f:5:6: expected a sum of one input/],
    [`${three}input float[64] x;\nrx(sin(x)) q[0];`, /f:5:4: expected a function of numbers only/],
    [`${three}for int i in [0:3] { h q[0]; }`, /f:4:1: expected a gate|f:4:5/],
    [`${three}qubit[30] r;`, /f:4:11: expected 1 to 20 qubits in all/],
    [`${three}h q[0]`, /f:4:7: expected ;, got the end of the file/],
    [`${three}rx(${"(".repeat(5000)}1) q[0];`, /at most 100 levels/],
    [`${three}§`, /f:4:1: expected OpenQASM, got "§"/],
    [`${three}pow(100000000) @ h q[0];`, /expected a smaller power/],
    ["OPENQASM 2.0;\ninput float[64] x;", /f:2:1: expected version 3 for inputs/],
    ['OPENQASM 2.0;\ninclude "other.inc";', /f:2:9: expected "qelib1.inc"/],
    ["OPENQASM 3.0;", /expected a register of qubits/],
  ];
  for (const [text, message] of cases) {
    assert.throws(
      () => importQasm(text, "f"),
      (error: Error) => error instanceof UsageError && message.test(error.message),
      text.slice(0, 120),
    );
  }
});

qasm("definitions that double each other end", () => {
  const lines = Array.from({ length: 60 }, (_, i) => `gate g${i + 1} a { g${i} a; g${i} a; }`);
  const text = `OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[1];\ngate g0 a { h a; }\n${lines.join("\n")}\ng60 q[0];`;
  assert.throws(() => importQasm(text, "f"), /at most 250000 gates/);
});

qasm("values must be there, as many as there are, and finite", () => {
  const circuit = new Circuit(1, [{ name: "RX", wires: [0], params: [{ input: 0 }] }]);
  assert.throws(() => exportQasm(circuit, 2), /version 2 has no parameters: expected 1 inputs/);
  assert.throws(() => exportQasm(circuit, 3, { inputs: [1, 2] }), /expected 1 inputs, got 2/);
  assert.throws(() => exportQasm(circuit, 3, { inputs: [Number.NaN] }), /expected finite inputs/);
  assert.ok(Math.abs(simulate(engine, circuit, [0.3], []).outputs[0] - Math.cos(0.3)) < 1e-12);
});

qasm.run();
