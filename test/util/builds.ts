import { readFileSync } from "node:fs";
import { compileEngine, type Engine, type EngineBuild } from "../../host/engine/load.ts";
import { repository } from "./paths.ts";

/** A compiled build from build/*.wasm. */
export function compileBuild(build: EngineBuild): Promise<Engine> {
  return compileEngine(build, new Uint8Array(readFileSync(repository(`build/${build}.wasm`))));
}
