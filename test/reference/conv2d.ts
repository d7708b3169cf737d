// conv2d, the slow one: 3×3 cross-correlation by direct loops in f64. x (N, H, W, C), w (3, 3, C, OC), b (OC), out (N,
// OH, OW, OC).

export interface Conv2dShape {
  N: number;
  H: number;
  W: number;
  C: number;
  OC: number;
  pad: number;
}

/** Calls visit(out, x, w) with the index of every product; taps outside the image are left out. */
function eachProduct({ N, H, W, C, OC, pad }: Conv2dShape, visit: (out: number, x: number, w: number) => void): void {
  const OH = H + 2 * pad - 2;
  const OW = W + 2 * pad - 2;
  for (let n = 0; n < N; n++) {
    for (let oy = 0; oy < OH; oy++) {
      for (let ox = 0; ox < OW; ox++) {
        for (let ky = 0; ky < 3; ky++) {
          for (let kx = 0; kx < 3; kx++) {
            const y = oy + ky - pad;
            const z = ox + kx - pad;
            if (y < 0 || y >= H || z < 0 || z >= W) continue;
            for (let c = 0; c < C; c++) {
              const x = ((n * H + y) * W + z) * C + c;
              const w = ((ky * 3 + kx) * C + c) * OC;
              const out = ((n * OH + oy) * OW + ox) * OC;
              for (let o = 0; o < OC; o++) visit(out + o, x, w + o);
            }
          }
        }
      }
    }
  }
}

export function conv2dForward(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  b: ArrayLike<number>,
  shape: Conv2dShape,
): Float64Array {
  const { N, H, W, OC, pad } = shape;
  const size = N * (H + 2 * pad - 2) * (W + 2 * pad - 2) * OC;
  const out = Float64Array.from({ length: size }, (_, i) => b[i % OC]);
  eachProduct(shape, (o, i, k) => {
    out[o] += x[i] * w[k];
  });
  return out;
}

export function conv2dBackward(
  dout: ArrayLike<number>,
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  shape: Conv2dShape,
): { dx: Float64Array; dw: Float64Array; db: Float64Array } {
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(w.length);
  const db = new Float64Array(shape.OC);
  eachProduct(shape, (o, i, k) => {
    dx[i] += dout[o] * w[k];
    dw[k] += dout[o] * x[i];
  });
  for (let o = 0; o < dout.length; o++) db[o % shape.OC] += dout[o];
  return { dx, dw, db };
}
