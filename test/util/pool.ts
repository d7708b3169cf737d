import { type ChildProcess, fork } from "node:child_process";
import { repository } from "./paths.ts";
import type { Finished } from "./process.ts";

/** Runs one file after the other in processes that stay: starting Node and loading the package costs half a second. */
export interface Pool {
  /** Runs a compiled uvu file, given by its URL, in a process that is free. */
  run(file: string, minutes: number): Promise<Finished>;
  close(): void;
}

export function createPool(): Pool {
  const free: ChildProcess[] = [];
  const all = new Set<ChildProcess>();
  process.once("exit", () => {
    for (const child of all) child.kill("SIGKILL");
  });
  const start = () => {
    const child = fork(repository("build/test/util/poolProgram.js"), { stdio: ["ignore", "pipe", "pipe", "ipc"] });
    child.stdout!.resume();
    all.add(child);
    child.once("exit", () => all.delete(child));
    return child;
  };
  return {
    run(file, minutes) {
      const child = free.pop() ?? start();
      const began = performance.now();
      // What a crash writes goes past the program that collects output.
      let last = "";
      const hear = (text: Buffer) => {
        last += text.toString();
      };
      child.stderr!.on("data", hear);
      return new Promise((resolve) => {
        const ended = (code: number | null) => {
          clearTimeout(timer);
          resolve({ code, output: last, stdout: "", seconds: (performance.now() - began) / 1000 });
        };
        const timer = setTimeout(() => {
          last += `\nkilled after ${minutes} minutes\n`;
          child.kill("SIGKILL");
        }, minutes * 60_000);
        child.once("exit", ended);
        child.once("message", (finished: Finished) => {
          clearTimeout(timer);
          child.off("exit", ended);
          child.stderr!.off("data", hear);
          free.push(child);
          resolve(finished);
        });
        child.send(file);
      });
    },
    close() {
      for (const child of all) child.disconnect();
    },
  };
}
