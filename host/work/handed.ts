import { HqcnnError, parseJson } from "../check.ts";
import { parseSize } from "../datasets/fit.ts";
import { lackOf } from "../datasets/sources/find.ts";
import type { Platform } from "../platform/platform.ts";
import type { Executor } from "../study/executor.ts";
import { asHandedRun, engineChecksum, type HandedRun } from "../study/handed.ts";
import { RUN_FILES } from "../training/files.ts";
import type { WorkContext } from "./context.ts";

/**
 * What this machine lacks to train a run that was handed to it; null: nothing. The data's MD5 is checked when they are
 * read.
 * @param name of this worker, for the error
 * @throws HqcnnError when its engine is another one: no time helps against that
 */
export async function whatLacks(
  platform: Platform,
  { options, engine }: HandedRun,
  name: string,
): Promise<string | null> {
  const own = await engineChecksum(platform, options);
  if (own !== engine) {
    throw new HqcnnError(
      `engine ${options.engine} on ${name}: expected SHA-256 ${engine}, got ${own}: install the same hqcnn everywhere`,
    );
  }
  const { data, size } = options;
  const lack = await lackOf(data, { platform, size: size === undefined ? undefined : parseSize(size) });
  return lack && `the data ${lack}`;
}

/** Who trains in a run's folder, where a worker that seems dead still does; null: nobody. */
export async function whoHolds(platform: Platform, folder: string): Promise<string | null> {
  try {
    await platform.makeFolder(folder);
    await (await platform.lock(folder)).release();
    return null;
  } catch (error) {
    if (error instanceof HqcnnError) return error.message;
    throw error;
  }
}

export interface TaskControl {
  /** What errors call this machine. */
  name: string;
  signal: AbortSignal;
  say: (text: string) => void;
}

/** Milliseconds between two tries to get a folder, and how often: another machine's lock dies after five minutes. */
const BUSY = { wait: 10_000, tries: 36 };

/**
 * Trains one run of a list that an executor has written, as a task of an array job does.
 * @returns whether it is finished; false: stopped by the signal, with a checkpoint
 */
export async function trainHanded(
  { platform }: WorkContext,
  list: string,
  index: number,
  executor: Executor,
  { name, signal, say }: TaskControl,
): Promise<boolean> {
  const run = await readHanded(platform, list, index);
  const { id, folder, md5 } = run;
  if ((await platform.stat(platform.join(folder, RUN_FILES.metrics))) !== null) return true;
  const study = platform.join(folder, "..");
  const isThere = (await platform.stat(study)) !== null;
  const lacks = isThere ? await whatLacks(platform, run, name) : `the folder ${study} is not there: share it`;
  if (lacks !== null) throw new HqcnnError(`${name} lacks what ${id} needs: ${lacks}`);
  for (let tries = 1; !signal.aborted; tries++) {
    const holder = await whoHolds(platform, folder);
    if (holder === null) break;
    if (tries === 1) say(holder);
    if (tries === BUSY.tries) throw new HqcnnError(holder);
    await new Promise((resolve) => setTimeout(resolve, BUSY.wait));
  }
  say(`started   ${id}`);
  const onEpoch = (epoch: number) => say(`epoch ${epoch} of ${run.options.epochs}`);
  const options = { ...run.options, ...executor.options };
  const finished = await executor.execute(options, folder, { signal, md5, until: run.until, onEpoch });
  say(`${finished ? "finished" : "stopped"}  ${id}`);
  return finished;
}

async function readHanded(platform: Platform, list: string, index: number): Promise<HandedRun> {
  let runs: unknown;
  try {
    runs = parseJson(new TextDecoder().decode(await platform.readFile(list)));
  } catch (error) {
    if (error instanceof HqcnnError) throw error;
  }
  if (!Array.isArray(runs)) throw new HqcnnError(`${list}: expected the list of runs that hqcnn study --slurm writes`);
  if (!(index in runs)) throw new HqcnnError(`${list}: expected a run ${index}, there are ${runs.length}`);
  return asHandedRun(platform, runs[index], list);
}
