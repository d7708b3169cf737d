import { medmnist } from "../datasets/sources/medmnist.ts";
import type { ClassMetrics } from "../statistics/metrics.ts";
import type { RunConfig } from "../training/record.ts";

/** Accuracy and AUC in [0, 1]. */
export interface Figures {
  accuracy: number;
  auc: number;
}

/**
 * What the thesis whose recipe is our default (Comilla University, 2025) reports of a set's test split, binary task,
 * one training.
 */
export interface ThesisFigures {
  hybrid: Figures;
  /** Its CNN without the circuit. */
  cnn: Figures;
  /** Of the hybrid network, class 0 and class 1, with two digits. */
  perClass: [ClassMetrics, ClassMetrics];
}

const classes = (...rows: [number, number, number, number][]) =>
  rows.map(([precision, recall, f1, support]) => ({ precision, recall, f1, support })) as [ClassMetrics, ClassMetrics];

export const THESIS = {
  bloodmnist: {
    hybrid: { accuracy: 0.9912, auc: 0.99916 },
    cnn: { accuracy: 0.726, auc: 0.8864 },
    perClass: classes([0.99, 1, 0.99, 2486], [0.99, 0.98, 0.98, 935]),
  },
  organamnist: {
    hybrid: { accuracy: 0.9884, auc: 0.99 },
    cnn: { accuracy: 0.9762, auc: 0.9929 },
    perClass: classes([0.99, 1, 0.99, 16201], [0.97, 0.9, 0.93, 1577]),
  },
  pathmnist: {
    hybrid: { accuracy: 0.9783, auc: 1 },
    cnn: { accuracy: 0.6899, auc: 0.93 },
    perClass: classes([0.99, 0.97, 0.98, 4995], [0.94, 0.99, 0.97, 2185]),
  },
} satisfies Record<string, ThesisFigures>;

export type SourceSet = keyof typeof THESIS;
export const SOURCE_SETS = Object.keys(THESIS) as SourceSet[];

/**
 * ResNet-18 at 28×28 on the official test split, task as published: MedMNIST v2
 * (https://doi.org/10.1038/s41597-022-01721-8), table 3.
 */
export const RESNET18 = {
  bloodmnist: { accuracy: 0.958, auc: 0.998 },
  organamnist: { accuracy: 0.935, auc: 0.997 },
  pathmnist: { accuracy: 0.907, auc: 0.983 },
  breastmnist: { accuracy: 0.863, auc: 0.901 },
} satisfies Record<string, Figures>;

export interface Published extends Figures {
  who: string;
  /** What keeps the figures from being a test of each other. */
  note: string;
}

/** What others report for a run's data set and task, on the official data only. */
export function publishedFigures({ data, options }: RunConfig): Published[] {
  const set = Object.hasOwn(medmnist, data.name) ? medmnist[data.name] : undefined;
  if (!set || set.md5 !== data.md5) return [];
  const positive = [...(options.positive ?? set.positive ?? [1])].sort().join();
  const isPublishedTask =
    data.task === "multiclass" ||
    data.task === "ordinal" ||
    data.task === "multilabel" ||
    (set.classNames.length === 2 && positive === "1" && data.task === "binary");
  const found: Published[] = [];
  if (data.task === "binary" && positive === set.positive?.join() && Object.hasOwn(THESIS, data.name)) {
    found.push({
      who: "the thesis’s hybrid network",
      ...THESIS[data.name as SourceSet].hybrid,
      note: "The thesis used its own split, so its results are shown for orientation, not as a comparison.",
    });
  }
  if (isPublishedTask && data.protocol === "official" && Object.hasOwn(RESNET18, data.name)) {
    found.push({
      who: "MedMNIST v2’s ResNet-18 at 28×28",
      ...RESNET18[data.name as keyof typeof RESNET18],
      note: "Yang et al. (2023) give the mean of at least three trainings on the same split.",
    });
  }
  return found;
}
