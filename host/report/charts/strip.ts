import { color } from "../palette.ts";
import { type Drawing, significant } from "./drawing.ts";
import { rowAxis, rowLayout } from "./rows.ts";

export interface StripRow {
  name: string;
  mean: number;
  values: readonly number[];
  emphasis: boolean;
  reference: number | null;
}

/** Values by row, with a bar at their mean and a diamond at the published value. */
export function strip(
  { Plot, draw }: Drawing,
  label: string,
  title: string,
  rows: readonly StripRow[],
  digits = 2,
): string {
  const values = rows.flatMap(({ name, values, emphasis }) => values.map((value) => ({ name, value, emphasis })));
  const stroke = ({ emphasis }: { emphasis: boolean }) => color(emphasis ? "accent" : "muted");
  return draw(label, {
    ...rowLayout(rows, 32),
    marginRight: 56,
    x: { label: title, ticks: 5, nice: true, grid: true, tickFormat: significant, ...rowAxis },
    marks: [
      Plot.tickX(rows, { x: "mean", y: "name", stroke: color("ink"), strokeWidth: 2, insetTop: 5, insetBottom: 5 }),
      Plot.dot(values, { x: "value", y: "name", r: 3.4, stroke, strokeWidth: 1.6 }),
      Plot.dot(
        rows.filter(({ reference }) => reference !== null),
        { x: "reference", y: "name", r: 5, symbol: "diamond", fill: color("wrong") },
      ),
      Plot.text(rows, {
        y: "name",
        text: ({ mean }) => mean.toFixed(digits),
        frameAnchor: "right",
        textAnchor: "start",
        dx: 8,
      }),
    ],
  });
}
