import { hostname } from "node:os";
import { UsageError } from "../check.ts";
import { runProgram } from "../platform/programs.ts";
import { localExecutor } from "../study/local.ts";
import { trainHanded } from "../work/handed.ts";
import { executeHere } from "../work/job.ts";
import { serveQueue } from "../work/queue.ts";
import type { Context, Define } from "./command.ts";
import { wholeNumber } from "./executors.ts";
import { addExamples, addJson, listenForInterrupt, note, print, printJson } from "./terminal.ts";

interface WorkerOptions {
  queue?: string;
  runs?: string;
  task?: number;
  out?: string;
  parallel: number;
  json?: boolean;
}

/** hqcnn worker */
export const defineWorker: Define = (command, context) => {
  command
    .description(
      "Trains runs that `hqcnn study FILE --queue URL` hands to a queue, until Ctrl-C: then they go back with a " +
        "checkpoint. Where a study's folder is not shared under the same path, checkpoints and results travel through " +
        "the queue. Data are looked for on this machine.",
    )
    .option("--queue <url>", "the queue: redis://host:6379, or rediss://user:password@host:6379 with TLS")
    .option("--parallel <n>", "runs at the same time; 0: one per processor", wholeNumber("--parallel", 0), 0)
    .option("--out <folder>", "train here, not in the study's folder (default, where that is not shared: runs/queue)")
    .option("--runs <file>", "in place of --queue: a list of runs that --slurm has written; train one of them")
    .option("--task <n>", "which one, counted from 0 (default: SLURM_ARRAY_TASK_ID)", wholeNumber("--task", 0))
    .action(async (options: WorkerOptions) => {
      const { queue, runs, task, out } = options;
      if ((queue === undefined) === (runs === undefined))
        throw new UsageError("expected one of --queue and --runs: hqcnn worker --queue redis://host:6379");
      if (task !== undefined && runs === undefined) throw new UsageError("--task: only with --runs");
      if (out !== undefined && runs !== undefined) throw new UsageError("--out: only with --queue");
      if (runs !== undefined) await work(context, runs, options);
      else await serve(context, queue!, options);
    });
  addJson(command, "print one JSON object at the end; lines about runs go to stderr");
  addExamples(command, "worker --queue redis://queue.example:6379", "worker --queue redis://localhost --parallel 2");
};

async function serve(context: Context, queue: string, { parallel, out, json }: WorkerOptions): Promise<void> {
  const interrupt = listenForInterrupt("stopping after these steps; press Ctrl-C again to stop at once");
  const executor = localExecutor(context.platform, context.version, parallel);
  const name = `${hostname()}-${process.pid}`;
  await serveQueue(context, queue, executor, { name, signal: interrupt.signal, say: json ? note : print, out });
  if (json) printJson({ worker: name, stopped: true });
  process.exitCode = interrupt.exitCode;
}

/** One task of an array job. Slurm's USR1 says that its time is nearly over, TERM that it is cancelled. */
async function work(context: Context, runs: string, { task, json }: WorkerOptions): Promise<void> {
  const { env } = process;
  const index = task ?? Number(env.SLURM_ARRAY_TASK_ID ?? Number.NaN);
  if (!Number.isInteger(index)) throw new UsageError("--task: expected a number, as there is no SLURM_ARRAY_TASK_ID");
  const interrupt = listenForInterrupt("stopping after these steps");
  const over = new AbortController();
  process.on("SIGUSR1", () => over.abort());
  const threads = Math.max(1, Number.parseInt(env.SLURM_CPUS_PER_TASK ?? "1", 10) || 1);
  const finished = await trainHanded(context, runs, index, executeHere(context, { threads: Math.min(16, threads) }), {
    name: env.SLURMD_NODENAME ?? hostname(),
    signal: AbortSignal.any([interrupt.signal, over.signal]),
    say: json ? note : print,
  });
  if (json) printJson({ runs, task: index, finished });
  process.exitCode = interrupt.exitCode;
  if (finished || !over.signal.aborted || interrupt.signal.aborted) return;
  const id = `${env.SLURM_ARRAY_JOB_ID}_${index}`;
  note(`the time of task ${id} is nearly over: it is started again, and continues from its checkpoint`);
  const { code, stderr } = await runProgram("scontrol", ["requeue", id]);
  if (code === 0) return;
  note(`error: Slurm does not start it again: ${stderr.trim().split("\n")[0]}; hqcnn study --slurm continues it`);
  process.exitCode = 1;
}
