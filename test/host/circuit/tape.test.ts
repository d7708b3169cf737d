import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Circuit } from "../../../host/circuit/circuit.ts";
import { amplitudeEmbedding } from "../../../host/circuit/embeddings.ts";
import { encodeTape } from "../../../host/circuit/tape.ts";

const tape = suite("circuit/tape");

/** kind, source, index, fixed, value, flip, parity, scale, second source and index, shift of every record. */
function records(circuit: Circuit): number[][] {
  const { bytes, numOps } = encodeTape(circuit);
  assert.is(bytes.length, 32 + 56 * numOps);
  const view = new DataView(bytes.buffer);
  return Array.from({ length: numOps }, (_, i) => [
    ...[0, 1, 2, 5, 6, 7, 8].map((word) => view.getInt32(32 + 56 * i + 4 * word, true)),
    view.getFloat64(32 + 56 * i + 40, true),
    ...[3, 4].map((word) => view.getInt32(32 + 56 * i + 4 * word, true)),
    view.getFloat64(32 + 56 * i + 48, true),
  ]);
}

tape("wire 0 is the most significant bit; controls are fixed to 1", () => {
  const circuit = new Circuit(3, [
    { name: "RX", wires: [0], params: [{ input: 2 }] },
    { name: "CRY", wires: [2, 1], params: [{ weight: 5 }] },
    { name: "MultiRZ", wires: [1, 2, 0], params: [0.5] },
    { name: "IsingYY", wires: [0, 2], params: [{ weight: 1 }] },
    { name: "ControlledPhaseShift", wires: [0, 1], params: [{ weight: 0 }] },
    { name: "CSWAP", wires: [0, 1, 2] },
    { name: "Toffoli", wires: [0, 1, 2] },
  ]);
  assert.equal(records(circuit), [
    [0, 1, 2, 0b100, 0, 0b100, 0, 0.5, 0, 0, 0],
    [1, 2, 5, 0b011, 0b001, 0b010, 0b010, 0.5, 0, 0, 0],
    [2, 0, 0, 0b010, 0, 0b010, 0b111, 0.25, 0, 0, 0],
    [0, 2, 1, 0b100, 0, 0b101, 0b101, -0.5, 0, 0, 0],
    [3, 2, 0, 0b110, 0b110, 0, 0, 1, 0, 0, 0],
    [4, 0, 0, 0b111, 0b101, 0b011, 0, 0, 0, 0, 0],
    [4, 0, 0, 0b111, 0b110, 0b001, 0, 0, 0, 0, 0],
  ]);
});

tape("a product names both inputs; amplitudes are one record", () => {
  const [embedding] = amplitudeEmbedding(2);
  const gate = { name: "RZ", wires: [1], params: [{ product: [3, 1] }] } as const;
  assert.equal(records(new Circuit(2, [embedding, gate])), [
    [5, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0],
    [2, 1, 3, 0b01, 0, 0b01, 0b01, 0.5, 1, 1, 0],
  ]);
});

tape("compound gates become several records", () => {
  const count = (name: string, params: number) =>
    records(new Circuit(1, [{ name, wires: [0], params: new Array(params).fill(1) }])).length;
  assert.equal([count("Rot", 3), count("Hadamard", 0), count("U2", 2), count("PauliX", 0)], [3, 2, 3, 1]);
});

tape("factor and shift of a parameter are multiplied by the gate's own; an inverse turns both round", () => {
  const params = [{ product: [{ weight: 3 }, { input: 1 }], factor: 4, shift: -2 }] as const;
  const rx = { name: "RX", wires: [0], params } as const;
  const turned = { ...rx, adjoint: true, controls: [1] } as const;
  assert.equal(records(new Circuit(2, [rx, turned])), [
    [0, 2, 3, 0b10, 0, 0b10, 0, 2, 1, 1, -1],
    [0, 2, 3, 0b11, 0b01, 0b10, 0, -2, 1, 1, 1],
  ]);
});

tape("the header says how much there is; readouts only where the outputs are not ⟨Z⟩ of every wire", () => {
  const header = (circuit: Circuit) => [...new Int32Array(encodeTape(circuit).bytes.buffer, 0, 8)];
  const operations = [{ name: "RX", wires: [1], params: [{ input: 2 }] }];
  assert.equal(header(new Circuit(3, operations)), [3, 3, 0, 1, 3, 0, 0, 0]);
  const variance = [{ coefficient: 1, word: "X0" }];
  const outputs = [{ variance }, { probs: [0, 2] }];
  // a word of the mean, one of the square, the square itself, the probabilities; five outputs and a mean
  assert.equal(header(new Circuit(3, operations, { outputs, weights: 4 })), [3, 3, 4, 1, 5, 4, 6, 0]);
});

tape.run();
