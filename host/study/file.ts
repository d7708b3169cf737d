import type * as z from "zod";
import { HqcnnError, isRecord } from "../check.ts";
import type { Platform } from "../platform/platform.ts";
import { isAddress } from "../training/record.ts";
import { checked } from "../training/schemas.ts";
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
  const path = studyPath(platform, folder, command);
  let file: unknown;
  try {
    file = JSON.parse(new TextDecoder().decode(await platform.readFile(path)));
  } catch (error) {
    if (error instanceof HqcnnError) throw error;
  }
  if (!isRecord(file) || file.command !== command || !isRecord(file.options))
    throw new HqcnnError(`${path}: expected the JSON that hqcnn ${command} writes: start the study again`);
  const options = checked(schema, file.options, path);
  const { train } = file.options;
  if (isRecord(train) && typeof train.data === "string" && isAddress(train.data)) {
    throw new HqcnnError(
      `${path} names the data ${train.data}, which are not fetched unasked: ` +
        `continue with the study's options and --data ${train.data} --out ${folder} in place of --resume`,
    );
  }
  return options;
}
