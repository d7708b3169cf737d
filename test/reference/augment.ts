// augment, the slow one: whole images are flipped, then rotated counter-clockwise and scaled about the centre and
// shifted, with bilinear sampling, then change contrast and brightness, in f64.
import { uniform01 } from "./random.ts";

/** What happens to one image. */
export interface Transformation {
  horizontal: boolean;
  vertical: boolean;
  /** Radians. */
  angle: number;
  /** Factor of the size. */
  size: number;
  /** Whole pixels to the right and down. */
  shift: [x: number, y: number];
  /** Pixels run from 0 to 1: (pixel − ½) · gain + ½ + brightness, cut to [0, 1]. */
  gain: number;
  brightness: number;
}

export interface Strengths {
  flips: boolean;
  degrees: number;
  shift: number;
  scale: number;
  brightness: number;
  contrast: number;
}

/** What the engine draws for image `id` of height H and width W. */
export function drawTransformation(
  id: number,
  [H, W]: readonly [number, number],
  { flips, degrees, shift, scale, brightness, contrast }: Strengths,
  seed: number,
  stream: number,
  epoch: number,
): Transformation {
  const first = (k: number) => uniform01(seed, stream, epoch, (4 * id + k) % 2 ** 32);
  const second = (k: number) => 2 * uniform01(seed, stream, epoch, 2 ** 31 + ((8 * id + k) % 2 ** 31)) - 1;
  return {
    horizontal: flips && first(0) < 0.5,
    vertical: flips && first(1) < 0.5,
    angle: ((first(2) * 2 - 1) * degrees * Math.PI) / 180,
    size: 1 + second(2) * scale,
    shift: [roundHalfEven(second(0) * shift * W), roundHalfEven(second(1) * shift * H)],
    gain: 1 + second(4) * contrast,
    brightness: second(3) * brightness,
  };
}

/** One image (H, W, C) of bytes → normalized numbers. */
export function augment(
  image: ArrayLike<number>,
  [H, W, C]: readonly [number, number, number],
  { horizontal, vertical, angle, size, shift, gain, brightness }: Transformation,
  reflect: boolean,
): Float64Array {
  const flipped = new Float64Array(H * W * C);
  for (let y = 0; y < H; y++) {
    for (let x = 0; x < W; x++) {
      const from = (vertical ? H - 1 - y : y) * W + (horizontal ? W - 1 - x : x);
      for (let c = 0; c < C; c++) flipped[(y * W + x) * C + c] = image[from * C + c];
    }
  }
  const pixel = (y: number, x: number, c: number) => {
    if (reflect) return flipped[(mirrored(y, H) * W + mirrored(x, W)) * C + c];
    return y < 0 || y >= H || x < 0 || x >= W ? 0 : flipped[(y * W + x) * C + c];
  };
  const out = new Float64Array(H * W * C);
  for (let y = 0; y < H; y++) {
    for (let x = 0; x < W; x++) {
      const [dx, dy] = [x - shift[0] - (W - 1) / 2, y - shift[1] - (H - 1) / 2];
      const fromX = (W - 1) / 2 + (Math.cos(angle) * dx - Math.sin(angle) * dy) / size;
      const fromY = (H - 1) / 2 + (Math.sin(angle) * dx + Math.cos(angle) * dy) / size;
      const [x0, y0] = [Math.floor(fromX), Math.floor(fromY)];
      for (let c = 0; c < C; c++) {
        let value = 0;
        for (const [py, share] of [
          [y0, y0 + 1 - fromY],
          [y0 + 1, fromY - y0],
        ]) {
          for (const [px, part] of [
            [x0, x0 + 1 - fromX],
            [x0 + 1, fromX - x0],
          ])
            value += share * part * pixel(py, px, c);
        }
        const changed = (value / 255 - 0.5) * gain + 0.5 + brightness;
        out[(y * W + x) * C + c] = 2 * Math.min(1, Math.max(0, changed)) - 1;
      }
    }
  }
  return out;
}

/** Walks from pixel 0 towards i and turns round at each end of the image. */
export function mirrored(i: number, n: number): number {
  if (n === 1) return 0;
  let at = 0;
  let direction = 1;
  for (let steps = Math.abs(i); steps > 0; steps--) {
    if (at + direction < 0 || at + direction >= n) direction = -direction;
    at += direction;
  }
  return at;
}

function roundHalfEven(x: number): number {
  const low = Math.floor(x);
  if (x - low !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1;
}
