import { spawn } from "node:child_process";
import * as assert from "uvu/assert";
import { repository } from "./paths.ts";

/** The command's entry: compiled when the test is, else the source. */
const main = repository(import.meta.url.includes("/build/test/") ? "build/host/cli/main.js" : "host/cli/main.ts");

export interface Ended {
  /** null if a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Sent once when stdout holds a line that matches. */
  signal?: { name: NodeJS.Signals; after: RegExp };
}

/** Runs `hqcnn ARGS…` to its end. */
export async function hqcnn(args: string[], { cwd, env, signal }: CliOptions = {}): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    env: { ...process.env, NODE_NO_WARNINGS: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended: Ended = { code: null, stdout: "", stderr: "" };
  let sent = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    ended.stdout += text;
    if (!signal || sent || !signal.after.test(ended.stdout)) return;
    sent = true;
    child.kill(signal.name);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    ended.stderr += text;
  });
  ended.code = await new Promise((resolve, reject) => child.on("close", resolve).on("error", reject));
  return ended;
}

/**
 * Asserts that the command ends with this code, nothing on stdout, and one or two lines on stderr that hold all of
 * `parts`.
 */
export async function fails(code: 1 | 2, args: string[], parts: string[], options?: CliOptions): Promise<void> {
  const ended = await hqcnn(args, options);
  const what = `hqcnn ${args.join(" ")}\n${ended.stdout}${ended.stderr}`;
  assert.is(ended.code, code, what);
  assert.is(ended.stdout, "", what);
  assert.ok(ended.stderr.trimEnd().split("\n").length <= 2, what);
  for (const part of parts) assert.ok(ended.stderr.includes(part), `expected "${part}" in ${what}`);
}

/** The one JSON object on stdout; fails if there is anything else. */
export function json(ended: Ended): Record<string, unknown> {
  assert.is(ended.stdout.split("\n").length, 2, ended.stdout + ended.stderr);
  return JSON.parse(ended.stdout) as Record<string, unknown>;
}
