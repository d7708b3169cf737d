import { areaUnderRoc, countByThreshold } from "./metrics.ts";

/** A place on a curve, both coordinates in [0, 1]. */
export interface Point {
  x: number;
  y: number;
}

/**
 * Rates of false (x) and true positives (y) of class c against the rest by falling score, from (0, 0) to (1, 1).
 * scores: (count).
 */
export function rocCurve(labels: ArrayLike<number>, scores: Float64Array, c: number): Point[] {
  const { truePositives, falsePositives, P, N } = countByThreshold(labels, scores, c);
  return [{ x: 0, y: 0 }, ...truePositives.map((t, i) => ({ x: falsePositives[i] / N, y: t / P }))];
}

/**
 * Recall (x) and precision (y) of class c by falling score (count), from recall 0 with the first threshold's precision
 * on.
 */
export function precisionRecallCurve(labels: ArrayLike<number>, scores: Float64Array, c: number): Point[] {
  const { truePositives, falsePositives, P } = countByThreshold(labels, scores, c);
  const points = truePositives.map((t, i) => ({ x: t / P, y: t / (t + falsePositives[i]) }));
  return [{ x: 0, y: points[0].y }, ...points];
}

/** Area under `rocCurve`. */
export function rocArea(labels: ArrayLike<number>, scores: Float64Array, c: number): number {
  return areaUnderRoc(countByThreshold(labels, scores, c));
}

/**
 * A curve with fewer points for drawing: none nearer than `step` to the one kept before in both coordinates; first and
 * last are kept.
 */
export function thinned(points: readonly Point[], step = 0.002): Point[] {
  const kept: Point[] = [];
  points.forEach((point, i) => {
    const last = kept.at(-1);
    const near = last && Math.abs(point.x - last.x) < step && Math.abs(point.y - last.y) < step;
    if (!near || i === points.length - 1) kept.push(point);
  });
  return kept;
}
