import { color } from "../palette.ts";
import { type Drawing, percent } from "./drawing.ts";

/** One point of a line: a metric with its interval where it has one. */
export interface MeasuredPoint {
  x: string;
  series: string;
  mean: number;
  low: number;
  high: number;
}

const COLORS = ["accent", "wrong", "muted", "ink"] as const;
const DASHES = ["", "6 3", "2 3"];

/** Means with intervals over a list of settings, a line a series; `reference` is a level of its own. */
export function measured(
  { Plot, draw }: Drawing,
  label: string,
  title: { x: string; y: string },
  points: readonly MeasuredPoint[],
  reference: { name: string; value: number },
): string {
  const series = [...new Set(points.map((point) => point.series))];
  const xs = [...new Set(points.map((point) => point.x))];
  const style = (i: number) => ({ stroke: color(COLORS[i % COLORS.length]) });
  const low = Math.min(reference.value, ...points.map((point) => point.low));
  const high = Math.max(reference.value, ...points.map((point) => point.high));
  const room = Math.max(0.01, 0.08 * (high - low));
  const longest = Math.max(...series.map((name) => name.length));
  return draw(label, {
    ...{ width: 680, height: 340, marginLeft: 56, marginBottom: 44, marginTop: 28 },
    marginRight: series.length > 1 ? 24 + Math.min(260, 6.2 * longest) : 24,
    x: { type: "point", domain: xs, label: title.x, labelArrow: "none", labelAnchor: "center" },
    y: {
      domain: [low - room, Math.min(1, high + room)],
      label: title.y,
      labelArrow: "none",
      grid: true,
      tickFormat: percent,
    },
    marks: [
      Plot.ruleY([reference.value], { stroke: color("muted"), strokeDasharray: "4 4" }),
      Plot.text([reference.name], {
        ...{ frameAnchor: "top-left", dy: -18, fill: color("muted") },
      }),
      ...series.flatMap((name, i) => {
        const own = points.filter((point) => point.series === name);
        const last = own[own.length - 1];
        return [
          Plot.ruleX(own, { x: "x", y1: "low", y2: "high", ...style(i), strokeWidth: 1.5 }),
          Plot.line(own, {
            x: "x",
            y: "mean",
            ...style(i),
            strokeDasharray: DASHES[Math.floor(i / COLORS.length) % 3],
          }),
          Plot.dot(own, { x: "x", y: "mean", ...style(i), fill: color("paper"), r: 3 }),
          ...(series.length > 1
            ? [
                Plot.text([last], {
                  x: "x",
                  y: "mean",
                  text: [name],
                  textAnchor: "start",
                  dx: 10,
                  fill: style(i).stroke,
                }),
              ]
            : []),
        ];
      }),
    ],
  });
}
