import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";

/** What a suite reports. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * A program that ended: exit code (null if killed), what it wrote on both outputs without colours, stdout alone, and
 * how long it took.
 */
export interface Finished {
  code: number | null;
  output: string;
  stdout: string;
  seconds: number;
}

const running = new Set<() => void>();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    for (const kill of running) kill();
    process.exit(1);
  });
}

/** Runs a program without stdin to its end, or kills it with all its children after `minutes`. */
export async function execute(
  command: string,
  args: string[],
  {
    cwd = process.cwd(),
    env = process.env,
    minutes = 10,
  }: { cwd?: string; env?: NodeJS.ProcessEnv; minutes?: number } = {},
): Promise<Finished> {
  const start = performance.now();
  // A process group of its own, so that the children of a hung test die with it.
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const kill = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
  };
  running.add(kill);
  let output = "";
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const timer = setTimeout(() => {
    output += `\nkilled after ${minutes} minutes\n`;
    kill();
  }, minutes * 60_000);
  const code = await new Promise<number | null>((resolve) => {
    child.on("close", resolve);
    child.on("error", (error) => {
      output += `${error.message}\n`;
      resolve(null);
    });
  });
  clearTimeout(timer);
  running.delete(kill);
  return {
    code,
    output: stripVTControlCharacters(output),
    stdout: stripVTControlCharacters(stdout),
    seconds: (performance.now() - start) / 1000,
  };
}

/**
 * Runs npm in a folder, as if typed there: the npm that runs this (not an older one of node_modules/.bin), scripts
 * allowed.
 */
export function npm(args: string[], cwd: string): Promise<Finished> {
  const { npm_execpath: running, npm_config_ignore_scripts: _, ...env } = process.env;
  return running ? execute(process.execPath, [running, ...args], { cwd, env }) : execute("npm", args, { cwd, env });
}

/** Runs the jobs in order, at most `limit` at a time; the results keep the jobs' order. */
export async function inParallel<T>(jobs: (() => Promise<T>)[], limit: number): Promise<T[]> {
  const results: T[] = [];
  const queue = jobs.entries();
  const worker = async () => {
    for (const [index, job] of queue) results[index] = await job();
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return results;
}
