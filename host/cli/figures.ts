import type { Task } from "../datasets/types.ts";
import type { ReportedMetrics } from "../evaluation/evaluate.ts";
import type { Tta } from "../evaluation/tta.ts";
import { classificationReport } from "../statistics/classificationReport.ts";
import type { LabelMetrics, MultilabelMetrics } from "../statistics/types.ts";
import { onOneLine, table } from "./terminal.ts";

/** The figures of a split as text: one a line, the confusion matrix or a table of labels, the classification report. */
export function figuresText(metrics: ReportedMetrics, classNames: readonly string[]): string {
  const { auc, aucInterval, aucIntervalMethod, multilabel, ordinal } = metrics;
  const interval = ([low, high]: readonly number[], method: string) =>
    `95 % interval ${four(low)} to ${four(high)} (${method})`;
  const aucNote = () => {
    if (aucInterval !== null) return interval(aucInterval, aucIntervalMethod);
    return multilabel ? withoutAucText(multilabel, classNames) : "only one class occurs";
  };
  const accuracyMethod = multilabel ? "bootstrap of images" : "Wilson";
  const figures = [
    [
      "accuracy",
      four(metrics.accuracy),
      `${interval(metrics.accuracyInterval, accuracyMethod)}, ${metrics.count} images`,
    ],
    ...(multilabel ? [["all labels right", four(multilabel.subsetAccuracy), ""]] : []),
    ["AUC", auc === null ? "none" : four(auc), aucNote()],
    ...(ordinal
      ? [
          [
            "quadratic kappa",
            orNone(ordinal.quadraticKappa),
            percentiles(ordinal.quadraticKappaInterval, ordinal.quadraticKappa),
          ],
          [
            "mean absolute error",
            four(ordinal.meanAbsoluteError),
            percentiles(ordinal.meanAbsoluteErrorInterval, ordinal.meanAbsoluteError),
          ],
        ]
      : []),
    ["cross-entropy", four(metrics.crossEntropy), ""],
    ["MCC", four(metrics.mcc), ""],
    ["average precision", four(metrics.averagePrecision), ""],
    ["Brier score", four(metrics.brier), ""],
    ["calibration error", four(metrics.calibrationError), ""],
  ];
  if (multilabel) {
    const head = ["label", "", "AUC", "average precision", "F1", "precision", "recall", "support"];
    const rows = multilabel.labels.map(({ auc, averagePrecision, f1, precision, recall, support }, label) => [
      ...[String(label), classNames[label], orNone(auc), orNone(averagePrecision)],
      ...[f1, precision, recall].map(four),
      String(support),
    ]);
    const means = "accuracy, AUC, MCC and average precision are means over the labels; yes is a probability above 0.5";
    return [table(figures, [1]), `\n${means}\n${table([head, ...rows], [2, 3, 4, 5, 6, 7])}`].join("\n");
  }
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

/** Why there is no mean AUC of several labels, and what the mean over the others is. */
function withoutAucText({ withoutAuc, definedAuc }: MultilabelMetrics, classNames: readonly string[]): string {
  const names = withoutAuc.map((label) => classNames[label]).join(", ");
  const others = classNames.length - withoutAuc.length;
  return (
    `medmnist's Evaluator has none where a label is there for all images or for none (${names})` +
    (definedAuc === null
      ? ""
      : `; mean over the ${others === 1 ? "other label" : `${others} others`}: ${four(definedAuc)}`)
  );
}

function percentiles(interval: readonly [number, number] | null | undefined, value: number | null): string {
  if (interval === null && value !== null) return "no interval, as all resamples give the same";
  if (!interval) return "";
  return `95 % interval ${four(interval[0])} to ${four(interval[1])} (stratified bootstrap, percentiles)`;
}

/** The figures of a split for --json. */
export function figuresJson(metrics: ReportedMetrics, classNames: readonly string[]) {
  const { multilabel, ordinal } = metrics;
  return {
    accuracy: metrics.accuracy,
    accuracy_interval: metrics.accuracyInterval,
    auc: metrics.auc,
    auc_interval: metrics.aucInterval,
    auc_interval_method: metrics.aucIntervalMethod,
    ...(multilabel && {
      auc_defined: multilabel.definedAuc,
      labels_without_auc: multilabel.withoutAuc.map((label) => classNames[label]),
      subset_accuracy: multilabel.subsetAccuracy,
      subset_accuracy_interval: multilabel.subsetAccuracyInterval,
      per_label: multilabel.labels.map((label, i) => labelJson(label, classNames[i])),
    }),
    ...(ordinal && {
      quadratic_kappa: ordinal.quadraticKappa,
      quadratic_kappa_interval: ordinal.quadraticKappaInterval ?? null,
      mean_absolute_error: ordinal.meanAbsoluteError,
      mean_absolute_error_interval: ordinal.meanAbsoluteErrorInterval ?? null,
    }),
    cross_entropy: metrics.crossEntropy,
    mcc: metrics.mcc,
    average_precision: metrics.averagePrecision,
    brier: metrics.brier,
    calibration_error: metrics.calibrationError,
    ...(multilabel ? {} : { confusion: metrics.confusion }),
    per_class: metrics.perClass,
    macro: metrics.macro,
    weighted: metrics.weighted,
    count: metrics.count,
  };
}

function labelJson({ auc, aucInterval, averagePrecision, ...others }: LabelMetrics, label: string) {
  return { label, auc, auc_interval: aucInterval, average_precision: averagePrecision, ...others };
}

/** Behind what a table is about. */
export function ttaNote(tta: Tta): string {
  return tta === "none" ? "" : `, test-time augmentation ${tta}`;
}

/** Behind what a table is about: a task that is not told by its table. */
export function taskNote(task: Task): string {
  return task === "ordinal" || task === "multilabel" ? `, task ${task}` : "";
}

function four(value: number): string {
  return value.toFixed(4);
}

function orNone(value: number | null): string {
  return value === null ? "none" : four(value);
}
