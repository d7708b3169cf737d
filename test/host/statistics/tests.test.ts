import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  cohensDz,
  holm,
  mcnemar,
  smallestWilcoxonP,
  summarize,
  summaryText,
  wilcoxon,
} from "../../../host/statistics/tests.ts";
import { wilcoxonP } from "../../reference/statistics.ts";
import { refused } from "../../util/refusal.ts";

const statistics = suite("evaluation/statistics");

function close(actual: number | null, expected: number, relative = 1e-12): void {
  assert.ok(
    actual !== null && Math.abs(actual - expected) <= relative * Math.abs(expected),
    `expected ${expected}, got ${actual}`,
  );
}

/**
 * Two classifiers of which `b` samples only the first, `c` only the second gets right; both are right and wrong on
 * some.
 */
function discordant(b: number, c: number) {
  const labels = new Array(b + c + 7).fill(2);
  const first = labels.map((_, i) => (i < b || i >= b + c + 3 ? 2 : 1));
  const second = labels.map((_, i) => (i >= b && i < b + c ? 2 : i >= b + c + 3 ? 2 : 0));
  return mcnemar(labels, first, second);
}

statistics("McNemar: exact p of mpmath, from no discordant pair to thousands", () => {
  const values: [b: number, c: number, p: number][] = [
    [0, 0, 1],
    [4, 4, 1],
    [0, 6, 0.03125],
    [9, 1, 0.021484375],
    [40, 58, 0.08541058911280434],
    [62, 192, 1.191790554510819e-16],
    [480, 520, 0.21744829320414094],
    [5200, 4800, 0.00006593515598672442],
    [300, 9000, 0], // 5e-2226 is no double
  ];
  for (const [b, c, p] of values) {
    const found = discordant(b, c);
    assert.equal([found.onlyFirst, found.onlySecond], [b, c]);
    close(found.p, p);
    assert.is(discordant(c, b).p, found.p);
  }
});

statistics("McNemar: the odds ratio stays finite", () => {
  assert.is(discordant(12, 4).oddsRatio, 3);
  assert.is(discordant(4, 0).oddsRatio, 9);
  assert.is(discordant(0, 4).oddsRatio, 1 / 9);
  assert.is(discordant(0, 0).oddsRatio, null);
});

statistics("McNemar: refuses predictions of another number of samples", async () => {
  await refused(() => mcnemar([0, 1], [0, 1], [0]), "expected 2", "got 1");
});

statistics("Wilcoxon: is the share of all signs at least as extreme, ties and zeros included", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -4, max: 4 }), { maxLength: 11 }), (differences) => {
      const { p, n, method, positive, negative } = wilcoxon(differences);
      assert.is(method, "exact");
      assert.is(n, differences.filter((d) => d !== 0).length);
      assert.is(positive + negative, (n * (n + 1)) / 2);
      close(p, wilcoxonP(differences));
      assert.is(wilcoxon(differences.map((d) => -d)).p, p);
    }),
    { numRuns: 60 },
  );
});

statistics("Wilcoxon: scipy's p, exact and approximate", () => {
  const list = (n: number, value: (i: number) => number) => Array.from({ length: n }, (_, i) => value(i + 1));
  close(wilcoxon([1, 2, 3, 4, 5, 6, 7, -8, 9, -10, 11, 12]).p, 0.10986328125);
  const fifty = wilcoxon(list(50, (i) => (i % 3 === 0 ? -i : i)));
  assert.equal([fifty.negative, fifty.method], [408, "exact"]);
  close(fifty.p, 0.02616696817119646);
  // method="approx", correction=False: without and with ties
  const many = wilcoxon(list(300, (i) => ((i * 7919) % 1009) / 1009 - 0.45));
  assert.equal([Math.min(many.positive, many.negative), many.method], [18112, "normal"]);
  close(many.p, 0.002998276460654626);
  close(wilcoxon(list(300, (i) => ((i * 7919) % 23) - 10)).p, 0.011910382711256199);
});

statistics("Wilcoxon: exact and normal agree where one takes over from the other", () => {
  const list = (n: number) => Array.from({ length: n }, (_, i) => ((i * 7919) % 1009) - 420);
  const [exact, normal] = [wilcoxon(list(200)), wilcoxon(list(201))];
  assert.equal([exact.method, normal.method], ["exact", "normal"]);
  assert.ok(Math.abs(exact.p / normal.p - 1) < 0.15, `${exact.p}, ${normal.p}`);
});

statistics("Wilcoxon: rounding splits no ties and makes no differences", () => {
  assert.not.equal(0.9 - 0.8, 0.8 - 0.7);
  const { positive, n } = wilcoxon([0.9 - 0.8, 0.7 - 0.8, 0.8 - 0.7, 0.1 + 0.2 - 0.3]);
  assert.equal([n, positive], [3, 4]);
});

statistics("Wilcoxon: what few pairs can say", () => {
  assert.equal([0, 1, 5, 6, 10].map(smallestWilcoxonP), [1, 1, 0.0625, 0.03125, 0.001953125]);
  for (const n of [1, 5, 12]) assert.is(wilcoxon(Array.from({ length: n }, (_, i) => i + 1)).p, smallestWilcoxonP(n));
  const none = wilcoxon([0, 0]);
  assert.equal([none.p, none.n, none.rankBiserial], [1, 0, null]);
});

statistics("effect sizes: rank-biserial correlation and Cohen's d_z", () => {
  assert.is(wilcoxon([1, 2, 3]).rankBiserial, 1);
  assert.is(wilcoxon([-1, -2]).rankBiserial, -1);
  assert.is(wilcoxon([1, -2, 3, 4]).rankBiserial, 0.6); // (8 − 2) / 10
  close(cohensDz([1, 2, 3]), 2);
  close(cohensDz([-1, 2, 2]), 1 / Math.sqrt(3));
  assert.is(cohensDz([0.1, 0.1, 0.1]), null);
  assert.is(cohensDz([2]), null);
});

statistics("Holm: statsmodels' numbers, in the order given", () => {
  const adjusted = (pValues: number[], expected: number[]) => {
    const found = holm(pValues);
    assert.is(found.length, expected.length);
    expected.forEach((p, i) => {
      close(found[i], p);
    });
  };
  adjusted([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]);
  adjusted([0.13, 0.005, 0.04, 0.011, 0.02], [0.13, 0.025, 0.08, 0.044, 0.06]);
  adjusted([0.6, 0.7], [1, 1]);
  adjusted([], []);
});

statistics("summaries: numbers and text", async () => {
  assert.equal(summarize([2, 4, 9]), { count: 3, mean: 5, sd: Math.sqrt(13), min: 2, max: 9 });
  assert.equal(summarize([3]), { count: 1, mean: 3, sd: null, min: 3, max: 3 });
  assert.is(summaryText(summarize([0.9839, 0.9863, 0.9854]), "percent"), "98.52 ± 0.12 % (98.39–98.63)");
  assert.is(summaryText(summarize([0.9921, 0.9943]), "share"), "0.9932 ± 0.0016 (0.9921–0.9943)");
  assert.is(summaryText(summarize([0.5]), "percent"), "50.00 %");
  await refused(() => summarize([]), "at least one");
  await refused(() => wilcoxon([1, Number.NaN]), "NaN", "index 1");
  await refused(() => holm([Number.NaN]), "p-values", "NaN");
});

statistics.run();
