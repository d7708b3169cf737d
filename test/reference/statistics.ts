/** Wilcoxon's exact two-sided p by its definition: all 2ⁿ choices of signs, mid-ranks for ties, zeros dropped. */
export function wilcoxonP(differences: number[]): number {
  const kept = differences.filter((d) => d !== 0);
  const rank = (d: number) => {
    const below = kept.filter((other) => Math.abs(other) < Math.abs(d)).length;
    return below + (kept.filter((other) => Math.abs(other) === Math.abs(d)).length + 1) / 2;
  };
  const ranks = kept.map(rank);
  const total = ranks.reduce((sum, r) => sum + r, 0);
  const positive = ranks.reduce((sum, r, i) => sum + (kept[i] > 0 ? r : 0), 0);
  const observed = Math.min(positive, total - positive);
  let extreme = 0;
  for (let signs = 0; signs < 2 ** kept.length; signs++) {
    const sum = ranks.reduce((w, r, i) => w + (signs & (1 << i) ? r : 0), 0);
    if (sum <= observed) extreme++;
  }
  return Math.min(1, (2 * extreme) / 2 ** kept.length);
}

/** Wins of sample `i` over sample `j`: 1, or ½ for a tie. */
function wins(scores: ArrayLike<number>, i: number, j: number): number {
  return scores[i] > scores[j] ? 1 : scores[i] === scores[j] ? 0.5 : 0;
}

/**
 * Area under the ROC curve by its definition: the share of (positive, negative) pairs ranked right, sample i counted
 * weights[i] times.
 */
export function areaOfPairs(labels: number[], scores: ArrayLike<number>, weights: ArrayLike<number>): number {
  let won = 0;
  let all = 0;
  labels.forEach((p, i) => {
    labels.forEach((n, j) => {
      if (p !== 1 || n !== 0) return;
      all += weights[i] * weights[j];
      won += weights[i] * weights[j] * wins(scores, i, j);
    });
  });
  return won / all;
}

/**
 * DeLong's components by their definition: the share of the samples of the other class that a sample beats (class 1) or
 * that beat it (class 0).
 */
export function componentsOfPairs(labels: number[], scores: ArrayLike<number>): number[] {
  return labels.map((label, i) => {
    const others = labels.flatMap((other, j) => (other === label ? [] : [j]));
    const won = others.map((j) => (label === 1 ? wins(scores, i, j) : wins(scores, j, i)));
    return won.reduce((sum, w) => sum + w, 0) / others.length;
  });
}
