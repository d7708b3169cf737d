import { summarize } from "./tests.ts";

/** A metric over repetitions of a random measurement. */
export interface Spread {
  mean: number;
  /** Standard deviation of one repetition, with n − 1; null for one. */
  sd: number | null;
  /** 95 % interval of the mean by Student's t; null for one repetition. */
  interval: [low: number, high: number] | null;
}

/** Mean, standard deviation and interval of the mean. @throws HqcnnError on an empty list or what is not finite */
export function spreadOf(values: readonly number[]): Spread {
  const { mean, sd, count } = summarize(values);
  if (sd === null) return { mean, sd, interval: null };
  const half = (studentQuantile(count - 1) * sd) / Math.sqrt(count);
  return { mean, sd, interval: [mean - half, mean + half] };
}

/** The 97.5 % quantile of Student's t for 1 to 9 degrees of freedom. */
const QUANTILES = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622];

/** For more degrees of freedom by Fisher's expansion: Abramowitz and Stegun, 26.7.5; four digits are right. */
export function studentQuantile(degrees: number): number {
  if (degrees <= QUANTILES.length) return QUANTILES[degrees - 1];
  const z = 1.959963984540054;
  // Products: the last bit of a power depends on the runtime.
  const z3 = z * z * z;
  const z5 = z3 * z * z;
  const z7 = z5 * z * z;
  const terms = [(z3 + z) / 4, (5 * z5 + 16 * z3 + 3 * z) / 96, (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / 384];
  return z + (terms[0] + (terms[1] + terms[2] / degrees) / degrees) / degrees;
}
