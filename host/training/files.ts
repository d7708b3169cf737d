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
} as const;

/** A line of a CSV file without its end, cells quoted as RFC 4180 asks. */
export function csvLine(cells: readonly (string | number)[]): string {
  return cells
    .map(String)
    .map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(",");
}

/** A new folder for results: runs/TIME-NAME. */
export function timedFolder(platform: Platform, name: string): string {
  const time = new Date().toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  return platform.join("runs", `${time}-${name.replace(/[^\w.-]+/g, "-")}`);
}
