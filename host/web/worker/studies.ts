import { DECIDED_NAMES } from "../../comparison/options.ts";
import type { TrainOptions } from "../../training/options.ts";
import type { SessionApi } from "../protocol/messages.ts";
import { locked, type Turn } from "./locks.ts";
import type { Place } from "./place.ts";
import { sectionsOf } from "./reports.ts";

/** Folder of the comparisons, one for all with the same options. */
const STUDIES = "studies";

/** The calls about comparisons. */
export function studyCalls(
  place: Place,
  turn: Turn,
): Pick<SessionApi, "compare" | "estimate" | "studyCount" | "removeStudies"> {
  const { platform } = place;
  const kept = async (): Promise<string[]> => {
    if ((await platform.stat(STUDIES)) === null) return [];
    return (await platform.list(STUDIES)).map(({ name }) => platform.join(STUDIES, name));
  };
  return {
    compare: (request, onProgress) =>
      turn.take(async ({ stop: { signal } }) => {
        // Loaded when asked for: it brings the report with it.
        const [{ compare, planComparison }, { executeHere }] = await Promise.all([
          import("../../work/compare.ts"),
          import("../../work/job.ts"),
        ]);
        const plan = await planComparison(place, request);
        const folder = platform.join(STUDIES, folderOf(request.options));
        const listeners = { signal, onProgress };
        const outcome = await compare(place, plan, folder, executeHere(place), listeners);
        if (outcome === null) return null;
        const { report, files } = outcome;
        return {
          ...sectionsOf(report),
          ...{ markdown: files["comparison.md"], html: files["comparison.html"], warnings: plan.warnings },
        };
      }),
    // Not in turn: a start need not wait for it.
    async estimate(request) {
      const [{ planComparison }, { estimateComparison }] = await Promise.all([
        import("../../work/compare.ts"),
        import("../../work/estimate.ts"),
      ]);
      const plan = await planComparison(place, request);
      return estimateComparison(place, plan, platform.join(STUDIES, folderOf(request.options)));
    },
    studyCount: async () => (await kept()).length,
    async removeStudies() {
      for (const folder of await kept()) await locked(platform, folder, () => platform.removeFolder(folder));
    },
  };
}

/** Comparisons that differ in seeds and ablations alone share their runs. */
function folderOf(options: Partial<TrainOptions>): string {
  const own = Object.entries(options).filter(([name]) => !(DECIDED_NAMES as string[]).includes(name));
  return encodeURIComponent(JSON.stringify({ ...Object.fromEntries(own), seed: 0, threads: 0 }));
}
