import { suite } from "uvu";
import * as assert from "uvu/assert";
import { KernelError } from "../../../host/check.ts";
import { adam, clipGradNorm } from "../../reference/adam.ts";
import { checkKernel, engines, runKernel } from "../../util/kernels.ts";
import { numbers } from "../../util/numbers.ts";

const test = suite("adam");

for (const [n, weightDecay] of [
  [4, 0],
  [20, 0],
  [1028, 0.01],
]) {
  test(`fifty steps equal the reference: ${n} parameters, decay ${weightDecay}`, () => {
    const start = numbers(n, n);
    const grads = (step: number) => numbers(n, n + step, -1, 1).map((g, i) => g * 10 ** -(i % 8));
    const expected = { params: Float64Array.from(start), m: new Float64Array(n), v: new Float64Array(n) };
    for (let step = 1; step <= 50; step++) adam(expected, grads(step), step, { lr: 1e-3, weightDecay });
    // √v of the smallest gradients: 1e-8 beside an ε of 1e-8. lr · 50 is the farthest a parameter gets.
    checkKernel(
      "adam",
      (blocks, kernels) => {
        const zeros = new Float32Array(n);
        const [params, m, v] = [blocks.inout(start), blocks.inout(zeros), blocks.inout(zeros)];
        for (let step = 1; step <= 50; step++) {
          kernels.adam(params, m, v, blocks.input(grads(step)), n, step, 1e-3, 0.9, 0.999, 1e-8, weightDecay);
        }
        return { params: blocks.read(params, n), m: blocks.read(m, n), v: blocks.read(v, n) };
      },
      { ...expected },
      { params: 2e-6, m: 1e-6, v: 2e-6 },
    );
  });
}

test("the first step moves every parameter by the learning rate, against its gradient's sign", () => {
  for (const engine of engines) {
    const { params } = runKernel(engine, (blocks, kernels) => {
      const zeros = new Float32Array(4);
      const [at, m, v] = [blocks.inout(zeros), blocks.inout(zeros), blocks.inout(zeros)];
      kernels.adam(at, m, v, blocks.input(Float32Array.of(3, -2, 0, 1e-3)), 4, 1, 0.01, 0.9, 0.999, 1e-8, 0);
      return { params: blocks.read(at, 4) };
    });
    [-0.01, 0.01, 0, -0.01].forEach((value, i) => {
      assert.ok(Math.abs(params[i] - value) < 1e-6, `${i}: ${params[i]}`);
    });
  }
});

test("step 100,000 is as exact as the first", () => {
  const [n, step] = [8, 100_000];
  const [start, m, v, g] = [numbers(n, 1), numbers(n, 2), numbers(n, 3, 0, 1), numbers(n, 4)];
  const expected = { params: Float64Array.from(start), m: Float64Array.from(m), v: Float64Array.from(v) };
  adam(expected, g, step, { lr: 0.1 });
  checkKernel(
    "adam-late",
    (blocks, kernels) => {
      const at = blocks.inout(start);
      kernels.adam(at, blocks.inout(m), blocks.inout(v), blocks.input(g), n, step, 0.1, 0.9, 0.999, 1e-8, 0);
      return { params: blocks.read(at, n) };
    },
    { params: expected.params },
    5e-7,
  );
});

test("clipGradNorm scales what is longer than the limit and leaves the rest, and returns the norm before", () => {
  for (const [n, limit] of [
    [1, 0.1],
    [7, 0.5],
    [1001, 1],
    [12, 100],
  ]) {
    const grads = numbers(n, n, -0.9, 1);
    const expected = clipGradNorm(grads, limit);
    for (const engine of engines) {
      const run = () =>
        runKernel(engine, (blocks, kernels) => {
          const at = blocks.inout(grads);
          const norm = kernels.clipGradNorm(at, n, limit);
          assert.ok(Math.abs(norm - expected.norm) < 1e-12 * expected.norm);
          return { grads: blocks.read(at, n) };
        });
      const clipped = run().grads;
      if (expected.norm < limit) assert.equal(clipped, grads);
      clipped.forEach((g, i) => {
        assert.ok(Math.abs(g - expected.grads[i]) <= 2e-7 * Math.abs(expected.grads[i]));
      });
    }
  }
});

test("NaN gradients reach moments and parameters, and the norm", () => {
  for (const engine of engines) {
    const { params, m, v } = runKernel(engine, (blocks, kernels) => {
      const [at, mAt, vAt] = [1, 2, 3].map(() => blocks.inout(new Float32Array(4)));
      const grads = blocks.inout([1, Number.NaN, 1, 1]);
      kernels.adam(at, mAt, vAt, grads, 4, 1, 0.01, 0.9, 0.999, 1e-8, 0);
      assert.ok(Number.isNaN(kernels.clipGradNorm(grads, 4, 1)));
      return { params: blocks.read(at, 4), m: blocks.read(mAt, 4), v: blocks.read(vAt, 4) };
    });
    for (const values of [params, m, v]) assert.equal([...values].map(Number.isNaN), [false, true, false, false]);
  }
});

test("the debug build refuses a count that is not a multiple of 4 and step 0, by the op's name", () => {
  const engine = engines.find(({ build }) => build === "debug")!;
  const at = engine.alloc(64);
  const refused = (error: unknown) => error instanceof KernelError && error.message.startsWith("adam: ");
  assert.throws(() => engine.kernels.adam(at, at, at, at, 6, 1, 0.1, 0.9, 0.999, 1e-8, 0), refused);
  assert.throws(() => engine.kernels.adam(at, at, at, at, 4, 0, 0.1, 0.9, 0.999, 1e-8, 0), refused);
});

test.run();
