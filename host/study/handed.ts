import { HqcnnError } from "../check.ts";
import { wasmFile } from "../engine/load.ts";
import { checksum } from "../network/checksum.ts";
import type { Platform } from "../platform/platform.ts";
import type { TrainOptions } from "../training/options.ts";
import { parseTrainOptions } from "../training/parse.ts";
import { isAddress } from "../training/record.ts";
import { z } from "../zod.ts";
import type { RunControl } from "./executor.ts";

// What an executor hands to another process, through a queue or a file, and what that one checks before it trains.

/** A run for another process to train. */
export interface HandedRun {
  id: string;
  options: TrainOptions;
  /** Absolute: the same on every machine that shares it. */
  folder: string;
  /** Of the data; null: a folder, left out: whatever is there. */
  md5?: string | null;
  /** Epoch after which it pauses, with a checkpoint; left out: it is trained to its end. */
  until?: number;
  /** SHA-256 of the engine's build. */
  engine: string;
  /** How it travels through a queue to machines that do not share the folder; left out: it cannot. */
  carried?: Carried;
}

interface Carried {
  /** Of the run in the queue's store: the same for the same folder, options and data. */
  key: string;
  /** What stands in the file TOKEN of the study's folder, where that is shared. */
  token: string;
  /** Epochs in the study's folder when it was handed over. */
  epochs: number;
}

/** File in a study's folder by which a worker knows whether it shares it. */
const TOKEN = ".queue";

const handedSchema = z.looseObject({
  id: z.string(),
  options: z.looseObject({}),
  folder: z.string(),
  md5: z.string().nullable().optional(),
  until: z.int().min(1).optional(),
  engine: z.string(),
  carried: z
    .object({ key: z.string().regex(/^[^/\\]+-[0-9a-f]{12}$/), token: z.string(), epochs: z.int().min(0) })
    .optional(),
});

/** @throws HqcnnError on what hqcnn has not handed over, or a version with other options */
export function asHandedRun(platform: Platform, value: unknown, place: string): HandedRun {
  const { success, data } = handedSchema.safeParse(value);
  if (!success || platform.basename(data.folder) !== data.id) {
    throw new HqcnnError(`${place}: expected a run that hqcnn study has handed over: use the same hqcnn everywhere`);
  }
  return { ...data, options: parseTrainOptions(data.options) };
}

/**
 * Describes a run for another process.
 * @param folder absolute
 * @param resolve makes paths absolute: the other process has another working directory
 */
export async function handOver(
  platform: Platform,
  options: TrainOptions,
  folder: string,
  { md5, until }: Pick<RunControl, "md5" | "until">,
  resolve: (path: string) => string,
): Promise<HandedRun> {
  const { start } = options;
  return {
    ...{ id: platform.basename(folder), folder, md5, until, engine: await engineChecksum(platform, options) },
    options: start === undefined || isAddress(start) ? options : { ...options, start: resolve(start) },
  };
}

/** As a run that may travel through a queue. @param token of its study's folder */
export async function withCarried(run: HandedRun, token: string, epochs: number): Promise<HandedRun> {
  const { id, folder, options, md5 } = run;
  const hash = await checksum(JSON.stringify({ folder, options, md5 }));
  return { ...run, carried: { key: `${id}-${hash.slice(0, 12)}`, token, epochs } };
}

/** What marks a study's folder where it is shared. */
export async function markFolder(platform: Platform, study: string): Promise<string> {
  const found = await tokenIn(platform, study);
  if (found !== null) return found;
  const token = crypto.randomUUID();
  await platform.makeFolder(study);
  await platform.writeFile(platform.join(study, TOKEN), token);
  return token;
}

/** Whether this machine shares the study's folder; a folder of the same name alone is another one. */
export async function isShared(platform: Platform, { folder, carried }: HandedRun): Promise<boolean> {
  if (carried === undefined) return true;
  return (await tokenIn(platform, platform.join(folder, ".."))) === carried.token;
}

async function tokenIn(platform: Platform, study: string): Promise<string | null> {
  const path = platform.join(study, TOKEN);
  try {
    if ((await platform.stat(path)) === null) return null;
    return new TextDecoder().decode(await platform.readFile(path));
  } catch (error) {
    if (error instanceof HqcnnError) return null; // another user's
    throw error;
  }
}

const engines = new Map<string, Promise<string>>();

/** SHA-256 of the build that trains; the one for threads computes the same bits. */
export function engineChecksum(platform: Platform, { engine }: TrainOptions): Promise<string> {
  const [build] = engine.split("+") as ["strict" | "fast"];
  const path = platform.packageFile(wasmFile(build, 1));
  const found = engines.get(path) ?? platform.readFile(path).then(checksum);
  engines.set(path, found);
  return found;
}
