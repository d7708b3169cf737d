/**
 * Loads the program and runs it. Imports nothing, so that a program that cannot be loaded (no file may be opened any
 * more, a package is missing) ends with words as well.
 */
export async function launch(prefix: readonly string[] = []): Promise<void> {
  let run: (prefix: readonly string[]) => Promise<void>;
  try {
    ({ run } = await import("./run.ts"));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    const limit = code === "EMFILE" || code === "ENFILE" || code === "ERR_MODULE_NOT_FOUND";
    const advice = limit ? "raise the limit of open files (ulimit -n), or install hqcnn again" : "install hqcnn again";
    process.stderr.write(`error: the program cannot be loaded (${code}): ${advice}\n`);
    process.exitCode = 1;
    return;
  }
  await run(prefix);
}
