import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openDataset } from "../../../host/api.ts";
import { exportOnnx } from "../../../host/export/onnx.ts";
import { createNetwork, type Head, type Network } from "../../../host/network/hybrid.ts";
import { compileBuild } from "../../util/builds.ts";
import { runOnnx } from "../../util/onnx.ts";
import { refused } from "../../util/refusal.ts";

const engine = await compileBuild("strict");

/** Makes the outputs depend on the images: running statistics as of training, linear layers that do not shrink what comes in. */
function liven(network: Network, images: Uint8Array): void {
  const batch = network.batch(64).images;
  batch.set(images.subarray(0, batch.length));
  for (let step = 0; step < 3; step++) network.forward(64, "training");
  const tensors = network.tensors();
  for (const [name, { data }] of tensors) {
    if (name.startsWith("fc")) data.set(data.map((value) => 6 * value));
  }
  network.load(tensors);
}

function largestDifference(got: Float32Array, expected: Float32Array): number {
  assert.is(got.length, expected.length);
  return got.reduce((largest, value, i) => Math.max(largest, Math.abs(value - expected[i])), 0);
}

const { images: cells, count } = await (await openDataset(undefined, { task: "multiclass" })).split("test");
const heads: Head[] = [
  { kind: "quantum", wires: 4, layers: 3 },
  { kind: "dense", wires: 4 },
];
const test = suite("export/onnx");

for (const head of heads) {
  test(`the sample's test split, ${JSON.stringify(head)}: ONNX Runtime and the engine agree`, async () => {
    const network = createNetwork(engine, { channels: 3, classes: 3, seed: 7, head });
    liven(network, cells);
    const { logits, probabilities } = await runOnnx(exportOnnx(network), "images", cells, [count, 28, 28, 3]);
    const expected = network.predict(cells);
    assert.equal([...logits.dims], [count, 3]);
    const spread = largestDifference(expected.subarray(3), expected.subarray(0, -3));
    assert.ok(spread > 0.1, `the images must not look all the same: ${spread}`);
    assert.ok(largestDifference(logits.data, expected) < 1e-4);
    assert.ok(largestDifference(probabilities.data, network.softmax(expected)) < 1e-5);
  });
}

test("grey images of another size, which pooling cuts off", async () => {
  const options = { channels: 1, classes: 2, height: 31, width: 26, hidden: 5, seed: 2 };
  const network = createNetwork(engine, {
    ...options,
    head: { kind: "quantum", wires: 2, layers: 1, embedding: "angle-z" },
  });
  const images = Uint8Array.from({ length: 64 * 31 * 26 }, (_, i) => (i * i * 37) & 255);
  liven(network, images);
  const { probabilities } = await runOnnx(exportOnnx(network), "images", images, [64, 31, 26, 1]);
  assert.ok(largestDifference(probabilities.data, network.softmax(network.predict(images))) < 1e-5);
});

test("the metadata say what the classes are", () => {
  const network = createNetwork(engine, { channels: 1, classes: 2, head: { kind: "dense", wires: 1 } });
  const data = { name: "x-rays", md5: null, task: "binary", protocol: "official", positive: [1], splitRatio: 0.8 };
  const text = new TextDecoder("latin1").decode(exportOnnx(network, { classNames: ["healthy", "ill"], data }));
  for (const part of ["class_names", '["healthy","ill"]', "x-rays", network.fingerprint(), "Not for clinical use"]) {
    assert.ok(text.includes(part), part);
  }
});

test("refuses a layer that it does not know, by name", async () => {
  const network = createNetwork(engine, { channels: 1, classes: 2, head: { kind: "dense", wires: 1 } });
  const layers = network.layers.map((layer) => (layer.name === "tanh" ? { ...layer, kind: "Softplus" } : layer));
  const other: Network = Object.create(network, {
    layers: { value: layers },
    tensors: { value: () => network.tensors() },
  });
  await refused(() => exportOnnx(other), "tanh", "Softplus");
});

test.run();
