import type { Task } from "../datasets/types.ts";
import type { TrainOptions } from "../training/options.ts";
import { parseTrainOptions } from "../training/parse.ts";
import type { SourceSet } from "./published.ts";

/** source: the thesis's; best: ours, chosen on validation images alone. */
export const RECIPES = ["source", "best"] as const;
export type Recipe = (typeof RECIPES)[number];

/** Cells and tissue have no up and down, nor a place in the frame. */
const microscope: Partial<TrainOptions> = {
  ...{ augment: "flips", rotate: 180, shift: 0.07, border: "reflect" },
  ...{ schedule: "onecycle", lr: 0.003, epochs: 30 },
};
/** Organs have both; other scanners and patients differ in size and in grey values. */
const scanner: Partial<TrainOptions> = {
  ...{ rotate: 10, shift: 0.07, scale: 0.1, brightness: 0.1, contrast: 0.2, border: "reflect" },
  ...{ schedule: "onecycle", lr: 0.003, epochs: 15, ema: 0.999 },
  // The validation scans are too easy: their AUC is 1 from the third epoch on, while their loss still falls by half.
  bestBy: "loss",
};

/** What the source trained. */
export type SourceTask = Extract<Task, "binary" | "multiclass">;

/** PathMNIST's were taken over from BloodMNIST's untried: its file was not at hand. */
const BEST: Record<SourceTask, Record<SourceSet, Partial<TrainOptions>>> = {
  binary: { bloodmnist: microscope, organamnist: scanner, pathmnist: microscope },
  // Of eight candidates for BloodMNIST and three for OrganAMNIST those with the best AUC on val, views averaged.
  multiclass: {
    bloodmnist: {
      ...{ ...microscope, epochs: 60, scale: 0.1, brightness: 0.1, contrast: 0.1, weightDecay: 0.01, dropout: 0.2 },
      ...{ ema: 0.999, qubits: 10, hidden: 64, tta: "dihedral" },
    },
    organamnist: { ...scanner, epochs: 30, weightDecay: 0.01, dropout: 0.3, hidden: 64, tta: "shifts" },
    pathmnist: microscope,
  },
};

/**
 * Options of training of a recipe. The thesis's is the default of every option, with 8 wires where all classes are told
 * apart.
 */
export function recipeOptions(recipe: Recipe, set: SourceSet, task: SourceTask): TrainOptions {
  const wires = task === "multiclass" ? { qubits: 8 } : {};
  return parseTrainOptions({ data: set, task, ...wires, ...(recipe === "best" ? BEST[task][set] : {}) });
}
