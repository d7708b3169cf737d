import { color } from "../palette.ts";
import { type Drawing, significant } from "./drawing.ts";
import type { Series } from "./history.ts";

/** Below it a number is drawn as this: a logarithmic axis has no 0. */
const FLOOR = 1e-12;

/** Positive numbers over the epochs on a logarithmic axis, each line with its name at its end. */
export function gradients(
  { Plot, draw }: Drawing,
  label: string,
  title: string,
  series: readonly Series[],
  threshold: number | null,
): string {
  const drawn = series.map(({ points, ...one }) => ({
    ...one,
    points: points.map(({ x, y }) => ({ x, y: Math.max(y, FLOOR) })),
  }));
  const last = Math.max(...drawn.flatMap(({ points }) => points.map(({ x }) => x)), 1);
  const stroke = ({ emphasis }: { emphasis: boolean }) => color(emphasis ? "accent" : "muted");
  return draw(label, {
    height: 300,
    marginLeft: 66,
    marginRight: 92,
    marginTop: 42,
    marginBottom: 38,
    x: {
      label: "Epoch",
      domain: last > 1 ? [1, last] : [0.5, 1.5],
      ticks: Math.min(8, last),
      tickFormat: (x: number) => (Number.isInteger(x) ? String(x) : ""),
      labelArrow: "none",
    },
    y: { type: "log", label: title, grid: true, ticks: 5, tickFormat: significant, labelArrow: "none" },
    marks: [
      threshold === null ? null : Plot.ruleY([threshold], { stroke: color("ink"), strokeDasharray: "2 3" }),
      ...drawn.map((one) =>
        Plot.line(one.points, { x: "x", y: "y", stroke: stroke(one), strokeWidth: one.emphasis ? 2.4 : 1.4 }),
      ),
      ...drawn.map((one) => Plot.dot(one.points, { x: "x", y: "y", r: 2, fill: stroke(one) })),
      ...drawn.map((one) =>
        Plot.text(one.points.slice(-1), {
          ...{ x: "x", y: "y", text: () => one.name, fill: stroke(one) },
          ...{ dx: 8, textAnchor: "start", fontSize: 10 },
        }),
      ),
    ],
  });
}
