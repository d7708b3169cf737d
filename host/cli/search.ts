import { type Command, Option } from "commander";
import { HqcnnError, UsageError } from "../check.ts";
import { latexTable, markdownTable, type Table } from "../comparison/tables.ts";
import { runProgram } from "../platform/programs.ts";
import { groupTable, reportSearch, runsCsv, runTable, studyNotes } from "../report/search.ts";
import { duration } from "../report/text.ts";
import { localExecutor } from "../study/local.ts";
import { planHalving, readSpecStudy, readStudyResults, type StudyResults } from "../study/results.ts";
import { slurmTasks, type TaskState } from "../study/slurm.ts";
import { parseStudy } from "../study/spec.ts";
import { notForClinicalUse } from "../work/notes.ts";
import { carryOutStudy, estimateStudy, planStudy, type StudyPlan } from "../work/search.ts";
import type { Context, Define } from "./command.ts";
import { addParallel, addPlaces, checkPlace, type PlaceOptions, wholeNumber } from "./executors.ts";
import { writeFigures } from "./report.ts";
import { showStudy } from "./study.ts";
import { addExamples, addJson, parseChoices, print, printJson, table, warn, withReading } from "./terminal.ts";

interface RunOptions extends PlaceOptions {
  halving?: number;
  out?: string;
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

function halvingOption(): Option {
  const help = "successive halving: after a few epochs the best 1/FACTOR of the configurations continue";
  return new Option("--halving <factor>", `${help}, by validation alone`).argParser(parseFactor);
}

function parseFactor(text: string): number {
  const factor = wholeNumber("--halving", 2)(text);
  if (factor > 100) throw new UsageError(`--halving: expected a whole number from 2 to 100, got ${text}`);
  return factor;
}

/** Reads and checks a study file. */
async function readPlan(context: Context, file: string, halving?: number): Promise<StudyPlan> {
  const spec = parseStudy(await context.platform.readFile(file), file);
  if (halving !== undefined && spec.halving !== undefined && halving !== spec.halving)
    throw new UsageError(`--halving: expected ${spec.halving}, as in ${file}, got ${halving}: leave out one`);
  const plan = await withReading((onProgress) =>
    planStudy(context, halving === undefined ? spec : { ...spec, halving }, { onProgress }),
  );
  warn(plan.warnings);
  return plan;
}

/** "studies/head.yaml" → "runs/head": the same folder every time, so that the same command continues. */
function folderOf({ platform }: Context, file: string): string {
  const stem = platform.basename(file).replace(/\.(json|ya?ml)$/i, "");
  return platform.join("runs", stem.replace(/[^\w.-]+/g, "-") || "study");
}

function addFile(command: Command): Command {
  return command.argument("<file>", "a study file, JSON or YAML; its schema is host/docs/schemas/study.schema.json");
}

function defineRun(parent: Command, context: Context): void {
  const command = parent.command("run", { isDefault: true }).summary("train what is missing of a study");
  addPlaces(addFile(command))
    .description("Trains what is missing of a study in its folder. `hqcnn study FILE` is the same.")
    .option("--out <folder>", "folder of the runs (default: runs/NAME OF THE FILE)")
    .addOption(halvingOption())
    .action(async (file: string, { out, halving, json, ...place }: RunOptions) => {
      checkPlace(command, place);
      const plan = await readPlan(context, file, halving);
      const folder = out ?? folderOf(context, file);
      const again = [
        `hqcnn study ${file}`,
        ...(out === undefined ? [] : [`--out ${out}`]),
        ...(halving === undefined ? [] : [`--halving ${halving}`]),
      ].join(" ");
      const study = { command: "study", folder, runs: plan.runs, again };
      const results = await showStudy(context, study, { json, ...place }, async (executor, listeners) =>
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
  addParallel(addFile(command))
    .description("Prints the runs and how long they take, from steps of each kind that are measured now.")
    .addOption(halvingOption())
    .action(async (file: string, { parallel, halving, json }: RunOptions) => {
      const plan = await readPlan(context, file, halving);
      const executor = localExecutor(context.platform, context.version, parallel);
      const { seconds, measured, kinds } = await estimateStudy(context, plan, executor.options.threads ?? 1);
      const { rungs, shares } = planHalving(plan.request.spec, plan.runs);
      const total = plan.runs.reduce((sum, { id, data }) => sum + seconds[id] * (shares.get(data) ?? 1), 0);
      const wall = total / Math.min(executor.parallel, plan.runs.length);
      const basis =
        `measured from steps of ${measured} of ${kinds} kinds of runs` +
        `${measured < kinds ? ", the others taken as their mean" : ""}; runs at the same time slow each other down`;
      if (json) {
        const runs = plan.runs.map((run) => ({ ...run, seconds: seconds[run.id] }));
        const times = { seconds: total, parallel: executor.parallel, wall };
        printJson({ runs, ...times, rungs, note: basis, warnings: plan.warnings });
        return;
      }
      const rows = plan.runs.map(({ id, options, varied }) => [
        ...[id, String(options.epochs), duration(seconds[id])],
        Object.entries(varied)
          .map(([name, value]) => `${name}=${value}`)
          .join(" "),
      ]);
      print(table([["run", "epochs", "time", "options"], ...rows], [1, 2]));
      const pauses = rungs.length > 0 ? `, halved after epochs ${rungs.join(", ")}` : "";
      print(`\n${plan.runs.length} runs${pauses}, ${executor.parallel} at a time: about ${duration(wall)}\n${basis}`);
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
  /** What Slurm says of a study's tasks, where it was submitted; without Slurm here, the folders are all there is. */
  const tasksOf = async (folder: string) => {
    try {
      return await slurmTasks({ platform, folder, run: runProgram });
    } catch (error) {
      if (!(error instanceof HqcnnError)) throw error;
      warn([`${error.message}; what follows is read from the folders alone`]);
      return new Map<string, TaskState>();
    }
  };
  const command = addFolder(parent, "status", "how far the runs of a study are").argument(
    "<folder>",
    "a study's folder",
  );
  command.action(async (folder: string, { json }: { json?: boolean }) => {
    const results = await readStudyResults(platform, folder);
    const tasks = await tasksOf(folder);
    if (json) {
      const { runs, ...rest } = jsonOf(results);
      return printJson({ ...rest, runs: runs.map((run) => ({ ...run, slurm: tasks.get(run.id) ?? null })) });
    }
    const rows = results.rows.map(({ id, state, epoch, epochs }) => {
      const task = tasks.get(id);
      const scheduled = task ? `${task.task} ${task.state}${task.state === "PENDING" ? ` (${task.reason})` : ""}` : "";
      return [id, state, `${epoch} of ${epochs}`, ...(tasks.size > 0 ? [scheduled] : [])];
    });
    const head = ["run", "state", "epochs", ...(tasks.size > 0 ? ["Slurm"] : [])];
    print(`${table([head, ...rows])}\n\n${studyNotes(results).join("\n")}`);
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
function jsonOf({ folder, rows, groups, chosenBy, halving }: StudyResults) {
  return {
    study: folder,
    runs: rows.map(({ history: _, ...row }) => row),
    configurations: groups.map(({ rows, ...group }) => ({ ...group, runs: rows.map(({ id }) => id) })),
    ...{ chosenBy, halving },
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
