import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { classificationReport } from "../../../host/statistics/classificationReport.ts";
import { computeMetrics } from "../../../host/statistics/metrics.ts";
import { needsShared } from "../../util/paths.ts";

const report = suite("evaluation/report");

/** Metrics of given pairs of label and predicted class. */
function of(pairs: [number, number][], classes: number) {
  const logits = pairs.flatMap(([, p]) => Array.from({ length: classes }, (_, c) => (c === p ? 1 : 0)));
  // biome-ignore format: one line
  return computeMetrics(pairs.map(([label]) => label), logits, classes);
}

report("prints scikit-learn's table, names right-aligned to the longest", () => {
  // biome-ignore format: one line
  const text = classificationReport(of([[0, 0], [0, 1], [1, 1]], 2), ["no", "erythroblast or so"]);
  assert.is(
    text,
    [
      "                    precision    recall  f1-score   support",
      "",
      "                no       1.00      0.50      0.67         2",
      "erythroblast or so       0.50      1.00      0.67         1",
      "",
      "          accuracy                           0.67         3",
      "         macro avg       0.75      0.75      0.67         3",
      "      weighted avg       0.83      0.67      0.67         3",
      "",
    ].join("\n"),
  );
});

report("rounds exact ties to the even digit, as Python does, and 0.145 by its bits", () => {
  const recall = (hits: number, support: number, digits = 2) => {
    const pairs = Array.from({ length: support }, (_, s): [number, number] => [0, s < hits ? 0 : 1]);
    return classificationReport(of(pairs, 2), ["a", "b"], digits).split("\n")[2].split(/ +/).at(-3);
  };
  // f"{x:.2f}" in Python 3.11
  assert.is(recall(1, 8), "0.12");
  assert.is(recall(3, 8), "0.38");
  assert.is(recall(5, 8), "0.62");
  assert.is(recall(7, 8), "0.88");
  assert.is(recall(29, 200), "0.14");
  assert.is(recall(31, 200), "0.15");
  assert.is(recall(1, 8, 3), "0.125");
  assert.is(recall(1, 16, 3), "0.062");
  assert.is(recall(3, 16, 3), "0.188");
});

needsShared(report, "parity/metrics.json")("is scikit-learn's to the letter", (golden) => {
  const { cases } = JSON.parse(readFileSync(golden, "utf8"));
  for (const { labels, logits, classes, report_text_2_digits } of cases) {
    const names = Array.from({ length: classes }, (_, c) => String(c));
    assert.is(classificationReport(computeMetrics(labels, logits.flat(), classes), names), report_text_2_digits);
  }
});

report.run();
