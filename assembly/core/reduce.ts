// Sums over rows, in row order. C is a multiple of 4.
import { madd } from "../simd";

/** sums (C) += Σ over the rows of x (rows, C). */
export function addRows(sums: usize, x: usize, rows: i32, C: i32): void {
  assert((C & 3) == 0, "addRows: C is not a multiple of 4");
  const rowBytes = <usize>C << 2;
  for (let c: usize = 0; c < rowBytes; c += 16) {
    let sum = f32x4.splat(0);
    for (let r = 0, at = x + c; r < rows; r++, at += rowBytes) sum = f32x4.add(sum, v128.load(at));
    v128.store(sums + c, f32x4.add(v128.load(sums + c), sum));
  }
}

/**
 * Shifted moments of the rows of x (rows, C): with s = the first row, moments (2, C) ← Σ (x − s), Σ (x − s)².
 * The shift keeps the variance exact where the mean is large against it.
 */
export function shiftedMoments(moments: usize, x: usize, rows: i32, C: i32): void {
  assert((C & 3) == 0, "shiftedMoments: C is not a multiple of 4");
  const rowBytes = <usize>C << 2;
  for (let c: usize = 0; c < rowBytes; c += 16) {
    const shift = v128.load(x + c);
    let sum = f32x4.splat(0);
    let squares = sum;
    for (let r = 1, at = x + c + rowBytes; r < rows; r++, at += rowBytes) {
      const d = f32x4.sub(v128.load(at), shift);
      sum = f32x4.add(sum, d);
      squares = madd<f32>(d, d, squares);
    }
    v128.store(moments + c, sum);
    v128.store(moments + rowBytes + c, squares);
  }
}
