import { byte, type Shape } from "./pixels.ts";

// What JPEG loses, without its file: colours as luma and chroma at full resolution, blocks of 8 × 8, cosine transform,
// quantization by the example tables of the standard (ITU-T T.81, annex K.1), scaled as libjpeg does for a quality.

/** cos(kπ/16) for k = 0 … 8; constants, as a host's Math.cos may differ in the last bit. */
const COS = [
  1,
  0.9807852804032304,
  0.9238795325112867,
  0.8314696123025452,
  Math.SQRT1_2,
  0.5555702330196022,
  0.3826834323650898,
  0.1950903220161283,
  0,
];
const cosine = (k: number): number => {
  const place = k % 32;
  const folded = place > 16 ? 32 - place : place;
  return folded > 8 ? -COS[16 - folded] : COS[folded];
};
/** The orthonormal cosine transform of eight values, (u, x); its transpose takes it back. */
const FORWARD = Float64Array.from({ length: 64 }, (_, i) => {
  const [u, x] = [i >> 3, i & 7];
  return u === 0 ? Math.sqrt(1 / 8) : 0.5 * cosine((2 * x + 1) * u);
});
const BACKWARD = FORWARD.map((_, i) => FORWARD[8 * (i & 7) + (i >> 3)]);

// biome-ignore format: the tables of the standard, row by row
const LUMA = [
  16, 11, 10, 16, 24, 40, 51, 61,
  12, 12, 14, 19, 26, 58, 60, 55,
  14, 13, 16, 24, 40, 57, 69, 56,
  14, 17, 22, 29, 51, 87, 80, 62,
  18, 22, 37, 56, 68, 109, 103, 77,
  24, 35, 55, 64, 81, 104, 113, 92,
  49, 64, 78, 87, 103, 121, 120, 101,
  72, 92, 95, 98, 112, 100, 103, 99,
];
// biome-ignore format: the tables of the standard, row by row
const CHROMA = [
  17, 18, 24, 47, 99, 99, 99, 99,
  18, 21, 26, 66, 99, 99, 99, 99,
  24, 26, 56, 99, 99, 99, 99, 99,
  47, 66, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99,
];

/** @param quality 1 to 100 */
export function jpeg(image: Uint8Array, shape: Shape, quality: number): Uint8Array {
  const { height, width, channels } = shape;
  const planes = toPlanes(image, channels);
  const size = { height, width };
  const lossy = planes.map((plane, i) => quantized(plane, size, stepsOf(i === 0 ? LUMA : CHROMA, quality)));
  const out = new Uint8Array(image.length);
  if (channels < 3) {
    for (let i = 0; i < out.length; i++) out[i] = byte(lossy[0][i] + 128);
    return out;
  }
  const [y, b, r] = lossy;
  for (let i = 0; i < y.length; i++) {
    out[3 * i] = byte(y[i] + 128 + 1.402 * r[i]);
    out[3 * i + 1] = byte(y[i] + 128 - 0.344136 * b[i] - 0.714136 * r[i]);
    out[3 * i + 2] = byte(y[i] + 128 + 1.772 * b[i]);
  }
  return out;
}

/** Luma less 128, and of colours the two chromas. */
function toPlanes(image: Uint8Array, channels: number): Float64Array[] {
  const count = image.length / channels;
  const plane = (of: (at: number) => number) => Float64Array.from({ length: count }, (_, i) => of(channels * i));
  if (channels < 3) return [plane((at) => image[at] - 128)];
  const mix = (r: number, g: number, b: number) => (at: number) =>
    r * image[at] + g * image[at + 1] + b * image[at + 2];
  const luma = mix(0.299, 0.587, 0.114);
  return [plane((at) => luma(at) - 128), plane(mix(-0.168736, -0.331264, 0.5)), plane(mix(0.5, -0.418688, -0.081312))];
}

function stepsOf(table: readonly number[], quality: number): number[] {
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  return table.map((step) => Math.min(255, Math.max(1, Math.floor((step * scale + 50) / 100))));
}

/** A plane through transform, quantization and back; blocks beyond the border repeat its last pixels. */
function quantized(
  plane: Float64Array,
  { height, width }: Pick<Shape, "height" | "width">,
  steps: readonly number[],
): Float64Array {
  const out = new Float64Array(plane.length);
  const block = new Float64Array(64);
  for (let top = 0; top < height; top += 8) {
    for (let left = 0; left < width; left += 8) {
      for (let y = 0; y < 8; y++) {
        for (let x = 0; x < 8; x++)
          block[8 * y + x] = plane[Math.min(height - 1, top + y) * width + Math.min(width - 1, left + x)];
      }
      const coefficients = transform(block, FORWARD);
      // Halves go up, in spite of rounding errors.
      for (let i = 0; i < 64; i++) coefficients[i] = steps[i] * Math.floor(coefficients[i] / steps[i] + 0.5 + 1e-9);
      const back = transform(coefficients, BACKWARD);
      for (let y = 0; y < Math.min(8, height - top); y++) {
        for (let x = 0; x < Math.min(8, width - left); x++) out[(top + y) * width + left + x] = back[8 * y + x];
      }
    }
  }
  return out;
}

/** Rows, then columns of a block of 8 × 8 times a matrix (to, from). */
function transform(block: Float64Array, matrix: Float64Array): Float64Array {
  return rowsTimes(rowsTimes(block, matrix), matrix);
}

/** Each row times the matrix; transposed, so that a second time takes the columns. */
function rowsTimes(block: Float64Array, matrix: Float64Array): Float64Array {
  const out = new Float64Array(64);
  for (let row = 0; row < 8; row++) {
    for (let to = 0; to < 8; to++) {
      let sum = 0;
      for (let from = 0; from < 8; from++) sum += block[8 * row + from] * matrix[8 * to + from];
      out[8 * to + row] = sum;
    }
  }
  return out;
}
