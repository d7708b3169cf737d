import { curveTable } from "../comparison/curve.ts";
import { newFolder } from "../training/files.ts";
import { type CurvePlan, compareCurve } from "../work/curve.ts";
import type { Context } from "./command.ts";
import { writeFigures } from "./report.ts";
import { type StudyOptions, showStudy } from "./study.ts";
import { print, printJson, table, warn } from "./terminal.ts";

/** hqcnn compare --fractions */
export async function showCurve(
  context: Context,
  plan: CurvePlan,
  options: StudyOptions & { figures?: string },
): Promise<void> {
  const { platform } = context;
  const { data, runs, warnings } = plan;
  warn(warnings);
  const folder = options.resume ?? options.out ?? (await newFolder(platform, `curve-${data.name}`));
  const outcome = await showStudy(context, { command: "compare", folder, runs }, options, (executor, listeners) =>
    compareCurve(context, plan, folder, executor, listeners),
  );
  if (outcome === null) return;
  const { curve, files, figures, notes } = outcome;
  if (options.figures !== undefined) await writeFigures(platform, options.figures, figures);
  if (options.json) {
    printJson({ ...curve, study: folder, note: notes.join("; "), warnings });
    return;
  }
  print(`\n${data.name}: learning curves\n\n${table(curveTable(curve))}\n`);
  const written = `written to ${folder}: ${Object.keys(files).join(", ")}`;
  print([...curve.contrasts.map(({ verdict }) => verdict), ...notes, written].join("\n"));
}
