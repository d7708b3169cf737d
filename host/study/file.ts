import { HqcnnError, isRecord, parseJson } from "../check.ts";
import type { Platform } from "../platform/platform.ts";
import { isAddress } from "../training/record.ts";
import { checked } from "../training/schemas.ts";
import type { z } from "../zod.ts";
import type { StudyRun } from "./study.ts";

/** What a study's folder says about it, beside the folders of its runs. */
export interface StudyFile<Options> {
  command: string;
  options: Options;
  runs: readonly StudyRun[];
}

/** Studies of several commands may share a folder, and with it their runs. */
function studyPath(platform: Platform, folder: string, command: string): string {
  return platform.join(folder, `${command}.study.json`);
}

export function writeStudy(platform: Platform, folder: string, study: StudyFile<object>): Promise<void> {
  return platform.writeFile(studyPath(platform, folder, study.command), `${JSON.stringify(study, null, 2)}\n`);
}

/** Options of the study in a folder, for --resume. @throws HqcnnError when it holds none of that command */
export async function readStudy<Options>(
  platform: Platform,
  folder: string,
  command: string,
  schema: z.ZodType<Options>,
): Promise<Options> {
  const { path, options: found } = await readStudyFile(platform, folder, command);
  const options = checked(schema, found, path);
  const { train } = found;
  if (isRecord(train) && typeof train.data === "string" && isAddress(train.data)) {
    throw new HqcnnError(
      `${path} names the data ${train.data}, which are not fetched unasked: ` +
        `continue with the study's options and --data ${train.data} --out ${folder} in place of --resume`,
    );
  }
  return options;
}

/** Whether a folder holds a study of a command. */
export async function hasStudy(platform: Platform, folder: string, command: string): Promise<boolean> {
  return (await platform.stat(studyPath(platform, folder, command))) !== null;
}

/** The study in a folder, its parts unchecked. @throws HqcnnError when it holds none of that command */
export async function readStudyFile(
  platform: Platform,
  folder: string,
  command: string,
): Promise<{ path: string; options: Record<string, unknown>; runs: readonly unknown[] }> {
  const path = studyPath(platform, folder, command);
  let file: unknown;
  try {
    file = parseJson(new TextDecoder().decode(await platform.readFile(path)));
  } catch (error) {
    if (error instanceof HqcnnError) throw error;
  }
  if (!isRecord(file) || file.command !== command || !isRecord(file.options))
    throw new HqcnnError(`${path}: expected the JSON that hqcnn ${command} writes: start the study again`);
  return { path, options: file.options, runs: Array.isArray(file.runs) ? file.runs : [] };
}

/** Why runs failed when they were trained last, by id. */
export type Failures = Record<string, string>;

const failuresPath = (platform: Platform, folder: string, command: string) =>
  platform.join(folder, `${command}.failed.json`);

export async function writeFailures(platform: Platform, folder: string, command: string, failures: Failures) {
  const path = failuresPath(platform, folder, command);
  if (Object.keys(failures).length === 0) await platform.removeFile(path);
  else await platform.writeFile(path, `${JSON.stringify(failures, null, 2)}\n`);
}

export async function failuresOf(platform: Platform, folder: string, command: string): Promise<Failures> {
  const path = failuresPath(platform, folder, command);
  if ((await platform.stat(path)) === null) return {};
  try {
    const found: unknown = parseJson(new TextDecoder().decode(await platform.readFile(path)));
    if (isRecord(found)) return Object.fromEntries(Object.entries(found).map(([id, text]) => [id, String(text)]));
  } catch (error) {
    if (error instanceof HqcnnError) throw error;
  }
  throw new HqcnnError(`${path}: not written by hqcnn ${command}, or damaged: remove it`);
}
