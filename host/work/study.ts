import type { Executor } from "../study/executor.ts";
import { type Failures, failuresOf, type StudyFile, writeFailures, writeStudy } from "../study/file.ts";
import { runStudy, type StudyControl, type StudyProgress } from "../study/study.ts";
import { withCircuit, withNoise } from "../training/head.ts";
import type { WorkContext } from "./context.ts";

export interface StudyListeners {
  signal?: AbortSignal;
  /** No folder is refused: training begins. */
  onStart?: () => void;
  onProgress?: (progress: StudyProgress) => void;
  /** A run has ended, with the reason if it failed. */
  onRun?: (id: string, error?: Error) => void;
  /** A run has failed and will be tried once more. */
  onRetry?: (id: string, error: Error) => void;
}

/**
 * Trains the runs of a study that are missing in its folder, and keeps there what --resume needs.
 * A run that fails is tried once more; what it failed with is kept, too.
 * @param check refuses the folder, once nobody else writes to it; `rungs`: where runs pause, and which are stopped then
 * @returns whether all are finished; false: stopped by the signal
 * @throws HqcnnError naming the runs that failed, after all others have ended
 */
export async function carryOut(
  { platform }: WorkContext,
  folder: string,
  study: StudyFile<object>,
  { execute, parallel, options: place, close }: Executor,
  { onStart, onRun, onRetry, ...listeners }: StudyListeners = {},
  { check, rungs }: { check?: () => Promise<void>; rungs?: StudyControl["rungs"] } = {},
): Promise<boolean> {
  let failures: Failures = {};
  let written = Promise.resolve();
  // One write after the other, and none that is late undoes a newer one.
  const keep = () => {
    const now = { ...failures };
    written = written.then(() => writeFailures(platform, folder, study.command, now)).catch(() => {});
  };
  // Circuits and noise as they stand in their files now: so they are in the folders of runs, and for workers without.
  const runs = await Promise.all(
    study.runs.map(async (run) => {
      const options = await withNoise(platform, await withCircuit(platform, run.options));
      return { ...run, options: { ...options, ...place } };
    }),
  );
  try {
    return await runStudy(runs, folder, platform, execute, {
      ...{ parallel, retries: 1, ...listeners },
      // Decided by what the folder says: what failed, and what no longer does, is in it first.
      rungs: rungs && { ...rungs, stopped: () => written.then(rungs.stopped) },
      onPause(id) {
        if (!(id in failures)) return;
        delete failures[id];
        keep();
      },
      onRun(id, error) {
        if (error) failures[id] = error.message;
        else delete failures[id];
        keep();
        onRun?.(id, error);
      },
      onRetry(id, error) {
        failures[id] = error.message;
        keep();
        onRetry?.(id, error);
      },
      // Not before: a folder with runs of other options keeps its study file.
      async onChecked() {
        await check?.();
        failures = await failuresOf(platform, folder, study.command);
        await writeStudy(platform, folder, study);
        onStart?.();
      },
    });
  } finally {
    await written;
    await close?.();
  }
}
