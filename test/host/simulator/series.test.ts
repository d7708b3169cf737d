import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Circuit } from "../../../host/circuit/circuit.ts";
import type { Operation } from "../../../host/circuit/gates.ts";
import { ANSATZE, createTemplate } from "../../../host/circuit/templates.ts";
import { circuitSeries, evaluateSeries } from "../../../host/simulator/series.ts";
import { simulate } from "../../../host/simulator/simulate.ts";
import { arbitraryCircuit, testAngles } from "../../util/circuits.ts";
import { loadTestEngine } from "../../util/engine.ts";
import { refused } from "../../util/refusal.ts";

const engine = await loadTestEngine("strict");

/** Largest difference of the series to the circuit at some points. */
function error(circuit: Circuit, weights: number[]): number {
  const series = circuitSeries(engine, circuit, weights);
  const differences = [1, 2, 3, 4].flatMap((seed) => {
    const x = testAngles(circuit.numInputs, seed, 7);
    const { outputs } = simulate(engine, circuit, x, weights);
    return evaluateSeries(series, x).map((value, wire) => Math.abs(value - outputs[wire]));
  });
  return Math.max(...differences);
}

function near(row: Float64Array, expected: number[]): void {
  assert.is(row.length, expected.length);
  row.forEach((value, k) => {
    assert.ok(Math.abs(value - expected[k]) < 1e-15, `term ${k}: ${value}`);
  });
}

const rx = (wire: number, input = wire): Operation => ({ name: "RX", wires: [wire], params: [{ input }] });
const test = suite("circuit/series");

test("terms stand where the order says", () => {
  // ⟨Z⟩ behind CNOT: cos x0 on the control, cos x0 cos x1 on the target
  const circuit = new Circuit(2, [rx(0), rx(1), { name: "CNOT", wires: [0, 1], params: [] }]);
  const { coefficients } = circuitSeries(engine, circuit, []);
  coefficients.forEach((row, wire) => {
    near(
      row,
      Array.from({ length: 9 }, (_, k) => Number(k === 3 + wire)),
    );
  });
});

test("a rotation behind another makes sines: ⟨Z⟩ of RX(0.3) RX(x) is cos 0.3 cos x − sin 0.3 sin x", () => {
  const circuit = new Circuit(1, [rx(0), { name: "RX", wires: [0], params: [{ weight: 0 }] }]);
  const [row] = circuitSeries(engine, circuit, [0.3]).coefficients;
  near(row, [0, Math.cos(0.3), -Math.sin(0.3)]);
});

test("every template of one angle a wire is its series", () => {
  for (const embedding of ["angle-x", "angle-y", "angle-z"] as const) {
    for (const ansatz of ANSATZE) {
      for (const wires of [1, 2, 4]) {
        if (ansatz === "qcnn" && wires < 4) continue;
        const { circuit } = createTemplate({ embedding, ansatz, wires, layers: 2 });
        const largest = error(circuit, testAngles(circuit.numWeights, wires));
        assert.ok(largest < 1e-12, `${embedding} ${ansatz} ${wires}: ${largest}`);
      }
    }
  }
});

test("more terms than the engine gets at once: 7 wires", () => {
  const { circuit } = createTemplate({ embedding: "angle-x", ansatz: "thesis", wires: 7, layers: 2 });
  assert.ok(error(circuit, testAngles(circuit.numWeights, 1)) < 1e-12);
});

test("random circuits with inputs in uncontrolled gates are their series; others are refused", () => {
  let compared = 0;
  fc.assert(
    fc.property(arbitraryCircuit(3, 8, fc.constant({ input: 0 })), ({ wires, operations }) => {
      let next = 0;
      const param = () => (next < 4 ? { input: next++ } : 0.7);
      const circuit = new Circuit(
        wires,
        operations.map((operation) => ({ ...operation, params: operation.params.map(param) })),
      );
      // phases turn by 0 and 1 however many controls they have
      const controlled = ({ name, controls }: Operation) =>
        /^CR(X|Y|Z|ot)$/.test(name) ||
        (controls !== undefined && !/^(PhaseShift|U1|U2|ControlledPhaseShift)$/.test(name));
      const inputs = ({ params }: Operation) => params.some((p) => typeof p === "object");
      if (next === 0) return;
      if (circuit.operations.some((operation) => controlled(operation) && inputs(operation))) {
        assert.throws(() => circuitSeries(engine, circuit, []), /nothing controls/);
      } else {
        compared += 1;
        assert.ok(error(circuit, []) < 1e-12);
      }
    }),
    { numRuns: 150, seed: 1 },
  );
  assert.ok(compared > 30, `${compared}`);
});

test("refuses an input in two gates, in a product or as an amplitude, too many inputs, and a wrong number of angles", async () => {
  await refused(() => circuitSeries(engine, new Circuit(2, [rx(0), rx(1, 0)]), []), "x0 in 2");
  const thirteen = new Circuit(
    13,
    Array.from({ length: 13 }, (_, i) => rx(i)),
  );
  await refused(() => circuitSeries(engine, thirteen, []), "at most 128 MiB", "got 159 MiB: 3^13 for 13 inputs");
  await refused(() => circuitSeries(engine, new Circuit(1, []), []), "a circuit with inputs, got none");
  const template = (embedding: "iqp" | "amplitude") =>
    createTemplate({ embedding, ansatz: "thesis", wires: 2, layers: 1 }).circuit;
  await refused(() => circuitSeries(engine, template("iqp"), []), "MultiRZ of x0·x1");
  await refused(() => circuitSeries(engine, template("amplitude"), []), "AmplitudeEmbedding");
  const series = circuitSeries(engine, new Circuit(1, [rx(0)]), []);
  await refused(() => evaluateSeries(series, [1, 2]), "expected 1 inputs, got 2");
});

test.run();
