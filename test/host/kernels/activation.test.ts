import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reluBackward, reluForward, tanhBackward, tanhForward } from "../../reference/activation.ts";
import { checkKernel, engines, runKernel } from "../../util/kernels.ts";
import { numbers } from "../../util/numbers.ts";

const test = suite("activation");

for (const n of [1, 3, 4, 5, 17, 1024]) {
  const x = numbers(n, n, -4, 4);
  const dout = numbers(n, n + 1);

  test(`relu equals the reference: ${n} numbers`, () => {
    const y = reluForward(x);
    checkKernel(
      "relu",
      (blocks, kernels) => {
        const [out, dx] = [blocks.output(n), blocks.output(n)];
        kernels.reluForward(out, blocks.input(x), n);
        kernels.reluBackward(dx, blocks.input(dout), out, n);
        return { out: blocks.read(out, n), dx: blocks.read(dx, n) };
      },
      { out: y, dx: reluBackward(dout, y) },
      0,
    );
  });

  test(`tanh equals the reference: ${n} numbers`, () => {
    checkKernel(
      "tanh",
      (blocks, kernels) => {
        const [out, dx] = [blocks.output(n), blocks.output(n)];
        kernels.tanhForward(out, blocks.input(x), n);
        kernels.tanhBackward(dx, blocks.input(dout), out, n);
        return { out: blocks.read(out, n), dx: blocks.read(dx, n) };
      },
      { out: tanhForward(x), dx: tanhBackward(dout, x) },
      5e-7,
    );
  });
}

test("tanh is one f32 rounding from the true value, small and large", () => {
  const x = Float32Array.from(
    [0, 1e-30, 1e-8, 1e-4, 0.624, 0.625, 0.626, 1, 5, 9, 21.9, 22, 100, 3e38].flatMap((v) => [v, -v]),
  );
  for (const engine of engines) {
    const { out } = runKernel(engine, (blocks, kernels) => {
      const at = blocks.output(x.length);
      kernels.tanhForward(at, blocks.input(x), x.length);
      return { out: blocks.read(at, x.length) };
    });
    x.forEach((value, i) => {
      const expected = Math.tanh(value);
      assert.ok(Math.abs(out[i] - expected) <= 2 ** -24 * 1.01 * Math.abs(expected), `tanh ${value}: ${out[i]}`);
    });
  }
});

test("relu keeps NaN and works in place, tanh keeps NaN and reaches ±1", () => {
  const x = Float32Array.from([Number.NaN, -1, 2, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  for (const engine of engines) {
    const { relu, tanh } = runKernel(engine, (blocks, kernels) => {
      const [inPlace, out] = [blocks.inout(x), blocks.output(5)];
      kernels.reluForward(inPlace, inPlace, 5);
      kernels.tanhForward(out, blocks.input(x), 5);
      return { relu: blocks.read(inPlace, 5), tanh: blocks.read(out, 5) };
    });
    assert.equal([...relu], [Number.NaN, 0, 2, Number.POSITIVE_INFINITY, 0]);
    assert.equal([...tanh], [Number.NaN, Math.fround(Math.tanh(-1)), Math.fround(Math.tanh(2)), 1, -1]);
  }
});

test.run();
