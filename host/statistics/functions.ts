// exp, log and cos by sums and products alone: the last bit of the host's own depends on the runtime, and published
// numbers must not. Errors are below one unit in the last place.

/** ln 2 in two parts: products of the first with exponents are exact. */
const LN2 = { high: 0.6931471803691238, low: 1.9082149292705877e-10 };

/** e^x */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.79) return Number.POSITIVE_INFINITY;
  if (x < -745.2) return 0;
  const k = Math.round(x / (LN2.high + LN2.low));
  const high = x - k * LN2.high;
  const low = k * LN2.low;
  const r = high - low;
  let sum = 0;
  for (let n = 14; n >= 2; n--) sum = (sum * r + 1) / n; // Σ r^(n − 2) · 1 / n!
  const whole = 1 + r;
  const value = whole + (1 - whole + r + (high - r - low + r * r * sum)); // what rounding took off comes back
  const half = k >> 1; // in two steps, as 2^1024 is no number
  return value * 2 ** half * 2 ** (k - half);
}

/** x · x: the last bit of a power depends on the runtime, too. */
export const square = (x: number): number => x * x;

const bits = new DataView(new ArrayBuffer(8));

/** ln x: by 2 artanh(f / (2 + f)) of the fraction 1 + f, from √½ to √2. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  if (x < 2 ** -1022) return log(x * 2 ** 54) - 54 * LN2.high - 54 * LN2.low;
  bits.setFloat64(0, x);
  let k = (bits.getUint32(0) >>> 20) - 1023;
  bits.setUint32(0, (bits.getUint32(0) & 0xfffff) | 0x3ff00000);
  let fraction = bits.getFloat64(0);
  if (fraction > Math.SQRT2) [fraction, k] = [fraction / 2, k + 1];
  const f = fraction - 1;
  const s = f / (2 + f);
  const z = s * s;
  let sum = 0;
  for (let n = 25; n >= 3; n -= 2) sum = (sum + 2 / n) * z;
  const half = 0.5 * f * f;
  return k * LN2.high - (half - (s * (half + sum) + k * LN2.low) - f);
}

/** ln(1 + x) for x from 0 to 1, also where 1 + x is rounded to 1. */
export function log1p(x: number): number {
  const sum = 1 + x;
  return sum === 1 ? x : (log(sum) * x) / (sum - 1);
}

/** cos 2πu */
export function cosineOfTurns(u: number): number {
  const quarters = Math.round(4 * u);
  const r = (u - quarters / 4) * 2 * Math.PI;
  const isOdd = quarters % 2 !== 0;
  let value = 1;
  // 1 − r²/(1·2) (1 − r²/(3·4) …) is cos r, 1 − r²/(2·3) (1 − r²/(4·5) …) is sin r / r
  for (let n = isOdd ? 20 : 19; n >= 1; n -= 2) value = 1 - ((r * r) / (n * (n + 1))) * value;
  const turned = isOdd ? r * value : value;
  const quarter = ((quarters % 4) + 4) % 4;
  return quarter === 1 || quarter === 2 ? -turned : turned;
}
