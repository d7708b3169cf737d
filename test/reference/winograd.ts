// winograd, the slow one: the matrices of F(m, 3) from their points in f64, as Toom and Cook make them. A correlation
// of a filter g (3) with a patch d (n = m + 2)
// is   out = Aᵀ [(G g) ⊙ (Bᵀ d)],   the transpose of multiplying the polynomials g(x) and out(x) by their values at n −
//      1 points and at ∞.

export type Matrix = number[][];

export interface WinogradMatrices {
  /** (n, m): row p is 1, p, …, p^(m−1); that of ∞ is 0, …, 0, 1. */
  A: Matrix;
  /** (n, 3): row p is (1, p, p²) / P'(p), P(x) = Π (x − p) over the points; that of ∞ is 0, 0, 1. */
  G: Matrix;
  /** (n, n), column p: the coefficients of P(x) / (x − p), lowest first; that of ∞: those of P(x). */
  B: Matrix;
}

/** The points that the engine uses, ∞ (the last row) left out. */
export function winogradPoints(m: number): number[] {
  const pairs = [1, -1, 2, -2, ...(m > 4 ? [0.5, -0.5] : [])];
  return m % 2 === 0 ? [0, ...pairs] : pairs;
}

export function winogradMatrices(m: number, points = winogradPoints(m)): WinogradMatrices {
  const n = m + 2;
  if (points.length !== n - 1) throw new Error(`F(${m}, 3) takes ${n - 1} points, got ${points.length}`);
  const powers = (p: number, count: number) => Array.from({ length: count }, (_, k) => p ** k);
  const unit = (length: number) => Array.from({ length }, (_, k) => Number(k === length - 1));
  const others = (p: number) => points.filter((q) => q !== p);
  const columns = [...points.map((p) => [...product(others(p)), 0]), product(points)];
  return {
    A: [...points.map((p) => powers(p, m)), unit(m)],
    G: [
      ...points.map((p) => powers(p, 3).map((power) => power / others(p).reduce((all, q) => all * (p - q), 1))),
      unit(3),
    ],
    B: transpose(columns),
  };
}

/** Coefficients of Π (x − p), lowest first. */
function product(points: readonly number[]): number[] {
  let all = [1];
  for (const p of points) all = [0, ...all].map((lower, k) => lower - p * (all[k] ?? 0));
  return all;
}

export function transpose(matrix: Matrix): Matrix {
  return matrix[0].map((_, column) => matrix.map((row) => row[column]));
}

export function multiply(a: Matrix, b: Matrix): Matrix {
  return a.map((row) => b[0].map((_, column) => row.reduce((sum, value, k) => sum + value * b[k][column], 0)));
}
