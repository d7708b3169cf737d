import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { eventually } from "./eventually.ts";
import { COMMAND } from "./paths.ts";

/** A program that runs beside a test; killed when the test's process ends. */
export interface Running {
  child: ChildProcess;
  /** What it has written on both outputs. */
  output: () => string;
  ended: Promise<number | null>;
  /** Resolves when the output matches. */
  says: (pattern: RegExp, seconds?: number) => Promise<void>;
}

const children = new Set<ChildProcess>();
let isWatching = false;

/** Programs end with the process that has started them, however that ends. */
function watch(): void {
  if (isWatching) return;
  isWatching = true;
  process.once("exit", killAll);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
}

/** Kills what `start` has started: a suite's `after`, as a test that fails leaves programs behind. */
export function killAll(): void {
  for (const child of children) child.kill("SIGKILL");
}

export function start(program: string, args: string[], cwd: string, env: Record<string, string> = {}): Running {
  watch();
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], cwd, env: { ...process.env, ...env } });
  children.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  ended.then(() => children.delete(child));
  return {
    ...{ child, output: () => output, ended },
    says: (pattern, seconds) =>
      eventually(
        () => pattern.test(output),
        () => `${pattern} in: ${output}`,
        seconds,
      ),
  };
}

/** Starts `hqcnn ARGS…`. */
export const startHqcnn = (args: string[], cwd: string, env: Record<string, string> = {}) =>
  start(process.execPath, [COMMAND, ...args], cwd, { NODE_NO_WARNINGS: "1", ...env });

/** Where a program is; null: not installed. Daemons of Debian are in folders that a user's PATH may lack. */
export function programPath(name: string): string | null {
  const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export const hasRedis = (() => {
  try {
    execFileSync("redis-server", ["--version"]);
    return true;
  } catch {
    return false;
  }
})();

/** A Redis with the password "secret" that keeps its jobs in `folder`. */
export async function startRedis(port: number, folder: string, ...more: string[]): Promise<Running> {
  mkdirSync(folder, { recursive: true });
  const options = [
    "--port",
    `${port}`,
    "--bind",
    "127.0.0.1",
    "--dir",
    folder,
    "--save",
    "",
    "--requirepass",
    "secret",
  ];
  const kept = ["--appendonly", "yes", "--appendfsync", "always"];
  const redis = start("redis-server", [...options, ...kept, ...more], folder);
  await redis.says(/Ready to accept connections/);
  return redis;
}
