import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Circuit } from "../../../host/circuit/circuit.ts";
import type { Output } from "../../../host/circuit/observables.ts";
import type { Param } from "../../../host/circuit/params.ts";
import { createTemplate, EMBEDDINGS } from "../../../host/circuit/templates.ts";
import { addCircuit } from "../../../host/export/circuit.ts";
import type { Graph } from "../../../host/export/graph.ts";
import { encodeOnnx } from "../../../host/export/protobuf.ts";
import { runCircuit } from "../../../host/simulator/simulate.ts";
import { arbitraryCircuit, testAngles } from "../../util/circuits.ts";
import { loadTestEngine } from "../../util/engine.ts";
import { runOnnx } from "../../util/onnx.ts";
import { refused } from "../../util/refusal.ts";
import { thorough } from "../../util/thorough.ts";

const engine = await loadTestEngine("strict");
const N = 3;

/**
 * Largest difference of the circuit's nodes on ONNX Runtime to the engine in f64, for N inputs, those of the last 0.
 */
async function error(circuit: Circuit): Promise<number> {
  const weights = testAngles(circuit.numWeights, 1);
  const x = Float32Array.from(testAngles(N * circuit.numInputs, 2)).fill(0, (N - 1) * circuit.numInputs);
  const graph: Graph = { nodes: [], constants: [] };
  const out = addCircuit(graph, circuit, weights, "x");
  const model = encodeOnnx({
    ...graph,
    name: "circuit",
    description: "",
    producer: "test",
    opset: 17,
    inputs: [{ name: "x", type: "float", shape: ["N", circuit.numInputs] }],
    outputs: [{ name: out, type: "float", shape: ["N", circuit.numOutputs] }],
    metadata: {},
  });
  const { dims, data } = (await runOnnx(model, "x", x, [N, circuit.numInputs]))[out];
  assert.equal([...dims], [N, circuit.numOutputs]);
  const exact = runCircuit(engine, circuit, x, weights);
  return data.reduce((largest, value, i) => Math.max(largest, Math.abs(value - exact[i])), 0);
}

const param: fc.Arbitrary<Param> = fc.oneof(
  fc.double({ min: -7, max: 7, noNaN: true }),
  fc.record({ input: fc.nat(2) }),
  fc.record({ product: fc.tuple(fc.nat(2), fc.nat(2)) }),
  fc.record({ weight: fc.nat(4) }),
  fc.record({ input: fc.nat(2), factor: fc.constant(-1.5), shift: fc.constant(0.25) }),
  fc.tuple(fc.nat(2), fc.nat(4)).map(([input, weight]): Param => ({ product: [{ input }, { weight }] })),
);

const test = suite("export/circuit");

test("random circuits of every gate, with inputs anywhere and more than once", async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(arbitraryCircuit(4, 12, param), async ({ wires, operations }) => {
      const circuit = new Circuit(wires, operations);
      if (circuit.numInputs === 0) return;
      compared += 1;
      const largest = await error(circuit);
      assert.ok(largest < 1e-5, `${largest}`);
    }),
    { numRuns: thorough ? 60 : 15, seed: 3 },
  );
  assert.ok(compared > (thorough ? 30 : 7), `${compared}`);
});

test("every template, amplitudes of zeros among them", async () => {
  for (const embedding of EMBEDDINGS) {
    const { circuit } = createTemplate({ embedding, ansatz: "thesis", wires: 3, layers: 2 });
    const largest = await error(circuit);
    assert.ok(largest < 1e-6, `${embedding}: ${largest}`);
  }
});

test("refuses by its size what would be too large, before anything is made", async () => {
  const add = (wires: number, ...rest: { name: string; wires: number[] }[]) => {
    const first = { name: "RX", wires: [10], params: [{ input: 0 }] };
    return () => addCircuit({ nodes: [], constants: [] }, new Circuit(wires, [first, ...rest]), [], "x");
  };
  const gate = { name: "Hadamard", wires: [0] };
  await refused(add(13, gate), "at most 1.0 GiB, got 3.0 GiB", "1 of 13 wires and 13 outputs");
  // Without a gate behind the input there is no such matrix.
  assert.is(typeof add(11)(), "string");
});

test("Pauli words, sums, variances and probabilities as outputs", async () => {
  const { operations } = createTemplate({ ansatz: "thesis", embedding: "angle-y", wires: 3, layers: 1 }).circuit;
  const sum = [
    { coefficient: 0.5, word: "Z0 X1" },
    { coefficient: -1.5, word: "Y2" },
    { coefficient: 2, word: "Y0 Y1 Y2" },
    { coefficient: 0.75, word: "" },
  ];
  const outputs: Output[] = [
    { expval: [{ coefficient: 1, word: "Z2" }] },
    { probs: [2, 0] },
    { expval: sum },
    { variance: [{ coefficient: 1, word: "Z1" }] },
    { variance: sum },
    { expval: [{ coefficient: 1, word: "X0 Y1" }] },
  ];
  const largest = await error(new Circuit(3, operations, { outputs }));
  assert.ok(largest < 2e-5, `${largest}`);
});

test.run();
