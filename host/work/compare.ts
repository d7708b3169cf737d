import { UsageError } from "../check.ts";
import { MAX_WIRES } from "../circuit/limits.ts";
import {
  type AblationName,
  comparisonRuns,
  missingAblation,
  NETWORK,
  standardAblations,
} from "../comparison/ablations.ts";
import { type Comparison, compareVariants } from "../comparison/compare.ts";
import { comparisonOptions } from "../comparison/options.ts";
import { readVariants } from "../comparison/results.ts";
import { comparisonFiles } from "../comparison/tables.ts";
import type { Dataset } from "../datasets/types.ts";
import type { CorruptionSettings } from "../evaluation/robustness.ts";
import { resolveHead, templateOf } from "../network/heads.ts";
import { comparisonPage } from "../report/comparison.ts";
import { type Page, page, type Report } from "../report/page.ts";
import { commandLine } from "../report/reproduce.ts";
import type { Executor } from "../study/executor.ts";
import type { StudyRun } from "../study/study.ts";
import { headOf, withCircuit } from "../training/head.ts";
import type { TrainOptions } from "../training/options.ts";
import type { ReadControl, WorkContext } from "./context.ts";
import { corruptionFlags, corruptVariants } from "./corruptions.ts";
import { openChecked, withTask } from "./data.ts";
import { type MeasuredRequest, measuredFlags, measureVariants, settingsOf } from "./measured.ts";
import { notesOn } from "./notes.ts";
import { carryOut, type StudyListeners } from "./study.ts";

export interface ComparisonRequest {
  /** Options of training; what is left out has its default. See comparisonOptions for what is not used. */
  options: object;
  /** One run each, from options.seed on. */
  seeds: number;
  /** The ablations. */
  twins: readonly AblationName[];
  /** Nobody asked for these by name: those that the network does not have are left out. */
  standard?: boolean;
}

/** A comparison that can be carried out. */
export interface ComparisonPlan {
  options: TrainOptions;
  seeds: number;
  twins: readonly AblationName[];
  data: Dataset;
  runs: readonly StudyRun[];
  /** About the data, and what of the request is not used: one line each. */
  warnings: readonly string[];
  /** The command that repeats it. */
  command: string;
}

export interface ComparisonOutcome {
  comparison: Comparison;
  report: Page & Pick<Report, "figures">;
  /** What was written into the folder, by name. */
  files: Record<string, string>;
  /** What has to be said about the results. */
  notes: readonly string[];
}

/**
 * Checks a comparison and opens its data; nothing is trained or written.
 * @throws UsageError when an option is impossible, or the network has not one of the ablations
 */
export async function planComparison(
  context: WorkContext,
  { options: given, seeds, twins: twinsGiven, standard = false }: ComparisonRequest,
  control?: ReadControl,
): Promise<ComparisonPlan> {
  const { options: named, notes } = comparisonOptions(given);
  const asked = await withCircuit(context.platform, named);
  const wanted = standard ? standardAblations(asked) : twinsGiven;
  const missing = standard ? wanted.filter((name) => missingAblation(asked, name) !== null) : [];
  const twins = wanted.filter((name) => !missing.includes(name));
  const leftOut = missing.map((name) => `no ablation ${name}: ${missingAblation(asked, name)}`);
  comparisonRuns("", asked, seeds, twins); // refuses before hours of reading
  const { data, warnings } = await openChecked(context, asked, control);
  const options = withTask(asked, data);
  return {
    ...{ options, seeds, twins, data },
    runs: comparisonRuns(data.name, options, seeds, twins),
    warnings: [...warnings, ...notes, ...leftOut],
    command: `${commandLine("compare", options)} --seeds ${seeds} --twins ${twins.join(",")}`,
  };
}

/** @throws UsageError on shots and noise that the network's circuit cannot have, before anything is trained */
export function checkMeasuring({ options }: ComparisonPlan, request: MeasuredRequest): void {
  const template = templateOf({ head: resolveHead(headOf(options)) });
  if (!template)
    throw new UsageError(
      `--shots and --noise: expected circuits that can be run as one, of ${MAX_WIRES} wires together, none of them with an amplitude embedding`,
    );
  settingsOf(template.circuit, request);
}

/**
 * Trains what is missing of a comparison in its folder, tests the differences and writes the results beside the runs.
 * @returns null: stopped by the signal, to be continued by the same call
 */
export async function compare(
  context: WorkContext,
  plan: ComparisonPlan,
  folder: string,
  executor: Executor,
  listeners: StudyListeners & { onTrained?: () => void } = {},
  measuring: MeasuredRequest | null = null,
  corruptions: CorruptionSettings | null = null,
): Promise<ComparisonOutcome | null> {
  const { platform, version } = context;
  const { options, seeds, twins, data, runs, warnings } = plan;
  const command =
    plan.command + (measuring ? measuredFlags(measuring) : "") + (corruptions ? corruptionFlags(corruptions) : "");
  const { onTrained, ...others } = listeners;
  const tests = { ...(measuring && { measuring }), ...(corruptions && { corruptions }) };
  const study = { command: "compare", options: { train: options, seeds, twins, ...tests }, runs };
  if (!(await carryOut(context, folder, study, executor, others))) return null;
  onTrained?.();
  const variants = await readVariants(platform, folder, data.name, options, seeds, [NETWORK, ...twins]);
  const comparison = compareVariants(variants, data);
  if (measuring) {
    const measured = await measureVariants(context, variants, data, measuring);
    comparison.variants.forEach((variant, i) => {
      if (measured[i].length > 0) variant.measured = measured[i];
    });
  }
  if (corruptions) comparison.corruptions = await corruptVariants(context, variants, data, corruptions);
  const report = await comparisonPage({ comparison, variants, command, version });
  const notes = [...(comparison.corruptions?.notes ?? []), ...notesOn(data.protocol)];
  const about = [command, `hqcnn ${version}, data MD5 ${data.source.md5 ?? "none"}`, ...warnings, ...notes];
  const files = { ...comparisonFiles(comparison, about), "comparison.html": page(report) };
  for (const [name, text] of Object.entries(files)) await platform.writeFile(platform.join(folder, name), text);
  return { comparison, report, files, notes };
}
