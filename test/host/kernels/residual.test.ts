// What the residual trunk adds to the kernels: the residual addition, and pooling that stands alone.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { KernelError } from "../../../host/check.ts";
import { averagePool2dBackward, averagePool2dForward } from "../../reference/averagePool2d.ts";
import { maxPool2dBackward, maxPool2dForward } from "../../reference/maxPool2d.ts";
import { checkKernel, engines, runKernel } from "../../util/kernels.ts";
import { integers, numbers } from "../../util/numbers.ts";

const test = suite("residual kernels");
const SHAPES = [
  ...[
    { N: 1, H: 1, W: 1, C: 4 },
    { N: 2, H: 2, W: 2, C: 4 },
    { N: 3, H: 7, W: 7, C: 16 },
    { N: 2, H: 5, W: 8, C: 12 },
  ],
  ...[
    { N: 1, H: 28, W: 28, C: 20 },
    { N: 2, H: 9, W: 4, C: 64 },
  ],
];

for (const shape of SHAPES) {
  const { N, H, W, C } = shape;
  const title = `${N}×${H}×${W}×${C}`;
  const size = N * H * W * C;
  const pooled = N * (H >> 1) * (W >> 1) * C;

  test(`maxPool2d equals the reference, bit for bit: ${title}`, () => {
    // few different values, so that windows have ties
    for (const x of [numbers(size, 1), Float32Array.from(integers(size, 2, 3))]) {
      const dout = numbers(pooled, 3);
      const expected = maxPool2dForward(x, shape);
      checkKernel(
        "maxPool2d",
        (blocks, kernels) => {
          const [out, dx, from] = [blocks.output(pooled), blocks.output(size), blocks.input(x)];
          kernels.maxPool2dForward(out, from, N, H, W, C);
          kernels.maxPool2dBackward(dx, blocks.input(dout), from, N, H, W, C);
          return { out: blocks.read(out, pooled), dx: blocks.read(dx, size) };
        },
        { out: expected.out, dx: maxPool2dBackward(dout, expected.index, size) },
        0,
      );
    }
  });

  test(`averagePool2d equals the reference: ${title}`, () => {
    const x = numbers(size, 4, -1, 5);
    const dout = numbers(N * C, 5);
    checkKernel(
      "averagePool2d",
      (blocks, kernels) => {
        const [out, dx] = [blocks.output(N * C), blocks.output(size)];
        kernels.averagePool2dForward(out, blocks.input(x), N, H * W, C);
        kernels.averagePool2dBackward(dx, blocks.input(dout), N, H * W, C);
        return { out: blocks.read(out, N * C), dx: blocks.read(dx, size) };
      },
      { out: averagePool2dForward(x, shape), dx: averagePool2dBackward(dout, shape) },
      1e-6,
    );
  });

  test(`batch norm, addition and ReLU equal the reference, and the same in parts: ${title}`, () => {
    const [x, identity] = [numbers(size, 6), numbers(size, 7)];
    const [mean, rstd, w, b] = [8, 9, 10, 11].map((seed) => numbers(C, seed, 0.5, 2));
    const rows = N * H * W;
    const normed = Float64Array.from(x, (value, i) => (value - mean[i % C]) * rstd[i % C] * w[i % C] + b[i % C]);
    const out = normed.map((value, i) => Math.max(0, value + identity[i]));
    checkKernel(
      "batchNorm2dAddRelu",
      (blocks, kernels) => {
        const [to, folded, sum] = [blocks.output(size), blocks.inout(normed), blocks.inout(x)];
        const [from, added] = [blocks.input(x), blocks.input(identity)];
        const [m, r, gamma, beta] = [mean, rstd, w, b].map((values) => blocks.input(values));
        kernels.batchNorm2dAddReluForward(to, from, added, m, r, gamma, beta, rows, C);
        kernels.addReluForward(folded, folded, added, size); // in place, as inference does
        kernels.add(sum, added, size);
        return { out: blocks.read(to, size), folded: blocks.read(folded, size), sum: blocks.read(sum, size) };
      },
      { out, folded: out, sum: x.map((value, i) => value + identity[i]) },
      1e-6,
    );
  });
}

test("an infinite b lets every gradient through the ReLU of batch norm's backward pass", () => {
  const [rows, C] = [30, 12];
  const [x, dout] = [numbers(rows * C, 1), numbers(rows * C, 2)];
  const [mean, rstd, w] = [3, 4, 5].map((seed) => numbers(C, seed, 0.5, 2));
  const sums = new Float64Array(2 * C);
  x.forEach((value, i) => {
    sums[i % C] += dout[i];
    sums[C + (i % C)] += dout[i] * (value - mean[i % C]);
  });
  checkKernel(
    "open",
    (blocks, kernels) => {
      const [to, open] = [blocks.output(2 * C), blocks.input(new Float32Array(C).fill(Number.POSITIVE_INFINITY))];
      const [m, r, gamma] = [mean, rstd, w].map((values) => blocks.input(values));
      kernels.batchNorm2dReluSums(to, blocks.input(dout), blocks.input(x), m, r, gamma, open, 1, rows, C, 0);
      return { sums: blocks.read(to, 2 * C) };
    },
    { sums },
    1e-6,
  );
});

test("NaN is never masked: not by max pooling, not by an addition before ReLU", () => {
  const x = Float32Array.from({ length: 16 }, (_, i) => (i === 5 ? Number.NaN : 1));
  const ones = new Float32Array(16).fill(1);
  for (const engine of engines) {
    const { out, sum } = runKernel(engine, (blocks, kernels) => {
      const [to, total] = [blocks.output(4), blocks.inout(x)];
      kernels.maxPool2dForward(to, blocks.input(x), 1, 2, 2, 4);
      kernels.addReluForward(total, total, blocks.input(ones), 16);
      return { out: blocks.read(to, 4), sum: blocks.read(total, 16) };
    });
    assert.equal([...out], [1, Number.NaN, 1, 1], engine.build);
    assert.ok(sum.every((value, i) => Number.isNaN(value) === (i === 5)));
  }
});

test("the debug build refuses channels that are not a multiple of 4, by the op's name", () => {
  const debug = engines.find(({ build }) => build === "debug")!;
  const refused = (op: string) => (error: unknown) =>
    error instanceof KernelError && error.message.startsWith(`${op}: `);
  const call = (run: Parameters<typeof runKernel>[1]) => () => runKernel(debug, run);
  assert.throws(
    call((blocks, kernels) => {
      kernels.maxPool2dForward(blocks.output(6), blocks.input(numbers(24, 1)), 1, 2, 2, 6);
      return {};
    }),
    refused("maxPool2d"),
  );
  assert.throws(
    call((blocks, kernels) => {
      kernels.averagePool2dForward(blocks.output(6), blocks.input(numbers(24, 1)), 1, 4, 6);
      return {};
    }),
    refused("averagePool2d"),
  );
});

test.run();
