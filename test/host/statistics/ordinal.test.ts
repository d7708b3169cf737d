import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ordinalIntervals, ordinalMetrics } from "../../../host/statistics/ordinal.ts";
import { taskFixture } from "../../util/fixtures.ts";

const ordinal = suite("statistics/ordinal");

function confusionOf(labels: readonly number[], predicted: readonly number[], classes: number): number[][] {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  labels.forEach((label, i) => {
    confusion[label][predicted[i]] += 1;
  });
  return confusion;
}

ordinal("kappa and mean absolute error equal scikit-learn's, within their intervals", () => {
  for (const { labels, predicted, classes, ...expected } of taskFixture().ordinal) {
    const found = ordinalMetrics(confusionOf(labels, predicted, classes));
    assert.ok(Math.abs(found.quadraticKappa! - expected.quadraticKappa) < 1e-12);
    assert.ok(Math.abs(found.meanAbsoluteError - expected.meanAbsoluteError) < 1e-12);
    const intervals = ordinalIntervals(labels, predicted, classes, { resamples: 500 });
    const [low, high] = intervals.quadraticKappaInterval!;
    assert.ok(low < expected.quadraticKappa && expected.quadraticKappa < high);
    const [least, most] = intervals.meanAbsoluteErrorInterval!;
    assert.ok(least < expected.meanAbsoluteError && expected.meanAbsoluteError < most);
  }
});

ordinal("one class on both sides has no kappa; answers that are always right have 1", () => {
  assert.is(ordinalMetrics([[4, 0], [0, 0]]).quadraticKappa, null); // biome-ignore format: a table
  assert.is(ordinalMetrics([[4, 0], [0, 3]]).quadraticKappa, 1); // biome-ignore format: a table
  assert.is(ordinalIntervals([0, 0], [0, 0], 2).quadraticKappaInterval, null);
});

ordinal("no interval where all resamples are the same: one answer for everything, or all right", () => {
  const none = { quadraticKappaInterval: null, meanAbsoluteErrorInterval: null };
  const labels = [0, 0, 1, 1, 2, 2];
  assert.equal(ordinalIntervals(labels, [1, 1, 1, 1, 1, 1], 3, { resamples: 100 }), none);
  assert.equal(ordinalIntervals(labels, labels, 3, { resamples: 100 }), none);
});

ordinal.run();
