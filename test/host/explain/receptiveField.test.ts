import { suite } from "uvu";
import * as assert from "uvu/assert";
import { layerOutputs } from "../../../host/explain/layers.ts";
import { kernelOf, seenBy, windowsOf } from "../../../host/explain/receptiveField.ts";
import { createNetwork } from "../../../host/network/network.ts";
import { compileBuild } from "../../util/builds.ts";
import { randomImages } from "../../util/explain.ts";

const engine = await compileBuild("strict");
const head = { kind: "dense", wires: 4 } as const;

const test = suite("receptiveField");

test("a value changes with no pixel outside of what it sees, and with some at every edge of it", () => {
  const network = createNetwork(engine, { channels: 1, classes: 2, head, seed: 3, convolution: "direct" });
  const [image] = [randomImages(network, 1, 4)];
  const before = layerOutputs(network, image);
  const { width } = network.architecture;
  const [row, column] = [13, 11];
  const changed = image.slice();
  changed[row * width + column] ^= 255;
  const after = layerOutputs(network, changed);
  const lists = network.layers.map(({ modules }) => windowsOf(modules));
  let seen = 0;
  before.forEach(({ shape, values }, layer) => {
    if (shape.length < 3) return;
    const windows = lists.slice(0, layer + 1).flatMap((list) => list ?? []);
    const [channels, height, across] = shape;
    const least = { top: 99, left: 99, bottom: -1, right: -1 };
    for (let at = 0; at < channels * height * across; at++) {
      if (values[at] === after[layer].values[at]) continue;
      const [top, left] = [Math.floor(at / across) % height, at % across];
      const patch = seenBy(windows, { top, left, bottom: top, right: left });
      const inside = patch.top <= row && row <= patch.bottom && patch.left <= column && column <= patch.right;
      assert.ok(inside, `layer ${layer + 1}, row ${top}, column ${left}`);
      least.top = Math.min(least.top, top);
      least.bottom = Math.max(least.bottom, top);
      seen++;
    }
    // The rows of this layer that see it: one less or more would be wrong.
    const rows = Array.from({ length: height }, (_, top) => top).filter((top) => {
      const patch = seenBy(windows, { top, left: 0, bottom: top, right: 0 });
      return patch.top <= row && row <= patch.bottom;
    });
    assert.equal([least.top, least.bottom], [rows[0], rows.at(-1)], `layer ${layer + 1}`);
  });
  assert.ok(seen > 0);
});

test("layers that see the whole image, and kernels, say so", () => {
  const network = createNetwork(engine, { channels: 3, classes: 2, head, seed: 3 });
  assert.is(windowsOf(network.layers.find(({ name }) => name === "fc1")!.modules), null);
  assert.is(kernelOf(network, "fc1", 0), null);
  assert.is(kernelOf(network, "layer1", 16), null);
  const kernel = kernelOf(network, "layer2", 5)!;
  const { data, shape } = network.tensors().get("layer2.0.weight")!;
  assert.equal([shape[1], shape[2]], [kernel.channels, kernel.size]);
  assert.equal([...kernel.weights], [...data.slice(5 * 16 * 9, 6 * 16 * 9)]);
  const deep = createNetwork(engine, {
    channels: 3,
    classes: 2,
    head,
    trunk: [{ type: "conv", channels: 8, pad: 1, pool: true }, { type: "residual" }],
  });
  assert.is(kernelOf(deep, "layer2", 0), null); // two convolutions
  assert.is(windowsOf(deep.layers[1].modules)?.length, 2);
});

test.run();
