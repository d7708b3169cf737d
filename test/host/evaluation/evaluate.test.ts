import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reportMetrics } from "../../../host/evaluation/evaluate.ts";
import { bootstrap } from "../../../host/statistics/bootstrap.ts";
import { delongAuc } from "../../../host/statistics/delong.ts";
import { computeMetrics } from "../../../host/statistics/metrics.ts";

const evaluate = suite("evaluation/evaluate");

evaluate("two classes: DeLong's interval of the difference of the logits", () => {
  const labels = [0, 0, 1, 1, 0, 1];
  const logits = [1, 0, 0.5, 2, 0, 1, 3, 4, 2, 0, 1, 0.5];
  const { aucInterval, aucIntervalMethod, ...metrics } = reportMetrics(labels, logits, 2);
  assert.equal(metrics, computeMetrics(labels, logits, 2));
  const { auc, interval } = delongAuc(labels, [-1, 1.5, 1, 1, -2, -0.5]);
  assert.equal([metrics.auc, aucInterval, aucIntervalMethod], [auc, interval, "DeLong, logit"]);
});

evaluate("more classes: the stratified bootstrap's", () => {
  const labels = Array.from({ length: 30 }, (_, i) => i % 3);
  const logits = labels.flatMap((label, i) => [0, 1, 2].map((c) => (((i * 3 + c) * 7) % 11) + (c === label ? 3 : 0)));
  const { auc, aucInterval, aucIntervalMethod } = reportMetrics(labels, logits, 3);
  assert.equal(aucInterval, bootstrap(labels, logits, 3, { resamples: 2000, seed: 0 }).auc!.interval);
  assert.ok(aucInterval![0] < auc! && auc! < aucInterval![1]);
  assert.is(aucIntervalMethod, "stratified bootstrap, 2,000 resamples");
});

evaluate("all pairs right: neither of the two, and the name says so", () => {
  const right = reportMetrics([0, 0, 1, 1], [1, 0, 2, 0, 0, 1, 0, 2], 2);
  assert.equal([right.auc, right.aucIntervalMethod], [1, "Clopper-Pearson, disjoint pairs"]);
  assert.ok(Math.abs(right.aucInterval![0] - Math.sqrt(0.025)) < 1e-15);
});

evaluate("no AUC, no interval", () => {
  assert.is(reportMetrics([1, 1], [0, 1, 1, 0], 2).aucInterval, null);
  assert.is(reportMetrics([2, 2], [0, 1, 1, 0, 0, 1], 3).aucInterval, null);
});

evaluate.run();
