import { gemm } from "../../assembly/core/gemm";
import { transpose } from "../../assembly/core/transpose";
import { addRows, shiftedMoments } from "../../assembly/core/reduce";

// Whole numbers small enough that every sum is exact in f32: any difference is one of index arithmetic.

const A = memory.data(4 * 512, 16);
const B = memory.data(4 * 512, 16);
const INIT = memory.data(4 * 32, 16);
const OUT = memory.data(4 * 1024, 16);
const GUARD: f32 = 12345;

function fillNumbers(at: usize, n: i32, seed: i32): void {
  for (let i = 0; i < n; i++) store<f32>(at + (<usize>i << 2), <f32>(((i * 7 + seed * 13) % 11) - 5));
}

function get(at: usize, i: i32): f32 {
  return load<f32>(at + (<usize>i << 2));
}

/** Number of wrong elements of a product, counting everything the rows' gaps and the end hold. */
function wrong(M: i32, N: i32, K: i32, transposed: bool, ldb: i32, ldo: i32, withInit: bool, accumulate: bool): i32 {
  const aRow = transposed ? 1 : K + 1;
  const aDepth = transposed ? M + 2 : 1;
  fillNumbers(A, 512, 1);
  fillNumbers(B, 512, 2);
  fillNumbers(INIT, 32, 3);
  for (let i = 0; i < 1024; i++) store<f32>(OUT + (<usize>i << 2), GUARD);
  if (accumulate) for (let i = 0; i < M; i++) fillNumbers(OUT + (<usize>(i * ldo) << 2), N, i);
  gemm(OUT, A, B, withInit ? INIT : 0, M, N, K, aRow, aDepth, ldb, ldo, accumulate);
  let count = 0;
  for (let i = 0; i < 1024; i++) {
    const row = i / ldo;
    const column = i % ldo;
    let expected: f32 = GUARD;
    if (row < M && column < N) {
      expected = withInit ? get(INIT, column) : 0;
      if (accumulate) expected += <f32>(((column * 7 + row * 13) % 11) - 5);
      for (let k = 0; k < K; k++) expected += get(A, row * aRow + k * aDepth) * get(B, k * ldb + column);
    }
    if (get(OUT, i) != expected) count++;
  }
  return count;
}

describe("gemm", () => {
  it("is right for every tail of rows and columns", () => {
    for (let M = 1; M <= 9; M++) {
      for (let N = 4; N <= 20; N += 4) {
        for (let K = 1; K <= 10; K += 3) expect<i32>(wrong(M, N, K, false, N, N, false, false)).toBe(0);
      }
    }
  });

  it("reads transposed matrices and rows further apart than they are long", () => {
    for (let M = 1; M <= 6; M++) {
      expect<i32>(wrong(M, 12, 5, true, 16, 20, false, false)).toBe(0);
      expect<i32>(wrong(M, 8, 7, false, 11, 9, false, false)).toBe(0);
    }
  });

  it("starts from init, and adds to what is there where asked", () => {
    for (let M = 1; M <= 6; M++) {
      expect<i32>(wrong(M, 12, 5, false, 12, 12, true, false)).toBe(0);
      expect<i32>(wrong(M, 12, 5, true, 12, 16, false, true)).toBe(0);
    }
  });

  it("without a sum is init, or zero", () => {
    expect<i32>(wrong(5, 12, 0, false, 12, 12, true, false)).toBe(0);
    expect<i32>(wrong(5, 12, 0, false, 12, 12, false, false)).toBe(0);
  });
});

describe("transpose", () => {
  it("moves every element, for every shape in fours", () => {
    for (let i = 0; i < 512; i++) store<f32>(A + (<usize>i << 2), <f32>i);
    for (let M = 4; M <= 16; M += 4) {
      for (let N = 4; N <= 12; N += 4) {
        store<f32>(OUT + (<usize>(M * N) << 2), GUARD);
        transpose(OUT, A, M, N);
        let count = 0;
        for (let i = 0; i < M; i++) for (let j = 0; j < N; j++) if (get(OUT, j * M + i) != <f32>(i * N + j)) count++;
        expect<i32>(count).toBe(0);
        expect<f32>(get(OUT, M * N)).toBe(GUARD);
      }
    }
  });
});

describe("addRows and shiftedMoments", () => {
  it("sum every channel over the rows", () => {
    fillNumbers(A, 512, 5);
    for (let rows = 1; rows <= 5; rows++) {
      for (let C = 4; C <= 12; C += 4) {
        fillNumbers(OUT, C, 6);
        store<f32>(OUT + (<usize>C << 2), GUARD);
        addRows(OUT, A, rows, C);
        shiftedMoments(B, A, rows, C);
        for (let c = 0; c < C; c++) {
          let sum: f32 = 0;
          let shifted: f32 = 0;
          let squares: f32 = 0;
          for (let r = 0; r < rows; r++) {
            const d = get(A, r * C + c) - get(A, c);
            sum += get(A, r * C + c);
            shifted += d;
            squares += d * d;
          }
          expect<f32>(get(OUT, c)).toBe(<f32>(((c * 7 + 6 * 13) % 11) - 5) + sum);
          expect<f32>(get(B, c)).toBe(shifted);
          expect<f32>(get(B, C + c)).toBe(squares);
        }
        expect<f32>(get(OUT, C)).toBe(GUARD);
      }
    }
  });
});
