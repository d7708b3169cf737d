import { ADD, gemm, RELU, STORE, useWideTiles } from "../../assembly/core/gemm";
import { transpose4x4 } from "../../assembly/core/transpose";

// Whole numbers small enough that every sum is exact in f32: any difference is one of index arithmetic.

const SIZE: i32 = 1024;
const A = memory.data(4 * 1024, 16);
const B = memory.data(4 * 1024, 16);
const INIT = memory.data(4 * 128, 16);
const OUT = memory.data(4 * 1024, 16);
const GUARD: f32 = 12345;

function fillNumbers(at: usize, n: i32, seed: i32): void {
  for (let i = 0; i < n; i++) store<f32>(at + ((<usize>i) << 2), <f32>(((i * 7 + seed * 13) % 11) - 5));
}

function get(at: usize, i: i32): f32 {
  return load<f32>(at + ((<usize>i) << 2));
}

/** What stands in row, column of out before an ADD. */
function before(row: i32, column: i32): f32 {
  return <f32>(((column * 7 + row * 13) % 11) - 5);
}

/** Number of wrong elements of a product, counting everything the rows' gaps and the end hold. */
function wrong(
  M: i32,
  N: i32,
  run: i32,
  aRow: i32,
  aDepth: i32,
  ldb: i32,
  ldo: i32,
  withInit: bool = false,
  finish: i32 = STORE,
  runs: i32 = 1,
  skip: i32 = 0,
): i32 {
  fillNumbers(A, SIZE, 1);
  fillNumbers(B, SIZE, 2);
  fillNumbers(INIT, 128, 3);
  for (let i = 0; i < SIZE; i++) store<f32>(OUT + ((<usize>i) << 2), GUARD);
  for (let i = 0; i < M; i++) for (let j = 0; j < N; j++) store<f32>(OUT + ((<usize>(i * ldo + j)) << 2), before(i, j));
  gemm(OUT, A, B, withInit ? INIT : 0, M, N, run, aRow, aDepth, ldb, ldo, finish, runs, skip);
  let count = 0;
  for (let i = 0; i < SIZE; i++) {
    const row = i / ldo;
    const column = i % ldo;
    let expected: f32 = GUARD;
    if (row < M && column < N) {
      expected = withInit ? get(INIT, column) : 0;
      for (let k = 0; k < run * runs; k++)
        expected += get(A, row * aRow + k * aDepth + (k / run) * skip) * get(B, k * ldb + column);
      if (finish == RELU) expected = max<f32>(0, expected);
      if (finish == ADD) expected += before(row, column);
    }
    if (get(OUT, i) != expected) count++;
  }
  return count;
}

/** The same with narrow tiles and with wide ones. */
function wrongEither(
  M: i32,
  N: i32,
  run: i32,
  aRow: i32,
  aDepth: i32,
  ldb: i32,
  ldo: i32,
  withInit: bool = false,
  finish: i32 = STORE,
  runs: i32 = 1,
  skip: i32 = 0,
): i32 {
  let count = wrong(M, N, run, aRow, aDepth, ldb, ldo, withInit, finish, runs, skip);
  useWideTiles(true);
  count += wrong(M, N, run, aRow, aDepth, ldb, ldo, withInit, finish, runs, skip);
  useWideTiles(false);
  return count;
}

describe("gemm", () => {
  it("is right for every tail of rows and columns", () => {
    let count = 0;
    for (let M = 1; M <= 9; M++) {
      for (let N = 4; N <= 36; N += 4) {
        for (let K = 1; K <= 10; K += 3) count += wrongEither(M, N, K, K + 1, 1, N, N);
      }
      count += wrongEither(M, 68, 5, 5, 1, 68, 68);
    }
    expect<i32>(count).toBe(0);
  });

  it("without rows writes nothing", () => {
    expect<i32>(wrongEither(0, 20, 3, 3, 1, 20, 20)).toBe(0);
  });

  it("reads transposed matrices and rows further apart than they are long", () => {
    let count = 0;
    for (let M = 1; M <= 6; M++) {
      for (let N = 4; N <= 36; N += 8) {
        count += wrongEither(M, N, 5, 1, M + 2, N + 4, N + 8);
        count += wrongEither(M, N, 7, 9, 1, N + 3, N + 1);
      }
    }
    expect<i32>(count).toBe(0);
  });

  it("starts from init or zero, and stores the sum, adds it to what is there, or stores its positive part", () => {
    let count = 0;
    for (let M = 1; M <= 5; M++) {
      for (let N = 4; N <= 36; N += 4) {
        count += wrongEither(M, N, 5, 5, 1, N, N, true, STORE);
        count += wrongEither(M, N, 5, 1, M, N, N + 4, false, ADD);
        count += wrongEither(M, N, 5, 5, 1, N, N, true, ADD);
        count += wrongEither(M, N, 5, 5, 1, N, N, false, RELU);
        count += wrongEither(M, N, 5, 5, 1, N, N, true, RELU);
      }
    }
    expect<i32>(count).toBe(0);
  });

  it("takes K in runs, between which a skips", () => {
    let count = 0;
    for (let M = 1; M <= 5; M++) {
      for (let N = 4; N <= 36; N += 4) {
        count += wrongEither(M, N, 3, 2, 1, N, N, true, STORE, 3, 5); // the taps of a line of an image
        count += wrongEither(M, N, 1, 1, 3, N, N, false, ADD, 4, 2); // every pixel a run of its own
        count += wrongEither(M, N, 4, 1, 2, N + 4, N, false, RELU, 2, -3); // backwards: the next run overlaps this one
        count += wrongEither(M, N, 2, 7, 1, N, N, false, STORE, 3, 0); // as one run of six
      }
    }
    expect<i32>(count).toBe(0);
  });

  it("lets NaN through its positive part", () => {
    let count = 0;
    for (let N = 4; N <= 36; N += 16) {
      fillNumbers(A, SIZE, 1);
      fillNumbers(B, SIZE, 2);
      store<f32>(A, NaN);
      gemm(OUT, A, B, 0, 3, N, 2, 2, 1, N, N, RELU, 1, 0);
      for (let j = 0; j < N; j++) if (!isNaN(get(OUT, j)) || isNaN(get(OUT, N + j))) count++;
    }
    expect<i32>(count).toBe(0);
  });

  it("sums an element over k in order, the same bits in every tile", () => {
    // numbers that round: an element's bits must not depend on M, on N or on where in them it lies
    for (let i = 0; i < SIZE; i++) store<f32>(A + ((<usize>i) << 2), <f32>(1 / <f64>(i + 3)));
    for (let k = 0; k < 9; k++)
      for (let j = 0; j < 68; j++) store<f32>(B + ((<usize>(k * 68 + j)) << 2), <f32>(1 / <f64>(k * k + 1.7)));
    let count = 0;
    for (let M = 1; M <= 4; M++) {
      for (let N = 4; N <= 68; N += 4) {
        for (let wide = 0; wide < 2; wide++) {
          useWideTiles(wide == 1);
          gemm(OUT, A, B, 0, M, N, 9, 0, 1, 68, N, STORE, 1, 0);
          for (let i = 1; i < M * N; i++) if (get(OUT, i) != get(OUT, 0)) count++;
        }
      }
    }
    useWideTiles(false);
    expect<i32>(count).toBe(0);
  });

  if (!ASC_NO_ASSERT) {
    it("refuses what it cannot do", () => {
      expect(() => gemm(OUT, A, B, 0, 2, 6, 3, 3, 1, 8, 8, STORE, 1, 0)).toThrow();
      expect(() => gemm(OUT, A, B, 0, 2, 4, 0, 3, 1, 8, 8, STORE, 1, 0)).toThrow();
      expect(() => gemm(OUT, A, B, 0, 2, 4, 3, 3, 1, 8, 8, STORE, 0, 0)).toThrow();
    });
  }
});

describe("transpose4x4", () => {
  it("moves every element, between rows any distance apart", () => {
    for (let i = 0; i < 256; i++) store<f32>(A + ((<usize>i) << 2), <f32>i);
    let count = 0;
    for (let from = 4; from <= 12; from += 4) {
      for (let to = 4; to <= 12; to += 4) {
        for (let i = 0; i < SIZE; i++) store<f32>(OUT + ((<usize>i) << 2), GUARD);
        transpose4x4(OUT, (<usize>to) << 2, A, (<usize>from) << 2);
        for (let i = 0; i < SIZE; i++) {
          const row = i / to;
          const column = i % to;
          const expected = row < 4 && column < 4 ? <f32>(column * from + row) : GUARD;
          if (get(OUT, i) != expected) count++;
        }
      }
    }
    expect<i32>(count).toBe(0);
  });
});
