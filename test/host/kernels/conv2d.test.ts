// Forward and backward against the reference. `npm test` has the shapes that tell: the smallest, whole tiles and rests,
// borders, several groups of channels, full blocks of images. The slow suite has many more, and more at random.
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { KernelError } from "../../../host/check.ts";
import type { Kernels } from "../../../host/engine/kernels.ts";
import { NONE, offset } from "../../../host/engine/memory.ts";
import { reluForward } from "../../reference/activation.ts";
import { type Conv2dShape, conv2dBackward, conv2dForward } from "../../reference/conv2d.ts";
import { maxPool2dForward } from "../../reference/maxPool2d.ts";
import { type Blocks, checkKernel, engines, type Outputs, runKernel, swept } from "../../util/kernels.ts";
import { numbers, plus, relativeError, sameBits } from "../../util/numbers.ts";
import { some, thorough } from "../../util/thorough.ts";

/** Direct sums, or Winograd's F(m×m, 3×3). */
type Method = "direct" | 4 | 5 | 6;
type Tile = Exclude<Method, "direct">;

const METHODS: readonly Method[] = ["direct", 4, 5, 6];
const TILES: readonly Tile[] = [4, 5, 6];
const [NOTHING, RELU, RELU_POOL] = [0, 1, 2];
const name = (method: Method) => (method === "direct" ? method : `F(${method}×${method})`);
const tails = (method: Method) => (method === "direct" || method === 5 ? [NOTHING, RELU] : [NOTHING, RELU, RELU_POOL]);

const shape = (N: number, H: number, W: number, C: number, OC: number, pad: number): Conv2dShape => ({
  ...{ N, H, W, C, OC, pad },
});
const title = ({ N, H, W, C, OC, pad }: Conv2dShape) => `${N}×${H}×${W}×${C} → ${OC}, pad ${pad}`;

/** (N, H, W, C) of the output, before pooling. */
const outShape = ({ N, H, W, OC, pad }: Conv2dShape) => ({ N, H: H + 2 * pad - 2, W: W + 2 * pad - 2, C: OC });

interface Case {
  x: Float32Array;
  w: Float32Array;
  b: Float32Array;
  dout: Float32Array;
}

function createCase(s: Conv2dShape, seed: number): Case {
  const { N, H, W, C } = outShape(s);
  return {
    x: numbers(s.N * s.H * s.W * s.C, seed),
    w: numbers(9 * s.C * s.OC, seed + 1),
    b: numbers(s.OC, seed + 2),
    dout: numbers(N * H * W * C, seed + 3),
  };
}

/** The images first … first + count − 1 of a case. */
function cut(s: Conv2dShape, { x, w, b, dout }: Case, first: number, count: number): [Conv2dShape, Case] {
  const part = (values: Float32Array) => {
    const size = values.length / s.N;
    return values.subarray(first * size, (first + count) * size);
  };
  return [
    { ...s, N: count },
    { x: part(x), w, b, dout: part(dout) },
  ];
}

/** A piece of a batch, for backward: the first one of a group overwrites, the others add. */
interface Part {
  first: number;
  count: number;
  add: boolean;
}

const whole = ({ N }: Conv2dShape): Part[] => [{ first: 0, count: N, add: false }];
const halves = ({ N }: Conv2dShape): Part[] => {
  const half = Math.ceil(N / 2);
  return [
    { first: 0, count: half, add: false },
    { first: half, count: N - half, add: true },
  ];
};

function forward(method: Method, s: Conv2dShape, { x, w, b }: Case, tail = NOTHING) {
  return (blocks: Blocks, kernels: Kernels): Outputs => {
    const image = [s.H, s.W, s.C, s.OC, s.pad] as const;
    const { N, H, W, C } = outShape(s);
    const size = tail === RELU_POOL ? N * (H >> 1) * (W >> 1) * C : N * H * W * C;
    const [out, from, filters, bias] = [blocks.output(size), blocks.input(x), blocks.input(w), blocks.input(b)];
    if (method === "direct") {
      const scratch = blocks.scratch(kernels.conv2dScratchBytes(...image));
      kernels.conv2dForward(out, from, filters, bias, scratch, N, ...image, tail);
    } else {
      const u = blocks.scratch(kernels.conv2dWinogradFilterBytes(method, s.C, s.OC));
      const scratch = blocks.scratch(kernels.conv2dWinogradScratchBytes(method, N, ...image));
      kernels.conv2dWinogradFilters(u, NONE, filters, scratch, method, s.C, s.OC, 0, s.C);
      kernels.conv2dWinogradForward(out, from, u, bias, scratch, method, N, ...image, tail);
    }
    return { out: blocks.read(out, size) };
  };
}

/** Winograd's dw comes on top of dw0, the other sums replace what is there. */
function backward(
  method: Method,
  s: Conv2dShape,
  { x, w, dout }: Case,
  parts: Part[],
  dw0: Float32Array,
  wantDx = true,
) {
  return (blocks: Blocks, kernels: Kernels): Outputs => {
    const image = [s.H, s.W, s.C, s.OC, s.pad] as const;
    const dx = wantDx ? blocks.output(x.length) : NONE;
    const db = blocks.output(s.OC);
    const dw = method === "direct" ? blocks.output(w.length) : blocks.inout(dw0);
    const [from, filters, dy] = [blocks.input(x), blocks.input(w), blocks.input(dout)];
    const at = (first: number) =>
      [
        wantDx ? offset(dx, (4 * first * x.length) / s.N) : NONE,
        offset(dy, (4 * first * dout.length) / s.N),
        offset(from, (4 * first * x.length) / s.N),
      ] as const;
    if (method === "direct") {
      const scratch = blocks.scratch(kernels.conv2dScratchBytes(...image));
      for (const { first, count, add } of parts) {
        const [to, ...read] = at(first);
        kernels.conv2dBackward(to, dw, db, ...read, filters, scratch, count, ...image, Number(add));
      }
    } else {
      const filterBytes = kernels.conv2dWinogradFilterBytes(method, s.C, s.OC);
      const [u, ut, du] = [1, 2, 3].map(() => blocks.scratch(filterBytes));
      const most = Math.max(...parts.map(({ count }) => count));
      const scratch = blocks.scratch(kernels.conv2dWinogradScratchBytes(method, most, ...image));
      kernels.conv2dWinogradFilters(u, ut, filters, scratch, method, s.C, s.OC, 0, s.C);
      for (const { first, count, add } of parts) {
        const [to, ...read] = at(first);
        kernels.conv2dWinogradBackward(to, du, db, ...read, ut, scratch, method, count, ...image, Number(add));
      }
      kernels.conv2dWinogradFilterGradient(dw, du, scratch, 1, 0, method, s.C, s.OC, 0, s.C);
    }
    const outputs: Outputs = { dw: blocks.read(dw, w.length), db: blocks.read(db, s.OC) };
    return wantDx ? { ...outputs, dx: blocks.read(dx, x.length) } : outputs;
  };
}

/** Forward with every tail, and backward over a batch in one piece or two. */
function convolve(method: Method, s: Conv2dShape, seed: number, { wantDx = true } = {}) {
  const c = createCase(s, seed);
  const dw0 = numbers(c.w.length, seed + 4);
  const run = (blocks: Blocks, kernels: Kernels): Outputs => {
    const outs = tails(method).map((tail) => [`out${tail}`, forward(method, s, c, tail)(blocks, kernels).out]);
    const parts = s.N > 1 ? halves(s) : whole(s);
    return { ...Object.fromEntries(outs), ...backward(method, s, c, parts, dw0, wantDx)(blocks, kernels) };
  };
  const expected = (): Record<string, ArrayLike<number>> => {
    const out = conv2dForward(c.x, c.w, c.b, s);
    const activated = reluForward(out);
    const outs = [out, activated, maxPool2dForward(activated, outShape(s)).out];
    const { dx, dw, db } = conv2dBackward(c.dout, c.x, c.w, s);
    return {
      ...Object.fromEntries(tails(method).map((tail) => [`out${tail}`, outs[tail]])),
      ...{ dw: method === "direct" ? dw : plus(dw0, dw), db, ...(wantDx ? { dx } : {}) },
    };
  };
  return { run, expected };
}

// Relative to the largest. Direct: one rounding a product, up to 576 in a row. Winograd's transforms have factors up to
// 32 and cancel: largest seen over 400 random shapes each and those below, strict and fast, for m = 4, 5, 6: out 7e-6,
// 9e-6, 12e-6; dx 4e-6, 6e-6, 8e-6; dw 4e-6, 5e-6, 6e-6; db 4e-7.
const TOLERANCES: Record<Method, Record<string, number>> = {
  direct: { out0: 1.5e-6, out1: 1.5e-6, dx: 2e-6, dw: 2e-6, db: 2e-6 },
  4: { out0: 1e-5, out1: 1e-5, out2: 1e-5, dx: 8e-6, dw: 8e-6, db: 1e-6 },
  5: { out0: 1.4e-5, out1: 1.4e-5, dx: 1e-5, dw: 1e-5, db: 1e-6 },
  6: { out0: 1.8e-5, out1: 1.8e-5, out2: 1.8e-5, dx: 1.4e-5, dw: 1.2e-5, db: 1e-6 },
};

// Outputs of 8, 10 and 6 are whole tiles of 4, 5 and 6; the others have a rest.
const WINOGRAD_SHAPES = [
  shape(1, 3, 3, 4, 4, 0),
  shape(2, 10, 12, 4, 8, 0),
  shape(3, 8, 5, 8, 12, 0),
  shape(5, 13, 11, 12, 20, 0),
  shape(33, 7, 6, 4, 4, 1),
  shape(2, 8, 8, 20, 36, 1),
  shape(1, 3, 3, 8, 12, 1),
  ...[4, 5, 6, 7, 8, 9, 10, 11, 12, 13].flatMap((H, i) => [
    shape(1 + ((i + 1) % 3), H, 3 + (((i + 1) * 5) % 9), 4, 4, 0),
    shape(1 + ((i + 1) % 2), H, 3 + (((i + 1) * 3) % 11), 8, 12, 1),
  ]),
  shape(5, 1, 1, 4, 8, 1),
  shape(1, 2, 5, 12, 4, 1),
  shape(17, 6, 5, 4, 12, 1),
  shape(33, 4, 3, 8, 4, 0),
  shape(2, 7, 12, 20, 36, 0),
  shape(3, 12, 12, 16, 64, 0),
  shape(3, 26, 26, 16, 16, 0),
  shape(17, 10, 10, 64, 64, 0),
  shape(3, 8, 8, 64, 64, 1),
];
const SHAPES: Record<Method, Conv2dShape[]> = {
  direct: [
    shape(1, 3, 3, 1, 4, 0),
    shape(3, 5, 7, 3, 16, 1),
    shape(5, 1, 1, 1, 4, 1),
    shape(17, 6, 5, 4, 12, 1),
    shape(33, 4, 3, 8, 4, 0),
    shape(2, 13, 11, 12, 20, 0),
    shape(2, 3, 4, 3, 12, 0),
    shape(2, 1, 6, 3, 20, 1),
    shape(1, 9, 8, 20, 16, 1),
    shape(3, 28, 28, 3, 16, 0),
    shape(2, 28, 28, 1, 16, 0),
    shape(2, 10, 10, 64, 64, 1),
  ],
  4: WINOGRAD_SHAPES,
  5: WINOGRAD_SHAPES,
  6: WINOGRAD_SHAPES,
};

for (const method of METHODS) {
  const test = suite(`conv2d, ${name(method)}`);
  // The gradient by x of direct sums has its channels in fours.
  const wantDx = ({ C }: Conv2dShape) => C % 4 === 0;

  some(6, SHAPES[method]).forEach((s, i) => {
    test(`forward and backward equal the reference: ${title(s)}`, () => {
      const { run, expected } = convolve(method, s, 100 * (i + 1), { wantDx: wantDx(s) });
      checkKernel(`conv2d ${name(method)} ${title(s)}`, run, expected(), TOLERANCES[method]);
    });
  });

  test("forward and backward equal the reference on shapes drawn at random", () => {
    const shapes = fc.record({
      N: fc.integer({ min: 1, max: 4 }),
      H: fc.integer({ min: 3, max: 13 }),
      W: fc.integer({ min: 3, max: 13 }),
      C: method === "direct" ? fc.integer({ min: 1, max: 9 }) : fc.constantFrom(4, 8, 12),
      OC: fc.constantFrom(4, 8, 12),
      pad: fc.constantFrom(0, 1),
    });
    const property = fc.property(shapes, fc.nat(1000), (s, seed) => {
      const { run, expected } = convolve(method, s, seed, { wantDx: wantDx(s) });
      checkKernel(`conv2d ${name(method)} ${title(s)}`, run, expected(), TOLERANCES[method]);
    });
    fc.assert(property, { seed: 7, numRuns: thorough ? 40 : 5 });
  });

  test("NaN and infinity in an image reach the outputs whose patch holds them, and no other image's", () => {
    const s = shape(2, 9, 11, method === "direct" ? 3 : 4, 4, 0);
    const [OH, OW] = [s.H - 2, s.W - 2];
    const c = createCase(s, 5);
    // Winograd may carry it to the rest of a tile; never may a patch with it come out finite. A ReLU lets NaN through,
    // and makes 0 of −∞.
    const lost = (out: Float32Array, [y, x]: number[], what: string) =>
      assert.not(Number.isFinite(out[(y * OW + x) * s.OC]), what);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      c.x[(3 * s.W + 4) * s.C] = bad;
      for (const engine of swept) {
        for (const tail of Number.isNaN(bad) ? [NOTHING, RELU] : [NOTHING]) {
          const { out } = runKernel(engine, forward(method, s, c, tail));
          for (let y = 1; y <= 3; y++) {
            for (let x = 2; x <= 4; x++) lost(out, [y, x], `${engine.build} ${bad}, tail ${tail}: ${y} ${x}`);
          }
          assert.ok(out.subarray(out.length / 2).every(Number.isFinite));
        }
        if (!tails(method).includes(RELU_POOL) || !Number.isNaN(bad)) continue;
        const { out } = runKernel(engine, forward(method, s, c, RELU_POOL));
        const pooled = (y: number, x: number) => out[(y * (OW >> 1) + x) * s.OC];
        for (const y of [0, 1]) for (const x of [1, 2]) assert.ok(Number.isNaN(pooled(y, x)), `pooled ${y} ${x}`);
        assert.is(out.length, s.N * (OH >> 1) * (OW >> 1) * s.OC);
        assert.ok(out.subarray(out.length / 2).every(Number.isFinite));
      }
    }
  });

  test("NaN in dout reaches the gradients that hold it, and no other image's dx", () => {
    const s = shape(2, 7, 8, 4, 8, 0);
    const c = createCase(s, 6);
    const [y, x, o] = [2, 3, 5];
    c.dout[(y * (s.W - 2) + x) * s.OC + o] = Number.NaN;
    for (const engine of swept) {
      const { dx, dw, db } = runKernel(engine, backward(method, s, c, halves(s), new Float32Array(c.w.length)));
      for (let ky = 0; ky < 3; ky++) {
        for (let kx = 0; kx < 3; kx++) {
          assert.ok(Number.isNaN(dx[((y + ky) * s.W + x + kx) * s.C]), `${engine.build} dx ${ky} ${kx}`);
          assert.ok(Number.isNaN(dw[(ky * 3 + kx) * s.C * s.OC + o]), `${engine.build} dw ${ky} ${kx}`);
        }
      }
      assert.ok(dx.subarray(dx.length / 2).every(Number.isFinite));
      db.forEach((value, channel) => {
        assert.is(Number.isNaN(value), channel === o);
      });
      dw.forEach((value, i) => {
        if (i % s.OC !== o) assert.ok(Number.isFinite(value));
      });
    }
  });

  test("forward and dx do not depend on how a batch is cut", () => {
    const s = shape(33, 8, 7, 4, 8, 1);
    const c = createCase(s, 1);
    const dw0 = new Float32Array(c.w.length);
    for (const engine of swept) {
      const part = (first: number, count: number) => {
        const [small, cutCase] = cut(s, c, first, count);
        const outs = tails(method).map((tail) => [...runKernel(engine, forward(method, small, cutCase, tail)).out]);
        return [...outs, [...runKernel(engine, backward(method, small, cutCase, whole(small), dw0)).dx]];
      };
      const parts = [part(0, 1), part(1, 2), part(3, 17), part(20, 13)];
      part(0, 33).forEach((values, i) => {
        assert.equal(
          parts.flatMap((outputs) => outputs[i]),
          values,
          engine.build,
        );
      });
    }
  });

  test("the debug build refuses what it cannot do, by the op's name", () => {
    const engine = engines.find(({ build }) => build === "debug")!;
    const { kernels } = engine;
    const at = engine.alloc(1 << 16);
    const winograd = method !== "direct";
    const op = winograd ? "conv2dWinograd: C and OC" : "conv2d: OC";
    const run = (H: number, W: number, C: number, OC: number, tail = NOTHING) =>
      winograd
        ? kernels.conv2dWinogradForward(at, at, at, at, at, method, 1, H, W, C, OC, 0, tail)
        : kernels.conv2dForward(at, at, at, at, at, 1, H, W, C, OC, 0, tail);
    const runBackward = (C: number, OC: number) =>
      winograd
        ? kernels.conv2dWinogradBackward(at, at, at, at, at, at, at, method, 1, 5, 5, C, OC, 0, 0)
        : kernels.conv2dBackward(at, at, at, at, at, at, at, 1, 5, 5, C, OC, 0, 0);
    const refused = (text: string) => (error: unknown) => error instanceof KernelError && error.message.includes(text);
    assert.throws(() => run(5, 5, 3, 6), refused(op));
    assert.throws(() => runBackward(4, 6), refused(op));
    assert.throws(() => run(2, 5, 4, 4), refused("image smaller than the filter"));
    assert.throws(() => run(5, 2, 4, 4), refused("image smaller than the filter"));
    assert.throws(() => runBackward(6, 8), refused(winograd ? op : "conv2d: dx needs C"));
    if (method === 5) assert.throws(() => run(5, 5, 4, 4, RELU_POOL), refused("conv2dWinograd: pooling"));
    if (!winograd) return;
    const filters = (first: number, last: number) =>
      kernels.conv2dWinogradFilters(at, at, at, at, method, 8, 8, first, last);
    assert.throws(() => filters(0, 6), refused(op));
    assert.throws(() => filters(2, 8), refused(op));
  });

  test.run();
}

const winograd = suite("conv2d, Winograd's filters");

for (const m of TILES) {
  const [C, OC] = [12, 20];
  const w = numbers(9 * C * OC, 3);

  winograd(`${name(m)}: filters without the transposed ones, and channel by channel, are the same bits`, () => {
    const filters = (ranges: number[][], transposed: boolean) => (blocks: Blocks, kernels: Kernels) => {
      const n = kernels.conv2dWinogradFilterBytes(m, C, OC) / 4;
      const [u, ut] = [blocks.output(n), blocks.output(n)];
      const scratch = blocks.scratch(kernels.conv2dWinogradScratchBytes(m, 1, 3, 3, C, OC, 0));
      const from = blocks.input(w);
      for (const [first, last] of ranges) {
        kernels.conv2dWinogradFilters(u, transposed ? ut : NONE, from, scratch, m, C, OC, first, last);
      }
      return { u: blocks.read(u, n), ut: blocks.read(ut, n) };
    };
    for (const engine of swept) {
      const all = runKernel(engine, filters([[0, C]], true));
      const pieces = [
        [8, 12],
        [0, 4],
        [4, 4],
        [4, 8],
      ];
      assert.ok(sameBits(runKernel(engine, filters(pieces, true)), all), engine.build);
      const alone = runKernel(engine, filters(pieces, false));
      assert.ok(sameBits({ u: alone.u }, { u: all.u }), engine.build);
      assert.ok(alone.ut.every(Number.isNaN), "nothing was written to ut");
      // planes lie one vector of 64 bytes further apart than they are long; ut is u plane by plane the other way round
      const [u, ut] = [all.u, all.ut].map((values) => (p: number, i: number) => values[p * (C * OC + 16) + i]);
      for (let p = 0; p < (m + 2) ** 2; p++) {
        for (let i = 0; i < C * OC; i++) assert.is(ut(p, (i % OC) * C + Math.floor(i / OC)), u(p, i));
        for (let i = C * OC; i < C * OC + 16; i++) assert.ok(Number.isNaN(u(p, i)) && Number.isNaN(ut(p, i)));
      }
    }
  });

  winograd(
    `${name(m)}: the filters' gradient over groups with a stride, on top of what is there, in any pieces`,
    () => {
      const s = shape(7, 6, 9, C, OC, 1);
      const c = createCase(s, 8);
      const dw0 = numbers(c.w.length, 9);
      const groups = [
        [{ first: 0, count: 3, add: false }],
        [
          { first: 3, count: 1, add: false },
          { first: 4, count: 2, add: true },
        ],
        [{ first: 6, count: 1, add: false }],
      ];
      const gap = 48; // bytes between a group's sums and the next's
      const gradient = (ranges: number[][]) => (blocks: Blocks, kernels: Kernels) => {
        const image = [s.H, s.W, C, OC, s.pad] as const;
        const bytes = kernels.conv2dWinogradFilterBytes(m, C, OC);
        const stride = bytes + gap;
        const [u, ut] = [blocks.scratch(bytes), blocks.scratch(bytes)];
        const du = blocks.output((groups.length * stride) / 4);
        const [dx, dw, db] = [blocks.output(c.x.length), blocks.inout(dw0), blocks.output(OC)];
        const [x, filters, dout] = [blocks.input(c.x), blocks.input(c.w), blocks.input(c.dout)];
        const scratch = blocks.scratch(kernels.conv2dWinogradScratchBytes(m, 3, ...image));
        kernels.conv2dWinogradFilters(u, ut, filters, scratch, m, C, OC, 0, C);
        groups.forEach((parts, group) => {
          for (const { first, count, add } of parts) {
            const [to, from] = [dx, x].map((at) => offset(at, (4 * first * c.x.length) / s.N));
            const dy = offset(dout, (4 * first * c.dout.length) / s.N);
            const written = [to, offset(du, group * stride), db] as const;
            kernels.conv2dWinogradBackward(...written, dy, from, ut, scratch, m, count, ...image, Number(add));
          }
        });
        for (const [first, last] of ranges) {
          kernels.conv2dWinogradFilterGradient(dw, du, scratch, groups.length, stride, m, C, OC, first, last);
        }
        const sums = blocks.read(du, (groups.length * stride) / 4);
        const between = sums.filter((_, i) => (4 * i) % stride >= bytes);
        assert.ok(between.length > 0 && between.every(Number.isNaN), "wrote between the groups");
        return { dw: blocks.read(dw, c.w.length) };
      };
      const expected = { dw: plus(dw0, conv2dBackward(c.dout, c.x, c.w, s).dw) };
      const all = checkKernel(`conv2d ${name(m)} groups`, gradient([[0, C]]), expected, TOLERANCES[m].dw);
      const pieces = checkKernel(
        `conv2d ${name(m)} groups`,
        gradient([
          [4, 12],
          [0, 4],
        ]),
        expected,
        TOLERANCES[m].dw,
      );
      assert.ok(sameBits(all, pieces));
    },
  );
}

winograd("the debug build refuses tiles that do not exist", () => {
  const engine = engines.find(({ build }) => build === "debug")!;
  const { kernels } = engine;
  const at = engine.alloc(1 << 16);
  const refused = (error: unknown) => error instanceof KernelError && error.message.includes("m must be 4, 5 or 6");
  for (const m of [0, 3, 7]) {
    assert.throws(() => kernels.conv2dWinogradFilters(at, at, at, at, m, 4, 4, 0, 4), refused);
    assert.throws(() => kernels.conv2dWinogradForward(at, at, at, at, at, m, 1, 5, 5, 4, 4, 0, 0), refused);
    assert.throws(() => kernels.conv2dWinogradBackward(at, at, at, at, at, at, at, m, 1, 5, 5, 4, 4, 0, 0), refused);
    assert.throws(() => kernels.conv2dWinogradFilterGradient(at, at, at, 1, 0, m, 4, 4, 0, 4), refused);
  }
});

winograd.run();

const both = suite("conv2d, both");

both("without dx the direct backward still makes dw and db", () => {
  const { run, expected } = convolve("direct", shape(3, 6, 5, 4, 8, 0), 9, { wantDx: false });
  checkKernel("conv2d direct, no dx", run, expected(), TOLERANCES.direct);
});

both("Winograd agrees with direct sums on one shape after the other", () => {
  for (const [i, s] of [shape(3, 12, 12, 16, 64, 0), shape(2, 8, 8, 64, 64, 1), shape(4, 9, 5, 4, 8, 1)].entries()) {
    const c = createCase(s, i);
    const nothing = new Float32Array(c.w.length);
    for (const engine of swept) {
      const all = (method: Method): Outputs => ({
        ...runKernel(engine, forward(method, s, c)),
        ...runKernel(engine, backward(method, s, c, halves(s), nothing)),
      });
      const direct = all("direct");
      for (const m of TILES) {
        for (const [key, values] of Object.entries(all(m))) assert.ok(relativeError(values, direct[key]) < 3e-5, key);
      }
    }
  }
});

both("wide tiles give the same bits", () => {
  const widened = (engine: (typeof engines)[number], action: () => Outputs): Outputs => {
    engine.kernels.useWideTiles(1);
    const outputs = action();
    engine.kernels.useWideTiles(0);
    return outputs;
  };
  for (const s of [shape(2, 9, 7, 8, 64, 0), shape(3, 8, 8, 36, 68, 1)]) {
    for (const method of METHODS) {
      const { run } = convolve(method, s, 4);
      for (const engine of swept) {
        const wide = widened(engine, () => runKernel(engine, run));
        assert.ok(sameBits(wide, runKernel(engine, run)), `${engine.build} ${name(method)} ${title(s)}`);
      }
    }
  }
});

both.run();
