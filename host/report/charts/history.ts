import type { Point } from "../../statistics/curves.ts";
import { color } from "../palette.ts";
import { type Drawing, significant } from "./drawing.ts";

export interface Series {
  name: string;
  /** (epoch, value) */
  points: readonly Point[];
  emphasis: boolean;
}

/** Series over the epochs, the best epoch marked. */
export function history(
  { Plot, draw, legend }: Drawing,
  label: string,
  title: string,
  series: readonly Series[],
  best: number | null,
): string {
  const epochs = series[0].points.map(({ x }) => x);
  const last = epochs.at(-1) ?? 1;
  const step = Math.max(1, Math.ceil(last / 8));
  const stroke = ({ emphasis }: Series) => color(emphasis ? "accent" : "muted");
  return draw(label, {
    marginLeft: 66,
    marginTop: 42,
    marginBottom: 38,
    x: {
      label: "Epoch",
      domain: last > 1 ? [1, last] : [0.5, 1.5],
      ticks: range(1, last, step),
      tickFormat: String,
      labelArrow: "none",
    },
    y: { label: title, grid: true, ticks: 5, nice: true, tickFormat: significant, labelArrow: "none" },
    marks: [
      best === null ? null : Plot.ruleX([best], { stroke: color("ink"), strokeDasharray: "2 3" }),
      best === null
        ? null
        : Plot.text([`best: epoch ${best}`], {
            x: [best],
            frameAnchor: "top",
            dy: -10,
            textAnchor: last === 1 ? "middle" : best > last * 0.8 ? "end" : best < last * 0.2 ? "start" : "middle",
          }),
      ...series.map((one) =>
        Plot.line(one.points, {
          x: "x",
          y: "y",
          stroke: stroke(one),
          strokeWidth: one.emphasis ? 2.2 : 1.6,
          strokeDasharray: one.emphasis ? undefined : "5 3",
        }),
      ),
      ...series.map((one) => (last > 40 ? null : Plot.dot(one.points, { x: "x", y: "y", r: 2.4, fill: stroke(one) }))),
      ...(series.length > 1 ? legend(series.map((one) => ({ name: one.name, stroke: stroke(one) }))) : []),
    ],
  });
}

function range(first: number, last: number, step: number): number[] {
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step);
}
