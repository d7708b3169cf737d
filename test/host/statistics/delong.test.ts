import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { delongAuc, delongTest } from "../../../host/statistics/delong.ts";
import { componentsOfPairs } from "../../reference/statistics.ts";
import { refused } from "../../util/refusal.ts";

const delong = suite("evaluation/delong");

function close(actual: number | null, expected: number): void {
  assert.ok(actual !== null && Math.abs(actual - expected) <= 1e-12, `expected ${expected}, got ${actual}`);
}

// Twelve samples with ties, worked by the definition in numpy (all pairs, numpy.cov).
const labels = [1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1];
const first = [9, 7, 7, 5, 3, 1, 2, 3, 4, 7, 2, 8];
const second = [6, 9, 2, 5, 5, 1, 5, 3, 4, 2, 6, 7];

delong("area, variance and interval of a small case", () => {
  const { auc, variance, interval } = delongAuc(labels, first);
  close(auc, 0.875);
  close(variance, 0.010416666666666668);
  close(interval[0], 0.5292145398043028);
  close(interval[1], 0.977573471442282);
  close(delongAuc(labels, second).variance, 0.02052469135802469);
});

delong("two correlated areas: difference, error, p", () => {
  const { difference, standardError, interval, p } = delongTest(labels, first, second);
  close(difference, 0.09722222222222221);
  close(standardError, 0.18362770978931567);
  close(p, 0.5964913142980705);
  close(interval[1] - interval[0], 2 * 1.959963984540054 * standardError);
  close(delongTest(labels, second, first).p, p);
  assert.is(delongTest(labels, first, first).p, 1);
});

delong("the variance is that of the components of all pairs", () => {
  const sample = fc.array(fc.tuple(fc.nat(1), fc.integer({ min: -3, max: 3 })), { minLength: 6, maxLength: 25 });
  fc.assert(
    fc.property(sample, (samples) => {
      const of = [0, 1].map((c) => samples.filter(([label]) => label === c).length);
      fc.pre(Math.min(...of) >= 2);
      const components = componentsOfPairs(
        samples.map(([label]) => label),
        samples.map(([, score]) => score),
      );
      const variance = [0, 1].reduce((sum, c) => {
        const own = components.filter((_, i) => samples[i][0] === c);
        const mean = own.reduce((a, b) => a + b) / own.length;
        return sum + own.reduce((a, b) => a + (b - mean) ** 2, 0) / (own.length - 1) / own.length;
      }, 0);
      const found = delongAuc(
        samples.map(([label]) => label),
        samples.map(([, score]) => score),
      );
      close(found.variance, variance);
      const [low, high] = found.interval;
      assert.ok(0 <= low && low <= found.auc + 1e-12 && found.auc - 1e-12 <= high && high <= 1);
    }),
  );
});

delong("all pairs right: the interval of as many disjoint pairs, not a point", () => {
  const { auc, interval } = delongAuc([1, 1, 1, 0, 0, 0, 0], [9, 8, 7, 1, 2, 3, 4]);
  assert.is(auc, 1);
  close(interval[0], 0.025 ** (1 / 3));
  assert.is(interval[1], 1);
  const wrong = delongAuc([0, 0, 0, 1, 1, 1, 1], [9, 8, 7, 1, 2, 3, 4]);
  close(wrong.interval[1], 1 - 0.025 ** (1 / 3));
});

delong("one sample of a class says nothing; none, other labels and infinite scores are refused", async () => {
  assert.equal(delongAuc([1, 0, 0], [2, 1, 3]), { auc: 0.5, variance: null, interval: [0, 1] });
  await refused(() => delongTest([1, 0, 0], [2, 1, 3], [1, 2, 3]), "two or more samples");
  await refused(() => delongAuc([1, 1], [2, 1]), "both classes", "got 0 and 2");
  await refused(() => delongAuc([1, 2], [2, 1]), "labels: expected 0 and 1, got 2");
  await refused(() => delongAuc([1, 0], [2, Number.NaN]), "got NaN for sample 1");
  await refused(() => delongAuc([1, 0], [2]), "expected 2", "got 1");
});

delong.run();
