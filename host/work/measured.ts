import { UsageError } from "../check.ts";
import { type NoiseModel, noiseText, parseNoiseSweep } from "../circuit/noise/model.ts";
import type { Simulated } from "../circuit/noise/tape.ts";
import type { Split } from "../datasets/types.ts";
import { checkMeasured, evaluateMeasured, measuredLayer, metricsOf } from "../evaluation/measured.ts";
import type { MeasuredTable } from "../evaluation/measuredTable.ts";
import type { Network } from "../network/network.ts";
import type { Platform } from "../platform/platform.ts";
import { RUN_FILES } from "../training/files.ts";
import type { WorkContext } from "./context.ts";
import { openRunData, writeReport } from "./report.ts";

/** Every combination of shots and noise that is measured. */
export interface MeasuredRequest {
  /** 0: exact values. */
  shots: readonly number[];
  noise: readonly (NoiseModel | undefined)[];
  repetitions?: number;
  seed?: number;
  simulation?: Simulated;
  trajectories?: number;
  /** Scale factors of zero-noise extrapolation. */
  scales?: readonly number[];
}

/** The noise models that a text of the command line names: a JSON file, or a SPEC, maybe with several strengths. */
export async function readNoise(platform: Platform, text: string): Promise<NoiseModel[]> {
  if (!/\.json$/i.test(text)) return parseNoiseSweep(text);
  const { parseNoiseFile } = await import("../circuit/noise/file.ts");
  return [parseNoiseFile(new TextDecoder().decode(await platform.readFile(text)), text)];
}

/**
 * Evaluates a network under every combination of shots and noise.
 * @throws UsageError on what cannot be, before anything is computed; HqcnnError on a network without a circuit
 */
export async function measure(
  network: Network,
  split: Split,
  about: { data: string; split: string },
  { shots, noise, seed = 0, ...settings }: MeasuredRequest,
  onProgress?: (done: number, total: number) => void,
): Promise<MeasuredTable> {
  const layer = measuredLayer(network, split);
  const all = noise.flatMap((model) => shots.map((count) => ({ ...settings, seed, shots: count, noise: model })));
  if (all.length === 0) throw new UsageError("shots and noise: expected at least one setting, got none");
  for (const one of all) checkMeasured(layer.circuit, one);
  const rows: MeasuredTable["rows"] = [];
  for (const [i, one] of all.entries()) {
    onProgress?.(i, all.length);
    await new Promise((resolve) => setTimeout(resolve)); // lets events in
    rows.push({ ...evaluateMeasured(layer, one), noise: one.noise ? noiseText(one.noise) : null });
  }
  onProgress?.(all.length, all.length);
  return { ...about, count: split.count, seed, exact: metricsOf(layer, layer.exact), rows };
}

/** Accuracy against shots, or against strength, as a self-contained SVG document. */
export async function measuredPlot(result: MeasuredTable): Promise<string> {
  const { loadCharts } = await import("../report/charts.ts");
  const { standalone } = await import("../report/palette.ts");
  const { measuredChart } = await import("../report/measured.ts");
  return standalone(measuredChart(result, await loadCharts()).svg);
}

/** Keeps a table in a run folder and writes the run's report again. @returns what was written */
export async function keepMeasured(context: WorkContext, folder: string, result: MeasuredTable): Promise<string[]> {
  const { platform } = context;
  const path = platform.join(folder, RUN_FILES.measured);
  await platform.writeFile(path, `${JSON.stringify(result, null, 2)}\n`);
  const { path: report } = await writeReport(context, folder, await openRunData(context, folder));
  return [path, report];
}
