import type { Platform } from "../platform/platform.ts";
import { RUN_FILES } from "../training/files.ts";

/** The help text of every MODEL argument. */
export const modelArgument = "a run folder or its model.safetensors";

/** Path of the model file: the one of a run folder, or the file itself. */
export async function findModel(platform: Platform, path: string): Promise<string> {
  const found = await platform.stat(path);
  return found?.kind === "folder" ? platform.join(path, RUN_FILES.model) : path;
}
