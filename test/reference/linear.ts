// linear, the slow one: out (N, O) = x (N, K) · w (O, K)ᵀ + b (O) in f64.

export interface LinearShape {
  N: number;
  K: number;
  O: number;
}

export function linearForward(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  b: ArrayLike<number>,
  { N, K, O }: LinearShape,
): Float64Array {
  const out = new Float64Array(N * O);
  for (let n = 0; n < N; n++) {
    for (let o = 0; o < O; o++) {
      out[n * O + o] = b[o];
      for (let k = 0; k < K; k++) out[n * O + o] += x[n * K + k] * w[o * K + k];
    }
  }
  return out;
}

export function linearBackward(
  dout: ArrayLike<number>,
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  { N, K, O }: LinearShape,
): { dx: Float64Array; dw: Float64Array; db: Float64Array } {
  const dx = new Float64Array(N * K);
  const dw = new Float64Array(O * K);
  const db = new Float64Array(O);
  for (let n = 0; n < N; n++) {
    for (let o = 0; o < O; o++) {
      const g = dout[n * O + o];
      db[o] += g;
      for (let k = 0; k < K; k++) {
        dx[n * K + k] += g * w[o * K + k];
        dw[o * K + k] += g * x[n * K + k];
      }
    }
  }
  return { dx, dw, db };
}
