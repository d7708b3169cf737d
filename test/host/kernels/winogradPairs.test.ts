// The transforms of assembly/core/winogradPairs.ts have the bits of those of winograd.ts, which
// test/host/kernels/conv2d.test.ts compares with the reference. Without V8's flag pairs of vectors stay pairs. Only the
// slow suite tries the debug build, which takes ten times as long.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadTestEngine, type TestEngine } from "../../util/engine.ts";
import { some } from "../../util/thorough.ts";

const test = suite("kernels/winogradPairs");

interface Case {
  m: number;
  H: number;
  W: number;
  C: number;
  OC: number;
  pad: number;
}

const numbers = (n: number, factor: number) =>
  Float32Array.from({ length: n }, (_, i) => ((i * factor) % 1009) / 500 - 1);

/** Everything that forward and backward write, for a block of three images. */
function convolve(engine: TestEngine, { m, H, W, C, OC, pad }: Case, tail: number): Float32Array[] {
  const { kernels } = engine;
  const N = 3;
  const [OH, OW] = [H + 2 * pad - 2, W + 2 * pad - 2];
  const mark = kernels.mark();
  const image = [H, W, C, OC, pad] as const;
  const [xs, outs] = [N * H * W * C, N * OH * OW * OC];
  const [x, dout, w, b] = [numbers(xs, 37), numbers(outs, 53), numbers(9 * C * OC, 71), numbers(OC, 11)].map(
    engine.put,
  );
  const filterBytes = kernels.conv2dWinogradFilterBytes(m, C, OC);
  const [u, ut, du] = [0, 0, 0].map(() => engine.alloc(filterBytes));
  const [out, dx, db, dw] = [4 * outs, 4 * xs, 4 * OC, 36 * C * OC].map(engine.alloc);
  const scratch = engine.alloc(kernels.conv2dWinogradScratchBytes(m, N, ...image));
  kernels.conv2dWinogradFilters(u, ut, w, scratch, m, C, OC, 0, C);
  kernels.conv2dWinogradForward(out, x, u, b, scratch, m, N, ...image, tail);
  for (const add of [0, 1]) kernels.conv2dWinogradBackward(dx, du, db, dout, x, ut, scratch, m, N, ...image, add);
  kernels.conv2dWinogradFilterGradient(dw, du, scratch, 1, 0, m, C, OC, 0, C);
  const written = tail === 2 ? N * (OH >> 1) * (OW >> 1) * OC : outs;
  const results = [engine.get(out, written), engine.get(dx, xs), engine.get(db, OC), engine.get(dw, 9 * C * OC)];
  kernels.reset(mark);
  return results;
}

test("two vectors of channels at a time have the bits of one", async () => {
  for (const build of some(1, ["strict", "debug"] as const)) {
    const engines = [await loadTestEngine(build), await loadTestEngine(build)];
    engines[1].kernels.useWideTiles(1);
    for (const m of [4, 5, 6]) {
      const shapes = [
        { H: 2 * m + 2, W: m + 2, C: 16, OC: 32, pad: 0 }, // whole tiles
        { H: m + 3, W: 2 * m + 5, C: 8, OC: 24, pad: 1 }, // with borders and rests
        { H: m + 2, W: m + 2, C: 8, OC: 12, pad: 0 }, // channels that come in no pairs
      ];
      for (const shape of shapes) {
        for (const tail of m % 2 === 0 ? [0, 1, 2] : [0, 1]) {
          const [one, two] = engines.map((engine) => convolve(engine, { m, ...shape }, tail));
          assert.ok(one.every((values) => values.some((value) => value !== 0)));
          for (const [i, values] of one.entries()) {
            assert.ok(
              values.every((value, j) => Object.is(value, two[i][j])),
              `${build} m ${m} ${JSON.stringify(shape)} tail ${tail}: ${["out", "dx", "db", "dw"][i]}`,
            );
          }
        }
      }
    }
  }
});

test.run();
