import { HqcnnError } from "../check.ts";
import type { Platform } from "../platform/platform.ts";
import { RUN_FILES } from "../training/files.ts";
import type { TrainOptions } from "../training/options.ts";
import { readRunHead, readRunOptions, refuseOtherOptions } from "../training/record.ts";
import type { ExecuteRun } from "./executor.ts";

/** One training of a study: independent of the others but for the one that it starts from, so any machine may do it. */
export interface StudyRun {
  /** Also the name of its run folder. */
  id: string;
  options: TrainOptions;
  /** Id of the run whose best model it starts from. */
  after?: string;
  /** Of its data, where it is known: who trains it on others refuses. */
  md5?: string | null;
}

/** Where a study stands. */
export interface StudyProgress {
  finished: number;
  total: number;
  running: readonly { id: string; epoch: number; epochs: number }[];
}

export interface StudyControl {
  /** Runs at the same time. */
  parallel: number;
  /** How often a run that failed is tried once more, after all others have begun; default 0. */
  retries?: number;
  /** Epochs after which all runs pause, in ascending order, and which of them are not trained any further then. */
  rungs?: { epochs: readonly number[]; stopped: () => Promise<ReadonlySet<string>> };
  signal?: AbortSignal;
  /** No folder is refused, and none is written to yet. */
  onChecked?: () => Promise<void>;
  onProgress?: (progress: StudyProgress) => void;
  /** A run has ended, with the reason if it failed. */
  onRun?: (id: string, error?: Error) => void;
  /** A run has failed and will be tried once more. */
  onRetry?: (id: string, error: Error) => void;
  /** A run has come to a rung, or had passed it before: what it failed with earlier is over. */
  onPause?: (id: string) => void;
}

/** The options with which a run is executed: those of its own, and the model that it starts from. */
export function runOptions(platform: Platform, folder: string, { options, after }: StudyRun): TrainOptions {
  return after === undefined ? options : { ...options, start: platform.join(folder, after, RUN_FILES.model) };
}

/** Whether a run has its test figures already. @throws UsageError when its folder holds a run with other options */
export async function isFinished(platform: Platform, folder: string, run: StudyRun): Promise<boolean> {
  const own = platform.join(folder, run.id);
  if ((await platform.stat(platform.join(own, RUN_FILES.config))) === null) return false;
  refuseOtherOptions(own, run.options, await readRunOptions(platform, own));
  return (await platform.stat(platform.join(own, RUN_FILES.metrics))) !== null;
}

/** Epochs that a run has behind it. */
export async function epochsIn(platform: Platform, own: string): Promise<number> {
  if ((await platform.stat(platform.join(own, RUN_FILES.config))) === null) return 0;
  return (await readRunHead(platform, own)).history.length;
}

/**
 * Trains every run that is not finished yet, as the only study in its folder, `parallel` at a time, in the order of the
 * list. A run that fails does not stop the others.
 * @returns whether all are finished; false: stopped by the signal, to be continued by the same call
 * @throws HqcnnError naming the runs that failed, after all others have ended; UsageError when another process carries
 * out a study there
 */
export async function runStudy(
  runs: readonly StudyRun[],
  folder: string,
  platform: Platform,
  execute: ExecuteRun,
  control: StudyControl,
): Promise<boolean> {
  // Before the lock: a folder with other runs is left as it is.
  for (const run of runs) await isFinished(platform, folder, run);
  await platform.makeFolder(folder);
  const lock = await platform.lock(folder);
  try {
    return await carryOut(runs, folder, platform, execute, control);
  } finally {
    await lock.release().catch(() => {}); // it counts as dead once this process has ended
  }
}

async function carryOut(
  runs: readonly StudyRun[],
  folder: string,
  platform: Platform,
  execute: ExecuteRun,
  { parallel, retries = 0, rungs, signal, onChecked, onProgress, onRun, onRetry, onPause }: StudyControl,
): Promise<boolean> {
  const finished = new Set<string>();
  const failed = new Map<string, Error>();
  let waiting: StudyRun[] = [];
  /** Those that paused, or are not trained any further. */
  let paused: StudyRun[] = [];
  let until: number | undefined;
  const running = new Map<string, { id: string; epoch: number; epochs: number }>();
  const tries = new Map<string, number>();
  for (const run of runs) {
    if (await isFinished(platform, folder, run)) finished.add(run.id);
    else waiting.push(run);
  }
  await onChecked?.();
  const tell = () => onProgress?.({ finished: finished.size, total: runs.length, running: [...running.values()] });
  const start = async (run: StudyRun) => {
    const state = { id: run.id, epoch: 0, epochs: run.options.epochs };
    running.set(run.id, state);
    tell();
    try {
      const options = runOptions(platform, folder, run);
      const onEpoch = (epoch: number) => {
        state.epoch = epoch;
        tell();
      };
      const { md5 } = run;
      const own = platform.join(folder, run.id);
      const isPast = until !== undefined && (await epochsIn(platform, own)) >= until;
      if (isPast || !(await execute(options, own, { signal, onEpoch, md5, until }))) {
        if (until === undefined || signal?.aborted) return;
        paused.push(run);
        onPause?.(run.id);
        return;
      }
      finished.add(run.id);
    } catch (error) {
      if (signal?.aborted) return; // stopped before its first step
      const tried = (tries.get(run.id) ?? 0) + 1;
      tries.set(run.id, tried);
      if (tried <= retries) {
        waiting.push(run);
        onRetry?.(run.id, error as Error);
        return;
      }
      failed.set(run.id, error as Error);
    } finally {
      running.delete(run.id);
      tell();
    }
    onRun?.(run.id, failed.get(run.id));
  };
  const inOrder = (some: readonly StudyRun[]) => runs.filter((run) => some.includes(run));
  const isReady = ({ after }: StudyRun) => after === undefined || finished.has(after);
  const round = async () => {
    const active = new Set<Promise<void>>();
    for (;;) {
      while (!signal?.aborted && active.size < parallel) {
        const next = waiting.findIndex(isReady);
        if (next < 0) break;
        const run = start(waiting.splice(next, 1)[0]).finally(() => active.delete(run));
        active.add(run);
      }
      if (active.size === 0) break;
      await Promise.race(active);
    }
  };
  const stopped = new Set<string>();
  for (until of [...(rungs?.epochs ?? []), undefined]) {
    await round();
    if (signal?.aborted || rungs === undefined) break;
    for (const id of await rungs.stopped()) stopped.add(id);
    if (until !== undefined) [waiting, paused] = [inOrder(paused.filter(({ id }) => !stopped.has(id))), []];
  }
  const isDone = runs.every(({ id }) => finished.has(id) || stopped.has(id));
  if (signal?.aborted) return isDone;
  for (const run of waiting) failed.set(run.id, new HqcnnError(`it starts from ${run.after}, which failed`));
  if (failed.size > 0) {
    const reasons = new Map<string, string[]>();
    for (const [id, { message }] of failed) reasons.set(message, [...(reasons.get(message) ?? []), id]);
    const lines = [...reasons].map(([message, [id, ...others]]) => {
      const more = others.length > 0 ? ` and ${others.length} other${others.length > 1 ? "s" : ""}` : "";
      return `${id}${more}: ${message}`;
    });
    throw new HqcnnError(`${failed.size} of ${runs.length} runs failed; the others are kept\n${lines.join("\n")}`);
  }
  return true;
}
