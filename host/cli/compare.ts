import { UsageError } from "../check.ts";
import { ABLATIONS, type AblationName, STANDARD_ABLATIONS } from "../comparison/ablations.ts";
import { corruptedTable } from "../comparison/corruption.ts";
import { DECIDED_NAMES } from "../comparison/options.ts";
import { contrastTable, title, variantTable, verdicts } from "../comparison/tables.ts";
import { type CorruptionSettings, checkCorruptions } from "../evaluation/robustness.ts";
import { readStudy } from "../study/file.ts";
import { newFolder } from "../training/files.ts";
import { type ComparisonRequest, checkMeasuring, compare, planComparison } from "../work/compare.ts";
import { planCurve } from "../work/curve.ts";
import type { MeasuredRequest } from "../work/measured.ts";
import { z } from "../zod.ts";
import type { Define } from "./command.ts";
import { showCurve } from "./curve.ts";
import { checkPlace } from "./executors.ts";
import { addMeasure, type MeasureFlags, measuredRequest } from "./measureFlags.ts";
import { addTrainOptions, givenOptions, readConfig } from "./options.ts";
import { writeFigures } from "./report.ts";
import { addRobustness, type RobustnessFlags, robustnessRequest } from "./robustness.ts";
import { addStudyOptions, refuseWithResume, type StudyOptions, showStudy } from "./study.ts";
import {
  addExamples,
  addJson,
  note,
  parseChoices,
  parseNumbers,
  print,
  printJson,
  table,
  warn,
  withReading,
} from "./terminal.ts";

interface CompareOptions extends StudyOptions, Omit<MeasureFlags, "json">, Omit<RobustnessFlags, "json"> {
  twins: AblationName[];
  config?: string;
  figures?: string;
  fractions?: number[];
}

/** What trained networks are tested with beside clean images. */
interface Tests {
  measuring: MeasuredRequest | null;
  corruptions: CorruptionSettings | null;
}

/** What a comparison's study file holds; the options of training are checked where they are used. */
const compareSchema = (names: readonly AblationName[]) =>
  z.looseObject({
    train: z.looseObject({}, "an object of options"),
    seeds: z.int("a whole number").min(1, "at least 1"),
    twins: z.array(z.enum(names, `some of ${names.join(", ")}`), "a list of names"),
    fractions: z.array(z.number("a number"), "a list of numbers").optional(),
    // The numbers in these are checked where they are used.
    measuring: z
      .looseObject({ shots: z.array(z.number()), noise: z.array(z.looseObject({}).nullable()) }, "shots and noise")
      .optional(),
    corruptions: z.looseObject({}, "settings of corruptions").optional(),
  });

/** hqcnn compare */
export const defineCompare: Define = (command, context) => {
  const { platform } = context;
  const names = Object.keys(ABLATIONS) as AblationName[];
  const keys = addTrainOptions(command, DECIDED_NAMES);
  command
    .description(
      "Trains the network and its ablations (the same network with one thing changed) on the same splits, batches, " +
        "seeds and epochs, and summarises the differences in plain sentences. Ablations:\n" +
        names
          .filter((name) => !/^without-[2-9]/.test(name))
          .map((name) => `  ${name.padEnd(9)} ${ABLATIONS[name].name}: ${ABLATIONS[name].question}`)
          .join("\n") +
        "\n  without-2 … without-8: the same for the other circuits of one's own",
    )
    .option(
      "--twins <names>",
      "ablations to train; by default those of these that the network has, no-bypass and without-N where they apply",
      parseChoices(names),
      STANDARD_ABLATIONS,
    )
    .option("--config <file.json>", "options of training by name; command-line options take precedence")
    .option(
      "--fractions <f,...>",
      "learning curves: trains on these parts of the training images, as in 0.01,0.03,0.1,0.3,1, the same for all networks",
      parseNumbers,
    )
    .option("--figures <folder>", "also write each picture of the report as SVG and PNG")
    .action(async (options: CompareOptions) => {
      checkPlace(command, options);
      refuseWithResume(command, options.resume, [...keys, "twins", "config", "fractions"]);
      const { fractions, tests, ...asked } = await request(options);
      const { measuring, corruptions } = tests;
      if (measuring && corruptions)
        throw new UsageError("--corruptions are about exact values: leave out --shots and --noise");
      const plan = await withReading((onProgress) => planComparison(context, asked, { onProgress }));
      if (fractions) {
        if (measuring || corruptions) throw new UsageError("--fractions: leave out --shots, --noise and --corruptions");
        await showCurve(context, planCurve(plan, fractions), options);
        return;
      }
      if (measuring) checkMeasuring(plan, measuring);
      if (corruptions) checkCorruptions(plan.data.channels, corruptions);
      const { data, seeds, twins, runs } = plan;
      warn(plan.warnings);
      const folder = options.resume ?? options.out ?? (await newFolder(platform, `compare-${data.name}`));
      const outcome = await showStudy(context, { command: "compare", folder, runs }, options, (executor, listeners) =>
        compare(
          context,
          plan,
          folder,
          executor,
          {
            ...listeners,
            onTrained: () => note(`testing the differences to ${twins.length} ablations over ${seeds} seeds`),
          },
          measuring,
          corruptions,
        ),
      );
      if (outcome === null) return;
      const { comparison, report, files, notes } = outcome;
      if (options.figures !== undefined) await writeFigures(platform, options.figures, report.figures);
      if (options.json) {
        printJson({ ...comparison, study: folder, note: notes.join("; "), warnings: plan.warnings });
        return;
      }
      print(`\n${title(comparison)}\n\n${table(variantTable(comparison))}\n\n${table(contrastTable(comparison))}\n`);
      if (comparison.corruptions) print(`${table(corruptedTable(comparison.corruptions))}\n`);
      print([...verdicts(comparison), ...notes, `written to ${folder}: ${Object.keys(files).join(", ")}`].join("\n"));
    });
  addMeasure(command, "compare");
  addRobustness(command, false);
  addStudyOptions(command, "runs/TIME-compare-DATA");
  addJson(command, "print one JSON object at the end; progress goes to stderr");
  addExamples(
    command,
    "compare",
    "compare --twins none,dense,product --shots 0,100 --noise depolarizing:0.01",
    "compare --twins none,dense --corruptions",
    "compare --fractions 0.01,0.1,1 --twins none,dense",
    "compare --data bloodmnist --seeds 3 --twins none,dense --out runs/blood",
  );

  /** What was asked for: by the study that is continued, or by a file and the command line. */
  async function request({
    resume,
    config,
    seeds,
    twins,
    fractions,
    ...flags
  }: CompareOptions): Promise<ComparisonRequest & { fractions?: readonly number[]; tests: Tests }> {
    const given: Tests = {
      measuring: await measuredRequest(platform, flags),
      corruptions: robustnessRequest(flags)?.corruptions ?? null,
    };
    if (resume !== undefined) {
      const study = await readStudy(platform, resume, "compare", compareSchema(names));
      const { measuring = null, corruptions = null, fractions } = study;
      const kept = { measuring, corruptions } as Tests;
      const tests = given.measuring || given.corruptions ? given : kept; // trained networks may be tested otherwise
      return { options: study.train, seeds: study.seeds, twins: study.twins, fractions, tests };
    }
    return {
      options: { ...(await readConfig(platform, config)), ...givenOptions(command, keys) },
      ...{ seeds, twins, fractions, tests: given, standard: command.getOptionValueSource("twins") === "default" },
    };
  }
};
