import { resolve } from "node:path";
import type { Command } from "commander";
import { UsageError } from "../check.ts";
import { latexTable, markdownTable, type Table } from "../comparison/tables.ts";
import { groupTable, reportSearch, runsCsv, runTable, studyNotes } from "../report/search.ts";
import { duration } from "../report/text.ts";
import { queueExecutor } from "../study/bullmq.ts";
import { localExecutor } from "../study/local.ts";
import { queueName } from "../study/queue.ts";
import { readSpecStudy, readStudyResults, type StudyResults } from "../study/results.ts";
import { parseStudy } from "../study/spec.ts";
import { notForClinicalUse } from "../work/notes.ts";
import { carryOutStudy, estimateStudy, planStudy, type StudyPlan } from "../work/search.ts";
import type { Context, Define } from "./command.ts";
import { writeFigures } from "./report.ts";
import { showStudy, wholeNumber } from "./study.ts";
import { addExamples, addJson, note, parseChoices, print, printJson, table, warn } from "./terminal.ts";

interface RunOptions {
  out?: string;
  queue?: string;
  parallel: number;
  json?: boolean;
}

/** hqcnn study */
export const defineStudy: Define = (command, context) => {
  command.description(
    "Trains every run of a study file: a base of options, and a grid, a list or random draws of others, on data sets " +
      "and seeds. A run that is finished is kept, one that has begun is continued: the same command continues a study.",
  );
  defineRun(command, context);
  definePlan(command, context);
  defineStatus(command, context);
  defineTable(command, context);
  definePlot(command, context);
  defineReport(command, context);
  addExamples(command, "study study.yaml", "study plan study.yaml", "study table runs/study --format markdown");
};

/** Reads and checks a study file. */
async function readPlan(context: Context, file: string): Promise<StudyPlan> {
  const plan = await planStudy(context, parseStudy(await context.platform.readFile(file), file));
  warn(plan.warnings);
  return plan;
}

/** "studies/head.yaml" → "runs/head": the same folder every time, so that the same command continues. */
function folderOf({ platform }: Context, file: string): string {
  const stem = platform.basename(file).replace(/\.(json|ya?ml)$/i, "");
  return platform.join("runs", stem.replace(/[^\w.-]+/g, "-") || "study");
}

function addPlace(command: Command): Command {
  return command
    .argument("<file>", "a study file, JSON or YAML; its schema is host/docs/schemas/study.schema.json")
    .option("--parallel <n>", "runs at the same time; 0: one per processor", wholeNumber("--parallel", 0), 0);
}

function defineRun(parent: Command, context: Context): void {
  const command = parent.command("run", { isDefault: true }).summary("train what is missing of a study");
  addPlace(command)
    .description("Trains what is missing of a study in its folder. `hqcnn study FILE` is the same.")
    .option("--out <folder>", "folder of the runs (default: runs/NAME OF THE FILE)")
    .option(
      "--queue <url>",
      "hand the runs to the workers of a queue (hqcnn worker), as in redis://host:6379, in place of this machine",
    )
    .action(async (file: string, { out, queue, parallel, json }: RunOptions) => {
      if (queue !== undefined && command.getOptionValueSource("parallel") === "cli")
        throw new UsageError("--parallel: the workers of a queue decide that: leave it out");
      if (queue !== undefined) queueName(queue);
      const plan = await readPlan(context, file);
      const shown = out ?? folderOf(context, file);
      // Workers have other working directories.
      const folder = queue === undefined ? shown : resolve(shown);
      const executor = queue === undefined ? undefined : await queueExecutor(context.platform, queue, note);
      const place = `${out === undefined ? "" : ` --out ${out}`}${queue === undefined ? "" : " --queue …"}`;
      const study = { command: "study", folder, runs: plan.runs, again: `hqcnn study ${file}${place}` };
      const results = await showStudy(context, study, { parallel, json, executor }, async (executor, listeners) =>
        (await carryOutStudy(context, plan, folder, executor, listeners))
          ? readStudyResults(context.platform, folder)
          : null,
      );
      if (results === null) return;
      if (json) printJson({ ...jsonOf(results), finished: true, warnings: plan.warnings, note: notForClinicalUse });
      else print(`\n${table(groupTable(results))}\n\n${[...studyNotes(results), notForClinicalUse].join("\n")}`);
    });
  addJson(command, "print one JSON object at the end; progress goes to stderr");
}

function definePlan(parent: Command, context: Context): void {
  const command = parent.command("plan").summary("print the runs of a study with an estimate of the time");
  addPlace(command)
    .description("Prints the runs and how long they take, from steps of each kind that are measured now.")
    .action(async (file: string, { parallel, json }: RunOptions) => {
      const plan = await readPlan(context, file);
      const executor = localExecutor(context.platform, context.version, parallel);
      const { seconds, measured, kinds } = await estimateStudy(context, plan, executor.options.threads ?? 1);
      const total = plan.runs.reduce((sum, { id }) => sum + seconds[id], 0);
      const wall = total / Math.min(executor.parallel, plan.runs.length);
      const basis =
        `measured from steps of ${measured} of ${kinds} kinds of runs` +
        `${measured < kinds ? ", the others taken as their mean" : ""}; runs at the same time slow each other down`;
      if (json) {
        const runs = plan.runs.map((run) => ({ ...run, seconds: seconds[run.id] }));
        printJson({ runs, seconds: total, parallel: executor.parallel, wall, note: basis, warnings: plan.warnings });
        return;
      }
      const rows = plan.runs.map(({ id, options, varied }) => [
        ...[id, String(options.epochs), duration(seconds[id])],
        Object.entries(varied)
          .map(([name, value]) => `${name}=${value}`)
          .join(" "),
      ]);
      print(table([["run", "epochs", "time", "options"], ...rows], [1, 2]));
      print(`\n${plan.runs.length} runs, ${executor.parallel} at a time: about ${duration(wall)}\n${basis}`);
    });
  addJson(command);
}

function addFolder(parent: Command, name: string, summary: string): Command {
  return parent
    .command(name)
    .summary(summary)
    .description(`${summary[0].toUpperCase()}${summary.slice(1)}.`);
}

function defineStatus(parent: Command, { platform }: Context): void {
  const command = addFolder(parent, "status", "how far the runs of a study are").argument(
    "<folder>",
    "a study's folder",
  );
  command.action(async (folder: string, { json }: { json?: boolean }) => {
    const results = await readStudyResults(platform, folder);
    if (json) return printJson(jsonOf(results));
    const rows = results.rows.map(({ id, state, epoch, epochs }) => [id, state, `${epoch} of ${epochs}`]);
    print(`${table([["run", "state", "epochs"], ...rows])}\n\n${studyNotes(results).join("\n")}`);
  });
  addJson(command);
}

const FORMATS = ["text", "csv", "markdown", "latex", "json"] as const;

function defineTable(parent: Command, { platform }: Context): void {
  const command = addFolder(parent, "table", "the results of a study as a table").argument(
    "<folder>",
    "a study's folder",
  );
  command
    .option("--format <name>", `one of ${FORMATS.join(", ")}`, parseChoices(FORMATS), ["text"])
    .option("--runs", "a line for each run in place of one for each configuration (CSV has always one for each run)")
    .action(async (folder: string, options: { format: (typeof FORMATS)[number][]; runs?: boolean; json?: boolean }) => {
      const results = await readStudyResults(platform, folder);
      const [format] = options.json ? (["json"] as const) : options.format;
      if (options.format.length > 1) throw new UsageError(`--format: expected one of ${FORMATS.join(", ")}`);
      const rows: Table = options.runs ? runTable(results) : groupTable(results);
      if (format === "json") return printJson(jsonOf(results));
      const text = {
        text: () => `${table(rows)}\n\n${studyNotes(results).join("\n")}`,
        csv: () => runsCsv(results).trimEnd(),
        markdown: () => markdownTable(rows),
        latex: () => latexTable(rows),
      }[format]();
      print(text);
    });
  addJson(command);
}

/** Results without the epochs, which are in the run folders. */
function jsonOf({ folder, rows, groups, chosenBy }: StudyResults): object {
  return {
    study: folder,
    runs: rows.map(({ history: _, ...row }) => row),
    configurations: groups.map(({ rows, ...group }) => ({ ...group, runs: rows.map(({ id }) => id) })),
    chosenBy,
  };
}

function definePlot(parent: Command, { platform, version }: Context): void {
  const command = addFolder(parent, "plot", "write learning curves and box plots of a study as SVG and PNG");
  command
    .argument("<folder>", "a study's folder")
    .option("--figures <folder>", "where to (default: figures in the study's folder)")
    .action(async (folder: string, { figures, json }: { figures?: string; json?: boolean }) => {
      const { request } = await readSpecStudy(platform, folder);
      const report = await reportSearch(await readStudyResults(platform, folder), request.spec, version);
      const files = await writeFigures(platform, figures ?? platform.join(folder, "figures"), report.figures);
      if (json) printJson({ study: folder, figures: files });
      else print(files.length > 0 ? files.join("\n") : "no run has an epoch yet: there is nothing to draw");
    });
  addJson(command);
}

function defineReport(parent: Command, { platform, version }: Context): void {
  const command = addFolder(parent, "report", "write the report of a study: one HTML file");
  command
    .argument("<folder>", "a study's folder")
    .option("--out <file.html>", "the report (default: study.html in the study's folder)")
    .action(async (folder: string, { out, json }: { out?: string; json?: boolean }) => {
      const { request } = await readSpecStudy(platform, folder);
      const { html } = await reportSearch(await readStudyResults(platform, folder), request.spec, version);
      const path = out ?? platform.join(folder, "study.html");
      await platform.writeFile(path, html);
      if (json) printJson({ study: folder, report: path });
      else print(path);
    });
  addJson(command);
}
