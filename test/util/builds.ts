import { readFileSync } from "node:fs";
import { compileEngine, type Engine, type EngineBuild, wasmFile } from "../../host/engine/load.ts";
import { createNodePlatform } from "../../host/platform/node.ts";
import { repository } from "./paths.ts";

/** A compiled build from build/*.wasm; for more than one thread its networks can start them. */
export function compileBuild(build: EngineBuild, threads = 1): Promise<Engine> {
  const bytes = new Uint8Array(readFileSync(repository(wasmFile(build, threads))));
  const start = threads > 1 ? createNodePlatform().startThread : undefined;
  return compileEngine(build, bytes, { count: threads, start });
}
