import { spawn } from "node:child_process";
import * as assert from "uvu/assert";
import { COMMAND } from "./paths.ts";

const signalProgram = new URL(`signalProgram.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url).href;

export interface Ended {
  /** null if a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Sent once, by the process itself, when it has written a line to stdout that matches (with the flag m). */
  signal?: { name: NodeJS.Signals; after: RegExp };
  /** Starts a process, as users do. */
  alone?: boolean;
  /** The file that is started then; default: the command's entry. */
  program?: string;
}

/** Starting a process takes half a second of processor time: only the slow suites have it for every command. */
const slow = /\.(slow\.test|browser)\.[jt]s$/.test(process.argv[1]);

/** Runs `hqcnn ARGS…` to its end; in the quick suite in this process, one at a time, unless it must be another. */
export function hqcnn(args: string[], options: CliOptions = {}): Promise<Ended> {
  return slow || options.alone || options.signal || options.program ? ownProcess(args, options) : here(args, options);
}

async function ownProcess(args: string[], { cwd, env, signal, program = COMMAND }: CliOptions): Promise<Ended> {
  const sender = signal && { HQCNN_TEST_SIGNAL: signal.name, HQCNN_TEST_AFTER: signal.after.source };
  const child = spawn(process.execPath, [...(signal ? ["--import", signalProgram] : []), program, ...args], {
    cwd,
    env: { ...process.env, NODE_NO_WARNINGS: "1", ...env, ...sender },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended: Ended = { code: null, stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    ended.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    ended.stderr += text;
  });
  ended.code = await new Promise((resolve, reject) => child.on("close", resolve).on("error", reject));
  return ended;
}

/** Notes the listeners of emitters. @returns what takes away those that were added since */
function listeners(...emitters: NodeJS.EventEmitter[]): () => void {
  const all = (emitter: NodeJS.EventEmitter) =>
    emitter.eventNames().flatMap((name) => emitter.rawListeners(name).map((listener) => ({ name, listener })));
  const known = emitters.map((emitter) => new Set(all(emitter).map(({ listener }) => listener)));
  return () => {
    emitters.forEach((emitter, i) => {
      for (const { name, listener } of all(emitter)) {
        if (!known[i].has(listener)) emitter.removeListener(name, listener as () => void);
      }
    });
  };
}

function here(args: string[], { cwd, env = {} }: CliOptions): Promise<Ended> {
  const ended = turn.then(async () => {
    const saved = { argv: process.argv, cwd: process.cwd(), env: { ...process.env } };
    const written = { stdout: "", stderr: "" };
    const forget = listeners(process, process.stdout, process.stderr);
    const restore = (["stdout", "stderr"] as const).map((name) => {
      const stream = process[name];
      const { write } = stream;
      stream.write = ((text: string | Uint8Array, ...rest: unknown[]) => {
        written[name] += typeof text === "string" ? text : new TextDecoder().decode(text);
        for (const callback of rest) if (typeof callback === "function") callback();
        return true;
      }) as typeof write;
      return () => {
        stream.write = write;
      };
    });
    try {
      process.argv = [process.argv[0], COMMAND, ...args];
      Object.assign(process.env, env);
      if (cwd !== undefined) process.chdir(cwd);
      const { run } = await import("../../host/cli/run.ts");
      await run();
      return { code: Number(process.exitCode ?? 0), ...written };
    } finally {
      process.exitCode = undefined;
      process.argv = saved.argv;
      for (const name of Object.keys(env)) delete process.env[name];
      Object.assign(process.env, saved.env);
      process.chdir(saved.cwd);
      for (const undo of restore) undo();
      forget();
    }
  });
  turn = ended.catch(() => {});
  return ended;
}
let turn: Promise<unknown> = Promise.resolve();

/**
 * Asserts that the command ends with this code, nothing on stdout, and one or two lines on stderr that hold all of
 * `parts`.
 */
export async function fails(code: 1 | 2, args: string[], parts: string[], options: CliOptions = {}): Promise<void> {
  const ended = await here(args, options);
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
