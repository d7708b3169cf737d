// The transforms of assembly/core/winograd.ts, seen through the kernels of conv2dWinograd: with a single 1 in each
// operand, what comes out is a product of two elements of the matrices. All but G's are short binary fractions, so
// nothing rounds and the comparison is exact.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Matrix, multiply, transpose, winogradMatrices, winogradPoints } from "../../reference/winograd.ts";
import { checkKernel, runKernel, swept } from "../../util/kernels.ts";
import { numbers, relativeError } from "../../util/numbers.ts";

const TILES = [4, 5, 6];
const derived = suite("winograd, the matrices");

const column = (values: ArrayLike<number>): Matrix => Array.from(values, (value) => [value]);
const random = (n: number, seed: number) => Float64Array.from(numbers(n, seed));

for (const m of TILES) {
  const n = m + 2;

  derived(`F(${m}, 3) is the correlation with a filter of three`, () => {
    const { A, G, B } = winogradMatrices(m);
    for (let seed = 0; seed < 5; seed++) {
      const [d, g] = [random(n, seed), random(3, seed + 50)];
      const [V, U] = [multiply(transpose(B), column(d)), multiply(G, column(g))];
      const out = multiply(
        transpose(A),
        V.map(([value], p) => [value * U[p][0]]),
      );
      const expected = Array.from({ length: m }, (_, i) => g[0] * d[i] + g[1] * d[i + 1] + g[2] * d[i + 2]);
      assert.ok(relativeError(out.flat(), expected) < 1e-13, `${relativeError(out.flat(), expected)}`);
    }
  });

  derived(`F(${m}×${m}, 3×3) is the correlation with a filter of 3×3`, () => {
    const { A, G, B } = winogradMatrices(m);
    const [d, g] = [random(n * n, 1), random(9, 2)];
    const square = (values: Float64Array, size: number): Matrix =>
      Array.from({ length: size }, (_, row) => [...values.subarray(row * size, (row + 1) * size)]);
    const V = multiply(multiply(transpose(B), square(d, n)), B);
    const U = multiply(multiply(G, square(g, 3)), transpose(G));
    const M = V.map((row, y) => row.map((value, x) => value * U[y][x]));
    const out = multiply(multiply(transpose(A), M), A).flat();
    const expected = out.map((_, i) => {
      const [y, x] = [Math.floor(i / m), i % m];
      return g.reduce((sum, value, k) => sum + value * d[(y + Math.floor(k / 3)) * n + x + (k % 3)], 0);
    });
    assert.ok(relativeError(out, expected) < 1e-12, `${relativeError(out, expected)}`);
  });
}

derived("any points will do, if there are enough of them", () => {
  const [d, g] = [random(6, 1), random(3, 2)];
  const { A, G, B } = winogradMatrices(4, [0.3, -1.1, 3, 0.7, -0.2]);
  const U = multiply(G, column(g));
  const M = multiply(transpose(B), column(d)).map(([value], p) => [value * U[p][0]]);
  const expected = Array.from({ length: 4 }, (_, i) => g[0] * d[i] + g[1] * d[i + 1] + g[2] * d[i + 2]);
  assert.ok(relativeError(multiply(transpose(A), M).flat(), expected) < 1e-11);
  assert.throws(() => winogradMatrices(5, winogradPoints(4)), /F\(5, 3\) takes 6 points, got 5/);
});

derived("those of F(4, 3) are the published ones", () => {
  // Lavin & Gray 2015, section 4.3, with their points 0, 1, −1, 2, −2
  const { A, G, B } = winogradMatrices(4);
  assert.equal(transpose(A), [
    [1, 1, 1, 1, 1, 0],
    [0, 1, -1, 2, -2, 0],
    [0, 1, 1, 4, 4, 0],
    [0, 1, -1, 8, -8, 1],
  ]);
  assert.equal(
    transpose(B),
    [
      [4, 0, -5, 0, 1, 0],
      [0, -4, -4, 1, 1, 0],
      [0, 4, -4, -1, 1, 0],
      [0, -2, -1, 2, 1, 0],
      [0, 2, -1, -2, 1, 0],
      [0, 4, 0, -5, 0, 1],
    ].map((row) => row.map((value) => value + 0)),
  );
  assert.ok(
    relativeError(G.flat(), [
      ...[1 / 4, 0, 0, -1 / 6, -1 / 6, -1 / 6, -1 / 6, 1 / 6, -1 / 6],
      ...[1 / 24, 1 / 12, 1 / 6, 1 / 24, -1 / 12, 1 / 6, 0, 0, 1],
    ]) < 1e-15,
  );
});

derived.run();

const transforms = suite("winograd, the engine's transforms");

for (const m of TILES) {
  const n = m + 2;
  const planes = n * n;
  const { A, G, B } = winogradMatrices(m);
  const channels = Math.ceil(planes / 4) * 4; // one for every plane
  const plane = (C: number, OC: number) => C * OC + 16; // elements from one plane of filters to the next
  const pair = (p: number) => [Math.floor(p / n), p % n];

  transforms(`F(${m}×${m}): the filters of a single 1 are G g Gᵀ`, () => {
    // filter o holds its 1 in tap o: nine filters on channel 1 of four
    const [C, OC] = [4, 12];
    const w = new Float32Array(9 * C * OC);
    const expected = new Float64Array(planes * C * OC);
    for (let tap = 0; tap < 9; tap++) {
      w[(tap * C + 1) * OC + tap] = 1;
      for (let p = 0; p < planes; p++) {
        const [i, j] = pair(p);
        expected[(p * C + 1) * OC + tap] = G[i][Math.floor(tap / 3)] * G[j][tap % 3];
      }
    }
    const { u, ut } = checkKernel(
      `filters ${m}`,
      (blocks, kernels) => {
        const size = kernels.conv2dWinogradFilterBytes(m, C, OC) / 4;
        const [u, ut] = [blocks.output(size), blocks.output(size)];
        const scratch = blocks.scratch(kernels.conv2dWinogradScratchBytes(m, 1, 3, 3, C, OC, 0));
        kernels.conv2dWinogradFilters(u, ut, blocks.input(w), scratch, m, C, OC, 0, C);
        const dense = (values: Float32Array) =>
          values.filter((_, i) => i < planes * plane(C, OC) && i % plane(C, OC) < C * OC);
        return { u: dense(blocks.read(u, size)), ut: dense(blocks.read(ut, size)) };
      },
      {
        u: expected,
        ut: expected.map((_, i) => {
          const [p, o, c] = [Math.floor(i / (C * OC)), Math.floor((i % (C * OC)) / C), i % C];
          return expected[(p * C + c) * OC + o];
        }),
      },
      2e-7, // G's factors, rounded to f32, twice
    );
    assert.is(u.length, expected.length);
    assert.is(ut.length, expected.length);
  });

  transforms(`F(${m}×${m}): the output of a single pixel through a single product is Bᵀ and A`, () => {
    // image i has its 1 in pixel i of one tile, channel 2; product p leads to output channel p
    const [C, OC] = [4, channels];
    const x = new Float32Array(planes * planes * C);
    const u = new Float32Array(planes * plane(C, OC));
    const expected = new Float32Array(planes * m * m * OC);
    for (let p = 0; p < planes; p++) {
      x[(p * planes + p) * C + 2] = 1;
      u[p * plane(C, OC) + 2 * OC + p] = 1;
      const [i, j] = pair(p);
      for (let pixel = 0; pixel < planes; pixel++) {
        const [y, z] = pair(pixel);
        for (let r = 0; r < m; r++) {
          for (let s = 0; s < m; s++)
            expected[((pixel * m + r) * m + s) * OC + p] = A[i][r] * A[j][s] * B[y][i] * B[z][j];
        }
      }
    }
    for (const engine of swept) {
      const { out } = runKernel(engine, (blocks, kernels) => {
        const image = [n, n, C, OC, 0] as const;
        const out = blocks.output(expected.length);
        const scratch = blocks.scratch(kernels.conv2dWinogradScratchBytes(m, planes, ...image));
        const filters = blocks.input(u);
        const bias = blocks.input(new Float32Array(OC));
        kernels.conv2dWinogradForward(out, blocks.input(x), filters, bias, scratch, m, planes, ...image, 0);
        return { out: blocks.read(out, expected.length) };
      });
      assert.is(relativeError(out, expected), 0, engine.build);
    }
  });

  transforms(`F(${m}×${m}): a bias reaches every pixel of a tile once`, () => {
    const b = Float32Array.of(1, -2, 3.5, 0);
    for (const engine of swept) {
      const { out } = runKernel(engine, (blocks, kernels) => {
        const image = [n, n, 4, 4, 0] as const;
        const out = blocks.output(m * m * 4);
        const scratch = blocks.scratch(kernels.conv2dWinogradScratchBytes(m, 1, ...image));
        const u = blocks.input(new Float32Array(planes * plane(4, 4)));
        const x = blocks.input(numbers(planes * 4, 1));
        kernels.conv2dWinogradForward(out, x, u, blocks.input(b), scratch, m, 1, ...image, 0);
        return { out: blocks.read(out, m * m * 4) };
      });
      assert.equal([...out], Array.from({ length: m * m }, () => [...b]).flat(), engine.build);
    }
  });

  transforms(`F(${m}×${m}): dx of a single output through a single product is A and B`, () => {
    // image i has its 1 in output pixel i of one tile, channel 3; product p leads to input channel p
    const [C, OC] = [channels, 4];
    const pixels = m * m;
    const dout = new Float32Array(pixels * pixels * OC);
    const ut = new Float32Array(planes * plane(C, OC));
    const expected = new Float32Array(pixels * planes * C);
    for (let p = 0; p < planes; p++) ut[p * plane(C, OC) + 3 * C + p] = 1;
    for (let pixel = 0; pixel < pixels; pixel++) {
      dout[(pixel * pixels + pixel) * OC + 3] = 1;
      const [r, s] = [Math.floor(pixel / m), pixel % m];
      for (let p = 0; p < planes; p++) {
        const [i, j] = pair(p);
        for (let y = 0; y < n; y++) {
          for (let z = 0; z < n; z++)
            expected[((pixel * n + y) * n + z) * C + p] = A[i][r] * A[j][s] * B[y][i] * B[z][j];
        }
      }
    }
    for (const engine of swept) {
      const { dx } = runKernel(engine, (blocks, kernels) => {
        const image = [n, n, C, OC, 0] as const;
        const [dx, db] = [blocks.output(expected.length), blocks.output(OC)];
        const du = blocks.scratch(kernels.conv2dWinogradFilterBytes(m, C, OC));
        const scratch = blocks.scratch(kernels.conv2dWinogradScratchBytes(m, pixels, ...image));
        const read = [blocks.input(dout), blocks.input(new Float32Array(expected.length)), blocks.input(ut)] as const;
        kernels.conv2dWinogradBackward(dx, du, db, ...read, scratch, m, pixels, ...image, 0);
        return { dx: blocks.read(dx, expected.length) };
      });
      assert.is(relativeError(dx, expected), 0, engine.build);
    }
  });

  transforms(`F(${m}×${m}): dw of a single product is Gᵀ and G`, () => {
    // product p of input channel p
    const [C, OC] = [channels, 4];
    const du = new Float32Array(planes * plane(C, OC));
    const expected = new Float64Array(9 * C * OC);
    for (let p = 0; p < planes; p++) {
      du[p * plane(C, OC) + p * OC + 1] = 1;
      const [i, j] = pair(p);
      for (let tap = 0; tap < 9; tap++) expected[(tap * C + p) * OC + 1] = G[i][Math.floor(tap / 3)] * G[j][tap % 3];
    }
    checkKernel(
      `filter gradient ${m}`,
      (blocks, kernels) => {
        const dw = blocks.inout(new Float32Array(expected.length));
        const scratch = blocks.scratch(kernels.conv2dWinogradScratchBytes(m, 1, 3, 3, C, OC, 0));
        kernels.conv2dWinogradFilterGradient(dw, blocks.input(du), scratch, 1, 0, m, C, OC, 0, C);
        return { dw: blocks.read(dw, expected.length) };
      },
      { dw: expected },
      2e-7,
    );
  });
}

transforms.run();
