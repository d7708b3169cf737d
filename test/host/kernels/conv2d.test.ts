import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Kernels } from "../../../host/engine/kernels.ts";
import { KernelError } from "../../../host/engine/load.ts";
import { NONE } from "../../../host/engine/memory.ts";
import { type Conv2dShape, conv2dBackward, conv2dForward } from "../../reference/conv2d.ts";
import { type Blocks, checkKernel, engines, type Outputs, runKernel } from "../../util/kernels.ts";
import { numbers, plus, relativeError } from "../../util/numbers.ts";

type Kind = "direct" | "winograd";

/** Forward, then backward on top of gradients that are there already. */
function convolve(kind: Kind, shape: Conv2dShape, seed: number, wantDx = true) {
  const { N, H, W, C, OC, pad } = shape;
  const pixels = (H + 2 * pad - 2) * (W + 2 * pad - 2);
  const x = numbers(N * H * W * C, seed);
  const w = numbers(9 * C * OC, seed + 1);
  const b = numbers(OC, seed + 2);
  const dout = numbers(N * pixels * OC, seed + 3);
  const dw0 = numbers(w.length, seed + 4);
  const db0 = numbers(OC, seed + 5);
  const dimensions = [N, H, W, C, OC, pad] as const;
  const run = (blocks: Blocks, kernels: Kernels): Outputs => {
    const [, ...image] = dimensions;
    const at = { x: blocks.input(x), w: blocks.input(w), b: blocks.input(b), dout: blocks.input(dout) };
    const [out, dx] = [blocks.output(dout.length), wantDx ? blocks.output(x.length) : NONE];
    const [dw, db] = [blocks.inout(dw0), blocks.inout(db0)];
    if (kind === "winograd") {
      const u = blocks.scratch(kernels.conv2dWinogradFilterBytes(C, OC));
      const scratch = blocks.scratch(kernels.conv2dWinogradScratchBytes(...image));
      kernels.conv2dWinogradForward(out, u, at.x, at.w, at.b, scratch, ...dimensions);
      kernels.conv2dWinogradBackward(dx, dw, db, at.dout, at.x, u, scratch, ...dimensions);
    } else {
      const scratch = blocks.scratch(kernels.conv2dScratchBytes(...image));
      kernels.conv2dForward(out, at.x, at.w, at.b, scratch, ...dimensions);
      kernels.conv2dBackward(dx, dw, db, at.dout, at.x, at.w, scratch, ...dimensions);
    }
    const { read } = blocks;
    const outputs: Outputs = { out: read(out, dout.length), dw: read(dw, w.length), db: read(db, OC) };
    return wantDx ? { ...outputs, dx: read(dx, x.length) } : outputs;
  };
  const expected = () => {
    const { dx, dw, db } = conv2dBackward(dout, x, w, shape);
    const all = { out: conv2dForward(x, w, b, shape), dw: plus(dw0, dw), db: plus(db0, db) };
    return wantDx ? { ...all, dx } : all;
  };
  return { run, expected };
}

// One rounding a product: √(9 · 64) · 6e-8 and less. Winograd's transforms have factors up to 8 and cancel; its dw sums over all pixels.
const TOLERANCES = {
  direct: { out: 1e-6, dx: 1e-6, dw: 4e-6, db: 2e-6 },
  winograd: { out: 1e-5, dx: 1e-5, dw: 2e-5, db: 4e-6 },
};

const shape = (N: number, H: number, W: number, C: number, OC: number, pad: number): Conv2dShape => ({
  N,
  H,
  W,
  C,
  OC,
  pad,
});
const title = ({ N, H, W, C, OC, pad }: Conv2dShape) => `${N}×${H}×${W}×${C} → ${OC}, pad ${pad}`;

const SHAPES: Record<Kind, Conv2dShape[]> = {
  direct: [
    shape(1, 3, 3, 1, 4, 0),
    shape(2, 3, 4, 3, 12, 0),
    shape(3, 5, 7, 3, 16, 1),
    shape(5, 1, 1, 1, 4, 1),
    shape(2, 1, 6, 3, 20, 1),
    shape(17, 6, 5, 4, 12, 1),
    shape(33, 4, 3, 8, 4, 0),
    shape(2, 13, 11, 12, 20, 0),
    shape(1, 9, 8, 20, 16, 1),
    shape(3, 28, 28, 3, 16, 0),
    shape(2, 28, 28, 1, 16, 0),
    shape(2, 10, 10, 64, 64, 1),
  ],
  winograd: [
    ...[3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13].flatMap((H, i) => [
      shape(1 + (i % 3), H, 3 + ((i * 5) % 9), 4, 4, 0),
      shape(1 + (i % 2), H, 3 + ((i * 3) % 11), 8, 12, 1),
    ]),
    shape(5, 1, 1, 4, 8, 1),
    shape(1, 2, 5, 12, 4, 1),
    shape(17, 6, 5, 4, 12, 1),
    shape(33, 4, 3, 8, 4, 0),
    shape(33, 7, 6, 4, 4, 1),
    shape(5, 13, 11, 12, 20, 0),
    shape(3, 12, 12, 16, 64, 0),
    shape(3, 26, 26, 16, 16, 0),
    shape(17, 10, 10, 64, 64, 0),
    shape(3, 8, 8, 64, 64, 1),
  ],
};

for (const kind of ["direct", "winograd"] as const) {
  const test = suite(`conv2d, ${kind}`);

  SHAPES[kind].forEach((s, i) => {
    test(`forward and backward equal the reference: ${title(s)}`, () => {
      const { run, expected } = convolve(kind, s, 100 * (i + 1));
      checkKernel(`${kind}-conv2d ${title(s)}`, run, expected(), TOLERANCES[kind]);
    });
  });

  test("forward and backward equal the reference on shapes drawn at random", () => {
    const channels = kind === "direct" ? fc.integer({ min: 1, max: 9 }) : fc.constantFrom(4, 8, 12);
    const shapes = fc.record({
      N: fc.integer({ min: 1, max: 4 }),
      H: fc.integer({ min: 3, max: 13 }),
      W: fc.integer({ min: 3, max: 13 }),
      C: channels,
      OC: fc.constantFrom(4, 8, 12),
      pad: fc.constantFrom(0, 1),
    });
    const property = fc.property(shapes, fc.nat(1000), (s, seed) => {
      const { run, expected } = convolve(kind, s, seed);
      checkKernel(`${kind}-conv2d ${title(s)}`, run, expected(), TOLERANCES[kind]);
    });
    fc.assert(property, { seed: 7, numRuns: 40 });
  });

  test("NaN and infinity in an image reach the outputs whose patch holds them, and no other image's", () => {
    const s = shape(2, 7, 9, kind === "direct" ? 3 : 4, 4, 0);
    const x = numbers(s.N * s.H * s.W * s.C, 5);
    const w = numbers(9 * s.C * s.OC, 6);
    const outSize = s.N * 5 * 7 * s.OC;
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      x[(3 * s.W + 4) * s.C] = bad;
      for (const engine of engines) {
        const { out } = runKernel(engine, (blocks, kernels) => {
          const [to, from] = [blocks.output(outSize), blocks.input(x)];
          const [at, b] = [blocks.input(w), blocks.input(new Float32Array(s.OC))];
          const image = [s.H, s.W, s.C, s.OC, s.pad] as const;
          if (kind === "winograd") {
            const u = blocks.scratch(kernels.conv2dWinogradFilterBytes(s.C, s.OC));
            const scratch = blocks.scratch(kernels.conv2dWinogradScratchBytes(...image));
            kernels.conv2dWinogradForward(to, u, from, at, b, scratch, s.N, ...image);
          } else {
            const scratch = blocks.scratch(kernels.conv2dScratchBytes(...image));
            kernels.conv2dForward(to, from, at, b, scratch, s.N, ...image);
          }
          return { out: blocks.read(to, outSize) };
        });
        // Winograd may carry it to the rest of a tile; never may a patch with it come out finite.
        for (let y = 1; y <= 3; y++) {
          for (let z = 2; z <= 4; z++)
            assert.not(Number.isFinite(out[(y * 7 + z) * s.OC]), `${engine.build} ${y} ${z}`);
        }
        assert.ok(out.subarray(outSize / 2).every(Number.isFinite));
      }
    }
  });

  test("forward does not depend on how a batch is cut", () => {
    const s = shape(33, 8, 7, 4, 8, 1);
    const [x, w, b] = [numbers(33 * 8 * 7 * 4, 1), numbers(9 * 4 * 8, 2), numbers(8, 3)];
    const image = [s.H, s.W, s.C, s.OC, s.pad] as const;
    const forward = (first: number, count: number, engine: (typeof engines)[number]) =>
      runKernel(engine, (blocks, kernels) => {
        const size = s.H * s.W;
        const out = blocks.output(count * size * s.OC);
        const from = blocks.input(x.subarray(first * size * s.C, (first + count) * size * s.C));
        if (kind === "winograd") {
          const u = blocks.scratch(kernels.conv2dWinogradFilterBytes(s.C, s.OC));
          const scratch = blocks.scratch(kernels.conv2dWinogradScratchBytes(...image));
          kernels.conv2dWinogradForward(out, u, from, blocks.input(w), blocks.input(b), scratch, count, ...image);
        } else {
          const scratch = blocks.scratch(kernels.conv2dScratchBytes(...image));
          kernels.conv2dForward(out, from, blocks.input(w), blocks.input(b), scratch, count, ...image);
        }
        return { out: blocks.read(out, count * size * s.OC) };
      }).out;
    for (const engine of engines) {
      const parts = [
        [0, 1],
        [1, 2],
        [3, 17],
        [20, 13],
      ].flatMap(([at, n]) => [...forward(at, n, engine)]);
      assert.equal(parts, [...forward(0, 33, engine)], engine.build);
    }
  });

  test("the debug build refuses channels that are not a multiple of 4, by the op's name", () => {
    const engine = engines.find(({ build }) => build === "debug")!;
    const { kernels } = engine;
    const at = engine.alloc(1 << 16);
    const op = kind === "direct" ? "conv2d: OC" : "conv2dWinograd: C and OC";
    const forward = () =>
      kind === "direct"
        ? kernels.conv2dForward(at, at, at, at, at, 1, 5, 5, 3, 6, 0)
        : kernels.conv2dWinogradForward(at, at, at, at, at, at, 1, 5, 5, 3, 8, 0);
    const backward = () =>
      kind === "direct"
        ? kernels.conv2dBackward(at, at, at, at, at, at, at, 1, 5, 5, 3, 6, 0)
        : kernels.conv2dWinogradBackward(at, at, at, at, at, at, at, 1, 5, 5, 4, 6, 0);
    const small = () =>
      kind === "direct"
        ? kernels.conv2dForward(at, at, at, at, at, 1, 2, 5, 4, 4, 0)
        : kernels.conv2dWinogradForward(at, at, at, at, at, at, 1, 5, 2, 4, 4, 0);
    const refused = (text: string) => (error: unknown) => error instanceof KernelError && error.message.includes(text);
    assert.throws(forward, refused(op));
    assert.throws(backward, refused(op));
    assert.throws(small, refused("image smaller than the filter"));
  });

  test.run();
}

const both = suite("conv2d, both");

both("without dx the direct backward still makes dw and db", () => {
  const { run, expected } = convolve("direct", shape(3, 6, 5, 3, 8, 0), 9, false);
  checkKernel("direct-conv2d no dx", run, expected(), TOLERANCES.direct);
});

both("Winograd agrees with im2col on one shape after the other", () => {
  for (const [i, s] of [shape(3, 12, 12, 16, 64, 0), shape(2, 8, 8, 64, 64, 1), shape(4, 9, 5, 4, 8, 1)].entries()) {
    for (const engine of engines) {
      const direct = runKernel(engine, convolve("direct", s, i).run);
      const winograd = runKernel(engine, convolve("winograd", s, i).run);
      for (const key of Object.keys(direct)) assert.ok(relativeError(winograd[key], direct[key]) < 3e-5, key);
    }
  }
});

both.run();
