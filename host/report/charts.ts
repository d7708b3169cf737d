// The charts of the reports: a chart is a file in charts/ and a line here.
import { balance } from "./charts/balance.ts";
import { boxes } from "./charts/boxes.ts";
import { confidences, reliability } from "./charts/calibration.ts";
import { confusion } from "./charts/confusion.ts";
import { curves } from "./charts/curves.ts";
import { type Drawing, loadDrawing } from "./charts/drawing.ts";
import { forest } from "./charts/forest.ts";
import { history } from "./charts/history.ts";
import { lines } from "./charts/lines.ts";
import { measured } from "./charts/measured.ts";
import { overlay } from "./charts/overlay.ts";
import { parallel } from "./charts/parallel.ts";
import { strip } from "./charts/strip.ts";

const CHARTS = {
  history,
  curves,
  confusion,
  reliability,
  confidences,
  forest,
  lines,
  strip,
  balance,
  overlay,
  boxes,
  parallel,
  measured,
};

/** A chart without its first argument, what it is drawn with. */
type Loaded<Chart> = Chart extends (drawing: Drawing, ...rest: infer Rest) => string
  ? (...rest: Rest) => string
  : never;

/**
 * Charts as SVG strings. Their first argument is the text alternative; colours are the page's variables. See the files
 * in charts/.
 */
export type Charts = { [Name in keyof typeof CHARTS]: Loaded<(typeof CHARTS)[Name]> };

/** Loads the drawing library once for all charts. */
export async function loadCharts(): Promise<Charts> {
  const drawing = await loadDrawing();
  const loaded = Object.entries(CHARTS).map(([name, chart]) => [
    name,
    (chart as (drawing: Drawing, ...rest: unknown[]) => string).bind(undefined, drawing),
  ]);
  return Object.fromEntries(loaded) as Charts;
}
