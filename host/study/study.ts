import { HqcnnError, UsageError } from "../check.ts";
import type { Platform } from "../platform/platform.ts";
import { RUN_FILES } from "../training/files.ts";
import { flag, type TrainOptions } from "../training/options.ts";
import { readRunConfig } from "../training/run.ts";
import type { ExecuteRun } from "./executor.ts";

/** One training of a study: independent of the others but for the one that it starts from, so any machine may do it. */
export interface StudyRun {
  /** Also the name of its run folder. */
  id: string;
  options: TrainOptions;
  /** Id of the run whose best model it starts from. */
  after?: string;
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
  signal?: AbortSignal;
  /** No folder is refused, and none is written to yet. */
  onChecked?: () => Promise<void>;
  onProgress?: (progress: StudyProgress) => void;
  /** A run has ended, with the reason if it failed. */
  onRun?: (id: string, error?: Error) => void;
}

/** The options with which a run is executed: those of its own, and the model that it starts from. */
export function runOptions(platform: Platform, folder: string, { options, after }: StudyRun): TrainOptions {
  return after === undefined ? options : { ...options, start: platform.join(folder, after, RUN_FILES.model) };
}

/**
 * What a run's result depends on: a study may continue with other threads or wide vectors, and in a folder that was moved.
 */
function resultOptions({ threads: _, start: __, engine, ...options }: TrainOptions): Partial<TrainOptions> {
  return { ...options, engine: engine.split("+")[0] as TrainOptions["engine"] };
}

/** Whether a run has its test figures already. @throws UsageError when its folder holds a run with other options */
export async function isFinished(platform: Platform, folder: string, run: StudyRun): Promise<boolean> {
  const own = platform.join(folder, run.id);
  if ((await platform.stat(platform.join(own, RUN_FILES.config))) === null) return false;
  const { options: found } = await readRunConfig(platform, own);
  const [wanted, there] = [run.options, found].map(resultOptions);
  for (const key of new Set([...Object.keys(wanted), ...Object.keys(there)] as (keyof TrainOptions)[])) {
    const [expected, got] = [wanted[key], there[key]].map((value) => JSON.stringify(value) ?? "none");
    if (expected !== got) {
      throw new UsageError(`${own}: expected a run with ${flag(key)} ${expected}, found ${got}: choose another --out`);
    }
  }
  return (await platform.stat(platform.join(own, RUN_FILES.metrics))) !== null;
}

/**
 * Trains every run that is not finished yet, `parallel` at a time, in the order of the list. A run that fails does not
 * stop the others.
 * @returns whether all are finished; false: stopped by the signal, to be continued by the same call
 * @throws HqcnnError naming the runs that failed, after all others have ended
 */
export async function runStudy(
  runs: readonly StudyRun[],
  folder: string,
  platform: Platform,
  execute: ExecuteRun,
  { parallel, signal, onChecked, onProgress, onRun }: StudyControl,
): Promise<boolean> {
  const finished = new Set<string>();
  const failed = new Map<string, Error>();
  const waiting: StudyRun[] = [];
  const running = new Map<string, { id: string; epoch: number; epochs: number }>();
  for (const run of runs) {
    if (await isFinished(platform, folder, run)) finished.add(run.id);
    else waiting.push(run);
  }
  await platform.makeFolder(folder);
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
      if (!(await execute(options, platform.join(folder, run.id), { signal, onEpoch }))) return;
      finished.add(run.id);
    } catch (error) {
      if (signal?.aborted) return; // stopped before its first step
      failed.set(run.id, error as Error);
    } finally {
      running.delete(run.id);
      tell();
    }
    onRun?.(run.id, failed.get(run.id));
  };
  const isReady = ({ after }: StudyRun) => after === undefined || finished.has(after);
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
  if (signal?.aborted) return finished.size === runs.length;
  for (const run of waiting) failed.set(run.id, new HqcnnError(`it starts from ${run.after}, which failed`));
  if (failed.size > 0) {
    const lines = [...failed].map(([id, { message }]) => `${id}: ${message}`);
    throw new HqcnnError(`${failed.size} of ${runs.length} runs failed; the others are kept\n${lines.join("\n")}`);
  }
  return true;
}
