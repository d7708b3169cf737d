// What a network is: shapes, initial values, tensors in and out. test/host/network/training.test.ts trains it.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNetwork, type NetworkOptions } from "../../../host/network/network.ts";
import { compileBuild } from "../../util/builds.ts";
import { SMALL, THESIS, train } from "../../util/network.ts";
import { refused } from "../../util/refusal.ts";

const strict = await compileBuild("strict");

const shapes = suite("network, shapes");

shapes("the thesis's network: 90,610 parameters, 7,263,520 multiply-adds, shapes as in the thesis", () => {
  const network = createNetwork(strict, THESIS);
  assert.is(network.numParams, 90_610);
  const rows = network
    .summary()
    .split("\n")
    .map((line) => line.split(/ {2,}/));
  assert.equal(rows[0], ["layer", "what", "input", "output", "parameters", "multiply-adds"]);
  assert.equal(
    rows.slice(1, -1).map(([layer, , input, output]) => [layer, input, output]),
    [
      ["layer1", "28×28×3", "26×26×16"],
      ["layer2", "26×26×16", "12×12×16"],
      ["layer3", "12×12×16", "10×10×64"],
      ["layer4", "10×10×64", "8×8×64"],
      ["layer5", "8×8×64", "4×4×64"],
      ["fc1", "4×4×64", "4"],
      ["quantum", "4", "4"],
      ["fc2", "4", "16"],
      ["fc3", "16", "2"],
    ],
  );
  assert.equal(rows.at(-1), ["total", "90,610", "7,263,520"]);
  assert.is(
    rows.slice(1, -1).reduce((sum, row) => sum + Number(row[4].replaceAll(",", "")), 0),
    90_610,
  );
});

shapes("PyTorch's names and shapes, in the order of the layers", () => {
  const tensors = createNetwork(strict, THESIS).tensors();
  const block = (i: number) =>
    ["0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var"].map((name) => `layer${i}.${name}`);
  const names = [1, 2, 3, 4, 5].flatMap(block);
  names.push(
    "fc1.weight",
    "fc1.bias",
    "quantum.rotations",
    "quantum.weights",
    "fc2.weight",
    "fc2.bias",
    "fc3.weight",
    "fc3.bias",
  );
  assert.equal([...tensors.keys()], names);
  const shape = (name: string) => tensors.get(name)!.shape;
  assert.equal(shape("layer1.0.weight"), [16, 3, 3, 3]);
  assert.equal(shape("layer4.0.weight"), [64, 64, 3, 3]);
  assert.equal(shape("fc1.weight"), [4, 1024]);
  assert.equal(shape("quantum.rotations"), [4, 2]);
  assert.equal(shape("quantum.weights"), [3, 4, 3]);
});

shapes("channels, classes, heads and image sizes change the parameters they should", () => {
  const numParams = (options: Partial<NetworkOptions>) =>
    createNetwork(strict, { ...THESIS, batchSize: 1, ...options }).numParams;
  assert.is(numParams({ channels: 1 }), 90_610 - 2 * 9 * 16);
  assert.is(numParams({ classes: 64 }), 90_610 + 62 * 17);
  assert.is(numParams({ head: { kind: "dense", wires: 4 } }), 90_610 - 44);
  assert.is(numParams({ head: { kind: "quantum", wires: 2, layers: 1 } }), 90_610 - 2 * 1025 - 44 + 4 + 6 - 2 * 16);
  assert.is(numParams({ hidden: 1 }), 90_610 - 15 * 5 - 15 * 2);
  assert.is(numParams({ height: 64, width: 32 }), 90_610 + 4 * 64 * (13 * 5 - 16));
  const basic = { kind: "quantum", wires: 4, layers: 3, ansatz: "basic-entangler" } as const;
  assert.is(numParams({ head: basic }), 90_610 - 44 + 12);
  const quantum = { kind: "quantum", wires: 4, layers: 3 } as const;
  assert.is(numParams({ head: { ...quantum, embedding: "iqp" } }), 90_610);
  assert.is(numParams({ head: { ...quantum, embedding: "amplitude" } }), 90_610 + 12 * 1025); // FC1 gives 16 features
});

shapes("what cannot be is refused with what is allowed", async () => {
  const refuse = (options: object, ...parts: string[]) =>
    refused(() => createNetwork(strict, { ...THESIS, ...options } as NetworkOptions), ...parts);
  await refuse({ channels: 2 }, "channels", "1 or 3", "2");
  await refuse({ classes: 1 }, "classes", "2 to 64");
  await refuse({ classes: 65 }, "classes", "2 to 64");
  await refuse({ height: 15 }, "height", "16 to 256");
  await refuse({ hidden: 0 }, "hidden", "got 0");
  await refuse({ batchSize: 0 }, "batchSize", "got 0");
  await refuse({ head: { kind: "dense", wires: 1025 } }, "wires", "1 to 1024", "1025");
  await refuse({ head: { kind: "quantum", wires: 21, layers: 1 } }, "wires", "1 to 20", "21");
  await refuse({ head: { kind: "dense", wires: 4, width: 1025 } }, "width", "1025");
  await refuse({ head: { kind: "series", wires: 9 } }, "wires", "1 to 8", "9");
  await refuse({ head: { kind: "none", wires: 0 } }, "wires", "0");
  await refuse({ head: { kind: "linear" } }, "head", "quantum, dense, series, none or logistic", "linear");
  await refuse({ head: { kind: "quantum", wires: 0, layers: 3 } }, "wires", "0");
  await refuse({ head: { kind: "quantum", wires: 4, layers: 21 } }, "layers", "21");
  await refuse({ head: { kind: "quantum", wires: 11, layers: 1, embedding: "amplitude" } }, "wires", "1 to 10", "11");
});

shapes.run();

const start = suite("network, initial values");

start("PyTorch's bounds and distributions", () => {
  const tensors = createNetwork(strict, { ...THESIS, seed: 5 }).tensors();
  const uniform = (name: string, low: number, high: number) => {
    const { data } = tensors.get(name)!;
    assert.ok(
      data.every((value) => value >= Math.fround(low) && value <= Math.fround(high)),
      name,
    );
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
    const expected = (high - low) ** 2 / 12;
    assert.ok(Math.abs(mean - (low + high) / 2) < 5 * Math.sqrt(expected / data.length), `${name} mean ${mean}`);
    // the fourth moment of a uniform: Var(s²) = (4/5) σ⁴ / n
    assert.ok(
      Math.abs(variance / expected - 1) < 5 * Math.sqrt(0.8 / data.length) + 1 / data.length,
      `${name} ${variance}`,
    );
  };
  for (const [layer, fanIn] of [
    ["layer1.0", 27],
    ["layer2.0", 144],
    ["layer3.0", 144],
    ["layer4.0", 576],
    ["layer5.0", 576],
    ["fc1", 1024],
    ["fc2", 4],
    ["fc3", 16],
  ] as const) {
    uniform(`${layer}.weight`, -1 / Math.sqrt(fanIn), 1 / Math.sqrt(fanIn));
    uniform(`${layer}.bias`, -1 / Math.sqrt(fanIn), 1 / Math.sqrt(fanIn));
  }
  uniform("quantum.rotations", 0, 2 * Math.PI);
  uniform("quantum.weights", 0, 2 * Math.PI);
  for (let i = 1; i <= 5; i++) {
    const constant = (name: string, value: number) =>
      assert.ok(tensors.get(`layer${i}.1.${name}`)!.data.every((x) => x === value));
    constant("weight", 1);
    constant("bias", 0);
    constant("running_mean", 0);
    constant("running_var", 1);
  }
});

start("the same seed gives the same network, another seed another; every tensor is drawn for itself", () => {
  const fingerprint = (seed: number) => createNetwork(strict, { ...THESIS, seed }).fingerprint();
  assert.is(fingerprint(1), fingerprint(1));
  assert.is(new Set([0, 1, 2, 0xffffffff].map(fingerprint)).size, 4);
  const tensors = createNetwork(strict, THESIS).tensors();
  // layer4 and layer5 have the same shape and bounds
  assert.not.equal(tensors.get("layer4.0.weight")!.data, tensors.get("layer5.0.weight")!.data);
});

start("ablations start with the thesis network's numbers wherever they have the same tensor", () => {
  const thesis = createNetwork(strict, THESIS).tensors();
  const heads = [
    { kind: "dense", wires: 4 },
    { kind: "dense", wires: 4, width: 16 },
    { kind: "series", wires: 4 },
    { kind: "none", wires: 4 },
    { kind: "quantum", wires: 4, layers: 3, entangling: false },
    { kind: "quantum", wires: 4, layers: 3, ansatz: "basic-entangler" },
  ] as const;
  for (const head of heads) {
    for (const [name, { shape, data }] of createNetwork(strict, { ...THESIS, head }).tensors()) {
      const same = thesis.get(name);
      if (same?.shape.join() === shape.join()) assert.equal(data, same.data, `${JSON.stringify(head)} ${name}`);
    }
  }
  // The two linear layers of the wide dense head and FC2: the same shapes, other numbers.
  const wide = createNetwork(strict, { ...THESIS, head: { kind: "dense", wires: 4, width: 16 } }).tensors();
  assert.not.equal(wide.get("dense.0.weight")!.data, wide.get("fc2.weight")!.data);
});

start("initialize starts over: parameters, moments, running statistics and steps", () => {
  const network = createNetwork(strict, { ...SMALL, seed: 3 });
  const before = network.fingerprint();
  const losses = train(network, 3, 6);
  assert.is(network.steps, 3);
  assert.is.not(network.fingerprint(), before);
  network.initialize(3);
  assert.is(network.steps, 0);
  assert.is(network.fingerprint(), before);
  assert.equal(train(network, 3, 6), losses);
});

start.run();

const files = suite("network, load");

files("tensors taken out and loaded elsewhere make the same network, which continues the same with its moments", () => {
  const first = createNetwork(strict, { ...THESIS, seed: 1 });
  train(first, 2, 4);
  const second = createNetwork(strict, { ...THESIS, seed: 2 });
  second.load(first.tensors());
  assert.is(second.fingerprint(), first.fingerprint());
  second.loadMoment("m", first.paramTensors("m"));
  second.loadMoment("v", first.paramTensors("v"));
  second.steps = first.steps;
  assert.equal(train(second, 2, 4), train(first, 2, 4));
  assert.is(second.fingerprint(), first.fingerprint());
  const third = createNetwork(strict, { ...THESIS, seed: 3, tensors: first.tensors() });
  assert.is(third.fingerprint(), first.fingerprint());
});

files(
  "a missing tensor, a wrong shape and a number that is not finite are refused by name, and nothing changes",
  async () => {
    const network = createNetwork(strict, SMALL);
    const before = network.fingerprint();
    const other = createNetwork(strict, { ...SMALL, seed: 9 }).tensors();
    const spoil = (name: string, tensor?: { shape: number[]; data: Float32Array<ArrayBuffer> }) => {
      const tensors = new Map(other);
      if (tensor) tensors.set(name, tensor);
      else tensors.delete(name);
      return tensors;
    };
    const load = (tensors: ReturnType<typeof spoil>) => () => network.load(tensors);
    await refused(load(spoil("fc3.bias")), "fc3.bias", "missing");
    await refused(load(spoil("layer2.1.running_var")), "layer2.1.running_var", "missing");
    const { shape, data } = other.get("fc3.weight")!;
    assert.equal(shape, [5, 16]);
    await refused(load(spoil("fc3.weight", { shape: [16, 5], data })), "fc3.weight", "5 × 16", "16 × 5");
    await refused(load(spoil("fc3.weight", { shape, data: data.slice(1) })), "fc3.weight");
    await refused(
      load(spoil("fc3.weight", { shape, data: data.with(7, Number.NaN) })),
      "fc3.weight",
      "element 7",
      "NaN",
    );
    await refused(load(spoil("fc3.weight", { shape, data: data.with(0, Number.POSITIVE_INFINITY) })), "Infinity");
    await refused(() => network.loadMoment("m", spoil("fc1.bias")), "fc1.bias");
    assert.is(network.fingerprint(), before);
    network.load(other);
    assert.is.not(network.fingerprint(), before);
  },
);

files.run();
