// Do the 95 % intervals hold the truth 95 times in a hundred? 1,000 simulated test sets each, 400 in CI, from models
// whose accuracy and AUC are known.
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bootstrap, pairedBootstrap } from "../../../host/statistics/bootstrap.ts";
import { delongAuc, delongTest } from "../../../host/statistics/delong.ts";
import { wilsonInterval } from "../../../host/statistics/metrics.ts";
import { normalQuantile, normalTail } from "../../../host/statistics/normal.ts";
import { FUZZ_RUNS } from "../../util/fuzz.ts";

/** CI, which sets HQCNN_FUZZ, has less time, and so a wider margin: of percent around 95. */
const [SETS, MARGIN] = FUZZ_RUNS < 20_000 ? [400, 3] : [1000, 2];
const options = { resamples: 1000 };

const coverage = suite("coverage of 95 % intervals");

function gaussians(seed: number): () => number {
  const random = xoroshiro128plus(seed);
  const uniform = () => ((random.next() >>> 0) + 0.5) / 2 ** 32;
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Counts how often each named interval holds its truth. */
function simulate(run: () => Record<string, [truth: number, interval: [low: number, high: number]]>): void {
  const held: Record<string, number> = {};
  for (let set = 0; set < SETS; set++) {
    for (const [name, [truth, [low, high]]] of Object.entries(run())) {
      held[name] = (held[name] ?? 0) + (low <= truth && truth <= high ? 1 : 0);
    }
  }
  const shares = Object.entries(held).map(([name, times]): [string, number] => [name, (100 * times) / SETS]);
  console.log(shares.map(([name, percent]) => `${name} ${percent.toFixed(1)} %`).join(", "));
  for (const [name, percent] of shares) assert.ok(Math.abs(percent - 95) <= MARGIN, `${name}: ${percent} %`);
}

/** Labels of N negatives and P positives, and the distance of two unit normals whose AUC is A: Φ(d / √2) = A. */
const model = (N: number, P: number, A: number) => ({
  labels: Array.from({ length: N + P }, (_, i) => (i < N ? 0 : 1)),
  distance: normalQuantile(A) * Math.SQRT2,
});

const sizes: [N: number, P: number, A: number][] = [
  [25, 25, 0.8],
  [50, 50, 0.95],
  [300, 100, 0.97],
  [256, 256, 0.98],
];
for (const [N, P, A] of sizes) {
  coverage(`${N} + ${P} samples, AUC ${A}: Wilson, DeLong, bootstrap`, () => {
    const normal = gaussians(N + P);
    const { labels, distance } = model(N, P, A);
    // Cut half-way, so that either class is right with the same probability.
    const accuracy = 1 - normalTail(distance / 2);
    let seed = 0;
    simulate(() => {
      const scores = labels.map((label) => normal() + (label - 0.5) * distance);
      const correct = scores.filter((score, i) => score > 0 === (labels[i] === 1)).length;
      const logits = scores.flatMap((score) => [0, score]);
      const resampled = bootstrap(labels, logits, 2, { ...options, seed: seed++ });
      return {
        "accuracy, Wilson": [accuracy, wilsonInterval(correct, labels.length)],
        "accuracy, bootstrap": [accuracy, resampled.accuracy.interval],
        "AUC, DeLong": [A, delongAuc(labels, scores).interval],
        "AUC, bootstrap": [A, resampled.auc!.interval],
      };
    });
  });
}

coverage("100 + 100 samples, two classifiers with AUC 0.9 and 0.8 and half their noise in common: differences", () => {
  const normal = gaussians(7);
  const { labels, distance } = model(100, 100, 0.9);
  const weaker = model(100, 100, 0.8).distance;
  let seed = 0;
  simulate(() => {
    const common = labels.map(() => normal());
    const scores = (d: number) => labels.map((label, i) => (common[i] + normal()) * Math.SQRT1_2 + (label - 0.5) * d);
    const [first, second] = [scores(distance), scores(weaker)];
    const rows = (of: number[]) => of.flatMap((score) => [0, score]);
    const paired = pairedBootstrap(labels, 2, [rows(first)], [rows(second)], { ...options, seed: seed++ });
    return {
      "ΔAUC, bootstrap": [0.1, paired.auc!.interval],
      "ΔAUC, DeLong": [0.1, delongTest(labels, first, second).interval],
      "Δaccuracy, bootstrap": [normalTail(weaker / 2) - normalTail(distance / 2), paired.accuracy.interval],
    };
  });
});

coverage("three classes, 40 samples each: mean one-versus-rest AUC", () => {
  const normal = gaussians(8);
  const labels = Array.from({ length: 120 }, (_, i) => i % 3);
  let seed = 0;
  simulate(() => {
    const logits = labels.flatMap((label) => [0, 1, 2].map((c) => normal() + (c === label ? 1.5 : 0)));
    // 0.9134 ± 0.0001: the mean of 40 simulated sets of 300,000 (numpy).
    return { "AUC, bootstrap": [0.9134, bootstrap(labels, logits, 3, { ...options, seed: seed++ }).auc!.interval] };
  });
});

/**
 * Pairs as of seeds: the two classifiers differ by `effect` in the mean, every training moves each by ± `spread`, and
 * all scores share half of an image's noise. Returns in how many percent of the sets the interval holds the mean
 * difference of all trainings, and p lies below 0.05.
 */
function simulateSeeds(pairs: number, N: number, effect: number, spread: number): Record<string, [number, number]> {
  const normal = gaussians(10 * pairs + N);
  const labels = Array.from({ length: N }, (_, i) => i % 2);
  const distances = (mean: number) => Array.from({ length: pairs }, () => mean + spread * normal());
  const sets = 400;
  // Φ(d / √2) and Φ(d / 2), d normal: the mean of Φ(a + b z) over z is Φ(a / √(1 + b²)).
  const auc = (d: number) => normalTail(-d / Math.sqrt(2 + spread ** 2));
  const accuracy = (d: number) => normalTail(-d / 2 / Math.sqrt(1 + spread ** 2 / 4));
  const truth = { accuracy: accuracy(2 + effect) - accuracy(2), auc: auc(2 + effect) - auc(2) };
  const found: Record<string, [number, number]> = { accuracy: [0, 0], auc: [0, 0] };
  for (let seed = 0; seed < sets; seed++) {
    const common = labels.map(() => normal());
    const logits = (distance: number) =>
      labels.flatMap((label, i) => [0, (common[i] + normal()) * Math.SQRT1_2 + (label - 0.5) * distance]);
    const [first, second] = [distances(2 + effect), distances(2)].map((all) => all.map(logits));
    const paired = pairedBootstrap(labels, 2, first, second, { resamples: 400, seed });
    for (const figure of ["accuracy", "auc"] as const) {
      const { interval, p } = paired[figure]!;
      found[figure][0] += (interval[0] <= truth[figure] && truth[figure] <= interval[1] ? 100 : 0) / sets;
      found[figure][1] += (p < 0.05 ? 100 : 0) / sets;
    }
  }
  return found;
}

for (const [pairs, N, effect, spread] of [
  [5, 400, 0, 0],
  [5, 400, 0, 0.1],
  [5, 400, 0, 0.4],
  [5, 400, 0.3, 0.2],
  [3, 400, 0, 0.2],
  [2, 400, 0, 0.1],
]) {
  coverage(`${pairs} seeds that move a distance by ${spread}, ${N} images, effect ${effect}: differences`, () => {
    for (const [figure, [held, significant]] of Object.entries(simulateSeeds(pairs, N, effect, spread))) {
      console.log(`Δ${figure}: held ${held.toFixed(1)} %, p < 0.05 in ${significant.toFixed(1)} %`);
      assert.ok(held >= 91 && held <= 98.5, `${figure}: ${held} %`);
      if (effect === 0) assert.ok(significant <= 8, `${figure}: p < 0.05 in ${significant} %`);
    }
  });
}

coverage.run();
