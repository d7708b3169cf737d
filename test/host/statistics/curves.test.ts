import { suite } from "uvu";
import * as assert from "uvu/assert";
import { precisionRecallCurve, rocArea, rocCurve, thinned } from "../../../host/statistics/curves.ts";
import { argmax, calibrationBins, computeMetrics, softmax } from "../../../host/statistics/metrics.ts";

const curves = suite("curves");

/** 300 samples of three classes, logits in steps so that scores tie. */
const classes = 3;
const labels = Uint8Array.from({ length: 300 }, (_, i) => (i * 7) % classes);
const logits = Float64Array.from(
  { length: 900 },
  (_, i) => ((i * 37) % 11) / 4 + (i % classes === labels[Math.floor(i / classes)] ? 0.75 : 0),
);
const probs = softmax(logits, classes);
const scores = (c: number) => probs.filter((_, i) => i % classes === c);
const metrics = computeMetrics(labels, logits, classes);

curves("ROC: the trapezoids' area, in the mean over the classes, is the AUC", () => {
  const areas = [0, 1, 2].map((c) => {
    const points = rocCurve(labels, scores(c), c);
    assert.equal(
      [points[0], points.at(-1)],
      [
        { x: 0, y: 0 },
        { x: 1, y: 1 },
      ],
    );
    return points.slice(1).reduce((sum, { x, y }, i) => sum + ((x - points[i].x) * (y + points[i].y)) / 2, 0);
  });
  areas.forEach((area, c) => {
    assert.ok(Math.abs(area - rocArea(labels, scores(c), c)) < 1e-12);
  });
  assert.ok(Math.abs(areas.reduce((sum, area) => sum + area) / classes - metrics.auc!) < 1e-12);
});

curves(
  "precision and recall: the steps' sum, in the mean, is the average precision; the end is the share of the class",
  () => {
    const sums = [0, 1, 2].map((c) => {
      const points = precisionRecallCurve(labels, scores(c), c);
      assert.is(points[0].x, 0);
      assert.is(points.at(-1)!.x, 1);
      assert.is(points.at(-1)!.y, labels.filter((label) => label === c).length / labels.length);
      return points.slice(1).reduce((sum, { x, y }, i) => sum + (x - points[i].x) * y, 0);
    });
    assert.ok(Math.abs(sums.reduce((sum, one) => sum + one) / classes - metrics.averagePrecision) < 1e-12);
  },
);

curves("calibration bins hold every sample once and give the calibration error", () => {
  const bins = calibrationBins(labels, argmax(logits, classes), probs, classes);
  assert.is(bins.length, 15);
  assert.is(
    bins.reduce((sum, { count }) => sum + count, 0),
    300,
  );
  const gap = bins.reduce((sum, { correct, confidence }) => sum + Math.abs(correct - confidence), 0) / 300;
  assert.is(gap, metrics.calibrationError);
});

curves("a thinned curve keeps its ends and leaves no step behind", () => {
  const points = Array.from({ length: 10_001 }, (_, i) => ({ x: i / 10_000, y: i < 5000 ? 0 : 1 }));
  const thin = thinned(points, 0.01);
  assert.ok(thin.length < 110, String(thin.length));
  assert.equal([thin[0], thin.at(-1)], [points[0], points.at(-1)]);
  assert.ok(thin.some(({ x, y }) => y === 1 && x === 0.5));
});

curves.run();
