// maxPool2d: the largest of each 2×2 window, stride 2; odd rows and columns are left out
//   x    (N, H, W, C)        activations; C is a multiple of 4
//   out  (N, H/2, W/2, C)
// Ties go to the first element in row-major order. Forward overwrites out. Backward overwrites dx and makes the choice
// again from x.
// https://pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html

export function maxPool2dForward(out: usize, x: usize, N: i32, H: i32, W: i32, C: i32): void {
  assert((C & 3) == 0, "maxPool2d: C is not a multiple of 4");
  const row = (<usize>C) << 2;
  const line = <usize>W * row;
  const PW = W >> 1;
  for (let n = 0; n < N; n++) {
    for (let y = 0; y < H >> 1; y++) {
      let at = x + <usize>(n * H + 2 * y) * line;
      for (let z = 0; z < PW; z++, at += 2 * row, out += row) {
        for (let c: usize = 0; c < row; c += 16) {
          const top = f32x4.max(v128.load(at + c), v128.load(at + row + c));
          const low = f32x4.max(v128.load(at + line + c), v128.load(at + line + row + c));
          v128.store(out + c, f32x4.max(top, low));
        }
      }
    }
  }
}

export function maxPool2dBackward(dx: usize, dout: usize, x: usize, N: i32, H: i32, W: i32, C: i32): void {
  assert((C & 3) == 0, "maxPool2d: C is not a multiple of 4");
  const row = (<usize>C) << 2;
  const line = <usize>W * row;
  const PW = W >> 1;
  if ((H | W) & 1) memory.fill(dx, 0, <usize>(N * H) * line);
  for (let n = 0; n < N; n++) {
    for (let y = 0; y < H >> 1; y++) {
      let at = <usize>(n * H + 2 * y) * line;
      for (let z = 0; z < PW; z++, at += 2 * row, dout += row) {
        for (let c: usize = 0; c < row; c += 16) {
          const from = x + at + c;
          const x00 = v128.load(from);
          const x01 = v128.load(from + row);
          const x10 = v128.load(from + line);
          const largest = f32x4.max(f32x4.max(x00, x01), f32x4.max(x10, v128.load(from + line + row)));
          const to = dx + at + c;
          // What is left of the gradient after each element in row-major order.
          let left = v128.load(dout + c);
          const hit00 = f32x4.eq(x00, largest);
          v128.store(to, v128.and(left, hit00));
          left = v128.andnot(left, hit00);
          const hit01 = f32x4.eq(x01, largest);
          v128.store(to + row, v128.and(left, hit01));
          left = v128.andnot(left, hit01);
          const hit10 = f32x4.eq(x10, largest);
          v128.store(to + line, v128.and(left, hit10));
          v128.store(to + line + row, v128.andnot(left, hit10));
        }
      }
    }
  }
}
