// batchNorm2d + relu (+ maxPool2d 2×2): out = max(0, (x − mean) · rstd · w + b) per channel, then the largest of each 2×2 window
//   x             (N, H, W, C)           activations
//   out           (N, H, W, C), pooled (N, H/2, W/2, C) with odd rows and columns left out
//   w, b          (C)                    params
//   mean, rstd    (C)                    saved by the statistics, read by forward and backward
//   runningMean, runningVar (C)          buffers
//   moments       (N, 2, C)              scratch: one pair of sums a sample, added in sample order
// Forward overwrites out. Backward overwrites dx (which may be dout when nothing is pooled) and accumulates into dw, db; it makes the
// ReLU mask and the window's choice again from x. Ties in a window go to the first element in row-major order. C is a multiple of 4.
// https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html
import { shiftedMoments } from "../core/reduce";
import { madd } from "../simd";

/** Training: mean, rstd ← batch statistics (biased variance); running statistics move by momentum (unbiased variance). */
export function batchNorm2dStatistics(
  mean: usize,
  rstd: usize,
  runningMean: usize,
  runningVar: usize,
  x: usize,
  moments: usize,
  N: i32,
  HW: i32,
  C: i32,
  momentum: f64,
  epsilon: f64,
): void {
  assert((C & 3) == 0, "batchNorm2d: C is not a multiple of 4");
  assert(N > 0 && HW > 0, "batchNorm2d: empty batch");
  const row = <usize>C << 2;
  const sampleBytes = <usize>HW * row;
  for (let n: usize = 0; n < <usize>N; n++) shiftedMoments(moments + 2 * n * row, x + n * sampleBytes, HW, C);
  for (let c: usize = 0; c < row; c += 4) {
    // Chan, Golub, LeVeque: pairwise update of (count, mean, sum of squared deviations).
    let mu: f64 = 0;
    let m2: f64 = 0;
    for (let n: usize = 0; n < <usize>N; n++) {
      const sum = <f64>load<f32>(moments + 2 * n * row + c);
      const squares = <f64>load<f32>(moments + (2 * n + 1) * row + c);
      const sampleMean = <f64>load<f32>(x + n * sampleBytes + c) + sum / <f64>HW;
      const delta = sampleMean - mu;
      mu += delta / <f64>(n + 1);
      m2 += squares - (sum * sum) / <f64>HW + delta * delta * <f64>HW * (<f64>n / <f64>(n + 1));
    }
    const count = <f64>N * <f64>HW;
    store<f32>(mean + c, <f32>mu);
    store<f32>(rstd + c, <f32>(1 / sqrt<f64>(m2 / count + epsilon)));
    const rm = <f64>load<f32>(runningMean + c);
    const rv = <f64>load<f32>(runningVar + c);
    store<f32>(runningMean + c, <f32>((1 - momentum) * rm + momentum * mu));
    store<f32>(runningVar + c, <f32>((1 - momentum) * rv + (momentum * m2) / (count - 1)));
  }
}

/** Evaluation: mean, rstd ← running statistics. */
export function batchNorm2dRunning(
  mean: usize,
  rstd: usize,
  runningMean: usize,
  runningVar: usize,
  C: i32,
  epsilon: f64,
): void {
  memory.copy(mean, runningMean, <usize>C << 2);
  for (let c: usize = 0; c < <usize>C << 2; c += 4) {
    store<f32>(rstd + c, <f32>(1 / sqrt<f64>(<f64>load<f32>(runningVar + c) + epsilon)));
  }
}

export function batchNorm2dReluForward(
  out: usize,
  x: usize,
  mean: usize,
  rstd: usize,
  w: usize,
  b: usize,
  rows: i32,
  C: i32,
): void {
  assert((C & 3) == 0, "batchNorm2d: C is not a multiple of 4");
  const row = <usize>C << 2;
  const zero = f32x4.splat(0);
  for (let c: usize = 0; c < row; c += 16) {
    const mu = v128.load(mean + c);
    const scale = f32x4.mul(v128.load(w + c), v128.load(rstd + c));
    const shift = v128.load(b + c);
    for (let r: usize = 0, at = c; r < <usize>rows; r++, at += row) {
      v128.store(out + at, f32x4.max(zero, madd<f32>(f32x4.sub(v128.load(x + at), mu), scale, shift)));
    }
  }
}

export function batchNorm2dReluMaxPool2dForward(
  out: usize,
  x: usize,
  mean: usize,
  rstd: usize,
  w: usize,
  b: usize,
  N: i32,
  H: i32,
  W: i32,
  C: i32,
): void {
  assert((C & 3) == 0, "batchNorm2d: C is not a multiple of 4");
  const row = <usize>C << 2;
  const line = <usize>W * row;
  const zero = f32x4.splat(0);
  const PH = H >> 1;
  const PW = W >> 1;
  for (let c: usize = 0; c < row; c += 16) {
    const mu = v128.load(mean + c);
    const scale = f32x4.mul(v128.load(w + c), v128.load(rstd + c));
    const shift = v128.load(b + c);
    let to = out + c;
    for (let n = 0; n < N; n++) {
      for (let y = 0; y < PH; y++) {
        let at = x + c + <usize>(n * H + 2 * y) * line;
        for (let z = 0; z < PW; z++, at += 2 * row, to += row) {
          const top = f32x4.max(normalized(at, mu, scale, shift), normalized(at + row, mu, scale, shift));
          const low = f32x4.max(normalized(at + line, mu, scale, shift), normalized(at + line + row, mu, scale, shift));
          v128.store(to, f32x4.max(zero, f32x4.max(top, low)));
        }
      }
    }
  }
}

export function batchNorm2dReluBackward(
  dx: usize,
  dw: usize,
  db: usize,
  dout: usize,
  x: usize,
  mean: usize,
  rstd: usize,
  w: usize,
  b: usize,
  moments: usize,
  N: i32,
  HW: i32,
  C: i32,
): void {
  assert((C & 3) == 0, "batchNorm2d: C is not a multiple of 4");
  const row = <usize>C << 2;
  const zero = f32x4.splat(0);
  for (let n: usize = 0; n < <usize>N; n++) {
    const sums = moments + 2 * n * row;
    for (let c: usize = 0; c < row; c += 16) {
      const mu = v128.load(mean + c);
      const scale = f32x4.mul(v128.load(w + c), v128.load(rstd + c));
      const shift = v128.load(b + c);
      let sum = zero;
      let product = zero;
      let at = n * <usize>HW * row + c;
      for (let r = 0; r < HW; r++, at += row) {
        const d = f32x4.sub(v128.load(x + at), mu);
        const g = v128.and(v128.load(dout + at), f32x4.gt(madd<f32>(d, scale, shift), zero));
        sum = f32x4.add(sum, g);
        product = madd<f32>(g, d, product);
        v128.store(dx + at, g);
      }
      v128.store(sums + c, sum);
      v128.store(sums + row + c, product);
    }
  }
  finishBackward(dx, dw, db, x, mean, rstd, w, moments, N, HW, C);
}

export function batchNorm2dReluMaxPool2dBackward(
  dx: usize,
  dw: usize,
  db: usize,
  dout: usize,
  x: usize,
  mean: usize,
  rstd: usize,
  w: usize,
  b: usize,
  moments: usize,
  N: i32,
  H: i32,
  W: i32,
  C: i32,
): void {
  assert((C & 3) == 0, "batchNorm2d: C is not a multiple of 4");
  assert(dx != dout, "batchNorm2d: dx and dout differ in shape");
  const row = <usize>C << 2;
  const line = <usize>W * row;
  const zero = f32x4.splat(0);
  const PH = H >> 1;
  const PW = W >> 1;
  // Rows and columns outside every window get no gradient.
  if ((H | W) & 1) memory.fill(dx, 0, <usize>(N * H) * line);
  for (let n: usize = 0; n < <usize>N; n++) {
    const sums = moments + 2 * n * row;
    for (let c: usize = 0; c < row; c += 16) {
      const mu = v128.load(mean + c);
      const scale = f32x4.mul(v128.load(w + c), v128.load(rstd + c));
      const shift = v128.load(b + c);
      let sum = zero;
      let product = zero;
      let from = dout + n * <usize>(PH * PW) * row + c;
      for (let y: usize = 0; y < <usize>PH; y++) {
        let at = (n * <usize>H + 2 * y) * line + c;
        for (let z = 0; z < PW; z++, at += 2 * row, from += row) {
          const d00 = f32x4.sub(v128.load(x + at), mu);
          const d01 = f32x4.sub(v128.load(x + at + row), mu);
          const d10 = f32x4.sub(v128.load(x + at + line), mu);
          const d11 = f32x4.sub(v128.load(x + at + line + row), mu);
          const y00 = madd<f32>(d00, scale, shift);
          const y01 = madd<f32>(d01, scale, shift);
          const y10 = madd<f32>(d10, scale, shift);
          const y11 = madd<f32>(d11, scale, shift);
          const largest = f32x4.max(f32x4.max(y00, y01), f32x4.max(y10, y11));
          // What is left of the gradient after each element in row-major order.
          let left = v128.and(v128.load(from), f32x4.gt(largest, zero));
          const hit00 = f32x4.eq(y00, largest);
          const g00 = v128.and(left, hit00);
          left = v128.andnot(left, hit00);
          const hit01 = f32x4.eq(y01, largest);
          const g01 = v128.and(left, hit01);
          left = v128.andnot(left, hit01);
          const hit10 = f32x4.eq(y10, largest);
          const g10 = v128.and(left, hit10);
          const g11 = v128.andnot(left, hit10);
          sum = f32x4.add(sum, f32x4.add(f32x4.add(g00, g01), f32x4.add(g10, g11)));
          product = madd<f32>(g00, d00, madd<f32>(g01, d01, madd<f32>(g10, d10, madd<f32>(g11, d11, product))));
          v128.store(dx + at, g00);
          v128.store(dx + at + row, g01);
          v128.store(dx + at + line, g10);
          v128.store(dx + at + line + row, g11);
        }
      }
      v128.store(sums + c, sum);
      v128.store(sums + row + c, product);
    }
  }
  finishBackward(dx, dw, db, x, mean, rstd, w, moments, N, H * W, C);
}

/**
 * dx holds g = the gradient by (x − mean) · rstd · w + b, moments (N, 2, C) = Σ g and Σ g · (x − mean) of each sample. Then, with
 * x̂ = (x − mean) · rstd and m = N · HW:  dw = Σ g x̂,  db = Σ g,  dx = w · rstd · (g − (db + x̂ · dw) / m).
 */
function finishBackward(
  dx: usize,
  dw: usize,
  db: usize,
  x: usize,
  mean: usize,
  rstd: usize,
  w: usize,
  moments: usize,
  N: i32,
  HW: i32,
  C: i32,
): void {
  const row = <usize>C << 2;
  const rows = <usize>N * <usize>HW;
  for (let c: usize = 0; c < row; c += 4) {
    let sum: f64 = 0;
    let product: f64 = 0;
    for (let n: usize = 0; n < <usize>N; n++) {
      sum += <f64>load<f32>(moments + 2 * n * row + c);
      product += <f64>load<f32>(moments + (2 * n + 1) * row + c);
    }
    const r = <f64>load<f32>(rstd + c);
    store<f32>(db + c, load<f32>(db + c) + <f32>sum);
    store<f32>(dw + c, load<f32>(dw + c) + <f32>(product * r));
    // The first sample's moments are spent: they carry the two per-channel means to the pass below.
    store<f32>(moments + c, <f32>(sum / <f64>rows));
    store<f32>(moments + row + c, <f32>((product * r * r) / <f64>rows));
  }
  for (let c: usize = 0; c < row; c += 16) {
    const mu = v128.load(mean + c);
    const scale = f32x4.mul(v128.load(w + c), v128.load(rstd + c));
    const meanG = v128.load(moments + c);
    const slope = f32x4.neg(v128.load(moments + row + c));
    for (let r: usize = 0, at = c; r < rows; r++, at += row) {
      const centred = f32x4.sub(v128.load(dx + at), meanG);
      v128.store(dx + at, f32x4.mul(scale, madd<f32>(f32x4.sub(v128.load(x + at), mu), slope, centred)));
    }
  }
}

@inline
function normalized(x: usize, mean: v128, scale: v128, shift: v128): v128 {
  return madd<f32>(f32x4.sub(v128.load(x), mean), scale, shift);
}
