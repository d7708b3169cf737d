import { circuitJsonSchema } from "../circuit/json.ts";
import { noiseJsonSchema } from "../circuit/noise/file.ts";
import { claimJsonSchema } from "../claims/schema.ts";
import { corruptionsReference } from "../evaluation/corruptions/reference.ts";
import { createNodePlatform } from "../platform/node.ts";
import type { Platform } from "../platform/platform.ts";
import { studyJsonSchema } from "../study/spec.ts";
import { optionsReference } from "../training/reference.ts";
import { commandsReference } from "./commands.ts";
import { elementReference } from "./element.ts";

/** Pages of the reference that are made from tables, by their paths in the package. */
export const GENERATED: Record<string, () => string | Promise<string>> = {
  "host/docs/reference/commands.md": commandsReference,
  "host/docs/reference/corruptions.md": corruptionsReference,
  "host/docs/reference/element.md": elementReference,
  "host/docs/reference/options.md": optionsReference,
  "host/docs/schemas/circuit.schema.json": () => `${JSON.stringify(circuitJsonSchema(), null, 2)}\n`,
  "host/docs/schemas/claim.schema.json": claimJsonSchema,
  "host/docs/schemas/noise.schema.json": () => `${JSON.stringify(noiseJsonSchema(), null, 2)}\n`,
  "host/docs/schemas/study.schema.json": studyJsonSchema,
};

/** Writes every generated page. @returns their paths */
export async function generate(platform: Platform = createNodePlatform()): Promise<string[]> {
  const paths = Object.keys(GENERATED);
  // A page that is new is not found by packageFile.
  const root = platform.packageFile("package.json").replace(/package\.json$/, "");
  for (const path of paths) await platform.writeFile(`${root}${path}`, await GENERATED[path]());
  return paths;
}
