import { readFileSync } from "node:fs";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HqcnnError } from "../../../host/check.ts";
import { argmax, computeMetrics, softmax, wilsonInterval } from "../../../host/statistics/metrics.ts";
import { needsShared } from "../../util/paths.ts";

const metrics = suite("evaluation/metrics");

function close(actual: number | null, expected: number, tolerance = 1e-12): void {
  assert.ok(
    actual !== null && Math.abs(actual - expected) <= tolerance,
    `expected ${expected} ± ${tolerance}, got ${actual}`,
  );
}

const cases = fc.integer({ min: 2, max: 5 }).chain((classes) =>
  fc.integer({ min: 1, max: 30 }).chain((count) =>
    fc.record({
      classes: fc.constant(classes),
      labels: fc.array(fc.nat(classes - 1), { minLength: count, maxLength: count }),
      // Few distinct values: ties are common.
      logits: fc.array(fc.integer({ min: -3, max: 3 }), { minLength: count * classes, maxLength: count * classes }),
    }),
  ),
);

/** Mann-Whitney by definition: the share of pairs ranked right, a tie counting half. */
function pairs(labels: number[], scores: number[], c: number): number | null {
  let won = 0;
  let all = 0;
  labels.forEach((p, i) => {
    labels.forEach((n, j) => {
      if (p !== c || n === c) return;
      all++;
      won += scores[i] > scores[j] ? 1 : scores[i] === scores[j] ? 0.5 : 0;
    });
  });
  return all === 0 ? null : won / all;
}

metrics("AUC is the share of pairs ranked right, averaged over the classes that have pairs", () => {
  fc.assert(
    fc.property(cases, ({ classes, labels, logits }) => {
      const probs = softmax(logits, classes);
      const scored = classes === 2 ? [1] : [...Array(classes).keys()];
      const areas = scored
        .map((c) => pairs(labels, labels.map((_, s) => probs[s * classes + c]), c)) // biome-ignore format: one line
        .filter((area) => area !== null);
      const { auc } = computeMetrics(labels, logits, classes);
      if (areas.length === 0) assert.is(auc, null);
      else close(auc, areas.reduce((a, b) => a + b) / areas.length);
    }),
  );
});

metrics("figures of counts agree with their definitions and stay in range", () => {
  fc.assert(
    fc.property(cases, ({ classes, labels, logits }) => {
      const found = computeMetrics(labels, logits, classes);
      const predicted = argmax(logits, classes);
      const count = (test: (s: number) => boolean) => labels.filter((_, s) => test(s)).length;
      assert.is(found.count, labels.length);
      close(found.accuracy, count((s) => labels[s] === predicted[s]) / labels.length, 0);
      found.perClass.forEach(({ precision, recall, f1, support }, c) => {
        const hits = count((s) => labels[s] === c && predicted[s] === c);
        const claimed = count((s) => predicted[s] === c);
        assert.is(
          support,
          count((s) => labels[s] === c),
        );
        close(recall, support === 0 ? 0 : hits / support, 0);
        close(precision, claimed === 0 ? 0 : hits / claimed, 0);
        close(f1, precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall));
      });
      close(found.weighted.recall, found.accuracy);
      const ranges = [found.averagePrecision, found.calibrationError, ...found.accuracyInterval];
      assert.ok(ranges.every((value) => value >= 0 && value <= 1 + 1e-12));
      assert.ok(found.mcc >= -1 - 1e-12 && found.mcc <= 1 + 1e-12);
    }),
  );
});

metrics("probabilities of a small case worked by hand", () => {
  const l = Math.log;
  // probabilities of class 1: 0.8, 0.8, 0.4, 0.2
  const logits = [l(0.2), l(0.8), l(0.2), l(0.8), l(0.6), l(0.4), l(0.8), l(0.2)];
  const found = computeMetrics([1, 0, 1, 0], logits, 2);
  close(found.crossEntropy, -(l(0.8) + l(0.2) + l(0.4) + l(0.8)) / 4);
  close(found.brier, (0.04 + 0.64 + 0.36 + 0.04) / 4);
  close(found.auc, 2.5 / 4);
  // thresholds 0.8 (1 of 2 right), 0.4 (2 of 3): ½ · ½ + ½ · ⅔
  close(found.averagePrecision, 1 / 4 + 1 / 3);
  // confidence 0.8 (three, two right) and 0.6 (one, wrong): (|2 − 2.4| + |0 − 0.6|) / 4
  close(found.calibrationError, 0.25);
  assert.equal(found.confusion, [
    [1, 1],
    [1, 1],
  ]);
  assert.is(found.mcc, 0);
});

metrics("calibration bins are closed above: 0.8 = 12/15 is in bin 12 of 15, with 0.75", () => {
  const certain = computeMetrics([1], [-1000, 1000], 2);
  assert.is(certain.calibrationError, 0);
  assert.is(certain.crossEntropy, 0);
  assert.is(certain.brier, 0);
  const logit = (p: number) => [0, Math.log(p / (1 - p))];
  // Same bin (11/15, 12/15]: the gaps 1 − 0.75 and 0 − 0.79 partly cancel before the absolute value.
  close(computeMetrics([1, 0], [...logit(0.75), ...logit(0.79)], 2).calibrationError, 0.54 / 2);
  // Neighbouring bins: they do not.
  close(computeMetrics([1, 0], [...logit(0.75), ...logit(0.81)], 2).calibrationError, (0.25 + 0.81) / 2);
});

metrics("a confident mistake costs its finite price", () => {
  close(computeMetrics([0], [0, 2000], 2).crossEntropy, 2000);
});

metrics("ties go to the first class; more than two classes sum the Brier score", () => {
  assert.equal([...argmax([0, 0, 1, 1, 2, 1], 2)], [0, 0, 0]);
  assert.equal([...argmax([0, 0, 0, -1, 5, 5], 3)], [0, 1]);
  close(computeMetrics([0], [0, 0, 0], 3).brier, 4 / 9 + 1 / 9 + 1 / 9);
});

metrics("absent classes: no AUC without pairs, zeros in the table", () => {
  const found = computeMetrics([1, 1], [0, 1, 1, 0], 2);
  assert.is(found.auc, null);
  assert.equal(found.perClass[0], { precision: 0, recall: 0, f1: 0, support: 0 });
  assert.is(computeMetrics([0, 0], [1, 0, 1, 0], 2).averagePrecision, 0);
});

metrics("Wilson's interval: 9 of 10, and the ends", () => {
  const [low, high] = wilsonInterval(9, 10);
  close(low, 0.5958499732, 1e-9);
  close(high, 0.9821237869, 1e-9);
  close(wilsonInterval(0, 10)[0], 0);
  close(wilsonInterval(10, 10)[1], 1);
});

metrics("takes typed arrays", () => {
  const plain = computeMetrics([0, 1, 1], [1, 0, 0.5, 2, 3, 0.25], 2);
  assert.equal(computeMetrics(Uint8Array.of(0, 1, 1), Float32Array.of(1, 0, 0.5, 2, 3, 0.25), 2), plain);
});

metrics("refuses what is not labels and finite logits", () => {
  const refused = (labels: number[], logits: number[], classes: number, expected: RegExp) =>
    assert.throws(
      () => computeMetrics(labels, logits, classes),
      (error: Error) => error instanceof HqcnnError && expected.test(error.message),
      `expected ${expected}`,
    );
  refused([0, 1], [0, 1, Number.NaN, 0], 2, /finite numbers, got NaN for sample 1, class 0/);
  refused([0], [0, Number.POSITIVE_INFINITY], 2, /got Infinity for sample 0, class 1/);
  refused([0, 2], [0, 1, 1, 0], 2, /labels: expected 0…1, got 2 for sample 1/);
  refused([-1], [0, 1], 2, /got -1/);
  refused([0.5], [0, 1], 2, /got 0.5/);
  refused([], [], 2, /at least one sample/);
  refused([0], [0, 1, 0, 1], 2, /expected 1 × 2 = 2 values, got 4/);
  refused([0], [0], 1, /classes: expected 2 or more, got 1/);
});

interface Golden {
  classes: number;
  labels: number[];
  logits: number[][];
  accuracy: number;
  auc_macro_ovr: number;
  cross_entropy: number;
  confusion: number[][];
  matthews: number;
  average_precision?: number;
  brier?: number;
}

needsShared(metrics, "parity/metrics.json")("agrees with scikit-learn on every golden case", (golden) => {
  const { cases } = JSON.parse(readFileSync(golden, "utf8")) as { cases: Golden[] };
  assert.ok(cases.length > 0);
  for (const expected of cases) {
    const found = computeMetrics(expected.labels, expected.logits.flat(), expected.classes);
    close(found.accuracy, expected.accuracy);
    close(found.crossEntropy, expected.cross_entropy);
    close(found.mcc, expected.matthews);
    assert.equal(found.confusion, expected.confusion);
    if (expected.brier !== undefined) close(found.brier, expected.brier);
    close(found.auc, expected.auc_macro_ovr, 1e-12 + tiedShare(expected));
  }
});

/**
 * How far AUC may move by rounding: half of the pairs whose probabilities are equal but for the last bits. The golden
 * logits have one decimal, so that 4.1 − (−0.5) and 5.0 − 0.4 are such a pair; whose exp breaks the tie, and how,
 * differs between libraries.
 */
function tiedShare({ classes, labels, logits }: Golden): number {
  const probs = softmax(logits.flat(), classes);
  const scored = classes === 2 ? [1] : [...Array(classes).keys()];
  const share = (c: number) => {
    let tied = 0;
    let all = 0;
    labels.forEach((p, i) => {
      labels.forEach((n, j) => {
        if (p !== c || n === c) return;
        all++;
        const equalLogits = logits[i].every((logit, k) => logit === logits[j][k]);
        if (!equalLogits && Math.abs(probs[i * classes + c] / probs[j * classes + c] - 1) < 1e-14) tied++;
      });
    });
    return tied / all;
  };
  return scored.reduce((sum, c) => sum + share(c), 0) / scored.length;
}

metrics.run();
