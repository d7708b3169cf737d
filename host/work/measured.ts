import { loadEngine, loadModel } from "../api.ts";
import { UsageError } from "../check.ts";
import type { Circuit } from "../circuit/circuit.ts";
import { type NoiseModel, noiseText, parseNoiseSweep } from "../circuit/noise/model.ts";
import type { Simulated } from "../circuit/noise/tape.ts";
import type { VariantMeasured, VariantRuns } from "../comparison/compare.ts";
import type { Dataset, Split } from "../datasets/types.ts";
import type { Engine } from "../engine/load.ts";
import { checkMeasured, checkSettings, evaluateMeasured, measuredLayer, metricsOf } from "../evaluation/measured.ts";
import type { MeasuredTable } from "../evaluation/measuredTable.ts";
import type { Network } from "../network/network.ts";
import type { Platform } from "../platform/platform.ts";
import { summarize } from "../statistics/tests.ts";
import { RUN_FILES } from "../training/files.ts";
import { flag, type TrainOptions } from "../training/options.ts";
import type { WorkContext } from "./context.ts";
import { openTrainingData } from "./data.ts";
import { openRunData, writeReport } from "./report.ts";

/** Every combination of shots and noise that is measured. */
export interface MeasuredRequest {
  /** 0: exact values. */
  shots: readonly number[];
  noise: readonly (NoiseModel | undefined | null)[];
  /** The noise as it was typed. */
  spec?: string;
  repetitions?: number;
  seed?: number;
  simulation?: Simulated;
  trajectories?: number;
  /** Scale factors of zero-noise extrapolation. */
  scales?: readonly number[];
  /** See MeasuredSettings. */
  lenient?: boolean;
}

/** The noise models that a text of the command line names: a JSON file, or a SPEC, maybe with several strengths. */
export async function readNoise(platform: Platform, text: string): Promise<NoiseModel[]> {
  if (!/\.json$/i.test(text)) return parseNoiseSweep(text);
  const { parseNoiseFile } = await import("../circuit/noise/file.ts");
  return [parseNoiseFile(new TextDecoder().decode(await platform.readFile(text)), text)];
}

/** The settings of a request, one for every combination, checked. @throws UsageError on what cannot be */
export function settingsOf(circuit: Circuit, { shots, noise, spec: _, ...settings }: MeasuredRequest) {
  const all = noise.flatMap((model) =>
    shots.map((count) => ({ ...settings, shots: count, noise: model ?? undefined })),
  );
  if (all.length === 0) throw new UsageError("shots and noise: expected at least one setting, got none");
  if (settings.lenient) for (const one of all) checkMeasured(circuit, one);
  else checkSettings(circuit, all);
  return all;
}

/** The flags of the command line that repeat it, with a space before. */
export function measuredFlags(request: MeasuredRequest): string {
  const { shots, spec, repetitions, seed, simulation, trajectories } = request;
  const noise = spec === undefined || /^[\w:.,/@+-]+$/.test(spec) ? spec : `'${spec.replaceAll("'", "'\\''")}'`;
  const given = { shots: shots.join(","), noise, repetitions, measureSeed: seed, simulation, trajectories };
  return Object.entries(given)
    .flatMap(([name, value]) => (value === undefined ? [] : [` ${flag(name)} ${value}`]))
    .join("");
}

/**
 * Evaluates a network under every combination of shots and noise.
 * @throws UsageError on what cannot be, before anything is computed; HqcnnError on a network without a circuit
 */
export async function measure(
  network: Network,
  split: Split,
  about: { data: string; split: string },
  request: MeasuredRequest,
  onProgress?: (done: number, total: number) => void,
): Promise<MeasuredTable> {
  const layer = await measuredLayer(network, split);
  const all = settingsOf(layer.circuit, request);
  const rows: MeasuredTable["rows"] = [];
  for (const [i, one] of all.entries()) {
    onProgress?.(i, all.length);
    await new Promise((resolve) => setTimeout(resolve)); // lets events in
    rows.push({ ...evaluateMeasured(layer, one), noise: one.noise ? noiseText(one.noise) : null });
  }
  onProgress?.(all.length, all.length);
  return { ...about, count: split.count, seed: request.seed ?? 0, exact: metricsOf(layer, layer.exact), rows };
}

/**
 * How trained variants fare under shots and noise: of every run the test split is measured. A rule that acts nowhere in
 * an ablation's circuit is left out there.
 */
export async function measureVariants(
  { platform }: WorkContext,
  variants: readonly VariantRuns[],
  data: Dataset,
  request: MeasuredRequest,
): Promise<VariantMeasured[][]> {
  const engine = await loadEngine({ platform, threads: 1 });
  const all: VariantMeasured[][] = [];
  for (const { runs } of variants) {
    const tables: MeasuredTable[] = [];
    const quantum = runs.filter(({ config }) => config.options.head === "quantum");
    for await (const { network, test, name } of trainedModels(platform, engine, quantum, data)) {
      const about = { data: name, split: "test" };
      tables.push(await measure(network, test, about, { ...request, lenient: runs !== variants[0].runs }));
    }
    const settings = tables[0]?.rows ?? [];
    all.push(
      settings.map(({ shots, noise }, i) => ({
        ...{ shots, noise },
        accuracy: summarize(tables.map(({ rows }) => rows[i].accuracy.mean)),
      })),
    );
  }
  return all;
}

/** The models of runs, each with its own test images; a model is open until the next one is asked for. */
export async function* trainedModels(platform: Platform, engine: Engine, runs: VariantRuns["runs"], data: Dataset) {
  for (const { folder, config } of runs) {
    const { network } = await loadModel(engine, platform.join(folder, RUN_FILES.model), platform);
    try {
      yield { network, ...(await testOf(platform, config.options, data)), options: config.options };
    } finally {
      network.close();
    }
  }
}

/** The test images of a run: pooled, every seed has others. */
async function testOf(
  platform: Platform,
  options: TrainOptions,
  data: Dataset,
): Promise<{ test: Split; name: string }> {
  const own = data.protocol === "pooled" ? await openTrainingData(platform, options) : data;
  return { test: await own.split("test"), name: own.name };
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
