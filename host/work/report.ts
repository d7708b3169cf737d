import { loadEngine } from "../api.ts";
import { HqcnnError } from "../check.ts";
import type { Dataset } from "../datasets/types.ts";
import type { ReportContext } from "../report/run.ts";
import { RUN_FILES } from "../training/files.ts";
import { dataToOpen, readRunConfig } from "../training/record.ts";
import { readReportedRun } from "../training/reported.ts";
import type { WorkContext } from "./context.ts";
import { openTrainingData, warningsOf } from "./data.ts";

/** A run's data set, or why there is none; and what is suspicious about it. */
export interface RunData {
  data: Dataset | string;
  warnings: readonly string[];
}

/**
 * The data set of a run, split as it was then.
 * @param given where it is now; then it must be there
 * @param hint what to do where it is not there any more
 */
export async function openRunData(
  { platform, open = (options) => openTrainingData(platform, options) }: WorkContext,
  folder: string,
  given?: string,
  hint = "",
): Promise<RunData> {
  const config = await readRunConfig(platform, folder);
  const { options } = config;
  try {
    const data = await open({ ...options, data: dataToOpen(folder, options.data, given) });
    if (data.source.md5 === config.data.md5) return { data, warnings: await warningsOf(data) };
    throw new HqcnnError(
      `${data.source.path}: expected the run's data set with MD5 ${config.data.md5}, got ${data.source.md5}`,
    );
  } catch (error) {
    if (given !== undefined || !(error instanceof HqcnnError)) throw error;
    return { data: `${error.message.split("\n")[0]}${hint}`, warnings: [] };
  }
}

/** Calls `use` with everything that the report of a run shows. */
export async function withRun<Result>(
  { platform, version }: WorkContext,
  folder: string,
  { data, warnings }: RunData,
  use: (context: ReportContext) => Promise<Result>,
): Promise<Result> {
  const engine = await loadEngine({ platform, threads: 1 });
  const run = await readReportedRun(platform, engine, folder);
  try {
    return await use({ run, data, warnings, version });
  } finally {
    run.model?.network.close();
  }
}

/** Writes the report of a run into its folder, or to `out`. */
export async function writeReport(
  context: WorkContext,
  folder: string,
  data: RunData,
  out = context.platform.join(folder, RUN_FILES.report),
): Promise<{ path: string; figures: Map<string, string> }> {
  const { reportRun } = await import("../report/run.ts");
  const { html, figures } = await withRun(context, folder, data, reportRun);
  await context.platform.writeFile(out, html);
  return { path: out, figures };
}
