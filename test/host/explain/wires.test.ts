import { suite } from "uvu";
import * as assert from "uvu/assert";
import { inspectWires, quantumOff } from "../../../host/explain/wires.ts";
import { createNetwork, type NetworkOptions } from "../../../host/network/network.ts";
import { circuitWeights } from "../../../host/network/weights.ts";
import { blochVectors } from "../../reference/explain.ts";
import { type ReferenceEmbedding, thesisOperations } from "../../reference/network.ts";
import { expval, finalState } from "../../reference/statevector.ts";
import { compileBuild } from "../../util/builds.ts";
import { HEADS, randomImages } from "../../util/explain.ts";
import { relativeError } from "../../util/numbers.ts";
import { refused } from "../../util/refusal.ts";

const builds = [await compileBuild("strict"), await compileBuild("debug")];
const strict = builds[0];

const test = suite("inspectWires");

test("states, ⟨Z⟩ and Bloch vectors after every gate are the reference's, and within the ball", () => {
  for (const engine of builds) {
    for (const options of HEADS.slice(0, 3)) {
      const network = createNetwork(engine, { ...options, seed: 6 });
      const { head } = network.architecture;
      if (!("embedding" in head)) throw new Error("a quantum head");
      const weights = circuitWeights(network.tensors(), network.template!);
      const operations = thesisOperations(head.wires, head.layers, head.embedding as ReferenceEmbedding);
      const image = randomImages(network, 1, 12);
      const found = inspectWires(network, image);
      network.batch(1).images.set(image);
      network.forward(1);
      assert.equal(found.angles, [...network.activation("fc1", 1)]);
      assert.ok(relativeError(network.activation("quantum", 1), found.expvals) < 1e-5);
      const state = finalState(head.wires, operations, found.angles, weights);
      assert.ok(relativeError(found.state.re, state.re) < 1e-12);
      assert.ok(relativeError(found.state.im, state.im) < 1e-12);
      assert.ok(Math.abs(found.probabilities.reduce((a, b) => a + b) - 1) < 1e-12);
      found.expvals.forEach((value, wire) => {
        assert.ok(Math.abs(value - expval(state, head.wires, [["Z", wire]])) < 1e-12);
        assert.is(value, found.bloch[wire][2]);
      });
      assert.equal(
        found.steps.map(({ name, wires }) => ({ name, wires })),
        operations.map(({ name, wires }) => ({ name, wires })),
      );
      const blochs = blochVectors(
        head.wires,
        operations,
        found.steps.map(({ params }) => params),
      );
      for (const [i, { bloch }] of found.steps.entries()) {
        assert.ok(relativeError(bloch.flat(), blochs[i].flat()) < 1e-12, `operation ${i}`);
        for (const vector of bloch) assert.ok(Math.hypot(...vector) <= 1 + 1e-12);
      }
      assert.equal(found.steps.at(-1)!.bloch, found.bloch);
      assert.equal(structuredClone(found), found);
    }
  }
});

test("own angles: those of an image give the same, others give others", () => {
  const network = createNetwork(strict, HEADS[0]);
  const found = inspectWires(network, randomImages(network, 1, 2));
  assert.equal(inspectWires(network, found.angles), found);
  assert.equal(inspectWires(network, Float32Array.from(found.angles)), found);
  const turned = inspectWires(network, [0.1, -1, 2, 7]);
  assert.equal(turned.angles, [0.1, -1, 2, 7]);
  assert.equal(
    turned.steps.slice(0, 4).map(({ params }) => params),
    [[0.1], [-1], [2], [7]],
  );
  // RX(x)|0⟩ points to (0, −sin x, cos x).
  turned.steps[3].bloch.forEach(([x, y, z], wire) => {
    const angle = turned.angles[wire];
    assert.ok(Math.abs(x) + Math.abs(y + Math.sin(angle)) + Math.abs(z - Math.cos(angle)) < 1e-12);
  });
});

test("twelve wires, and layers without entanglement, whose Bloch vectors all have length 1", () => {
  const head = { kind: "quantum", wires: 12, layers: 2 } as const;
  const options: NetworkOptions = { channels: 1, classes: 2, batchSize: 1, head };
  const { bloch, state } = inspectWires(createNetwork(strict, options), Array(12).fill(0.3));
  assert.equal([bloch.length, state.re.length], [12, 4096]);
  assert.ok(bloch.some((vector) => Math.hypot(...vector) < 0.9));
  const product = createNetwork(strict, { ...options, head: { ...head, wires: 4, entangling: false } });
  for (const vector of inspectWires(product, [1, 2, 3, 4]).bloch)
    assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-12);
});

test("quantumOff: the head on zeros", () => {
  const network = createNetwork(strict, HEADS[0]);
  const { data: w } = network.tensors().get("fc3.weight")!;
  const [{ data: b }, { data: hidden }] = ["fc3.bias", "fc2.bias"].map((name) => network.tensors().get(name)!);
  const logits = [...b].map((bias, c) => hidden.reduce((sum, h, i) => sum + Math.max(0, h) * w[c * 16 + i], bias));
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
  const probs = logits.map((logit) => Math.exp(logit) / sum);
  assert.ok(relativeError(quantumOff(network), probs) < 1e-6);
});

test("refuses networks without a quantum layer, and angles that are none", async () => {
  const dense = createNetwork(strict, HEADS[3]);
  await refused(() => inspectWires(dense, randomImages(dense, 1, 1)), "quantum layer", "dense");
  await refused(() => quantumOff(dense), "quantum layer");
  const network = createNetwork(strict, HEADS[0]);
  await refused(() => inspectWires(network, [1, 2, 3]), "4 inputs", "got 3");
  await refused(() => inspectWires(network, [1, 2, 3, Number.NaN]), "finite", "NaN");
});

test.run();
