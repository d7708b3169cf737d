// augment: random flips, rotation, scale, shift, brightness and contrast of images, then normalize. One affine map and
// one bilinear sampling an image.
//   x      (N, H, W, C)   uint8
//   ids    (N)            u32: which image of the data set each one is, so a draw never depends on the batch it comes
//          in
//   maps   (N, 8)         f32: a, b, c, d, shiftX, shiftY, gain, offset
//   out    (N, H, W, C)   f32, normalized
// What stands at (x, y) of out, counted from the centre, comes from (a·u + b·v, c·u + d·v) of the image, u = x −
// shiftX, v = y − shiftY; then gain · value + offset, in [−1, 1]. Beyond its edges the image is 0 before normalizing
// (torchvision's fill), or is mirrored at the middle of the edge's pixels (numpy's "reflect").
// https://pytorch.org/vision/stable/generated/torchvision.transforms.RandomAffine.html
import { sincos } from "../math";
import { uniform01 } from "../random";
import { normalizedValue } from "./normalize";

const RADIANS: f32 = 0.017453292519943295;
const MAP_BYTES: usize = 32;

/**
 * Draws maps: each flip with probability ½, an angle in ±degrees (counter-clockwise), a shift of whole pixels in ±shift
 * · size, a factor of size in 1 ± scale, an offset in ±brightness and a gain in 1 ± contrast about middle grey, on the
 * scale on which white is 1.
 */
export function augmentDraw(
  maps: usize,
  ids: usize,
  N: i32,
  H: i32,
  W: i32,
  flips: bool,
  degrees: f32,
  shift: f32,
  scale: f32,
  brightness: f32,
  contrast: f32,
  seed: u32,
  stream: u32,
  epoch: u32,
): void {
  assert(scale < 1, "augmentDraw: scale is not below 1");
  for (let n: usize = 0; n < <usize>N; n++, ids += 4, maps += MAP_BYTES) {
    // Three numbers of an image lie at 4 · id, the others, which came later, at 2^31 + 8 · id.
    const id = load<u32>(ids);
    const first = id << 2;
    const second: u32 = 0x80000000 | (id << 3);
    const signX: f32 = flips && uniform01(seed, stream, epoch, first) < 0.5 ? -1 : 1;
    const signY: f32 = flips && uniform01(seed, stream, epoch, first + 1) < 0.5 ? -1 : 1;
    const angle = centred(seed, stream, epoch, first + 2) * degrees * RADIANS;
    const size: f32 = 1 / (1 + centred(seed, stream, epoch, second + 2) * scale);
    sincos<f32>(maps, f32x4.splat(angle));
    const cosine = load<f32>(maps) * size;
    const sine = load<f32>(maps, 16) * size;
    store<f32>(maps, signX * cosine);
    store<f32>(maps, -signX * sine, 4);
    store<f32>(maps, signY * sine, 8);
    store<f32>(maps, signY * cosine, 12);
    store<f32>(maps, nearest<f32>(centred(seed, stream, epoch, second) * shift * <f32>W), 16);
    store<f32>(maps, nearest<f32>(centred(seed, stream, epoch, second + 1) * shift * <f32>H), 20);
    store<f32>(maps, 1 + centred(seed, stream, epoch, second + 4) * contrast, 24);
    store<f32>(maps, 2 * centred(seed, stream, epoch, second + 3) * brightness, 28);
  }
}

export function augment(out: usize, x: usize, maps: usize, N: i32, H: i32, W: i32, C: i32, reflect: bool): void {
  assert(N >= 0 && H > 0 && W > 0 && C > 0, "augment: empty shape");
  const imageBytes = <usize>(H * W * C);
  const centreX = <f32>(W - 1) * 0.5;
  const centreY = <f32>(H - 1) * 0.5;
  for (let n: usize = 0; n < <usize>N; n++, x += imageBytes, maps += MAP_BYTES) {
    const a = load<f32>(maps);
    const b = load<f32>(maps, 4);
    const c = load<f32>(maps, 8);
    const d = load<f32>(maps, 12);
    const middleX = centreX + load<f32>(maps, 16);
    const middleY = centreY + load<f32>(maps, 20);
    const gain = load<f32>(maps, 24);
    const offset = load<f32>(maps, 28);
    // Sampling may leave [−1, 1] by a rounding error, which is no colour to cut off.
    const limit: f32 = gain == 1 && offset == 0 ? Infinity : 1;
    for (let y = 0; y < H; y++) {
      const v = <f32>y - middleY;
      for (let z = 0; z < W; z++) {
        const u = <f32>z - middleX;
        const fromX = centreX + (a * u + b * v);
        const fromY = centreY + (c * u + d * v);
        const x0 = <i32>floor<f32>(fromX);
        const y0 = <i32>floor<f32>(fromY);
        let right = fromX - <f32>x0;
        let low = fromY - <f32>y0;
        let left: f32 = 1 - right;
        let high: f32 = 1 - low;
        let column0 = x0;
        let column1 = x0 + 1;
        let row0 = y0;
        let row1 = y0 + 1;
        if (reflect) {
          column0 = mirrored(column0, W);
          column1 = mirrored(column1, W);
          row0 = mirrored(row0, H);
          row1 = mirrored(row1, H);
        } else {
          // A pixel outside counts nothing, wherever it is read.
          if (<u32>column0 >= <u32>W) ((left = 0), (column0 = 0));
          if (<u32>column1 >= <u32>W) ((right = 0), (column1 = 0));
          if (<u32>row0 >= <u32>H) ((high = 0), (row0 = 0));
          if (<u32>row1 >= <u32>H) ((low = 0), (row1 = 0));
        }
        const at00 = x + <usize>((row0 * W + column0) * C);
        const at01 = x + <usize>((row0 * W + column1) * C);
        const at10 = x + <usize>((row1 * W + column0) * C);
        const at11 = x + <usize>((row1 * W + column1) * C);
        for (let k: usize = 0; k < <usize>C; k++, out += 4) {
          const top = <f32>load<u8>(at00 + k) * left + <f32>load<u8>(at01 + k) * right;
          const bottom = <f32>load<u8>(at10 + k) * left + <f32>load<u8>(at11 + k) * right;
          const value = gain * normalizedValue(top * high + bottom * low) + offset;
          store<f32>(out, max<f32>(-limit, min<f32>(limit, value)));
        }
      }
    }
  }
}

/** Uniform in [−1, 1). */
@inline
function centred(seed: u32, stream: u32, epoch: u32, index: u32): f32 {
  return uniform01(seed, stream, epoch, index) * 2 - 1;
}

/** Which pixel of n a mirror shows at i, any number of reflections away; edges are not repeated. */
@inline
function mirrored(i: i32, n: i32): i32 {
  if (<u32>i < <u32>n) return i;
  if (n == 1) return 0;
  const period = 2 * (n - 1);
  const place = abs<i32>(i) % period;
  return min<i32>(place, period - place);
}
