import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Kernels } from "../../../host/engine/kernels.ts";
import { KernelError } from "../../../host/engine/load.ts";
import { reluBackward, reluForward } from "../../reference/activation.ts";
import {
  batchNorm2dBackward,
  batchNorm2dForward,
  batchStatistics,
  movedStatistics,
} from "../../reference/batchNorm2d.ts";
import { type ImageShape, maxPool2dBackward, maxPool2dForward } from "../../reference/maxPool2d.ts";
import { type Blocks, checkKernel, engines, type Outputs, runKernel } from "../../util/kernels.ts";
import { numbers, plus, relativeError } from "../../util/numbers.ts";

const EPSILON = 1e-5;
const image = (N: number, H: number, W: number, C: number): ImageShape => ({ N, H, W, C });
const title = ({ N, H, W, C }: ImageShape) => `${N}×${H}×${W}×${C}`;
const SHAPES = [
  image(1, 2, 2, 4),
  image(2, 3, 5, 8),
  image(3, 7, 4, 12),
  image(5, 5, 5, 20),
  image(17, 4, 3, 16),
  image(33, 3, 2, 4),
  image(3, 24, 24, 16),
  image(4, 9, 8, 64),
];

interface Case {
  x: Float32Array;
  w: Float32Array;
  b: Float32Array;
  dout: Float32Array;
  runningMean: Float32Array;
  runningVar: Float32Array;
}

function createCase({ N, H, W, C }: ImageShape, pool: boolean, seed: number): Case {
  const outputs = pool ? N * (H >> 1) * (W >> 1) * C : N * H * W * C;
  return {
    x: numbers(N * H * W * C, seed, -2, 3),
    w: numbers(C, seed + 1, -1.5, 1.5),
    b: numbers(C, seed + 2, -0.5, 0.5),
    dout: numbers(outputs, seed + 3),
    runningMean: numbers(C, seed + 4),
    runningVar: numbers(C, seed + 5, 0.5, 2),
  };
}

/** Statistics, forward and backward in training mode; gradients on top of ones that are there already. */
function train(shape: ImageShape, pool: boolean, { x, w, b, dout, runningMean, runningVar }: Case) {
  const { N, H, W, C } = shape;
  const [dw0, db0] = [numbers(C, 71), numbers(C, 72)];
  const run = (blocks: Blocks, kernels: Kernels): Outputs => {
    const at = { x: blocks.input(x), w: blocks.input(w), b: blocks.input(b), dout: blocks.input(dout) };
    const [mean, rstd, moments] = [blocks.output(C), blocks.output(C), blocks.output(2 * N * C)];
    const [rm, rv] = [blocks.inout(runningMean), blocks.inout(runningVar)];
    const [out, dx] = [blocks.output(dout.length), blocks.output(x.length)];
    const [dw, db] = [blocks.inout(dw0), blocks.inout(db0)];
    kernels.batchNorm2dStatistics(mean, rstd, rm, rv, at.x, moments, N, H * W, C, 0.1, EPSILON);
    const saved = [at.x, mean, rstd, at.w, at.b] as const;
    if (pool) {
      kernels.batchNorm2dReluMaxPool2dForward(out, ...saved, N, H, W, C);
      kernels.batchNorm2dReluMaxPool2dBackward(dx, dw, db, at.dout, ...saved, moments, N, H, W, C);
    } else {
      kernels.batchNorm2dReluForward(out, ...saved, N * H * W, C);
      kernels.batchNorm2dReluBackward(dx, dw, db, at.dout, ...saved, moments, N, H * W, C);
    }
    const { read } = blocks;
    return {
      ...{ mean: read(mean, C), rstd: read(rstd, C), rm: read(rm, C), rv: read(rv, C) },
      ...{ out: read(out, dout.length), dx: read(dx, x.length), dw: read(dw, C), db: read(db, C) },
    };
  };
  const expected = () => {
    const statistics = batchStatistics(x, C);
    const running = { mean: Float64Array.from(runningMean), variance: Float64Array.from(runningVar) };
    const moved = movedStatistics(running, statistics, N * H * W, 0.1);
    const activated = reluForward(batchNorm2dForward(x, statistics, w, b, EPSILON));
    const pooled = pool ? maxPool2dForward(activated, shape) : null;
    const unpooled = pooled ? maxPool2dBackward(dout, pooled.index, x.length) : dout;
    const { dx, dw, db } = batchNorm2dBackward(reluBackward(unpooled, activated), x, statistics, w, EPSILON);
    return {
      ...{ mean: statistics.mean, rstd: statistics.variance.map((v) => 1 / Math.sqrt(v + EPSILON)) },
      ...{ rm: moved.mean, rv: moved.variance },
      ...{ out: pooled ? pooled.out : activated, dx, dw: plus(dw0, dw), db: plus(db0, db) },
    };
  };
  return { run, expected };
}

// Sums of a sample run in f32 (up to 576 values here), over samples in f64.
const TOLERANCES = { mean: 2e-6, rstd: 2e-6, rm: 5e-7, rv: 1e-6, out: 1e-6, dx: 2e-6, dw: 2e-6, db: 2e-6 };

for (const pool of [false, true]) {
  const test = suite(`batchNorm2d, relu${pool ? ", maxPool2d" : ""}`);
  const normalize = (
    blocks: Blocks,
    kernels: Kernels,
    s: ImageShape,
    c: Case,
    mean: ArrayLike<number>,
    rstd: ArrayLike<number>,
  ) => {
    const out = blocks.output(c.dout.length);
    const read = [c.x, mean, rstd, c.w, c.b].map((values) => blocks.input(values)) as [
      never,
      never,
      never,
      never,
      never,
    ];
    if (pool) kernels.batchNorm2dReluMaxPool2dForward(out, ...read, s.N, s.H, s.W, s.C);
    else kernels.batchNorm2dReluForward(out, ...read, s.N * s.H * s.W, s.C);
    return blocks.read(out, c.dout.length);
  };

  SHAPES.forEach((s, i) => {
    test(`training equals the reference: ${title(s)}`, () => {
      const { run, expected } = train(s, pool, createCase(s, pool, 10 * (i + 1)));
      checkKernel(`batchNorm2d${pool ? "-pool" : ""} ${title(s)}`, run, expected(), TOLERANCES);
    });
  });

  test("evaluation uses the running statistics", () => {
    const s = image(3, 5, 6, 8);
    const c = createCase(s, pool, 3);
    const running = { mean: Float64Array.from(c.runningMean), variance: Float64Array.from(c.runningVar) };
    const activated = reluForward(batchNorm2dForward(c.x, running, c.w, c.b, EPSILON));
    checkKernel(
      `batchNorm2d-eval${pool ? "-pool" : ""}`,
      (blocks, kernels) => {
        const [mean, rstd] = [blocks.output(s.C), blocks.output(s.C)];
        kernels.batchNorm2dRunning(mean, rstd, blocks.input(c.runningMean), blocks.input(c.runningVar), s.C, EPSILON);
        const [m, r] = [blocks.read(mean, s.C), blocks.read(rstd, s.C)];
        return { out: normalize(blocks, kernels, s, c, m, r), mean: m };
      },
      { out: pool ? maxPool2dForward(activated, s).out : activated, mean: c.runningMean },
      1e-6,
    );
  });

  test("a mean a thousand times the deviation costs no accuracy", () => {
    const s = image(4, 8, 8, 8);
    const c = createCase(s, pool, 4);
    c.x = c.x.map((value) => value + 1000);
    const { run, expected } = train(s, pool, c);
    // The mean, rounded to f32, is off by up to 3e-5 of a deviation; everything behind it inherits that and no more.
    const behind = { rstd: 2e-6, out: 3e-5, dx: 1e-4, dw: 1e-4 };
    checkKernel(`batchNorm2d-offset${pool ? "-pool" : ""}`, run, expected(), { ...TOLERANCES, ...behind });
  });

  test("NaN in x and in dout is never masked", () => {
    const s = image(2, 4, 4, 4);
    for (const engine of engines) {
      const c = createCase(s, pool, 5);
      c.x[5] = Number.NaN;
      const { mean, rstd, out, dx } = runKernel(engine, train(s, pool, c).run);
      assert.ok(Number.isNaN(mean[1]) && Number.isNaN(rstd[1]), engine.build);
      out.forEach((value, i) => {
        assert.is(Number.isNaN(value), i % 4 === 1, `${engine.build} out ${i}`);
      });
      assert.ok(Number.isNaN(dx[1]));
      const evaluated = runKernel(engine, (blocks, kernels) => ({
        out: normalize(blocks, kernels, s, c, new Float32Array(4), new Float32Array(4).fill(1)),
      }));
      assert.ok(Number.isNaN(evaluated.out[pool ? 1 : 5]));
      const d = createCase(s, pool, 5);
      d.b.fill(10);
      d.dout[2] = Number.NaN;
      const backward = runKernel(engine, train(s, pool, d).run);
      assert.ok(Number.isNaN(backward.dx[2]) && Number.isNaN(backward.dw[2]) && Number.isNaN(backward.db[2]));
      assert.not(Number.isNaN(backward.dx[1]));
    }
  });

  test("forward does not depend on how a batch is cut", () => {
    const s = image(5, 5, 4, 8);
    const c = createCase(s, pool, 6);
    const [mean, rstd] = [numbers(8, 1), numbers(8, 2, 0.5, 2)];
    for (const engine of engines) {
      const forward = (first: number, N: number) =>
        runKernel(engine, (blocks, kernels) => {
          const x = c.x.subarray(first * 160, (first + N) * 160);
          const size = (c.dout.length / 5) * N;
          return {
            out: normalize(blocks, kernels, { ...s, N }, { ...c, x, dout: c.dout.subarray(0, size) }, mean, rstd),
          };
        }).out;
      assert.equal([...forward(0, 2), ...forward(2, 1), ...forward(3, 2)], [...forward(0, 5)]);
    }
  });

  test("the debug build refuses channels that are not a multiple of 4 and an empty batch, by the op's name", () => {
    const engine = engines.find(({ build }) => build === "debug")!;
    const { kernels } = engine;
    const at = engine.alloc(4096);
    const refused = (error: unknown) => error instanceof KernelError && error.message.startsWith("batchNorm2d: ");
    assert.throws(() => kernels.batchNorm2dStatistics(at, at, at, at, at, at, 1, 4, 6, 0.1, EPSILON), refused);
    assert.throws(() => kernels.batchNorm2dStatistics(at, at, at, at, at, at, 0, 4, 8, 0.1, EPSILON), refused);
    assert.throws(
      () =>
        pool
          ? kernels.batchNorm2dReluMaxPool2dForward(at, at, at, at, at, at, 1, 2, 2, 5)
          : kernels.batchNorm2dReluForward(at, at, at, at, at, at, 4, 5),
      refused,
    );
  });

  test.run();
}

const more = suite("batchNorm2d, the rest");

more("ties in a window go to its first element, and a window at or below zero gets no gradient", () => {
  const s = image(1, 2, 4, 4);
  const { x, w, b } = { x: new Float32Array(32), w: new Float32Array(4).fill(1), b: new Float32Array(4) };
  x.set([1, 1, 0, -1], 0); // window 0: all four equal 1 in channel 0, two in channel 1, all 0 in 2, all −1 in 3
  x.set([1, 0, 0, -1], 4);
  x.set([1, 1, 0, -1], 16);
  x.set([1, 0, 0, -1], 20);
  x.set([0, 0, 1, 1], 12); // window 1: the second of its first row, and one of its second row too
  x.set([0, 0, 0, 1], 28);
  for (const engine of engines) {
    const { db, chosen } = runKernel(engine, (blocks, kernels) => {
      const [dx, dw, at] = [blocks.output(32), blocks.inout(new Float32Array(4)), blocks.inout(new Float32Array(4))];
      // rstd 1 and mean 0 leave x as it is; what comes out beside the chosen element is the centring term alone.
      const [mean, rstd] = [blocks.input(new Float32Array(4)), blocks.input(new Float32Array(4).fill(1))];
      const dout = blocks.input(new Float32Array(8).fill(32));
      const read = [dout, blocks.input(x), mean, rstd, blocks.input(w), blocks.input(b)] as const;
      kernels.batchNorm2dReluMaxPool2dBackward(dx, dw, at, ...read, blocks.output(8), s.N, s.H, s.W, s.C);
      return { db: blocks.read(at, 4), chosen: blocks.read(dx, 32).map((value) => Number(value > 8)) };
    });
    assert.equal([...db], [32, 32, 32, 32]);
    // channels 0 and 1: pixel 0; channel 2 and 3: pixel 3, the first of its window that holds 1
    assert.equal([...chosen.subarray(0, 16)], [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1], engine.build);
    assert.ok(chosen.subarray(16).every((hit) => hit === 0));
  }
});

more("backward may write dx over dout where nothing is pooled", () => {
  const s = image(3, 4, 5, 8);
  const c = createCase(s, false, 8);
  const [mean, rstd] = [numbers(8, 1), numbers(8, 2, 0.5, 2)];
  for (const engine of engines) {
    const backward = (inPlace: boolean) =>
      runKernel(engine, (blocks, kernels) => {
        const dout = blocks.inout(c.dout);
        const dx = inPlace ? dout : blocks.output(c.x.length);
        const [dw, db] = [blocks.inout(new Float32Array(8)), blocks.inout(new Float32Array(8))];
        const read = [
          blocks.input(c.x),
          blocks.input(mean),
          blocks.input(rstd),
          blocks.input(c.w),
          blocks.input(c.b),
        ] as const;
        kernels.batchNorm2dReluBackward(dx, dw, db, dout, ...read, blocks.output(2 * 3 * 8), 3, 20, 8);
        return { dx: blocks.read(dx, c.x.length), dw: blocks.read(dw, 8), db: blocks.read(db, 8) };
      });
    for (const [key, values] of Object.entries(backward(true)))
      assert.is(relativeError(values, backward(false)[key]), 0);
  }
});

more.run();
