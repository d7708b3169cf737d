import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { KernelError } from "../../../host/check.ts";
import type { Kernels } from "../../../host/engine/kernels.ts";
import { type LinearShape, linearBackward, linearForward } from "../../reference/linear.ts";
import { type Blocks, checkKernel, engines, type Outputs, runKernel } from "../../util/kernels.ts";
import { numbers, plus } from "../../util/numbers.ts";

const test = suite("linear");
const TOLERANCES = { out: 1e-6, dx: 1e-6, dw: 1e-6, db: 1e-6 };

function check(shape: LinearShape, seed: number, tolerance: Record<string, number> = TOLERANCES): void {
  const { N, K, O } = shape;
  const [x, w, b] = [numbers(N * K, seed), numbers(O * K, seed + 1), numbers(O, seed + 2)];
  const [dout, dw0, db0] = [numbers(N * O, seed + 3), numbers(O * K, seed + 4), numbers(O, seed + 5)];
  const { dx, dw, db } = linearBackward(dout, x, w, shape);
  const run = (blocks: Blocks, kernels: Kernels): Outputs => {
    const [xAt, wAt, out, dxAt] = [blocks.input(x), blocks.input(w), blocks.output(N * O), blocks.output(N * K)];
    const [dwAt, dbAt] = [blocks.inout(dw0), blocks.inout(db0)];
    kernels.linearForward(out, xAt, wAt, blocks.input(b), N, K, O);
    kernels.linearBackward(dxAt, dwAt, dbAt, blocks.input(dout), xAt, wAt, N, K, O);
    const { read } = blocks;
    return { out: read(out, N * O), dx: read(dxAt, N * K), dw: read(dwAt, O * K), db: read(dbAt, O) };
  };
  const expected = { out: linearForward(x, w, b, shape), dx, dw: plus(dw0, dw), db: plus(db0, db) };
  checkKernel(`linear ${N}×${K} → ${O}`, run, expected, tolerance);
}

const SHAPES = [
  [1, 1, 1],
  [2, 3, 2],
  [3, 4, 5],
  [5, 15, 1],
  [17, 16, 4],
  [33, 19, 3],
  [64, 1024, 4],
  [2, 67, 64],
];
SHAPES.forEach(([N, K, O], i) => {
  test(`forward and backward equal the reference: ${N}×${K} → ${O}`, () => check({ N, K, O }, 10 * (i + 1)));
});

test("forward and backward equal the reference on shapes drawn at random", () => {
  // A handful of outputs may all cancel: their largest is small against the terms.
  const loose = { out: 5e-6, dx: 5e-6, dw: 5e-6, db: 5e-6 };
  const size = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(size, size, size, (N, K, O) => check({ N, K, O }, N + 50 * K + 2500 * O, loose)),
    { seed: 7, numRuns: 60 },
  );
});

test("NaN reaches every output it is a term of, and no other", () => {
  for (const engine of engines) {
    const x = numbers(3 * 21, 1);
    x[21 + 20] = Number.NaN;
    const { out } = runKernel(engine, (blocks, kernels) => {
      const at = blocks.output(6);
      kernels.linearForward(at, blocks.input(x), blocks.input(numbers(42, 2)), blocks.input(numbers(2, 3)), 3, 21, 2);
      return { out: blocks.read(at, 6) };
    });
    assert.equal([...out].map(Number.isNaN), [false, false, true, true, false, false], engine.build);
  }
});

test("the debug build refuses an empty shape by the op's name", () => {
  const engine = engines.find(({ build }) => build === "debug")!;
  const { kernels } = engine;
  const at = engine.alloc(64);
  const refused = (error: unknown) => error instanceof KernelError && error.message.startsWith("linear: empty shape");
  assert.throws(() => kernels.linearForward(at, at, at, at, 1, 0, 1), refused);
  assert.throws(() => kernels.linearBackward(at, at, at, at, at, at, 1, 1, 0), refused);
});

test.run();
