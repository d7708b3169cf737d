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
import { normalizedValues } from "./normalize";

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

/** Four pixels of a row at a time, one to a lane; every lane sees the operations that one pixel would. */
export function augment(out: usize, x: usize, maps: usize, N: i32, H: i32, W: i32, C: i32, reflect: bool): void {
  assert(N >= 0 && H > 0 && W > 0 && C > 0, "augment: empty shape");
  const imageBytes = <usize>(H * W * C);
  const centreX = <f32>(W - 1) * 0.5;
  const centreY = <f32>(H - 1) * 0.5;
  const one = f32x4.splat(1);
  const width = i32x4.splat(W);
  const channels = i32x4.splat(C);
  for (let n: usize = 0; n < <usize>N; n++, x += imageBytes, maps += MAP_BYTES) {
    const a = v128.load32_splat(maps);
    const c = v128.load32_splat(maps, 8);
    const b = load<f32>(maps, 4);
    const d = load<f32>(maps, 12);
    const middleX = f32x4.splat(centreX + load<f32>(maps, 16));
    const middleY = centreY + load<f32>(maps, 20);
    const gain = v128.load32_splat(maps, 24);
    const offset = v128.load32_splat(maps, 28);
    // Sampling may leave [−1, 1] by a rounding error, which is no colour to cut off.
    const cut = load<f32>(maps, 24) != 1 || load<f32>(maps, 28) != 0;
    const limit = f32x4.splat(cut ? 1 : Infinity);
    for (let y = 0; y < H; y++) {
      const v = <f32>y - middleY;
      const bv = f32x4.splat(b * v);
      const dv = f32x4.splat(d * v);
      for (let z = 0; z < W; z += 4) {
        const u = f32x4.sub(f32x4.add(f32x4.splat(<f32>z), f32x4(0, 1, 2, 3)), middleX);
        const fromX = f32x4.add(f32x4.splat(centreX), f32x4.add(f32x4.mul(a, u), bv));
        const fromY = f32x4.add(f32x4.splat(centreY), f32x4.add(f32x4.mul(c, u), dv));
        let column0 = i32x4.trunc_sat_f32x4_s(f32x4.floor(fromX));
        let row0 = i32x4.trunc_sat_f32x4_s(f32x4.floor(fromY));
        let right = f32x4.sub(fromX, f32x4.convert_i32x4_s(column0));
        let low = f32x4.sub(fromY, f32x4.convert_i32x4_s(row0));
        let left = f32x4.sub(one, right);
        let high = f32x4.sub(one, low);
        let column1 = i32x4.add(column0, i32x4.splat(1));
        let row1 = i32x4.add(row0, i32x4.splat(1));
        if (reflect) {
          column0 = mirrored4(column0, W);
          column1 = mirrored4(column1, W);
          row0 = mirrored4(row0, H);
          row1 = mirrored4(row1, H);
        } else {
          // A pixel outside counts nothing, wherever it is read.
          let inside = within(column0, W);
          left = v128.and(left, inside);
          column0 = v128.and(column0, inside);
          inside = within(column1, W);
          right = v128.and(right, inside);
          column1 = v128.and(column1, inside);
          inside = within(row0, H);
          high = v128.and(high, inside);
          row0 = v128.and(row0, inside);
          inside = within(row1, H);
          low = v128.and(low, inside);
          row1 = v128.and(row1, inside);
        }
        row0 = i32x4.mul(row0, width);
        row1 = i32x4.mul(row1, width);
        const at00 = i32x4.mul(i32x4.add(row0, column0), channels);
        const at01 = i32x4.mul(i32x4.add(row0, column1), channels);
        const at10 = i32x4.mul(i32x4.add(row1, column0), channels);
        const at11 = i32x4.mul(i32x4.add(row1, column1), channels);
        for (let k = 0; k < C; k++, out += 4) {
          const from = x + k;
          const top = f32x4.add(f32x4.mul(gather(from, at00), left), f32x4.mul(gather(from, at01), right));
          const bottom = f32x4.add(f32x4.mul(gather(from, at10), left), f32x4.mul(gather(from, at11), right));
          const sampled = normalizedValues(f32x4.add(f32x4.mul(top, high), f32x4.mul(bottom, low)));
          const value = f32x4.add(f32x4.mul(gain, sampled), offset);
          const limited = f32x4.max(f32x4.neg(limit), f32x4.min(limit, value));
          const pixel = (<usize>C) << 2;
          v128.store32_lane(out, limited, 0);
          if (z + 1 < W) v128.store32_lane(out + pixel, limited, 1);
          if (z + 2 < W) v128.store32_lane(out + 2 * pixel, limited, 2);
          if (z + 3 < W) v128.store32_lane(out + 3 * pixel, limited, 3);
        }
        out += (<usize>((min(4, W - z) - 1) * C)) << 2;
      }
    }
  }
}

/** The bytes at four offsets, as f32. */
@inline
function gather(x: usize, offsets: v128): v128 {
  let bytes = i32x4.splat(0);
  bytes = v128.load8_lane(x + i32x4.extract_lane(offsets, 0), bytes, 0);
  bytes = v128.load8_lane(x + i32x4.extract_lane(offsets, 1), bytes, 4);
  bytes = v128.load8_lane(x + i32x4.extract_lane(offsets, 2), bytes, 8);
  bytes = v128.load8_lane(x + i32x4.extract_lane(offsets, 3), bytes, 12);
  return f32x4.convert_i32x4_u(bytes);
}

/** Lanes of all ones where 0 ≤ i < n. */
@inline
function within(i: v128, n: i32): v128 {
  return i32x4.lt_u(i, i32x4.splat(n));
}


@inline
function mirrored4(i: v128, n: i32): v128 {
  if (i32x4.all_true(within(i, n))) return i;
  return i32x4.replace_lane(
    i32x4.replace_lane(
      i32x4.replace_lane(i32x4.splat(mirrored(i32x4.extract_lane(i, 0), n)), 1, mirrored(i32x4.extract_lane(i, 1), n)),
      2,
      mirrored(i32x4.extract_lane(i, 2), n),
    ),
    3,
    mirrored(i32x4.extract_lane(i, 3), n),
  );
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
