import type { Point } from "../../statistics/curves.ts";
import { color } from "../palette.ts";
import { shortName } from "../text.ts";
import { type Drawing, HEIGHT, significant } from "./drawing.ts";

/** One class's curve, and the note in its panel. */
export interface ClassCurve {
  name: string;
  note: string;
  points: readonly Point[];
}

/** One panel per class, both axes 0 to 1. `chance` draws the diagonal. */
export function curves(
  { Plot, draw }: Drawing,
  label: string,
  axes: { x: string; y: string },
  curves: readonly ClassCurve[],
  chance: boolean,
): string {
  const columns = curves.length === 1 ? 1 : curves.length < 5 ? 2 : 3;
  const rows = Math.ceil(curves.length / columns);
  const place = (i: number) => ({ fx: i % columns, fy: Math.floor(i / columns) });
  const points = curves.flatMap((curve, i) => curve.points.map((point) => ({ ...point, ...place(i) })));
  const titles = curves.map((curve, i) => ({ ...place(i), ...curve }));
  const single = columns === 1;
  const facets = single ? {} : { fx: "fx", fy: "fy" };
  const ends = [0, 1].flatMap((x) => titles.map(({ fx, fy }) => ({ x, y: x, fx, fy })));
  return draw(label, {
    height: single ? HEIGHT + 40 : 70 + rows * (columns === 2 ? 200 : 148),
    marginTop: 34,
    marginLeft: 48,
    marginBottom: single ? 40 : 46,
    ...(single
      ? {}
      : { facet: { marginTop: 44 }, fx: { axis: null, padding: 0.12 }, fy: { axis: null, padding: 0.3 } }),
    x: {
      domain: [0, 1],
      ticks: single ? 5 : [0, 0.5, 1],
      label: axes.x,
      labelOffset: single ? 36 : 44,
      labelAnchor: "center",
      labelArrow: "none",
      tickFormat: significant,
    },
    y: {
      domain: [0, 1],
      ticks: single ? 5 : [0, 0.5, 1],
      label: axes.y,
      labelArrow: "none",
      grid: true,
      tickFormat: significant,
    },
    marks: [
      Plot.frame({ stroke: color("faint") }),
      chance
        ? Plot.line(ends, {
            x: "x",
            y: "y",
            z: null,
            ...facets,
            stroke: color("muted"),
            strokeDasharray: "2 3",
          })
        : null,
      Plot.line(points, { x: "x", y: "y", ...facets, stroke: color("accent"), strokeWidth: 2 }),
      ...(single
        ? []
        : [
            Plot.text(titles, {
              text: ({ name }) => shortName(name, columns === 2 ? 26 : 17),
              ...facets,
              frameAnchor: "top-left",
              dy: -14,
              fontSize: 11,
            }),
          ]),
      Plot.text(titles, {
        text: "note",
        ...facets,
        frameAnchor: chance ? "bottom-right" : "bottom-left",
        dx: chance ? -7 : 7,
        dy: -7,
        fontSize: single ? 13 : 11,
        fontWeight: 600,
      }),
    ],
  });
}
