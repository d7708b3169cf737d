/** Products Π f(xᵢ) with f of {1, cos, sin} for every choice but all ones; x (N, W) → (N, 3^W − 1). */
export function trigonometricForward(x: ArrayLike<number>, W: number): Float64Array {
  return rows(x, W, (angles) => choices(W).map((choice) => product(choice, angles, -1)));
}

/** dx (N, W) of dout (N, 3^W − 1). */
export function trigonometricBackward(dout: ArrayLike<number>, x: ArrayLike<number>, W: number): Float64Array {
  const features = 3 ** W - 1;
  return rows(x, W, (angles, n) =>
    angles.map((_, i) =>
      choices(W).reduce((sum, choice, k) => sum + dout[n * features + k] * product(choice, angles, i), 0),
    ),
  );
}

function rows(x: ArrayLike<number>, W: number, row: (angles: number[], n: number) => number[]): Float64Array {
  const all = Array.from(x);
  const count = all.length / W;
  return Float64Array.from(Array.from({ length: count }, (_, n) => row(all.slice(n * W, (n + 1) * W), n)).flat());
}

/** Digits of 1 … 3^W − 1 to base 3, wire 0 first. */
function choices(W: number): number[][] {
  return Array.from({ length: 3 ** W - 1 }, (_, k) => [...(k + 1).toString(3).padStart(W, "0")].map(Number));
}

/** The product of a choice, the factor of wire `derived` by its derivative (none: −1). */
function product(choice: number[], angles: number[], derived: number): number {
  return choice.reduce((value, f, i) => {
    const [cosine, sine] = [Math.cos(angles[i]), Math.sin(angles[i])];
    return value * (i === derived ? [0, -sine, cosine] : [1, cosine, sine])[f];
  }, 1);
}
