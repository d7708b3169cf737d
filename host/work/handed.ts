import { HqcnnError } from "../check.ts";
import { parseSize } from "../datasets/fit.ts";
import { lackOf } from "../datasets/sources/find.ts";
import type { Platform } from "../platform/platform.ts";
import { engineChecksum, type HandedRun } from "../study/handed.ts";

/**
 * What this machine lacks to train a run that was handed to it; null: nothing. The data's MD5 is checked when they are
 * read.
 * @param name of this worker, for the error
 * @throws HqcnnError when its engine is another one: no time helps against that
 */
export async function whatLacks(
  platform: Platform,
  { options, folder, engine }: HandedRun,
  name: string,
): Promise<string | null> {
  const own = await engineChecksum(platform, options);
  if (own !== engine) {
    throw new HqcnnError(
      `engine ${options.engine} on ${name}: expected SHA-256 ${engine}, got ${own}: install the same hqcnn everywhere`,
    );
  }
  const study = platform.join(folder, "..");
  if ((await platform.stat(study)) === null) return `the folder ${study} is not there: share it`;
  const { data, size } = options;
  const lack = await lackOf(data, { platform, size: size === undefined ? undefined : parseSize(size) });
  return lack && `the data ${lack}`;
}
