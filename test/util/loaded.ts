import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type CliOptions, type Ended, hqcnn } from "./cli.ts";
import { temporaryFolder } from "./temporary.ts";

/** Runs `hqcnn ARGS…` in a process of its own and lists the addresses of the modules that it loads. */
export async function hqcnnLoading(args: string[], options: CliOptions): Promise<Ended & { loaded: string[] }> {
  const folder = temporaryFolder();
  const path = (name: string) => join(folder, name);
  const list = path("loaded.txt");
  writeFileSync(
    path("hooks.mjs"),
    `import { appendFileSync } from "node:fs";
     export const load = (url, context, next) => (appendFileSync(${JSON.stringify(list)}, url + "\\n"), next(url, context));`,
  );
  writeFileSync(path("hook.mjs"), 'import { register } from "node:module"; register("./hooks.mjs", import.meta.url);');
  const env = { NODE_OPTIONS: `--import=${pathToFileURL(path("hook.mjs"))}` };
  const ended = await hqcnn(args, { ...options, env, alone: true });
  return { ...ended, loaded: readFileSync(list, "utf8").trim().split("\n") };
}
