import type { CalibrationBin } from "../../statistics/metrics.ts";
import { color } from "../palette.ts";
import { type Drawing, HEIGHT, percent, shareAxis } from "./drawing.ts";

/** Share of right answers over their mean confidence; the diagonal is perfect. */
export function reliability({ Plot, draw, legend }: Drawing, label: string, bins: readonly CalibrationBin[]): string {
  const points = bins
    .filter(({ count }) => count > 0)
    .map(({ count, correct, confidence }) => ({ x: confidence / count, y: correct / count }));
  return draw(label, {
    height: HEIGHT + 40,
    marginLeft: 52,
    marginTop: 34,
    marginBottom: 40,
    x: { ...shareAxis, label: "mean confidence" },
    y: { domain: [0, 1], ticks: 5, tickFormat: percent, label: "right answers", grid: true, labelArrow: "none" },
    marks: [
      Plot.frame({ stroke: color("faint") }),
      Plot.line([0, 1], {
        x: (v: number) => v,
        y: (v: number) => v,
        stroke: color("muted"),
        strokeDasharray: "2 3",
      }),
      Plot.link(points, {
        x1: "x",
        x2: "x",
        y1: "x",
        y2: "y",
        stroke: color("wrong"),
        strokeWidth: 2.5,
        strokeOpacity: 0.7,
      }),
      Plot.line(points, { x: "x", y: "y", stroke: color("accent"), strokeWidth: 1.6 }),
      Plot.dot(points, { x: "x", y: "y", r: 3.6, fill: color("accent") }),
      ...legend([{ name: "gap", stroke: color("wrong") }]),
    ],
  });
}

/** Right and wrong answers by confidence. */
export function confidences({ Plot, draw, legend }: Drawing, label: string, bins: readonly CalibrationBin[]): string {
  const bars = bins.map(({ count, correct }, i) => ({
    x1: i / bins.length,
    x2: (i + 1) / bins.length,
    right: correct,
    wrong: count - correct,
    count,
  }));
  return draw(label, {
    height: HEIGHT + 40,
    marginLeft: 58,
    marginTop: 34,
    marginBottom: 40,
    x: { ...shareAxis, label: "confidence" },
    y: { label: "images", grid: true, ticks: 5, nice: true, labelArrow: "none" },
    marks: [
      Plot.rectY(bars, { x1: "x1", x2: "x2", y1: 0, y2: "right", fill: color("accent"), insetRight: 1 }),
      Plot.rectY(bars, { x1: "x1", x2: "x2", y1: "right", y2: "count", fill: color("wrong"), insetRight: 1 }),
      Plot.ruleY([0], { stroke: color("ink") }),
      ...legend([
        { name: "right", stroke: color("accent") },
        { name: "wrong", stroke: color("wrong") },
      ]),
    ],
  });
}
