import { extrapolationCells, type MeasuredTable, measuredCells } from "../evaluation/measuredTable.ts";
import type { Charts } from "./charts.ts";
import { type Html, html } from "./html.ts";
import { type AddFigure, dataTable, figure } from "./page.ts";
import { percentText } from "./text.ts";

/** Accuracy over the settings: against shots with a line a noise model, or against noise where shots do not differ. */
export function measuredChart({ exact, rows }: MeasuredTable, charts: Charts): { svg: string; text: string } {
  const shots = (value: number) => (value === 0 ? "exact" : String(value));
  const byShots = new Set(rows.map((row) => row.shots)).size > 1;
  // more shots to the right, exact values last
  const sorted = [...rows].sort((a, b) =>
    byShots ? (a.shots || Number.MAX_VALUE) - (b.shots || Number.MAX_VALUE) : 0,
  );
  const points = sorted.map(({ accuracy, noise, ...row }) => {
    const [low, high] = accuracy.interval ?? [accuracy.mean, accuracy.mean];
    const named = noise ?? "no noise";
    return {
      x: byShots ? shots(row.shots) : named,
      series: byShots ? named : shots(row.shots),
      mean: accuracy.mean,
      low,
      high,
    };
  });
  const text = `Accuracy ${byShots ? "against shots" : "against noise"}: ${points
    .map(({ x, series, mean }) => `${x}${byShots ? `, ${series}` : ""} ${percentText(mean)}`)
    .join("; ")}; exact ${percentText(exact.accuracy)}.`;
  const title = { x: byShots ? "shots" : "noise", y: "accuracy" };
  const reference = { name: `dashed: exact, ${percentText(exact.accuracy)}`, value: exact.accuracy };
  return { svg: charts.measured(text, title, points, reference), text };
}

/** The section of a report on shots and noise. */
export function measuredSection(result: MeasuredTable, charts: Charts, add: AddFigure): Html {
  const [head, ...rows] = measuredCells(result);
  const extrapolated = extrapolationCells(result);
  const numbers = head.map((_, i) => i).filter((i) => i >= 2);
  return html`<p>The trained circuit as a device would measure it, on ${result.count} images of split ${result.split}. Intervals are of the mean over
repetitions on the same images. The error of outputs is the root mean square of what the circuit gives less what it would give exactly.</p>
${figure(add("shots-and-noise", measuredChart(result, charts).svg), html`Accuracy under shots and noise, with 95 % intervals over repetitions.`, { wide: "Accuracy under shots and noise" })}
${dataTable("Shots and noise", head, rows, numbers)}
${
  extrapolated === null
    ? null
    : html`<h3>Zero-noise extrapolation</h3>
<p>Gain: the error of the outputs without extrapolation, divided by that with.</p>
${dataTable(
  "Zero-noise extrapolation",
  extrapolated[0],
  extrapolated.slice(1),
  extrapolated[0].map((_, i) => i).filter((i) => i >= 3),
)}`
}`;
}
