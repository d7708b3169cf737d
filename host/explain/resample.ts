/** Height and width in pixels. */
export interface Size {
  height: number;
  width: number;
}

/**
 * Bilinear interpolation of a map, row by row. Pixels are areas: the corners of both maps coincide, and beyond the
 * outermost centres the edge values are repeated (PyTorch's interpolate with align_corners off, OpenCV's INTER_LINEAR).
 */
export function bilinear(values: ArrayLike<number>, from: Size, to: Size): Float32Array<ArrayBuffer> {
  const rows = between(from.height, to.height);
  const columns = between(from.width, to.width);
  const out = new Float32Array(to.height * to.width);
  rows.forEach(([top, bottom, down], y) => {
    columns.forEach(([left, right, across], x) => {
      const row = (at: number) =>
        (1 - across) * values[at * from.width + left] + across * values[at * from.width + right];
      out[y * to.width + x] = (1 - down) * row(top) + down * row(bottom);
    });
  });
  return out;
}

/** For each of `to` pixels the two of `from` that it lies between, and how far it is from the first to the second. */
function between(from: number, to: number): [number, number, number][] {
  return Array.from({ length: to }, (_, i) => {
    const at = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const first = Math.floor(at);
    return [first, Math.min(from - 1, first + 1), at - first];
  });
}
