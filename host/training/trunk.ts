import { parseJson, UsageError } from "../check.ts";
import { type Block, parseTrunk, residualTrunk, THESIS_TRUNK } from "../network/trunk.ts";
import type { Platform } from "../platform/platform.ts";
import type { TrainOptions } from "./options.ts";

/**
 * The blocks of the trunk that options name: one of those that have a name, or the list in a JSON file.
 * @throws UsageError when the file is missing, is no JSON, or lists impossible blocks
 */
export async function trunkOf(
  platform: Platform,
  { trunk, trunkWidth, trunkDepth }: Pick<TrainOptions, "trunk" | "trunkWidth" | "trunkDepth">,
): Promise<readonly Block[]> {
  if (trunk === "thesis") return THESIS_TRUNK;
  if (trunk === "residual") return residualTrunk(trunkWidth, trunkDepth);
  if ((await platform.stat(trunk))?.kind !== "file") {
    throw new UsageError(`--trunk: expected thesis, residual or a JSON file, got ${trunk}, which is no file`);
  }
  const text = new TextDecoder().decode(await platform.readFile(trunk));
  let list: unknown;
  try {
    list = parseJson(text);
  } catch {
    throw new UsageError(`--trunk: ${trunk} is not JSON: expected a list of blocks`);
  }
  try {
    return parseTrunk(list);
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(`${trunk}: ${error.message}`) : error;
  }
}
