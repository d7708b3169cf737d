import { HqcnnError, parseJson, UsageError } from "../check.ts";
import type { Platform } from "../platform/platform.ts";
import { RUN_FILES } from "../training/files.ts";
import type { Executor } from "./executor.ts";
import { type HandedRun, handOver } from "./handed.ts";

// Runs as tasks of Slurm's array jobs. In the study's folder, `slurm` holds how tasks are started (job.sh), the runs of
// each array (1.json, 2.json …), what their tasks wrote (1-0.log …), and which array is which job (jobs.json).

/** Runs one of Slurm's commands to its end; code null: it is not installed, or gave no answer. */
export type RunProgram = (
  name: string,
  args: readonly string[],
) => Promise<{ code: number | null; stdout: string; stderr: string }>;

export interface SlurmOptions {
  partition?: string;
  /** As Slurm writes it: minutes, or days-hours:minutes:seconds. */
  time?: string;
  /** Of each task, as in "4G". */
  memory?: string;
  /** Of each task: as many threads train. */
  cpus: number;
  /** Tasks at the same time; 0: as many as Slurm likes. */
  parallel: number;
  /** How tasks are started, in place of job.sh. */
  template?: string;
}

export interface SlurmPlace {
  platform: Platform;
  run: RunProgram;
  /** Of the study. */
  folder: string;
  /** Makes paths absolute: tasks have other working directories. */
  resolve: (path: string) => string;
  /** What starts hqcnn on the machines of the cluster. */
  program: readonly string[];
  note: (text: string) => void;
}

/** Slurm sends USR1 before a task's time is over: then it keeps a checkpoint and asks to be started again. */
export const TEMPLATE = `#!/bin/bash
# How Slurm starts each run of this study. Edit it as your cluster needs, with modules or --account for example;
# hqcnn study uses it as it stands then. Options of hqcnn study, such as --partition, take precedence.
#SBATCH --job-name=hqcnn
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@120
exec "$@"
`;

/** @throws UsageError when a script would not start the run */
export async function checkTemplate(platform: Platform, path: string): Promise<void> {
  const text = new TextDecoder().decode(await platform.readFile(path));
  if (!text.startsWith("#!"))
    throw new UsageError(`${path}: expected a script that begins with #!, such as #!/bin/bash`);
  if (!/^[^#]*\$(@|\*|\{@)/m.test(text))
    throw new UsageError(`${path}: expected a script that ends in exec "$@", which starts the run`);
}

/** Tasks of one array: Slurm's default allows indices up to 1000. */
const MOST_TASKS = 1000;
/** Milliseconds between two looks at Slurm and the folders. */
const LOOK = 3000;
/** Looks at which a task may be neither in Slurm nor finished, as files of another machine come late. */
const PATIENCE = 3;
/** Reasons to wait that are no news. */
const USUAL = ["None", "Priority", "Resources", "BeginTime", "JobArrayTaskLimit", "Dependency"];

/** An array that was submitted. */
interface Submitted {
  /** N of N.json. */
  number: number;
  job: string;
  /** Of its runs, in the order of the tasks. */
  ids: readonly string[];
}

/** Where a run's task stands, in Slurm's words. */
export interface TaskState {
  /** As in "41_7". */
  task: string;
  state: string;
  reason: string;
}

const own = ({ platform, folder }: Pick<SlurmPlace, "platform" | "folder">, ...names: string[]) =>
  platform.join(folder, "slurm", ...names);

async function submittedIn(place: Pick<SlurmPlace, "platform" | "folder">): Promise<Submitted[]> {
  const path = own(place, "jobs.json");
  if ((await place.platform.stat(path)) === null) return [];
  try {
    const found = parseJson(new TextDecoder().decode(await place.platform.readFile(path))) as Submitted[];
    if (found.every(({ job, ids }) => /^\d+$/.test(job) && Array.isArray(ids))) return found;
  } catch (error) {
    if (error instanceof HqcnnError) throw error;
  }
  throw new HqcnnError(`${path}: not written by hqcnn study --slurm, or damaged: remove it`);
}

/**
 * The tasks of a study that Slurm knows still, by the id of their run; none where the study was never submitted.
 * @throws HqcnnError when Slurm does not answer
 */
export async function slurmTasks(
  place: Pick<SlurmPlace, "platform" | "folder" | "run">,
): Promise<Map<string, TaskState>> {
  const submitted = await submittedIn(place);
  const tasks = new Map<string, TaskState>();
  if (submitted.length === 0) return tasks;
  const { code, stdout, stderr } = await place.run("squeue", ["--me", "-h", "-r", "-o", "%F %K %T %r"]);
  if (code !== 0) throw new HqcnnError(`Slurm does not answer: ${reasonOf(stderr)}`);
  const idOf = new Map(
    submitted.flatMap(({ job, ids }) => ids.map((id, i) => [`${job}_${i}`, id] as [string, string])),
  );
  for (const line of stdout.split("\n")) {
    const [job, index, state, ...reason] = line.trim().split(" ");
    const task = `${job}_${index}`;
    const id = idOf.get(task);
    if (id !== undefined && !ENDED.includes(state)) tasks.set(id, { task, state, reason: reason.join(" ") });
  }
  return tasks;
}

/** A task in one of these is listed still, but does nothing any more. */
const ENDED = ["COMPLETED", "CANCELLED", "FAILED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "DEADLINE", "BOOT_FAIL"];

const reasonOf = (stderr: string) =>
  (stderr.trim().split("\n")[0] || "no reason given").replace(/^\w+: (error: )?/, "");

/** A run that waits for its task. */
interface Waiting {
  run: HandedRun;
  onEpoch: (epoch: number) => void;
  end: (finished: boolean) => void;
  fail: (error: Error) => void;
  /** Looks at which it was not in Slurm. */
  absent: number;
}

/**
 * Submits the runs that are asked for at the same time as one array job, and waits for their folders. Runs that an
 * earlier call has submitted, and Slurm knows still, are waited for alone.
 */
export function slurmExecutor(place: SlurmPlace, options: SlurmOptions): Executor {
  const { platform, resolve, note } = place;
  const fresh: Waiting[] = [];
  const waiting = new Set<Waiting>();
  const told = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isClosed = false;
  const isFinished = async (run: HandedRun) =>
    (await platform.stat(platform.join(run.folder, RUN_FILES.metrics))) !== null;

  function lookIn(ms: number) {
    if (isClosed) return;
    clearTimeout(timer);
    timer = setTimeout(() => look().finally(() => waiting.size + fresh.length > 0 && lookIn(LOOK)), ms);
  }

  async function look() {
    try {
      const tasks = await slurmTasks(place);
      const added = fresh.splice(0);
      for (const one of added) waiting.add(one);
      await submit(added.filter(({ run }) => !tasks.has(run.id))).catch((error: Error) => {
        for (const one of added) settle(one, () => one.fail(error));
      });
      // Those just submitted are not in `tasks` yet.
      for (const one of waiting) if (!added.includes(one)) await lookAt(one, tasks.get(one.run.id));
    } catch (error) {
      const { message } = error as Error;
      if (!told.has(message)) note(`${message}; asking again`);
      told.add(message);
    }
  }

  function settle(one: Waiting, how: () => void) {
    waiting.delete(one);
    how();
  }

  async function lookAt(one: Waiting, task: TaskState | undefined) {
    const { run } = one;
    if (await isFinished(run)) return settle(one, () => one.end(true));
    if (task === undefined) {
      if (++one.absent < PATIENCE) return;
      const reason = await lastWords(run.id);
      return settle(one, () => one.fail(new HqcnnError(reason)));
    }
    one.absent = 0;
    if (task.state === "RUNNING") one.onEpoch(await epochsIn(run.folder));
    if (task.state !== "PENDING" || USUAL.includes(task.reason)) return;
    const text = `Slurm holds tasks back: ${task.reason}, as ${task.task} of ${run.id}`;
    if (!told.has(task.reason)) note(text);
    told.add(task.reason);
  }

  async function epochsIn(runFolder: string): Promise<number> {
    const path = platform.join(runFolder, RUN_FILES.history);
    if ((await platform.stat(path)) === null) return 0;
    const text = new TextDecoder().decode(await platform.readFile(path));
    return text.split("\n").filter(Boolean).length;
  }

  /** Why a run's task has ended without a result, as far as it said so. */
  async function lastWords(id: string): Promise<string> {
    const last = (await submittedIn(place)).reverse().find(({ ids }) => ids.includes(id));
    if (last === undefined) return "its task is not in Slurm any more";
    const log = own(place, `${last.number}-${last.ids.indexOf(id)}.log`);
    const task = `task ${last.job}_${last.ids.indexOf(id)}`;
    if ((await platform.stat(log)) === null) return `${task} of Slurm ended before it began`;
    const lines = new TextDecoder()
      .decode(await platform.readFile(log))
      .split("\n")
      .filter(Boolean);
    const line = lines.findLast((text) => /error: /.test(text)) ?? lines.at(-1) ?? "it wrote nothing";
    return `${task} of Slurm ended: ${line.replace(/^(error|slurmstepd): /, "").replace(/^error: /, "")} (${log})`;
  }

  async function submit(runs: readonly Waiting[]): Promise<void> {
    if (runs.length === 0) return;
    await platform.makeFolder(own(place));
    const script = options.template ?? own(place, "job.sh");
    if (options.template === undefined && (await platform.stat(script)) === null)
      await platform.writeFile(script, TEMPLATE);
    await checkTemplate(platform, script);
    for (let begin = 0; begin < runs.length; begin += MOST_TASKS) {
      const part = runs.slice(begin, begin + MOST_TASKS).map(({ run }) => run);
      const submitted = await submittedIn(place);
      const number = submitted.length + 1;
      const list = resolve(own(place, `${number}.json`));
      await platform.writeFile(list, `${JSON.stringify(part, null, 2)}\n`);
      const job = await sbatch(number, part.length, resolve(script), list);
      const known: Submitted[] = [...submitted, { number, job, ids: part.map(({ id }) => id) }];
      await platform.writeFile(own(place, "jobs.json"), `${JSON.stringify(known, null, 2)}\n`);
      note(`job ${job} of Slurm: ${part.length} tasks; scancel ${job} stops them`);
    }
  }

  async function sbatch(number: number, count: number, script: string, list: string): Promise<string> {
    const { partition, time, memory, cpus, parallel } = options;
    const { code, stdout, stderr } = await place.run("sbatch", [
      ...["--parsable", `--array=0-${count - 1}${parallel > 0 ? `%${parallel}` : ""}`],
      ...[`--cpus-per-task=${cpus}`, `--output=${resolve(own(place, `${number}-%a.log`))}`],
      ...(partition === undefined ? [] : [`--partition=${partition}`]),
      ...(time === undefined ? [] : [`--time=${time}`]),
      ...(memory === undefined ? [] : [`--mem=${memory}`]),
      ...[script, ...place.program, "worker", "--runs", list],
    ]);
    const job = /^(\d+)/m.exec(stdout)?.[1];
    if (code === 0 && job !== undefined) return job;
    throw new HqcnnError(`Slurm does not take the job: ${reasonOf(stderr)} (${script})`);
  }

  return {
    parallel: Number.MAX_SAFE_INTEGER,
    options: {},
    place: "as tasks of Slurm",
    async execute(trainOptions, runFolder, { signal, onEpoch, ...control }) {
      const run = await handOver(platform, trainOptions, resolve(runFolder), control, resolve);
      return new Promise((end, fail) => {
        const one: Waiting = { run, onEpoch, end, fail, absent: 0 };
        const leave = () => {
          const place = fresh.indexOf(one);
          if (place >= 0) fresh.splice(place, 1);
          settle(one, () => end(false));
        };
        if (signal?.aborted) return leave();
        signal?.addEventListener("abort", leave, { once: true });
        fresh.push(one);
        // Those that are asked for at the same time become one array.
        lookIn(200);
      });
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
