import { color } from "../palette.ts";
import { type Drawing, significant } from "./drawing.ts";
import { rowAxis, rowLayout } from "./rows.ts";

/** A mean difference with its interval, and the values it is the mean of. */
export interface ForestRow {
  name: string;
  mean: number;
  interval: readonly [low: number, high: number];
  values: readonly number[];
  emphasis: boolean;
}

/**
 * Differences with their intervals around zero, one row each. Rows with emphasis have a full dot, others an empty one.
 */
export function forest(
  { Plot, draw }: Drawing,
  label: string,
  title: string,
  rows: readonly ForestRow[],
  digits = 2,
): string {
  const values = rows.flatMap(({ name, values }) => values.map((value) => ({ name, value })));
  return draw(label, {
    ...rowLayout(rows, 38),
    marginRight: 56,
    x: { label: title, ticks: 5, nice: true, grid: true, tickFormat: (value: number) => signed(value), ...rowAxis },
    marks: [
      Plot.ruleX([0], { stroke: color("ink"), strokeWidth: 1.2 }),
      Plot.link(rows, {
        x1: ({ interval }) => interval[0],
        x2: ({ interval }) => interval[1],
        y1: "name",
        y2: "name",
        stroke: color("accent"),
        strokeWidth: 2,
      }),
      Plot.dot(values, { x: "value", y: "name", dy: 11, r: 2.2, fill: color("muted") }),
      Plot.dot(rows, {
        x: "mean",
        y: "name",
        r: 4.5,
        fill: ({ emphasis }) => color(emphasis ? "accent" : "paper"),
        stroke: color("accent"),
        strokeWidth: 2,
      }),
      Plot.text(rows, {
        y: "name",
        text: ({ mean }) => signed(mean, digits),
        frameAnchor: "right",
        textAnchor: "start",
        dx: 8,
      }),
    ],
  });
}

/** With its sign; a negative number gets a minus sign, not a hyphen. */
function signed(value: number, digits?: number): string {
  const text = digits === undefined ? significant(Math.abs(value)) : Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : `${value < 0 ? "−" : "+"}${text}`;
}
