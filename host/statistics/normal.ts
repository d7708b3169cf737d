import { exp } from "./functions.ts";

/** z of a two-sided 95 % interval: normalQuantile(0.975). */
export const Z95 = 1.959963984540054;

/**
 * P(Z > z) of the standard normal distribution: ½ erfc(z/√2), to about 1e-13 of itself. https://dlmf.nist.gov/7.6.E2,
 * https://dlmf.nist.gov/7.9.E3
 */
export function normalTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const tail = x < 2.5 ? 0.5 - series(x) : fraction(x);
  return z < 0 ? 1 - tail : tail;
}

/** z with P(Z ≤ z) = p, 0 < p < 1, by halving: it is asked for once an interval. */
export function normalQuantile(p: number): number {
  let low = -40;
  let high = 40;
  for (let i = 0; i < 64; i++) {
    const middle = (low + high) / 2;
    if (normalTail(-middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** ½ erf(x) = e^(−x²)/√π · Σ 2ᵏ x²ᵏ⁺¹ / (1·3·5…(2k + 1)): all terms have one sign. */
function series(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (2 * x * x) / (2 * k + 1);
    sum += term;
  }
  return (exp(-x * x) / Math.sqrt(Math.PI)) * sum;
}

/**
 * ½ erfc(x) = e^(−x²)/(2√π) / (x + ½/(x + 1/(x + 3⁄2/(x + …)))), from the inside; 60 levels suffice from x = 2.5 on.
 */
function fraction(x: number): number {
  let inner = x;
  for (let k = 60; k > 0; k--) inner = x + k / 2 / inner;
  return exp(-x * x) / (2 * Math.sqrt(Math.PI) * inner);
}
