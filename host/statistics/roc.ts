import { exp, log } from "./functions.ts";

/** Samples by falling score, for the area under the ROC curve of one class against the rest. */
export interface Ranking {
  /**
   * (count) 4 · sample + 2 where the next score is lower + 1 where the sample is of the class: one array to walk in
   * thousands of resamples.
   */
  entries: Uint32Array;
  /** Samples of the class, and the others. */
  P: number;
  N: number;
}

/** Ranks by scores (count); the class's samples are those labelled `positive`. */
export function rank(labels: ArrayLike<number>, positive: number, scores: ArrayLike<number>): Ranking {
  const order = Uint32Array.from(labels, (_, s) => s).sort((a, b) => scores[b] - scores[a]);
  let P = 0;
  const entries = order.map((s, i) => {
    const member = labels[s] === positive;
    if (member) P++;
    const last = i + 1 === order.length || scores[order[i + 1]] !== scores[s];
    return 4 * s + (last ? 2 : 0) + (member ? 1 : 0);
  });
  return { entries, P, N: order.length - P };
}

/**
 * Area under the ROC curve with each sample counted `weights` times, ties by mid-rank; NaN where no sample of the
 * class, or none of the others, is counted.
 */
export function weightedArea({ entries }: Ranking, weights: ArrayLike<number>): number {
  let doubled = 0;
  let above = 0; // the class's samples with a higher score
  let positives = 0;
  let both = 0;
  let all = 0;
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i];
    const weight = weights[entry >>> 2];
    both += weight;
    positives += weight * (entry & 1);
    if (entry & 2) {
      doubled += (both - positives) * (2 * above + positives);
      above += positives;
      all += both;
      positives = 0;
      both = 0;
    }
  }
  return doubled / (2 * above * (all - above));
}

/**
 * A sample's share of the area (count): for one of the class the part of the others it beats, for another the part of
 * the class that beats it, a tie counting half. DeLong's structural components. https://doi.org/10.2307/2531595
 */
export function placements({ entries, P, N }: Ranking): Float64Array {
  const shares = new Float64Array(entries.length);
  let above = 0;
  let below = N;
  for (let start = 0; start < entries.length; ) {
    let end = start;
    let positives = 0;
    do positives += entries[end] & 1;
    while (!(entries[end++] & 2));
    const negatives = end - start - positives;
    below -= negatives;
    for (const entry of entries.subarray(start, end)) {
      shares[entry >>> 2] = entry & 1 ? (below + negatives / 2) / N : (above + positives / 2) / P;
    }
    above += positives;
    start = end;
  }
  return shares;
}

/**
 * 95 % interval of a proportion that came out as 0 or 1 in `count` independent tries (Clopper-Pearson). It holds for an
 * area as well, with count = min(P, N): to rank everything right is to rank right that many disjoint pairs, whatever
 * the distributions.
 */
export function extremeInterval(estimate: number, count: number): [low: number, high: number] {
  const bound = exp(log(0.025) / count);
  return estimate === 1 ? [bound, 1] : [0, 1 - bound];
}
