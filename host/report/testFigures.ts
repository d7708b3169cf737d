import { classificationReport } from "../statistics/classificationReport.ts";
import { precisionRecallCurve, rocArea, rocCurve, thinned } from "../statistics/curves.ts";
import { calibrationBins } from "../statistics/metrics.ts";
import type { Metrics } from "../statistics/types.ts";
import type { TestResult } from "../training/record.ts";
import type { Charts } from "./charts.ts";
import { type Html, html } from "./html.ts";
import { type AddFigure, dataTable, details, figure } from "./page.ts";
import { percentText, whole } from "./text.ts";

/** Confusion matrix, curves, calibration and the classification report on the test split. */
export function testFigures(classNames: readonly string[], result: TestResult, charts: Charts, add: AddFigure): Html {
  const { metrics } = result;
  return html`<div class="grid">
${confusionFigure(classNames, result, charts, add)}
${curveFigures(classNames, result, charts, add)}
${calibrationFigures(classNames.length, result, charts, add)}
${furtherMetrics(metrics)}
</div>
<h3>Classification report</h3>
<p class="muted">As scikit-learn prints it.</p>
<pre tabindex="0" role="region" aria-label="Classification report"><code>${classificationReport(metrics, classNames)}</code></pre>`;
}

/** Metrics that have no picture. */
export function furtherMetrics({ ordinal, multilabel, ...metrics }: Metrics): Html {
  const withInterval = (value: number | null, interval: readonly number[] | null | undefined) =>
    `${value === null ? "none" : value.toFixed(4)}${interval ? ` [${interval.map((end) => end.toFixed(4)).join(", ")}]` : ""}`;
  return dataTable(
    "Further metrics",
    ["metric", "value"],
    [
      ...(ordinal
        ? [
            ["quadratic-weighted kappa", withInterval(ordinal.quadraticKappa, ordinal.quadraticKappaInterval)],
            [
              "mean absolute error, classes",
              withInterval(ordinal.meanAbsoluteError, ordinal.meanAbsoluteErrorInterval),
            ],
          ]
        : []),
      ...(multilabel
        ? [["all labels right", withInterval(multilabel.subsetAccuracy, multilabel.subsetAccuracyInterval)]]
        : []),
      ["Matthews correlation", metrics.mcc.toFixed(4)],
      ["average precision", metrics.averagePrecision.toFixed(4)],
      ["cross-entropy", metrics.crossEntropy.toFixed(4)],
      ["Brier score", metrics.brier.toFixed(4)],
      ["expected calibration error, 15 bins", metrics.calibrationError.toFixed(4)],
    ],
  );
}

function mistakes({ metrics: { confusion, count } }: TestResult): number {
  return count - confusion.reduce((sum, row, c) => sum + row[c], 0);
}

function confusionFigure(classNames: readonly string[], result: TestResult, charts: Charts, add: AddFigure): Html {
  const { confusion, count, perClass } = result.metrics;
  const wrong = mistakes(result);
  const rights = confusion.map((row, c) => `${classNames[c]}: ${whole(row[c])} of ${whole(perClass[c].support)} right`);
  const label = `Confusion matrix of ${whole(count)} test images, rows the label, columns the predicted class. ${rights.join("; ")}.`;
  const table = dataTable(
    "Confusion matrix",
    ["label \\ predicted", ...classNames],
    confusion.map((row, c) => [classNames[c], ...row.map(whole)]),
  );
  const caption = html`Confusion matrix: images by label (row) and predicted class (column), with their share of the row.
${wrong === 0 ? "All images are right." : `${whole(wrong)} of ${whole(count)} images are wrong.`}`;
  return figure(add("confusion", charts.confusion(label, confusion, classNames)), caption, {
    wide: classNames.length < 5 ? undefined : "Confusion matrix, picture",
    more: details("Confusion matrix as a table", table),
  });
}

/** ROC and precision over recall: of class 1 of two, else of every class against the rest that can have one. */
function curveFigures(classNames: readonly string[], result: TestResult, charts: Charts, add: AddFigure): Html | null {
  const { metrics, predictions } = result;
  const { labels, probs } = predictions;
  const classes = classNames.length;
  const binary = classes === 2;
  const shown = (binary ? [1] : classNames.map((_, c) => c)).filter(
    (c) => metrics.perClass[c].support > 0 && metrics.perClass[c].support < metrics.count,
  );
  if (shown.length === 0) return null;
  const scores = (c: number) => probs.filter((_, i) => i % classes === c);
  const areas = shown.map((c) => {
    const area = binary ? metrics.auc : rocArea(labels, scores(c), c);
    return area?.toFixed(4) ?? "";
  });
  const averagePrecision = metrics.averagePrecision.toFixed(4);
  const whose = binary ? `, positive class ${classNames[1]}` : ", each class against the rest";
  const roc = charts.curves(
    `ROC${whose}. ${shown.map((c, i) => `${classNames[c]}: AUC ${areas[i]}`).join("; ")}.`,
    { x: "false positive rate", y: "true positive rate" },
    shown.map((c, i) => ({
      name: classNames[c],
      note: `AUC ${areas[i]}`,
      points: thinned(rocCurve(labels, scores(c), c)),
    })),
    true,
  );
  const precisionRecall = charts.curves(
    `Precision over recall${whose}. Average precision ${averagePrecision}.`,
    { x: "recall", y: "precision" },
    shown.map((c) => ({
      name: classNames[c],
      note: binary ? `average precision ${averagePrecision}` : `${whole(metrics.perClass[c].support)} images`,
      points: thinned(precisionRecallCurve(labels, scores(c), c)),
    })),
    false,
  );
  const table = dataTable(
    "AUC of each class",
    ["class", "AUC"],
    shown.map((c, i) => [classNames[c], areas[i]]),
  );
  return html`${figure(add("roc", roc), html`ROC${whose}; the dashed diagonal is chance.`, {
    more: binary ? undefined : details("AUC of each class as a table", table),
  })}
${figure(add("precision-recall", precisionRecall), html`Precision over recall${whose}; average precision ${averagePrecision}${binary ? "" : ", the mean over the classes"}.`)}`;
}

function calibrationFigures(classes: number, result: TestResult, charts: Charts, add: AddFigure): Html {
  const { labels, predicted, probs } = result.predictions;
  const bins = calibrationBins(labels, predicted, probs, classes);
  const error = result.metrics.calibrationError.toFixed(4);
  const wrong = mistakes(result);
  const edge = (bin: number) => percentText(bin / bins.length, 1);
  const rows = bins.flatMap(({ count, correct, confidence }, i) => {
    if (count === 0) return [];
    const shares = [confidence / count, correct / count].map((share) => percentText(share));
    return [[`${edge(i)} to ${edge(i + 1)}`, whole(count), whole(correct), ...shares]];
  });
  const table = dataTable("Bins", ["confidence", "images", "right", "mean confidence", "share right"], rows);
  const reliability = charts.reliability(
    `Reliability diagram in 15 bins: expected calibration error ${error}. The table below has the numbers.`,
    bins,
  );
  const confidences = charts.confidences(
    `Histogram of confidences: ${whole(result.metrics.count - wrong)} right and ${whole(wrong)} wrong answers in 15 bins.`,
    bins,
  );
  const caption = html`Reliability: share of right answers over mean confidence, in 15 bins. The expected calibration error, the mean
gap weighted by images, is ${error}.`;
  return html`${figure(add("reliability", reliability), caption, { more: details("Bins as a table", table) })}
${figure(add("confidences", confidences), html`How confident the network is: the probability of the predicted class, right and wrong answers stacked.`)}`;
}
