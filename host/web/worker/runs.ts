import { HqcnnError } from "../../check.ts";
import type { BrowserPlatform } from "../../platform/browser.ts";
import type { Platform } from "../../platform/platform.ts";
import { RUN_FILES } from "../../training/files.ts";
import { readRunHead } from "../../training/record.ts";
import type { RunSummary } from "../protocol/messages.ts";
import { SHIPPED } from "../protocol/state.ts";

/** Folder of the runs in the browser's storage. */
export const RUNS = "runs";

/** Holds a run's name, where somebody gave it one. */
const NAME_FILE = "name.txt";
const LONGEST_NAME = 80;

/** Gives a run a name of its own; an empty one takes it away. */
export async function renameRun(platform: BrowserPlatform, folder: string, name: string): Promise<void> {
  const path = platform.join(folder, NAME_FILE);
  const text = name.trim().replace(/\s+/g, " ").slice(0, LONGEST_NAME);
  if (text !== "") await platform.writeFile(path, text);
  else if (await platform.stat(path)) await platform.removeFile(path);
}

async function nameOf(platform: Platform, folder: string): Promise<string | null> {
  const path = platform.join(folder, NAME_FILE);
  return (await platform.stat(path)) ? new TextDecoder().decode(await platform.readFile(path)) : null;
}

/** Every run, the newest first, that which ships with the page last; one that cannot be read says why. */
export async function listRuns(platform: Platform): Promise<RunSummary[]> {
  const entries = (await platform.stat(RUNS)) === null ? [] : await platform.list(RUNS);
  const names = entries.filter(({ kind }) => kind === "folder").map(({ name }) => name);
  const runs: RunSummary[] = [];
  for (const name of names) {
    const folder = platform.join(RUNS, name);
    if ((await platform.list(folder)).length > 0) runs.push(await summarize(platform, folder));
  }
  runs.sort((a, b) => b.started.localeCompare(a.started));
  return [...runs, await summarize(platform, SHIPPED)];
}

async function summarize(platform: Platform, folder: string): Promise<RunSummary> {
  const shipped = folder === SHIPPED;
  const name = shipped ? null : await nameOf(platform, folder);
  const nothing = { seed: 0, epochs: 0, epochsDone: 0, finished: false, hasModel: false, accuracy: null, auc: null };
  try {
    const { config, history, metrics } = await readRunHead(platform, folder);
    const { data, started, options } = config;
    const model = await platform.stat(platform.join(folder, RUN_FILES.model));
    return {
      ...{ folder, shipped, name, data: data.name, problem: null, started, seed: options.seed },
      ...{ epochs: options.epochs, epochsDone: history.length },
      ...{ finished: metrics !== null, hasModel: model !== null },
      ...{ accuracy: metrics?.accuracy ?? null, auc: metrics?.auc ?? null },
    };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { folder, shipped, name, data: null, problem, started: "", ...nothing };
  }
}

/**
 * Keeps a run folder that was made elsewhere: its files by their names, others are ignored.
 * @returns its folder here
 * @throws HqcnnError when config.json is missing or says nothing of a run
 */
export async function importRun(platform: BrowserPlatform, name: string, files: readonly File[]): Promise<string> {
  const known = Object.values(RUN_FILES) as string[];
  // A run's own files: a folder of several runs would mix them.
  const kept = files.filter((file) => known.includes(file.name) && file.webkitRelativePath.split("/").length <= 2);
  const { config, checkpoint, model } = RUN_FILES;
  const has = (wanted: string) => kept.some((file) => file.name === wanted);
  if (!has(config) || !(has(checkpoint) || has(model))) {
    throw new HqcnnError(
      `${name}: expected a run folder with ${config} and ${checkpoint} or ${model}, got ${
        files
          .map((file) => file.name)
          .slice(0, 5)
          .join(", ") || "nothing"
      }`,
    );
  }
  let folder = platform.join(RUNS, name);
  for (let n = 2; (await platform.stat(folder)) !== null; n++) folder = platform.join(RUNS, `${name}-${n}`);
  await platform.makeFolder(folder);
  try {
    for (const file of kept) {
      await platform.writeFile(platform.join(folder, file.name), new Uint8Array(await file.arrayBuffer()));
    }
    await readRunHead(platform, folder);
  } catch (error) {
    await platform.removeFolder(folder);
    throw error;
  }
  return folder;
}
