import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compareVariants } from "../../../host/comparison/compare.ts";
import { syntheticVariants } from "../../util/study.ts";

const comparisons = suite("compareVariants");
const data = { name: "d", task: "binary", protocol: "pooled" } as const;

comparisons("pooled: every seed's answers are judged by its own labels", () => {
  const variants = syntheticVariants({ names: ["quantum", "none"], seeds: 3, protocol: "pooled" });
  const [{ accuracy, auc, mcnemar }] = compareVariants(variants, data).contrasts;
  const [network, twin] = variants.map(({ runs }) => runs);
  for (const [i, { network: onlyNetwork, twin: onlyTwin }] of mcnemar.entries()) {
    const ahead = network[i].result.metrics.accuracy - twin[i].result.metrics.accuracy;
    assert.is(onlyNetwork - onlyTwin, Math.round(40 * ahead), `seed ${i}`);
  }
  for (const { mean, interval } of [accuracy, auc!]) assert.ok(interval[0] < mean && mean < interval[1]);
});

comparisons("pooled: the order of the test images says nothing", () => {
  const variants = syntheticVariants({ names: ["quantum", "none"], seeds: 1 });
  const sorted = compareVariants(variants, data).contrasts[0];
  // As a second seed the same answers, its images the other way round: their pairs within a class are others, the differences the same.
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
  const both = compareVariants(turned, data).contrasts[0];
  assert.equal(both.accuracy.bySeed, [sorted.accuracy.mean, sorted.accuracy.mean]);
  const width = ([low, high]: readonly number[]) => high - low;
  assert.ok(width(both.accuracy.interval) < 1.3 * width(sorted.accuracy.interval));
  assert.ok(both.accuracy.interval[0] < both.accuracy.mean && both.accuracy.mean < both.accuracy.interval[1]);
});

comparisons.run();
