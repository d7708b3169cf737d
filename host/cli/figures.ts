import type { Metrics } from "../evaluation/metrics.ts";
import { classificationReport } from "../evaluation/report.ts";
import type { Tta } from "../evaluation/tta.ts";
import { table } from "./terminal.ts";

/** The figures of a split as text: one a line, the confusion matrix, the classification report. */
export function figuresText(metrics: Metrics, classNames: readonly string[]): string {
  const [low, high] = metrics.accuracyInterval.map(four);
  const figures = [
    ["accuracy", four(metrics.accuracy), `95 % interval ${low} to ${high} (Wilson), ${metrics.count} images`],
    ["AUC", metrics.auc === null ? "none" : four(metrics.auc), metrics.auc === null ? "only one class occurs" : ""],
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
    `\nconfusion matrix (a row a label, a column a predicted class)\n${table(confusion, counts)}`,
    `\n${classificationReport(metrics, classNames)}`,
  ].join("\n");
}

/** The figures of a split for --json. */
export function figuresJson(metrics: Metrics) {
  return {
    accuracy: metrics.accuracy,
    accuracy_interval: metrics.accuracyInterval,
    auc: metrics.auc,
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
