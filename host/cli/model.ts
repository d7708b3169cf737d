import { loadModel } from "../api.ts";
import type { Engine } from "../engine/load.ts";
import type { DecodedModel } from "../network/model.ts";
import type { Platform } from "../platform/platform.ts";
import { warn } from "./terminal.ts";

/** The help text of every MODEL argument. */
export const modelArgument = "a run folder, runs/latest, or a model.safetensors";

/** Reads a model file, and says on stderr what had to be changed to read it. */
export async function openModel(engine: Engine, path: string, platform: Platform): Promise<DecodedModel> {
  const model = await loadModel(engine, path, platform);
  warn(model.notes);
  return model;
}
