import type { Executor } from "../study/executor.ts";
import { type StudyFile, writeStudy } from "../study/file.ts";
import { runStudy, type StudyProgress } from "../study/study.ts";
import type { WorkContext } from "./context.ts";

export interface StudyListeners {
  signal?: AbortSignal;
  /** No folder is refused: training begins. */
  onStart?: () => void;
  onProgress?: (progress: StudyProgress) => void;
  /** A run has ended, with the reason if it failed. */
  onRun?: (id: string, error?: Error) => void;
}

/**
 * Trains the runs of a study that are missing in its folder, and keeps there what --resume needs.
 * @returns whether all are finished; false: stopped by the signal
 * @throws HqcnnError naming the runs that failed, after all others have ended
 */
export async function carryOut(
  { platform }: WorkContext,
  folder: string,
  study: StudyFile<object>,
  { execute, parallel, options: place, close }: Executor,
  { onStart, ...listeners }: StudyListeners = {},
): Promise<boolean> {
  const runs = study.runs.map((run) => ({ ...run, options: { ...run.options, ...place } }));
  try {
    return await runStudy(runs, folder, platform, execute, {
      ...{ parallel, ...listeners },
      // Not before: a folder with runs of other options keeps its study file.
      async onChecked() {
        await writeStudy(platform, folder, study);
        onStart?.();
      },
    });
  } finally {
    await close?.();
  }
}
