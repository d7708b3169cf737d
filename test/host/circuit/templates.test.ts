import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../../host/check.ts";
import { stronglyEntanglingLayers } from "../../../host/circuit/ansatze.ts";
import { ANSATZE, createTemplate, EMBEDDINGS } from "../../../host/circuit/templates.ts";
import { finalState } from "../../reference/statevector.ts";

const templates = suite("circuit/templates");

const thesis = { ansatz: "thesis", embedding: "angle-x", wires: 4, layers: 3 } as const;
const cnots = (operations: readonly { name: string; wires: readonly number[] }[]) =>
  operations.filter(({ name }) => name === "CNOT").map(({ wires }) => wires.join(">"));

templates("the thesis's circuit: 4 wires, 3 layers, 44 weights", () => {
  const { circuit, tensors } = createTemplate(thesis);
  assert.equal(tensors, [
    { name: "rotations", shape: [4, 2] },
    { name: "weights", shape: [3, 4, 3] },
  ]);
  assert.equal(circuit.resources().counts, { RX: 4, RY: 4, RZ: 4, CNOT: 16, Rot: 12 });
  assert.equal([circuit.numInputs, circuit.numWeights], [4, 44]);
  assert.equal(circuit.operations[5], { name: "RZ", wires: [0], params: [{ weight: 1 }] });
  assert.equal(circuit.operations.at(-5), {
    name: "Rot",
    wires: [3],
    params: [{ weight: 41 }, { weight: 42 }, { weight: 43 }],
  });
  assert.equal(cnots(circuit.operations), [
    ...["0>1", "1>2", "2>3", "3>0"],
    ...["0>1", "1>2", "2>3", "3>0"],
    ...["0>2", "1>3", "2>0", "3>1"],
    ...["0>3", "1>0", "2>1", "3>2"],
  ]);
});

templates("one and two wires", () => {
  const pairs = (ansatz: (typeof ANSATZE)[number], wires: number) =>
    cnots(createTemplate({ ...thesis, ansatz, wires, layers: 1 }).circuit.operations);
  for (const ansatz of ANSATZE) if (ansatz !== "qcnn") assert.equal(pairs(ansatz, 1), []);
  assert.equal(pairs("thesis", 2), ["0>1", "1>0", "0>1", "1>0"]);
  assert.equal(pairs("strongly-entangling", 2), ["0>1", "1>0"]);
  assert.equal(pairs("basic-entangler", 2), ["0>1"]);
});

templates("ranges of strongly entangling layers start over after wires − 1", () => {
  const { operations } = stronglyEntanglingLayers(3, 3);
  assert.equal(cnots(operations), ["0>1", "1>2", "2>0", "0>2", "1>0", "2>1", "0>1", "1>2", "2>0"]);
});

templates("any wires and layers: the tensors cover the weights, the embedding the inputs", () => {
  for (const ansatz of ANSATZE) {
    for (const embedding of EMBEDDINGS) {
      for (const [wires, layers] of [
        [1, 1],
        [1, 20],
        [2, 3],
        [embedding === "amplitude" ? 10 : 12, 20],
      ]) {
        // a quantum convolutional network has as many layers as its wires can be halved
        const most = ansatz === "qcnn" ? Math.ceil(Math.log2(wires)) : layers;
        if (most === 0) continue;
        const { circuit, tensors } = createTemplate({ ansatz, embedding, wires, layers: Math.min(layers, most) });
        const sizes = tensors.map(({ shape }) => shape.reduce((a, b) => a * b));
        assert.is(
          circuit.numWeights,
          sizes.reduce((a, b) => a + b),
        );
        assert.is(circuit.numInputs, embedding === "amplitude" ? 2 ** wires : wires);
      }
    }
  }
});

templates("angle-z puts the Hadamards that make it count", () => {
  const { operations } = createTemplate({ ...thesis, embedding: "angle-z", wires: 2 }).circuit;
  assert.equal(
    operations.slice(0, 4).map(({ name }) => name),
    ["Hadamard", "Hadamard", "RZ", "RZ"],
  );
});

templates("iqp: Hadamard and RZ on every wire, then every pair once", () => {
  const { operations } = createTemplate({ ...thesis, embedding: "iqp" }).circuit;
  assert.equal(
    operations.slice(0, 8).map(({ name, wires: [wire] }) => `${name}${wire}`),
    [...["Hadamard0", "RZ0", "Hadamard1", "RZ1", "Hadamard2", "RZ2", "Hadamard3", "RZ3"]],
  );
  const pairs = operations.filter(({ name }) => name === "MultiRZ");
  assert.equal(
    pairs.map(({ wires }) => wires.join("")),
    ["01", "02", "03", "12", "13", "23"],
  );
  for (const { wires, params } of pairs) assert.equal(params, [{ product: [...wires] }]);
});

templates("without entangling: the gates on one wire, in front of as many weights", () => {
  const { circuit, tensors } = createTemplate({ ...thesis, entangling: false });
  assert.equal(circuit.resources().counts, { RX: 4, RY: 4, RZ: 4, Rot: 12 });
  assert.equal(tensors, createTemplate(thesis).tensors);
});

templates("refuses the impossible, listing what is allowed", () => {
  const refused = (options: object, message: RegExp) =>
    assert.throws(
      () => createTemplate({ ...thesis, ...options }),
      (error: Error) => error instanceof UsageError && message.test(error.message),
    );
  refused({ wires: 0 }, /wires: expected an integer from 1 to 20, got 0/);
  refused({ wires: 21 }, /from 1 to 20, got 21/);
  refused({ layers: 0 }, /layers: expected an integer from 1 to 20, got 0/);
  refused({ layers: 21 }, /from 1 to 20/);
  refused({ ansatz: "thesiss" }, /ansatz: expected thesis, strongly-entangling, .*, qcnn, got thesiss/);
  for (const embedding of ["iqp", "qaoa", "amplitude"]) {
    refused(
      { embedding, entangling: false },
      new RegExp(`expected an angle embedding, got ${embedding}, which entangles`),
    );
  }
  refused({ embedding: "X" }, /embedding: expected angle-x, angle-y, angle-z, iqp, qaoa, amplitude, got X/);
  refused(
    { embedding: "amplitude", wires: 11 },
    /wires of an amplitude embedding: expected an integer from 1 to 10, got 11/,
  );
});

templates("hardware-efficient: pairs of a line, a ring or all, CNOT or CZ, rotations once more at the end", () => {
  const make = (topology: "line" | "ring" | "all", entangler: "CNOT" | "CZ") => {
    const { circuit, tensors } = createTemplate({
      ...{ ansatz: "hardware-efficient", embedding: "angle-x", wires: 4, layers: 2 },
      ...{ topology, entangler },
    });
    const gates = circuit.operations.filter(({ name }) => name === entangler);
    assert.equal(tensors, [{ name: "weights", shape: [3, 4, 2] }]);
    assert.is(circuit.operations.at(-1)!.name, "RZ");
    return gates.map(({ wires }) => wires.join(">"));
  };
  assert.equal(make("line", "CZ"), ["0>1", "1>2", "2>3", "0>1", "1>2", "2>3"]);
  assert.equal(make("ring", "CNOT").slice(0, 4), ["0>1", "1>2", "2>3", "3>0"]);
  assert.equal(make("all", "CZ").slice(0, 6), ["0>1", "0>2", "0>3", "1>2", "1>3", "2>3"]);
});

templates("a quantum convolutional network halves its wires and shares 18 weights a layer", () => {
  const { circuit, tensors } = createTemplate({ ansatz: "qcnn", embedding: "angle-y", wires: 6, layers: 3 });
  assert.equal(tensors, [{ name: "weights", shape: [3, 18] }]);
  assert.equal(
    circuit.outputs.map((output) => ("expval" in output ? output.expval[0].word : "")),
    ["Z0"],
  );
  const pooled = circuit.operations.filter(({ controls }) => controls);
  assert.equal(
    pooled.map(({ controls, wires }) => `${controls}>${wires}`),
    ["1>0", "3>2", "5>4", "2>0", "4>0"],
  );
  assert.throws(
    () => createTemplate({ ansatz: "qcnn", embedding: "angle-y", wires: 6, layers: 4 }),
    /6 wires and 4 layers \(at most 3\)/,
  );
});

templates(
  "re-uploading puts the embedding in front of every layer; trainable: each angle times a weight from 1 on",
  () => {
    const options = { ansatz: "strongly-entangling", embedding: "angle-y", wires: 2, layers: 3 } as const;
    const fixed = createTemplate({ ...options, reupload: "fixed" });
    assert.is(fixed.circuit.operations.filter(({ name }) => name === "RY").length, 6);
    const { circuit, tensors } = createTemplate({ ...options, reupload: "trainable" });
    assert.equal(tensors, [
      { name: "weights", shape: [3, 2, 3] },
      { name: "scaling", shape: [3, 2], start: 1 },
    ]);
    assert.equal(
      circuit.operations.filter(({ name }) => name === "RY").map(({ params }) => params[0]),
      [0, 1, 2, 3, 4, 5].map((i) => ({ product: [{ input: i % 2 }, { weight: 18 + i }] })),
    );
  },
);

templates("mirrored layers undo each other where their weights are equal", () => {
  const options = { ansatz: "strongly-entangling", embedding: "angle-x", wires: 3, layers: 4 } as const;
  const { circuit } = createTemplate({ ...options, mirrored: true });
  const weights = [0, 1, 2, 3].flatMap((layer) =>
    Array.from({ length: 9 }, (_, i) => Math.sin(i + 1 + 10 * Math.floor(layer / 2))),
  );
  const inputs = [0.3, -1.1, 2];
  const { re } = finalState(3, circuit.operations, inputs, weights);
  const alone = finalState(3, circuit.operations.slice(0, 3), inputs, []);
  re.forEach((value, i) => {
    assert.ok(Math.abs(value - alone.re[i]) < 1e-12);
  });
});

templates.run();
