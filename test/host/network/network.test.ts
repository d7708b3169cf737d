import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNetwork, type Network, type NetworkOptions } from "../../../host/network/network.ts";
import { ema } from "../../reference/ema.ts";
import { forward, gradients, type ReferenceEmbedding, type Tensors } from "../../reference/network.ts";
import { compileBuild } from "../../util/builds.ts";
import { engines as loaded } from "../../util/kernels.ts";
import { integers, relativeError } from "../../util/numbers.ts";
import { refused } from "../../util/refusal.ts";

const strict = await compileBuild("strict");
const engines = await Promise.all(loaded.map(({ build }) => compileBuild(build)));
const THESIS: NetworkOptions = { channels: 3, classes: 2, head: { kind: "quantum", wires: 4, layers: 3 } };
const SMALL: NetworkOptions = { channels: 1, classes: 5, height: 17, width: 16, head: { kind: "dense", wires: 3 } };

/** Change these only together with a change that is meant to change the bits. */
const FROZEN = {
  losses: [
    0.6740150599169125, 0.6005000997420192, 0.58592015689617, 0.6862715658930574, 0.8170819305365509, 0.57742173713397,
    0.5977651850524696, 0.6218613218977187, 0.6214209772876178, 0.6119735129273776,
  ],
  fingerprint: "5c35076b64e79a934024201b7780b8a4ac2e9be4faea4f4b5d26f3c059c18d75",
};

/** Images whose brightness tells their class, so that training has something to learn. */
function createImages(network: Network, N: number, seed: number): { images: Uint8Array; labels: Uint8Array } {
  const { height, width, channels, classes } = network.architecture;
  const size = height * width * channels;
  const labels = integers(N, seed, classes);
  const noise = integers(N * size, seed + 1, 128);
  return {
    images: noise.map((value, i) => value + Math.floor((labels[Math.floor(i / size)] * 127) / (classes - 1))),
    labels,
  };
}

function fill(network: Network, N: number, seed: number): void {
  const { images, labels } = createImages(network, N, seed);
  const batch = network.batch(N);
  batch.images.set(images);
  batch.labels.set(labels);
  batch.ids.set(Uint32Array.from({ length: N }, (_, i) => i));
}

/** Steps on batches of N; their losses. */
function train(network: Network, steps: number, N: number, lr = 1e-3): number[] {
  return Array.from({ length: steps }, (_, step) => {
    fill(network, N, step);
    const { loss } = network.gradients(N);
    network.update({ lr });
    return loss;
  });
}

function toReference(tensors: ReturnType<Network["tensors"]>): Tensors {
  return new Map([...tensors].map(([name, { shape, data }]) => [name, { shape, data: Float64Array.from(data) }]));
}

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
  await refuse({ head: { kind: "dense", wires: 13 } }, "wires", "13");
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

start("twins start with the thesis network's numbers wherever they have the same tensor", () => {
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

files("tensors taken out and loaded elsewhere make the same network, which goes on the same with its moments", () => {
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

const training = suite("network, training");

training("forward, loss and every gradient equal the f64 reference, in every build", () => {
  for (const [options, N] of [
    [THESIS, 3],
    [THESIS, 1],
    [SMALL, 5],
    [{ ...SMALL, classes: 64, channels: 3 }, 2],
    [SMALL, 37], // three groups of images, the last one smaller
    [{ ...SMALL, convolution: "direct" }, 5],
    [{ ...SMALL, head: { kind: "dense", wires: 3, width: 5 } }, 4],
    [{ ...SMALL, head: { kind: "series", wires: 3 } }, 4],
    [{ ...SMALL, head: { kind: "none", wires: 3 } }, 4],
    [{ ...SMALL, head: { kind: "logistic" } }, 4],
    [{ ...SMALL, head: { kind: "quantum", wires: 3, layers: 2, embedding: "iqp" } }, 5],
    [{ ...SMALL, head: { kind: "quantum", wires: 3, layers: 2, embedding: "amplitude" } }, 18],
  ] as [NetworkOptions, number][]) {
    const { height = 28, width = 28, channels, head } = options;
    const embedding = head.kind === "quantum" ? (head.embedding as ReferenceEmbedding | undefined) : undefined;
    const origin = createNetwork(strict, { ...options, seed: 4 });
    const { images, labels } = createImages(origin, N, 8);
    const tensors = toReference(origin.tensors());
    const shape = [height, width, channels];
    const behind = origin.layers.slice(5).map(({ name }) => name);
    const evaluated = forward(tensors, images, shape, "evaluation", embedding, undefined, behind).logits;
    const expected = gradients(tensors, images, labels, shape, embedding, behind);
    for (const engine of engines) {
      const network = createNetwork(engine, { ...options, tensors: origin.tensors() });
      assert.ok(relativeError(network.predict(images), evaluated) < 2e-5);
      network.batch(N).images.set(images);
      network.batch(N).labels.set(labels);
      const { loss, correct } = network.gradients(N);
      assert.ok(Math.abs(loss - expected.loss) < 1e-5, `loss ${loss} ${expected.loss}`);
      const logits = network.logits(N);
      assert.ok(relativeError(logits, expected.forward.logits) < 5e-5);
      const rows = Array.from(labels, (_, n) => logits.slice((n * logits.length) / N, ((n + 1) * logits.length) / N));
      assert.is(correct, rows.filter((row, n) => row.indexOf(Math.max(...row)) === labels[n]).length);
      for (const [name, { data }] of network.paramTensors("grads")) {
        const golden = expected.grads.get(name)!.data;
        if (/^layer.\.0\.bias$/.test(name)) {
          assert.ok(Math.max(...data.map(Math.abs)) < 1e-5, name);
          continue;
        }
        // As in parity/README.md: kinks of ReLU and pooling in the convolution blocks, none behind them.
        const difference = Math.hypot(...data.map((value, i) => value - golden[i])) / Math.hypot(...golden);
        const tolerance = name.startsWith("layer") ? 4e-2 : 2e-4;
        assert.ok(difference < tolerance, `${engine.build} ${name}: ${difference}`);
      }
      for (const [name, { data }] of network.tensors()) {
        if (name.includes("running")) assert.ok(relativeError(data, tensors.get(name)!.data) < 1e-5, name);
      }
    }
  }
});

training("a frozen run: ten losses and the fingerprint from seed 0, equal on strict and debug", async () => {
  for (const build of ["strict", "debug"] as const) {
    const network = createNetwork(await compileBuild(build), { ...THESIS, batchSize: 8 });
    const losses = train(network, 10, 8);
    assert.equal(losses, FROZEN.losses, build);
    assert.is(network.fingerprint(), FROZEN.fingerprint, build);
  }
});

training(
  "frozen features: batch norms as in inference, gradients of the rest equal the reference, nothing else moves",
  () => {
    const options: NetworkOptions = { ...SMALL, head: { kind: "logistic" }, freeze: "features" };
    const trained = createNetwork(strict, { ...options, freeze: "none", seed: 4 });
    train(trained, 3, 6); // running statistics that are not 0 and 1
    const network = createNetwork(strict, { ...options, tensors: trained.tensors() });
    const N = 21;
    const { images, labels } = createImages(network, N, 8);
    const before = toReference(network.tensors());
    const expected = gradients(before, images, labels, [17, 16, 1], undefined, ["fc"], "evaluation");
    network.batch(N).images.set(images);
    network.batch(N).labels.set(labels);
    const { loss } = network.gradients(N);
    assert.ok(Math.abs(loss - expected.loss) < 1e-5, `${loss} ${expected.loss}`);
    for (const [name, { data }] of network.paramTensors("grads")) {
      if (name.startsWith("layer")) assert.ok(data.every((value) => value === 0));
      else assert.ok(relativeError(data, expected.grads.get(name)!.data) < 1e-4, name);
    }
    network.update({ lr: 0.01, weightDecay: 0.1 });
    for (const [name, { data }] of network.tensors()) {
      const moved = data.some((value, i) => value !== before.get(name)!.data[i]);
      assert.is(moved, !name.startsWith("layer"), name);
    }
  },
);

training("a frozen quantum layer keeps its weights, and those before it learn through it", () => {
  const network = createNetwork(strict, { ...THESIS, freeze: "quantum" });
  const free = createNetwork(strict, THESIS);
  const before = network.tensors();
  assert.is(train(network, 1, 4)[0], train(free, 1, 4)[0]);
  assert.equal(network.paramTensors("grads").get("fc1.weight"), free.paramTensors("grads").get("fc1.weight"));
  network.update({ lr: 0.01, weightDecay: 0.1 });
  for (const [name, { data }] of network.tensors()) {
    assert.is(
      data.every((value, i) => value === before.get(name)!.data[i]),
      name.startsWith("quantum"),
      name,
    );
  }
});

training("it learns: the loss falls and every image is classified right", () => {
  const network = createNetwork(strict, { ...SMALL, classes: 2, seed: 1 });
  const losses = train(network, 60, 16, 3e-3);
  assert.ok(losses[59] < 0.5 * losses[0], `${losses[0]} → ${losses[59]}`);
  const { images, labels } = createImages(network, 30, 99);
  const logits = network.predict(images);
  labels.forEach((label, n) => {
    assert.is(Number(logits[2 * n + 1] > logits[2 * n]), label);
  });
});

training("a batch of one image trains", () => {
  const network = createNetwork(strict, THESIS);
  fill(network, 1, 3);
  const losses = Array.from({ length: 30 }, () => {
    const { loss } = network.gradients(1);
    network.update({ lr: 1e-3 });
    return loss;
  });
  assert.ok(losses.every(Number.isFinite));
  assert.ok(losses[29] < losses[0], losses.join(" "));
});

training("a hundred steps take no memory", () => {
  const network = createNetwork(strict, { ...SMALL, batchSize: 4 });
  const before = network.memoryBytes;
  for (const N of [4, 3, 1]) train(network, 34, N);
  network.predict(createImages(network, 23, 1).images);
  assert.is(network.memoryBytes, before);
});

training(
  "reserve keeps parameters, moments and running statistics, and training goes on as if nothing had been",
  () => {
    const [plain, grown] = [
      createNetwork(strict, { ...SMALL, batchSize: 6 }),
      createNetwork(strict, { ...SMALL, batchSize: 6 }),
    ];
    train(plain, 3, 6);
    train(grown, 3, 6);
    const { memoryBytes } = grown;
    grown.reserve(100);
    assert.is(grown.batchSize, 100);
    assert.ok(grown.memoryBytes > memoryBytes);
    assert.is(grown.fingerprint(), plain.fingerprint());
    assert.equal(grown.paramTensors("m"), plain.paramTensors("m"));
    assert.equal(train(grown, 3, 6), train(plain, 3, 6));
    assert.is(grown.fingerprint(), plain.fingerprint());
  },
);

training("a batch beyond all memory is refused, and the network goes on", async () => {
  const network = createNetwork(strict, SMALL);
  const before = network.fingerprint();
  await refused(() => network.reserve(1_000_000), "MiB", "smaller batch");
  await refused(() => network.reserve(0), "batch size", "0");
  assert.is(network.fingerprint(), before);
  assert.equal(train(network, 2, 4), train(createNetwork(strict, SMALL), 2, 4));
});

training(
  "predictions do not depend on how the images are cut into batches, and leave the network as it is",
  async () => {
    for (const engine of engines) {
      const [large, small] = [32, 3].map((batchSize) => createNetwork(engine, { ...SMALL, batchSize }));
      train(large, 2, 8);
      small.load(large.tensors());
      const { images } = createImages(large, 20, 5);
      const before = large.fingerprint();
      assert.equal(small.predict(images), large.predict(images), engine.build);
      assert.is(large.fingerprint(), before);
    }
    const network = createNetwork(strict, SMALL);
    assert.is(network.predict(new Uint8Array(0)).length, 0);
    await refused(() => network.predict(new Uint8Array(100)), "17 × 16 × 1", "100");
  },
);

training("predictions follow every change of parameters and of running statistics", () => {
  // Inference keeps its own filters, with batch norm folded in: each of these has to make them anew.
  const changes: Record<string, (network: Network) => void> = {
    "gradients, which move the running statistics": (network) => network.gradients(6),
    update: (network) => network.update({ lr: 1e-2 }),
    "a forward pass in training mode": (network) => network.forward(6, "training"),
    load: (network) => network.load(createNetwork(strict, { ...SMALL, seed: 5 }).tensors()),
    reserve: (network) => network.reserve(network.batchSize + 1),
    initialize: (network) => network.initialize(9),
  };
  for (const convolution of ["winograd", "direct"] as const) {
    const options = { ...SMALL, batchSize: 6, convolution };
    const network = createNetwork(strict, options);
    const { images } = createImages(network, 9, 1);
    const predict = () => {
      fill(network, 6, 2);
      return network.predict(images);
    };
    fill(network, 6, 2);
    network.gradients(6);
    let before = predict();
    for (const [name, change] of Object.entries(changes)) {
      assert.equal(predict(), before, "a second time, nothing has changed");
      fill(network, 6, 3);
      change(network);
      const after = predict();
      assert.equal(after, createNetwork(strict, { ...options, tensors: network.tensors() }).predict(images), name);
      if (name === "reserve") assert.equal(after, before);
      else assert.not.equal(after, before, name);
      before = after;
    }
  }
});

training("a pass that throws leaves no filters of training behind for predictions", async () => {
  const debug = await compileBuild("debug");
  const network = createNetwork(debug, { ...SMALL, batchSize: 6 });
  const { images } = createImages(network, 9, 1);
  network.predict(images);
  fill(network, 6, 2);
  network.batch(6).labels[3] = 250;
  await refused(() => network.gradients(6), "softmaxCrossEntropy");
  const { architecture } = network;
  const fresh = createNetwork(debug, { ...architecture, batchSize: 6, tensors: network.tensors() });
  assert.equal(network.predict(images), fresh.predict(images));
});

training("softmax of logits of any count sums to one a row", () => {
  const network = createNetwork(strict, { ...SMALL, batchSize: 4 });
  const logits = Float32Array.from({ length: 11 * 5 }, (_, i) => Math.sin(i) * 20);
  const probs = network.softmax(logits);
  for (let n = 0; n < 11; n++) {
    const row = [...probs.subarray(5 * n, 5 * n + 5)];
    assert.ok(Math.abs(row.reduce((a, b) => a + b) - 1) < 1e-6);
    assert.is(
      row.indexOf(Math.max(...row)),
      [...logits.subarray(5 * n, 5 * n + 5)].indexOf(Math.max(...logits.subarray(5 * n, 5 * n + 5))),
    );
  }
});

training(
  "augmentation depends on (seed, epoch, image) alone; class weights, smoothing and clipping take effect",
  () => {
    const network = createNetwork(strict, SMALL);
    fill(network, 6, 1);
    const loss = (options: Parameters<Network["gradients"]>[1]) => {
      network.initialize(0);
      return network.gradients(6, options).loss;
    };
    const augment = { flips: true, degrees: 15, seed: 1, epoch: 0 };
    assert.is(loss({ augment }), loss({ augment }));
    assert.is(
      new Set([
        loss({}),
        loss({ augment }),
        loss({ augment: { ...augment, epoch: 1 } }),
        loss({ augment: { ...augment, seed: 2 } }),
      ]).size,
      4,
    );
    assert.ok(Math.abs(loss({ classWeights: [1, 1, 1, 1, 1] }) - loss({})) < 1e-12);
    assert.is.not(loss({ classWeights: [1, 2, 3, 4, 5] }), loss({}));
    assert.is.not(loss({ labelSmoothing: 0.2 }), loss({}));
    network.update({ lr: 1e-3, clipNorm: 0.01 });
    const norm = Math.hypot(...[...network.paramTensors("grads").values()].flatMap(({ data }) => [...data]));
    assert.ok(Math.abs(norm - 0.01) < 1e-5, String(norm));
  },
);

training("dropout masks the features and their gradients alike, in training alone, and is in no file", async () => {
  const p = 0.25;
  const [network, plain] = [{ ...SMALL, dropout: p }, SMALL].map((options) => createNetwork(strict, options));
  assert.equal(network.tensors(), plain.tensors());
  assert.equal(network.architecture, plain.architecture);
  for (const each of [network, plain]) fill(each, 6, 3);
  const { images } = createImages(network, 9, 1);
  assert.equal(network.predict(images), plain.predict(images));
  for (const each of [network, plain]) fill(each, 6, 3);
  assert.is(network.gradients(6).loss, plain.gradients(6).loss, "without random numbers nothing is dropped");
  const loss = (epoch: number) => network.gradients(6, { dropout: { seed: 1, epoch } }).loss;
  assert.is(loss(0), loss(0));
  assert.is.not(loss(0), loss(1));
  network.initialize(0);
  loss(0);
  const [features, dropped] = ["layer5", "dropout"].map((name) => network.activation(name, 6));
  const masks = features
    .map((value, i) => (value === 0 ? Number.NaN : dropped[i] / value))
    .filter((m) => !Number.isNaN(m));
  assert.ok(masks.every((m) => m === 0 || Math.abs(m - 1 / (1 - p)) < 1e-6));
  const kept = masks.filter((m) => m > 0).length / masks.length;
  assert.ok(Math.abs(kept - (1 - p)) < 5 * Math.sqrt((p * (1 - p)) / masks.length), `${kept}`);
  await refused(() => createNetwork(strict, { ...SMALL, dropout: 1 }), "dropout", "below 1", "got 1");
});

training("gradients with dropout are the loss's slopes: what was dropped has none", () => {
  // Central differences of the loss along fc1's weights, masks being those of one (seed, epoch).
  const network = createNetwork(strict, { ...SMALL, dropout: 0.5, seed: 3, batchSize: 1 });
  fill(network, 1, 2);
  const draw = { dropout: { seed: 5, epoch: 2 } };
  network.gradients(1, draw);
  const grads = network.paramTensors("grads").get("fc1.weight")!.data;
  const dropped = network.activation("dropout", 1);
  const tensors = network.tensors();
  const start = tensors.get("fc1.weight")!;
  // One image: a feature that is 0 has no slope. Files run channel, row, column; activations row, column, channel.
  const K = dropped.length;
  const pixels = K / 64;
  for (let k = 0; k < K; k++) {
    const [channel, pixel] = [Math.floor(k / pixels), k % pixels];
    assert.is(grads[k] === 0, dropped[pixel * 64 + channel] === 0, `feature ${k}`);
  }
  const largest = grads.slice(0, K).reduce((best, g, i) => (Math.abs(g) > Math.abs(grads[best]) ? i : best), 0);
  const lossAt = (change: number) => {
    const data = start.data.with(largest, start.data[largest] + change);
    network.load(new Map(tensors).set("fc1.weight", { ...start, data }));
    return network.gradients(1, draw).loss;
  };
  const slope = (lossAt(0.01) - lossAt(-0.01)) / 0.02;
  assert.ok(Math.abs(slope / grads[largest] - 1) < 1e-2, `${slope} ${grads[largest]}`);
});

training("the moving average is the reference's, of parameters and running statistics, in every build", () => {
  for (const engine of engines) {
    const network = createNetwork(engine, { ...SMALL, seed: 2, batchSize: 4 });
    const values = () => [...network.tensors().values()].flatMap(({ data }) => [...data]);
    const averages = () => [...network.tensors("average").values()].flatMap(({ data }) => [...data]);
    const expected = Float64Array.from(values());
    assert.equal(averages(), values(), "it starts at the first parameters");
    for (let step = 1; step <= 8; step++) {
      fill(network, 4, step);
      network.gradients(4);
      network.update({ lr: 1e-2, ema: 0.5 });
      ema(expected, values(), Math.min(0.5, (1 + step) / (10 + step)));
    }
    assert.ok(relativeError(averages(), expected) < 1e-6, engine.build);
    network.update({ lr: 1e-2 });
    assert.ok(relativeError(averages(), expected) < 1e-6, "without ema it stays");
    network.load(network.tensors());
    assert.equal(averages(), values(), "load starts anew");
  }
});

training("swapAverage makes the network its average and back, and training goes on as if nothing had been", () => {
  const options = { ...SMALL, batchSize: 4 };
  const [network, plain] = [createNetwork(strict, options), createNetwork(strict, options)];
  const step = (network: Network, seed: number) => {
    fill(network, 4, seed);
    network.gradients(4);
    network.update({ lr: 1e-2, ema: 0.9 });
  };
  for (const each of [network, plain]) for (let i = 0; i < 3; i++) step(each, i);
  const { images } = createImages(network, 9, 1);
  const trained = network.predict(images);
  network.swapAverage();
  const averaged = createNetwork(strict, { ...options, tensors: plain.tensors("average") });
  assert.is(network.fingerprint(), averaged.fingerprint());
  assert.equal(network.predict(images), averaged.predict(images));
  assert.not.equal(network.predict(images), trained);
  network.swapAverage();
  assert.equal(network.predict(images), trained);
  network.reserve(11);
  for (const each of [network, plain]) step(each, 5);
  assert.is(network.fingerprint(), plain.fingerprint());
  assert.equal(network.tensors("average"), plain.tensors("average"));
  const resumed = createNetwork(strict, { ...options, tensors: plain.tensors() });
  for (const block of ["m", "v"] as const) resumed.loadMoment(block, plain.paramTensors(block));
  resumed.loadMoment("average", plain.tensors("average"));
  resumed.steps = plain.steps;
  for (const each of [resumed, plain]) step(each, 6);
  assert.equal(resumed.tensors("average"), plain.tensors("average"));
});

training("a rate beyond all numbers makes the next loss NaN, never a finite one", () => {
  for (const engine of engines) {
    for (const options of [THESIS, SMALL]) {
      const network = createNetwork(engine, { ...options, batchSize: 4 });
      fill(network, 4, 1);
      network.gradients(4);
      network.update({ lr: Number.POSITIVE_INFINITY });
      assert.ok(Number.isNaN(network.gradients(4).loss), engine.build);
    }
  }
});

training.run();
