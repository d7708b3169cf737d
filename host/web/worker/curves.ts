import type { Series } from "../../report/charts/history.ts";
import type { Charts } from "../../report/charts.ts";
import { epochSeries } from "../../report/training.ts";
import type { EpochRecord } from "../../training/loop.ts";

/** Loss, accuracy and AUC over the epochs, drawn as in the report. */
export function curvesOf(history: readonly EpochRecord[], charts: Charts): { name: string; svg: string }[] {
  if (history.length === 0) return [];
  const best = history.findLast((record) => record.best)?.epoch ?? null;
  const series = (name: string, value: (record: EpochRecord) => number | null, emphasis: boolean) =>
    epochSeries(history, name, value, emphasis);
  const last = history[history.length - 1];
  const picture = (name: string, label: string, lines: Series[]) => ({
    name,
    svg: charts.history(label, name, lines, best),
  });
  const loss = [series("train", ({ train }) => train.loss, false), series("validation", ({ val }) => val.loss, true)];
  const accuracy = [
    series("train", ({ train }) => train.accuracy, false),
    series("validation", ({ val }) => val.accuracy, true),
  ];
  const auc = series("validation", ({ val }) => val.auc, true);
  return [
    picture("loss", `Loss over ${last.epoch} epochs, on validation now ${last.val.loss.toFixed(3)}.`, loss),
    picture(
      "accuracy",
      `Accuracy over ${last.epoch} epochs, on validation now ${last.val.accuracy.toFixed(3)}.`,
      accuracy,
    ),
    ...(last.val.auc === null
      ? []
      : [picture("AUC", `ROC AUC on validation over ${last.epoch} epochs, now ${last.val.auc.toFixed(3)}.`, [auc])]),
  ];
}
