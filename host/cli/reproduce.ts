import { Argument, Option } from "commander";
import { UsageError } from "../check.ts";
import { SOURCE_SETS, type SourceSet } from "../comparison/published.ts";
import { RECIPES, type Recipe, recipeOptions, type SourceTask } from "../comparison/recipes.ts";
import {
  classTable,
  figuresTable,
  REPRODUCED,
  reproduce,
  reproductionHeading,
  reproductionMarkdown,
} from "../comparison/reproduction.ts";
import { readVariants } from "../comparison/results.ts";
import { verdicts } from "../comparison/tables.ts";
import { comparisonRuns } from "../comparison/twins.ts";
import { checkSplits } from "../datasets/guard.ts";
import type { Protocol } from "../datasets/types.ts";
import { reportReproduction } from "../report/reproduction.ts";
import { timedFolder } from "../training/files.ts";
import type { TrainOptions } from "../training/options.ts";
import { openTrainingData } from "../work/data.ts";
import type { Define } from "./command.ts";
import { writeFigures } from "./report.ts";
import { addStudyOptions, carryOut, readStudy, refuseWithResume, type StudyOptions, wholeNumber } from "./study.ts";
import { addExamples, addJson, notForClinicalUse, parseChoices, print, printJson, table, warn } from "./terminal.ts";

interface ReproduceOptions {
  sets: SourceSet[];
  recipe: Recipe;
  task: SourceTask;
  protocols: Protocol[];
  seeds: number;
  epochs?: number;
}

/** hqcnn reproduce */
export const defineReproduce: Define = (command, context) => {
  const { platform } = context;
  command
    .description(
      "Trains what the source trained, the hybrid network and its CNN alone, on MedMNIST's sets, and prints its figures beside ours. " +
        "--recipe best trains by our own recipe, whose options were chosen on validation images alone; --task multiclass tells all classes apart and " +
        "stands beside MedMNIST's ResNet-18.",
    )
    .addArgument(new Argument("[set]", "data set, or all (default: all; hours)").choices([...SOURCE_SETS, "all"]))
    .addOption(new Option("--recipe <name>", "the source's or our best").choices(RECIPES).default("source"))
    .addOption(new Option("--task <name>", "as for train").choices(["binary", "multiclass"]).default("binary"))
    .option(
      "--protocols <names>",
      "official, pooled (default: both for the source's binary recipe, else official)",
      parseChoices<Protocol>(["official", "pooled"]),
    )
    .option("--figures <folder>", "also write each picture of the page as SVG and PNG")
    .option("--epochs <n>", "instead of the recipe's: a quick look, not a reproduction", wholeNumber("--epochs", 1));
  addStudyOptions(command, "runs/TIME-reproduce-SET");
  command.action(
    async (
      set: SourceSet | "all" | undefined,
      options: StudyOptions & Partial<ReproduceOptions> & { figures?: string },
    ) => {
      const own = ["recipe", "task", "protocols", "epochs"];
      refuseWithResume(command, options.resume, own);
      if (options.resume !== undefined && set !== undefined)
        throw new UsageError(`--resume takes the data set from the study: leave out ${set}`);
      const study = options.resume
        ? await readStudy<ReproduceOptions>(platform, options.resume, "reproduce")
        : chosen(set, options);
      const { sets, recipe, task, protocols, seeds, epochs } = study;
      const folder = options.resume ?? options.out ?? timedFolder(platform, `reproduce-${sets.join("-")}`);
      const parts = sets.flatMap((set) =>
        protocols.map((protocol) => {
          const train: TrainOptions = { ...recipeOptions(recipe, set, task), protocol, ...(epochs && { epochs }) };
          return { set, protocol, train };
        }),
      );
      // A missing file is said before hours of training.
      const warnings: string[] = [];
      for (const { train } of parts) {
        const data = await openTrainingData(platform, train);
        warnings.push(...data.warnings, ...(await checkSplits(data)));
      }
      warn([...new Set(warnings)]);
      const runs = parts.flatMap(({ set, train }) => comparisonRuns(set, train, seeds, ["none"]));
      if (!(await carryOut(context, folder, { command: "reproduce", options: study, runs }, options))) return;
      const found = await Promise.all(
        parts.map(async ({ set, protocol, train }) => {
          const variants = await readVariants(platform, folder, set, train, seeds, REPRODUCED);
          return { reproduction: reproduce({ set, task, protocol, recipe, epochs }, variants), variants };
        }),
      );
      const results = found.map(({ reproduction }) => reproduction);
      const report = await reportReproduction({ parts: found, command: again(study), version: context.version });
      const write = (name: string, text: string) => platform.writeFile(platform.join(folder, name), text);
      const about = [again(study), `hqcnn ${context.version}`, ...new Set(warnings), notForClinicalUse];
      await write("reproduction.json", `${JSON.stringify({ results, about }, null, 2)}\n`);
      await write("reproduction.md", reproductionMarkdown(results, about));
      await write("reproduction.html", report.html);
      if (options.figures !== undefined) await writeFigures(platform, options.figures, report.figures);
      if (options.json) {
        printJson({ study: folder, recipe, results, note: notForClinicalUse });
        return;
      }
      for (const result of results) {
        print(`\n${reproductionHeading(result)}\n\n${table(figuresTable(result))}\n\n${table(classTable(result))}\n`);
        print(verdicts(result.comparison).join("\n"));
      }
      print(`${notForClinicalUse}\nwritten to ${folder}: reproduction.json, reproduction.md, reproduction.html`);
    },
  );
  addJson(command, "print one JSON object at the end; progress goes to stderr");
  addExamples(command, "reproduce bloodmnist", "reproduce organamnist --recipe best --seeds 3 --out runs/organs");
};

/** The command that carries out the study once more. */
function again({ sets, recipe, task, protocols, seeds, epochs }: ReproduceOptions): string {
  const set = sets.length === 1 ? sets[0] : "all";
  const length = epochs === undefined ? "" : ` --epochs ${epochs}`;
  return `hqcnn reproduce ${set} --recipe ${recipe} --task ${task} --protocols ${protocols.join(",")} --seeds ${seeds}${length}`;
}

function chosen(
  set: SourceSet | "all" | undefined,
  options: StudyOptions & Partial<ReproduceOptions>,
): ReproduceOptions {
  const { recipe = "source", task = "binary", protocols, seeds, epochs } = options;
  const sourceOnly = recipe === "source" && task === "binary";
  return {
    sets: set === undefined || set === "all" ? SOURCE_SETS : [set],
    ...{ recipe, task, seeds, epochs },
    protocols: protocols ?? (sourceOnly ? ["official", "pooled"] : ["official"]),
  };
}
