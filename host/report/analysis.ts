import type { Interval } from "../simulator/analysis.ts";
import type { AnalysisRow } from "../simulator/analysisSweep.ts";
import type { Line } from "./charts/lines.ts";
import { loadCharts } from "./charts.ts";

/** An analysis as a table with a head: a circuit a row, each number with its interval. */
export function analysisTable(rows: readonly AnalysisRow[]): string[][] {
  const head = ["wires", "layers", "gradient variance", "expressibility (KL)", "entanglement"];
  const text = (interval: Interval | null) =>
    interval === null ? "–" : `${short(interval.value)} [${short(interval.low)}, ${short(interval.high)}]`;
  const body = rows.map(({ wires, layers, analysis }) => [
    ...[String(wires), layers === null ? "–" : String(layers)],
    ...[analysis.gradientVariance, analysis.expressibility, analysis.entanglement].map(text),
  ]);
  return [head, ...body];
}

/** The Fourier spectra of the last circuit: an input a row, and its frequencies with their magnitudes. */
export function spectraTable(rows: readonly AnalysisRow[]): string[][] {
  return rows[rows.length - 1].analysis.spectra.map(({ input, frequencies, magnitudes }) => [
    `x${input}`,
    frequencies.map((frequency, k) => `${frequency}: ${short(magnitudes[k].value)}`).join("  "),
  ]);
}

/** What should be said of an analysis: on what it rests, and what was left out. */
export function analysisNotes(rows: readonly AnalysisRow[]): { basis: string; notes: string[] } {
  const [{ analysis: first }] = rows;
  return {
    basis: `95 % bootstrap intervals over ${first.samples} random choices of weights and inputs, seed ${first.seed}`,
    notes: [
      ...(first.gradientVariance === null ? ["no gradient variance: the circuit has no weights that are drawn"] : []),
      ...new Set(rows.flatMap(({ analysis }) => analysis.notes)),
    ],
  };
}

function short(value: number): string {
  // A sum that is 0 but for its rounding.
  return Math.abs(value) < 1e-12
    ? "0"
    : Math.abs(value) < 1e-3
      ? value.toExponential(2)
      : String(Number(value.toPrecision(3)));
}

/** Pictures of an analysis by name, as SVG: over wires where several were asked for, else over layers; and spectra. */
export async function analysisFigures(rows: readonly AnalysisRow[]): Promise<Map<string, string>> {
  const charts = await loadCharts();
  const figures = new Map<string, string>();
  const byWires = new Set(rows.map(({ wires }) => wires)).size > 1 || rows[0].layers === null;
  const groups = [...new Set(rows.map((row) => (byWires ? row.layers : row.wires)))];
  const lines = (of: (row: AnalysisRow) => Interval | null): Line[] =>
    groups.map((group, i) => {
      const own = rows.filter((row) => (byWires ? row.layers : row.wires) === group);
      const found = own.flatMap((row) => {
        const interval = of(row);
        return interval ? [{ x: byWires ? row.wires : (row.layers ?? 0), ...interval }] : [];
      });
      return {
        name: group === null ? "" : byWires ? `${group} layers` : `${group} wires`,
        emphasis: i === groups.length - 1,
        points: found.map(({ x, value }) => ({ x, y: value })),
        intervals: found,
      };
    });
  const x = byWires ? "Wires" : "Layers";
  const add = (name: string, y: string, log: boolean, of: (row: AnalysisRow) => Interval | null) => {
    const drawn = lines(of).filter(({ points }) => points.length > 0);
    if (drawn.length === 0) return;
    const label = `${y}, with 95 % intervals: ${rows.flatMap((row) => of(row)?.value.toPrecision(3) ?? []).join(", ")}.`;
    figures.set(name, charts.lines(label, { x, y, log }, drawn));
  };
  add("gradient-variance", "variance of gradients", true, ({ analysis }) => analysis.gradientVariance);
  add("expressibility", "expressibility (KL to Haar)", true, ({ analysis }) => analysis.expressibility);
  add("entanglement", "Meyer–Wallach entanglement", false, ({ analysis }) => analysis.entanglement);
  const { spectra, wires } = rows[rows.length - 1].analysis;
  if (spectra.length > 0) {
    const drawn = spectra.map(({ input, frequencies, magnitudes }, i): Line => {
      const points = magnitudes.map(({ value, low, high }, k) => ({ x: frequencies[k], y: value, low, high }));
      return { name: `x${input}`, emphasis: i === 0, points, intervals: points };
    });
    const label = `Mean magnitude of the Fourier coefficients of output 0, a line per input, of ${wires} wires.`;
    figures.set("spectrum", charts.lines(label, { x: "Frequency", y: "magnitude", log: false }, drawn));
  }
  return figures;
}
