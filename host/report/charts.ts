import type { Markish, PlotOptions, ScaleOptions } from "@observablehq/plot";
import type { Point } from "../statistics/curves.ts";
import type { CalibrationBin } from "../statistics/metrics.ts";
import { escapeHtml } from "./html.ts";
import { color } from "./palette.ts";
import { shortName } from "./text.ts";

/** Pixels of a chart in its own units; the page scales it to its column. */
const WIDTH = 420;
const HEIGHT = 290;

export interface Series {
  name: string;
  /** (epoch, value) */
  points: readonly Point[];
  emphasis: boolean;
}

/** One class's curve, and what stands in its panel beside the name. */
export interface ClassCurve {
  name: string;
  note: string;
  points: readonly Point[];
}

/** A difference with its interval, and of what it is the mean. */
export interface ForestRow {
  name: string;
  mean: number;
  interval: readonly [low: number, high: number];
  values: readonly number[];
  emphasis: boolean;
}

export interface StripRow {
  name: string;
  mean: number;
  values: readonly number[];
  emphasis: boolean;
  reference: number | null;
}

/** Pictures as SVG strings; `label` is the text alternative. Colours are the page's variables. */
export interface Charts {
  /** Series over the epochs, the best epoch marked. */
  history(label: string, title: string, series: readonly Series[], best: number | null): string;
  /** A panel a class, both axes 0 to 1. `chance` draws the diagonal. */
  curves(label: string, axes: { x: string; y: string }, curves: readonly ClassCurve[], chance: boolean): string;
  /** confusion[label][predicted], shaded by share of the row. */
  confusion(label: string, confusion: readonly (readonly number[])[], classNames: readonly string[]): string;
  /** Share of right answers over their mean confidence; the diagonal is perfect. */
  reliability(label: string, bins: readonly CalibrationBin[]): string;
  /** Right and wrong answers by confidence. */
  confidences(label: string, bins: readonly CalibrationBin[]): string;
  /** Differences with their intervals about zero, a row each; a full dot stands out, an empty one does not. */
  forest(label: string, title: string, rows: readonly ForestRow[]): string;
  /** Values by row with a bar at their mean, and a diamond at what they stand beside. */
  strip(label: string, title: string, rows: readonly StripRow[]): string;
  /** Share of each class within each split. */
  balance(
    label: string,
    splits: readonly { name: string; counts: readonly number[] }[],
    classNames: readonly string[],
  ): string;
}

/** Loads Observable Plot and a small DOM for it, so that no platform needs a document of its own. */
export async function loadCharts(): Promise<Charts> {
  const [Plot, { parseHTML }] = await Promise.all([import("@observablehq/plot"), import("linkedom/worker")]);
  const dom = parseHTML("<!doctype html><html><body></body></html>");

  const draw = (label: string, options: PlotOptions): string => {
    const plot = Plot.plot({
      document: dom.document,
      className: "chart",
      width: WIDTH,
      height: HEIGHT,
      style: { fontSize: "12px" },
      ...options,
    });
    // One picture to a screen reader: its parts have no names of their own. The library's style sheet is the page's
    // matter.
    const svg = plot.outerHTML.replace(/<style>.*?<\/style>/s, "").replaceAll(/ aria-(label|hidden)="[^"]*"/g, "");
    return svg.replace(
      /^<svg /,
      () => `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escapeHtml(label)}" `,
    );
  };
  /** Names of series in their colours, in the line above the frame, from the right. */
  const legend = (entries: readonly { name: string; stroke: string }[]): Markish[] => {
    let dx = 0;
    return [...entries].reverse().map(({ name, stroke }) => {
      const mark = Plot.text([`● ${name}`], { frameAnchor: "top-right", textAnchor: "end", dx, dy: -24, fill: stroke });
      dx -= 7 * name.length + 26;
      return mark;
    });
  };
  const percent = (value: number) => `${Math.round(100 * value)} %`;
  const shareAxis: ScaleOptions = {
    domain: [0, 1],
    ticks: 5,
    tickFormat: percent,
    labelAnchor: "center",
    labelArrow: "none",
  };

  return {
    history(label, title, series, best) {
      const epochs = series[0].points.map(({ x }) => x);
      const last = epochs.at(-1) ?? 1;
      const step = Math.max(1, Math.ceil(last / 8));
      const stroke = ({ emphasis }: Series) => color(emphasis ? "accent" : "muted");
      return draw(label, {
        marginLeft: 66,
        marginTop: 42,
        marginBottom: 38,
        x: {
          label: "Epoch",
          domain: last > 1 ? [1, last] : [0.5, 1.5],
          ticks: range(1, last, step),
          tickFormat: String,
          labelArrow: "none",
        },
        y: { label: title, grid: true, ticks: 5, nice: true, tickFormat: significant, labelArrow: "none" },
        marks: [
          best === null ? null : Plot.ruleX([best], { stroke: color("ink"), strokeDasharray: "2 3" }),
          best === null
            ? null
            : Plot.text([`best: epoch ${best}`], {
                x: [best],
                frameAnchor: "top",
                dy: -10,
                textAnchor: last === 1 ? "middle" : best > last * 0.8 ? "end" : best < last * 0.2 ? "start" : "middle",
              }),
          ...series.map((one) =>
            Plot.line(one.points, {
              x: "x",
              y: "y",
              stroke: stroke(one),
              strokeWidth: one.emphasis ? 2.2 : 1.6,
              strokeDasharray: one.emphasis ? undefined : "5 3",
            }),
          ),
          ...series.map((one) =>
            last > 40 ? null : Plot.dot(one.points, { x: "x", y: "y", r: 2.4, fill: stroke(one) }),
          ),
          ...(series.length > 1 ? legend(series.map((one) => ({ name: one.name, stroke: stroke(one) }))) : []),
        ],
      });
    },

    curves(label, axes, curves, chance) {
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
    },

    confusion(label, confusion, classNames) {
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
    },

    reliability(label, bins) {
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
    },

    confidences(label, bins) {
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
    },

    forest(label, title, rows) {
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
            text: ({ mean }) => signed(mean, 2),
            frameAnchor: "right",
            textAnchor: "start",
            dx: 8,
          }),
        ],
      });
    },

    strip(label, title, rows) {
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
            text: ({ mean }) => mean.toFixed(2),
            frameAnchor: "right",
            textAnchor: "start",
            dx: 8,
          }),
        ],
      });
    },

    balance(label, splits, classNames) {
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
    },
  };
}

const rowAxis = { insetLeft: 8, insetRight: 8, labelAnchor: "center", labelArrow: "none", labelOffset: 36 } as const;

/** A row a name, in the order given. */
function rowLayout(rows: readonly { name: string }[], height: number): PlotOptions {
  const names = rows.map(({ name }) => name);
  return {
    height: 56 + rows.length * height,
    marginLeft: 20 + 7 * Math.max(...names.map((name) => name.length)),
    marginTop: 8,
    marginBottom: 44,
    y: { type: "band", domain: names, label: null, tickSize: 0, padding: 0.1 },
  };
}

function range(first: number, last: number, step: number): number[] {
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step);
}

/** With its sign, and a minus that is one. */
function signed(value: number, digits?: number): string {
  const text = digits === undefined ? significant(Math.abs(value)) : Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : `${value < 0 ? "−" : "+"}${text}`;
}

/** Without the digits that binary fractions add, and without zeros at the end. */
function significant(value: number): string {
  return String(Number(value.toPrecision(6)));
}
