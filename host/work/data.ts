import { openDataset } from "../api.ts";
import { checkSplits } from "../datasets/guard.ts";
import type { Dataset } from "../datasets/types.ts";
import type { Platform } from "../platform/platform.ts";
import { optionsOf, type TrainOptions } from "../training/options.ts";
import type { ReadControl, WorkContext } from "./context.ts";

/** Opens the data that training options name. */
export function openTrainingData(
  platform: Platform,
  options: TrainOptions,
  control: ReadControl = {},
): Promise<Dataset> {
  const { data, ...given } = optionsOf("data", options);
  return openDataset(data, { platform, ...given, ...control });
}

/** Opens the data that options name, and says what is suspicious about them: one line each. */
export async function openChecked(
  { platform, open = (options, control) => openTrainingData(platform, options, control) }: WorkContext,
  options: TrainOptions,
  control?: ReadControl,
): Promise<{ data: Dataset; warnings: string[] }> {
  const data = await open(options, control);
  return { data, warnings: await warningsOf(data) };
}

/** What is suspicious about a data set, one line each. */
export async function warningsOf(data: Dataset): Promise<string[]> {
  return [...data.warnings, ...(await checkSplits(data))];
}
