// What the tests of threads share: threads that misbehave, and the errors that must come of it.
import { Worker } from "node:worker_threads";
import * as assert from "uvu/assert";
import { KernelError } from "../../host/check.ts";
import type { ProgramData } from "./threadProgram.ts";

export const compiled = import.meta.url.includes("/build/test/");
export const program = new URL(`threadProgram.${compiled ? "js" : "ts"}`, import.meta.url);

export const milliseconds = (action: () => void): number => {
  const start = performance.now();
  action();
  return performance.now() - start;
};
export const sleep = (duration: number) => new Promise((resolve) => setTimeout(resolve, duration));

/** Starts test/util/threadProgram.ts; resolves once it serves. */
export function startProgram(data: ProgramData, onEnd: (reason: string) => void = () => {}) {
  const worker = new Worker(program, { workerData: data });
  worker.on("error", (error) => onEnd(error.message));
  worker.on("exit", (code) => onEnd(`exit code ${code}`));
  const ready = new Promise<void>((resolve, reject) => {
    worker.once("message", () => resolve(worker.unref()));
    worker.once("error", reject);
  });
  return { worker, ready, stop: () => void worker.terminate() };
}

/** The text of the KernelError that `action` throws. */
export function failureOf(action: () => void): string {
  try {
    action();
  } catch (error) {
    assert.instance(error, KernelError);
    return (error as KernelError).message;
  }
  throw new Error("expected a KernelError");
}
