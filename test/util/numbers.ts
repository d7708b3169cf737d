/** Whether two sets of arrays hold the same bits under the same names. */
export function sameBits(a: Record<string, Float32Array>, b: Record<string, Float32Array>): boolean {
  return Object.keys(a).every(
    (key) => Buffer.compare(new Uint8Array(a[key].buffer), new Uint8Array(b[key].buffer)) === 0,
  );
}

/**
 * max |a − e| / max |e| (absolute where all of e is 0); infinite where a number is not finite or the lengths differ.
 */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let error = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    if (!Number.isFinite(difference)) return Number.POSITIVE_INFINITY;
    error = Math.max(error, difference);
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return largest === 0 ? error : error / largest;
}

/** Seeded test numbers (mulberry32): n uniform f32 in [low, high). */
export function numbers(n: number, seed: number, low = -1, high = 1): Float32Array<ArrayBuffer> {
  let state = seed * 0x9e3779b9;
  return Float32Array.from({ length: n }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return low + ((high - low) * ((t ^ (t >>> 14)) >>> 0)) / 2 ** 32;
  });
}

/** n seeded whole numbers from 0 to limit − 1. */
export function integers(n: number, seed: number, limit: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(numbers(n, seed, 0, limit), (value) => Math.min(limit - 1, Math.floor(value)));
}

/** The sum of two arrays: what an accumulating kernel leaves. */
export function plus(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  return Float64Array.from(a, (value, i) => value + b[i]);
}
