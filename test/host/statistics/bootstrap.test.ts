import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bootstrap, pairedBootstrap, separateBootstrap } from "../../../host/statistics/bootstrap.ts";
import { computeMetrics } from "../../../host/statistics/metrics.ts";
import { placements, rank, weightedArea } from "../../../host/statistics/roc.ts";
import { areaOfPairs, componentsOfPairs } from "../../reference/statistics.ts";
import { inTime } from "../../util/limits.ts";
import { refused } from "../../util/refusal.ts";

const boot = suite("evaluation/bootstrap");

function near(actual: readonly number[] | number, expected: readonly number[] | number, tolerance: number): void {
  const [found, wanted] = [[actual].flat(), [expected].flat()];
  const worst = Math.max(...wanted.map((value, i) => Math.abs(value - found[i])));
  assert.ok(found.length === wanted.length && worst <= tolerance, `expected ${wanted} ± ${tolerance}, got ${found}`);
}

// The case that scipy.stats.bootstrap (BCa, two samples) and numpy were given: 40 samples of class 1, 60 of class 0,
// cut at a score of 0.6.
const count = 100;
const labels = Array.from({ length: count }, (_, i) => (i % 5 < 2 ? 1 : 0));
const noise = (i: number, step: number, prime: number) => ((i * step) % prime) / prime;
const rows = (score: (i: number) => number) => labels.flatMap((_, i) => [0, score(i) - 0.6]);
const better = rows((i) => noise(i, 7919, 1009) + 0.35 * labels[i]);
const worse = rows((i) => noise(i, 7919, 1009) * 0.6 + noise(i, 5237, 997) * 0.4 + 0.05 * labels[i]);

const samples = fc
  .array(fc.tuple(fc.nat(1), fc.integer({ min: -3, max: 3 }), fc.nat(3)), { minLength: 2, maxLength: 25 })
  .filter((list) => [0, 1].every((c) => list.some(([label, , weight]) => label === c && weight > 0)));

boot("an area walks the order with weights as pairs would count it", () => {
  fc.assert(
    fc.property(samples, (list) => {
      const [of, scores, weights] = [0, 1, 2].map((k) => list.map((sample) => sample[k]));
      const ranking = rank(of, 1, scores);
      const total = (c: number) => weights.reduce((sum, w, i) => sum + (of[i] === c ? w : 0), 0);
      near(weightedArea({ ...ranking, P: total(1), N: total(0) }, weights), areaOfPairs(of, scores, weights), 1e-12);
      near([...placements(ranking)], componentsOfPairs(of, scores), 1e-12);
    }),
  );
});

boot("BCa intervals agree with scipy's", () => {
  const { accuracy, auc } = bootstrap(labels, better, 2, { resamples: 8000 });
  near(accuracy.value, 0.64, 1e-15);
  near(accuracy.interval, [0.54, 0.73], 0.0101);
  near(auc!.value, 0.7745833333333333, 1e-15);
  near(auc!.interval, [0.6717, 0.8546], 0.005);
});

boot("paired differences agree with numpy's, of one pair and of several", () => {
  const { accuracy, auc } = pairedBootstrap(labels, 2, [better], [worse], { resamples: 8000 });
  near(accuracy.difference, 0.14, 1e-15);
  near(accuracy.interval, [0.05, 0.24], 0.0101);
  assert.ok(accuracy.p > 0.002 && accuracy.p < 0.009, `${accuracy.p}`); // numpy: 0.0046
  near(auc!.difference, 0.2275, 1e-12);
  near(auc!.interval, [0.1658, 0.2892], 0.005);
  near(auc!.p, 2 / 8001, 1e-15);
  // The same pair twice is the same evidence, not twice as much.
  const twice = pairedBootstrap(labels, 2, [better, better], [worse, worse], { resamples: 8000 });
  assert.equal(twice.accuracy, accuracy);
  near(twice.auc!.interval, auc!.interval, 1e-15);
  // A pair and its reverse cancel, and two pairs that far apart leave every difference possible.
  const none = pairedBootstrap(labels, 2, [better, worse], [worse, better]);
  near(none.auc!.interval, [-1, 1], 1e-15);
  assert.ok(none.auc!.difference === 0 && none.auc!.p > 0.9, `${none.auc!.p}`);
  const reverse = pairedBootstrap(labels, 2, [worse], [better], { resamples: 8000 });
  assert.is(reverse.accuracy.p, accuracy.p);
  near(reverse.accuracy.interval, [-accuracy.interval[1], -accuracy.interval[0]], 1e-15);
});

boot("a seed gives the same bits everywhere, another seed others", () => {
  assert.equal(bootstrap(labels, better, 2).auc!.interval, bootstrap(labels, better, 2, { seed: 0 }).auc!.interval);
  assert.not.equal(bootstrap(labels, better, 2).auc, bootstrap(labels, better, 2, { seed: 1 }).auc);
  near(pairedBootstrap(labels, 2, [better], [worse]).auc!.interval, [0.16581249999999995, 0.2870833333333333], 1e-15);
});

boot("several classes: the mean over one-versus-rest, as in computeMetrics", () => {
  const of = Array.from({ length: 120 }, (_, i) => i % 4);
  const logits = of.flatMap((label, i) =>
    [0, 1, 2, 3].map((c) => noise(i * 4 + c, 7919, 1009) * 3 + (c === label ? 1 : 0)),
  );
  const { accuracy, auc } = bootstrap(of, logits, 4);
  const metrics = computeMetrics(of, logits, 4);
  near(accuracy.value, metrics.accuracy, 0);
  near(auc!.value, metrics.auc!, 1e-12);
  const [low, high] = auc!.interval;
  assert.ok(0.02 < high - low && high - low < 0.12 && low < auc!.value && auc!.value < high, `${low} to ${high}`);
});

boot("an absent class, one class alone, everything right", () => {
  const absent = bootstrap([0, 1, 0, 1, 1], [1, 0, 0, 0, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0], 3);
  assert.ok(absent.auc !== null);
  const alone = bootstrap([1, 1, 1], [0, 1, 1, 0, 0, 1], 2);
  assert.is(alone.auc, null);
  assert.is(pairedBootstrap([1, 1, 1], 2, [[0, 1, 1, 0, 0, 1]], [[0, 1, 0, 1, 0, 1]]).auc, null);
  const right = bootstrap([0, 0, 1, 1], [1, 0, 1, 0, 0, 1, 0, 1], 2);
  near(right.accuracy.interval, [0.025 ** (1 / 4), 1], 1e-15);
  near(right.auc!.interval, [0.025 ** (1 / 2), 1], 1e-15);
});

boot("images of each pair's own: one pair as without, and several pairs by Student's t over them", () => {
  const alone = (of: Uint8Array | number[], first: number[], second: number[]) =>
    separateBootstrap([of], 2, [first], [second]);
  const own = Array.from(labels);
  assert.equal(alone(own, better, better), pairedBootstrap(own, 2, [better], [better]));
  const few = own.slice(0, own.length - 3);
  const cut = (logits: ArrayLike<number>) => Array.from(logits).slice(0, 2 * few.length);
  const flipped = Array.from(better, (_, i) => better[i ^ 1]);
  const { accuracy } = separateBootstrap([own, few], 2, [better, cut(better)], [flipped, cut(flipped)]);
  const [whole, part] = [alone(own, better, flipped), alone(few, cut(better), cut(flipped))].map(
    (found) => found.accuracy.difference,
  );
  assert.ok(Math.abs(accuracy.difference - (whole + part) / 2) < 1e-15);
});

boot("20,000 images, two classifiers, 2,000 resamples: seconds", () => {
  const many = Array.from({ length: 20_000 }, (_, i) => (i % 7 < 3 ? 1 : 0));
  const logits = (step: number) => many.flatMap((label, i) => [0, noise(i, step, 1_000_003) + label * 0.2 - 0.5]);
  const [first, second] = [logits(7919), logits(104_729)];
  const started = performance.now();
  pairedBootstrap(many, 2, [first], [second]);
  inTime("2,000 resamples", (performance.now() - started) / 1000, 20);
});

boot("refuses what it cannot resample", async () => {
  await refused(() => bootstrap([0, 1], [0, 1], 2), "logits: expected 2 × 2", "got 2");
  await refused(() => bootstrap([0, 2], [0, 1, 1, 0], 2), "got 2 for sample 1");
  await refused(() => bootstrap([0, 1], [0, 1, 1, Number.NaN], 2), "finite");
  await refused(() => bootstrap(labels, better, 2, { resamples: 10 }), "100 or more, got 10");
  await refused(() => bootstrap(labels, better, 2, { seed: 0.5 }), "seed: expected a whole number, got 0.5");
  await refused(() => pairedBootstrap(labels, 2, [better], []), "got 1 and 0");
});

boot.run();
