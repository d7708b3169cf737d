import { type Published, publishedFigures } from "../comparison/published.ts";
import type { Metrics } from "../statistics/metrics.ts";
import { BEST_BY_NAMES } from "../training/bestBy.ts";
import type { TestResult } from "../training/record.ts";
import type { ReportedRun } from "../training/reported.ts";
import { type Html, html } from "./html.ts";
import { labelAnswer } from "./labelFigures.ts";
import { dataTable } from "./page.ts";
import { capital, percentText, quote, whole } from "./text.ts";

/** Warnings that belong beside the results. */
export function notices(lines: readonly string[]): Html | null {
  if (lines.length === 0) return null;
  return html`<div class="notice" role="note">${lines.map((line) => html`<p>${line}</p>`)}</div>`;
}

/** What is missing of a run, and how to complete it. */
export function unfinished({ folder, history, config, model }: ReportedRun): Html {
  const { epochs } = config.options;
  return html`<p class="lead">This run stopped after ${history.length} of ${epochs} ${epochs === 1 ? "epoch" : "epochs"}: there are no test results yet${model ? "" : ", and no model"}.</p>
<p>This command continues it and ends with the same bits as an uninterrupted run:</p>
<pre class="wrap"><code>hqcnn train --resume ${quote(folder)}</code></pre>`;
}

/** What the run found: in a sentence, in large type, and beside published results. */
export function answer({ config, history, model }: ReportedRun, { metrics }: TestResult): Html {
  const { accuracy, accuracyInterval, auc, aucInterval, aucIntervalMethod, count } = metrics;
  const { options } = config;
  const { classNames, task, protocol } = config.data;
  const { multilabel, ordinal } = metrics;
  const labels = multilabel ? labelAnswer(metrics, classNames) : null;
  const what =
    task === "binary"
      ? html`tells ${classNames[1]} from ${classNames[0]}`
      : labels
        ? html`${labels.text}`
        : html`names the right one of ${classNames.length} classes${ordinal ? " in an order" : ""}`;
  const [low, high] = accuracyInterval.map((share) => percentText(share));
  const aucRange = aucInterval && `95 % interval ${aucInterval[0].toFixed(4)} to ${aucInterval[1].toFixed(4)}`;
  const aucText =
    auc === null
      ? (labels?.missing ?? null)
      : ` The area under the ROC curve is ${auc.toFixed(4)}${aucRange ? ` (${aucRange})` : ""}${task === "binary" ? "" : `, the mean over the ${labels ? "labels" : "classes"}`}.`;
  const majority = multilabel
    ? multilabel.labels.reduce((sum, { support }) => sum + Math.max(support, count - support), 0) / classNames.length
    : Math.max(...metrics.perClass.map(({ support }) => support));
  const always = multilabel
    ? "Always giving each label’s more frequent answer would be right for"
    : "Always predicting its most frequent class would be right for";
  const accuracyMethod = multilabel ? "bootstrap of images" : "Wilson";
  const belowF1 = multilabel
    ? `all labels right for ${percentText(multilabel.subsetAccuracy)} of the images`
    : `Matthews correlation ${metrics.mcc.toFixed(4)}`;
  const published = publishedFigures(config);
  const box = (name: string, value: string, below: string) =>
    html`<div><dt>${name}</dt><dd class="value">${value}</dd><dd class="interval">${below}</dd></div>`;
  return html`<p class="lead">The network ${what} in ${percentText(accuracy)} of ${labels ? "its answers about " : ""}${whole(count)} test images (95 % interval ${low} to ${high}).${aucText}</p>
<dl class="answers">
${box("Test accuracy", percentText(accuracy), `95 % interval ${low} to ${high} (${accuracyMethod})`)}
${box("ROC AUC", auc?.toFixed(4) ?? "–", auc === null ? (labels ? "a label has one answer only" : "only one class occurs") : aucRange ? `${aucRange} (${aucIntervalMethod})` : "ranking without a threshold; 1 is best")}
${box("Macro F1", metrics.macro.f1.toFixed(4), belowF1)}
${ordinal ? box("Quadratic kappa", ordinal.quadraticKappa?.toFixed(4) ?? "none", `mean absolute error ${ordinal.meanAbsoluteError.toFixed(4)} classes`) : null}
${box("Calibration error", metrics.calibrationError.toFixed(4), `cross-entropy ${metrics.crossEntropy.toFixed(4)}`)}
</dl>
${protocol === "pooled" ? notices([POOLED]) : null}
<p class="muted">The parameters are those of epoch ${model?.info.training.epoch ?? "–"} of ${history.length}, the best by ${BEST_BY_NAMES[options.bestBy]} on the validation split. The test split was used neither for training nor for that choice. ${always} ${percentText(majority / count)} of its ${labels ? "answers" : "images"}.</p>
${published.length > 0 ? comparison(metrics, published) : null}`;
}

const POOLED =
  "Protocol pooled: the images were split by the seed of this run. Its results are not comparable with those of the official split.";

/** A published result with the digits it was published with, at most five. */
function reported(figure: number): string {
  return String(Number(figure.toPrecision(5)));
}

function comparison(metrics: Metrics, published: readonly Published[]): Html {
  const [low, high] = metrics.accuracyInterval;
  const sentences = published.map(({ who, accuracy, auc, note }) => {
    const where = accuracy > high ? "above" : accuracy < low ? "below" : "within";
    return html`<p>${capital(who)} is reported with an accuracy of ${percentText(accuracy)} and an AUC of ${reported(auc)}: that accuracy is ${where} this run’s interval. ${note}</p>`;
  });
  const rows = [
    ["this run", percentText(metrics.accuracy), metrics.auc?.toFixed(4) ?? "–"],
    ...published.map(({ who, accuracy, auc }) => [who, percentText(accuracy), reported(auc)]),
  ];
  return html`<h3>Beside published results</h3>
${dataTable("Published results", ["", "accuracy", "AUC"], rows)}
${sentences}`;
}
