import type { Command } from "commander";
import { UsageError } from "../check.ts";
import type { Executor } from "../study/executor.ts";
import type { StudyProgress, StudyRun } from "../study/study.ts";
import { flag } from "../training/options.ts";
import type { StudyListeners } from "../work/study.ts";
import type { Context } from "./command.ts";
import { addPlaces, createExecutor, type PlaceOptions, placeText, wholeNumber } from "./executors.ts";
import { finishFirst } from "./streams.ts";
import { clock, createBar, listenForInterrupt, note, print, printJson } from "./terminal.ts";

/** Options of every command that carries out a study. */
export interface StudyOptions extends PlaceOptions {
  seeds: number;
  out?: string;
  resume?: string;
  json?: boolean;
}

export function addStudyOptions(command: Command, folder: string): void {
  addPlaces(command)
    .option("--seeds <n>", "number of seeds; one run per seed", wholeNumber("--seeds", 1), 5)
    .option("--out <folder>", `folder of the runs and the results (default: ${folder}); finished runs in it are kept`)
    .option("--resume <folder>", "continue a stopped study with its options");
}

/**
 * --resume takes all options from the study but --parallel. @throws UsageError naming those that were given beside it
 */
export function refuseWithResume(command: Command, resume: string | undefined, keys: readonly string[]): void {
  const fixed = [...keys, "seeds", "out"];
  const given = resume ? fixed.filter((key) => command.getOptionValueSource(key) === "cli") : [];
  if (given.length > 0) {
    throw new UsageError(`--resume takes the options of the study: leave out ${given.map(flag).join(", ")}`);
  }
}

interface ShownOptions extends PlaceOptions {
  json?: boolean;
}

/**
 * Carries out a study and shows how far it is. Stopped by a signal, it says how to continue.
 * @returns null when it was stopped
 */
export async function showStudy<Outcome>(
  context: Context,
  {
    command,
    folder,
    runs,
    again = `hqcnn ${command} --resume ${folder}`,
  }: { command: string; folder: string; runs: readonly StudyRun[]; again?: string },
  { json = false, ...place }: ShownOptions,
  work: (executor: Executor, listeners: StudyListeners) => Promise<Outcome | null>,
): Promise<Outcome | null> {
  finishFirst(folder);
  const executor = await createExecutor(context, place, folder);
  const interrupt = listenForInterrupt("stopping after these steps; press Ctrl-C again to stop at once");
  const line = json ? note : print;
  const bar = await createBar();
  const show = createDisplay(runs, (done, total, note) => bar.update(done, total, note));
  const outcome = await work(executor, {
    signal: interrupt.signal,
    onStart() {
      const place = executor.place ?? `${Math.min(executor.parallel, runs.length)} at a time`;
      line(`${runs.length} runs, ${place}, in ${folder}`);
    },
    onProgress: show.progress,
    onRetry(id, error) {
      bar.stop();
      line(`failed    ${id}: ${error.message}; it is tried once more`);
    },
    onRun(id, error) {
      bar.stop();
      line(error ? `failed    ${id}: ${error.message}` : `finished  ${id}  ${show.position()}`);
    },
  }).finally(() => bar.stop());
  if (outcome !== null) return outcome;
  note(`stopped; continue with: ${again}${placeText(place)}`);
  if (json) printJson({ finished: false, study: folder });
  process.exitCode = interrupt.exitCode;
  return null;
}

/** Turns epochs done into a bar and the time left, as fast as this session has been so far. */
function createDisplay(runs: readonly StudyRun[], update: (done: number, total: number, note: string) => void) {
  const epochs = runs.reduce((sum, { options }) => sum + options.epochs, 0) / runs.length;
  const started = performance.now();
  let first: number | undefined;
  let text = "";
  return {
    position: () => text,
    progress({ finished, total, running }: StudyProgress) {
      const done = finished + running.reduce((sum, run) => sum + run.epoch / run.epochs, 0);
      first ??= done;
      const rate = (done - first) / (performance.now() - started);
      const left = rate > 0 ? `, ${clock((total - done) / rate / 1000)} left` : "";
      text = `${finished} of ${total}${left}`;
      const now = running.map(({ id, epoch }) => `${id} ${epoch}`).join("  ");
      update(done * epochs, total * epochs, `${text}  ${now}`);
    },
  };
}
