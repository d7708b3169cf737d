import { systemReason } from "../platform/errors.ts";

// stdout and stderr may end before the program: their reader leaves (| head), the disk behind them fills up. What a
// command writes into files matters more than what it prints: it finishes its files first.

/** Whether the command writes files that are worth more than its text, and where they lie. */
let finishing: { folder?: string } | null = null;
/** Why stdout ended. */
let lost: unknown = null;

/** From now on the command goes on without its output; called again when it is known where its files are. */
export function finishFirst(folder?: string): void {
  finishing = { folder };
}

/** Writes a text; a stream that has ended is left alone. */
export function write(stream: "stdout" | "stderr", text: string): void {
  if (stream === "stdout" && lost !== null) return;
  try {
    process[stream].write(text);
  } catch (error) {
    if (stream === "stdout") onLost(error); // files are written at once, and fail at once
  }
}

/** Watches both streams until the process ends. @param say writes a line to stderr */
export function watchStreams(say: (text: string) => void): void {
  process.stdout.on("error", onLost);
  process.stderr.on("error", () => {}); // there is nobody left to tell
  process.once("exit", () => {
    if (lost === null) return;
    const { folder } = finishing ?? {};
    const results = folder === undefined ? "" : `; the results are in ${folder}`;
    if (isClosed(lost)) {
      if (finishing) say(`note: stdout was closed before everything was printed${results}`);
      return;
    }
    say(`error: cannot write to stdout: ${systemReason(lost, "write") ?? "the system refused it"}${results}`);
    process.exitCode ||= 1;
  });
}

function onLost(error: unknown): void {
  lost ??= error;
  // The reader of a pipe has what it wanted: that is no failure.
  if (finishing === null) process.exit();
}

function isClosed(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["EPIPE", "ERR_STREAM_DESTROYED"].includes(String(error.code));
}
