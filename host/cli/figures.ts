import type { ReportedMetrics } from "../evaluation/evaluate.ts";
import type { Tta } from "../evaluation/tta.ts";
import { classificationReport } from "../statistics/classificationReport.ts";
import { onOneLine, table } from "./terminal.ts";

/** The figures of a split as text: one a line, the confusion matrix, the classification report. */
export function figuresText(metrics: ReportedMetrics, classNames: readonly string[]): string {
  const { auc, aucInterval, aucIntervalMethod } = metrics;
  const interval = ([low, high]: readonly number[], method: string) =>
    `95 % interval ${four(low)} to ${four(high)} (${method})`;
  const figures = [
    ["accuracy", four(metrics.accuracy), `${interval(metrics.accuracyInterval, "Wilson")}, ${metrics.count} images`],
    [
      "AUC",
      auc === null ? "none" : four(auc),
      aucInterval === null ? "only one class occurs" : interval(aucInterval, aucIntervalMethod),
    ],
    ["cross-entropy", four(metrics.crossEntropy), ""],
    ["MCC", four(metrics.mcc), ""],
    ["average precision", four(metrics.averagePrecision), ""],
    ["Brier score", four(metrics.brier), ""],
    ["calibration error", four(metrics.calibrationError), ""],
  ];
  const confusion = [
    ["label", "", ...classNames.map((_, c) => String(c))],
    ...metrics.confusion.map((row, c) => [String(c), classNames[c], ...row.map(String)]),
  ];
  const counts = classNames.map((_, c) => c + 2);
  return [
    table(figures, [1]),
    `\nconfusion matrix (rows: labels, columns: predicted classes)\n${table(confusion, counts)}`,
    `\n${classificationReport(metrics, classNames.map(onOneLine))}`,
  ].join("\n");
}

/** The figures of a split for --json. */
export function figuresJson(metrics: ReportedMetrics) {
  return {
    accuracy: metrics.accuracy,
    accuracy_interval: metrics.accuracyInterval,
    auc: metrics.auc,
    auc_interval: metrics.aucInterval,
    auc_interval_method: metrics.aucIntervalMethod,
    cross_entropy: metrics.crossEntropy,
    mcc: metrics.mcc,
    average_precision: metrics.averagePrecision,
    brier: metrics.brier,
    calibration_error: metrics.calibrationError,
    confusion: metrics.confusion,
    per_class: metrics.perClass,
    macro: metrics.macro,
    weighted: metrics.weighted,
    count: metrics.count,
  };
}

/** Behind what a table is about. */
export function ttaNote(tta: Tta): string {
  return tta === "none" ? "" : `, test-time augmentation ${tta}`;
}

function four(value: number): string {
  return value.toFixed(4);
}
