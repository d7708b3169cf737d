import { UsageError } from "../check.ts";
import { comparisonRuns, NETWORK } from "../comparison/ablations.ts";
import { compareVariants, type VariantRuns } from "../comparison/compare.ts";
import {
  CURVE_NOTE,
  type CurvePoint,
  checkFractions,
  curveTable,
  type LearningCurve,
  learningCurve,
  optionsAt,
} from "../comparison/curve.ts";
import { readVariants } from "../comparison/results.ts";
import { csvTable, latexTable, markdownTable } from "../comparison/tables.ts";
import { nestedIndices } from "../datasets/subset.ts";
import { reportCurve } from "../report/curve.ts";
import type { Executor } from "../study/executor.ts";
import type { ComparisonPlan } from "./compare.ts";
import type { WorkContext } from "./context.ts";
import { notesOn } from "./notes.ts";
import { carryOut, type StudyListeners } from "./study.ts";

/** A comparison on several parts of the training images. */
export interface CurvePlan extends ComparisonPlan {
  fractions: readonly number[];
}

/** @throws UsageError on parts that are none */
export function planCurve(plan: ComparisonPlan, given: readonly number[]): CurvePlan {
  const fractions = checkFractions(given);
  const { options, seeds, twins, data } = plan;
  if (options.fraction !== 1) throw new UsageError("--fraction: --fractions says which parts: leave it out");
  const runs = fractions.flatMap((fraction) => comparisonRuns(data.name, optionsAt(options, fraction), seeds, twins));
  return { ...plan, fractions, runs, command: `${plan.command} --fractions ${fractions.join(",")}` };
}

/**
 * Trains what is missing of a learning curve in its folder, and writes the results beside the runs.
 * @returns null: stopped by the signal, to be continued by the same call
 */
export async function compareCurve(
  context: WorkContext,
  { options, seeds, twins, fractions, runs, data, command, warnings }: CurvePlan,
  folder: string,
  executor: Executor,
  listeners?: StudyListeners,
): Promise<{
  curve: LearningCurve;
  files: Record<string, string>;
  figures: Map<string, string>;
  notes: string[];
} | null> {
  const { platform, version } = context;
  const study = { command: "compare", options: { train: options, seeds, twins, fractions }, runs };
  if (!(await carryOut(context, folder, study, executor, listeners))) return null;
  const { labels } = await data.split("train");
  const points: CurvePoint[] = [];
  let whole: readonly VariantRuns[] = [];
  for (const fraction of fractions) {
    const own = optionsAt(options, fraction);
    whole = await readVariants(platform, folder, data.name, own, seeds, [NETWORK, ...twins]);
    // How many, whichever they are: counts of labels would be more where an image has several.
    const images = nestedIndices(labels, fraction, (length) => new Uint32Array(length)).length;
    points.push({ fraction, images, epochs: own.epochs, comparison: compareVariants(whole, data) });
  }
  const curve = learningCurve(points);
  const notes = notesOn(data.protocol);
  const about = [command, `hqcnn ${version}`, ...warnings, ...notes];
  const table = curveTable(curve);
  const title = `${data.name}: learning curves of the network and its ablations`;
  const report = await reportCurve({ curve, variants: whole, command, version, title });
  const files = {
    "curve.json": `${JSON.stringify({ ...curve, about }, null, 2)}\n`,
    "curve.csv": `${csvTable(table)}\n`,
    "curve.tex": `% ${title}\n${latexTable(table)}\n`,
    "curve.md": `${[`# ${title}`, curve.contrasts.map(({ verdict }) => `- ${verdict}`).join("\n"), markdownTable(table), CURVE_NOTE, about.map((line) => `- ${line}`).join("\n")].join("\n\n")}\n`,
    "curve.html": report.html,
  };
  for (const [name, text] of Object.entries(files)) await platform.writeFile(platform.join(folder, name), text);
  return { curve, files, figures: report.figures, notes };
}
