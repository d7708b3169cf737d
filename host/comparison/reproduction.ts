import type { Protocol, Task } from "../datasets/types.ts";
import type { ClassMetrics } from "../evaluation/metrics.ts";
import { summaryText } from "../evaluation/statistics.ts";
import { type Comparison, compareVariants } from "./compare.ts";
import { type Figures, RESNET18, type SourceSet, THESIS } from "./published.ts";
import type { RunRecord } from "./results.ts";
import { markdownTable, type Table, verdicts } from "./tables.ts";
import { NETWORK } from "./twins.ts";

/** What the source trained: the hybrid network and its CNN alone. */
export const REPRODUCED = [NETWORK, "none"] as const;

/** One data set by one protocol beside what the source prints. */
export interface Reproduction {
  set: SourceSet;
  task: Task;
  protocol: Protocol;
  comparison: Comparison;
  /** Of the hybrid network, mean over the seeds; support as it is in the test split. */
  perClass: (ClassMetrics & { name: string })[];
  published: { who: string; hybrid: Figures; cnn: Figures | null; perClass: readonly ClassMetrics[] | null };
}

/** @param runs of the hybrid network and of the CNN alone, by seed */
export function reproduce(
  set: SourceSet,
  task: Task,
  protocol: Protocol,
  runs: Record<(typeof REPRODUCED)[number], readonly RunRecord[]>,
): Reproduction {
  const variants = REPRODUCED.map((variant) => ({ variant, runs: runs[variant] }));
  const { classNames } = runs[NETWORK][0].config.data;
  const mean = (of: (run: RunRecord) => number) =>
    runs[NETWORK].reduce((sum, run) => sum + of(run), 0) / runs[NETWORK].length;
  return {
    ...{ set, task, protocol, comparison: compareVariants(variants, { name: set, task, protocol }) },
    perClass: classNames.map((name, c) => ({
      name,
      precision: mean(({ metrics }) => metrics.perClass[c].precision),
      recall: mean(({ metrics }) => metrics.perClass[c].recall),
      f1: mean(({ metrics }) => metrics.perClass[c].f1),
      support: runs[NETWORK][0].metrics.perClass[c].support,
    })),
    published:
      task === "binary"
        ? { who: "the thesis", ...THESIS[set] }
        : { who: "MedMNIST's ResNet-18", hybrid: RESNET18[set], cnn: null, perClass: null },
  };
}

export function reproductionHeading({ set, task, protocol, comparison, published }: Reproduction): string {
  const note = protocol === "pooled" ? "; all images split again, not comparable with the official split" : "";
  return `${set}, ${task}, protocol ${protocol}, seeds ${comparison.seeds.join(", ")}, beside ${published.who}${note}`;
}

/** Accuracy and AUC of both networks beside the published ones. */
export function figuresTable({ comparison, published }: Reproduction): Table {
  const percent = (figures: Figures | null, figure: keyof Figures) =>
    figures ? String(Number((100 * figures[figure]).toFixed(3))) : "–";
  const theirs = [published.hybrid, published.cnn];
  return [
    ["network", "accuracy %", "published", "AUC %", "published"],
    ...comparison.variants.map(({ accuracy, auc }, i) => [
      ["hybrid", "CNN alone"][i],
      summaryText(accuracy, "percent").replace(" %", ""),
      percent(theirs[i], "accuracy"),
      auc ? summaryText(auc, "percent").replace(" %", "") : "none",
      percent(theirs[i], "auc"),
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
    ["class", "precision / recall / F1", "support", "published", "support"],
    ...perClass.map((figures, c) => [
      figures.name,
      ...cells(figures),
      ...(published.perClass ? cells(published.perClass[c]) : ["–", "–"]),
    ]),
  ];
}

export function reproductionMarkdown(all: readonly Reproduction[]): string {
  const section = (reproduction: Reproduction) =>
    [
      `## ${reproductionHeading(reproduction)}`,
      markdownTable(figuresTable(reproduction)),
      markdownTable(classTable(reproduction)),
      verdicts(reproduction.comparison).join("\n"),
    ].join("\n\n");
  return `# Reproduction\n\n${all.map(section).join("\n\n")}\n`;
}
