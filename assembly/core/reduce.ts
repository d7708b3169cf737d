// Sums in a fixed order.

/** out (bytes) ← 0. */
export function zero(out: usize, bytes: usize): void {
  memory.fill(out, 0, bytes);
}

/** x (n) ← factor · x, each rounded once. */
export function scale(x: usize, n: i32, factor: f64): void {
  for (let i: usize = 0; i < (<usize>n) << 2; i += 4) store<f32>(x + i, <f32>(factor * <f64>load<f32>(x + i)));
}

/** sums (C) += Σ over the rows of x (rows, C), in row order. C is a multiple of 4. */
export function addRows(sums: usize, x: usize, rows: i32, C: i32): void {
  assert((C & 3) == 0, "addRows: C is not a multiple of 4");
  const rowBytes = (<usize>C) << 2;
  for (let c: usize = 0; c < rowBytes; c += 16) {
    let sum = f32x4.splat(0);
    for (let r = 0, at = x + c; r < rows; r++, at += rowBytes) sum = f32x4.add(sum, v128.load(at));
    v128.store(sums + c, f32x4.add(v128.load(sums + c), sum));
  }
}

/** out (n) += Σ over the groups, in their order, of partial sums `stride` bytes apart. n is a multiple of 4. */
export function addGroups(out: usize, partial: usize, groups: i32, stride: usize, n: i32): void {
  assert((n & 3) == 0, "addGroups: n is not a multiple of 4");
  for (let i: usize = 0; i < (<usize>n) << 2; i += 16) {
    let sum = v128.load(partial + i);
    for (let g = 1, at = partial + i + stride; g < groups; g++, at += stride) sum = f32x4.add(sum, v128.load(at));
    v128.store(out + i, f32x4.add(v128.load(out + i), sum));
  }
}
