// gemm: out = a · b (+ init, or + out), the one matrix product under every convolution
//   out     (M, N)   rows ldo apart
//   a       (M, K)   element (i, k) at a[i · aRow + k · aDepth]: aDepth = 1 reads rows, aRow = 1 reads a transposed matrix
//   b       (K, N)   rows ldb apart
//   init    (N)      added to every row before the sum; 0 for none
// Distances count f32 elements. N is a multiple of 4; M and K are any. Every element of out sums over k in order from init or
// zero, whichever tile it falls into, so the bits do not depend on M; with accumulate the finished sum is added to out.
import { madd } from "../simd";

export function gemm(
  out: usize,
  a: usize,
  b: usize,
  init: usize,
  M: i32,
  N: i32,
  K: i32,
  aRow: i32,
  aDepth: i32,
  ldb: i32,
  ldo: i32,
  accumulate: bool,
): void {
  assert((N & 3) == 0, "gemm: N is not a multiple of 4");
  const rowBytes = <usize>aRow << 2;
  const depthBytes = <usize>aDepth << 2;
  const bBytes = <usize>ldb << 2;
  const outBytes = <usize>ldo << 2;
  let i = 0;
  for (; i + 4 <= M; i += 4) {
    const ai = a + <usize>i * rowBytes;
    const oi = out + <usize>i * outBytes;
    let j = 0;
    for (; j + 8 <= N; j += 8) {
      const column = <usize>j << 2;
      tile4x8(oi + column, ai, b + column, init ? init + column : 0, K, rowBytes, depthBytes, bBytes, outBytes, accumulate);
    }
    if (j < N) {
      const column = <usize>j << 2;
      for (let r: usize = 0; r < 4; r++) {
        tile1x4(oi + r * outBytes + column, ai + r * rowBytes, b + column, init ? init + column : 0, K, depthBytes, bBytes, accumulate);
      }
    }
  }
  for (; i < M; i++) {
    const ai = a + <usize>i * rowBytes;
    const oi = out + <usize>i * outBytes;
    for (let j = 0; j < N; j += 4) {
      const column = <usize>j << 2;
      tile1x4(oi + column, ai, b + column, init ? init + column : 0, K, depthBytes, bBytes, accumulate);
    }
  }
}

/** Four rows by eight columns in eight accumulators: with the two vectors of b and the splat they fill the 16 registers of x64. */
@inline
function tile4x8(
  out: usize,
  a: usize,
  b: usize,
  init: usize,
  K: i32,
  rowBytes: usize,
  depthBytes: usize,
  bBytes: usize,
  outBytes: usize,
  accumulate: bool,
): void {
  let c0 = f32x4.splat(0);
  let d0 = c0;
  if (init) {
    c0 = v128.load(init);
    d0 = v128.load(init, 16);
  }
  let c1 = c0;
  let d1 = d0;
  let c2 = c0;
  let d2 = d0;
  let c3 = c0;
  let d3 = d0;
  let a0 = a;
  let a1 = a + rowBytes;
  let a2 = a1 + rowBytes;
  let a3 = a2 + rowBytes;
  for (let k = 0; k < K; k++) {
    const l = v128.load(b);
    const r = v128.load(b, 16);
    let s = v128.load32_splat(a0);
    c0 = madd<f32>(s, l, c0);
    d0 = madd<f32>(s, r, d0);
    s = v128.load32_splat(a1);
    c1 = madd<f32>(s, l, c1);
    d1 = madd<f32>(s, r, d1);
    s = v128.load32_splat(a2);
    c2 = madd<f32>(s, l, c2);
    d2 = madd<f32>(s, r, d2);
    s = v128.load32_splat(a3);
    c3 = madd<f32>(s, l, c3);
    d3 = madd<f32>(s, r, d3);
    a0 += depthBytes;
    a1 += depthBytes;
    a2 += depthBytes;
    a3 += depthBytes;
    b += bBytes;
  }
  put(out, c0, accumulate);
  put(out + 16, d0, accumulate);
  out += outBytes;
  put(out, c1, accumulate);
  put(out + 16, d1, accumulate);
  out += outBytes;
  put(out, c2, accumulate);
  put(out + 16, d2, accumulate);
  out += outBytes;
  put(out, c3, accumulate);
  put(out + 16, d3, accumulate);
}

@inline
function tile1x4(
  out: usize,
  a: usize,
  b: usize,
  init: usize,
  K: i32,
  depthBytes: usize,
  bBytes: usize,
  accumulate: bool,
): void {
  let c = init ? v128.load(init) : f32x4.splat(0);
  for (let k = 0; k < K; k++) {
    c = madd<f32>(v128.load32_splat(a), v128.load(b), c);
    a += depthBytes;
    b += bBytes;
  }
  put(out, c, accumulate);
}

@inline
function put(out: usize, value: v128, accumulate: bool): void {
  v128.store(out, accumulate ? f32x4.add(v128.load(out), value) : value);
}
