import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Circuit } from "../../../host/circuit/circuit.ts";
import { exportSurrogate, type Surrogate } from "../../../host/export/surrogate.ts";
import { createNetwork } from "../../../host/network/network.ts";
import { simulate } from "../../../host/simulator/simulate.ts";
import { compileBuild } from "../../util/builds.ts";
import { testAngles } from "../../util/circuits.ts";
import { loadTestEngine } from "../../util/engine.ts";
import { refused } from "../../util/refusal.ts";

const engine = await compileBuild("strict");
const head = { kind: "quantum", wires: 4, layers: 2 } as const;
const network = createNetwork(engine, { channels: 1, classes: 2, seed: 4, head });

/** The file's formula as a reader would write it from the file's own words. */
function formula({ coefficients, inputs }: Surrogate, x: number[]): number[] {
  const f = [() => 1, Math.cos, Math.sin];
  return coefficients.map((row) =>
    row.reduce((sum, coefficient, k) => {
      const digits = k.toString(3).padStart(inputs, "0");
      return sum + x.reduce((product, angle, i) => product * f[Number(digits[i])](angle), coefficient);
    }, 0),
  );
}

const test = suite("export/surrogate");

test("the formula, the circuit with its weights in place, and the network's layer are the same function", async () => {
  const surrogate: Surrogate = JSON.parse(JSON.stringify(exportSurrogate(network)));
  const { wires, operations } = surrogate.circuit;
  const simulator = await loadTestEngine("strict");
  for (const seed of [1, 2, 3]) {
    const x = testAngles(4, seed, 8);
    const { outputs } = simulate(simulator, new Circuit(wires, operations), x, []);
    formula(surrogate, x).forEach((value, wire) => {
      assert.ok(Math.abs(value - outputs[wire]) < 1e-13, `${value} ${outputs[wire]}`);
    });
  }
  network.batch(1).images.fill(99);
  network.forward(1);
  const out = network.activation("quantum", 1);
  formula(surrogate, [...network.activation("fc1", 1)]).forEach((value, wire) => {
    assert.ok(Math.abs(value - out[wire]) < 1e-5, `${value} ${out[wire]}`);
  });
});

test("the proof is of as many points as it says, and counts what matters", () => {
  const { proof, significant, coefficients, model } = exportSurrogate(network);
  assert.equal([proof.gridPoints, proof.randomPoints], [16, 500]);
  assert.ok(proof.largestDifference > 0 && proof.largestDifference < 1e-13, `${proof.largestDifference}`);
  assert.equal([coefficients.length, coefficients[3].length], [4, 81]);
  assert.ok(significant > 4 && significant < 4 * 81, `${significant}`);
  assert.is(model, network.fingerprint());
});

test("refuses a network without a quantum layer", async () => {
  const dense = createNetwork(engine, { channels: 1, classes: 2, head: { kind: "dense", wires: 2 } });
  await refused(() => exportSurrogate(dense), "quantum layer", "dense");
});

test.run();
