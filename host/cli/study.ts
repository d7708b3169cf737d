import type { Command } from "commander";
import { HqcnnError, isRecord, UsageError } from "../check.ts";
import type { Platform } from "../platform/platform.ts";
import { runStudy, type StudyProgress, type StudyRun } from "../study/study.ts";
import { flag } from "../training/options.ts";
import type { Job, JobMessage } from "../work/job.ts";
import type { Context } from "./command.ts";
import { clock, createBar, listenForInterrupt, note, parseNumber, print, printJson } from "./terminal.ts";

/** What a study's folder says about it, beside the folders of its runs. */
export interface StudyFile<Options> {
  command: string;
  options: Options;
  runs: StudyRun[];
}

/** Studies of several commands may share a folder, and with it their runs. */
function studyPath(platform: Platform, folder: string, command: string): string {
  return platform.join(folder, `${command}.study.json`);
}

/** Options of the study in a folder, for --resume. @throws HqcnnError when it holds none of that command */
export async function readStudy<Options>(platform: Platform, folder: string, command: string): Promise<Options> {
  const path = studyPath(platform, folder, command);
  let file: unknown;
  try {
    file = JSON.parse(new TextDecoder().decode(await platform.readFile(path)));
  } catch (error) {
    if (error instanceof HqcnnError) throw error;
  }
  if (!isRecord(file) || file.command !== command || !isRecord(file.options))
    throw new HqcnnError(`${path}: expected the JSON that hqcnn ${command} writes: start the study anew`);
  return file.options as Options;
}

/** Options of every command that carries out a study. */
export interface StudyOptions {
  seeds: number;
  /** 0: one run a processor. */
  parallel: number;
  out?: string;
  resume?: string;
  json?: boolean;
}

export function addStudyOptions(command: Command, folder: string): void {
  command
    .option("--seeds <n>", "seeds, one run each", wholeNumber("--seeds", 1), 5)
    .option("--parallel <n>", "runs at the same time, 0: one a processor", wholeNumber("--parallel", 0), 0)
    .option("--out <folder>", `folder of the runs and the results (default: ${folder}); finished runs in it are kept`)
    .option("--resume <folder>", "go on with a stopped study, with its options");
}

/** A parser of whole numbers from `low` on. */
export function wholeNumber(name: string, low: number): (text: string) => number {
  return (text) => {
    const value = parseNumber(text);
    if (!Number.isInteger(value) || value < low)
      throw new UsageError(`${name}: expected a whole number from ${low}, got ${text}`);
    return value;
  };
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

/**
 * Trains the runs of a study that are missing, each in a worker, and shows where it stands. Returns whether all are
 * finished; if not, it has been stopped and said how to go on.
 */
export async function carryOut<Options>(
  { platform, version }: Context,
  folder: string,
  study: StudyFile<Options>,
  options: Pick<StudyOptions, "parallel" | "json">,
): Promise<boolean> {
  const { command } = study;
  const { json } = options;
  const parallel = options.parallel || platform.cpuCount;
  const threads = Math.max(1, Math.floor(platform.cpuCount / parallel));
  const runs = study.runs.map((run) => ({ ...run, options: { ...run.options, threads } }));
  const interrupt = listenForInterrupt("stopping after these steps; once more to stop at once");
  const line = json ? note : print;
  const bar = await createBar();
  const show = createDisplay(runs, (done, total, note) => bar.update(done, total, note));
  const finished = await runStudy(
    runs,
    folder,
    platform,
    async (options, runFolder, { signal, onEpoch }) => {
      let ended = false;
      const job: Job = { kind: "train", options, folder: runFolder, version };
      const { done, stop } = platform.startJob(job, (received) => {
        const message = received as JobMessage;
        if (message.kind === "epoch") onEpoch(message.epoch);
        else ended = message.finished;
      });
      signal?.addEventListener("abort", stop);
      await done.finally(() => signal?.removeEventListener("abort", stop));
      return ended;
    },
    {
      parallel,
      signal: interrupt.signal,
      // Not before: a folder with runs of other options keeps its study file.
      async onChecked() {
        await platform.writeFile(studyPath(platform, folder, command), `${JSON.stringify(study, null, 2)}\n`);
        line(`${runs.length} runs, ${parallel} at a time, in ${folder}`);
      },
      onProgress: show.progress,
      onRun(id, error) {
        bar.stop();
        line(error ? `failed    ${id}: ${error.message}` : `finished  ${id}  ${show.position()}`);
      },
    },
  ).finally(() => bar.stop());
  if (finished) return true;
  note(`stopped; go on with: hqcnn ${command} --resume ${folder}`);
  if (json) printJson({ finished: false, study: folder });
  process.exitCode = interrupt.exitCode;
  return false;
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
