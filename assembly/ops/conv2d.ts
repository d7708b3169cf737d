// conv2d: 3×3 cross-correlation, stride 1, as one matrix product a line of the output
//   x           (N, H, W, C)           activations; any C
//   w           (3, 3, C, OC)          params
//   b           (OC)                   params; 0 for none
//   out         (N, OH, OW, OC)        activations, OH = H + 2·pad − 2, OW = W + 2·pad − 2
//   scratch     one zero-bordered image, and for dx the filters turned round
// The three taps of a line and their channels are 3·C neighbours in memory, so a line of the output is a product of
// three runs without any copy of patches. Forward overwrites out. Backward overwrites dx (0: not wanted; C must then be
// a multiple of 4) and dw, db unless told to add. OC is a multiple of 4.
// https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
import { ADD, gemm, RELU, STORE } from "../core/gemm";
import { addRows } from "../core/reduce";
import { horizontalSum, madd } from "../simd";

/** Bytes of scratch. */
export function conv2dScratchBytes(H: i32, W: i32, C: i32, OC: i32, pad: i32): usize {
  const image = <usize>((H + 2 * pad) * (W + 2 * pad)) * <usize>C;
  const gradient = <usize>((H + 2) * (W + 2)) * <usize>OC;
  return (max(image, gradient) + <usize>(9 * C) * <usize>OC) << 2;
}

/** tail: 0 nothing, 1 relu. */
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
  tail: i32,
): void {
  assert((OC & 3) == 0, "conv2d: OC is not a multiple of 4");
  assert(H + 2 * pad >= 3 && W + 2 * pad >= 3, "conv2d: image smaller than the filter");
  const OH = H + 2 * pad - 2;
  const OW = W + 2 * pad - 2;
  const imageBytes = (<usize>(H * W * C)) << 2;
  const line = (W + 2 * pad) * C;
  const lineBytes = (<usize>line) << 2;
  const outLine = (<usize>(OW * OC)) << 2;
  for (let n = 0; n < N; n++, x += imageBytes) {
    let from = bordered(scratch, x, H, W, C, pad);
    for (let y = 0; y < OH; y++, from += lineBytes, out += outLine) {
      gemm(out, from, w, b, OW, OC, 3 * C, C, 1, OC, OC, tail ? RELU : STORE, 3, line - 3 * C);
    }
  }
}

/** add: whether dw and db have sums already. */
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
  add: bool,
): void {
  assert((OC & 3) == 0, "conv2d: OC is not a multiple of 4");
  assert(dx == 0 || (C & 3) == 0, "conv2d: dx needs C to be a multiple of 4");
  const OH = H + 2 * pad - 2;
  const OW = W + 2 * pad - 2;
  const imageBytes = (<usize>(H * W * C)) << 2;
  const outBytes = (<usize>(OH * OW * OC)) << 2;
  const line = (W + 2 * pad) * C;
  if (!add) memory.fill(db, 0, (<usize>OC) << 2);
  let finish = add ? ADD : STORE;
  for (let n = 0; n < N; n++, finish = ADD) {
    const dy = dout + <usize>n * outBytes;
    const from = bordered(scratch, x + <usize>n * imageBytes, H, W, C, pad);
    // Each line of taps: dw (3·C, OC) = the sum over all pixels of their patch (a column of a) times dout.
    for (let ky = 0; ky < 3; ky++) {
      const taps = (<usize>(ky * 3 * C * OC)) << 2;
      gemm(
        dw + taps,
        from + ((<usize>(ky * line)) << 2),
        dy,
        0,
        3 * C,
        OC,
        OW,
        1,
        C,
        OC,
        OC,
        finish,
        OH,
        line - OW * C,
      );
    }
    addRows(db, dy, OH * OW, OC);
  }
  if (!dx) return;
  // dx is the forward convolution of dout, bordered by 2 − pad, with the filters turned round and their channels
  // exchanged.
  const turned = scratch + ((<usize>((H + 2) * (W + 2) * OC)) << 2);
  for (let k = 0; k < 9; k++) {
    for (let c = 0; c < C; c++) {
      for (let o = 0; o < OC; o++) {
        store<f32>(
          turned + ((<usize>((k * OC + o) * C + c)) << 2),
          load<f32>(w + ((<usize>(((8 - k) * C + c) * OC + o)) << 2)),
        );
      }
    }
  }
  conv2dForward(dx, dout, turned, 0, scratch, N, OH, OW, OC, C, 2 - pad, 0);
}

/**
 * dx alone, for any C: what an explanation wants of the first layer, whose one or three channels fill no vector. Each
 * element is the sum over the taps, in their order, of dout · w.
 */
export function conv2dInputGradient(
  dx: usize,
  dout: usize,
  w: usize,
  N: i32,
  H: i32,
  W: i32,
  C: i32,
  OC: i32,
  pad: i32,
): void {
  assert((OC & 3) == 0, "conv2d: OC is not a multiple of 4");
  const OH = H + 2 * pad - 2;
  const OW = W + 2 * pad - 2;
  const row = (<usize>OC) << 2;
  for (let n = 0; n < N; n++) {
    for (let y = 0; y < H; y++) {
      for (let z = 0; z < W; z++) {
        for (let c = 0; c < C; c++, dx += 4) {
          let sum = f32x4.splat(0);
          for (let ky = 0; ky < 3; ky++) {
            const oy = y + pad - ky;
            if (oy < 0 || oy >= OH) continue;
            for (let kx = 0; kx < 3; kx++) {
              const oz = z + pad - kx;
              if (oz < 0 || oz >= OW) continue;
              const g = dout + <usize>((n * OH + oy) * OW + oz) * row;
              const filter = w + <usize>((ky * 3 + kx) * C + c) * row;
              for (let o: usize = 0; o < row; o += 16) sum = madd<f32>(v128.load(g + o), v128.load(filter + o), sum);
            }
          }
          store<f32>(dx, horizontalSum(sum));
        }
      }
    }
  }
}

/** The image with `pad` zeros around it: itself, or a copy in scratch. */
function bordered(scratch: usize, x: usize, H: i32, W: i32, C: i32, pad: i32): usize {
  if (!pad) return x;
  const lineBytes = (<usize>(W * C)) << 2;
  const toLine = (<usize>((W + 2 * pad) * C)) << 2;
  memory.fill(scratch, 0, <usize>(H + 2 * pad) * toLine);
  let to = scratch + <usize>pad * toLine + ((<usize>(pad * C)) << 2);
  for (let y = 0; y < H; y++, x += lineBytes, to += toLine) memory.copy(to, x, lineBytes);
  return scratch;
}
