// Winograd's F(4×4, 3×3): a 4×4 patch of a 3×3 cross-correlation from a 6×6 patch of the input with 36 products in place of 144.
//   out = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A        Lavin & Gray, Fast algorithms for convolutional neural networks (CVPR 2016)
// Interpolation points 0, ±1, ±2, ∞:
//        | 4  0 −5  0  1  0 |        | 1/4    0     0  |
//        | 0 −4 −4  1  1  0 |        | −1/6 −1/6  −1/6 |        | 1  1  1  1  1  0 |
//   Bᵀ = | 0  4 −4 −1  1  0 |    G = | −1/6  1/6  −1/6 |   Aᵀ = | 0  1 −1  2 −2  0 |
//        | 0 −2 −1  2  1  0 |        | 1/24  1/12  1/6 |        | 0  1  1  4  4  0 |
//        | 0  2 −1 −2  1  0 |        | 1/24 −1/12  1/6 |        | 0  1 −1  8 −8  1 |
//        | 0  4  0 −5  0  1 |        |  0     0     1  |
// Each function below multiplies by one of these matrices along one axis; four channels sit in a vector, `from` and `to` are
// the distances in bytes between neighbours along that axis. The gradients need the transposes of the same matrices.

/** Rows and columns of the transformed tile. */
export const TILE: i32 = 6;
/** Rows and columns of the output that one tile makes. */
export const STEP: i32 = 4;

/** to ← Bᵀ · from (6 → 6). */
@inline
export function multiplyBt(out: usize, to: usize, x: usize, from: usize): void {
  const four = f32x4.splat(4);
  const five = f32x4.splat(5);
  const d0 = v128.load(x);
  const d1 = v128.load(x + from);
  const d2 = v128.load(x + 2 * from);
  const d3 = v128.load(x + 3 * from);
  const d4 = v128.load(x + 4 * from);
  const d5 = v128.load(x + 5 * from);
  const even1 = f32x4.sub(d4, f32x4.mul(four, d2));
  const odd1 = f32x4.sub(d3, f32x4.mul(four, d1));
  const even2 = f32x4.sub(d4, d2);
  const half = f32x4.sub(d3, d1);
  const odd2 = f32x4.add(half, half);
  v128.store(out, f32x4.add(f32x4.sub(f32x4.mul(four, d0), f32x4.mul(five, d2)), d4));
  v128.store(out + to, f32x4.add(even1, odd1));
  v128.store(out + 2 * to, f32x4.sub(even1, odd1));
  v128.store(out + 3 * to, f32x4.add(even2, odd2));
  v128.store(out + 4 * to, f32x4.sub(even2, odd2));
  v128.store(out + 5 * to, f32x4.add(f32x4.sub(f32x4.mul(four, d1), f32x4.mul(five, d3)), d5));
}

/** to ← B · from (6 → 6), the transpose of multiplyBt. */
@inline
export function multiplyB(out: usize, to: usize, x: usize, from: usize): void {
  const four = f32x4.splat(4);
  const five = f32x4.splat(5);
  const v0 = v128.load(x);
  const v1 = v128.load(x + from);
  const v2 = v128.load(x + 2 * from);
  const v3 = v128.load(x + 3 * from);
  const v4 = v128.load(x + 4 * from);
  const v5 = v128.load(x + 5 * from);
  const sum1 = f32x4.add(v1, v2);
  const difference1 = f32x4.sub(v1, v2);
  const sum2 = f32x4.add(v3, v4);
  const half = f32x4.sub(v3, v4);
  const difference2 = f32x4.add(half, half);
  v128.store(out, f32x4.mul(four, v0));
  v128.store(out + to, f32x4.sub(f32x4.mul(four, f32x4.sub(v5, difference1)), difference2));
  v128.store(out + 2 * to, f32x4.sub(f32x4.neg(f32x4.add(f32x4.mul(five, v0), f32x4.mul(four, sum1))), sum2));
  v128.store(out + 3 * to, f32x4.sub(f32x4.add(difference1, difference2), f32x4.mul(five, v5)));
  v128.store(out + 4 * to, f32x4.add(v0, f32x4.add(sum1, sum2)));
  v128.store(out + 5 * to, v5);
}

/** to ← Aᵀ · from (6 → 4). */
@inline
export function multiplyAt(out: usize, to: usize, x: usize, from: usize): void {
  const v0 = v128.load(x);
  const v1 = v128.load(x + from);
  const v2 = v128.load(x + 2 * from);
  const v3 = v128.load(x + 3 * from);
  const v4 = v128.load(x + 4 * from);
  const v5 = v128.load(x + 5 * from);
  const sum1 = f32x4.add(v1, v2);
  const difference1 = f32x4.sub(v1, v2);
  const sum2 = f32x4.add(v3, v4);
  const difference2 = f32x4.sub(v3, v4);
  v128.store(out, f32x4.add(v0, f32x4.add(sum1, sum2)));
  v128.store(out + to, f32x4.add(difference1, f32x4.add(difference2, difference2)));
  v128.store(out + 2 * to, f32x4.add(sum1, f32x4.mul(f32x4.splat(4), sum2)));
  v128.store(out + 3 * to, f32x4.add(f32x4.add(difference1, f32x4.mul(f32x4.splat(8), difference2)), v5));
}

/** to ← A · from (4 → 6), the transpose of multiplyAt. */
@inline
export function multiplyA(out: usize, to: usize, x: usize, from: usize): void {
  const four = f32x4.splat(4);
  const y0 = v128.load(x);
  const y1 = v128.load(x + from);
  const y2 = v128.load(x + 2 * from);
  const y3 = v128.load(x + 3 * from);
  const even1 = f32x4.add(y0, y2);
  const odd1 = f32x4.add(y1, y3);
  const even2 = f32x4.add(y0, f32x4.mul(four, y2));
  const half = f32x4.add(y1, f32x4.mul(four, y3));
  const odd2 = f32x4.add(half, half);
  v128.store(out, y0);
  v128.store(out + to, f32x4.add(even1, odd1));
  v128.store(out + 2 * to, f32x4.sub(even1, odd1));
  v128.store(out + 3 * to, f32x4.add(even2, odd2));
  v128.store(out + 4 * to, f32x4.sub(even2, odd2));
  v128.store(out + 5 * to, y3);
}

/** to ← G · from (3 → 6). */
@inline
export function multiplyG(out: usize, to: usize, x: usize, from: usize): void {
  const sixth = f32x4.splat(<f32>(1.0 / 6.0));
  const g0 = v128.load(x);
  const g1 = v128.load(x + from);
  const g2 = v128.load(x + 2 * from);
  const ends1 = f32x4.mul(sixth, f32x4.add(g0, g2));
  const middle1 = f32x4.mul(sixth, g1);
  const ends2 = f32x4.add(f32x4.mul(f32x4.splat(<f32>(1.0 / 24.0)), g0), f32x4.mul(sixth, g2));
  const middle2 = f32x4.mul(f32x4.splat(<f32>(1.0 / 12.0)), g1);
  v128.store(out, f32x4.mul(f32x4.splat(0.25), g0));
  v128.store(out + to, f32x4.neg(f32x4.add(ends1, middle1)));
  v128.store(out + 2 * to, f32x4.sub(middle1, ends1));
  v128.store(out + 3 * to, f32x4.add(ends2, middle2));
  v128.store(out + 4 * to, f32x4.sub(ends2, middle2));
  v128.store(out + 5 * to, g2);
}

/** to ← Gᵀ · from (6 → 3), the transpose of multiplyG. */
@inline
export function multiplyGt(out: usize, to: usize, x: usize, from: usize): void {
  const sixth = f32x4.splat(<f32>(1.0 / 6.0));
  const v0 = v128.load(x);
  const v1 = v128.load(x + from);
  const v2 = v128.load(x + 2 * from);
  const v3 = v128.load(x + 3 * from);
  const v4 = v128.load(x + 4 * from);
  const v5 = v128.load(x + 5 * from);
  const sum1 = f32x4.mul(sixth, f32x4.add(v1, v2));
  const difference1 = f32x4.mul(sixth, f32x4.sub(v2, v1));
  const sum2 = f32x4.add(v3, v4);
  const difference2 = f32x4.sub(v3, v4);
  const twentyfourth = f32x4.mul(f32x4.splat(<f32>(1.0 / 24.0)), sum2);
  v128.store(out, f32x4.add(f32x4.sub(f32x4.mul(f32x4.splat(0.25), v0), sum1), twentyfourth));
  v128.store(out + to, f32x4.add(difference1, f32x4.mul(f32x4.splat(<f32>(1.0 / 12.0)), difference2)));
  v128.store(out + 2 * to, f32x4.add(f32x4.sub(f32x4.mul(sixth, sum2), sum1), v5));
}
