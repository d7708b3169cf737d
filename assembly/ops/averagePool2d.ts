// averagePool2d over the whole image: out = the mean of all pixels, per channel
//   x    (N, HW, C)     activations; C is a multiple of 4
//   out  (N, C)
// Pixels are added in their order, in f64: an image may have thousands. Forward overwrites out, backward overwrites dx.
// https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html, with an output of 1

export function averagePool2dForward(out: usize, x: usize, N: i32, HW: i32, C: i32): void {
  assert((C & 3) == 0, "averagePool2d: C is not a multiple of 4");
  const row = (<usize>C) << 2;
  const count = f64x2.splat(<f64>HW);
  for (let n = 0; n < N; n++, x += <usize>HW * row, out += row) {
    for (let c: usize = 0; c < row; c += 8) {
      let sum = f64x2.splat(0);
      for (let r = 0, at = x + c; r < HW; r++, at += row) {
        sum = f64x2.add(sum, f64x2.promote_low_f32x4(v128.load64_zero(at)));
      }
      v128.store64_lane(out + c, f32x4.demote_f64x2_zero(f64x2.div(sum, count)), 0);
    }
  }
}

export function averagePool2dBackward(dx: usize, dout: usize, N: i32, HW: i32, C: i32): void {
  assert((C & 3) == 0, "averagePool2d: C is not a multiple of 4");
  const row = (<usize>C) << 2;
  const count = f32x4.splat(<f32>HW);
  for (let n = 0; n < N; n++, dx += <usize>HW * row, dout += row) {
    for (let c: usize = 0; c < row; c += 16) {
      const g = f32x4.div(v128.load(dout + c), count);
      for (let r = 0, at = dx + c; r < HW; r++, at += row) v128.store(at, g);
    }
  }
}
