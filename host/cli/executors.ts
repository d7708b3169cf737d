import { resolve } from "node:path";
import type { Command } from "commander";
import { UsageError } from "../check.ts";
import { asBuffer, runProgram } from "../platform/programs.ts";
import { queueExecutor } from "../study/bullmq.ts";
import type { Executor } from "../study/executor.ts";
import { localExecutor } from "../study/local.ts";
import { queueName } from "../study/queue.ts";
import { checkTemplate, slurmExecutor } from "../study/slurm.ts";
import { flag } from "../training/options.ts";
import type { Context } from "./command.ts";
import { note, parseNumber } from "./terminal.ts";

/** Where the runs of a study are trained, as the command line says it. */
export interface PlaceOptions {
  /** 0: one run per processor; with Slurm, as many tasks as it likes. */
  parallel: number;
  queue?: string;
  slurm?: boolean;
  partition?: string;
  time?: string;
  memory?: string;
  cpus?: number;
  template?: string;
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

function textOf(name: string, pattern: RegExp, expected: string): (text: string) => string {
  return (text) => {
    if (!pattern.test(text)) throw new UsageError(`${name}: expected ${expected}, got ${text}`);
    return text;
  };
}

const OF_SLURM = ["partition", "time", "memory", "cpus", "template"] as const;

/** --parallel alone: for what never leaves this machine. */
export function addParallel(command: Command): Command {
  return command.option(
    ...(["--parallel <n>", "runs at the same time; 0: one per processor"] as const),
    ...([wholeNumber("--parallel", 0), 0] as const),
  );
}

/** Adds the options that say where runs are trained: this machine, a queue, Slurm. */
export function addPlaces(command: Command): Command {
  const time = textOf("--time", /^(\d+-)?\d+(:\d+){0,2}$/, "a time as Slurm writes it, such as 90 or 1-12:00:00");
  const memory = textOf("--memory", /^\d+[KMGT]?$/i, "a size such as 4G");
  const name = textOf("--partition", /^[\w.,-]+$/, "a name of a partition");
  return addParallel(command)
    .option("--queue <url>", "hand the runs to the workers of a queue (hqcnn worker), as in redis://host:6379")
    .option("--slurm", "submit the runs to Slurm, one task of an array job each, and wait for them")
    .option("--partition <name>", "with --slurm: of Slurm's partitions", name)
    .option(
      "--time <limit>",
      "with --slurm: of each task, as in 90 (minutes) or 1-12:00:00; it continues after it",
      time,
    )
    .option("--memory <size>", "with --slurm: of each task, as in 4G", memory)
    .option("--cpus <n>", "with --slurm: processors of each task (default: 1)", wholeNumber("--cpus", 1))
    .option("--template <file>", "with --slurm: the script that starts a task (default: slurm/job.sh in the folder)");
}

/** @throws UsageError on options of places that exclude each other, or an address that is none */
export function checkPlace(command: Command, options: PlaceOptions): void {
  const { queue, slurm } = options;
  if (queue !== undefined) queueName(queue);
  if (queue !== undefined && slurm) throw new UsageError("expected one of --queue and --slurm, got both");
  if (queue !== undefined && command.getOptionValueSource("parallel") === "cli")
    throw new UsageError("--parallel: the workers of a queue decide that: leave it out");
  const given = OF_SLURM.filter((name) => options[name] !== undefined);
  if (!slurm && given.length > 0) throw new UsageError(`${given.map(flag).join(", ")}: only with --slurm`);
}

/** What to add to a command so that it continues in the same place; without the address, which may hold a password. */
export function placeText({ queue, slurm, parallel, ...options }: PlaceOptions): string {
  if (queue !== undefined) return " --queue …";
  if (!slurm) return "";
  const given = OF_SLURM.flatMap((name) => (options[name] === undefined ? [] : [` ${flag(name)} ${options[name]}`]));
  return ` --slurm${parallel > 0 ? ` --parallel ${parallel}` : ""}${given.join("")}`;
}

/** The executor that the options ask for; `folder` is the study's. @throws HqcnnError when a queue is out of reach */
export async function createExecutor(
  { platform, version }: Context,
  { queue, slurm, parallel, partition, time, memory, cpus = 1, template }: PlaceOptions,
  folder: string,
): Promise<Executor> {
  if (queue !== undefined) return queueExecutor(platform, queue, { resolve, note, asBuffer });
  if (!slurm) return localExecutor(platform, version, parallel);
  // Said before anything begins, and once.
  if (template !== undefined) await checkTemplate(platform, template);
  const { code, stderr } = await runProgram("sbatch", ["--version"]);
  if (code !== 0) {
    const reason = stderr.split("\n")[0].replace(/^sbatch: (error: )?/, "");
    throw new UsageError(`--slurm: expected a machine of a cluster: ${reason}`);
  }
  return slurmExecutor(
    { platform, run: runProgram, folder, resolve, program: [process.execPath, resolve(process.argv[1])], note },
    { partition, time, memory, cpus, parallel, template },
  );
}
