import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openDataset } from "../../../host/api.ts";
import { exportOnnx } from "../../../host/export/onnx.ts";
import { createNetwork, type Head, type Network } from "../../../host/network/network.ts";
import { type Block, residualTrunk } from "../../../host/network/trunk.ts";
import { compileBuild } from "../../util/builds.ts";
import { agreesWithOnnx } from "../../util/onnx.ts";
import { refused } from "../../util/refusal.ts";
import { some, thorough } from "../../util/thorough.ts";

const engine = await compileBuild("strict");

const { images: cells } = await (await openDataset(undefined, { task: "multiclass" })).split("test");
const heads: Head[] = [
  { kind: "quantum", wires: 4, layers: 3 },
  { kind: "quantum", wires: 3, layers: 1, embedding: "iqp" },
  { kind: "quantum", wires: 3, layers: 1, embedding: "amplitude" },
  { kind: "dense", wires: 4 },
  { kind: "dense", wires: 3, width: 5 },
  { kind: "series", wires: 3 },
  { kind: "none", wires: 4 },
  { kind: "logistic" },
];
const test = suite("export/onnx");

for (const [i, head] of some(3, heads).entries()) {
  const images = cells.subarray(0, (i === 0 && thorough ? 512 : 40) * 28 * 28 * 3);
  test(`images of the sample's test split, ${JSON.stringify(head)}: ONNX Runtime and the engine agree`, async () => {
    await agreesWithOnnx(createNetwork(engine, { channels: 3, classes: 3, seed: 7, head, dropout: 0.5 }), images);
  });
}

test("grey images of another size, which pooling cuts off", async () => {
  const options = { channels: 1, classes: 2, height: 31, width: 26, hidden: 5, seed: 2 };
  const head = { kind: "quantum", wires: 2, layers: 1, embedding: "angle-z" } as const;
  const images = Uint8Array.from({ length: 64 * 31 * 26 }, (_, i) => (i * i * 37) & 255);
  await agreesWithOnnx(createNetwork(engine, { ...options, head }), images);
});

test("trunks as data: residual blocks, pooling that stands alone, the average over the image", async () => {
  const images = Uint8Array.from({ length: 40 * 31 * 26 }, (_, i) => (i * i * 37) & 255);
  const options = { channels: 1, classes: 4, height: 31, width: 26, head: { kind: "dense", wires: 4 } } as const;
  await agreesWithOnnx(createNetwork(engine, { ...options, trunk: residualTrunk(8, 4), seed: 2 }), images);
  const own: Block[] = [
    { type: "conv", channels: 8, pad: 1, pool: true },
    { type: "residual" },
    { type: "maxPool" },
    { type: "conv", channels: 4, pad: 0, pool: false },
  ];
  await agreesWithOnnx(createNetwork(engine, { ...options, trunk: own, seed: 3 }), images);
});

test("labels by themselves and classes in an order: probabilities by sigmoids and their differences", async () => {
  const images = Uint8Array.from({ length: 64 * 28 * 28 }, (_, i) => (i * i * 37) & 255);
  const options = { channels: 1, classes: 5, seed: 2, head: { kind: "dense", wires: 4 } } as const;
  for (const output of ["sigmoid", "cumulative"] as const) {
    await agreesWithOnnx(createNetwork(engine, { ...options, output }), images);
  }
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
  const layers = network.layers.map((layer) =>
    layer.name === "tanh" ? { ...layer, modules: [{ type: "Softplus" }] } : layer,
  );
  const other: Network = Object.create(network, {
    layers: { value: layers },
    tensors: { value: () => network.tensors() },
  });
  await refused(() => exportOnnx(other), "tanh", "Softplus");
});

test.run();
