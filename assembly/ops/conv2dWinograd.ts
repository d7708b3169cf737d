// conv2dWinograd: the convolution of conv2d.ts with C and OC multiples of 4, by F(m×m, 3×3) of core/winograd; n = m + 2
//   x           (N, H, W, C)           activations of a block of images
//   w           (3, 3, C, OC)          params
//   b           (OC)                   params
//   u           (n², C, OC)            the transformed filters, made by Filters once a step
//   ut          (n², OC, C)            the same transposed, for dx
//   out         (N, OH, OW, OC)        activations, OH = H + 2·pad − 2, OW = W + 2·pad − 2
//   V           (n², T, C)             scratch: the transformed tiles of the block, T tiles; a plane for each of the n²
//               products
//   M           (n², T, OC)            scratch: their products with u
//   du          (n², C, OC)            gradient of u, a partial sum of its own for every group of images;
//               FilterGradient adds them up in order
// Forward overwrites out. Backward overwrites dx, and du and db unless it is told to add. Tiles lie in whole images:
// where an image has a border or the tiles do not come out even, it goes through a zero-bordered copy of its own, so
// that no transform asks where it is. The gradient by x is the transpose of the forward map (A·dout·Aᵀ, product with
// uᵀ, B·…·Bᵀ added into place), so one transform of dout serves dx and du; rotated filters would need another (2.3
// times the time in the prototype).
import { ADD, gemm, joinsVectors, STORE } from "../core/gemm";
import { addRows } from "../core/reduce";
import { transpose4x4 } from "../core/transpose";
import {
  isTile,
  multiplyA,
  multiplyAt,
  multiplyB,
  multiplyBt,
  multiplyG,
  multiplyGt,
  onesPlane,
} from "../core/winograd";
import { pairByA, pairByAt, pairByB, pairByBt } from "../core/winogradPairs";

/** What follows the convolution in inference. */
const RELU: i32 = 1;
const RELU_POOL: i32 = 2;

/**
 * Planes lie 64 bytes further apart than they are long: at powers of two the n² stores of a tile would share cache
 * sets.
 */
@inline
function planeBytes(rows: usize, columns: usize): usize {
  return ((rows * columns) << 2) + 64;
}


@inline
function tilesAlong(m: i32, length: i32, pad: i32): i32 {
  return (length + 2 * pad - 2 + m - 1) / m;
}


@inline
function planes(m: i32): usize {
  return <usize>((m + 2) * (m + 2));
}

/** Bytes of one image in whole tiles: with the border that reads need, or without. */
@inline
function tiledBytes(m: i32, rows: i32, columns: i32, border: i32, channels: i32): usize {
  return <usize>((rows * m + border) * (columns * m + border)) * ((<usize>channels) << 2);
}

/** Bytes of the two vectors of channels that transforms take at a time where V8 joins them. */
const VECTORS: usize = 32;

/** Bytes of scratch before V: two tiles of vectors for the transforms, and one image of each kind in whole tiles. */
@inline
function bytesBeforeV(m: i32, rows: i32, columns: i32, C: i32, OC: i32): usize {
  return 2 * planes(m) * VECTORS + tiledBytes(m, rows, columns, 2, C) + tiledBytes(m, rows, columns, 0, OC);
}

/** Bytes of u, of ut and of du. */
export function conv2dWinogradFilterBytes(m: i32, C: i32, OC: i32): usize {
  const widest = max(planeBytes(C, OC), planeBytes(OC, C));
  return planes(m) * widest;
}

/** Bytes of scratch for every function here, for blocks of N images. */
export function conv2dWinogradScratchBytes(m: i32, N: i32, H: i32, W: i32, C: i32, OC: i32, pad: i32): usize {
  const rows = tilesAlong(m, H, pad);
  const columns = tilesAlong(m, W, pad);
  const T = <usize>(N * rows * columns);
  return bytesBeforeV(m, rows, columns, C, OC) + planes(m) * (planeBytes(T, C) + planeBytes(T, OC));
}

/** u ← G w Gᵀ and ut (0: not wanted) for the input channels first … last − 1, multiples of 4. */
export function conv2dWinogradFilters(
  u: usize,
  ut: usize,
  w: usize,
  scratch: usize,
  m: i32,
  C: i32,
  OC: i32,
  first: i32,
  last: i32,
): void {
  assert(isTile(m), "conv2dWinograd: m must be 4, 5 or 6");
  assert(((C | OC | first | last) & 3) == 0, "conv2dWinograd: C and OC must be multiples of 4");
  if (m == 4) transformFilters(4, u, ut, w, scratch, C, OC, first, last);
  else if (m == 5) transformFilters(5, u, ut, w, scratch, C, OC, first, last);
  else transformFilters(6, u, ut, w, scratch, C, OC, first, last);
}

/** tail: 0 nothing, 1 relu, 2 relu and maxPool2d 2×2 (m even; out is then (N, OH/2, OW/2, OC)). */
export function conv2dWinogradForward(
  out: usize,
  x: usize,
  u: usize,
  b: usize,
  scratch: usize,
  m: i32,
  N: i32,
  H: i32,
  W: i32,
  C: i32,
  OC: i32,
  pad: i32,
  tail: i32,
): void {
  assert(isTile(m), "conv2dWinograd: m must be 4, 5 or 6");
  assert(((C | OC) & 3) == 0, "conv2dWinograd: C and OC must be multiples of 4");
  assert(H + 2 * pad >= 3 && W + 2 * pad >= 3, "conv2dWinograd: image smaller than the filter");
  assert(tail != RELU_POOL || (m & 1) == 0, "conv2dWinograd: pooling needs an even tile");
  if (joinsVectors() && ((C | OC) & 7) == 0) {
    forwardPairs(out, x, u, b, scratch, m, N, H, W, C, OC, pad, tail);
    return;
  }
  if (m == 4) forward(4, false, out, x, u, b, scratch, N, H, W, C, OC, pad, tail);
  else if (m == 5) forward(5, false, out, x, u, b, scratch, N, H, W, C, OC, pad, tail);
  else forward(6, false, out, x, u, b, scratch, N, H, W, C, OC, pad, tail);
}

/** In a function of its own, or V8 would compile the transforms of single vectors worse (0.97 of their speed). */
function forwardPairs(
  out: usize,
  x: usize,
  u: usize,
  b: usize,
  scratch: usize,
  m: i32,
  N: i32,
  H: i32,
  W: i32,
  C: i32,
  OC: i32,
  pad: i32,
  tail: i32,
): void {
  if (m == 4) forward(4, true, out, x, u, b, scratch, N, H, W, C, OC, pad, tail);
  else if (m == 5) forward(5, true, out, x, u, b, scratch, N, H, W, C, OC, pad, tail);
  else forward(6, true, out, x, u, b, scratch, N, H, W, C, OC, pad, tail);
}

/** add: whether du and db have sums already. */
export function conv2dWinogradBackward(
  dx: usize,
  du: usize,
  db: usize,
  dout: usize,
  x: usize,
  ut: usize,
  scratch: usize,
  m: i32,
  N: i32,
  H: i32,
  W: i32,
  C: i32,
  OC: i32,
  pad: i32,
  add: bool,
): void {
  assert(isTile(m), "conv2dWinograd: m must be 4, 5 or 6");
  assert(((C | OC) & 3) == 0, "conv2dWinograd: C and OC must be multiples of 4");
  if (joinsVectors() && ((C | OC) & 7) == 0) {
    backwardPairs(dx, du, db, dout, x, ut, scratch, m, N, H, W, C, OC, pad, add);
    return;
  }
  if (m == 4) backward(4, false, dx, du, db, dout, x, ut, scratch, N, H, W, C, OC, pad, add);
  else if (m == 5) backward(5, false, dx, du, db, dout, x, ut, scratch, N, H, W, C, OC, pad, add);
  else backward(6, false, dx, du, db, dout, x, ut, scratch, N, H, W, C, OC, pad, add);
}

/** See forwardPairs. */
function backwardPairs(
  dx: usize,
  du: usize,
  db: usize,
  dout: usize,
  x: usize,
  ut: usize,
  scratch: usize,
  m: i32,
  N: i32,
  H: i32,
  W: i32,
  C: i32,
  OC: i32,
  pad: i32,
  add: bool,
): void {
  if (m == 4) backward(4, true, dx, du, db, dout, x, ut, scratch, N, H, W, C, OC, pad, add);
  else if (m == 5) backward(5, true, dx, du, db, dout, x, ut, scratch, N, H, W, C, OC, pad, add);
  else backward(6, true, dx, du, db, dout, x, ut, scratch, N, H, W, C, OC, pad, add);
}

/** dw += Gᵀ (Σ du) G over `groups` partial sums `stride` bytes apart, for the input channels first … last − 1. */
export function conv2dWinogradFilterGradient(
  dw: usize,
  du: usize,
  scratch: usize,
  groups: i32,
  stride: usize,
  m: i32,
  C: i32,
  OC: i32,
  first: i32,
  last: i32,
): void {
  assert(isTile(m), "conv2dWinograd: m must be 4, 5 or 6");
  if (m == 4) filterGradient(4, dw, du, scratch, groups, stride, C, OC, first, last);
  else if (m == 5) filterGradient(5, dw, du, scratch, groups, stride, C, OC, first, last);
  else filterGradient(6, dw, du, scratch, groups, stride, C, OC, first, last);
}


@inline
function transformFilters(
  m: i32,
  u: usize,
  ut: usize,
  w: usize,
  scratch: usize,
  C: i32,
  OC: i32,
  first: i32,
  last: i32,
): void {
  const n = <usize>(m + 2);
  const tap = (<usize>(C * OC)) << 2;
  const row = (<usize>OC) << 2;
  const uPlane = planeBytes(C, OC);
  const utPlane = planeBytes(OC, C);
  for (let c = <usize>first; c < <usize>last; c += 4) {
    for (let o: usize = 0; o < row; o += 16) {
      for (let i: usize = 0; i < 4; i++) {
        const at = (c + i) * row + o;
        for (let kx: usize = 0; kx < 3; kx++) multiplyG(m, scratch + kx * 16, 48, w + at + kx * tap, 3 * tap);
        for (let r: usize = 0; r < n; r++) multiplyG(m, u + at + r * n * uPlane, uPlane, scratch + r * 48, 16);
      }
      if (!ut) continue;
      const from = u + c * row + o;
      const to = ut + ((o >> 2) * <usize>C + c) * 4;
      for (let p: usize = 0; p < n * n; p++) transpose4x4(to + p * utPlane, (<usize>C) << 2, from + p * uPlane, row);
    }
  }
}


@inline
function filterGradient(
  m: i32,
  dw: usize,
  du: usize,
  scratch: usize,
  groups: i32,
  stride: usize,
  C: i32,
  OC: i32,
  first: i32,
  last: i32,
): void {
  const n = <usize>(m + 2);
  const tap = (<usize>(C * OC)) << 2;
  const plane = planeBytes(C, OC);
  const lines = scratch + n * n * 16;
  for (let i = (<usize>(first * OC)) << 2; i < (<usize>(last * OC)) << 2; i += 16) {
    for (let p: usize = 0; p < n * n; p++) {
      let from = du + i + p * plane;
      let sum = v128.load(from);
      for (let g = 1; g < groups; g++) {
        from += stride;
        sum = f32x4.add(sum, v128.load(from));
      }
      v128.store(scratch + p * 16, sum);
    }
    for (let c: usize = 0; c < n; c++) multiplyGt(m, lines + c * 16, n * 16, scratch + c * 16, n * 16);
    for (let ky: usize = 0; ky < 3; ky++) multiplyGt(m, scratch + ky * 48, 16, lines + ky * n * 16, 16);
    for (let k: usize = 0; k < 9; k++) {
      const to = dw + i + k * tap;
      v128.store(to, f32x4.add(v128.load(to), v128.load(scratch + k * 16)));
    }
  }
}


@inline
function forward(
  m: i32,
  pairs: bool,
  out: usize,
  x: usize,
  u: usize,
  b: usize,
  scratch: usize,
  N: i32,
  H: i32,
  W: i32,
  C: i32,
  OC: i32,
  pad: i32,
  tail: i32,
): void {
  const rows = tilesAlong(m, H, pad);
  const columns = tilesAlong(m, W, pad);
  const T = N * rows * columns;
  const vPlane = planeBytes(T, C);
  const mPlane = planeBytes(T, OC);
  const uPlane = planeBytes(C, OC);
  const image = scratch + 2 * planes(m) * VECTORS;
  const V = scratch + bytesBeforeV(m, rows, columns, C, OC);
  const M = V + planes(m) * vPlane;
  transformInput(m, pairs, V, x, image, scratch, N, rows, columns, H, W, C, pad, vPlane);
  for (let p: usize = 0; p < planes(m); p++) {
    gemm(
      M + p * mPlane,
      V + p * vPlane,
      u + p * uPlane,
      p == onesPlane(m) ? b : 0,
      T,
      OC,
      C,
      C,
      1,
      OC,
      OC,
      STORE,
      1,
      0,
    );
  }
  transformOutput(
    m,
    pairs,
    out,
    M,
    image,
    scratch,
    N,
    rows,
    columns,
    H + 2 * pad - 2,
    W + 2 * pad - 2,
    OC,
    mPlane,
    tail,
  );
}


@inline
function backward(
  m: i32,
  pairs: bool,
  dx: usize,
  du: usize,
  db: usize,
  dout: usize,
  x: usize,
  ut: usize,
  scratch: usize,
  N: i32,
  H: i32,
  W: i32,
  C: i32,
  OC: i32,
  pad: i32,
  add: bool,
): void {
  const rows = tilesAlong(m, H, pad);
  const columns = tilesAlong(m, W, pad);
  const T = N * rows * columns;
  const vPlane = planeBytes(T, C);
  const mPlane = planeBytes(T, OC);
  const uPlane = planeBytes(C, OC);
  const utPlane = planeBytes(OC, C);
  const image = scratch + 2 * planes(m) * VECTORS;
  const V = scratch + bytesBeforeV(m, rows, columns, C, OC);
  const M = V + planes(m) * vPlane;
  transformInput(m, pairs, V, x, image, scratch, N, rows, columns, H, W, C, pad, vPlane);
  transformOutputGradient(
    m,
    pairs,
    M,
    dout,
    image,
    scratch,
    N,
    rows,
    columns,
    H + 2 * pad - 2,
    W + 2 * pad - 2,
    OC,
    mPlane,
  );
  if (!add) memory.fill(db, 0, (<usize>OC) << 2);
  addRows(db, M + onesPlane(m) * mPlane, T, OC);
  const finish = add ? ADD : STORE;
  // du = Vᵀ M, and V, which is then spent, becomes M uᵀ: plane by plane, while both are in the cache
  for (let p: usize = 0; p < planes(m); p++) {
    gemm(du + p * uPlane, V + p * vPlane, M + p * mPlane, 0, C, OC, T, 1, C, OC, OC, finish, 1, 0);
    gemm(V + p * vPlane, M + p * mPlane, ut + p * utPlane, 0, T, C, OC, OC, 1, C, C, STORE, 1, 0);
  }
  inputGradient(m, pairs, dx, V, image, scratch, N, rows, columns, H, W, C, pad, vPlane);
}

/** V ← Bᵀ x B for every tile of a block. */
@inline
function transformInput(
  m: i32,
  pairs: bool,
  V: usize,
  x: usize,
  image: usize,
  scratch: usize,
  N: i32,
  rows: i32,
  columns: i32,
  H: i32,
  W: i32,
  C: i32,
  pad: i32,
  plane: usize,
): void {
  const n = <usize>(m + 2);
  const pixel = (<usize>C) << 2;
  const tiledW = columns * m + 2;
  const whole = pad == 0 && rows * m + 2 == H && tiledW == W;
  const line = <usize>tiledW * pixel;
  const imageBytes = <usize>(H * W) * pixel;
  if (!whole) memory.fill(image, 0, tiledBytes(m, rows, columns, 2, C));
  for (let i = 0; i < N; i++, x += imageBytes) {
    if (!whole) copyLines(image + <usize>pad * (line + pixel), line, x, <usize>W * pixel, H, <usize>W * pixel);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++, V += pixel) {
        const corner = (whole ? x : image) + <usize>(r * m) * line + <usize>(c * m) * pixel;
        if (pairs) {
          for (let k: usize = 0; k < pixel; k += 32) {
            for (let j: usize = 0; j < n; j++) pairByBt(m, scratch + j * 32, n * 32, corner + k + j * pixel, line);
            for (let j: usize = 0; j < n; j++) pairByBt(m, V + k + j * n * plane, plane, scratch + j * n * 32, 32);
          }
          continue;
        }
        for (let k: usize = 0; k < pixel; k += 16) {
          for (let j: usize = 0; j < n; j++) multiplyBt(m, scratch + j * 16, n * 16, corner + k + j * pixel, line);
          for (let j: usize = 0; j < n; j++) multiplyBt(m, V + k + j * n * plane, plane, scratch + j * n * 16, 16);
        }
      }
    }
  }
}

/** dx ← B V Bᵀ for every tile of a block: tiles overlap by two pixels and add up. */
@inline
function inputGradient(
  m: i32,
  pairs: bool,
  dx: usize,
  V: usize,
  image: usize,
  scratch: usize,
  N: i32,
  rows: i32,
  columns: i32,
  H: i32,
  W: i32,
  C: i32,
  pad: i32,
  plane: usize,
): void {
  const n = <usize>(m + 2);
  const pixel = (<usize>C) << 2;
  const tiledW = columns * m + 2;
  const whole = pad == 0 && rows * m + 2 == H && tiledW == W;
  const line = <usize>tiledW * pixel;
  const imageBytes = <usize>(H * W) * pixel;
  const patch = scratch + n * n * VECTORS;
  for (let i = 0; i < N; i++, dx += imageBytes) {
    const to = whole ? dx : image;
    memory.fill(to, 0, tiledBytes(m, rows, columns, 2, C));
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++, V += pixel) {
        const corner = to + <usize>(r * m) * line + <usize>(c * m) * pixel;
        if (pairs) {
          for (let k: usize = 0; k < pixel; k += 32) {
            for (let j: usize = 0; j < n; j++) pairByB(m, scratch + j * 32, n * 32, V + k + j * plane, n * plane);
            for (let j: usize = 0; j < n; j++) {
              pairByB(m, patch, 32, scratch + j * n * 32, 32);
              let at = corner + k + j * line;
              for (let z: usize = 0; z < n * 32; z += 32, at += pixel) {
                const sum = f32x4.add(v128.load(at), v128.load(patch + z));
                const second = f32x4.add(v128.load(at, 16), v128.load(patch + z, 16));
                v128.store(at, sum);
                v128.store(at, second, 16);
              }
            }
          }
          continue;
        }
        for (let k: usize = 0; k < pixel; k += 16) {
          for (let j: usize = 0; j < n; j++) multiplyB(m, scratch + j * 16, n * 16, V + k + j * plane, n * plane);
          for (let j: usize = 0; j < n; j++) {
            multiplyB(m, patch, 16, scratch + j * n * 16, 16);
            let at = corner + k + j * line;
            for (let z: usize = 0; z < n * 16; z += 16, at += pixel)
              v128.store(at, f32x4.add(v128.load(at), v128.load(patch + z)));
          }
        }
      }
    }
    if (!whole) copyLines(dx, <usize>W * pixel, image + <usize>pad * (line + pixel), line, H, <usize>W * pixel);
  }
}

/** out ← Aᵀ M A for every tile of a block, then the tail. */
@inline
function transformOutput(
  m: i32,
  pairs: bool,
  out: usize,
  M: usize,
  image: usize,
  scratch: usize,
  N: i32,
  rows: i32,
  columns: i32,
  OH: i32,
  OW: i32,
  OC: i32,
  plane: usize,
  tail: i32,
): void {
  const n = <usize>(m + 2);
  const pixel = (<usize>OC) << 2;
  const pool = tail == RELU_POOL ? 1 : 0;
  const PW = OW >> pool;
  const PH = OH >> pool;
  const tiledW = (columns * m) >> pool;
  const whole = (rows * m) >> pool == PH && tiledW == PW;
  const line = <usize>tiledW * pixel;
  const imageBytes = <usize>(PH * PW) * pixel;
  const patch = scratch + n * n * 16;
  const zero = f32x4.splat(0);
  for (let i = 0; i < N; i++, out += imageBytes) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++, M += pixel) {
        const corner = (whole ? out : image) + <usize>((r * m) >> pool) * line + <usize>((c * m) >> pool) * pixel;
        if (pairs && tail == 0) {
          for (let k: usize = 0; k < pixel; k += 32) {
            for (let j: usize = 0; j < n; j++) pairByAt(m, scratch + j * 32, n * 32, M + k + j * plane, n * plane);
            for (let j: usize = 0; j < <usize>m; j++)
              pairByAt(m, corner + k + j * line, pixel, scratch + j * n * 32, 32);
          }
          continue;
        }
        for (let k: usize = 0; k < pixel; k += 16) {
          for (let j: usize = 0; j < n; j++) multiplyAt(m, scratch + j * 16, n * 16, M + k + j * plane, n * plane);
          if (tail == 0) {
            for (let j: usize = 0; j < <usize>m; j++)
              multiplyAt(m, corner + k + j * line, pixel, scratch + j * n * 16, 16);
            continue;
          }
          const row = <usize>m * 16;
          for (let j: usize = 0; j < <usize>m; j++) multiplyAt(m, patch + j * row, 16, scratch + j * n * 16, 16);
          let at = corner + k;
          if (tail == RELU) {
            for (let y: usize = 0; y < <usize>m; y++, at += line) {
              for (let z: usize = 0; z < <usize>m; z++)
                v128.store(at + z * pixel, f32x4.max(zero, v128.load(patch + y * row + z * 16)));
            }
            continue;
          }
          for (let y: usize = 0; y < <usize>m; y += 2, at += line) {
            for (let z: usize = 0; z < <usize>m; z += 2) {
              const from = patch + y * row + z * 16;
              const top = f32x4.max(v128.load(from), v128.load(from, 16));
              const low = f32x4.max(v128.load(from + row), v128.load(from + row, 16));
              v128.store(at + (z >> 1) * pixel, f32x4.max(zero, f32x4.max(top, low)));
            }
          }
        }
      }
    }
    if (!whole) copyLines(out, <usize>PW * pixel, image, line, PH, <usize>PW * pixel);
  }
}

/** M ← A dout Aᵀ for every tile of a block. */
@inline
function transformOutputGradient(
  m: i32,
  pairs: bool,
  M: usize,
  dout: usize,
  image: usize,
  scratch: usize,
  N: i32,
  rows: i32,
  columns: i32,
  OH: i32,
  OW: i32,
  OC: i32,
  plane: usize,
): void {
  const n = <usize>(m + 2);
  const pixel = (<usize>OC) << 2;
  const tiledW = columns * m;
  const whole = rows * m == OH && tiledW == OW;
  const line = <usize>tiledW * pixel;
  const imageBytes = <usize>(OH * OW) * pixel;
  if (!whole) memory.fill(image, 0, tiledBytes(m, rows, columns, 0, OC));
  for (let i = 0; i < N; i++, dout += imageBytes) {
    if (!whole) copyLines(image, line, dout, <usize>OW * pixel, OH, <usize>OW * pixel);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++, M += pixel) {
        const corner = (whole ? dout : image) + <usize>(r * m) * line + <usize>(c * m) * pixel;
        if (pairs) {
          for (let k: usize = 0; k < pixel; k += 32) {
            for (let j: usize = 0; j < <usize>m; j++)
              pairByA(m, scratch + j * 32, <usize>m * 32, corner + k + j * pixel, line);
            for (let j: usize = 0; j < n; j++)
              pairByA(m, M + k + j * n * plane, plane, scratch + j * <usize>m * 32, 32);
          }
          continue;
        }
        for (let k: usize = 0; k < pixel; k += 16) {
          for (let j: usize = 0; j < <usize>m; j++)
            multiplyA(m, scratch + j * 16, <usize>m * 16, corner + k + j * pixel, line);
          for (let j: usize = 0; j < n; j++)
            multiplyA(m, M + k + j * n * plane, plane, scratch + j * <usize>m * 16, 16);
        }
      }
    }
  }
}

/** Copies `count` lines of `bytes` each. */
function copyLines(to: usize, toLine: usize, from: usize, fromLine: usize, count: i32, bytes: usize): void {
  for (let y = 0; y < count; y++, to += toLine, from += fromLine) memory.copy(to, from, bytes);
}
