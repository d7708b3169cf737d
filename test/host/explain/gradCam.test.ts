import { suite } from "uvu";
import * as assert from "uvu/assert";
import { gradCam } from "../../../host/explain/gradCam.ts";
import { bilinear } from "../../../host/explain/resample.ts";
import { createNetwork } from "../../../host/network/network.ts";
import { residualTrunk } from "../../../host/network/trunk.ts";
import { enlarge, gradCam as reference } from "../../reference/explain.ts";
import type { ReferenceEmbedding } from "../../reference/network.ts";
import { compileBuild, mayLack } from "../../util/builds.ts";
import { HEADS, randomImages, step, toReference } from "../../util/explain.ts";
import { numbers, relativeError } from "../../util/numbers.ts";
import { refused } from "../../util/refusal.ts";
import { some, thorough } from "../../util/thorough.ts";

const strict = await compileBuild("strict");
const engines = [strict];
if (thorough) engines.push(await compileBuild("debug"));
if (thorough && !mayLack("fast")) engines.push(await compileBuild("fast"));

const test = suite("gradCam");

test("equals the f64 reference to 1e-5 of its maximum, for every head, class and build", () => {
  let seen = 0;
  for (const [i, options] of some(3, HEADS).entries()) {
    const origin = createNetwork(strict, { ...options, seed: i, batchSize: 8 });
    for (let n = 0; n < 3; n++) step(origin, 8, n);
    const { tensors, behind } = toReference(origin);
    const { classes, channels, height, width, head } = origin.architecture;
    const embedding = "embedding" in head ? (head.embedding as ReferenceEmbedding) : undefined;
    const image = randomImages(origin, 1, 40 + i);
    const size = origin.layers.find(({ name }) => name === "layer5")!.outShape;
    for (const label of some(
      2,
      Array.from({ length: classes }, (_, i) => i),
    )) {
      const expected = reference(tensors, image, [height, width, channels], size, label, behind, embedding);
      for (const engine of engines) {
        const network = createNetwork(engine, { ...options, tensors: origin.tensors(), batchSize: 2 });
        const what = `${engine.build} ${JSON.stringify(head)} class ${label}`;
        const { map, cells, peak, label: explained, probs } = gradCam(network, image, label);
        assert.is(explained, label);
        assert.is(probs.length, classes);
        assert.ok(relativeError(network.gradientAt("layer5", one(classes, label)), expected.gradient) < 1e-5, what);
        if (Math.max(...expected.map) === 0) {
          assert.ok(peak === 0 && map.every((value) => value === 0), what);
          continue;
        }
        seen += 1;
        assert.ok(relativeError(map, expected.map) < 1e-5, `${what}: ${relativeError(map, expected.map)}`);
        assert.is(Math.max(...map), 1);
        assert.ok(relativeError(cells.values, expected.cells) < 1e-5, what);
        assert.ok(Math.abs(peak / Math.max(...expected.enlarged) - 1) < 1e-5, what);
      }
    }
  }
  assert.ok(seen >= (thorough ? 31 : 2), `${seen} maps that are not 0`);
});

test("the cells of another trunk are those of its last layer with convolutions", () => {
  const head = { kind: "dense", wires: 4 } as const;
  const options = { channels: 1, classes: 3, height: 37, width: 20, head, trunk: residualTrunk(8, 3) } as const;
  const network = createNetwork(strict, options);
  for (let n = 0; n < 3; n++) step(network, 8, n);
  const { layer, cells, map } = gradCam(network, randomImages(network, 1, 4), 1);
  assert.is(layer, "layer6");
  assert.equal([cells.height, cells.width, cells.values.length, map.length], [9, 5, 45, 37 * 20]);
  // the average over the image hands its gradient to all cells in equal parts
  const channels = network.gradientAt("average1", one(3, 1));
  const gradient = network.gradientAt("layer6", one(3, 1));
  assert.equal(
    gradient,
    Float32Array.from(gradient, (_, i) => channels[i % 32] / Math.fround(45)),
  );
});

test("the most probable class, unless another is asked for", async () => {
  const network = createNetwork(strict, HEADS[1]);
  const image = randomImages(network, 1, 3);
  const logits = network.predict(image);
  const { label, predicted, probs } = gradCam(network, image);
  assert.equal([label, predicted], Array(2).fill(logits.indexOf(Math.max(...logits))));
  assert.equal(probs, network.softmax(logits));
  assert.is(gradCam(network, image, 4 - label).predicted, predicted);
  for (const wrong of [-1, 5, 0.5]) await refused(() => gradCam(network, image, wrong), "label", "0 to 4", `${wrong}`);
  await refused(() => gradCam(network, image.subarray(1)), "17 × 16 × 1", "271", "toInput");
});

test("bilinear: the reference's, a map of its own size as it is, one value everywhere", () => {
  const sizes = [
    [4, 4, 28, 28],
    [2, 3, 17, 16],
    [5, 1, 9, 7],
    [9, 8, 4, 3],
  ];
  for (const [h, w, H, W] of sizes) {
    const cells = numbers(h * w, h + w);
    const actual = bilinear(cells, { height: h, width: w }, { height: H, width: W });
    assert.ok(relativeError(actual, enlarge(cells, [h, w], [H, W])) < 1e-6, `${sizes}`);
    assert.equal(bilinear(cells, { height: h, width: w }, { height: h, width: w }), cells);
  }
  assert.equal(bilinear([3], { height: 1, width: 1 }, { height: 2, width: 2 }), new Float32Array(4).fill(3));
});

function one(length: number, at: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Number(i === at));
}

test.run();
