import { type Published, publishedFigures } from "../comparison/published.ts";
import type { Metrics } from "../statistics/metrics.ts";
import type { TestResult } from "../training/record.ts";
import type { ReportedRun } from "../training/reported.ts";
import { type Html, html } from "./html.ts";
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
  const what =
    task === "binary"
      ? html`tells ${classNames[1]} from ${classNames[0]}`
      : html`names the right one of ${classNames.length} classes`;
  const [low, high] = accuracyInterval.map((share) => percentText(share));
  const aucRange = aucInterval && `95 % interval ${aucInterval[0].toFixed(4)} to ${aucInterval[1].toFixed(4)}`;
  const aucText =
    auc === null
      ? null
      : ` The area under the ROC curve is ${auc.toFixed(4)}${aucRange ? ` (${aucRange})` : ""}${task === "binary" ? "" : ", the mean over the classes"}.`;
  const majority = Math.max(...metrics.perClass.map(({ support }) => support));
  const published = publishedFigures(config);
  const box = (name: string, value: string, below: string) =>
    html`<div><dt>${name}</dt><dd class="value">${value}</dd><dd class="interval">${below}</dd></div>`;
  return html`<p class="lead">The network ${what} in ${percentText(accuracy)} of ${whole(count)} test images (95 % interval ${low} to ${high}).${aucText}</p>
<dl class="answers">
${box("Test accuracy", percentText(accuracy), `95 % interval ${low} to ${high} (Wilson)`)}
${box("ROC AUC", auc?.toFixed(4) ?? "–", auc === null ? "only one class occurs" : aucRange ? `${aucRange} (${aucIntervalMethod})` : "ranking without a threshold; 1 is best")}
${box("Macro F1", metrics.macro.f1.toFixed(4), `Matthews correlation ${metrics.mcc.toFixed(4)}`)}
${box("Calibration error", metrics.calibrationError.toFixed(4), `cross-entropy ${metrics.crossEntropy.toFixed(4)}`)}
</dl>
${protocol === "pooled" ? notices([POOLED]) : null}
<p class="muted">The parameters are those of epoch ${model?.info.training.epoch ?? "–"} of ${history.length}, the best by ${options.bestBy === "loss" ? "loss" : "AUC"} on the validation split. The test split was used neither for training nor for that choice. Always predicting its most frequent class would be right for ${percentText(majority / count)} of its images.</p>
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
