import { countByThreshold } from "./metrics.ts";

/** A place on a curve, both coordinates in [0, 1]. */
export interface Point {
  x: number;
  y: number;
}

/** Rates of false (x) and true positives (y) of class c against the rest by falling probability, from (0, 0) to (1, 1). probs: (count, classes). */
export function rocCurve(labels: ArrayLike<number>, probs: Float64Array, classes: number, c: number): Point[] {
  const { truePositives, falsePositives, P, N } = countByThreshold(labels, probs, classes, c);
  return [{ x: 0, y: 0 }, ...truePositives.map((t, i) => ({ x: falsePositives[i] / N, y: t / P }))];
}

/** Recall (x) and precision (y) of class c by falling probability, from recall 0 with the first threshold's precision on. probs: (count, classes). */
export function precisionRecallCurve(
  labels: ArrayLike<number>,
  probs: Float64Array,
  classes: number,
  c: number,
): Point[] {
  const { truePositives, falsePositives, P } = countByThreshold(labels, probs, classes, c);
  const points = truePositives.map((t, i) => ({ x: t / P, y: t / (t + falsePositives[i]) }));
  return [{ x: 0, y: points[0].y }, ...points];
}

/** A curve with fewer points for drawing: none nearer than `step` to the one kept before in both coordinates; first and last are kept. */
export function thinned(points: readonly Point[], step = 0.002): Point[] {
  const kept: Point[] = [];
  points.forEach((point, i) => {
    const last = kept.at(-1);
    const near = last && Math.abs(point.x - last.x) < step && Math.abs(point.y - last.y) < step;
    if (!near || i === points.length - 1) kept.push(point);
  });
  return kept;
}
