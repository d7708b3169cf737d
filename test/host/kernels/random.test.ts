import { suite } from "uvu";
import * as assert from "uvu/assert";
import { u32 } from "../../../host/engine/memory.ts";
import { draw, permutation, philox4x32, uniform01 } from "../../reference/random.ts";
import { engines, runKernel } from "../../util/kernels.ts";

const test = suite("random");

// Random123's kat_vectors: https://github.com/DEShawResearch/random123/blob/main/tests/kat_vectors (counter, key,
// result)
const KNOWN = [
  ["00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
  ["ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"],
  ["243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"],
];

test("the reference generator gives the published vectors", () => {
  const words = (text: string) => text.split(" ").map((word) => Number.parseInt(word, 16));
  for (const [counter, key, result] of KNOWN) assert.equal(philox4x32(words(counter), words(key)), words(result));
});

const KEYS = [
  [0, 0, 0],
  [1, 2, 3],
  [0xffffffff, 0x80000000, 0xfffffffe],
  [12345, 3, 70000],
];

test("uniform draws are the reference's, bit for bit, in every build", () => {
  for (const [seed, stream, substream] of KEYS) {
    const expected = Float32Array.from({ length: 33 }, (_, i) => uniform01(seed, stream, substream, i));
    for (const engine of engines) {
      const { out } = runKernel(engine, (blocks, kernels) => {
        const at = blocks.output(33);
        kernels.uniform(at, 33, 0, 1, seed, stream, substream);
        return { out: blocks.read(at, 33) };
      });
      assert.equal(out, expected, engine.build);
      if (seed === 0) assert.is(out[0], (0x6627e8d5 >>> 8) / 2 ** 24);
    }
  }
});

test("permutations are the reference's in every build, and hold every index once", () => {
  for (const n of [0, 1, 2, 3, 10, 257]) {
    for (const [seed, stream, substream] of KEYS) {
      for (const engine of engines) {
        runKernel(engine, (blocks, kernels) => {
          const at = blocks.output(n);
          kernels.permutation(at, n, seed, stream, substream);
          const order = [...u32(engine, at, n)];
          assert.equal(order, permutation(n, seed, stream, substream));
          assert.equal(
            order.toSorted((a, b) => a - b),
            [...Array(n).keys()],
          );
          return {};
        });
      }
    }
  }
});

test("uniform draws fill their range evenly: mean, variance, lag-1 correlation and bounds of 100,000", () => {
  const n = 100_000;
  const { out } = runKernel(engines[0], (blocks, kernels) => {
    const at = blocks.output(n);
    kernels.uniform(at, n, -2, 3, 42, 1, 0);
    return { out: blocks.read(at, n) };
  });
  const mean = out.reduce((sum, value) => sum + value, 0) / n;
  const variance = out.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
  const lag = out.slice(1).reduce((sum, value, i) => sum + (value - mean) * (out[i] - mean), 0) / n / variance;
  // five standard errors each
  assert.ok(Math.abs(mean - 0.5) < (5 * Math.sqrt(25 / 12)) / Math.sqrt(n));
  assert.ok(Math.abs(variance - 25 / 12) < 0.03);
  assert.ok(Math.abs(lag) < 5 / Math.sqrt(n));
  assert.ok(out.every((value) => value >= -2 && value < 3));
});

test("every place of a permutation gets every index equally often", () => {
  const counts = new Float64Array(25);
  const rounds = 5000;
  runKernel(engines[0], (blocks, kernels) => {
    const at = blocks.output(5);
    for (let round = 0; round < rounds; round++) {
      kernels.permutation(at, 5, 7, 2, round);
      u32(engines[0], at, 5).forEach((value, i) => {
        counts[i * 5 + value] += 1;
      });
    }
    return {};
  });
  // binomial with p = 1/5: five standard deviations
  for (const count of counts) assert.ok(Math.abs(count - rounds / 5) < 5 * Math.sqrt((rounds * 4) / 25), String(count));
});

test("seeds, streams and substreams are different sequences", () => {
  const first = new Set(
    [
      [0, 0, 0],
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ].map(([seed, stream, substream]) => draw(seed, stream, substream, 0)),
  );
  assert.is(first.size, 4);
});

test.run();
