import { damaged, parseJson } from "../check.ts";
import type { Engine } from "../engine/load.ts";
import { isMeasuredTable, type MeasuredTable } from "../evaluation/measuredTable.ts";
import { decodeModel, type ModelInfo } from "../network/model.ts";
import type { Network } from "../network/network.ts";
import type { Platform } from "../platform/platform.ts";
import { RUN_FILES } from "./files.ts";
import { checkModelOfRun, type RunRecord, readRun } from "./record.ts";

/** What a report shows of a run. */
export interface ReportedRun extends RunRecord {
  /** The best epoch's model, once an epoch is finished; its memory is for one image. */
  model: { network: Network; info: ModelInfo } | null;
  /** Its circuit under shots and noise, if that was measured and kept. */
  measured: MeasuredTable | null;
}

async function readMeasured(platform: Platform, folder: string): Promise<MeasuredTable | null> {
  const path = platform.join(folder, RUN_FILES.measured);
  if ((await platform.stat(path)) === null) return null;
  const expected = "a table written by hqcnn evaluate --keep; remove it, or measure again";
  let table: unknown;
  try {
    table = parseJson(new TextDecoder().decode(await platform.readFile(path)));
  } catch (error) {
    throw damaged(path, expected, error);
  }
  if (!isMeasuredTable(table)) throw damaged(path, expected, null);
  return table;
}

/** Reads a run folder with its model. @throws HqcnnError that names the file that is missing or damaged */
export async function readReportedRun(platform: Platform, engine: Engine, folder: string): Promise<ReportedRun> {
  const { id, ...run } = await readRun(platform, folder);
  const measured = await readMeasured(platform, folder);
  const path = platform.join(folder, RUN_FILES.model);
  if ((await platform.stat(path)) === null) return { ...run, model: null, measured };
  const model = await decodeModel(engine, await platform.readFile(path), path, 1);
  try {
    checkModelOfRun(path, model.info, id);
  } catch (error) {
    model.network.close();
    throw error;
  }
  return { ...run, model, measured };
}
