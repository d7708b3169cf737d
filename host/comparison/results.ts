import type { Platform } from "../platform/platform.ts";
import type { TrainOptions } from "../training/options.ts";
import { readFinishedRun } from "../training/record.ts";
import { runId } from "./ablations.ts";
import type { VariantRuns } from "./compare.ts";

/** The finished runs of a study that `comparisonRuns` listed. @throws HqcnnError as readFinishedRun does */
export async function readVariants(
  platform: Platform,
  folder: string,
  dataName: string,
  options: TrainOptions,
  seeds: number,
  variants: readonly string[],
): Promise<VariantRuns[]> {
  const run = (variant: string, place: number) =>
    platform.join(folder, runId(dataName, { ...options, seed: options.seed + place }, variant));
  return Promise.all(
    variants.map(async (variant) => ({
      variant,
      runs: await Promise.all(
        Array.from({ length: seeds }, (_, place) => readFinishedRun(platform, run(variant, place))),
      ),
    })),
  );
}
