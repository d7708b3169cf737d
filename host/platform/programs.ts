import { execFile } from "node:child_process";
import { codeOf } from "./errors.ts";

/** How another program ended; code null: it is not installed, or a signal ended it. */
export interface ProgramEnd {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs another program without a shell to its end, a minute at most. */
export function runProgram(name: string, args: readonly string[]): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const options = { timeout: 60_000, maxBuffer: 2 ** 26, encoding: "utf8" } as const;
    execFile(name, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : null;
      const reason = codeOf(error) === "ENOENT" ? `${name} is not installed on this machine` : stderr;
      resolve({ code, stdout, stderr: reason || (code === 0 ? "" : "no answer within a minute") });
    });
  });
}

/** The same bytes as the Buffer that Node's libraries expect. */
export function asBuffer({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return Buffer.from(buffer, byteOffset, length);
}
