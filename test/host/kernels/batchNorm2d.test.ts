import { suite } from "uvu";
import * as assert from "uvu/assert";
import { KernelError } from "../../../host/check.ts";
import type { Kernels } from "../../../host/engine/kernels.ts";
import { NONE, offset } from "../../../host/engine/memory.ts";
import { reluBackward, reluForward } from "../../reference/activation.ts";
import {
  batchNorm2dBackward,
  batchNorm2dForward,
  batchStatistics,
  movedStatistics,
} from "../../reference/batchNorm2d.ts";
import { conv2dForward } from "../../reference/conv2d.ts";
import { type ImageShape, maxPool2dBackward, maxPool2dForward } from "../../reference/maxPool2d.ts";
import type { TestEngine } from "../../util/engine.ts";
import { type Blocks, checkKernel, engines, type Outputs, runKernel, swept } from "../../util/kernels.ts";
import { numbers, plus, relativeError, sameBits } from "../../util/numbers.ts";

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
  image(2, 5, 3, 68),
];

/** How a batch is cut: groups of `size` images, of which a kernel sees at most `block` at once. */
interface Cut {
  size: number;
  block: number;
}

/**
 * Everything at once; one image a group; several images a group, in blocks, and a smaller last group where N does not
 * divide.
 */
const CUTS: Cut[] = [
  { size: 64, block: 64 },
  { size: 1, block: 1 },
  { size: 4, block: 3 },
  { size: 16, block: 5 },
];

/** Visits the blocks of a batch: images n … n + count − 1 of a group; add: not the first of the group. */
function eachBlock(
  N: number,
  { size, block }: Cut,
  visit: (n: number, count: number, group: number, add: number) => void,
) {
  for (let first = 0; first < N; first += size) {
    for (let n = first; n < Math.min(N, first + size); n += block) {
      visit(n, Math.min(block, N - n, first + size - n), first / size, Number(n > first));
    }
  }
}

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
function train(s: ImageShape, pool: boolean, { x, w, b, dout, runningMean, runningVar }: Case, cut: Cut = CUTS[0]) {
  const { N, H, W, C } = s;
  const [dw0, db0] = [numbers(C, 71), numbers(C, 72)];
  const groups = Math.ceil(N / cut.size);
  const run = (blocks: Blocks, kernels: Kernels): Outputs => {
    const at = { x: blocks.input(x), w: blocks.input(w), b: blocks.input(b), dout: blocks.input(dout) };
    const [mean, rstd] = [blocks.output(C), blocks.output(C)];
    const [moments, sums, slopes] = [
      blocks.output(3 * groups * C),
      blocks.output(2 * groups * C),
      blocks.output(2 * C),
    ];
    const [rm, rv] = [blocks.inout(runningMean), blocks.inout(runningVar)];
    const [out, dx] = [blocks.output(dout.length), blocks.output(x.length)];
    const [dw, db] = [blocks.inout(dw0), blocks.inout(db0)];
    const image = (pointer: typeof dx, n: number) => offset(pointer, 4 * n * H * W * C);
    const result = (pointer: typeof dx, n: number) => offset(pointer, (4 * n * dout.length) / N);
    eachBlock(N, cut, (n, count, group, add) => {
      kernels.batchNorm2dMoments(offset(moments, group * 12 * C), image(at.x, n), count, H * W, C, add);
    });
    kernels.batchNorm2dStatistics(mean, rstd, rm, rv, moments, N, cut.size, H * W, C, 0.1, EPSILON);
    const norm = [mean, rstd, at.w, at.b] as const;
    eachBlock(N, cut, (n, count) => {
      const [to, from] = [result(out, n), image(at.x, n)];
      if (pool) kernels.batchNorm2dReluMaxPool2dForward(to, from, ...norm, count, H, W, C);
      else kernels.batchNorm2dReluForward(to, from, ...norm, count * H * W, C);
    });
    eachBlock(N, cut, (n, count, group, add) => {
      const [to, dy, from] = [offset(sums, group * 8 * C), result(at.dout, n), image(at.x, n)];
      if (pool) kernels.batchNorm2dReluMaxPool2dSums(to, dy, from, ...norm, count, H, W, C, add);
      else kernels.batchNorm2dReluSums(to, dy, from, ...norm, count, H * W, C, add);
    });
    kernels.batchNorm2dGradients(slopes, dw, db, sums, rstd, groups, N * H * W, C);
    eachBlock(N, cut, (n, count) => {
      const [to, dy, from] = [image(dx, n), result(at.dout, n), image(at.x, n)];
      if (pool) kernels.batchNorm2dReluMaxPool2dCentre(to, dy, from, ...norm, slopes, count, H, W, C);
      else kernels.batchNorm2dReluCentre(to, dy, from, ...norm, slopes, count * H * W, C);
    });
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
    const pooled = pool ? maxPool2dForward(activated, s) : null;
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

// Sums of an image run in f32 (up to 576 values here), those of a group's images too, over groups in f64.
const TOLERANCES = { mean: 2e-6, rstd: 1.5e-6, rm: 2e-7, rv: 4e-7, out: 1e-6, dx: 1e-6, dw: 1e-6, db: 1e-6 };

for (const pool of [false, true]) {
  const kind = `batchNorm2d${pool ? "-pool" : ""}`;
  const test = suite(`batchNorm2d, relu${pool ? ", maxPool2d" : ""}`);

  /** Forward with given statistics. */
  const normalize = (engine: TestEngine, s: ImageShape, c: Case, mean: Float32Array, rstd: Float32Array) =>
    runKernel(engine, (blocks, kernels) => {
      const out = blocks.output(c.dout.length);
      const [x, m, r, w, b] = [c.x, mean, rstd, c.w, c.b].map((values) => blocks.input(values));
      if (pool) kernels.batchNorm2dReluMaxPool2dForward(out, x, m, r, w, b, s.N, s.H, s.W, s.C);
      else kernels.batchNorm2dReluForward(out, x, m, r, w, b, s.N * s.H * s.W, s.C);
      return { out: blocks.read(out, c.dout.length) };
    }).out;

  SHAPES.forEach((s, i) => {
    test(`training equals the reference however the batch is cut: ${title(s)}`, () => {
      const c = createCase(s, pool, 10 * (i + 1));
      for (const cut of CUTS) {
        const { run, expected } = train(s, pool, c, cut);
        checkKernel(`${kind} ${title(s)} ${cut.size}/${cut.block}`, run, expected(), TOLERANCES);
      }
    });
  });

  test("a mean a thousand times the deviation costs no accuracy", () => {
    const s = image(4, 8, 8, 8);
    const c = createCase(s, pool, 4);
    c.x = c.x.map((value) => value + 1000);
    // The mean, rounded to f32, is off by up to 3e-5 of a deviation; everything behind it inherits that and no more.
    const behind = { out: 3e-5, dx: 2e-6, dw: 3e-5 };
    for (const cut of CUTS) {
      const { run, expected } = train(s, pool, c, cut);
      checkKernel(`${kind}-offset ${cut.size}`, run, expected(), { ...TOLERANCES, ...behind });
    }
  });

  test("groups whose means lie far apart add up", () => {
    const s = image(6, 4, 4, 8);
    const c = createCase(s, pool, 7);
    // Between groups of two: 0, 100, 200. Within one, the variance is that of the case.
    c.x = c.x.map((value, i) => value + 100 * Math.floor(i / (2 * 16 * 8)));
    const { run, expected } = train(s, pool, c, { size: 2, block: 1 });
    checkKernel(`${kind}-groups`, run, expected(), TOLERANCES);
  });

  test("NaN in x and in dout is never masked", () => {
    const s = image(2, 4, 4, 4);
    for (const engine of swept) {
      const c = createCase(s, pool, 5);
      c.x[5] = Number.NaN;
      for (const cut of CUTS) {
        const { mean, rstd, out, dx } = runKernel(engine, train(s, pool, c, cut).run);
        assert.ok(Number.isNaN(mean[1]) && Number.isNaN(rstd[1]), engine.build);
        out.forEach((value, i) => {
          assert.is(Number.isNaN(value), i % 4 === 1, `${engine.build} out ${i}`);
        });
        assert.ok(Number.isNaN(dx[1]));
      }
      const evaluated = normalize(engine, s, c, new Float32Array(4), new Float32Array(4).fill(1));
      assert.ok(Number.isNaN(evaluated[pool ? 1 : 5]));
      const d = createCase(s, pool, 5);
      d.b.fill(10);
      d.dout[2] = Number.NaN;
      for (const cut of CUTS) {
        const backward = runKernel(engine, train(s, pool, d, cut).run);
        assert.ok(Number.isNaN(backward.dx[2]) && Number.isNaN(backward.dw[2]) && Number.isNaN(backward.db[2]));
        assert.not(Number.isNaN(backward.dx[1]));
      }
    }
  });

  test("forward does not depend on how a batch is cut", () => {
    for (const C of [8, 64, 68]) {
      const s = image(5, 5, 4, C);
      const c = createCase(s, pool, 6);
      const [mean, rstd] = [numbers(C, 1), numbers(C, 2, 0.5, 2)];
      for (const engine of swept) {
        const part = (first: number, N: number) => {
          const x = c.x.subarray(first * 20 * C, (first + N) * 20 * C);
          const dout = c.dout.subarray(0, (c.dout.length / 5) * N);
          return [...normalize(engine, { ...s, N }, { ...c, x, dout }, mean, rstd)];
        };
        assert.equal([...part(0, 2), ...part(2, 1), ...part(3, 2)], part(0, 5));
      }
    }
  });

  test("sums and gradients that are not wanted are left alone", () => {
    const s = image(3, 4, 5, 12);
    const c = createCase(s, pool, 9);
    for (const engine of swept) {
      const all = runKernel(engine, train(s, pool, c).run);
      const { mean, slopes } = runKernel(engine, (blocks, kernels) => {
        const [mean, rstd, slopes] = [blocks.output(12), blocks.output(12), blocks.output(24)];
        const [moments, sums] = [blocks.output(36), blocks.inout(numbers(24, 1))];
        kernels.batchNorm2dMoments(moments, blocks.input(c.x), 3, 20, 12, 0);
        kernels.batchNorm2dStatistics(mean, rstd, NONE, NONE, moments, 3, 16, 20, 12, 0.1, EPSILON);
        kernels.batchNorm2dGradients(slopes, NONE, NONE, sums, rstd, 1, 60, 12);
        return { mean: blocks.read(mean, 12), slopes: blocks.read(slopes, 24) };
      });
      assert.equal(mean, all.mean);
      assert.ok(
        relativeError(
          slopes.subarray(0, 12),
          numbers(12, 1).map((value) => value / 60),
        ) < 1e-7,
      );
    }
  });

  test("the debug build refuses channels that are not a multiple of 4 and an empty batch, by the op's name", () => {
    const engine = engines.find(({ build }) => build === "debug")!;
    const { kernels } = engine;
    const at = engine.alloc(4096);
    const refused = (error: unknown) => error instanceof KernelError && error.message.startsWith("batchNorm2d: ");
    const seven = [at, at, at, at, at, at, at] as const;
    const six = [at, at, at, at, at, at] as const;
    assert.throws(() => kernels.batchNorm2dMoments(at, at, 1, 4, 6, 0), refused);
    assert.throws(() => kernels.batchNorm2dStatistics(at, at, at, at, at, 0, 16, 4, 8, 0.1, EPSILON), refused);
    assert.throws(() => kernels.batchNorm2dStatistics(at, at, at, at, at, 1, 0, 4, 8, 0.1, EPSILON), refused);
    assert.throws(() => kernels.batchNorm2dGradients(at, at, at, at, at, 0, 4, 8), refused);
    if (pool) {
      assert.throws(() => kernels.batchNorm2dReluMaxPool2dForward(...six, 1, 2, 2, 5), refused);
      assert.throws(() => kernels.batchNorm2dReluMaxPool2dSums(...seven, 1, 2, 2, 5, 0), refused);
      assert.throws(() => kernels.batchNorm2dReluMaxPool2dCentre(...seven, at, 1, 2, 2, 5), refused);
    } else {
      assert.throws(() => kernels.batchNorm2dReluForward(...six, 4, 5), refused);
      assert.throws(() => kernels.batchNorm2dReluSums(...seven, 1, 4, 5, 0), refused);
      assert.throws(() => kernels.batchNorm2dReluCentre(...seven, at, 4, 5), refused);
    }
  });

  test.run();
}

const more = suite("batchNorm2d, the rest");

more("a convolution with batch norm folded in is the convolution, then evaluation's batch norm", () => {
  for (const [channels, C, pad] of [
    [3, 4, 0],
    [4, 16, 1],
    [8, 20, 0],
  ]) {
    const shape = { N: 2, H: 6, W: 7, C: channels, OC: C, pad };
    const x = numbers(2 * 42 * channels, 1);
    const [w, b] = [numbers(9 * channels * C, 2), numbers(C, 3)];
    const [normW, normB] = [numbers(C, 4, -1.5, 1.5), numbers(C, 5)];
    const [runningMean, runningVar] = [numbers(C, 6), numbers(C, 7, 0.01, 2)];
    const statistics = { mean: Float64Array.from(runningMean), variance: Float64Array.from(runningVar) };
    const scale = Float64Array.from(normW, (value, c) => value / Math.sqrt(runningVar[c] + EPSILON));
    const evaluated = batchNorm2dForward(conv2dForward(x, w, b, shape), statistics, normW, normB, EPSILON);
    const { w: foldedW, b: foldedB } = checkKernel(
      `batchNorm2d-fold ${C}`,
      (blocks, kernels) => {
        const [toW, toB] = [blocks.output(w.length), blocks.output(C)];
        const convolution = [blocks.input(w), blocks.input(b)] as const;
        const [nw, nb, rm, rv] = [normW, normB, runningMean, runningVar].map((values) => blocks.input(values));
        kernels.batchNorm2dFold(toW, toB, ...convolution, nw, nb, rm, rv, 9 * channels, C, EPSILON);
        return { w: blocks.read(toW, w.length), b: blocks.read(toB, C) };
      },
      {
        w: Float64Array.from(w, (value, i) => value * scale[i % C]),
        b: Float64Array.from(b, (value, c) => (value - runningMean[c]) * scale[c] + normB[c]),
      },
      1e-7, // computed in f64 and rounded once
    );
    assert.ok(relativeError(conv2dForward(x, foldedW, foldedB, shape), evaluated) < 2e-7);
  }
});

more("ties in a window go to its first element, and a window at or below zero gets no gradient", () => {
  const s = image(1, 2, 4, 4);
  const { x, w, b } = { x: new Float32Array(32), w: new Float32Array(4).fill(1), b: new Float32Array(4) };
  x.set([1, 1, 0, -1], 0); // window 0: all four equal 1 in channel 0, two in channel 1, all 0 in 2, all −1 in 3
  x.set([1, 0, 0, -1], 4);
  x.set([1, 1, 0, -1], 16);
  x.set([1, 0, 0, -1], 20);
  x.set([0, 0, 1, 1], 12); // window 1: the second of its first row, and one of its second row too
  x.set([0, 0, 0, 1], 28);
  for (const engine of swept) {
    const { sums, dx } = runKernel(engine, (blocks, kernels) => {
      // rstd 1 and mean 0 leave x as it is; slopes of 0 leave the gradient as it comes down.
      const [mean, rstd] = [blocks.input(new Float32Array(4)), blocks.input(new Float32Array(4).fill(1))];
      const dout = blocks.input(new Float32Array(8).fill(32));
      const read = [dout, blocks.input(x), mean, rstd, blocks.input(w), blocks.input(b)] as const;
      const [dx, sums, slopes] = [blocks.output(32), blocks.output(8), blocks.input(new Float32Array(8))];
      kernels.batchNorm2dReluMaxPool2dSums(sums, ...read, s.N, s.H, s.W, s.C, 0);
      kernels.batchNorm2dReluMaxPool2dCentre(dx, ...read, slopes, s.N, s.H, s.W, s.C);
      return { sums: blocks.read(sums, 8), dx: blocks.read(dx, 32) };
    });
    // Σ g, then Σ g · (x − mean): one element of value 1 in each channel
    assert.equal([...sums], Array(8).fill(32));
    // channels 0 and 1: pixel 0; channel 2 and 3: pixel 3, the first of its window that holds 1
    assert.equal([...dx.subarray(0, 16)], [32, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 32], engine.build);
    assert.ok(dx.subarray(16).every((value) => value === 0));
  }
});

more("Centre may write dx over dout where nothing is pooled", () => {
  for (const C of [4, 8, 20, 64]) {
    const s = image(3, 4, 5, C);
    const c = createCase(s, false, 8);
    const [mean, rstd, slopes] = [numbers(C, 1), numbers(C, 2, 0.5, 2), numbers(2 * C, 3)];
    for (const engine of swept) {
      const centre = (inPlace: boolean) =>
        runKernel(engine, (blocks, kernels) => {
          const dout = blocks.inout(c.dout);
          const dx = inPlace ? dout : blocks.output(c.x.length);
          const [x, m, r, w, b, means] = [c.x, mean, rstd, c.w, c.b, slopes].map((values) => blocks.input(values));
          kernels.batchNorm2dReluCentre(dx, dout, x, m, r, w, b, means, 60, C);
          return { dx: blocks.read(dx, c.x.length) };
        });
      assert.ok(sameBits(centre(true), centre(false)), engine.build);
    }
  }
});

more.run();
