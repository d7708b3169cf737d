import type { Task } from "../datasets/types.ts";
import { parseTrainOptions, type TrainOptions } from "../training/options.ts";
import type { SourceSet } from "./published.ts";

/** source: the thesis's; best: ours, chosen on validation images alone. */
export const RECIPES = ["source", "best"] as const;
export type Recipe = (typeof RECIPES)[number];

const BEST: Record<Task, Record<SourceSet, Partial<TrainOptions>>> = {
  binary: { bloodmnist: {}, organamnist: {}, pathmnist: {} },
  multiclass: { bloodmnist: {}, organamnist: {}, pathmnist: {} },
};

/** Options of training of a recipe. The thesis's is the default of every option, with 8 wires where all classes are told apart. */
export function recipeOptions(recipe: Recipe, set: SourceSet, task: Task): TrainOptions {
  const wires = task === "multiclass" ? { qubits: 8 } : {};
  return parseTrainOptions({ data: set, task, ...wires, ...(recipe === "best" ? BEST[task][set] : {}) });
}
