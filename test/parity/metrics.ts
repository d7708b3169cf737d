import { z } from "zod";
import { type ClassMetrics, computeMetrics } from "../../host/evaluation/metrics.ts";
import { classificationReport } from "../../host/evaluation/report.ts";
import { emptySection, flatten, largestDifference, note, parseGolden, type Section, skip } from "./report.ts";

const Row = z.object({ precision: z.number(), recall: z.number(), "f1-score": z.number(), support: z.number() });
const Case = z.object({
  classes: z.int(),
  labels: z.array(z.int()),
  logits: z.array(z.array(z.number())),
  accuracy: z.number(),
  auc_macro_ovr: z.number(),
  cross_entropy: z.number(),
  confusion: z.array(z.array(z.int())),
  report: z.record(z.string(), z.union([z.number(), Row])),
  report_text_2_digits: z.string(),
  matthews: z.number(),
  average_precision: z.number().optional(),
  brier: z.number().optional(),
  mcnemar_exact_p: z.number().optional(),
});
const Golden = z.object({ cases: z.array(Case), wilcoxon: z.array(z.unknown()).default([]) });

const TOLERANCE = 1e-12;

/** metrics.json against host/evaluation. */
export function compareMetrics(json: string): Section {
  const section = emptySection();
  const { cases, wilcoxon } = parseGolden("metrics.json", json, Golden);
  cases.forEach((golden, i) => {
    const at = `case ${i}, ${golden.classes} classes`;
    const metrics = computeMetrics(golden.labels, golden.logits.flat(), golden.classes);
    const compare = (name: string, actual: unknown, expected: unknown) =>
      note(section, name, at, largestDifference(flatten(actual), flatten(expected)), TOLERANCE);
    compare("accuracy", metrics.accuracy, golden.accuracy);
    compare("AUC", metrics.auc, golden.auc_macro_ovr);
    compare("cross-entropy", metrics.crossEntropy, golden.cross_entropy);
    compare("confusion matrix", metrics.confusion, golden.confusion);
    compare("MCC", metrics.mcc, golden.matthews);
    if (golden.average_precision !== undefined) compare("average precision", metrics.averagePrecision, golden.average_precision);
    if (golden.brier !== undefined) compare("Brier score", metrics.brier, golden.brier);
    const rows: [string, ClassMetrics][] = [
      ...metrics.perClass.map((row, c): [string, ClassMetrics] => [String(c), row]),
      ["macro avg", metrics.macro],
      ["weighted avg", metrics.weighted],
    ];
    for (const [name, { precision, recall, f1, support }] of rows) {
      const row = golden.report[name];
      const expected = typeof row === "object" ? [row.precision, row.recall, row["f1-score"], row.support] : [];
      compare("report", [precision, recall, f1, support], expected);
    }
    const names = metrics.perClass.map((_, c) => String(c));
    const same = classificationReport(metrics, names) === golden.report_text_2_digits;
    note(section, "report text", at, same ? 0 : 1, 0);
    if (golden.mcnemar_exact_p !== undefined) skip(section, "exact McNemar p");
    section.compared += 1;
  });
  for (const _ of wilcoxon) skip(section, "exact Wilcoxon p");
  return section;
}
