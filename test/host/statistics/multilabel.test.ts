import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HqcnnError } from "../../../host/check.ts";
import { multilabelMetrics } from "../../../host/statistics/multilabel.ts";
import { multilabelBootstrap, pairedMultilabelBootstrap } from "../../../host/statistics/multilabelBootstrap.ts";
import { taskFixture } from "../../util/fixtures.ts";
import { numbers } from "../../util/numbers.ts";

const multilabel = suite("statistics/multilabel");

function close(actual: number | null, expected: number | null, tolerance = 1e-12): void {
  if (expected === null || actual === null) assert.is(actual, expected);
  else assert.ok(Math.abs(actual - expected) <= tolerance, `expected ${expected} ± ${tolerance}, got ${actual}`);
}

multilabel("equals scikit-learn and medmnist's Evaluator, also where labels have one class only", () => {
  for (const expected of taskFixture().multilabel) {
    const classes = expected.rows[0].length;
    const scores = expected.scores.flat();
    const answers = { scores, probs: scores, predicted: expected.predicted.flat(), crossEntropy: 0 };
    const found = multilabelMetrics(expected.rows.flat(), answers, classes);
    const { labels, subsetAccuracy, withoutAuc, definedAuc } = found.multilabel;
    close(found.auc, expected.auc);
    close(found.accuracy, expected.accuracy);
    close(subsetAccuracy, expected.subsetAccuracy);
    const defined = expected.aucs.filter((auc) => auc !== null);
    close(definedAuc, defined.reduce((a, b) => a + b) / defined.length);
    assert.equal(
      withoutAuc,
      expected.aucs.flatMap((auc, label) => (auc === null ? [label] : [])),
    );
    labels.forEach((label, k) => {
      const report = expected.report[k];
      close(label.auc, expected.aucs[k]);
      if (label.support > 0) close(label.averagePrecision, expected.averagePrecisions[k]);
      else assert.is(label.averagePrecision, null);
      close(label.f1, report["f1-score"]);
      close(label.precision, report.precision);
      close(label.recall, report.recall);
      assert.is(label.support, report.support);
    });
    for (const [key, metrics] of [
      ["macro avg", found.macro],
      ["weighted avg", found.weighted],
    ] as const) {
      close(metrics.f1, expected.report[key]["f1-score"]);
      close(metrics.precision, expected.report[key].precision);
      assert.is(metrics.support, expected.report[key].support);
    }
  }
});

// scipy.stats.t.interval over the shares of right answers; binomtest(6, 6).proportion_ci(method="wilson")
multilabel("the accuracy has an interval over images, not over answers", () => {
  const rows = new Array(18).fill(1);
  const intervalOf = (predicted: number[]) =>
    multilabelMetrics(rows, { scores: predicted, probs: predicted, predicted, crossEntropy: 0 }, 3).accuracyInterval;
  const [low, high] = intervalOf([1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 1, 1, 1, 0, 1, 0, 0, 1]);
  close(low, 0.35378540949087844, 1e-4);
  close(high, 0.9795479238424548, 1e-4);
  close(intervalOf(rows)[0], 0.6096657120978346);
  assert.is(intervalOf(rows)[1], 1);
});

multilabel("refuses rows of other lengths, labels other than 0 and 1, and scores that are not finite", () => {
  const answers = { scores: [0, 1, 0, 1], probs: [0, 1, 0, 1], predicted: [0, 1, 0, 1], crossEntropy: 0 };
  const refused = (rows: number[], given = answers) =>
    assert.throws(
      () => multilabelMetrics(rows, given, 2),
      (error: unknown) => error instanceof HqcnnError,
    );
  refused([]);
  refused([0, 1, 1]);
  refused([0, 1, 2, 0]);
  refused([0, 1, 1, 0], { ...answers, scores: [0, 1, Number.NaN, 1] });
});

/** Answers whose labels follow from noise of `share`. */
function said(rows: number[], share: number, seed: number) {
  const noise = numbers(rows.length, seed, -1, 1);
  const scores = rows.map((value, i) => value - 0.5 + share * noise[i]);
  return { scores, predicted: scores.map((score) => (score > 0 ? 1 : 0)) };
}

const rows = Array.from(numbers(600, 3, 0, 1), (value) => (value < 0.3 ? 1 : 0));

multilabel("the bootstrap's intervals hold the values and are the wider, the fewer images there are", () => {
  const widths = [rows, rows.slice(0, 150)].map((some) => {
    const { accuracy, auc } = multilabelBootstrap(some, said(some, 0.9, 1), 3);
    for (const { value, interval } of [accuracy, auc!]) assert.ok(interval[0] < value && value < interval[1]);
    return accuracy.interval[1] - accuracy.interval[0];
  });
  assert.ok(widths[1] > 1.5 * widths[0], widths.join(" "));
  const perfect = multilabelBootstrap(rows, said(rows, 0, 1), 3);
  assert.is(perfect.accuracy.value, 1);
  assert.is(perfect.auc!.interval[1], 1);
  assert.ok(perfect.auc!.interval[0] > 0.9);
  const lone = multilabelBootstrap(
    rows.map((value, i) => (i % 3 === 1 ? 0 : value)),
    said(rows, 0.9, 1),
    3,
  );
  assert.is(lone.auc, null);
});

multilabel("the paired bootstrap finds a difference where there is one, and none between equals", () => {
  const good = said(rows, 0.7, 1);
  const poor = said(rows, 2, 2);
  const { accuracy, auc } = pairedMultilabelBootstrap(rows, 3, [good], [poor]);
  assert.ok(accuracy.difference > 0.1 && accuracy.p < 0.01);
  assert.ok(auc!.difference > 0.1 && auc!.interval[0] > 0);
  assert.is(pairedMultilabelBootstrap(rows, 3, [good], [good]).accuracy.p, 1);
});

multilabel.run();
