// What a residual addition adds to the kernels of its block
//   batchNorm2dAddReluForward  out = max(0, (x − mean) · rstd · w + b + identity) per channel, (rows, C)
//   addReluForward             out = max(0, x + identity) over n numbers, where batch norm is folded away
//   add                        out += x over n numbers
// C and n are multiples of 4; out may be x. He et al. 2015, https://arxiv.org/abs/1512.03385
import { madd } from "../simd";

export function batchNorm2dAddReluForward(
  out: usize,
  x: usize,
  identity: usize,
  mean: usize,
  rstd: usize,
  w: usize,
  b: usize,
  rows: i32,
  C: i32,
): void {
  assert((C & 3) == 0, "batchNorm2dAddRelu: C is not a multiple of 4");
  const row = (<usize>C) << 2;
  const zero = f32x4.splat(0);
  for (let c: usize = 0; c < row; c += 16) {
    const mu = v128.load(mean + c);
    const scale = f32x4.mul(v128.load(w + c), v128.load(rstd + c));
    const shift = v128.load(b + c);
    for (let r = 0, at = c; r < rows; r++, at += row) {
      const y = madd<f32>(f32x4.sub(v128.load(x + at), mu), scale, shift);
      v128.store(out + at, f32x4.max(zero, f32x4.add(y, v128.load(identity + at))));
    }
  }
}

export function addReluForward(out: usize, x: usize, identity: usize, n: i32): void {
  assert((n & 3) == 0, "addRelu: n is not a multiple of 4");
  const zero = f32x4.splat(0);
  for (let i: usize = 0; i < (<usize>n) << 2; i += 16) {
    v128.store(out + i, f32x4.max(zero, f32x4.add(v128.load(x + i), v128.load(identity + i))));
  }
}

export function add(out: usize, x: usize, n: i32): void {
  assert((n & 3) == 0, "add: n is not a multiple of 4");
  for (let i: usize = 0; i < (<usize>n) << 2; i += 16) {
    v128.store(out + i, f32x4.add(v128.load(out + i), v128.load(x + i)));
  }
}
