import { color } from "../palette.ts";
import { shortName } from "../text.ts";
import { type Drawing, percent } from "./drawing.ts";

/** Share of each class within each split. */
export function balance(
  { Plot, draw }: Drawing,
  label: string,
  splits: readonly { name: string; counts: readonly number[] }[],
  classNames: readonly string[],
): string {
  const bars = splits.flatMap(({ name, counts }, at) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count, c) => ({ name, at, c, count, share: total === 0 ? 0 : count / total }));
  });
  const left = 16 + 6.7 * Math.max(...classNames.map((name) => shortName(name, 24).length));
  const most = Math.max(...bars.map(({ share }) => share));
  return draw(label, {
    width: 680,
    height: 40 + classNames.length * 60,
    marginLeft: left,
    marginTop: 8,
    marginBottom: 32,
    marginRight: 120,
    fy: { label: null, tickFormat: (c: number) => shortName(classNames[c], 24), padding: 0.2, axis: "left" },
    y: { axis: null, padding: 0.12 },
    x: { domain: [0, most], ticks: 5, tickFormat: percent, label: null, grid: true },
    marks: [
      Plot.barX(bars, {
        fy: "c",
        y: "at",
        x: "share",
        fill: color("accent"),
        fillOpacity: ({ at }) => [1, 0.65, 0.4][at],
      }),
      Plot.text(bars, {
        fy: "c",
        y: "at",
        x: "share",
        text: ({ name, count, share }) => `${name} ${count.toLocaleString("en")} (${(100 * share).toFixed(1)} %)`,
        textAnchor: "start",
        dx: 6,
        fontSize: 11,
      }),
    ],
  });
}
