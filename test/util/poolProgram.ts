// A process of the pool: runs the uvu files that it is told, one after the other, and sends what each wrote.
import { stripVTControlCharacters } from "node:util";
import type { Finished } from "./process.ts";

const suites = globalThis as unknown as { UVU_DEFER: number; UVU_QUEUE: unknown[][] };
// Suites are collected, and run by exec.
suites.UVU_DEFER = 1;
const { exec } = await import("uvu");

process.on("message", async (file: string) => {
  const start = performance.now();
  let text = "";
  const restore = [process.stdout, process.stderr].map((stream) => {
    const { write } = stream;
    stream.write = ((part: string | Uint8Array) => {
      text += typeof part === "string" ? part : new TextDecoder().decode(part);
      return true;
    }) as typeof write;
    return () => {
      stream.write = write;
    };
  });
  suites.UVU_QUEUE.splice(0, Number.POSITIVE_INFINITY, [null]);
  try {
    await import(file);
    await exec();
  } catch (error) {
    text += (error as Error).stack ?? String(error);
    process.exitCode = 1;
  }
  for (const undo of restore) undo();
  const output = stripVTControlCharacters(text);
  const seconds = (performance.now() - start) / 1000;
  process.send!({ code: Number(process.exitCode ?? 0), output, stdout: output, seconds } satisfies Finished);
  process.exitCode = 0;
});
