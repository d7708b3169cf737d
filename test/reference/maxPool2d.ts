// maxPool2d, the slow one: 2×2 windows, stride 2, odd rows and columns left out; ties go to the first element in
// row-major order. x (N, H, W, C).

export interface ImageShape {
  N: number;
  H: number;
  W: number;
  C: number;
}

/** out, and for each of its elements the index of the element of x it came from. */
export function maxPool2dForward(
  x: ArrayLike<number>,
  { N, H, W, C }: ImageShape,
): { out: Float64Array; index: Uint32Array } {
  const PH = Math.floor(H / 2);
  const PW = Math.floor(W / 2);
  const index = new Uint32Array(N * PH * PW * C);
  for (let n = 0, to = 0; n < N; n++) {
    for (let y = 0; y < PH; y++) {
      for (let z = 0; z < PW; z++) {
        for (let c = 0; c < C; c++, to++) {
          const at = (dy: number, dz: number) => ((n * H + 2 * y + dy) * W + 2 * z + dz) * C + c;
          index[to] = [at(0, 0), at(0, 1), at(1, 0), at(1, 1)].reduce((best, i) => (x[i] > x[best] ? i : best));
        }
      }
    }
  }
  return { out: Float64Array.from(index, (i) => x[i]), index };
}

export function maxPool2dBackward(dout: ArrayLike<number>, index: Uint32Array, size: number): Float64Array {
  const dx = new Float64Array(size);
  index.forEach((i, to) => {
    dx[i] += dout[to];
  });
  return dx;
}
