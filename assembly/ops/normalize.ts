// normalize: out = (x / 255 − 0.5) / 0.5, torchvision's ToTensor and Normalize([0.5], [0.5])
//   x     n bytes (a batch of uint8 images, NHWC)
//   out   n f32, in [−1, 1]

/** Every pixel value has one image: dividing by 255 rounds once, the rest is exact or rounds as torchvision does. */
export function normalize(out: usize, x: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4, x += 4, out += 16) {
    const bytes = i16x8.extend_low_i8x16_u(v128.load32_zero(x));
    const value = f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(bytes));
    v128.store(out, normalizedValues(value));
  }
  for (; i < n; i++, x++, out += 4) {
    store<f32>(out, (<f32>load<u8>(x) / 255 - 0.5) / 0.5);
  }
}

/** The same for four values, which need not be whole (bilinear sampling). Doubling is exact, as dividing by 0.5 is. */
@inline
export function normalizedValues(values: v128): v128 {
  const centred = f32x4.sub(f32x4.div(values, f32x4.splat(255)), f32x4.splat(0.5));
  return f32x4.add(centred, centred);
}
