import { precisionRecallCurve, rocCurve, thinned } from "../statistics/curves.ts";
import { columnOf } from "../statistics/multilabel.ts";
import type { LabelMetrics, Metrics } from "../statistics/types.ts";
import type { TestResult } from "../training/record.ts";
import type { Charts } from "./charts.ts";
import { type Html, html } from "./html.ts";
import { type AddFigure, dataTable, details, figure } from "./page.ts";
import { furtherMetrics } from "./testFigures.ts";
import { whole } from "./text.ts";

/** Test results of images with several labels: a table of the labels, their curves, what is right and wrong of each. */
export function labelFigures(
  classNames: readonly string[],
  { metrics, predictions }: TestResult,
  charts: Charts,
  add: AddFigure,
): Html {
  const { labels } = metrics.multilabel!;
  const rows = labels.map(({ auc, aucInterval, averagePrecision, f1, precision, recall, accuracy, support }, label) => [
    classNames[label],
    auc === null ? "none" : `${four(auc)} [${aucInterval?.map(four).join(", ")}]`,
    orNone(averagePrecision),
    ...[f1, precision, recall, accuracy].map(four),
    whole(support),
  ]);
  const head = ["label", "AUC", "average precision", "F1", "precision", "recall", "accuracy", "support"];
  return html`<h3>Each label</h3>
<p class="muted">AUC with its 95 % interval (DeLong), average precision, and what a probability above 0.5 as a yes comes to. Support: images that have the label.</p>
${dataTable("Each label", head, rows)}
${answersTable(labels, classNames)}
${curves(classNames, labels, predictions, charts, add)}
${furtherMetrics(metrics)}`;
}

/** Right and wrong answers of each label. */
function answersTable(labels: readonly LabelMetrics[], classNames: readonly string[]): Html {
  const rows = labels.map(({ confusion: [[no, wrongYes], [wrongNo, yes]] }, label) => [
    classNames[label],
    ...[yes, wrongNo, wrongYes, no].map(whole),
  ]);
  const head = ["label", "found", "missed", "false alarms", "rightly not"];
  return details("Right and wrong answers of each label", dataTable("Right and wrong answers", head, rows));
}

function curves(
  classNames: readonly string[],
  labels: readonly LabelMetrics[],
  { rows, probs }: TestResult["predictions"],
  charts: Charts,
  add: AddFigure,
): Html | null {
  const shown = [...labels.keys()].filter((label) => labels[label].auc !== null);
  if (!rows || shown.length === 0) return null;
  const classes = classNames.length;
  const line = (label: number, note: string, curve: typeof rocCurve) => ({
    name: classNames[label],
    note,
    points: thinned(curve(columnOf(rows.labels, classes, label), columnOf(probs, classes, label), 1)),
  });
  const areas = shown.map((label) => `${classNames[label]}: AUC ${orNone(labels[label].auc)}`);
  const roc = charts.curves(
    `ROC of each label. ${areas.join("; ")}.`,
    { x: "false positive rate", y: "true positive rate" },
    shown.map((label) => line(label, `AUC ${orNone(labels[label].auc)}`, rocCurve)),
    true,
  );
  const precisionRecall = charts.curves(
    "Precision over recall of each label.",
    { x: "recall", y: "precision" },
    shown.map((label) =>
      line(label, `average precision ${orNone(labels[label].averagePrecision)}`, precisionRecallCurve),
    ),
    false,
  );
  return html`<div class="grid">
${figure(add("roc", roc), html`ROC of each label; the dashed diagonal is chance.`)}
${figure(add("precision-recall", precisionRecall), html`Precision over recall of each label.`)}
</div>`;
}

/** What a report says first of images with several labels. */
export function labelAnswer(metrics: Metrics, classNames: readonly string[]): { text: string; missing: string | null } {
  const { withoutAuc, definedAuc } = metrics.multilabel!;
  const names = withoutAuc.map((label) => classNames[label]).join(", ");
  return {
    text: `is right about ${classNames.length} labels, each by itself,`,
    missing:
      withoutAuc.length === 0
        ? null
        : ` There is no mean area under the ROC curve, as a label that all images have or none has (${names}) has none${definedAuc === null ? "" : `; the mean over the others is ${four(definedAuc)}`}.`,
  };
}

function four(value: number): string {
  return value.toFixed(4);
}

function orNone(value: number | null): string {
  return value === null ? "none" : four(value);
}
