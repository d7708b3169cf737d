import { medmnist } from "../datasets/medmnist.ts";
import type { RunConfig } from "../training/run.ts";

/** Accuracy and AUC in [0, 1]. */
interface Figures {
  accuracy: number;
  auc: number;
}

/** Results on its test split of the thesis whose recipe is our default (Comilla University, 2025), binary task. */
const THESIS: Record<string, Figures> = {
  pathmnist: { accuracy: 0.9783, auc: 1 },
  organamnist: { accuracy: 0.9884, auc: 0.99 },
  bloodmnist: { accuracy: 0.9912, auc: 0.99916 },
};

/** ResNet-18 at 28×28, task as published: MedMNIST v2 (https://doi.org/10.1038/s41597-022-01721-8), table 3, for sets whose figures two sources repeat. */
const RESNET18: Record<string, Figures> = {
  pathmnist: { accuracy: 0.907, auc: 0.983 },
  breastmnist: { accuracy: 0.863, auc: 0.901 },
};

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
    data.task === "multiclass" || (set.classNames.length === 2 && positive === "1" && data.task === "binary");
  const found: Published[] = [];
  if (data.task === "binary" && positive === set.positive?.join() && Object.hasOwn(THESIS, data.name)) {
    found.push({
      who: "the thesis’s hybrid network",
      ...THESIS[data.name],
      note: "The thesis used a split of its own, so its figures stand beside these, not against them.",
    });
  }
  if (isPublishedTask && data.protocol === "official" && Object.hasOwn(RESNET18, data.name)) {
    found.push({
      who: "MedMNIST v2’s ResNet-18 at 28×28",
      ...RESNET18[data.name],
      note: "Yang et al. (2023) give the mean of at least three trainings on the same split.",
    });
  }
  return found;
}
