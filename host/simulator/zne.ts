import { UsageError } from "../check.ts";

/** How values at several strengths of noise are continued to none. */
export const EXTRAPOLATIONS = ["linear", "polynomial", "richardson"] as const;
export type Extrapolation = (typeof EXTRAPOLATIONS)[number];

/**
 * The value at 0 as a weighted sum of the values at these scale factors: of the least-squares line, of the
 * least-squares polynomial of degree 2, or of the polynomial through all points (Richardson).
 * Temme, Bravyi, Gambetta, Phys. Rev. Lett. 119, 180509 (2017), https://arxiv.org/abs/1612.02058
 * @returns one weight a scale factor; they sum to 1, and the sum of their squares is by how much the variance grows
 * @throws UsageError on scale factors that are not positive or not different, and on too few
 */
export function extrapolationWeights(scales: readonly number[], method: Extrapolation): number[] {
  if (!EXTRAPOLATIONS.includes(method)) {
    throw new UsageError(`extrapolation: expected ${EXTRAPOLATIONS.join(", ")}, got ${String(method)}`);
  }
  const degree = { linear: 1, polynomial: 2, richardson: scales.length - 1 }[method];
  const fine = scales.every((scale) => Number.isFinite(scale) && scale > 0) && new Set(scales).size === scales.length;
  if (!fine || scales.length < Math.max(2, degree + 1)) {
    throw new UsageError(
      `scale factors: expected at least ${Math.max(2, degree + 1)} different numbers above 0 for ${method}, got ${scales.join(", ")}`,
    );
  }
  // normal equations A c = e_0 with A_jk = Σ λ^(j + k); the weight of λ is Σ c_j λ^j
  const powers = scales.map((scale) => Array.from({ length: degree + 1 }, (_, j) => scale ** j));
  const normal = Array.from({ length: degree + 1 }, (_, j) => [
    ...Array.from({ length: degree + 1 }, (_, k) => powers.reduce((sum, p) => sum + p[j] * p[k], 0)),
    j === 0 ? 1 : 0,
  ]);
  const solution = solve(normal);
  return powers.map((p) => p.reduce((sum, power, j) => sum + power * solution[j], 0));
}

/** Gaussian elimination with pivots; rows end with the right side. */
function solve(rows: number[][]): number[] {
  const n = rows.length;
  for (let i = 0; i < n; i++) {
    const pivot = rows
      .slice(i)
      .reduce((best, row, k) => (Math.abs(row[i]) > Math.abs(rows[best][i]) ? i + k : best), i);
    [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    for (let k = 0; k < n; k++) {
      if (k === i) continue;
      const factor = rows[k][i] / rows[i][i];
      rows[k] = rows[k].map((value, j) => value - factor * rows[i][j]);
    }
  }
  return rows.map((row, i) => row[n] / row[i]);
}
