import { suite } from "uvu";
import * as assert from "uvu/assert";
import { predictViews, TTA, type Tta } from "../../../host/evaluation/tta.ts";
import { createNetwork, type Network } from "../../../host/network/network.ts";
import { compileBuild } from "../../util/builds.ts";
import { integers } from "../../util/numbers.ts";
import { refused } from "../../util/refusal.ts";

const test = suite("tta");

const [H, W, C] = [16, 16, 3];
const SIZE = H * W * C;
const network = createNetwork(await compileBuild("strict"), {
  ...{ channels: C, classes: 3, height: H, width: W, batchSize: 4, seed: 5 },
  head: { kind: "dense", wires: 3 },
});
const images = integers(5 * SIZE, 3, 256);

/** Image of which pixel (y, x) is that of `image` at from(y, x). */
function moved(image: Uint8Array, from: (y: number, x: number) => [number, number]): Uint8Array {
  return Uint8Array.from(image, (_, i) => {
    const [y, x] = from(Math.floor(i / C / W), Math.floor(i / C) % W);
    return image[(y * W + x) * C + (i % C)];
  });
}

const transposed = (image: Uint8Array) => moved(image, (y, x) => [x, y]);
const mirrored = (image: Uint8Array) => moved(image, (y, x) => [y, W - 1 - x]);
const turned = (image: Uint8Array) => mirrored(transposed(image));
const again = (f: (image: Uint8Array) => Uint8Array, times: number) => (image: Uint8Array) =>
  Array.from({ length: times }).reduce((result: Uint8Array) => f(result), image);

/** The views of an image, built in another way than in the host. */
const VIEWS: Record<Exclude<Tta, "none">, (image: Uint8Array) => Uint8Array[]> = {
  flips: (image) => [image, mirrored(image), again(turned, 2)(image), again(turned, 2)(mirrored(image))],
  dihedral: (image) =>
    [0, 1, 2, 3].flatMap((quarters) => [again(turned, quarters)(image), again(turned, quarters)(mirrored(image))]),
  shifts: (image) => {
    const clamp = (i: number, n: number) => (i === -1 ? 1 : i === n ? n - 2 : i);
    return [
      [0, 0],
      [0, 1],
      [0, -1],
      [1, 0],
      [-1, 0],
    ].map(([dy, dx]) => moved(image, (y, x) => [clamp(y + dy, H), clamp(x + dx, W)]));
  },
};

function softmax(row: Float32Array): number[] {
  const exps = Array.from(row, (x) => Math.exp(x - Math.max(...row)));
  return exps.map((e) => e / exps.reduce((a, b) => a + b));
}

for (const [tta, views] of Object.entries(VIEWS)) {
  test(`${tta}: logits are the logarithms of the mean probability over the views, for any number of images`, () => {
    const logits = predictViews(network, images, tta as Tta);
    assert.is(logits.length, 15);
    for (let n = 0; n < 5; n++) {
      const seen = views(images.subarray(n * SIZE, (n + 1) * SIZE)).map((view) => softmax(network.predict(view)));
      for (let c = 0; c < 3; c++) {
        const mean = seen.reduce((sum, probs) => sum + probs[c], 0) / seen.length;
        assert.ok(Math.abs(Math.exp(logits[3 * n + c]) - mean) < 1e-6, `${n} ${c}`);
      }
    }
  });
}

test("none is predict; the eight symmetries see every image as they see it turned and mirrored", () => {
  assert.equal(predictViews(network, images, "none"), network.predict(images));
  const image = images.subarray(0, SIZE);
  const expected = predictViews(network, image, "dihedral");
  for (const change of [turned, mirrored, transposed]) {
    predictViews(network, change(image), "dihedral").forEach((value, i) => {
      assert.ok(Math.abs(value - expected[i]) < 1e-6);
    });
  }
});

test("probabilities too small for a number have a finite logarithm", () => {
  const extreme = {
    architecture: { height: 16, width: 16, channels: 3, classes: 2 },
    batchSize: 4,
    outputs: 2,
    predict: () => Float32Array.of(1000, -1000),
  } as unknown as Network;
  const [large, small] = predictViews(extreme, new Uint8Array(SIZE), "flips");
  assert.equal([large, small], [0, -2000]);
});

test("images that are not square have no eight symmetries; no images give no logits", async () => {
  const wide = createNetwork(network.engine, { ...network.architecture, width: 20 });
  await refused(() => predictViews(wide, new Uint8Array(16 * 20 * 3), "dihedral"), "square", "16×20");
  for (const tta of TTA) assert.is(predictViews(network, new Uint8Array(0), tta).length, 0);
});

test.run();
