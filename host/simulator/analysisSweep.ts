import { UsageError } from "../check.ts";
import { createTemplate, type Template, type TemplateOptions } from "../circuit/templates.ts";
import type { Instance } from "../engine/load.ts";
import { type AnalysisOptions, analyzeCircuit, type CircuitAnalysis, type Interval } from "./analysis.ts";

/** One circuit of a sweep; layers of a circuit of one's own are not known. */
export interface AnalysisRow {
  wires: number;
  layers: number | null;
  analysis: CircuitAnalysis;
}

/**
 * Analyses a circuit by names for every number of wires and layers, or one circuit of one's own.
 * @throws UsageError for a combination that cannot be, before anything is computed, and as analyzeCircuit does
 */
export function analyzeSweep(
  engine: Instance,
  what: Template | { named: TemplateOptions; wires: readonly number[]; layers: readonly number[] },
  options: AnalysisOptions = {},
): AnalysisRow[] {
  if (!("named" in what)) {
    return [{ wires: what.circuit.numWires, layers: null, analysis: analyzeCircuit(engine, what, options) }];
  }
  if (what.wires.length === 0 || what.layers.length === 0) {
    throw new UsageError("analyze: expected at least one number of wires and one of layers, got none");
  }
  const made = what.wires.flatMap((wires) =>
    what.layers.map((layers) => ({ wires, layers, template: createTemplate({ ...what.named, wires, layers }) })),
  );
  return made.map(({ wires, layers, template }) => ({
    wires,
    layers,
    analysis: analyzeCircuit(engine, template, options),
  }));
}

/** A sweep as CSV: a row for every number, with its interval. */
export function analysisCsv(rows: readonly AnalysisRow[]): string {
  const lines = ["wires,layers,samples,seed,measure,input,frequency,value,low,high"];
  for (const { wires, layers, analysis } of rows) {
    const { samples, seed, gradientVariance, expressibility, entanglement, spectra } = analysis;
    const add = (measure: string, { value, low, high }: Interval, input = "", frequency = "") =>
      lines.push([wires, layers ?? "", samples, seed, measure, input, frequency, value, low, high].join(","));
    if (gradientVariance) add("gradient_variance", gradientVariance);
    add("expressibility", expressibility);
    add("entanglement", entanglement);
    for (const { input, frequencies, magnitudes } of spectra) {
      magnitudes.forEach((magnitude, k) => {
        add("fourier", magnitude, `x${input}`, String(frequencies[k]));
      });
    }
  }
  return `${lines.join("\n")}\n`;
}
