import { type BootstrapOptions, drawResamples, quantile } from "./bootstrap.ts";
import type { OrdinalIntervals, OrdinalMetrics } from "./types.ts";

/**
 * Of confusion[label][predicted]. κ = 1 − Σ w O / Σ w E with w = (label − predicted)², O the shares that were found
 * and E those of independent answers. https://doi.org/10.1037/h0026256, and scikit-learn's cohen_kappa_score with
 * weights="quadratic".
 */
export function ordinalMetrics(confusion: readonly (readonly number[])[]): OrdinalMetrics {
  const rows = confusion.map((row) => row.reduce((sum, n) => sum + n, 0));
  const columns = confusion.map((_, c) => confusion.reduce((sum, row) => sum + row[c], 0));
  const count = rows.reduce((sum, n) => sum + n, 0);
  let observed = 0;
  let expected = 0;
  let distance = 0;
  confusion.forEach((row, i) => {
    row.forEach((n, j) => {
      observed += (i - j) ** 2 * n;
      expected += ((i - j) ** 2 * rows[i] * columns[j]) / count;
      distance += Math.abs(i - j) * n;
    });
  });
  return {
    quadraticKappa: expected === 0 ? null : 1 - observed / expected,
    meanAbsoluteError: distance / count,
  };
}

/**
 * Percentile intervals of a stratified bootstrap: images are drawn within each class. Resamples without a kappa are
 * left out of its interval. null where all resamples are the same, as with one answer for all images of a class: an
 * interval without width would claim to be certain.
 */
export function ordinalIntervals(
  labels: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
  options: BootstrapOptions = {},
): OrdinalIntervals {
  const kappas: number[] = [];
  const errors: number[] = [];
  for (const weights of drawResamples(labels, classes, options)) {
    const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
    for (let i = 0; i < labels.length; i++) confusion[labels[i]][predicted[i]] += weights[i];
    const { quadraticKappa, meanAbsoluteError } = ordinalMetrics(confusion);
    if (quadraticKappa !== null) kappas.push(quadraticKappa);
    errors.push(meanAbsoluteError);
  }
  const interval = (values: number[]): [number, number] | null => {
    const sorted = Float64Array.from(values).sort();
    if (!(sorted[sorted.length - 1] - sorted[0] > 1e-12)) return null;
    return [quantile(sorted, 0.025), quantile(sorted, 0.975)];
  };
  return { quadraticKappaInterval: interval(kappas), meanAbsoluteErrorInterval: interval(errors) };
}
