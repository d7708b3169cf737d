import { compareVariants } from "../comparison/compare.ts";
import { readVariants } from "../comparison/results.ts";
import { comparisonFiles, contrastTable, title, variantTable, verdicts } from "../comparison/tables.ts";
import { comparisonRuns, missingTwin, NETWORK, STANDARD_TWINS, TWINS, type TwinName } from "../comparison/twins.ts";
import { checkSplits } from "../datasets/guard.ts";
import { reportComparison } from "../report/comparison.ts";
import { commandLine } from "../report/reproduce.ts";
import { timedFolder } from "../training/files.ts";
import { parseTrainOptions, type TrainOptions } from "../training/options.ts";
import { openTrainingData, withTask } from "../work/data.ts";
import type { Define } from "./command.ts";
import { addTrainOptions, givenOptions, readConfig } from "./options.ts";
import { writeFigures } from "./report.ts";
import { addStudyOptions, carryOut, readStudy, refuseWithResume, type StudyOptions } from "./study.ts";
import {
  addExamples,
  addJson,
  note,
  notForClinicalUse,
  parseChoices,
  pooledNote,
  print,
  printJson,
  table,
  warn,
} from "./terminal.ts";

interface CompareOptions {
  train: TrainOptions;
  seeds: number;
  twins: TwinName[];
}

/** What the twins change, or a study decides. */
const FIXED = ["head", "freeze", "start", "shuffleLabels", "threads", "width"] as const;

const withoutFixed = (config: object) =>
  Object.fromEntries(Object.entries(config).filter(([key]) => !(FIXED as readonly string[]).includes(key)));

/** hqcnn compare */
export const defineCompare: Define = (command, context) => {
  const { platform } = context;
  const names = Object.keys(TWINS) as TwinName[];
  const keys = addTrainOptions(command, FIXED);
  command
    .description(
      "Trains the network and its twins, each with one thing changed, on the same splits, batches, seeds and epochs, and says what the differences amount to. " +
        `Twins:\n${names.map((name) => `  ${name.padEnd(9)} ${TWINS[name].name}: ${TWINS[name].question}`).join("\n")}`,
    )
    .option(
      "--twins <names>",
      "some of the twins; by default those of these that the network has",
      parseChoices(names),
      STANDARD_TWINS,
    )
    .option("--config <file.json>", "options of training by name; the command line goes before it")
    .option("--figures <folder>", "also write each picture of the page as SVG and PNG")
    .action(
      async (
        options: StudyOptions & Record<string, unknown> & { config?: string; figures?: string; twins: TwinName[] },
      ) => {
        refuseWithResume(command, options.resume, [...keys, "twins", "config"]);
        const study = options.resume
          ? await readStudy<CompareOptions>(platform, options.resume, "compare")
          : {
              train: parseTrainOptions({
                ...withoutFixed(await readConfig(platform, options.config)),
                ...givenOptions(command, keys),
              }),
              ...{ seeds: options.seeds, twins: options.twins },
            };
        const { seeds } = study;
        // Of the standard twins those that there are; one that is asked for by name is refused with the reason.
        const standard = command.getOptionValueSource("twins") === "default" && options.resume === undefined;
        const missing = standard ? study.twins.filter((name) => missingTwin(study.train, name) !== null) : [];
        const twins = study.twins.filter((name) => !missing.includes(name));
        const data = await openTrainingData(platform, study.train);
        const train = withTask(study.train, data);
        const folder = options.resume ?? options.out ?? timedFolder(platform, `compare-${data.name}`);
        const runs = comparisonRuns(data.name, train, seeds, twins);
        const warnings = [...data.warnings, ...(await checkSplits(data))];
        warn([...warnings, ...missing.map((name) => `no twin ${name}: ${missingTwin(study.train, name)}`)]);
        const file = { command: "compare", options: { train, seeds, twins }, runs };
        if (!(await carryOut(context, folder, file, options))) return;
        note(`testing the differences to ${twins.length} twins`);
        const variants = await readVariants(platform, folder, data.name, train, seeds, [NETWORK, ...twins]);
        const comparison = compareVariants(variants, data);
        const again = `${commandLine("compare", train)} --seeds ${seeds} --twins ${twins.join(",")}`;
        const report = await reportComparison({ comparison, variants, command: again, version: context.version });
        const notes = [...(data.protocol === "pooled" ? [pooledNote] : []), notForClinicalUse];
        const about = [again, `hqcnn ${context.version}, data MD5 ${data.source.md5 ?? "none"}`, ...warnings, ...notes];
        const files = { ...comparisonFiles(comparison, about), "comparison.html": report.html };
        for (const [name, text] of Object.entries(files)) await platform.writeFile(platform.join(folder, name), text);
        if (options.figures !== undefined) await writeFigures(platform, options.figures, report.figures);
        if (options.json) printJson({ ...comparison, study: folder, note: notes.join("; ") });
        else {
          print(
            `\n${title(comparison)}\n\n${table(variantTable(comparison))}\n\n${table(contrastTable(comparison))}\n`,
          );
          print(
            [...verdicts(comparison), ...notes, `written to ${folder}: ${Object.keys(files).join(", ")}`].join("\n"),
          );
        }
      },
    );
  addStudyOptions(command, "runs/TIME-compare-DATA");
  addJson(command, "print one JSON object at the end; progress goes to stderr");
  addExamples(command, "compare", "compare --data bloodmnist --seeds 3 --twins none,dense --out runs/blood");
};
