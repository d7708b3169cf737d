// normalize, the slow one: (x / 255 − 0.5) / 0.5 in f64.

export function normalize(x: ArrayLike<number>): Float64Array {
  return Float64Array.from(x, (value) => (value / 255 - 0.5) / 0.5);
}
