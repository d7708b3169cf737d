import { color } from "../palette.ts";
import { type Drawing, HEIGHT, significant, WIDTH } from "./drawing.ts";

/** One axis: an option that varies, or a result. Numbers stand in their order, other values as they first come. */
export interface ParallelAxis {
  name: string;
  /** One for each line. */
  values: readonly (number | string)[];
}

/** Pixels between two axes at least. */
const ROOM = 84;
/** Values of an axis that are all written beside it; of more only some numbers. */
const MOST_TICKS = 7;

/** Parallel coordinates: a line for each configuration, from its options to its result; the emphasised in front. */
export function parallel(
  { Plot, draw, legend }: Drawing,
  label: string,
  axes: readonly ParallelAxis[],
  emphasis: readonly boolean[],
): string {
  const placed = axes.map(({ values }) => placesOf(values));
  const points = emphasis.flatMap((isBest, line) =>
    placed.map(({ places }, x) => ({ x, y: places[line], line, isBest })),
  );
  const lines = (isBest: boolean) =>
    Plot.line(
      points.filter((point) => point.isBest === isBest),
      {
        ...{ x: "x", y: "y", z: "line", stroke: color(isBest ? "accent" : "muted"), curve: "monotone-x" },
        ...{ strokeWidth: isBest ? 2.5 : 1.2, strokeOpacity: isBest ? 1 : 0.6 },
      },
    );
  const ticks = placed.flatMap(({ ticks }, x) => ticks.map((tick) => ({ ...tick, x })));
  const width = Math.max(WIDTH, ROOM * axes.length);
  return draw(label, {
    ...{ width, height: HEIGHT, marginLeft: 34, marginRight: 64, marginTop: 58, marginBottom: 16 },
    x: { domain: [0, Math.max(1, axes.length - 1)], axis: null },
    y: { domain: [0, 1], axis: null },
    marks: [
      Plot.ruleX(
        axes.map((_, x) => x),
        { stroke: color("faint"), strokeWidth: 1.5 },
      ),
      lines(false),
      lines(true),
      Plot.text(ticks, {
        ...{ x: "x", y: "y", text: "text", textAnchor: "start", dx: 5, fontSize: 11, fill: color("ink") },
        ...{ stroke: color("paper"), strokeWidth: 3 },
      }),
      Plot.text(
        axes.map(({ name }, x) => ({ x, name: cut(name) })),
        { x: "x", y: 1, text: "name", dy: -16, fontWeight: "bold", fill: color("ink") },
      ),
      ...legend(
        [
          { name: "best", stroke: color("accent") },
          { name: "others", stroke: color("muted") },
        ],
        42,
      ),
    ],
  });
}

const cut = (text: string) => (text.length > 14 ? `${text.slice(0, 13)}…` : text);

interface Placed {
  /** Of each line, from 0 (below) to 1. */
  places: number[];
  ticks: { y: number; text: string }[];
}

/** Where values stand on an axis: numbers by size, by their logarithm where they span more than a factor of 20. */
function placesOf(values: readonly (number | string)[]): Placed {
  const distinct = [...new Set(values)];
  if (!values.every((value) => typeof value === "number")) {
    const place = (value: number | string) =>
      distinct.length === 1 ? 0.5 : distinct.indexOf(value) / (distinct.length - 1);
    const shown = distinct.length <= MOST_TICKS * 2 ? distinct : [distinct[0], distinct[distinct.length - 1]];
    return { places: values.map(place), ticks: shown.map((value) => ({ y: place(value), text: cut(String(value)) })) };
  }
  const numbers = values as readonly number[];
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const scale = low > 0 && high / low > 20 ? Math.log10 : (value: number) => value;
  const place = (value: number) => (high === low ? 0.5 : (scale(value) - scale(low)) / (scale(high) - scale(low)));
  const sorted = (distinct as number[]).sort((a, b) => a - b);
  const shown =
    sorted.length <= MOST_TICKS ? sorted : [0, 1, 2, 3, 4].map((i) => sorted[(i * (sorted.length - 1)) >> 2]);
  // Those that would stand on each other are left out.
  const apart = shown.filter((value, i) => i === 0 || place(value) - place(shown[i - 1]) > 0.05 || value === high);
  return {
    places: numbers.map(place),
    ticks: apart.map((value) => ({ y: place(value), text: significant(Number(value.toPrecision(4))) })),
  };
}
