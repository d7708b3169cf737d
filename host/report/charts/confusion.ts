import { color } from "../palette.ts";
import { shortName } from "../text.ts";
import { type Drawing, WIDTH } from "./drawing.ts";

/** confusion[label][predicted], shaded by share of the row. */
export function confusion(
  { Plot, draw }: Drawing,
  label: string,
  confusion: readonly (readonly number[])[],
  classNames: readonly string[],
): string {
  const cells = confusion.flatMap((row, y) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count, x) => ({ x, y, count, share: total === 0 ? 0 : count / total }));
  });
  const few = classNames.length < 5;
  const name = (i: number) => shortName(classNames[i], few ? 16 : 18);
  const left = 34 + 6.6 * Math.max(...classNames.map((_, i) => name(i).length));
  const bottom = few ? 48 : 108;
  const width = few ? WIDTH : 680;
  const side = (width - left - 12) / classNames.length;
  const text = ({ share }: { share: number }) => color(share > 0.8 ? "on-accent" : "ink");
  return draw(label, {
    width,
    height: 12 + bottom + classNames.length * (few ? Math.min(side, 100) : side),
    marginTop: 12,
    marginLeft: left,
    marginRight: 12,
    marginBottom: bottom,
    padding: 0.04,
    x: {
      label: "predicted",
      tickFormat: name,
      tickRotate: few ? 0 : -40,
      tickSize: 0,
      labelAnchor: "center",
      labelArrow: "none",
      labelOffset: bottom - 8,
    },
    y: {
      label: "label",
      tickFormat: name,
      tickSize: 0,
      labelAnchor: "center",
      labelArrow: "none",
      labelOffset: left - 8,
    },
    marks: [
      Plot.cell(cells, { x: "x", y: "y", fill: color("panel") }),
      Plot.cell(cells, {
        x: "x",
        y: "y",
        fill: color("accent"),
        fillOpacity: ({ share }) => Number(share.toFixed(3)),
      }),
      Plot.text(cells, {
        x: "x",
        y: "y",
        text: ({ count }) => count.toLocaleString("en"),
        fill: text,
        dy: few ? -8 : -6,
        fontSize: few ? 17 : 12,
        fontWeight: 600,
      }),
      Plot.text(cells, {
        x: "x",
        y: "y",
        text: ({ share }) => `${(100 * share).toFixed(1)} %`,
        fill: text,
        dy: few ? 11 : 8,
        fontSize: few ? 12 : 9,
      }),
    ],
  });
}
