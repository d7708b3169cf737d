// node build/test/parity/run.js DIR [--engine strict|fast|debug]: compares the engine with a folder of golden numbers
// and prints one JSON object. Exit 0 within the tolerances, 1 outside, 2 where the command or the folder is unusable.
import { parseArgs } from "node:util";
import { HqcnnError, UsageError } from "../../host/check.ts";
import { ENGINE_BUILDS } from "../../host/engine/load.ts";
import { compareFolder } from "./parity.ts";

function readArguments(): { folder: string; build: (typeof ENGINE_BUILDS)[number] } {
  const usage = "npm run -s parity -- DIR [--engine strict|fast|debug]";
  try {
    const { positionals, values } = parseArgs({ allowPositionals: true, options: { engine: { type: "string" } } });
    const build = ENGINE_BUILDS.find((name) => name === (values.engine ?? "strict"));
    if (positionals.length === 1 && build) return { folder: positionals[0], build };
  } catch {
    // an option that does not exist: the same answer as below
  }
  throw new UsageError(`usage: ${usage}`);
}

try {
  const { folder, build } = readArguments();
  const result = await compareFolder(folder, build);
  console.log(JSON.stringify(result, null, 1));
  process.exitCode = result.pass ? 0 : 1;
} catch (error) {
  if (!(error instanceof HqcnnError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
