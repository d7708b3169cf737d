import { loadEngine } from "../api.ts";
import type { VariantRuns } from "../comparison/compare.ts";
import { type CorruptedRuns, type CorruptionComparison, compareCorrupted } from "../comparison/corruption.ts";
import type { Dataset } from "../datasets/types.ts";
import { type CorruptionSettings, evaluateCorruptions, type Robustness } from "../evaluation/robustness.ts";
import type { WorkContext } from "./context.ts";
import { trainedModels } from "./measured.ts";

/** The flags of the command line that repeat it, with a space before. */
export function corruptionFlags({ corruptions, severities, seed }: CorruptionSettings): string {
  const names = corruptions ? ` ${corruptions.join(",")}` : "";
  return ` --corruptions${names}${severities ? ` --severities ${severities.join(",")}` : ""}${seed ? ` --corruption-seed ${seed}` : ""}`;
}

/** How trained variants fare on corrupted test images: every run's model is evaluated on its own test split. */
export async function corruptVariants(
  { platform }: WorkContext,
  variants: readonly VariantRuns[],
  data: Dataset,
  settings: CorruptionSettings,
  onProgress?: (done: number, total: number) => void,
): Promise<CorruptionComparison> {
  const engine = await loadEngine({ platform, threads: 1 });
  const total = variants.reduce((sum, { runs }) => sum + runs.length, 0);
  const all: CorruptedRuns[] = [];
  let done = 0;
  for (const { variant, runs } of variants) {
    const own: { labels: Uint8Array; found: Robustness }[] = [];
    for await (const { network, test, options } of trainedModels(platform, engine, runs, data)) {
      onProgress?.(done++, total);
      const found = await evaluateCorruptions(network, test, { ...settings, tta: options.tta });
      own.push({ labels: test.labels, found });
    }
    all.push({ variant, runs: own });
  }
  onProgress?.(total, total);
  return compareCorrupted(all, data.task === "multilabel" ? 1 : data.classNames.length);
}
