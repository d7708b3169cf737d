import type { BestBy } from "../training/bestBy.ts";
import type { EpochRecord } from "../training/loop.ts";
import { trainingSpeed } from "../training/loop.ts";
import type { ReportedRun } from "../training/reported.ts";
import type { Series } from "./charts/history.ts";
import type { Charts } from "./charts.ts";
import { diagnosisPanel } from "./diagnosis.ts";
import { type Html, html } from "./html.ts";
import { type AddFigure, dataTable, details, figure } from "./page.ts";
import { duration, whole } from "./text.ts";

/** One metric over the epochs as a line; epochs without it are left out. */
export function epochSeries(
  history: readonly EpochRecord[],
  name: string,
  value: (record: EpochRecord) => number | null,
  emphasis: boolean,
): Series {
  const points = history.flatMap((record) => {
    const y = value(record);
    return y === null ? [] : [{ x: record.epoch, y }];
  });
  return { name, emphasis, points };
}

/** Curves of loss, accuracy, AUC and learning rate, and their table. */
export function training({ config, history, model }: ReportedRun, charts: Charts, add: AddFigure): Html {
  const best = model?.info.training.epoch ?? null;
  const series = (name: string, value: (record: EpochRecord) => number | null, emphasis: boolean) =>
    epochSeries(history, name, value, emphasis);
  const hasKappa = history.some(({ val }) => typeof val.kappa === "number");
  const hasAuc = history.some(({ val }) => val.auc !== null);
  const chosenBy = (by: BestBy) => (config.options.bestBy === by ? ", by which the best epoch is chosen" : "");
  const trend = (what: string, pick: (record: EpochRecord) => number) =>
    `from ${pick(history[0]).toFixed(3)} to ${pick(history[history.length - 1]).toFixed(3)} on ${what}`;
  const chart = (name: string, label: string, title: string, lines: Series[], caption: string) =>
    figure(add(name, charts.history(label, title, lines, best)), html`${caption}`);
  const head = [
    "epoch",
    "train loss",
    "val loss",
    "train accuracy",
    "val accuracy",
    "val AUC",
    ...(hasKappa ? ["val kappa"] : []),
    "learning rate",
    "images/s",
  ];
  const rows = history.map(({ epoch, train, val, lr, imagesPerSecond }) => [
    epoch === best ? `${epoch} (best)` : epoch,
    train.loss.toFixed(4),
    val.loss.toFixed(4),
    train.accuracy.toFixed(4),
    val.accuracy.toFixed(4),
    val.auc?.toFixed(4) ?? "–",
    ...(hasKappa ? [val.kappa?.toFixed(4) ?? "–"] : []),
    String(Number(lr.toPrecision(3))),
    whole(Math.round(imagesPerSecond)),
  ]);
  const { seconds } = trainingSpeed(history);
  return html`<p>${history.length} of at most ${config.options.epochs} ${config.options.epochs === 1 ? "epoch" : "epochs"} in ${duration(seconds)} of training. Metrics on train are means over the epoch, while the parameters change; metrics on validation are measured after it.</p>
<div class="grid">
${chart("loss", `Cross-entropy over the epochs: ${trend("train", (r) => r.train.loss)}, ${trend("validation", (r) => r.val.loss)}.`, "loss", [series("train", (r) => r.train.loss, false), series("validation", (r) => r.val.loss, true)], "Cross-entropy over the epochs. The dotted line marks the epoch whose parameters were kept.")}
${chart("accuracy", `Accuracy over the epochs: ${trend("train", (r) => r.train.accuracy)}, ${trend("validation", (r) => r.val.accuracy)}.`, "accuracy", [series("train", (r) => r.train.accuracy, false), series("validation", (r) => r.val.accuracy, true)], "Share of images classified correctly.")}
${hasAuc ? chart("auc", `ROC AUC on validation over the epochs: ${trend("validation", (r) => r.val.auc ?? 0)}.`, "AUC", [series("validation", (r) => r.val.auc, true)], `Area under the ROC curve on validation${chosenBy("auc")}.`) : null}
${hasKappa ? chart("kappa", `Quadratic-weighted kappa on validation over the epochs: ${trend("validation", (r) => r.val.kappa ?? 0)}.`, "kappa", [series("validation", (r) => r.val.kappa ?? null, true)], `Quadratic-weighted kappa on validation${chosenBy("kappa")}.`) : null}
${chart("learning-rate", `Learning rate over the epochs: ${trend("the schedule", (r) => r.lr)}.`, "learning rate", [series("learning rate", (r) => r.lr, true)], `Learning rate of Adam, schedule ${config.options.schedule}.`)}
</div>
${details("All epochs as a table", dataTable("Epochs", head, rows))}
${diagnosisPanel(history, charts, add)}`;
}
