// What a pass and a step of training compute, against the float64 reference; a frozen run. The slow suite has every
// head and embedding, several groups of images, and the debug build's frozen run to its end.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNetwork, type Network, type NetworkOptions } from "../../../host/network/network.ts";
import { ema } from "../../reference/ema.ts";
import { forward, gradients, type ReferenceEmbedding } from "../../reference/network.ts";
import { compileBuild } from "../../util/builds.ts";
import { swept } from "../../util/kernels.ts";
import { createImages, fill, SMALL, THESIS, toReference, train } from "../../util/network.ts";
import { relativeError } from "../../util/numbers.ts";
import { refused } from "../../util/refusal.ts";
import { some, thorough } from "../../util/thorough.ts";

const strict = await compileBuild("strict");
const engines = await Promise.all(swept.map(({ build }) => compileBuild(build)));

/** Change these only together with a change that is meant to change the bits. */
const FROZEN = {
  losses: [
    0.6740150599169125, 0.6005000997420192, 0.58592015689617, 0.6862715658930574, 0.8170819305365509, 0.57742173713397,
    0.5977651850524696, 0.6218613218977187, 0.6214209772876178, 0.6119735129273776,
  ],
  fingerprint: "5c35076b64e79a934024201b7780b8a4ac2e9be4faea4f4b5d26f3c059c18d75",
};

const training = suite("network, training");

training("forward, loss and every gradient equal the f64 reference, in every build", () => {
  const cases: [NetworkOptions, number][] = [
    [THESIS, 1],
    [SMALL, 5],
    [{ ...SMALL, head: { kind: "quantum", wires: 3, layers: 2, embedding: "iqp" } }, 2],
    [{ ...SMALL, convolution: "direct" }, 3],
    [THESIS, 3],
    [{ ...SMALL, classes: 64, channels: 3 }, 2],
    [SMALL, 37], // three groups of images, the last one smaller
    [{ ...SMALL, head: { kind: "dense", wires: 3, width: 5 } }, 4],
    [{ ...SMALL, head: { kind: "series", wires: 3 } }, 4],
    [{ ...SMALL, head: { kind: "none", wires: 3 } }, 4],
    [{ ...SMALL, head: { kind: "logistic" } }, 4],
    [{ ...SMALL, head: { kind: "quantum", wires: 3, layers: 2, embedding: "amplitude" } }, 18],
  ];
  for (const [options, N] of some(4, cases)) {
    const { height = 28, width = 28, channels, head } = options;
    const embedding = "embedding" in head ? (head.embedding as ReferenceEmbedding | undefined) : undefined;
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
    const steps = build === "strict" || thorough ? 10 : 2;
    assert.equal(train(network, steps, 8), FROZEN.losses.slice(0, steps), build);
    if (steps === 10) assert.is(network.fingerprint(), FROZEN.fingerprint, build);
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
  "reserve keeps parameters, moments and running statistics, and training continues as if nothing had happened",
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

training("a batch that cannot be is refused, and the network stays usable", async () => {
  const network = createNetwork(strict, SMALL);
  const before = network.fingerprint();
  await refused(() => network.reserve(1_000_000), "batch size", "65536", "1000000");
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
    const augment = { flips: true, rotate: 15, seed: 1, epoch: 0 };
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

training(
  "swapAverage makes the network its average and back, and training continues as if nothing had happened",
  () => {
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
  },
);

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
