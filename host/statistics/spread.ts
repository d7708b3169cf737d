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
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
  ];
  return terms.reduce((sum, term, i) => sum + term / degrees ** (i + 1), z);
}
