import { color } from "../palette.ts";
import { type Drawing, significant } from "./drawing.ts";
import type { Series } from "./history.ts";

/** Below it a number is drawn as this: a logarithmic axis has no 0. */
const FLOOR = 1e-12;

/** A line, and intervals of its points where they are known. */
export interface Line extends Series {
  intervals?: readonly { x: number; low: number; high: number }[];
}

/** Numbers over whole numbers, each line with its name at its end; `log`: on a logarithmic axis. */
export function lines(
  { Plot, draw }: Drawing,
  label: string,
  axes: { x: string; y: string; log: boolean },
  series: readonly Line[],
  threshold: number | null = null,
): string {
  const high = (y: number) => (axes.log ? Math.max(y, FLOOR) : y);
  const drawn = series.map(({ points, intervals = [], ...one }) => ({
    ...one,
    points: points.map(({ x, y }) => ({ x, y: high(y) })),
    intervals: intervals.map((of) => ({ x: of.x, low: high(of.low), high: high(of.high) })),
  }));
  const all = drawn.flatMap(({ points }) => points.map(({ x }) => x));
  const [first, last] = [Math.min(...all), Math.max(...all)];
  const stroke = ({ emphasis }: { emphasis: boolean }) => color(emphasis ? "accent" : "muted");
  return draw(label, {
    height: 300,
    marginLeft: 66,
    marginRight: 92,
    marginTop: 42,
    marginBottom: 38,
    x: {
      label: axes.x,
      domain: last > first ? [first, last] : [first - 0.5, first + 0.5],
      ticks: Math.min(8, last - first + 1),
      tickFormat: significant,
      labelArrow: "none",
    },
    y: {
      ...(axes.log ? { type: "log" as const } : { nice: true, zero: true }),
      ...{ label: axes.y, grid: true, ticks: 5, tickFormat: significant, labelArrow: "none" },
    },
    marks: [
      threshold === null ? null : Plot.ruleY([threshold], { stroke: color("ink"), strokeDasharray: "2 3" }),
      ...drawn.map((one) => Plot.ruleX(one.intervals, { x: "x", y1: "low", y2: "high", stroke: stroke(one) })),
      ...drawn.map((one) =>
        Plot.line(one.points, { x: "x", y: "y", stroke: stroke(one), strokeWidth: one.emphasis ? 2.4 : 1.4 }),
      ),
      ...drawn.map((one) => Plot.dot(one.points, { x: "x", y: "y", r: 2, fill: stroke(one) })),
      ...drawn.map((one) =>
        Plot.text(one.points.slice(-1), {
          ...{ x: "x", y: "y", text: () => one.name, fill: stroke(one) },
          ...{ dx: 8, textAnchor: "start" as const, fontSize: 10 },
        }),
      ),
    ],
  });
}
