import { isRecord, parseJson } from "../check.ts";
import type { Platform } from "../platform/platform.ts";

/** Files of a run folder. */
export const RUN_FILES = {
  config: "config.json",
  history: "history.jsonl",
  model: "model.safetensors",
  checkpoint: "checkpoint.safetensors",
  predictions: "predictions.csv",
  metrics: "metrics.json",
  fingerprint: "fingerprint",
  report: "report.html",
  measured: "measured.json",
} as const;

/** Stands for the newest run of the folder before it, as in runs/latest. */
const LATEST = "latest";

/**
 * A run folder as somebody names it: runs/latest is the newest in runs by the time in its config.json, unless something
 * there has that name. Any other path is returned as it is.
 */
export async function findRun(platform: Platform, path: string): Promise<string> {
  if (platform.basename(path) !== LATEST || (await platform.stat(path)) !== null) return path;
  const parent = path.slice(0, path.lastIndexOf(LATEST)) || ".";
  if ((await platform.stat(parent))?.kind !== "folder") return path;
  let latest = { path, started: "" };
  for (const { name, kind } of await platform.list(parent)) {
    const folder = platform.join(parent, name);
    const started = kind === "folder" ? await startOf(platform, platform.join(folder, RUN_FILES.config)) : "";
    if (started > latest.started) latest = { path: folder, started };
  }
  return latest.path;
}

/** When a run began, as its config.json says; "": it says nothing. */
async function startOf(platform: Platform, config: string): Promise<string> {
  if ((await platform.stat(config)) === null) return "";
  try {
    const said = parseJson(new TextDecoder().decode(await platform.readFile(config)));
    return isRecord(said) && typeof said.started === "string" ? said.started : "";
  } catch {
    return ""; // damaged: whoever names it is told
  }
}

/** Path of a model file: that of a run folder, or the file itself. */
export async function findModel(platform: Platform, path: string): Promise<string> {
  const run = await findRun(platform, path);
  return (await platform.stat(run))?.kind === "folder" ? platform.join(run, RUN_FILES.model) : run;
}

/** Whether an entry of a folder is a platform's lock or a write that was cut short: nothing that anybody put there. */
export function isBookkeeping(name: string): boolean {
  return /^\.lock-\d+$/.test(name) || /^\..+\.tmp$/.test(name);
}

/** A line of a CSV file without its end, cells quoted as RFC 4180 asks. */
export function csvLine(cells: readonly (string | number)[]): string {
  return cells
    .map(String)
    .map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(",");
}

/** Creates a folder for results that nobody else has: runs/TIME-NAME, with -2, -3 … behind it if that exists. */
export async function newFolder(platform: Platform, name: string): Promise<string> {
  const time = new Date().toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  const base = platform.join("runs", `${time}-${name.replace(/[^\w.-]+/g, "-")}`);
  for (let n = 1; ; n++) {
    const folder = n === 1 ? base : `${base}-${n}`;
    if (await platform.createFolder(folder)) return folder;
  }
}
