import { color } from "../palette.ts";
import { type Drawing, significant } from "./drawing.ts";
import { rowAxis, rowLayout } from "./rows.ts";

export interface BoxRow {
  name: string;
  values: readonly number[];
  emphasis: boolean;
}

/** A box plot by row: median, quartiles, and whiskers to the last value within 1.5 interquartile ranges. */
export function boxes({ Plot, draw }: Drawing, label: string, title: string, rows: readonly BoxRow[]): string {
  const values = rows.flatMap(({ name, values, emphasis }) => values.map((value) => ({ name, value, emphasis })));
  return draw(label, {
    ...rowLayout(rows, 32),
    x: { label: title, ticks: 5, nice: true, grid: true, tickFormat: significant, ...rowAxis },
    marks: [false, true].map((emphasis) =>
      Plot.boxX(
        values.filter((value) => value.emphasis === emphasis),
        {
          ...{ x: "value", y: "name", stroke: color(emphasis ? "accent" : "muted"), r: 2.4 },
          ...{ fill: color("faint"), insetTop: 5, insetBottom: 5 },
        },
      ),
    ),
  });
}
