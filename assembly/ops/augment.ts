// augment: random horizontal and vertical flips, then a random rotation about the centre with bilinear sampling, then normalize
//   x         (N, H, W, C)   uint8
//   ids       (N)            u32: which image of the data set each one is, so a draw never depends on the batch it comes in
//   scratch   32 bytes       cosines and sines
//   out       (N, H, W, C)   f32, normalized; 0 before normalizing where a rotated image has no pixel (torchvision's fill)
// Each flip has probability ½; the angle is uniform in ±degrees.
// https://pytorch.org/vision/stable/generated/torchvision.transforms.RandomRotation.html
import { sincos } from "../math";
import { uniform01 } from "../random";
import { normalizedValue } from "./normalize";

const RADIANS: f32 = 0.017453292519943295;

export function augment(
  out: usize,
  x: usize,
  ids: usize,
  scratch: usize,
  N: i32,
  H: i32,
  W: i32,
  C: i32,
  flips: bool,
  degrees: f32,
  seed: u32,
  stream: u32,
  epoch: u32,
): void {
  assert(N >= 0 && H > 0 && W > 0 && C > 0, "augment: empty shape");
  const imageBytes = <usize>(H * W * C);
  const centreX = <f32>(W - 1) * 0.5;
  const centreY = <f32>(H - 1) * 0.5;
  for (let n: usize = 0; n < <usize>N; n++, x += imageBytes) {
    const draw = load<u32>(ids + (n << 2)) << 2;
    const signX: f32 = flips && uniform01(seed, stream, epoch, draw) < 0.5 ? -1 : 1;
    const signY: f32 = flips && uniform01(seed, stream, epoch, draw + 1) < 0.5 ? -1 : 1;
    const angle = (uniform01(seed, stream, epoch, draw + 2) * 2 - 1) * degrees * RADIANS;
    sincos<f32>(scratch, f32x4.splat(angle));
    const cosine = load<f32>(scratch);
    const sine = load<f32>(scratch, 16);
    for (let y = 0; y < H; y++) {
      const dy = <f32>y - centreY;
      for (let z = 0; z < W; z++, out += <usize>C << 2) {
        const dx = <f32>z - centreX;
        const fromX = centreX + signX * (cosine * dx - sine * dy);
        const fromY = centreY + signY * (sine * dx + cosine * dy);
        sample(out, x, fromX, fromY, H, W, C);
      }
    }
  }
}

/** All channels at (fromX, fromY) between four pixels, those outside the image being 0. */
@inline
function sample(out: usize, x: usize, fromX: f32, fromY: f32, H: i32, W: i32, C: i32): void {
  const x0 = <i32>floor<f32>(fromX);
  const y0 = <i32>floor<f32>(fromY);
  const right = fromX - <f32>x0;
  const low = fromY - <f32>y0;
  for (let c = 0; c < C; c++) {
    const top = pixel(x, y0, x0, c, H, W, C) * (1 - right) + pixel(x, y0, x0 + 1, c, H, W, C) * right;
    const bottom = pixel(x, y0 + 1, x0, c, H, W, C) * (1 - right) + pixel(x, y0 + 1, x0 + 1, c, H, W, C) * right;
    store<f32>(out + (<usize>c << 2), normalizedValue(top * (1 - low) + bottom * low));
  }
}

@inline
function pixel(x: usize, y: i32, z: i32, c: i32, H: i32, W: i32, C: i32): f32 {
  if (y < 0 || y >= H || z < 0 || z >= W) return 0;
  return <f32>load<u8>(x + <usize>((y * W + z) * C + c));
}
