// augment, the slow one: whole images are flipped, then rotated counter-clockwise about the centre with bilinear sampling (0 outside), in f64.
import { normalize } from "./normalize.ts";
import { uniform01 } from "./random.ts";

/** What happens to one image. */
export interface Transformation {
  horizontal: boolean;
  vertical: boolean;
  /** Radians. */
  angle: number;
}

/** What the engine draws for image `id`. */
export function drawTransformation(
  id: number,
  flips: boolean,
  degrees: number,
  seed: number,
  stream: number,
  epoch: number,
): Transformation {
  const at = (k: number) => uniform01(seed, stream, epoch, (4 * id + k) % 2 ** 32);
  return {
    horizontal: flips && at(0) < 0.5,
    vertical: flips && at(1) < 0.5,
    angle: ((at(2) * 2 - 1) * degrees * Math.PI) / 180,
  };
}

/** One image (H, W, C) of bytes → normalized numbers. */
export function augment(
  image: ArrayLike<number>,
  H: number,
  W: number,
  C: number,
  { horizontal, vertical, angle }: Transformation,
): Float64Array {
  const flipped = new Float64Array(H * W * C);
  for (let y = 0; y < H; y++) {
    for (let x = 0; x < W; x++) {
      const from = (vertical ? H - 1 - y : y) * W + (horizontal ? W - 1 - x : x);
      for (let c = 0; c < C; c++) flipped[(y * W + x) * C + c] = image[from * C + c];
    }
  }
  const pixel = (y: number, x: number, c: number) =>
    y < 0 || y >= H || x < 0 || x >= W ? 0 : flipped[(y * W + x) * C + c];
  const out = new Float64Array(H * W * C);
  for (let y = 0; y < H; y++) {
    for (let x = 0; x < W; x++) {
      const [dx, dy] = [x - (W - 1) / 2, y - (H - 1) / 2];
      const fromX = (W - 1) / 2 + Math.cos(angle) * dx - Math.sin(angle) * dy;
      const fromY = (H - 1) / 2 + Math.sin(angle) * dx + Math.cos(angle) * dy;
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
        out[(y * W + x) * C + c] = value;
      }
    }
  }
  return normalize(out);
}
