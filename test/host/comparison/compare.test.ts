import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Comparison, compareVariants } from "../../../host/comparison/compare.ts";
import { points, pText } from "../../../host/comparison/text.ts";
import { computeMetrics, softmax } from "../../../host/statistics/metrics.ts";
import { holm, mcnemar } from "../../../host/statistics/tests.ts";
import { syntheticVariants } from "../../util/study.ts";

const compare = suite("comparison/compare");

type Runs = Parameters<typeof compareVariants>[0][number];
type Run = Runs["runs"][number];

const COUNT = 200;
const data = { name: "blood", task: "binary", protocol: "official" } as const;
const labels = Uint8Array.from({ length: COUNT }, (_, i) => i % 2);
const noise = (i: number, seed: number) => (((i + 1) * 7919 + seed * 104_729) % 1009) / 1009;

/** A finished run with these scores (count, classes). */
function run(seed: number, logits: number[], classes = 2, of: Uint8Array = labels): Run {
  const metrics = computeMetrics(of, logits, classes);
  const options = { seed };
  const network = { parameters: 100, multiplyAdds: 1000 };
  const config = { options, network, data: { classNames: Array.from({ length: classes }, (_, c) => `class ${c}`) } };
  const row = (i: number) => logits.slice(i * classes, (i + 1) * classes);
  return {
    folder: `run${seed}`,
    config: config as unknown as Run["config"],
    history: [{ epoch: 1, val: { auc: 0.9 }, seconds: 10 + seed, imagesPerSecond: 500 } as Run["history"][number]],
    result: {
      metrics,
      fingerprint: `f${seed}`,
      predictions: {
        labels: of,
        predicted: Uint8Array.from(of, (_, i) => row(i).indexOf(Math.max(...row(i)))),
        probs: softmax(logits, classes),
      },
    },
  };
}

/** Runs of a two-class network: `score` is class 1's logit less class 0's. */
function runs(variant: string, seeds: number, score: (i: number, seed: number) => number): Runs {
  const logits = (seed: number) => Array.from({ length: COUNT }, (_, i) => [0, score(i, seed)]).flat();
  return { variant, runs: Array.from({ length: seeds }, (_, seed) => run(seed, logits(seed))) };
}

const sign = (i: number) => 2 * labels[i] - 1;
/** Right but for a tenth of each class, which lies just beyond the border. */
const good = (i: number, seed: number) => sign(i) * (i % 20 < 2 ? -0.1 : 1) * (1 + noise(i, seed));
/** The same order of images, but a third of class 0 is on the wrong side. */
const shifted = (i: number, seed: number) => good(i, seed) + 1.3;
/** The same images right, but those that are wrong are so by far. */
const spread = (i: number, seed: number) => good(i, seed) * (i % 20 < 2 ? 50 : 1);
/** Right in two thirds, at random. */
const poor = (i: number, seed: number) => sign(i) * (noise(i, seed + 7) - 0.33);

const verdictOf = (network: typeof good, twin: typeof good, seeds = 5, name = "none") =>
  compareVariants([runs("quantum", seeds, network), runs(name, seeds, twin)], data).contrasts[0].verdict;

compare("a verdict in words: no difference, one in accuracy, in AUC, in both", () => {
  const without = "to the same network without the quantum layer";
  assert.is(
    verdictOf(good, good),
    `No significant difference ${without}: ΔACC 0.00 [0.00, 0.00] points, Holm-adjusted p = 1.00; ` +
      "ΔAUC 0.0000 [0.0000, 0.0000], Holm-adjusted p = 1.00; over 5 seeds.",
  );
  assert.match(verdictOf(good, good, 4), /^Too few seeds to tell: no significant difference to .*; over 4 seeds\.$/);
  assert.match(
    verdictOf(good, shifted),
    new RegExp(
      `^Significant difference in accuracy \\(the network ahead\\) ${without}: ΔACC \\+8\\.80 \\[\\+5\\.\\d\\d, \\+1[12]\\.\\d\\d\\] points, ` +
        "Holm-adjusted p = 0\\.00\\d; ΔAUC 0\\.0000 \\[0\\.0000, 0\\.0000\\], Holm-adjusted p = 1\\.00; over 5 seeds\\.$",
    ),
  );
  assert.match(
    verdictOf(spread, good),
    new RegExp(
      `^Significant difference in AUC \\(the network behind\\) ${without}: ΔACC 0\\.00 \\[0\\.00, 0\\.00\\] points, Holm-adjusted p = 1\\.00; ` +
        "ΔAUC −0\\.1800 \\[−0\\.2\\d{3}, −0\\.1\\d{3}\\], Holm-adjusted p = 0\\.00\\d; over 5 seeds\\.$",
    ),
  );
  assert.match(
    verdictOf(good, poor),
    new RegExp(
      `^Significant difference in accuracy \\(the network ahead\\) and AUC \\(the network ahead\\) ${without}: ΔACC \\+22\\.70 `,
    ),
  );
  assert.match(
    verdictOf(poor, good, 1, "dense"),
    /^Significant difference in accuracy \(the network behind\) and AUC \(the network behind\) to the same network with linear \+ tanh of about as many parameters: ΔACC −22\.50 .*; over 1 seed, so for these two trainings only\.$/,
  );
});

/** Four variants beside the network, one of which is as good. */
function several(seeds: number): Comparison {
  return compareVariants(
    [
      runs("quantum", seeds, good),
      runs("none", seeds, (i, seed) => good(i, seed + 31)),
      runs("shuffled", seeds, (i, seed) => noise(i, seed) - 0.5),
      runs("dense", seeds, shifted),
      runs("product", seeds, poor),
    ],
    data,
  );
}

compare("Holm adjusts over accuracy and AUC of every twin, the check on shuffled labels left out", () => {
  const { contrasts } = several(3);
  assert.equal(
    contrasts.map(({ twin }) => twin),
    ["none", "dense", "product"],
  );
  const differences = contrasts.flatMap(({ accuracy, auc }) => [accuracy, auc!]);
  assert.equal(
    differences.map(({ adjusted }) => adjusted),
    holm(differences.map(({ p }) => p)),
  );
  assert.ok(differences.some(({ p, adjusted }) => adjusted > p));
});

compare("differences are network minus twin, by seed, with their tests", () => {
  const { contrasts, variants, seeds, images } = several(5);
  assert.equal([seeds, images], [[0, 1, 2, 3, 4], COUNT]);
  const product = contrasts[2];
  const [quantum, , , , poorer] = variants;
  assert.ok(Math.abs(product.accuracy.mean - (quantum.accuracy.mean - poorer.accuracy.mean)) < 1e-12);
  assert.ok(Math.abs(product.auc!.mean - (quantum.auc!.mean - poorer.auc!.mean)) < 1e-12);
  for (const { mean, bySeed, interval, wilcoxon, effect } of [product.accuracy, product.auc!]) {
    assert.ok(mean > 0 && bySeed.length === 5 && bySeed.every((d) => d > 0));
    assert.ok(0 < interval[0] && interval[0] < mean && mean < interval[1]);
    assert.equal(wilcoxon, { p: 0.0625, smallest: 0.0625 });
    assert.ok(effect! > 0);
  }
  const [a, b] = [runs("quantum", 5, good), runs("product", 5, poor)].map(
    ({ runs: [first] }) => first.result.predictions.predicted,
  );
  const { onlyFirst, onlySecond, p } = mcnemar(labels, a, b);
  assert.equal(product.mcnemar[0], { seed: 0, network: onlyFirst, twin: onlySecond, p });
  assert.ok(onlyFirst > onlySecond);
});

compare("variants are summarised in their order", () => {
  const { variants } = several(2);
  assert.equal(
    variants.map(({ variant }) => variant),
    ["quantum", "none", "shuffled", "dense", "product"],
  );
  const { name, accuracy, parameters, multiplyAdds, seconds, imagesPerSecond, fingerprints } = variants[0];
  assert.equal(
    { name, accuracy: accuracy.mean, parameters, multiplyAdds, seconds, imagesPerSecond, fingerprints },
    {
      ...{ name: "the network", accuracy: 0.9, parameters: 100, multiplyAdds: 1000 },
      ...{ seconds: 10.5, imagesPerSecond: 500, fingerprints: ["f0", "f1"] },
    },
  );
});

compare("one seed: a difference of images alone, without an effect size", () => {
  const { contrasts, variants, leak } = several(1);
  const { accuracy, mcnemar: tests } = contrasts[1];
  assert.is(accuracy.effect, null);
  assert.equal(accuracy.wilcoxon, { p: 1, smallest: 1 });
  assert.ok(accuracy.p < 0.01 && tests.length === 1 && tests[0].p < 0.01);
  assert.is(variants[0].accuracy.sd, null);
  assert.match(leak!, /^Too few seeds to tell whether the protocol leaks: .* over 1 seed,/);
});

compare("several classes, and a test split of one class", () => {
  const of = Uint8Array.from({ length: 150 }, (_, i) => i % 3);
  const three = (variant: string, gain: number, all = of): Runs => ({
    variant,
    runs: [0, 1].map((seed) => {
      const logits = [...all].flatMap((label, i) =>
        [0, 1, 2].map((c) => 2 * noise(3 * i + c, seed) + (c === label ? gain : 0)),
      );
      return run(seed, logits, 3, all);
    }),
  });
  const { accuracy, auc } = compareVariants([three("quantum", 2), three("none", 0.2)], data).contrasts[0];
  assert.ok(accuracy.mean > 0.2 && auc!.mean > 0.2);
  const alone = new Uint8Array(30);
  const only = compareVariants(
    [three("quantum", 1, alone), three("none", 0, alone), three("shuffled", 0, alone)],
    data,
  );
  assert.is(only.contrasts[0].auc, null);
  assert.is(only.variants[0].auc, null);
  assert.match(only.contrasts[0].verdict, /points, Holm-adjusted p [<=] [\d.]+; over 2 seeds\.$/);
  assert.not.match(only.contrasts[0].verdict, "AUC");
  assert.is(only.leak, "Shuffled labels: the test split has only one class, so the check is not possible.");
});

compare("what shuffled labels say about the protocol", () => {
  const leak = (score: typeof good) =>
    compareVariants([runs("quantum", 5, good), runs("shuffled", 5, score)], data).leak;
  assert.is(
    leak((i, seed) => noise(i, seed + 3) - 0.5),
    "No sign of a leak in the protocol: trained on shuffled labels, the AUC on test is 0.5043 ± 0.0055 (0.4983–0.5083) over 5 seeds, where 0.5 is chance " +
      "(one-sided Wilcoxon p = 0.13, smallest possible = 0.031).",
  );
  assert.is(
    leak(poor),
    "A sign of a leak in the protocol: trained on shuffled labels, the AUC on test is 0.7821 ± 0.0062 (0.7728–0.7891) over 5 seeds, where 0.5 is chance " +
      "(one-sided Wilcoxon p = 0.031, smallest possible = 0.031).",
  );
  assert.is(compareVariants([runs("quantum", 1, good), runs("none", 1, good)], data).leak, null);
});

compare("pooled: every seed's answers are judged by its own labels", () => {
  const variants = syntheticVariants({ names: ["quantum", "none"], seeds: 3, protocol: "pooled" });
  const [{ accuracy, auc, mcnemar: tests }] = compareVariants(variants, { ...data, protocol: "pooled" }).contrasts;
  const [network, twin] = variants.map(({ runs }) => runs);
  for (const [i, { network: onlyNetwork, twin: onlyTwin }] of tests.entries()) {
    const ahead = network[i].result.metrics.accuracy - twin[i].result.metrics.accuracy;
    assert.is(onlyNetwork - onlyTwin, Math.round(40 * ahead), `seed ${i}`);
  }
  for (const { mean, interval } of [accuracy, auc!]) assert.ok(interval[0] < mean && mean < interval[1]);
});

compare("pooled: the order of the test images says nothing", () => {
  const variants = syntheticVariants({ names: ["quantum", "none"], seeds: 1 });
  const sorted = compareVariants(variants, { ...data, protocol: "pooled" }).contrasts[0];
  // As a second seed the same answers, its images the other way round: their pairs within a class are others, the
  // differences the same.
  const turned = variants.map(({ variant, runs: [run] }) => {
    const { labels, predicted, probs } = run.result.predictions;
    const order = [...labels.keys()].reverse();
    const predictions = {
      labels: labels.toReversed(),
      predicted: predicted.toReversed(),
      probs: Float64Array.from(order.flatMap((i) => [...probs.subarray(2 * i, 2 * i + 2)])),
    };
    return { variant, runs: [run, { ...run, result: { ...run.result, predictions } }] };
  });
  const both = compareVariants(turned, { ...data, protocol: "pooled" }).contrasts[0];
  assert.equal(both.accuracy.bySeed, [sorted.accuracy.mean, sorted.accuracy.mean]);
  const width = ([low, high]: readonly number[]) => high - low;
  assert.ok(width(both.accuracy.interval) < 1.3 * width(sorted.accuracy.interval));
  assert.ok(both.accuracy.interval[0] < both.accuracy.mean && both.accuracy.mean < both.accuracy.interval[1]);
});

compare("splits by groups: every seed has other images, and as many of a class as it happens", () => {
  const of = (seed: number) => labels.subarray(0, COUNT - 31 * seed);
  const own = (variant: string, score: typeof good): Runs => ({
    variant,
    runs: [0, 1].map((seed) => run(seed, Array.from(of(seed), (_, i) => [0, score(i, seed)]).flat(), 2, of(seed))),
  });
  const all = [own("quantum", good), own("none", shifted)];
  const [{ accuracy, auc, mcnemar: tests }] = compareVariants(all, data).contrasts;
  const [network, twin] = all.map(({ runs }) => runs.map(({ result }) => result.metrics));
  const expected = network.map((metrics, i) => metrics.accuracy - twin[i].accuracy);
  assert.equal(accuracy.bySeed, expected);
  for (const { mean, interval } of [accuracy, auc!]) assert.ok(interval[0] <= mean && mean <= interval[1]);
  assert.ok(accuracy.interval[0] < accuracy.mean, String(accuracy.interval));
  assert.is(tests.length, 2);
});

compare("several labels an image: splits that are drawn by the seed have other images with each", () => {
  const several = (variant: string, wrong: number): Runs => ({
    variant,
    runs: [0, 1].map((seed) => {
      const count = 40 - 7 * seed;
      const rows = Uint8Array.from({ length: 3 * count }, (_, i) => ((i * 7 + seed * 5) % 11 < 5 ? 1 : 0));
      const predicted = rows.map((is, i) => (noise(i, seed) < wrong ? 1 - is : is));
      const probs = Float64Array.from(predicted, (is, i) => (is + noise(i, seed + 1)) / 2);
      const base = run(seed, [1, 0, 0], 3, new Uint8Array(1));
      const metrics = {
        ...base.result.metrics,
        count,
        accuracy: predicted.filter((is, i) => is === rows[i]).length / rows.length,
        auc: 0.9 - wrong,
      };
      const predictions = { labels: new Uint8Array(count), predicted, probs, rows: { labels: rows, predicted } };
      return { ...base, result: { ...base.result, metrics, predictions } };
    }),
  });
  const all = [several("quantum", 0.1), several("none", 0.4)];
  const [{ accuracy, auc, mcnemar: tests }] = compareVariants(all, { ...data, task: "multilabel" }).contrasts;
  assert.ok(accuracy.mean > 0.2 && accuracy.interval[0] < accuracy.mean, String(accuracy.mean));
  assert.ok(auc);
  for (const { p } of tests) assert.ok(p < 0.05);
});

compare("points and p in words", () => {
  assert.equal([0.0123, -0.0123, 0.00004, -0.00004, 0].map(points), ["+1.23", "−1.23", "0.00", "0.00", "0.00"]);
  assert.equal([1, 0.1, 0.0499, 0.001, 0.0009].map(pText), ["= 1.00", "= 0.10", "= 0.050", "= 0.001", "< 0.001"]);
});

compare.run();
