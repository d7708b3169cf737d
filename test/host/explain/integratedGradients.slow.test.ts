import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fineMap } from "../../../host/explain/fineMap.ts";
import { gradCam } from "../../../host/explain/gradCam.ts";
import { integratedGradients } from "../../../host/explain/integratedGradients.ts";
import { createNetwork, type NetworkOptions } from "../../../host/network/network.ts";
import { residualTrunk } from "../../../host/network/trunk.ts";
import { enlarge } from "../../reference/explain.ts";
import { forward, inputGradient } from "../../reference/network.ts";
import { compileBuild } from "../../util/builds.ts";
import { HEADS, randomImages, step, toReference } from "../../util/explain.ts";
import { relativeError } from "../../util/numbers.ts";
import { refused } from "../../util/refusal.ts";

const strict = await compileBuild("strict");
const RESIDUAL: NetworkOptions = {
  ...{ channels: 1, classes: 4, height: 21, width: 18, trunk: residualTrunk(8, 3) },
  head: { kind: "quantum", wires: 3, layers: 1 },
};

/** A network that has trained a little, so that no running statistics are 0 and 1. */
function trained(options: NetworkOptions) {
  const network = createNetwork(strict, { ...options, seed: 5, batchSize: 16 });
  for (let n = 0; n < 3; n++) step(network, 12, n);
  const { tensors, behind } = toReference(network);
  const { channels, height, width } = network.architecture;
  return { network, tensors, behind, shape: [height, width, channels] };
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.hypot(...Array.from(a, (value, i) => value - b[i])) / Math.hypot(...Array.from(b));

const test = suite("integrated gradients and finer maps");

test("trace: logits as forward gives them, gradients at every layer and the input as the f64 reference", async () => {
  for (const options of [HEADS[0], HEADS[4], { ...HEADS[7], freeze: "features" as const }, RESIDUAL]) {
    const { network, tensors, behind, shape } = trained(options);
    const before = network.fingerprint();
    const images = randomImages(network, 2, 9);
    const { classes, trunk } = network.architecture;
    const logits = network.trace(network.normalized(images));
    const dlogits = Float32Array.from({ length: 2 * classes }, (_, i) => (i % classes === 1 ? 1 : 0));
    const found = new Map(
      [...network.layers, { name: "input" }].map(({ name }) => [name, network.gradientAt(name, dlogits)]),
    );
    const expected = inputGradient(tensors, images, shape, Float64Array.from(dlogits), behind, trunk);
    for (const [name, gradient] of expected) {
      const off = distance(found.get(name)!, gradient);
      assert.ok(off < 1e-2, `${JSON.stringify(options.head)} ${name}: ${off}`);
    }
    assert.ok(expected.has("input") && expected.has("layer1"));
    assert.ok(expected.size >= network.layers.length - 1, `${expected.size}`);
    assert.ok(relativeError(logits, network.predict(images)) < 1e-5);
    assert.is(network.fingerprint(), before);
    // an evaluation behind it folds anew, and training goes where it would have gone
    await refused(() => network.gradientAt("input", dlogits), "input", "trace");
  }
});

test("a trace between steps of training does not change where they end", () => {
  const ends = [false, true].map((traced) => {
    const network = createNetwork(strict, { ...RESIDUAL, seed: 2, batchSize: 8 });
    for (let n = 0; n < 3; n++) {
      step(network, 8, n);
      if (traced) integratedGradients(network, randomImages(network, 1, n));
    }
    return network.fingerprint();
  });
  assert.is(ends[1], ends[0]);
});

test("integrated gradients: the pixels add up to the change of the logit to 1e-3, for every head and both trunks", () => {
  for (const options of [...HEADS, RESIDUAL]) {
    const { network } = trained(options);
    const image = randomImages(network, 1, 3);
    for (const label of [1]) {
      const { map, logit, baseline, sum, gap, ...rest } = integratedGradients(network, image, label);
      const what = JSON.stringify(options.head);
      assert.is(rest.label, label);
      assert.ok(gap <= 1e-3, `${what}: ${gap}`);
      assert.ok(Math.abs(map.reduce((total, value) => total + value, 0) - (logit - baseline)) <= 1e-3, what);
      assert.ok(Math.abs(sum - (logit - baseline)) <= 1e-3, what);
      const classes = network.architecture.classes;
      const logits = network.predict(Uint8Array.from([...image, ...new Uint8Array(image.length)]));
      assert.ok(Math.abs(logit - logits[label]) < 1e-4 && Math.abs(baseline - logits[classes + label]) < 1e-4, what);
    }
  }
});

test("integrated gradients equal those of the f64 reference on 200 even pieces; a black image has none", () => {
  const { network, tensors, behind, shape } = trained(HEADS[3]);
  const image = randomImages(network, 1, 3);
  const { classes } = network.architecture;
  const dlogits = Float64Array.from({ length: classes }, (_, k) => Number(k === 2));
  const expected = new Float64Array(image.length);
  for (let piece = 0; piece < 200; piece++) {
    const between = Float64Array.from(image, (value) => (value * (piece + 0.5)) / 200);
    const gradient = inputGradient(tensors, between, shape, dlogits, behind).get("input")!;
    gradient.forEach((value, i) => {
      expected[i] += (value * image[i] * 2) / 255 / 200;
    });
  }
  const { map } = integratedGradients(network, image, 2);
  assert.ok(distance(map, expected) < 3e-2, `${distance(map, expected)}`);
  const nothing = integratedGradients(network, new Uint8Array(image.length), 2);
  assert.ok(nothing.map.every((value) => value === 0) && nothing.sum === 0 && nothing.gap === 0);
});

test("the same bits on two threads", async () => {
  const results: unknown[] = [];
  for (const threads of [1, 2]) {
    const network = createNetwork(await compileBuild("strict", threads), { ...RESIDUAL, seed: 3 });
    await network.startThreads();
    step(network, 20, 1);
    const image = randomImages(network, 1, 4);
    results.push([integratedGradients(network, image), fineMap(network, image)]);
    network.close();
  }
  assert.equal(results[1], results[0]);
});

test("finer maps equal the f64 reference at every layer with convolutions, by both methods", () => {
  for (const options of [HEADS[0], RESIDUAL]) {
    const { network, tensors, behind, shape } = trained(options);
    const image = randomImages(network, 1, 8);
    const { classes, trunk } = network.architecture;
    const dlogits = Float64Array.from({ length: classes }, (_, k) => Number(k === 1));
    const gradients = inputGradient(tensors, image, shape, dlogits, behind, trunk);
    const activations = forward(tensors, image, shape, "evaluation", undefined, undefined, behind, trunk).activations;
    for (const { name, outShape } of network.layers.filter((layer) => layer.name.startsWith("layer"))) {
      for (const method of ["layerCam", "hiResCam"] as const) {
        const [g, a] = [gradients.get(name)!, activations.get(name)!];
        const cells = new Float64Array(outShape[0] * outShape[1]);
        g.forEach((value, i) => {
          cells[Math.floor(i / outShape[2])] += (method === "layerCam" ? Math.max(0, value) : value) * a[i];
        });
        const enlarged = enlarge(
          cells.map((value) => Math.max(0, value)),
          outShape,
          shape,
        );
        const largest = Math.max(...enlarged);
        const { map, peak, layer, label } = fineMap(network, image, 1, { method, layer: name });
        assert.equal([layer, label], [name, 1]);
        if (largest === 0) assert.is(peak, 0);
        else
          assert.ok(
            distance(
              map,
              enlarged.map((value) => value / largest),
            ) < 2e-2,
            `${method} ${name}`,
          );
      }
    }
  }
});

test("by default the cells are the finest; another layer by its name", async () => {
  const { network } = trained(HEADS[0]);
  const image = randomImages(network, 1, 8);
  const { layer, cells } = fineMap(network, image);
  assert.equal([layer, cells.height, cells.width], ["layer1", 26, 26]);
  assert.is(gradCam(network, image).layer, "layer5");
  await refused(() => fineMap(network, image, 0, { layer: "layer9" }), "layer9");
  await refused(() => fineMap(network, image, 7), "label", "0 to 1");
  await refused(() => integratedGradients(network, image, 2), "label", "0 to 1");
});

test.run();
