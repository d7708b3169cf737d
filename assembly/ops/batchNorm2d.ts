// batchNorm2d + relu (+ maxPool2d 2×2): out = max(0, (x − mean) · rstd · w + b) per channel, then the largest of each
// 2×2 window
//   x             (N, H, W, C)           activations
//   out           (N, H, W, C), pooled (N, H/2, W/2, C) with odd rows and columns left out
//   w, b          (C)                    params
//   mean, rstd    (C)                    saved by Statistics, read by forward and backward
//   runningMean, runningVar (C)          buffers
//   moments       (groups, 3, C)         sums over the images of a group, see Moments
//   sums          (groups, 2, C)         Σ g and Σ g · (x − mean) over a group; g = dout where ReLU and pooling let it
//                 through
//   slopes        (2, C)                 the two means that Centre takes off, see Gradients
// A batch is cut into groups of images; each group has sums of its own, which are added in order of the groups: so the
// bits do not depend on who computed which. Forward overwrites out. Backward is Sums, then Gradients over all groups,
// then Centre, which overwrites dx; the ReLU mask and the window's choice are made again from x both times, which costs
// less than storing them. Ties in a window go to the first element in row-major order. C is a multiple of 4. Loops run
// over whole rows, 16 channels (a cache line) at a time where C allows.
// https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html
import { madd } from "../simd";

/**
 * moments (3, C) of the images of one group: shift s = their first row, Σ (x − s), Σ (x − s)²; the shift keeps the
 * variance exact where the mean is large against it. add: x continues the group, s and sums are there already. Each
 * image is summed by itself first, so that rounding does not pile up.
 */
export function batchNorm2dMoments(moments: usize, x: usize, N: i32, HW: i32, C: i32, add: bool): void {
  assert((C & 3) == 0, "batchNorm2d: C is not a multiple of 4");
  const row = (<usize>C) << 2;
  if (!add) {
    memory.copy(moments, x, row);
    memory.fill(moments + row, 0, 2 * row);
  }
  for (let n = 0; n < N; n++, x += <usize>HW * row) {
    let c: usize = 0;
    for (; c + 64 <= row; c += 64) moments4(moments + c, x + c, HW, row);
    for (; c < row; c += 16) moments1(moments + c, x + c, HW, row);
  }
}


@inline
function moments4(moments: usize, x: usize, HW: i32, row: usize): void {
  const s0 = v128.load(moments);
  const s1 = v128.load(moments, 16);
  const s2 = v128.load(moments, 32);
  const s3 = v128.load(moments, 48);
  const zero = f32x4.splat(0);
  let a0 = zero;
  let a1 = zero;
  let a2 = zero;
  let a3 = zero;
  let q0 = zero;
  let q1 = zero;
  let q2 = zero;
  let q3 = zero;
  for (let r = 0; r < HW; r++, x += row) {
    let d = f32x4.sub(v128.load(x), s0);
    a0 = f32x4.add(a0, d);
    q0 = madd<f32>(d, d, q0);
    d = f32x4.sub(v128.load(x, 16), s1);
    a1 = f32x4.add(a1, d);
    q1 = madd<f32>(d, d, q1);
    d = f32x4.sub(v128.load(x, 32), s2);
    a2 = f32x4.add(a2, d);
    q2 = madd<f32>(d, d, q2);
    d = f32x4.sub(v128.load(x, 48), s3);
    a3 = f32x4.add(a3, d);
    q3 = madd<f32>(d, d, q3);
  }
  increase(moments + row, a0);
  increase(moments + row + 16, a1);
  increase(moments + row + 32, a2);
  increase(moments + row + 48, a3);
  increase(moments + 2 * row, q0);
  increase(moments + 2 * row + 16, q1);
  increase(moments + 2 * row + 32, q2);
  increase(moments + 2 * row + 48, q3);
}


@inline
function moments1(moments: usize, x: usize, HW: i32, row: usize): void {
  const shift = v128.load(moments);
  let sum = f32x4.splat(0);
  let squares = sum;
  for (let r = 0; r < HW; r++, x += row) {
    const d = f32x4.sub(v128.load(x), shift);
    sum = f32x4.add(sum, d);
    squares = madd<f32>(d, d, squares);
  }
  increase(moments + row, sum);
  increase(moments + 2 * row, squares);
}

/**
 * Training: mean, rstd ← statistics of N images of HW pixels from the moments of groups of `size` images (biased
 * variance); the running statistics (0: left alone) move by momentum (unbiased variance).
 */
export function batchNorm2dStatistics(
  mean: usize,
  rstd: usize,
  runningMean: usize,
  runningVar: usize,
  moments: usize,
  N: i32,
  size: i32,
  HW: i32,
  C: i32,
  momentum: f64,
  epsilon: f64,
): void {
  assert(N > 0 && size > 0 && HW > 0, "batchNorm2d: empty batch");
  const row = (<usize>C) << 2;
  for (let c: usize = 0; c < row; c += 4) {
    // Chan, Golub, LeVeque: pairwise update of (count, mean, sum of squared deviations).
    let mu: f64 = 0;
    let m2: f64 = 0;
    let seen: f64 = 0;
    for (let n = 0, at = moments + c; n < N; n += size, at += 3 * row) {
      const count = <f64>min(size, N - n) * <f64>HW;
      const sum = <f64>load<f32>(at + row);
      const squares = <f64>load<f32>(at + 2 * row);
      const delta = <f64>load<f32>(at) + sum / count - mu;
      const total = seen + count;
      mu += delta * (count / total);
      m2 += squares - (sum * sum) / count + delta * delta * ((seen * count) / total);
      seen = total;
    }
    store<f32>(mean + c, <f32>mu);
    store<f32>(rstd + c, <f32>(1 / sqrt<f64>(m2 / seen + epsilon)));
    if (!runningMean) continue;
    const rm = <f64>load<f32>(runningMean + c);
    const rv = <f64>load<f32>(runningVar + c);
    store<f32>(runningMean + c, <f32>((1 - momentum) * rm + momentum * mu));
    store<f32>(runningVar + c, <f32>((1 - momentum) * rv + (momentum * m2) / (seen - 1)));
  }
}

/** Explanation: mean, rstd ← the running statistics, so that forward keeps what a backward pass reads. */
export function batchNorm2dRunning(
  mean: usize,
  rstd: usize,
  runningMean: usize,
  runningVar: usize,
  C: i32,
  epsilon: f64,
): void {
  memory.copy(mean, runningMean, (<usize>C) << 2);
  for (let c: usize = 0; c < (<usize>C) << 2; c += 4) {
    store<f32>(rstd + c, <f32>(1 / sqrt<f64>(<f64>load<f32>(runningVar + c) + epsilon)));
  }
}

/**
 * Inference: the convolution w (rows, C), b (C) with evaluation's batch norm folded in: foldedW = w · s, foldedB = (b −
 * runningMean) · s + normB with s = normW / √(runningVar + ε).
 */
export function batchNorm2dFold(
  foldedW: usize,
  foldedB: usize,
  w: usize,
  b: usize,
  normW: usize,
  normB: usize,
  runningMean: usize,
  runningVar: usize,
  rows: i32,
  C: i32,
  epsilon: f64,
): void {
  const row = (<usize>C) << 2;
  for (let c: usize = 0; c < row; c += 4) {
    const scale = <f64>load<f32>(normW + c) / sqrt<f64>(<f64>load<f32>(runningVar + c) + epsilon);
    const centred = <f64>load<f32>(b + c) - <f64>load<f32>(runningMean + c);
    store<f32>(foldedB + c, <f32>(centred * scale + <f64>load<f32>(normB + c)));
    for (let r = 0, at = c; r < rows; r++, at += row) store<f32>(foldedW + at, <f32>(<f64>load<f32>(w + at) * scale));
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
  const row = (<usize>C) << 2;
  const zero = f32x4.splat(0);
  let c: usize = 0;
  for (; c + 64 <= row; c += 64) {
    const m0 = v128.load(mean + c);
    const m1 = v128.load(mean + c, 16);
    const m2 = v128.load(mean + c, 32);
    const m3 = v128.load(mean + c, 48);
    const s0 = f32x4.mul(v128.load(w + c), v128.load(rstd + c));
    const s1 = f32x4.mul(v128.load(w + c, 16), v128.load(rstd + c, 16));
    const s2 = f32x4.mul(v128.load(w + c, 32), v128.load(rstd + c, 32));
    const s3 = f32x4.mul(v128.load(w + c, 48), v128.load(rstd + c, 48));
    const b0 = v128.load(b + c);
    const b1 = v128.load(b + c, 16);
    const b2 = v128.load(b + c, 32);
    const b3 = v128.load(b + c, 48);
    for (let r = 0, from = x + c, to = out + c; r < rows; r++, from += row, to += row) {
      v128.store(to, f32x4.max(zero, madd<f32>(f32x4.sub(v128.load(from), m0), s0, b0)));
      v128.store(to, f32x4.max(zero, madd<f32>(f32x4.sub(v128.load(from, 16), m1), s1, b1)), 16);
      v128.store(to, f32x4.max(zero, madd<f32>(f32x4.sub(v128.load(from, 32), m2), s2, b2)), 32);
      v128.store(to, f32x4.max(zero, madd<f32>(f32x4.sub(v128.load(from, 48), m3), s3, b3)), 48);
    }
  }
  for (; c < row; c += 16) {
    const mu = v128.load(mean + c);
    const scale = f32x4.mul(v128.load(w + c), v128.load(rstd + c));
    const shift = v128.load(b + c);
    for (let r = 0, at = c; r < rows; r++, at += row) {
      v128.store(out + at, f32x4.max(zero, normalized(x + at, mu, scale, shift)));
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
  const row = (<usize>C) << 2;
  const line = <usize>W * row;
  const zero = f32x4.splat(0);
  const PH = H >> 1;
  const PW = W >> 1;
  for (let n = 0; n < N; n++, x += <usize>H * line) {
    for (let y = 0; y < PH; y++, out += <usize>PW * row) {
      const lines = x + <usize>(2 * y) * line;
      for (let c: usize = 0; c < row; c += 16) {
        const mu = v128.load(mean + c);
        const scale = f32x4.mul(v128.load(w + c), v128.load(rstd + c));
        const shift = v128.load(b + c);
        let at = lines + c;
        let to = out + c;
        for (let z = 0; z < PW; z++, at += 2 * row, to += row) {
          const top = f32x4.max(normalized(at, mu, scale, shift), normalized(at + row, mu, scale, shift));
          const low = f32x4.max(normalized(at + line, mu, scale, shift), normalized(at + line + row, mu, scale, shift));
          v128.store(to, f32x4.max(zero, f32x4.max(top, low)));
        }
      }
    }
  }
}

/** sums (2, C) of some images of one group. */
export function batchNorm2dReluSums(
  sums: usize,
  dout: usize,
  x: usize,
  mean: usize,
  rstd: usize,
  w: usize,
  b: usize,
  N: i32,
  HW: i32,
  C: i32,
  add: bool,
): void {
  assert((C & 3) == 0, "batchNorm2d: C is not a multiple of 4");
  const row = (<usize>C) << 2;
  const zero = f32x4.splat(0);
  if (!add) memory.fill(sums, 0, 2 * row);
  const imageBytes = <usize>HW * row;
  for (let n = 0; n < N; n++, x += imageBytes, dout += imageBytes) {
    // Two vectors of channels at a time: their mean, scale and shift leave room for the sums in 15 registers. C = 4,
    // 12, 20 …: the last one alone.
    let c: usize = 0;
    for (; c + 32 <= row; c += 32) {
      const m0 = v128.load(mean + c);
      const m1 = v128.load(mean + c, 16);
      const s0 = f32x4.mul(v128.load(w + c), v128.load(rstd + c));
      const s1 = f32x4.mul(v128.load(w + c, 16), v128.load(rstd + c, 16));
      const b0 = v128.load(b + c);
      const b1 = v128.load(b + c, 16);
      let sum0 = zero;
      let sum1 = zero;
      let product0 = zero;
      let product1 = zero;
      for (let r = 0, at = c; r < HW; r++, at += row) {
        let d = f32x4.sub(v128.load(x + at), m0);
        let g = v128.and(v128.load(dout + at), f32x4.gt(madd<f32>(d, s0, b0), zero));
        sum0 = f32x4.add(sum0, g);
        product0 = madd<f32>(g, d, product0);
        d = f32x4.sub(v128.load(x + at, 16), m1);
        g = v128.and(v128.load(dout + at, 16), f32x4.gt(madd<f32>(d, s1, b1), zero));
        sum1 = f32x4.add(sum1, g);
        product1 = madd<f32>(g, d, product1);
      }
      increase(sums + c, sum0);
      increase(sums + c + 16, sum1);
      increase(sums + row + c, product0);
      increase(sums + row + c + 16, product1);
    }
    if (c < row) {
      const mu = v128.load(mean + c);
      const scale = f32x4.mul(v128.load(w + c), v128.load(rstd + c));
      const shift = v128.load(b + c);
      let sum = zero;
      let product = zero;
      for (let r = 0, at = c; r < HW; r++, at += row) {
        const d = f32x4.sub(v128.load(x + at), mu);
        const g = v128.and(v128.load(dout + at), f32x4.gt(madd<f32>(d, scale, shift), zero));
        sum = f32x4.add(sum, g);
        product = madd<f32>(g, d, product);
      }
      increase(sums + c, sum);
      increase(sums + row + c, product);
    }
  }
}

/** The same behind a pooling layer: dout is (N, H/2, W/2, C). */
export function batchNorm2dReluMaxPool2dSums(
  sums: usize,
  dout: usize,
  x: usize,
  mean: usize,
  rstd: usize,
  w: usize,
  b: usize,
  N: i32,
  H: i32,
  W: i32,
  C: i32,
  add: bool,
): void {
  assert((C & 3) == 0, "batchNorm2d: C is not a multiple of 4");
  const row = (<usize>C) << 2;
  const line = <usize>W * row;
  const zero = f32x4.splat(0);
  if (!add) memory.fill(sums, 0, 2 * row);
  const PH = H >> 1;
  const PW = W >> 1;
  for (let n = 0; n < N; n++, x += <usize>H * line, dout += <usize>(PH * PW) * row) {
    for (let c: usize = 0; c < row; c += 16) {
      const mu = v128.load(mean + c);
      const scale = f32x4.mul(v128.load(w + c), v128.load(rstd + c));
      const shift = v128.load(b + c);
      let sum = zero;
      let product = zero;
      let from = dout + c;
      for (let y: usize = 0; y < <usize>PH; y++) {
        let at = x + 2 * y * line + c;
        for (let z = 0; z < PW; z++, at += 2 * row, from += row) {
          // g goes to the largest of the window, so Σ g · (x − mean) needs only that one's distance.
          const d00 = f32x4.sub(v128.load(at), mu);
          const d01 = f32x4.sub(v128.load(at + row), mu);
          const d10 = f32x4.sub(v128.load(at + line), mu);
          const d11 = f32x4.sub(v128.load(at + line + row), mu);
          const y00 = madd<f32>(d00, scale, shift);
          const y01 = madd<f32>(d01, scale, shift);
          const y10 = madd<f32>(d10, scale, shift);
          const y11 = madd<f32>(d11, scale, shift);
          const largest = f32x4.max(f32x4.max(y00, y01), f32x4.max(y10, y11));
          let d = v128.bitselect(d10, d11, f32x4.eq(y10, largest));
          d = v128.bitselect(d01, d, f32x4.eq(y01, largest));
          d = v128.bitselect(d00, d, f32x4.eq(y00, largest));
          const g = v128.and(v128.load(from), f32x4.gt(largest, zero));
          sum = f32x4.add(sum, g);
          product = madd<f32>(g, d, product);
        }
      }
      increase(sums + c, sum);
      increase(sums + row + c, product);
    }
  }
}

/**
 * From the sums of all groups, rows = N · H · W:  slopes ← Σ g / rows  and  Σ g (x − mean) · rstd² / rows;  dw += Σ g
 * (x − mean) · rstd,  db += Σ g (0: left alone).
 */
export function batchNorm2dGradients(
  slopes: usize,
  dw: usize,
  db: usize,
  sums: usize,
  rstd: usize,
  groups: i32,
  rows: i32,
  C: i32,
): void {
  assert(groups > 0 && rows > 0, "batchNorm2d: empty batch");
  const row = (<usize>C) << 2;
  for (let c: usize = 0; c < row; c += 4) {
    let sum: f64 = 0;
    let product: f64 = 0;
    for (let g = 0, at = sums + c; g < groups; g++, at += 2 * row) {
      sum += <f64>load<f32>(at);
      product += <f64>load<f32>(at + row);
    }
    const r = <f64>load<f32>(rstd + c);
    store<f32>(slopes + c, <f32>(sum / <f64>rows));
    store<f32>(slopes + row + c, <f32>((product * r * r) / <f64>rows));
    if (!dw) continue;
    store<f32>(db + c, load<f32>(db + c) + <f32>sum);
    store<f32>(dw + c, load<f32>(dw + c) + <f32>(product * r));
  }
}

/** dx = w · rstd · (g − slopes₀ − (x − mean) · slopes₁). dx may be dout. */
export function batchNorm2dReluCentre(
  dx: usize,
  dout: usize,
  x: usize,
  mean: usize,
  rstd: usize,
  w: usize,
  b: usize,
  slopes: usize,
  rows: i32,
  C: i32,
): void {
  assert((C & 3) == 0, "batchNorm2d: C is not a multiple of 4");
  const row = (<usize>C) << 2;
  const zero = f32x4.splat(0);
  let c: usize = 0;
  for (; c + 32 <= row; c += 32) {
    const m0 = v128.load(mean + c);
    const m1 = v128.load(mean + c, 16);
    const s0 = f32x4.mul(v128.load(w + c), v128.load(rstd + c));
    const s1 = f32x4.mul(v128.load(w + c, 16), v128.load(rstd + c, 16));
    const b0 = v128.load(b + c);
    const b1 = v128.load(b + c, 16);
    const g0 = v128.load(slopes + c);
    const g1 = v128.load(slopes + c, 16);
    const p0 = f32x4.neg(v128.load(slopes + row + c));
    const p1 = f32x4.neg(v128.load(slopes + row + c, 16));
    for (let r = 0, at = c; r < rows; r++, at += row) {
      let d = f32x4.sub(v128.load(x + at), m0);
      let g = v128.and(v128.load(dout + at), f32x4.gt(madd<f32>(d, s0, b0), zero));
      v128.store(dx + at, f32x4.mul(s0, madd<f32>(d, p0, f32x4.sub(g, g0))));
      d = f32x4.sub(v128.load(x + at, 16), m1);
      g = v128.and(v128.load(dout + at, 16), f32x4.gt(madd<f32>(d, s1, b1), zero));
      v128.store(dx + at, f32x4.mul(s1, madd<f32>(d, p1, f32x4.sub(g, g1))), 16);
    }
  }
  if (c < row) {
    const mu = v128.load(mean + c);
    const scale = f32x4.mul(v128.load(w + c), v128.load(rstd + c));
    const shift = v128.load(b + c);
    const meanG = v128.load(slopes + c);
    const slope = f32x4.neg(v128.load(slopes + row + c));
    for (let r = 0, at = c; r < rows; r++, at += row) {
      const d = f32x4.sub(v128.load(x + at), mu);
      const g = v128.and(v128.load(dout + at), f32x4.gt(madd<f32>(d, scale, shift), zero));
      v128.store(dx + at, centred(d, g, scale, meanG, slope));
    }
  }
}

/** The same behind a pooling layer. */
export function batchNorm2dReluMaxPool2dCentre(
  dx: usize,
  dout: usize,
  x: usize,
  mean: usize,
  rstd: usize,
  w: usize,
  b: usize,
  slopes: usize,
  N: i32,
  H: i32,
  W: i32,
  C: i32,
): void {
  assert((C & 3) == 0, "batchNorm2d: C is not a multiple of 4");
  const row = (<usize>C) << 2;
  const line = <usize>W * row;
  const zero = f32x4.splat(0);
  const PH = H >> 1;
  const PW = W >> 1;
  for (let n = 0; n < N; n++, x += <usize>H * line, dx += <usize>H * line, dout += <usize>(PH * PW) * row) {
    for (let c: usize = 0; c < row; c += 16) {
      const mu = v128.load(mean + c);
      const scale = f32x4.mul(v128.load(w + c), v128.load(rstd + c));
      const shift = v128.load(b + c);
      const meanG = v128.load(slopes + c);
      const slope = f32x4.neg(v128.load(slopes + row + c));
      let from = dout + c;
      for (let y: usize = 0; y < <usize>PH; y++) {
        let at = <usize>(2 * y) * line + c;
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
          v128.store(dx + at, centred(d00, v128.and(left, hit00), scale, meanG, slope));
          left = v128.andnot(left, hit00);
          const hit01 = f32x4.eq(y01, largest);
          v128.store(dx + at + row, centred(d01, v128.and(left, hit01), scale, meanG, slope));
          left = v128.andnot(left, hit01);
          const hit10 = f32x4.eq(y10, largest);
          v128.store(dx + at + line, centred(d10, v128.and(left, hit10), scale, meanG, slope));
          v128.store(dx + at + line + row, centred(d11, v128.andnot(left, hit10), scale, meanG, slope));
        }
        if (W & 1) outside(dx + at, x + at, mu, scale, meanG, slope);
        if (W & 1) outside(dx + at + line, x + at + line, mu, scale, meanG, slope);
      }
      if (H & 1) {
        let at = <usize>(H - 1) * line + c;
        for (let z = 0; z < W; z++, at += row) outside(dx + at, x + at, mu, scale, meanG, slope);
      }
    }
  }
}

/** A pixel in no window: no gradient comes down, but the batch's means are taken off. */
@inline
function outside(dx: usize, x: usize, mu: v128, scale: v128, meanG: v128, slope: v128): void {
  v128.store(dx, centred(f32x4.sub(v128.load(x), mu), f32x4.splat(0), scale, meanG, slope));
}


@inline
function centred(d: v128, g: v128, scale: v128, meanG: v128, slope: v128): v128 {
  return f32x4.mul(scale, madd<f32>(d, slope, f32x4.sub(g, meanG)));
}


@inline
function normalized(x: usize, mean: v128, scale: v128, shift: v128): v128 {
  return madd<f32>(f32x4.sub(v128.load(x), mean), scale, shift);
}


@inline
function increase(at: usize, value: v128): void {
  v128.store(at, f32x4.add(v128.load(at), value));
}
