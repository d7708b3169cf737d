import type { Engine } from "../engine/load.ts";
import { decodeModel, type ModelInfo } from "../network/model.ts";
import type { Network } from "../network/network.ts";
import type { Platform } from "../platform/platform.ts";
import { RUN_FILES } from "./files.ts";
import { checkModelOfRun, type RunRecord, readRun } from "./record.ts";

/** What a report shows of a run. */
export interface ReportedRun extends RunRecord {
  /** The best epoch's model, once an epoch is finished; its memory is for one image. */
  model: { network: Network; info: ModelInfo } | null;
}

/** Reads a run folder with its model. @throws HqcnnError that names the file that is missing or damaged */
export async function readReportedRun(platform: Platform, engine: Engine, folder: string): Promise<ReportedRun> {
  const { id, ...run } = await readRun(platform, folder);
  const path = platform.join(folder, RUN_FILES.model);
  if ((await platform.stat(path)) === null) return { ...run, model: null };
  const model = await decodeModel(engine, await platform.readFile(path), path, 1);
  try {
    checkModelOfRun(path, model.info, id);
  } catch (error) {
    model.network.close();
    throw error;
  }
  return { ...run, model };
}
