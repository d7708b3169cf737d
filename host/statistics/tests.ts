import { HqcnnError } from "../check.ts";
import { square } from "./functions.ts";
import { normalTail } from "./normal.ts";

// Tests and sizes of differences, for numbers that people cite. Written here rather than taken from @stdlib/stats-*:
// its exact binomial p is wrong in the tails (62 to 192: 1.7e-16 for 1.2e-16), its Wilcoxon test is not exact with
// ties, and it weighs 37 MB in 313 packages.

/** Two classifiers on the same samples. */
export interface McNemar {
  /** Samples that only the first, only the second classifier got right (the discordant counts b and c). */
  onlyFirst: number;
  onlySecond: number;
  /** Exact, two-sided: 2 P(X ≤ min(b, c)), at most 1, with X binomial (b + c, ½). */
  p: number;
  /** b / c; with ½ added to both where one is zero (Haldane-Anscombe), so that it stays finite; null where both are. */
  oddsRatio: number | null;
}

/**
 * McNemar's exact test: do two classifiers err equally often on the same samples? `first` and `second` are predicted
 * classes, (count) like `labels`. Samples that both get right or both get wrong say nothing.
 * https://doi.org/10.1007/BF02295996
 * @throws HqcnnError on lengths that differ
 */
export function mcnemar(labels: ArrayLike<number>, first: ArrayLike<number>, second: ArrayLike<number>): McNemar {
  for (const { length } of [first, second]) {
    if (length !== labels.length)
      throw new HqcnnError(`predictions: expected ${labels.length} as labels, got ${length}`);
  }
  let onlyFirst = 0;
  let onlySecond = 0;
  for (let i = 0; i < labels.length; i++) {
    if (first[i] === labels[i] && second[i] !== labels[i]) onlyFirst++;
    if (first[i] !== labels[i] && second[i] === labels[i]) onlySecond++;
  }
  const add = onlyFirst === 0 || onlySecond === 0 ? 0.5 : 0;
  return {
    onlyFirst,
    onlySecond,
    p: Math.min(1, 2 * binomialTail(Math.min(onlyFirst, onlySecond), onlyFirst + onlySecond)),
    oddsRatio: onlyFirst + onlySecond === 0 ? null : (onlyFirst + add) / (onlySecond + add),
  };
}

/** P(X ≤ k) of X binomial (n, ½), k ≤ n/2, to about n · 1e-16 of itself: no logarithms, which would cost digits. */
function binomialTail(k: number, n: number): number {
  // C(n, k) / 2ⁿ, halved on the way whenever it would grow: neither factor fits into a double alone.
  let term = 1;
  let halvings = n;
  for (let j = 1; j <= k; j++) {
    term *= (n - k + j) / j;
    for (; term > 1 && halvings > 0; halvings--) term /= 2;
  }
  for (; term > 0 && halvings > 0; halvings--) term /= 2;
  let sum = 0;
  for (let i = k; i >= 0 && term > 0; i--) {
    sum += term;
    term *= i / (n - i + 1);
  }
  return sum;
}

/** Pairs up to which Wilcoxon's p is exact. */
const EXACT_PAIRS = 200;
/**
 * Differences closer than this share of the largest one are tied, and those closer to zero are zero: 0.9 − 0.8 and 0.8
 * − 0.7 differ by rounding alone.
 */
const TIE = 1e-9;

/** Paired differences, first − second. */
export interface Wilcoxon {
  /** Pairs that differ: zeros are dropped (scipy's zero_method="wilcox"). */
  n: number;
  /** Sums of the ranks of |difference| with positive, negative sign. */
  positive: number;
  negative: number;
  /** Two-sided: 2 P(W ≤ min(positive, negative)), at most 1; 1 without pairs that differ. */
  p: number;
  /**
   * "exact": over all 2ⁿ signs, ties included, up to 200 pairs; "normal": the normal approximation with the variance
   * that ties leave.
   */
  method: "exact" | "normal";
  /** The smallest p that n pairs can give. */
  smallestP: number;
  /**
   * Matched-pairs rank-biserial correlation, (positive − negative) / (positive + negative), −1 to 1; null without pairs
   * that differ.
   */
  rankBiserial: number | null;
}

/**
 * Wilcoxon's signed-rank test: are differences of pairs (one seed, one data set) symmetric about zero? Ties get
 * mid-ranks, and the exact p is then that of the mid-ranks that occurred. Differences within a billionth of the largest
 * count as tied. https://doi.org/10.2307/3001968, https://doi.org/10.2466/11.IT.3.1
 * @throws HqcnnError on a difference that is not finite
 */
export function wilcoxon(differences: ArrayLike<number>): Wilcoxon {
  const all = checkedList(differences, "differences");
  const tie = TIE * all.reduce((largest, d) => Math.max(largest, Math.abs(d)), 0);
  const ordered = all.filter((d) => Math.abs(d) > tie).sort((a, b) => Math.abs(a) - Math.abs(b));
  const n = ordered.length;
  const doubledRanks: number[] = []; // twice the mid-rank: an integer
  let tied = 0; // Σ t³ − t over groups of t equal differences
  for (let start = 0; start < n; ) {
    let end = start + 1;
    while (end < n && Math.abs(ordered[end]) - Math.abs(ordered[end - 1]) <= tie) end++;
    for (let i = start; i < end; i++) doubledRanks.push(start + 1 + end);
    tied += (end - start) ** 3 - (end - start);
    start = end;
  }
  const positive = doubledRanks.reduce((sum, rank, i) => sum + (ordered[i] > 0 ? rank : 0), 0) / 2;
  const total = (n * (n + 1)) / 2;
  const smaller = Math.min(positive, total - positive);
  const deviation = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24 - tied / 48);
  const exact = n <= EXACT_PAIRS;
  const tail = exact ? signedRankTail(doubledRanks, 2 * smaller) : normalTail((total / 2 - smaller) / deviation);
  return {
    n,
    positive,
    negative: total - positive,
    p: Math.min(1, 2 * tail),
    method: exact ? "exact" : "normal",
    smallestP: smallestWilcoxonP(n),
    rankBiserial: n === 0 ? null : (2 * positive - total) / total,
  };
}

/**
 * The smallest two-sided p that n pairs can give, all differences having one sign: 2 / 2ⁿ, so that 5 pairs never reach
 * 0.05 (0.0625).
 */
export function smallestWilcoxonP(n: number): number {
  return Math.min(1, 2 / 2 ** n);
}

/**
 * P(sum of the ranks with positive sign ≤ bound) over all signs: rank by rank, each sum's probability goes half to
 * itself, half to itself + rank.
 */
function signedRankTail(ranks: number[], bound: number): number {
  const probability = new Float64Array(bound + 1);
  probability[0] = 1;
  for (const rank of ranks) {
    for (let sum = bound; sum >= 0; sum--) {
      probability[sum] = (probability[sum] + (sum >= rank ? probability[sum - rank] : 0)) / 2;
    }
  }
  return probability.reduce((sum, value) => sum + value, 0);
}

/**
 * Holm's step-down adjustment of the p-values of several tests, in their order: reject those ≤ 0.05 and the chance of
 * any false rejection is at most 5 %. https://www.jstor.org/stable/4615733
 * @throws HqcnnError on a p-value that is not finite
 */
export function holm(given: readonly number[]): number[] {
  const pValues = checkedList(given, "p-values");
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a] - pValues[b]);
  order.forEach((i, rank) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[i]));
    adjusted[i] = largest;
  });
  return adjusted;
}

/**
 * Cohen's d_z of paired differences: mean / standard deviation (n − 1); null below two pairs and where all differences
 * are equal.
 */
export function cohensDz(differences: ArrayLike<number>): number | null {
  const { mean, sd, min, max } = summarize(differences);
  return sd === null || min === max ? null : mean / sd;
}

/** A metric over several seeds. */
export interface Summary {
  count: number;
  mean: number;
  /** Standard deviation with n − 1; null for one value. */
  sd: number | null;
  min: number;
  max: number;
}

/** Mean, standard deviation and range. @throws HqcnnError on an empty list or a value that is not finite */
export function summarize(values: ArrayLike<number>): Summary {
  const list = checkedList(values, "values");
  const count = list.length;
  if (count === 0) throw new HqcnnError("values: expected at least one, got none");
  const mean = list.reduce((sum, v) => sum + v, 0) / count;
  const squares = list.reduce((sum, v) => sum + square(v - mean), 0);
  const sd = count === 1 ? null : Math.sqrt(squares / (count - 1));
  const sorted = list.sort((a, b) => a - b);
  return { count, mean, sd, min: sorted[0], max: sorted[count - 1] };
}

/**
 * "98.52 ± 0.12 % (98.39–98.63)" as "percent", "0.9932 ± 0.0011 (0.9921–0.9943)" as "share": mean ± standard deviation
 * (range); one value stands alone.
 */
export function summaryText({ mean, sd, min, max }: Summary, unit: "percent" | "share"): string {
  const text = (value: number) => (unit === "percent" ? (100 * value).toFixed(2) : value.toFixed(4));
  const sign = unit === "percent" ? " %" : "";
  return sd === null ? `${text(mean)}${sign}` : `${text(mean)} ± ${text(sd)}${sign} (${text(min)}–${text(max)})`;
}

function checkedList(values: ArrayLike<number>, name: string): number[] {
  const list = Array.from(values);
  const bad = list.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new HqcnnError(`${name}: expected finite numbers, got ${list[bad]} at index ${bad}`);
  return list;
}
