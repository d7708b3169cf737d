import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type OcclusionOptions, occlusion } from "../../../host/explain/occlusion.ts";
import { createNetwork, type Network } from "../../../host/network/network.ts";
import { occlusion as reference } from "../../reference/explain.ts";
import { compileBuild } from "../../util/builds.ts";
import { HEADS, randomImages, step } from "../../util/explain.ts";
import { relativeError } from "../../util/numbers.ts";
import { refused } from "../../util/refusal.ts";

const [strict, debug, threads] = await Promise.all([
  compileBuild("strict"),
  compileBuild("debug"),
  compileBuild("strict", 2),
]);

function expected(network: Network, image: Uint8Array, label: number, options: Parameters<typeof reference>[3]) {
  const { height, width, channels } = network.architecture;
  const probability = (picture: Uint8Array) => network.softmax(network.predict(picture))[label];
  return reference(probability, image, [height, width, channels], options);
}

const test = suite("occlusion");

test("equals a loop over predict, one image after the other, in both builds and with two threads", async () => {
  for (const [options, given] of [
    [HEADS[3], { size: 5, stride: 3, fill: [20] }],
    [HEADS[3], { size: 1, stride: 1, fill: [255] }],
    [HEADS[3], { size: 16, stride: 16, fill: [0] }],
    [HEADS[0], { size: 7, stride: 4, fill: [1, 128, 250] }],
  ] as const) {
    const origin = createNetwork(strict, { ...options, batchSize: 40 });
    for (let n = 0; n < 2; n++) step(origin, 16, n);
    const image = randomImages(origin, 1, 7);
    const golden = expected(origin, image, 1, given);
    const tensors = origin.tensors();
    const maps = [];
    for (const engine of [strict, debug, threads]) {
      const network = createNetwork(engine, { ...options, tensors, batchSize: 40 });
      await network.startThreads();
      const { map, label, probs, largestDrop, ...rest } = occlusion(network, image, 1, given);
      network.close();
      assert.is(label, 1);
      assert.equal([rest.size, rest.stride], [given.size, given.stride]);
      assert.ok(relativeError(map, golden) < 1e-6);
      assert.ok(largestDrop >= Math.max(...map) - 1e-7);
      assert.equal(probs, origin.softmax(origin.predict(image)));
      maps.push(map);
    }
    assert.equal(maps[1], maps[0], "debug");
    assert.equal(maps[2], maps[0], "two threads");
  }
});

test("of itself it takes patches of a quarter, in the image's mean colour", () => {
  const network = createNetwork(strict, HEADS[0]);
  const image = randomImages(network, 1, 9).map((value, i) => (i % 3 === 0 ? value >> 1 : value));
  const mean = [0, 1, 2].map((c) => Math.round(image.reduce((sum, v, i) => sum + (i % 3 === c ? v : 0), 0) / 784));
  const { map, label, size, stride, patches } = occlusion(network, image);
  assert.equal([size, stride, patches], [7, 2, 144]);
  assert.ok(relativeError(map, expected(network, image, label, { size, stride, fill: mean })) < 1e-6);
});

test("patches that cannot be are refused", async () => {
  const network = createNetwork(strict, HEADS[3]);
  const image = randomImages(network, 1, 9);
  const refuse = (options: OcclusionOptions, ...parts: string[]) =>
    refused(() => occlusion(network, image, 0, options), "occlusion", ...parts);
  await refuse({ size: 0 }, "size", "1 to 16", "got 0");
  await refuse({ size: 17 }, "size", "got 17");
  await refuse({ size: 4, stride: 5 }, "stride", "1 to 4", "got 5");
  await refuse({ stride: 0.5 }, "stride");
  await refuse({ fill: [1, 2, 3] }, "fill of 1", "got 3");
  await refused(() => occlusion(network, image, 5), "label", "0 to 4");
});

test.run();
