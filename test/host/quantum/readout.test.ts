import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Circuit } from "../../../host/circuit/circuit.ts";
import { GATES, type Operation } from "../../../host/circuit/gates.ts";
import type { Output } from "../../../host/circuit/observables.ts";
import type { Param } from "../../../host/circuit/params.ts";
import { createTemplate } from "../../../host/circuit/templates.ts";
import type { EngineBuild } from "../../../host/engine/load.ts";
import { simulate } from "../../../host/simulator/simulate.ts";
import { runReference } from "../../reference/statevector.ts";
import { testAngles } from "../../util/circuits.ts";
import { loadTestEngine, type TestEngine } from "../../util/engine.ts";
import { repository } from "../../util/paths.ts";

const readout = suite("quantum/readout");

const builds: EngineBuild[] = ["debug", "strict"];
// Node 20 has no relaxed SIMD
if (WebAssembly.validate(readFileSync(repository("build/fast.wasm")))) builds.push("fast");
const engines: TestEngine[] = [];
for (const build of builds) engines.push(await loadTestEngine(build));
const strict = engines[1];

const tolerance = { f64: { expval: 1e-12, jacobian: 1e-12 }, f32: { expval: 2e-6, jacobian: 2e-5 } };
const observablesZ = (wires: number) => Array.from({ length: wires }, (_, wire) => [["Z", wire] as const]);

function close(got: number[], expected: number[], limit: number, what: string): void {
  assert.is(got.length, expected.length);
  got.forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]) <= limit, `${what}[${i}]: expected ${expected[i]}, got ${value}`);
  });
}

readout("every gate inverted and with one, two and three controls acts as its matrix and has its gradient", () => {
  for (const [name, gate] of GATES) {
    if (gate.params === "amplitudes") continue;
    const size = gate.wires === "any" ? 2 : gate.wires;
    const wires = [3, 0, 2].slice(0, size);
    const free = [5, 1, 4];
    const params = Array.from(
      { length: gate.params },
      (_, i): Param => (i % 2 === 0 ? { weight: i, factor: -1.5 } : { input: i - 1, shift: 0.25 }),
    );
    const spread = (angle: number) =>
      [0, 1, 2, 3, 4, 5].map(
        (wire): Operation => ({ name: "U3", wires: [wire], params: [angle - wire, angle + wire, 2 * angle] }),
      );
    for (const [count, inverted] of [
      [0, true],
      [1, false],
      [2, true],
      [3, false],
    ] as const) {
      const operation: Operation = {
        ...{ name, wires, params },
        ...(count > 0 && { controls: free.slice(0, count) }),
        ...(inverted && { adjoint: true }),
      };
      const operations = [...spread(0.3), operation, ...spread(1.1)];
      const circuit = new Circuit(6, operations);
      const inputs = testAngles(circuit.numInputs, 11);
      const weights = testAngles(circuit.numWeights, 12);
      const expected = runReference(6, operations, inputs, weights, observablesZ(6));
      const got = simulate(strict, circuit, inputs, weights);
      const what = `${name} with ${count} controls${inverted ? ", inverted" : ""}`;
      close(got.state.re, Array.from(expected.state.re), 1e-13, `${what} re`);
      close(got.state.im, Array.from(expected.state.im), 1e-13, `${what} im`);
      close(got.jacobianInputs.flat(), expected.jacobianInputs.flat(), 1e-13, `${what} inputs`);
      close(got.jacobianWeights.flat(), expected.jacobianWeights.flat(), 1e-13, `${what} weights`);
    }
  }
});

readout("Pauli words, sums, variances and probabilities: values and gradients, every build, f32 and f64", () => {
  const wires = 3;
  const { circuit: thesis } = createTemplate({ ansatz: "thesis", embedding: "angle-y", wires, layers: 1 });
  const sum = [
    { coefficient: 0.5, word: "Z0 X1" },
    { coefficient: -1.5, word: "Y2" },
    { coefficient: 2, word: "Y0 Y1 Y2" },
    { coefficient: 0.75, word: "" },
  ];
  const outputs: Output[] = [
    { expval: [{ coefficient: 1, word: "X0" }] },
    { expval: sum },
    { variance: [{ coefficient: 1, word: "Z1" }] },
    { variance: sum },
    { probs: [2, 0] },
    { probs: [1] },
  ];
  const circuit = new Circuit(wires, thesis.operations, { outputs });
  assert.is(circuit.numOutputs, 10);
  const words = ["X0", "Z0 X1", "Y2", "Y0 Y1 Y2", "Z1", "Z0", "Z2", "Z0 Z2"];
  const pauli = (word: string) => word.split(" ").map((part) => [part[0], Number(part[1])] as const);
  const x = testAngles(circuit.numInputs, 3).map(Math.fround);
  const weights = testAngles(circuit.numWeights, 4).map(Math.fround);
  const reference = runReference(wires, thesis.operations, x, weights, words.map(pauli));
  const one = (letters: string, value: (i: number) => number) => value(words.indexOf(letters));
  const value = (i: number) => reference.expval[i];
  const expected = [
    one("X0", value),
    0.5 * one("Z0 X1", value) - 1.5 * one("Y2", value) + 2 * one("Y0 Y1 Y2", value) + 0.75,
    1 - one("Z1", value) ** 2,
  ];
  for (const engine of engines) {
    for (const precision of ["f32", "f64"] as const) {
      const got = simulate(engine, circuit, x, weights, precision);
      close(got.outputs.slice(0, 3), expected, 5 * tolerance[precision].expval, `${engine.build} ${precision} outputs`);
      const [z0, z2, z02, z1] = ["Z0", "Z2", "Z0 Z2", "Z1"].map((word) => one(word, value));
      const probs = [
        [1, 1],
        [1, -1],
        [-1, 1],
        [-1, -1],
      ].map(([a, b]) => (1 + a * z2 + b * z0 + a * b * z02) / 4);
      close(got.outputs.slice(4, 8), probs, tolerance[precision].expval, "probabilities of wires 2, 0");
      close(got.outputs.slice(8), [(1 + z1) / 2, (1 - z1) / 2], tolerance[precision].expval, "probabilities of wire 1");
      const slope = (word: string, i: number) => reference.jacobianWeights[words.indexOf(word)][i];
      for (let i = 0; i < circuit.numWeights; i++) {
        const bySum = 0.5 * slope("Z0 X1", i) - 1.5 * slope("Y2", i) + 2 * slope("Y0 Y1 Y2", i);
        const rows = [slope("X0", i), bySum, -2 * z1 * slope("Z1", i)];
        const byProbs = (slope("Z2", i) + slope("Z0", i) + slope("Z0 Z2", i)) / 4;
        const column = got.jacobianWeights.map((row) => row[i]);
        close([...column.slice(0, 3), column[4]], [...rows, byProbs], 5 * tolerance[precision].jacobian, `weight ${i}`);
      }
      if (precision === "f64") {
        // the variance of the sum, whose square has words of its own, against differences
        const step = 1e-5;
        for (const i of [0, 5, circuit.numWeights - 1]) {
          const at = (by: number) => simulate(engine, circuit, x, weights.with(i, weights[i] + by)).outputs[3];
          const difference = (at(step) - at(-step)) / (2 * step);
          close([got.jacobianWeights[3][i]], [difference], 1e-8, `variance by weight ${i}`);
        }
      }
    }
  }
});

readout.run();
