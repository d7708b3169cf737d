// Circuits and a batch through Qiskit: pip install qiskit==2.6.2 qiskit-qasm3-import==0.6.0 into an environment of its
// own, whose python HQCNN_QISKIT_PYTHON names (default: python3).
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Circuit } from "../../host/circuit/circuit.ts";
import type { Param } from "../../host/circuit/params.ts";
import { exportQasm } from "../../host/circuit/qasm/export.ts";
import { importQasm } from "../../host/circuit/qasm/import.ts";
import { createBatch, parseResults, predictFromResults } from "../../host/export/batch.ts";
import { circuit, createNetwork, expval, loadEngine, probs, RX, RY, variance, X, Z } from "../../host/index.ts";
import { finalState } from "../../host/simulator/simulate.ts";
import { arbitraryCircuit, testAngles } from "../util/circuits.ts";
import { loadTestEngine } from "../util/engine.ts";
import { repository } from "../util/paths.ts";

const python = process.env.HQCNN_QISKIT_PYTHON ?? "python3";
const found = spawnSync(python, ["-c", "import qiskit, qiskit_qasm3_import"], { encoding: "utf8" });
const qiskit = suite("qiskit");

/** State vectors of the files, in our order of wires, and the circuits as Qiskit writes them again. */
const program = `
import json, sys
import numpy as np
from qiskit import qasm2, qasm3
from qiskit.quantum_info import Statevector
cases = json.load(open(sys.argv[1]))
answers = []
for case in cases:
    loads = qasm2.loads if case["version"] == 2 else qasm3.loads
    circuit = loads(case["text"])
    values = case["values"]
    bound = circuit.assign_parameters({p: values[p.name] for p in circuit.parameters})
    state = Statevector(bound.reverse_bits()).data
    again = qasm2.dumps(bound) if case["version"] == 2 else qasm3.dumps(bound)
    answers.append({"re": state.real.tolist(), "im": state.imag.tolist(), "again": again})
json.dump(answers, open(sys.argv[2], "w"))
`;

const folder = mkdtempSync(join(tmpdir(), "hqcnn-qiskit-"));

function run(args: string[]): void {
  const { status, stderr } = spawnSync(python, args, { encoding: "utf8", maxBuffer: 1 << 28 });
  assert.is(status, 0, stderr);
}

/** Up to a global phase, which OpenQASM leaves open. */
function distance(a: { re: number[]; im: number[] }, b: { re: number[]; im: number[] }): number {
  let [re, im] = [0, 0];
  a.re.forEach((_, i) => {
    re += a.re[i] * b.re[i] + a.im[i] * b.im[i];
    im += a.re[i] * b.im[i] - a.im[i] * b.re[i];
  });
  return Math.abs(1 - Math.hypot(re, im));
}

if (found.status !== 0) console.log("skipped: qiskit (no Python with qiskit and qiskit-qasm3-import)");
else {
  qiskit(
    "200 circuits as version 2, 3 with numbers and 3 with inputs are the same states there, and back",
    async () => {
      const engine = await loadTestEngine("strict");
      const angle = fc.double({ min: -7, max: 7, noNaN: true });
      const input = fc.integer({ min: 0, max: 11 });
      const param: fc.Arbitrary<Param> = fc.oneof(
        angle,
        fc.record({ input, factor: angle, shift: angle }),
        fc.tuple(input, input).map(([a, b]): Param => ({ product: [a, b] })),
      );
      const inputs = testAngles(12, 1);
      const names = Object.fromEntries(inputs.map((value, i) => [`x${String(i).padStart(2, "0")}`, value]));
      const circuits = fc
        .sample(arbitraryCircuit(4, 10, param), { numRuns: 200, seed: 3 })
        .map(({ wires, operations }) => new Circuit(wires, operations, { inputs: 12 }));
      const cases = circuits.flatMap((made) => [
        { version: 2, text: exportQasm(made, 2, { inputs }), values: {} },
        { version: 3, text: exportQasm(made, 3, { inputs }), values: {} },
        { version: 3, text: exportQasm(made, 3), values: names },
      ]);
      const [asked, answered] = [join(folder, "cases.json"), join(folder, "answers.json")];
      writeFileSync(asked, JSON.stringify(cases));
      writeFileSync(join(folder, "states.py"), program);
      run([join(folder, "states.py"), asked, answered]);
      const answers = JSON.parse(readFileSync(answered, "utf8")) as { re: number[]; im: number[]; again: string }[];
      assert.is(answers.length, 600);
      let back = 0;
      answers.forEach((answer, i) => {
        const own = finalState(engine, circuits[Math.floor(i / 3)], inputs, []);
        const off = distance(own, answer);
        assert.ok(off < 1e-10, `circuit ${i}: ${off}\n${cases[i].text}`);
        // Qiskit prints angles of its version 2 and 3 with all digits or as fractions of pi
        const again = importQasm(answer.again, "qiskit");
        const there = distance(finalState(engine, again.circuit, [], []), own);
        assert.ok(there < 1e-10, `circuit ${i} and back: ${there}\n${answer.again}`);
        back += 1;
      });
      assert.is(back, 600);
    },
  );

  qiskit("a batch of a network through the example script gives its own answers", async () => {
    const engine = await loadEngine({ threads: 1 });
    const layer = circuit(3, ({ input, weight }) => {
      const x = input(3);
      const w = weight("w", [3]);
      const ops = x.map((angle, i) => [RX(angle, i), RY(w[i], i)]);
      return [ops, [expval(Z(0).times(X(1)).times(0.5).plus(Z(2))), variance(Z(1)), probs([2, 0])]];
    });
    const network = createNetwork(engine, { channels: 1, classes: 3, head: { kind: "quantum", circuit: layer } });
    const images = [0, 1, 2].map((n) => ({
      name: `image ${n}`,
      pixels: Uint8Array.from({ length: 28 * 28 }, (_, i) => (i * (n + 3)) % 256),
    }));
    const batch = createBatch(network, ["a", "b", "c"], images);
    const [asked, answered] = [join(folder, "batch.json"), join(folder, "results.json")];
    writeFileSync(asked, JSON.stringify(batch));
    run([repository("host/examples/qiskit_estimator.py"), asked, answered]);
    const results = parseResults(readFileSync(answered, "utf8"), "results.json", network);
    results.values.forEach((row, n) => {
      row.forEach((value, k) => {
        assert.ok(Math.abs(value - batch.expected[n][k]) < 1e-10);
      });
    });
    const predicted = predictFromResults(network, results);
    images.forEach(({ pixels }, n) => {
      const own = network.softmax(network.predict(pixels));
      own.forEach((value, i) => {
        assert.ok(Math.abs(value - predicted[n].probs[i]) < 1e-5);
      });
    });
    const wrong = JSON.stringify({ ...results, model: "0" });
    assert.throws(() => parseResults(wrong, "r", network), /results are of another model/);
  });

  qiskit.after(() => rmSync(folder, { recursive: true }));
}

qiskit.run();
