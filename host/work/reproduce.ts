import { comparisonRuns } from "../comparison/ablations.ts";
import type { VariantRuns } from "../comparison/compare.ts";
import { SOURCE_SETS, type SourceSet } from "../comparison/published.ts";
import { type Recipe, recipeOptions, type SourceTask } from "../comparison/recipes.ts";
import { REPRODUCED, type Reproduction, reproduce, reproductionMarkdown } from "../comparison/reproduction.ts";
import { readVariants } from "../comparison/results.ts";
import type { Protocol } from "../datasets/types.ts";
import type { Report } from "../report/page.ts";
import { reportReproduction } from "../report/reproduction.ts";
import type { Executor } from "../study/executor.ts";
import type { StudyRun } from "../study/study.ts";
import type { TrainOptions } from "../training/options.ts";
import type { ReadControl, WorkContext } from "./context.ts";
import { openChecked } from "./data.ts";
import { notForClinicalUse } from "./notes.ts";
import { carryOut, type StudyListeners } from "./study.ts";

export interface ReproductionRequest {
  sets: readonly SourceSet[];
  recipe: Recipe;
  task: SourceTask;
  protocols: readonly Protocol[];
  seeds: number;
  /** In place of the recipe's: then it reproduces nothing. */
  epochs?: number;
}

export interface ReproductionPlan {
  request: ReproductionRequest;
  /** One data set by one protocol each. */
  parts: readonly { set: SourceSet; protocol: Protocol; options: TrainOptions }[];
  runs: readonly StudyRun[];
  /** About the data, one line each. */
  warnings: readonly string[];
  /** The command that repeats it. */
  command: string;
}

export interface ReproductionOutcome {
  results: readonly Reproduction[];
  report: Report;
  /** What was written into the folder, by name. */
  files: Record<string, string>;
}

/** Checks a reproduction: opens every data set once, so that a missing file is reported before hours of training. */
export async function planReproduction(
  context: WorkContext,
  request: ReproductionRequest,
  control?: ReadControl,
): Promise<ReproductionPlan> {
  const { sets, recipe, task, protocols, seeds, epochs } = request;
  const parts = sets.flatMap((set) =>
    protocols.map((protocol) => {
      const options: TrainOptions = { ...recipeOptions(recipe, set, task), protocol, ...(epochs && { epochs }) };
      return { set, protocol, options };
    }),
  );
  const warnings: string[] = [];
  for (const { options } of parts) warnings.push(...(await openChecked(context, options, control)).warnings);
  return {
    ...{ request, parts },
    runs: parts.flatMap(({ set, options }) => comparisonRuns(set, options, seeds, ["none"])),
    warnings: [...new Set(warnings)],
    command: again(request),
  };
}

/**
 * Trains what is missing of a reproduction in its folder and writes published and own results side by side.
 * @returns null: stopped by the signal, to be continued by the same call
 */
export async function carryOutReproduction(
  context: WorkContext,
  { request, parts, runs, warnings, command }: ReproductionPlan,
  folder: string,
  executor: Executor,
  listeners?: StudyListeners,
): Promise<ReproductionOutcome | null> {
  const { platform, version } = context;
  const { task, recipe, seeds, epochs } = request;
  const study = { command: "reproduce", options: request, runs };
  if (!(await carryOut(context, folder, study, executor, listeners))) return null;
  const found: { reproduction: Reproduction; variants: VariantRuns[] }[] = [];
  for (const { set, protocol, options } of parts) {
    const variants = await readVariants(platform, folder, set, options, seeds, REPRODUCED);
    found.push({ reproduction: reproduce({ set, task, protocol, recipe, epochs }, variants), variants });
  }
  const results = found.map(({ reproduction }) => reproduction);
  const report = await reportReproduction({ parts: found, command, version });
  const about = [command, `hqcnn ${version}`, ...warnings, notForClinicalUse];
  const files = {
    "reproduction.json": `${JSON.stringify({ results, about }, null, 2)}\n`,
    "reproduction.md": reproductionMarkdown(results, about),
    "reproduction.html": report.html,
  };
  for (const [name, text] of Object.entries(files)) await platform.writeFile(platform.join(folder, name), text);
  return { results, report, files };
}

/** The command that carries out the study once more. */
function again({ sets, recipe, task, protocols, seeds, epochs }: ReproductionRequest): string {
  const set = sets.length === 1 ? sets[0] : "all";
  const length = epochs === undefined ? "" : ` --epochs ${epochs}`;
  return `hqcnn reproduce ${set} --recipe ${recipe} --task ${task} --protocols ${protocols.join(",")} --seeds ${seeds}${length}`;
}

/** The request with what was not asked for filled in. */
export function reproductionRequest(
  set: SourceSet | "all",
  { recipe = "source", task = "binary", protocols, seeds, epochs }: Partial<ReproductionRequest> & { seeds: number },
): ReproductionRequest {
  const sourceOnly = recipe === "source" && task === "binary";
  return {
    sets: set === "all" ? SOURCE_SETS : [set],
    ...{ recipe, task, seeds, epochs },
    protocols: protocols ?? (sourceOnly ? ["official", "pooled"] : ["official"]),
  };
}
