import type { Markish, PlotOptions, ScaleOptions } from "@observablehq/plot";
import { escapeHtml } from "../html.ts";

/** Pixels of a chart in its own units; the page scales it to its column. */
export const WIDTH = 420;
export const HEIGHT = 290;

/** What charts are drawn with. */
export interface Drawing {
  Plot: typeof import("./plot.ts");
  /** The SVG of a plot; `label` is its text alternative. */
  draw(label: string, options: PlotOptions): string;
  /** Names of series in their colours, in the line above the frame, from the right. `above`: pixels, default 24. */
  legend(entries: readonly { name: string; stroke: string }[], above?: number): Markish[];
}

/** Loads Observable Plot and a small DOM for it, so that no platform needs a document of its own. */
export async function loadDrawing(): Promise<Drawing> {
  const [Plot, { parseHTML }] = await Promise.all([import("./plot.ts"), import("linkedom/worker")]);
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
  const legend = (entries: readonly { name: string; stroke: string }[], above = 24): Markish[] => {
    let dx = 0;
    return [...entries].reverse().map(({ name, stroke }) => {
      const mark = Plot.text([`● ${name}`], {
        frameAnchor: "top-right",
        textAnchor: "end",
        dx,
        dy: -above,
        fill: stroke,
      });
      dx -= 7 * name.length + 26;
      return mark;
    });
  };
  return { Plot, draw, legend };
}

export const percent = (value: number) => `${Math.round(100 * value)} %`;

/** An axis of shares, 0 to 1. */
export const shareAxis: ScaleOptions = {
  domain: [0, 1],
  ticks: 5,
  tickFormat: percent,
  labelAnchor: "center",
  labelArrow: "none",
};

/** A number without the digits that binary fractions add, and without zeros at the end. */
export function significant(value: number): string {
  return String(Number(value.toPrecision(6)));
}
