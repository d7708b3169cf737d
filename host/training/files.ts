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
