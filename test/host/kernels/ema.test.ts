import { suite } from "uvu";
import * as assert from "uvu/assert";
import { KernelError } from "../../../host/check.ts";
import { ema } from "../../reference/ema.ts";
import { checkKernel, engines, runKernel } from "../../util/kernels.ts";
import { numbers } from "../../util/numbers.ts";

const test = suite("ema");

for (const [n, decay] of [
  [4, 0.9],
  [20, 0.999],
  [1028, 0.18],
]) {
  test(`fifty steps equal the reference: ${n} numbers, decay ${decay}`, () => {
    const start = numbers(n, n);
    const expected = Float64Array.from(start);
    for (let step = 1; step <= 50; step++) ema(expected, numbers(n, n + step), decay);
    checkKernel(
      "ema",
      (blocks, kernels) => {
        const average = blocks.inout(start);
        for (let step = 1; step <= 50; step++) kernels.ema(average, blocks.input(numbers(n, n + step)), n, decay);
        return { average: blocks.read(average, n) };
      },
      { average: expected },
      1e-6,
    );
  });
}

test("equal numbers stay, to the bit; NaN reaches the average", () => {
  const values = numbers(8, 3);
  for (const engine of engines) {
    const run = (x: ArrayLike<number>) =>
      runKernel(engine, (blocks, kernels) => {
        const average = blocks.inout(values);
        kernels.ema(average, blocks.input(x), 8, 0.999);
        return { average: blocks.read(average, 8) };
      }).average;
    assert.equal(run(values), values);
    assert.equal([...run(values.with(5, Number.NaN))].map(Number.isNaN).indexOf(true), 5);
  }
});

test("the debug build refuses a count that is not a multiple of 4, by the op's name", () => {
  const engine = engines.find(({ build }) => build === "debug")!;
  const at = engine.alloc(64);
  assert.throws(
    () => engine.kernels.ema(at, at, 6, 0.9),
    (error: unknown) => error instanceof KernelError && error.message.startsWith("ema: "),
  );
});

test.run();
