import { color } from "../palette.ts";
import { type Drawing, significant } from "./drawing.ts";
import type { Series } from "./history.ts";

/** Learning curves of many runs over each other; those with emphasis in front. */
export function overlay({ Plot, draw, legend }: Drawing, label: string, title: string, series: readonly Series[]) {
  const last = Math.max(1, ...series.flatMap(({ points }) => points.map(({ x }) => x)));
  const points = (emphasis: boolean) =>
    series.flatMap((one, run) => (one.emphasis === emphasis ? one.points.map((point) => ({ ...point, run })) : []));
  const lines = (emphasis: boolean) => [
    Plot.line(points(emphasis), {
      ...{ x: "x", y: "y", z: "run", stroke: color(emphasis ? "accent" : "muted") },
      strokeWidth: emphasis ? 2 : 1,
      strokeOpacity: emphasis ? 1 : 0.55,
    }),
    last > 2
      ? null
      : Plot.dot(points(emphasis), { x: "x", y: "y", r: 2.4, fill: color(emphasis ? "accent" : "muted") }),
  ];
  const both = series.some(({ emphasis }) => emphasis) && series.some(({ emphasis }) => !emphasis);
  return draw(label, {
    ...{ marginLeft: 66, marginTop: 42, marginBottom: 38 },
    x: {
      ...{ label: "Epoch", labelArrow: "none", domain: last > 1 ? [1, last] : [0.5, 1.5], tickFormat: String },
      ticks: Array.from({ length: Math.min(last, 8) }, (_, i) => 1 + Math.round((i * (last - 1)) / Math.min(last, 8))),
    },
    y: { label: title, grid: true, ticks: 5, nice: true, tickFormat: significant, labelArrow: "none" },
    marks: [
      ...lines(false),
      ...lines(true),
      ...(both
        ? legend([
            { name: "best", stroke: color("accent") },
            { name: "others", stroke: color("muted") },
          ])
        : []),
    ],
  });
}
