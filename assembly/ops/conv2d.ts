// conv2d: 3×3 cross-correlation, stride 1, by im2col and one matrix product an image
//   x           (N, H, W, C)           activations; any C
//   w           (3, 3, C, OC)          params
//   b           (OC)                   params
//   out         (N, OH, OW, OC)        activations, OH = H + 2·pad − 2, OW = W + 2·pad − 2
//   columns     (OH·OW, 9·C)           scratch: row p holds the patch under output pixel p, zero outside the image
// Forward overwrites out. Backward overwrites dx (0: not wanted) and accumulates into dw, db. OC is a multiple of 4.
// https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
import { gemm } from "../core/gemm";
import { addRows } from "../core/reduce";

/** Bytes of scratch: the columns of one image, and a transposed copy of w for dx. */
export function conv2dScratchBytes(H: i32, W: i32, C: i32, OC: i32, pad: i32): usize {
  const pixels = <usize>(H + 2 * pad - 2) * <usize>(W + 2 * pad - 2);
  const patch = <usize>(9 * C);
  return (pixels * padded(patch) + padded(patch) * <usize>OC) << 2;
}

export function conv2dForward(
  out: usize,
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
  assert((OC & 3) == 0, "conv2d: OC is not a multiple of 4");
  assert(H + 2 * pad >= 3 && W + 2 * pad >= 3, "conv2d: image smaller than the filter");
  const pixels = (H + 2 * pad - 2) * (W + 2 * pad - 2);
  const imageBytes = <usize>(H * W) * <usize>(C << 2);
  const outBytes = <usize>pixels * <usize>(OC << 2);
  const patch = 9 * C;
  for (let n: usize = 0; n < <usize>N; n++) {
    im2col(scratch, x + n * imageBytes, H, W, C, pad);
    gemm(out + n * outBytes, scratch, w, b, pixels, OC, patch, <i32>padded(patch), 1, OC, OC, false);
  }
}

export function conv2dBackward(
  dx: usize,
  dw: usize,
  db: usize,
  dout: usize,
  x: usize,
  w: usize,
  scratch: usize,
  N: i32,
  H: i32,
  W: i32,
  C: i32,
  OC: i32,
  pad: i32,
): void {
  assert((OC & 3) == 0, "conv2d: OC is not a multiple of 4");
  const pixels = (H + 2 * pad - 2) * (W + 2 * pad - 2);
  const imageBytes = <usize>(H * W) * <usize>(C << 2);
  const outBytes = <usize>pixels * <usize>(OC << 2);
  const patch = 9 * C;
  const row = <i32>padded(patch);
  const wt = scratch + <usize>pixels * (<usize>row << 2);
  if (dx) {
    // The product below wants w with its patch axis last and padded to whole vectors.
    memory.fill(wt, 0, <usize>OC * (<usize>row << 2));
    for (let i = 0; i < patch; i++) {
      for (let o = 0; o < OC; o++) {
        store<f32>(wt + (<usize>(o * row + i) << 2), load<f32>(w + (<usize>(i * OC + o) << 2)));
      }
    }
  }
  for (let n: usize = 0; n < <usize>N; n++) {
    const dy = dout + n * outBytes;
    im2col(scratch, x + n * imageBytes, H, W, C, pad);
    gemm(dw, scratch, dy, 0, patch, OC, pixels, 1, row, OC, OC, true);
    addRows(db, dy, pixels, OC);
    if (dx) {
      gemm(scratch, dy, wt, 0, pixels, row, OC, OC, 1, row, row, false);
      col2im(dx + n * imageBytes, scratch, H, W, C, pad);
    }
  }
}

/** Rows of columns are padded to whole vectors. */
@inline
function padded(patch: usize): usize {
  return (patch + 3) & ~3;
}

function im2col(columns: usize, x: usize, H: i32, W: i32, C: i32, pad: i32): void {
  const OH = H + 2 * pad - 2;
  const OW = W + 2 * pad - 2;
  const pixel = <usize>C << 2;
  const rowBytes = padded(<usize>(9 * C)) << 2;
  for (let oy = 0; oy < OH; oy++) {
    for (let ox = 0; ox < OW; ox++) {
      const to = columns + <usize>(oy * OW + ox) * rowBytes;
      const left = max(0, pad - ox); // taps left of the image
      const right = min(3, W + pad - ox); // first tap right of it
      for (let ky = 0; ky < 3; ky++) {
        const y = oy + ky - pad;
        const taps = to + <usize>(3 * ky) * pixel;
        if (y < 0 || y >= H) {
          zero(taps, 3 * C);
        } else {
          zero(taps, left * C);
          copy(taps + <usize>left * pixel, x + <usize>(y * W + ox + left - pad) * pixel, (right - left) * C);
          zero(taps + <usize>right * pixel, (3 - right) * C);
        }
      }
    }
  }
}

function col2im(dx: usize, columns: usize, H: i32, W: i32, C: i32, pad: i32): void {
  const OH = H + 2 * pad - 2;
  const OW = W + 2 * pad - 2;
  const pixel = <usize>C << 2;
  const rowBytes = padded(<usize>(9 * C)) << 2;
  memory.fill(dx, 0, <usize>(H * W) * pixel);
  for (let oy = 0; oy < OH; oy++) {
    for (let ox = 0; ox < OW; ox++) {
      const from = columns + <usize>(oy * OW + ox) * rowBytes;
      const left = max(0, pad - ox);
      const right = min(3, W + pad - ox);
      for (let ky = 0; ky < 3; ky++) {
        const y = oy + ky - pad;
        if (y < 0 || y >= H) continue;
        const to = dx + <usize>(y * W + ox + left - pad) * pixel;
        const taps = from + <usize>(3 * ky + left) * pixel;
        for (let i: usize = 0; i < <usize>((right - left) * C) << 2; i += 4) {
          store<f32>(to + i, load<f32>(to + i) + load<f32>(taps + i));
        }
      }
    }
  }
}

// Patches are a few dozen bytes: a loop, not a call of memory.copy.
@inline
function copy(to: usize, from: usize, count: i32): void {
  for (let i: usize = 0; i < <usize>count << 2; i += 4) store<f32>(to + i, load<f32>(from + i));
}

@inline
function zero(to: usize, count: i32): void {
  for (let i: usize = 0; i < <usize>count << 2; i += 4) store<f32>(to + i, 0);
}
