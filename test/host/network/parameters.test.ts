import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fanInUniform, sizeOf, type TensorSpec, toFile, toMemory } from "../../../host/network/parameters.ts";

const test = suite("parameters");
const spec = (shape: number[], layout: TensorSpec["layout"]): TensorSpec => {
  return { name: "w", role: "param", shape, layout, init: { kind: "constant", value: 0 } };
};
const upTo = (n: number) => Float32Array.from({ length: n }, (_, i) => i);

test("a filter goes from PyTorch's (OC, C, 3, 3) to (3, 3, C, OC): a case done by hand", () => {
  const filter = spec([2, 3, 3, 3], { kind: "filter" });
  const memory = new Float32Array(54);
  toMemory(filter, upTo(54), memory);
  // (o, c, ky, kx) has index 27 o + 9 c + 3 ky + kx in the file
  assert.equal([...memory.subarray(0, 12)], [0, 27, 9, 36, 18, 45, 1, 28, 10, 37, 19, 46]);
  assert.is(memory[(3 * 2 + 1) * 6 + 2 * 2 + 1], 27 + 9 * 2 + 3 * 2 + 1);
});

test("a flattened weight goes from channel, row, column to row, column, channel: a case done by hand", () => {
  // one output, 2 channels of 1 × 3 pixels: the file holds channel 0, then channel 1
  const flattened = spec([1, 6], { kind: "flattened", channels: 2, pixels: 3 });
  const memory = new Float32Array(6);
  toMemory(flattened, [10, 11, 12, 20, 21, 22], memory);
  assert.equal([...memory], [10, 20, 11, 21, 12, 22]);
});

test("file to memory and back is the identity, and a permutation", () => {
  const size = fc.integer({ min: 1, max: 6 });
  const specs = fc.oneof(
    fc.tuple(size, size).map(([O, C]) => spec([O, C, 3, 3], { kind: "filter" })),
    fc
      .tuple(size, size, size)
      .map(([O, channels, pixels]) => spec([O, channels * pixels], { kind: "flattened", channels, pixels })),
    fc.tuple(size, size).map(([A, B]) => spec([A, B], { kind: "plain" })),
  );
  fc.assert(
    fc.property(specs, (tensor) => {
      const file = upTo(sizeOf(tensor.shape));
      const memory = new Float32Array(file.length);
      toMemory(tensor, file, memory);
      assert.equal(memory.toSorted(), file);
      assert.equal(toFile(tensor, memory), file);
      if (tensor.layout.kind === "plain") assert.equal(memory, file);
    }),
    { seed: 7 },
  );
});

test("the default bound is 1/√fan_in", () => {
  assert.equal(fanInUniform(144), { kind: "uniform", low: -1 / 12, high: 1 / 12 });
});

test.run();
