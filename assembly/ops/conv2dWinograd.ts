// conv2dWinograd: the convolution of conv2d.ts with C and OC multiples of 4, by F(4×4, 3×3) of core/winograd
//   x           (N, H, W, C)           activations
//   w           (3, 3, C, OC)          params
//   b           (OC)                   params
//   u           (36, C, OC)            saved: the transformed filters, made by forward, read by backward
//   out         (N, OH, OW, OC)        activations, OH = H + 2·pad − 2, OW = W + 2·pad − 2
//   V           (36, T, C)             scratch: transformed tiles of a block of images, T tiles; a plane for each of the 36 products
//   M           (36, T, OC)            scratch: their products with u
// Forward overwrites out, u. Backward overwrites dx and accumulates into dw, db. Tiles over the border read zeros and write nothing.
// The gradient by x is the transpose of the forward map (A·dout·Aᵀ, product with uᵀ, B·…·Bᵀ added into place), so one transform of
// dout serves dx and dw; rotated filters would need another.
import { gemm } from "../core/gemm";
import { addRows } from "../core/reduce";
import { transpose } from "../core/transpose";
import { multiplyA, multiplyAt, multiplyB, multiplyBt, multiplyG, multiplyGt, STEP, TILE } from "../core/winograd";

const PLANES: usize = TILE * TILE;
/** A and Aᵀ are all ones at point 1, so product (1, 1) holds what every pixel of the tile shares: the bias; its gradient is a sum over it. */
const ONES: usize = TILE + 1;
/** One vector for each element of a tile. */
const PATCH_BYTES: usize = PLANES * 16;

/** Images a block: V and M of a block stay in the second-level cache, and products keep ≥ 64 rows where the batch has them. */
@inline
function blockImages(tiles: i32): i32 {
  return min(16, max(2, (96 + tiles - 1) / tiles));
}

/** Planes lie 64 bytes further apart than they are long: at powers of two the 36 stores of a tile would share cache sets. */
@inline
function planeBytes(rows: usize, columns: usize): usize {
  return ((rows * columns) << 2) + 64;
}

@inline
function tilesAlong(length: i32, pad: i32): i32 {
  return (length + 2 * pad - 2 + STEP - 1) / STEP;
}

/** Bytes of u. */
export function conv2dWinogradFilterBytes(C: i32, OC: i32): usize {
  return PLANES * planeBytes(C, OC);
}

/** Bytes of scratch for forward and backward of any batch. */
export function conv2dWinogradScratchBytes(H: i32, W: i32, C: i32, OC: i32, pad: i32): usize {
  const tiles = tilesAlong(H, pad) * tilesAlong(W, pad);
  const T = <usize>(blockImages(tiles) * tiles);
  return 2 * PATCH_BYTES + PLANES * (planeBytes(T, C) + planeBytes(T, OC)) + 2 * conv2dWinogradFilterBytes(C, OC);
}

export function conv2dWinogradForward(
  out: usize,
  u: usize,
  x: usize,
  w: usize,
  b: usize,
  scratch: usize,
  N: i32,
  H: i32,
  W: i32,
  C: i32,
  OC: i32,
  pad: i32,
): void {
  assert(((C | OC) & 3) == 0, "conv2dWinograd: C and OC must be multiples of 4");
  assert(H + 2 * pad >= 3 && W + 2 * pad >= 3, "conv2dWinograd: image smaller than the filter");
  const rows = tilesAlong(H, pad);
  const columns = tilesAlong(W, pad);
  const tiles = rows * columns;
  const block = blockImages(tiles);
  const T = block * tiles;
  const vPlane = planeBytes(T, C);
  const mPlane = planeBytes(T, OC);
  const uPlane = planeBytes(C, OC);
  const V = scratch + 2 * PATCH_BYTES;
  const M = V + PLANES * vPlane;
  const xBytes = <usize>(H * W) * <usize>(C << 2);
  const outBytes = <usize>((H + 2 * pad - 2) * (W + 2 * pad - 2)) * <usize>(OC << 2);

  transformFilters(u, w, scratch, C, OC);
  for (let n = 0; n < N; n += block) {
    const images = min(block, N - n);
    transformInput(V, x + <usize>n * xBytes, scratch, images, rows, columns, H, W, C, pad, vPlane);
    for (let p: usize = 0; p < PLANES; p++) {
      const init = p == ONES ? b : 0;
      gemm(M + p * mPlane, V + p * vPlane, u + p * uPlane, init, images * tiles, OC, C, C, 1, OC, OC, false);
    }
    transformOutput(out + <usize>n * outBytes, M, scratch, images, rows, columns, H + 2 * pad - 2, W + 2 * pad - 2, OC, mPlane);
  }
}

export function conv2dWinogradBackward(
  dx: usize,
  dw: usize,
  db: usize,
  dout: usize,
  x: usize,
  u: usize,
  scratch: usize,
  N: i32,
  H: i32,
  W: i32,
  C: i32,
  OC: i32,
  pad: i32,
): void {
  assert(((C | OC) & 3) == 0, "conv2dWinograd: C and OC must be multiples of 4");
  const rows = tilesAlong(H, pad);
  const columns = tilesAlong(W, pad);
  const tiles = rows * columns;
  const block = blockImages(tiles);
  const T = block * tiles;
  const vPlane = planeBytes(T, C);
  const mPlane = planeBytes(T, OC);
  const uPlane = planeBytes(C, OC);
  const V = scratch + 2 * PATCH_BYTES;
  const M = V + PLANES * vPlane;
  const ut = M + PLANES * mPlane;
  const du = ut + PLANES * uPlane;
  const xBytes = <usize>(H * W) * <usize>(C << 2);
  const outBytes = <usize>((H + 2 * pad - 2) * (W + 2 * pad - 2)) * <usize>(OC << 2);

  for (let p: usize = 0; p < PLANES; p++) transpose(ut + p * uPlane, u + p * uPlane, C, OC);
  memory.fill(du, 0, PLANES * uPlane);
  memory.fill(dx, 0, <usize>N * xBytes);
  for (let n = 0; n < N; n += block) {
    const images = min(block, N - n);
    const count = images * tiles;
    const xn = x + <usize>n * xBytes;
    transformOutputGradient(M, dout + <usize>n * outBytes, scratch, images, rows, columns, H + 2 * pad - 2, W + 2 * pad - 2, OC, mPlane);
    addRows(db, M + ONES * mPlane, count, OC);
    for (let p: usize = 0; p < PLANES; p++) {
      gemm(V + p * vPlane, M + p * mPlane, ut + p * uPlane, 0, count, C, OC, OC, 1, C, C, false);
    }
    addInputGradient(dx + <usize>n * xBytes, V, scratch, images, rows, columns, H, W, C, pad, vPlane);
    transformInput(V, xn, scratch, images, rows, columns, H, W, C, pad, vPlane);
    for (let p: usize = 0; p < PLANES; p++) {
      gemm(du + p * uPlane, V + p * vPlane, M + p * mPlane, 0, C, OC, count, 1, C, OC, OC, true);
    }
  }
  addFilterGradient(dw, du, scratch, C, OC);
}

/** u ← G w Gᵀ. */
function transformFilters(u: usize, w: usize, scratch: usize, C: i32, OC: i32): void {
  const tap = <usize>(C * OC) << 2;
  const plane = planeBytes(C, OC);
  for (let i: usize = 0; i < tap; i += 16) {
    for (let kx: usize = 0; kx < 3; kx++) multiplyG(scratch + kx * 16, 48, w + i + kx * tap, 3 * tap);
    for (let r: usize = 0; r < <usize>TILE; r++) multiplyG(u + i + r * <usize>TILE * plane, plane, scratch + r * 48, 16);
  }
}

/** dw += Gᵀ du G. */
function addFilterGradient(dw: usize, du: usize, scratch: usize, C: i32, OC: i32): void {
  const tap = <usize>(C * OC) << 2;
  const plane = planeBytes(C, OC);
  const patch = scratch + PATCH_BYTES;
  for (let i: usize = 0; i < tap; i += 16) {
    for (let c: usize = 0; c < <usize>TILE; c++) multiplyGt(scratch + c * 16, 96, du + i + c * plane, <usize>TILE * plane);
    for (let ky: usize = 0; ky < 3; ky++) multiplyGt(patch + ky * 48, 16, scratch + ky * 96, 16);
    for (let k: usize = 0; k < 9; k++) {
      const to = dw + i + k * tap;
      v128.store(to, f32x4.add(v128.load(to), v128.load(patch + k * 16)));
    }
  }
}

/** V ← Bᵀ x B for every tile of a block. */
function transformInput(
  V: usize,
  x: usize,
  scratch: usize,
  images: i32,
  rows: i32,
  columns: i32,
  H: i32,
  W: i32,
  C: i32,
  pad: i32,
  plane: usize,
): void {
  const pixel = <usize>C << 2;
  const line = <usize>W * pixel;
  const patch = scratch + PATCH_BYTES;
  for (let n = 0; n < images; n++) {
    const image = x + <usize>n * <usize>H * line;
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        const y0 = r * STEP - pad;
        const x0 = c * STEP - pad;
        const inside = y0 >= 0 && x0 >= 0 && y0 + TILE <= H && x0 + TILE <= W;
        const corner = image + <usize>y0 * line + <usize>x0 * pixel; // may wrap below the image: then only offsets inside are read
        for (let i: usize = 0; i < pixel; i += 16) {
          let from = corner + i;
          let fromLine = line;
          let fromPixel = pixel;
          if (!inside) {
            gather(patch, corner + i, y0, x0, TILE, H, W, line, pixel);
            from = patch;
            fromLine = <usize>TILE * 16;
            fromPixel = 16;
          }
          for (let j: usize = 0; j < <usize>TILE; j++) multiplyBt(scratch + j * 16, 96, from + j * fromPixel, fromLine);
          for (let j: usize = 0; j < <usize>TILE; j++) {
            multiplyBt(V + i + j * <usize>TILE * plane, plane, scratch + j * 96, 16);
          }
        }
        V += pixel;
      }
    }
  }
}

/** dx += B V Bᵀ for every tile of a block: tiles overlap by two pixels. */
function addInputGradient(
  dx: usize,
  V: usize,
  scratch: usize,
  images: i32,
  rows: i32,
  columns: i32,
  H: i32,
  W: i32,
  C: i32,
  pad: i32,
  plane: usize,
): void {
  const pixel = <usize>C << 2;
  const line = <usize>W * pixel;
  const patch = scratch + PATCH_BYTES;
  for (let n = 0; n < images; n++) {
    const image = dx + <usize>n * <usize>H * line;
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        const y0 = r * STEP - pad;
        const x0 = c * STEP - pad;
        const corner = image + <usize>y0 * line + <usize>x0 * pixel;
        const top = max(0, -y0);
        const left = max(0, -x0);
        const bottom = min(TILE, H - y0);
        const right = min(TILE, W - x0);
        for (let i: usize = 0; i < pixel; i += 16) {
          for (let j: usize = 0; j < <usize>TILE; j++) multiplyB(scratch + j * 16, 96, V + i + j * plane, <usize>TILE * plane);
          for (let j: usize = 0; j < <usize>TILE; j++) multiplyB(patch + j * 96, 16, scratch + j * 96, 16);
          for (let y = top; y < bottom; y++) {
            for (let z = left; z < right; z++) {
              const to = corner + <usize>y * line + <usize>z * pixel + i;
              v128.store(to, f32x4.add(v128.load(to), v128.load(patch + (<usize>(y * TILE + z) << 4))));
            }
          }
        }
        V += pixel;
      }
    }
  }
}

/** out ← Aᵀ M A for every tile of a block. */
function transformOutput(
  out: usize,
  M: usize,
  scratch: usize,
  images: i32,
  rows: i32,
  columns: i32,
  OH: i32,
  OW: i32,
  OC: i32,
  plane: usize,
): void {
  const pixel = <usize>OC << 2;
  const line = <usize>OW * pixel;
  const patch = scratch + PATCH_BYTES;
  for (let n = 0; n < images; n++) {
    const image = out + <usize>n * <usize>OH * line;
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        const bottom = min(STEP, OH - r * STEP);
        const right = min(STEP, OW - c * STEP);
        const corner = image + <usize>(r * STEP) * line + <usize>(c * STEP) * pixel;
        const inside = bottom == STEP && right == STEP;
        for (let i: usize = 0; i < pixel; i += 16) {
          for (let j: usize = 0; j < <usize>TILE; j++) multiplyAt(scratch + j * 16, 96, M + i + j * plane, <usize>TILE * plane);
          if (inside) {
            for (let j: usize = 0; j < <usize>STEP; j++) multiplyAt(corner + i + j * line, pixel, scratch + j * 96, 16);
          } else {
            for (let j: usize = 0; j < <usize>STEP; j++) multiplyAt(patch + j * 64, 16, scratch + j * 96, 16);
            for (let y = 0; y < bottom; y++) {
              for (let z = 0; z < right; z++) {
                v128.store(corner + <usize>y * line + <usize>z * pixel + i, v128.load(patch + (<usize>(y * STEP + z) << 4)));
              }
            }
          }
        }
        M += pixel;
      }
    }
  }
}

/** M ← A dout Aᵀ for every tile of a block. */
function transformOutputGradient(
  M: usize,
  dout: usize,
  scratch: usize,
  images: i32,
  rows: i32,
  columns: i32,
  OH: i32,
  OW: i32,
  OC: i32,
  plane: usize,
): void {
  const pixel = <usize>OC << 2;
  const line = <usize>OW * pixel;
  const patch = scratch + PATCH_BYTES;
  for (let n = 0; n < images; n++) {
    const image = dout + <usize>n * <usize>OH * line;
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        const y0 = r * STEP;
        const x0 = c * STEP;
        const inside = y0 + STEP <= OH && x0 + STEP <= OW;
        const corner = image + <usize>y0 * line + <usize>x0 * pixel;
        for (let i: usize = 0; i < pixel; i += 16) {
          let from = corner + i;
          let fromLine = line;
          let fromPixel = pixel;
          if (!inside) {
            gather(patch, corner + i, y0, x0, STEP, OH, OW, line, pixel);
            from = patch;
            fromLine = <usize>STEP * 16;
            fromPixel = 16;
          }
          for (let j: usize = 0; j < <usize>STEP; j++) multiplyA(scratch + j * 16, 64, from + j * fromPixel, fromLine);
          for (let j: usize = 0; j < <usize>TILE; j++) {
            multiplyA(M + i + j * <usize>TILE * plane, plane, scratch + j * 64, 16);
          }
        }
        M += pixel;
      }
    }
  }
}

/** patch (size, size) ← four channels of the image around corner = (y0, x0), zero outside it. */
function gather(
  patch: usize,
  corner: usize,
  y0: i32,
  x0: i32,
  size: i32,
  H: i32,
  W: i32,
  line: usize,
  pixel: usize,
): void {
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const known = y0 + y >= 0 && y0 + y < H && x0 + x >= 0 && x0 + x < W;
      const value = known ? v128.load(corner + <usize>y * line + <usize>x * pixel) : f32x4.splat(0);
      v128.store(patch + (<usize>(y * size + x) << 4), value);
    }
  }
}
