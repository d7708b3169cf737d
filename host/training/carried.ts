import { HqcnnError } from "../check.ts";
import type { Platform } from "../platform/platform.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { RUN_FILES } from "./files.ts";
import { parseRunIdentity } from "./record.ts";
import { modelChecksum } from "./run.ts";

// A run folder on its way to a machine that does not share it.

/** What a run needs to be continued elsewhere; once it is finished, its results too. */
export interface CarriedRun {
  /** By name; of FILES alone. */
  files: Record<string, Uint8Array>;
  /** Steps and whole epochs of its checkpoint. */
  steps: number;
  epochs: number;
  finished: boolean;
}

/** How far a run is. */
export type Standing = Omit<CarriedRun, "files">;

const CONTINUED = [RUN_FILES.config, RUN_FILES.history, RUN_FILES.model, RUN_FILES.checkpoint];
/** In the order in which they are written: metrics.json says that a run is finished. */
const FILES: readonly string[] = [...CONTINUED, RUN_FILES.predictions, RUN_FILES.fingerprint, RUN_FILES.metrics];

/** Training writes while its folder is read: how often to read again until the files fit together. */
const TRIES = 5;

/** Whether a run is further than where another copy of it stands; null: there is none. */
export function isFurther(one: Standing, other: Standing | null): boolean {
  if (other === null || one.finished !== other.finished) return !other?.finished;
  return one.steps > other.steps;
}

/**
 * Reads a run folder, which may be trained in meanwhile.
 * @returns null: nothing to continue from is there, or its files do not fit together
 */
export async function packRun(platform: Platform, folder: string): Promise<CarriedRun | null> {
  for (let tries = 0; tries < TRIES; tries++) {
    const files: Record<string, Uint8Array> = {};
    const path = (name: string) => platform.join(folder, name);
    const finished = (await platform.stat(path(RUN_FILES.metrics))) !== null;
    // The checkpoint first: a model that is written meanwhile does not fit it.
    for (const name of [...(finished ? FILES : CONTINUED)].reverse()) {
      if ((await platform.stat(path(name))) !== null) files[name] = await platform.readFile(path(name));
    }
    if (!(RUN_FILES.checkpoint in files)) return null;
    const standing = await standingOf(files);
    if (standing !== null) return standing.steps > 0 ? { ...standing, files } : null;
  }
  return null;
}

/** Where a run stands by its files; null: one is missing or damaged, or they are not of one run. */
export async function standingOf(files: CarriedRun["files"]): Promise<Standing | null> {
  const { config, checkpoint, model, metrics } = RUN_FILES;
  if (!(config in files) || !(checkpoint in files)) return null;
  try {
    const run = await parseRunIdentity(new TextDecoder().decode(files[config]), config);
    const { steps, progress, ties } = await readCheckpoint(files[checkpoint], checkpoint, run);
    const found = model in files ? await modelChecksum(files[model], model) : null;
    if (ties === null || ties.model !== found) return null;
    const finished = metrics in files;
    if (finished && !FILES.every((name) => name in files)) return null;
    return { steps, epochs: progress.epoch, finished };
  } catch (error) {
    if (error instanceof HqcnnError) return null;
    throw error;
  }
}

/**
 * Writes a run into a folder in place of what is there. Killed meanwhile, it leaves a run that begins anew.
 * @throws UsageError when another process writes to the folder
 */
export async function unpackRun(platform: Platform, folder: string, { files }: CarriedRun): Promise<void> {
  await platform.makeFolder(folder);
  const lock = await platform.lock(folder);
  try {
    await platform.removeFile(platform.join(folder, RUN_FILES.checkpoint));
    for (const name of FILES) {
      if (name in files) await platform.writeFile(platform.join(folder, name), files[name]);
    }
  } finally {
    await lock.release().catch(() => {});
  }
}
