// gemm: out = a · b, the one matrix product under every convolution
//   out     (M, N)   rows ldo apart
//   a       (M, K)   element (i, k) at a[i · aRow + k · aDepth]: aDepth = 1 reads rows, aRow = 1 reads a transposed
//           matrix
//   b       (K, N)   rows ldb apart
//   init    (N)      added to every row before the sum; 0 for none
// Distances count f32 elements. K is cut into `runs` pieces of `run`; behind each piece, a moves `skip` elements
// further: so the taps of a filter in several lines of an image are one sum. N is a multiple of 4; M and K are any.
// Every element of out sums over k in order from init or zero, whichever tile it falls into, so the bits depend neither
// on M nor on the tile; ADD adds the finished sum to out, RELU stores max(0, sum).
import { madd } from "../simd";

export const STORE: i32 = 0;
export const ADD: i32 = 1;
export const RELU: i32 = 2;

/**
 * Where sums without init start from: a pointer in place of a branch, because V8 joins vectors only in straight code.
 */
const ZEROS = memory.data(64, 16);

/**
 * Whether V8 joins pairs of vectors into 256 bits (its revectorize flag): a tile then has twice the columns. Set once,
 * before anything runs.
 */
let wide = false;

export function useWideTiles(on: bool): void {
  wide = on;
}

/** Whether it does. */
@inline
export function joinsVectors(): bool {
  return wide;
}

export function gemm(
  out: usize,
  a: usize,
  b: usize,
  init: usize,
  M: i32,
  N: i32,
  run: i32,
  aRow: i32,
  aDepth: i32,
  ldb: i32,
  ldo: i32,
  finish: i32,
  runs: i32,
  skip: i32,
): void {
  assert((N & 3) == 0, "gemm: N is not a multiple of 4");
  assert(run > 0 && runs > 0, "gemm: empty sum");
  if (finish == STORE) gemmStore(out, a, b, init, M, N, run, aRow, aDepth, ldb, ldo, runs, skip);
  else if (finish == ADD) gemmAdd(out, a, b, init, M, N, run, aRow, aDepth, ldb, ldo, runs, skip);
  else gemmRelu(out, a, b, init, M, N, run, aRow, aDepth, ldb, ldo, runs, skip);
}

function gemmStore(
  out: usize,
  a: usize,
  b: usize,
  init: usize,
  M: i32,
  N: i32,
  run: i32,
  aRow: i32,
  aDepth: i32,
  ldb: i32,
  ldo: i32,
  runs: i32,
  skip: i32,
): void {
  eachTile(STORE, out, a, b, init, M, N, run, aRow, aDepth, ldb, ldo, runs, skip);
}

function gemmAdd(
  out: usize,
  a: usize,
  b: usize,
  init: usize,
  M: i32,
  N: i32,
  run: i32,
  aRow: i32,
  aDepth: i32,
  ldb: i32,
  ldo: i32,
  runs: i32,
  skip: i32,
): void {
  eachTile(ADD, out, a, b, init, M, N, run, aRow, aDepth, ldb, ldo, runs, skip);
}

function gemmRelu(
  out: usize,
  a: usize,
  b: usize,
  init: usize,
  M: i32,
  N: i32,
  run: i32,
  aRow: i32,
  aDepth: i32,
  ldb: i32,
  ldo: i32,
  runs: i32,
  skip: i32,
): void {
  eachTile(RELU, out, a, b, init, M, N, run, aRow, aDepth, ldb, ldo, runs, skip);
}

/** finish is a compile-time constant from here on, and rows too. */
@inline
function eachTile(
  finish: i32,
  out: usize,
  a: usize,
  b: usize,
  init: usize,
  M: i32,
  N: i32,
  run: i32,
  aRow: i32,
  aDepth: i32,
  ldb: i32,
  ldo: i32,
  runs: i32,
  skip: i32,
): void {
  const rowBytes = (<usize>aRow) << 2;
  const depthBytes = (<usize>aDepth) << 2;
  const bBytes = (<usize>ldb) << 2;
  const outBytes = (<usize>ldo) << 2;
  const skipBytes = (<usize>skip) << 2;
  const pairs = M & ~1;
  let j = 0;
  if (wide && pairs == M) {
    for (; j + 32 <= N; j += 32) {
      const column = (<usize>j) << 2;
      const first = init ? init + column : ZEROS;
      const second = init ? first + 64 : ZEROS;
      for (let i = 0; i < M; i += 2) {
        const to = out + <usize>i * outBytes + column;
        const row = a + <usize>i * rowBytes;
        tile32(
          finish,
          to,
          row,
          b + column,
          first,
          second,
          run,
          rowBytes,
          depthBytes,
          bBytes,
          outBytes,
          runs,
          skipBytes,
        );
      }
    }
  }
  for (; j + 16 <= N; j += 16) {
    const column = (<usize>j) << 2;
    const first = init ? init + column : ZEROS;
    for (let i = 0; i < pairs; i += 2) {
      const to = out + <usize>i * outBytes + column;
      tile16(
        finish,
        2,
        to,
        a + <usize>i * rowBytes,
        b + column,
        first,
        run,
        rowBytes,
        depthBytes,
        bBytes,
        outBytes,
        runs,
        skipBytes,
      );
    }
    if (pairs < M) {
      const to = out + <usize>pairs * outBytes + column;
      tile16(
        finish,
        1,
        to,
        a + <usize>pairs * rowBytes,
        b + column,
        first,
        run,
        rowBytes,
        depthBytes,
        bBytes,
        outBytes,
        runs,
        skipBytes,
      );
    }
  }
  for (; j < N; j += 4) {
    const column = (<usize>j) << 2;
    const first = init ? init + column : ZEROS;
    for (let i = 0; i < M; i++) {
      const to = out + <usize>i * outBytes + column;
      tile4(finish, to, a + <usize>i * rowBytes, b + column, first, run, depthBytes, bBytes, runs, skipBytes);
    }
  }
}

/**
 * Two rows (or the last one) by sixteen columns: eight accumulators, the four vectors of b, a splat and a product fit
 * the 15 registers that V8 uses. GFLOP/s of the tiles 2×16, 4×8, 3×12, 6×8 with K = 64 on Node 24: strict 41, 39, 43,
 * 24 of 46; fast 51, 50, 49, 48 of 52 (3×12 does not divide 16 and 64 channels). Unrolled twice, every one is slower.
 */
@inline
function tile16(
  finish: i32,
  rows: i32,
  out: usize,
  a0: usize,
  b: usize,
  first: usize,
  run: i32,
  rowBytes: usize,
  depthBytes: usize,
  bBytes: usize,
  outBytes: usize,
  runs: i32,
  skipBytes: usize,
): void {
  let c0 = v128.load(first);
  let c1 = v128.load(first, 16);
  let c2 = v128.load(first, 32);
  let c3 = v128.load(first, 48);
  let d0 = c0;
  let d1 = c1;
  let d2 = c2;
  let d3 = c3;
  let a1 = a0 + rowBytes;
  do {
    let k = run;
    do {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      const b2 = v128.load(b, 32);
      const b3 = v128.load(b, 48);
      let s = v128.load32_splat(a0);
      c0 = madd<f32>(s, b0, c0);
      c1 = madd<f32>(s, b1, c1);
      c2 = madd<f32>(s, b2, c2);
      c3 = madd<f32>(s, b3, c3);
      if (rows == 2) {
        s = v128.load32_splat(a1);
        d0 = madd<f32>(s, b0, d0);
        d1 = madd<f32>(s, b1, d1);
        d2 = madd<f32>(s, b2, d2);
        d3 = madd<f32>(s, b3, d3);
        a1 += depthBytes;
      }
      b += bBytes;
      a0 += depthBytes;
    } while (--k);
    a0 += skipBytes;
    a1 += skipBytes;
  } while (--runs);
  put4(finish, out, c0, c1, c2, c3);
  if (rows == 2) put4(finish, out + outBytes, d0, d1, d2, d3);
}

/**
 * Two rows by thirty-two columns, for vectors of 256 bits. GFLOP/s of the tiles 2×32, 2×16, 3×16, 6×16 with the flag:
 * strict 76, 65, 73, 48; fast 96, 58, 77, 89.
 */
@inline
function tile32(
  finish: i32,
  out: usize,
  a0: usize,
  b: usize,
  first: usize,
  second: usize,
  run: i32,
  rowBytes: usize,
  depthBytes: usize,
  bBytes: usize,
  outBytes: usize,
  runs: i32,
  skipBytes: usize,
): void {
  let c0 = v128.load(first);
  let c1 = v128.load(first, 16);
  let c2 = v128.load(first, 32);
  let c3 = v128.load(first, 48);
  let c4 = v128.load(second);
  let c5 = v128.load(second, 16);
  let c6 = v128.load(second, 32);
  let c7 = v128.load(second, 48);
  let d0 = c0;
  let d1 = c1;
  let d2 = c2;
  let d3 = c3;
  let d4 = c4;
  let d5 = c5;
  let d6 = c6;
  let d7 = c7;
  let a1 = a0 + rowBytes;
  do {
    let k = run;
    do {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      const b2 = v128.load(b, 32);
      const b3 = v128.load(b, 48);
      const b4 = v128.load(b, 64);
      const b5 = v128.load(b, 80);
      const b6 = v128.load(b, 96);
      const b7 = v128.load(b, 112);
      let s = v128.load32_splat(a0);
      c0 = madd<f32>(s, b0, c0);
      c1 = madd<f32>(s, b1, c1);
      c2 = madd<f32>(s, b2, c2);
      c3 = madd<f32>(s, b3, c3);
      c4 = madd<f32>(s, b4, c4);
      c5 = madd<f32>(s, b5, c5);
      c6 = madd<f32>(s, b6, c6);
      c7 = madd<f32>(s, b7, c7);
      s = v128.load32_splat(a1);
      d0 = madd<f32>(s, b0, d0);
      d1 = madd<f32>(s, b1, d1);
      d2 = madd<f32>(s, b2, d2);
      d3 = madd<f32>(s, b3, d3);
      d4 = madd<f32>(s, b4, d4);
      d5 = madd<f32>(s, b5, d5);
      d6 = madd<f32>(s, b6, d6);
      d7 = madd<f32>(s, b7, d7);
      a1 += depthBytes;
      b += bBytes;
      a0 += depthBytes;
    } while (--k);
    a0 += skipBytes;
    a1 += skipBytes;
  } while (--runs);
  put4(finish, out, c0, c1, c2, c3);
  put4(finish, out + outBytes, d0, d1, d2, d3);
  put4(finish, out + 64, c4, c5, c6, c7);
  put4(finish, out + 64 + outBytes, d4, d5, d6, d7);
}


@inline
function tile4(
  finish: i32,
  out: usize,
  a: usize,
  b: usize,
  first: usize,
  run: i32,
  depthBytes: usize,
  bBytes: usize,
  runs: i32,
  skipBytes: usize,
): void {
  let c = v128.load(first);
  do {
    let k = run;
    do {
      c = madd<f32>(v128.load32_splat(a), v128.load(b), c);
      a += depthBytes;
      b += bBytes;
    } while (--k);
    a += skipBytes;
  } while (--runs);
  if (finish == ADD) c = f32x4.add(v128.load(out), c);
  v128.store(out, finished(finish, c));
}

/**
 * Neighbours with constant offsets, in one block: what V8 needs to join them. Nothing is loaded that is not used: a
 * load may trap, so it would stay.
 */
@inline
function put4(finish: i32, out: usize, c0: v128, c1: v128, c2: v128, c3: v128): void {
  if (finish == ADD) {
    c0 = f32x4.add(v128.load(out), c0);
    c1 = f32x4.add(v128.load(out, 16), c1);
    c2 = f32x4.add(v128.load(out, 32), c2);
    c3 = f32x4.add(v128.load(out, 48), c3);
  }
  v128.store(out, finished(finish, c0));
  v128.store(out, finished(finish, c1), 16);
  v128.store(out, finished(finish, c2), 32);
  v128.store(out, finished(finish, c3), 48);
}


@inline
function finished(finish: i32, sum: v128): v128 {
  return finish == RELU ? f32x4.max(f32x4.splat(0), sum) : sum;
}
