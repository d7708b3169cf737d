import type { Protocol, Task } from "../datasets/types.ts";
import type { ClassMetrics, Metrics } from "../statistics/metrics.ts";
import { NETWORK } from "./ablations.ts";
import { type Comparison, compareVariants, type VariantRuns } from "./compare.ts";
import { type Figures, RESNET18, type SourceSet, THESIS } from "./published.ts";
import type { Recipe } from "./recipes.ts";
import { markdownTable, type Table, verdicts } from "./tables.ts";
import { cellText, FIGURES, type FigureName } from "./text.ts";

/** What the source trained: the hybrid network and its CNN alone. */
export const REPRODUCED = [NETWORK, "none"] as const;

/** One data set by one protocol beside what the source prints. */
export interface Reproduction {
  set: SourceSet;
  task: Task;
  protocol: Protocol;
  recipe: Recipe;
  /** Instead of the recipe's epochs: then it is not a reproduction. */
  epochs?: number;
  comparison: Comparison;
  /** Of the hybrid network, mean over the seeds; support as it is in the test split. */
  perClass: (ClassMetrics & { name: string })[];
  published: { who: string; hybrid: Figures; cnn: Figures | null; perClass: readonly ClassMetrics[] | null };
}

/** @param variants those of REPRODUCED */
export function reproduce(
  what: Pick<Reproduction, "set" | "task" | "protocol" | "recipe" | "epochs">,
  variants: readonly VariantRuns[],
): Reproduction {
  const { set, task, protocol } = what;
  const [{ runs }] = variants;
  const mean = (of: (metrics: Metrics) => number) =>
    runs.reduce((sum, { result }) => sum + of(result.metrics), 0) / runs.length;
  return {
    ...what,
    comparison: compareVariants(variants, { name: set, task, protocol }),
    perClass: runs[0].config.data.classNames.map((name, c) => ({
      name,
      precision: mean(({ perClass }) => perClass[c].precision),
      recall: mean(({ perClass }) => perClass[c].recall),
      f1: mean(({ perClass }) => perClass[c].f1),
      support: runs[0].result.metrics.perClass[c].support,
    })),
    published:
      task === "binary"
        ? { who: "the thesis", ...THESIS[set] }
        : { who: "MedMNIST's ResNet-18", hybrid: RESNET18[set], cnn: null, perClass: null },
  };
}

export function reproductionHeading(reproduction: Reproduction): string {
  const { set, task, protocol, recipe, epochs, comparison, published } = reproduction;
  const notes = [
    ...(epochs === undefined ? [] : [`; epochs ${epochs} instead of the recipe's, so this is not a reproduction`]),
    ...(protocol === "pooled" ? ["; all images split again, not comparable with the official split"] : []),
  ];
  return `${set}, ${task}, recipe ${recipe}, protocol ${protocol}, seeds ${comparison.seeds.join(", ")}, beside ${published.who}${notes.join("")}`;
}

/** Accuracy and AUC of both networks beside the published ones. */
export function figuresTable({ comparison, published }: Reproduction): Table {
  // As many digits as the source has.
  const printed = (figures: Figures | null, figure: FigureName) =>
    figures ? String(Number((FIGURES[figure].scale * figures[figure]).toFixed(5))) : "–";
  const theirs = [published.hybrid, published.cnn];
  return [
    ["network", "accuracy %", "published accuracy %", "AUC", "published AUC"],
    ...comparison.variants.map(({ accuracy, auc }, i) => [
      ["hybrid", "CNN alone"][i],
      cellText("accuracy", accuracy),
      printed(theirs[i], "accuracy"),
      cellText("auc", auc),
      printed(theirs[i], "auc"),
    ]),
  ];
}

/** Precision, recall, F1 and support of each class of the hybrid network, beside the published ones. */
export function classTable({ perClass, published }: Reproduction): Table {
  const cells = ({ precision, recall, f1, support }: ClassMetrics) => [
    `${precision.toFixed(2)} / ${recall.toFixed(2)} / ${f1.toFixed(2)}`,
    String(support),
  ];
  return [
    ["class", "precision / recall / F1", "support", "published precision / recall / F1", "published support"],
    ...perClass.map((figures, c) => [
      figures.name,
      ...cells(figures),
      ...(published.perClass ? cells(published.perClass[c]) : ["–", "–"]),
    ]),
  ];
}

/** @param about lines on how it came about */
export function reproductionMarkdown(all: readonly Reproduction[], about: readonly string[]): string {
  const section = (reproduction: Reproduction) =>
    [
      `## ${reproductionHeading(reproduction)}`,
      markdownTable(figuresTable(reproduction)),
      markdownTable(classTable(reproduction)),
      verdicts(reproduction.comparison).join("\n"),
    ].join("\n\n");
  return `# Reproduction\n\n${[...all.map(section), about.map((line) => `- ${line}`).join("\n")].join("\n\n")}\n`;
}
