import { Option } from "commander";
import { UsageError } from "../check.ts";
import { SOURCE_SETS, type SourceSet } from "../comparison/published.ts";
import { RECIPES } from "../comparison/recipes.ts";
import { classTable, figuresTable, reproductionHeading } from "../comparison/reproduction.ts";
import { verdicts } from "../comparison/tables.ts";
import type { Protocol } from "../datasets/types.ts";
import { hasStudy, readStudy } from "../study/file.ts";
import { newFolder } from "../training/files.ts";
import { notForClinicalUse } from "../work/notes.ts";
import {
  carryOutReproduction,
  planReproduction,
  type ReproductionRequest,
  reproductionRequest,
} from "../work/reproduce.ts";
import { z } from "../zod.ts";
import type { Define } from "./command.ts";
import { checkPlace, wholeNumber } from "./executors.ts";
import { addOptions } from "./options.ts";
import { writeFigures } from "./report.ts";
import { reproduceClaim } from "./reproduceClaim.ts";
import { addStudyOptions, refuseWithResume, type StudyOptions, showStudy } from "./study.ts";
import { addExamples, addJson, parseChoices, print, printJson, table, warn, withReading } from "./terminal.ts";

type ReproduceOptions = StudyOptions & Partial<ReproductionRequest> & { figures?: string };

/** What a reproduction's study file holds. */
const requestSchema: z.ZodType<ReproductionRequest> = z.looseObject({
  sets: z.array(z.enum(SOURCE_SETS, `some of ${SOURCE_SETS.join(", ")}`)).min(1, "at least one set"),
  recipe: z.enum(RECIPES, `one of ${RECIPES.join(", ")}`),
  task: z.enum(["binary", "multiclass"], "binary or multiclass"),
  protocols: z.array(z.enum(["official", "pooled"], "official or pooled")).min(1, "at least one protocol"),
  seeds: z.int("a whole number").min(1, "at least 1"),
  epochs: z.int("a whole number").min(1, "at least 1").optional(),
});

/** hqcnn reproduce */
export const defineReproduce: Define = (command, context) => {
  const { platform } = context;
  command
    .description(
      "Trains what the thesis trained, the hybrid network and its CNN alone, on the same MedMNIST sets, and prints " +
        "published and own results side by side. --recipe best trains by our own recipe, whose options were chosen on " +
        "validation images alone; --task multiclass separates all classes and compares with MedMNIST's ResNet-18. " +
        "With a claim of hqcnn claims, or the JSON file of one: trains its network and ablations, and gives a verdict.",
    )
    .argument(
      "[what]",
      `${SOURCE_SETS.join(", ")}, all (default: all; takes hours); a claim of hqcnn claims, or its file`,
    )
    .addOption(
      new Option("--recipe <name>", "the thesis's recipe (source), or our best").choices(RECIPES).default("source"),
    )
    .option(
      "--protocols <names>",
      "official, pooled (default: both for claims and for the thesis's binary recipe, else official)",
      parseChoices<Protocol>(["official", "pooled"]),
    )
    .option("--figures <folder>", "also write each picture of the report as SVG and PNG")
    .option("--epochs <n>", "in place of the recipe's: a quick look, not a reproduction", wholeNumber("--epochs", 1));
  addOptions(command, ["task"]);
  addStudyOptions(command, "runs/TIME-reproduce-SET");
  command.action(async (what: string | undefined, options: ReproduceOptions) => {
    const { resume } = options;
    checkPlace(command, options);
    refuseWithResume(command, resume, ["recipe", "task", "protocols", "epochs"]);
    if (resume !== undefined && what !== undefined)
      throw new UsageError(`--resume takes the data set or claim from the study: leave out ${what}`);
    const isSet = what === undefined || what === "all" || (SOURCE_SETS as readonly string[]).includes(what);
    if (!isSet || (resume !== undefined && (await hasStudy(platform, resume, "claim")))) {
      const own = ["recipe", "task"].find((name) => command.getOptionValueSource(name) === "cli");
      if (own !== undefined) throw new UsageError(`--${own}: a claim has its own: leave it out`);
      await reproduceClaim(context, command, what ?? null, options);
      return;
    }
    const set = what as SourceSet | "all" | undefined;
    const request =
      resume === undefined
        ? reproductionRequest(set ?? "all", options)
        : await readStudy(platform, resume, "reproduce", requestSchema);
    const plan = await withReading((onProgress) => planReproduction(context, request, { onProgress }));
    warn(plan.warnings);
    const folder = resume ?? options.out ?? (await newFolder(platform, `reproduce-${request.sets.join("-")}`));
    const study = { command: "reproduce", folder, runs: plan.runs };
    const outcome = await showStudy(context, study, options, (executor, listeners) =>
      carryOutReproduction(context, plan, folder, executor, listeners),
    );
    if (outcome === null) return;
    const { results, report, files } = outcome;
    if (options.figures !== undefined) await writeFigures(platform, options.figures, report.figures);
    if (options.json) {
      const { recipe } = request;
      printJson({ study: folder, recipe, results, note: notForClinicalUse, warnings: plan.warnings });
      return;
    }
    for (const result of results) {
      print(`\n${reproductionHeading(result)}\n\n${table(figuresTable(result))}\n\n${table(classTable(result))}\n`);
      print(verdicts(result.comparison).join("\n"));
    }
    print(`${notForClinicalUse}\nwritten to ${folder}: ${Object.keys(files).join(", ")}`);
  });
  addJson(command, "print one JSON object at the end; progress goes to stderr");
  addExamples(
    command,
    "reproduce bloodmnist",
    "reproduce 2512.02066-breastmnist --seeds 10",
    "reproduce organamnist --recipe best --seeds 3 --out runs/organs",
  );
};
