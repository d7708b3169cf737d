import { loadEngine } from "../api.ts";
import { UsageError } from "../check.ts";
import type { Dataset } from "../datasets/types.ts";
import type { Engine } from "../engine/load.ts";
import type { Platform } from "../platform/platform.ts";
import { flag, ROWS, type TrainOptions } from "../training/options.ts";
import { parseTrainOptions } from "../training/parse.ts";
import { dataToOpen, readRunConfig } from "../training/record.ts";
import { type RunControl, type RunResult, resumeRun, startRun, trainInto } from "../training/run.ts";
import type { ReadControl, WorkContext } from "./context.ts";
import { openChecked } from "./data.ts";
import { wideAdvice } from "./wide.ts";

/** Where a training writes. */
export type TrainPlace =
  /** A folder that is new or empty; default: runs/TIME-DATA. */
  | { kind: "new"; folder?: string }
  /** The folder of a run that was stopped. */
  | { kind: "resume"; folder: string }
  /** A folder that may hold the beginning of this run. */
  | { kind: "either"; folder: string };

export interface TrainListeners extends RunControl {
  onRead?: ReadControl["onProgress"];
  /** Data and engine are there, training is about to begin. */
  onReady?: (ready: { data: Dataset; engine: Engine; warnings: readonly string[]; advice: readonly string[] }) => void;
}

export interface TrainOutcome {
  result: RunResult;
  data: Dataset;
  /** About the data, the engine, and results that are too good: one line each. */
  warnings: readonly string[];
  /** What would make it faster here: one line each. */
  advice: readonly string[];
  /** Those about the data. */
  dataWarnings: readonly string[];
}

/** Opens the data, loads the engine and trains. @throws what startRun, resumeRun and openDataset throw */
export async function train(
  context: WorkContext,
  options: TrainOptions,
  place: TrainPlace,
  { onRead, onReady, ...control }: TrainListeners = {},
): Promise<TrainOutcome> {
  const { platform, version } = context;
  const reading = { signal: control.signal, onProgress: onRead };
  const { data, warnings: dataWarnings } = await openChecked(context, options, reading);
  const engine = await loadEngine({ build: options.engine, threads: options.threads || undefined, platform });
  const warnings = [...dataWarnings, ...(engine.note ? [engine.note] : [])];
  const advice = await wideAdvice(platform, engine, data, options.epochs);
  onReady?.({ data, engine, warnings, advice });
  const run = { platform, engine, data, version };
  const result =
    place.kind === "new"
      ? await startRun(run, options, place.folder, control)
      : await { resume: resumeRun, either: trainInto }[place.kind](run, options, place.folder, control);
  const all = [...warnings, ...(result.finished ? result.warnings : [])];
  return { result, data, warnings: [...new Set(all)], advice, dataWarnings };
}

/** Options that a run may be continued with in place of its own. */
export const RESUMED_WITH = ROWS.filter(({ resumed }) => resumed === "given").map(({ name }) => name);

/**
 * The options of a run that is to be continued: its own, but for those of RESUMED_WITH that are given.
 * @throws UsageError naming others that are given
 */
export async function resumedOptions(
  platform: Platform,
  folder: string,
  given: Partial<TrainOptions> & Record<string, unknown>,
): Promise<TrainOptions> {
  const fixed = Object.keys(given).filter((name) => !(RESUMED_WITH as string[]).includes(name));
  if (fixed.length > 0) {
    throw new UsageError(
      `--resume takes all options but ${RESUMED_WITH.map(flag).join(", ")} from the run: leave out ${fixed.map(flag).join(", ")}`,
    );
  }
  const { options } = await readRunConfig(platform, folder);
  dataToOpen(folder, options.data, given.data);
  return parseTrainOptions({ ...options, ...given });
}
