import { readFileSync } from "node:fs";
import { compileEngine, type Engine, type EngineBuild, wasmFile } from "../../host/engine/load.ts";
import { createNodePlatform } from "../../host/platform/node.ts";
import { repository } from "./paths.ts";

/** Node 20 knows relaxed SIMD, which the fast builds need, only behind a flag: so every Node tests them. */
const { v8 } = createNodePlatform();
if (v8 && v8.major < 12) v8.setFlag("--experimental-wasm-relaxed-simd");

/** Whether a build may be missing on this runtime: never in Node. */
export const mayLack = (build: EngineBuild): boolean => build === "fast" && v8 === undefined;

/** A compiled build from build/*.wasm; for more than one thread its networks can start them. */
export function compileBuild(build: EngineBuild, threads = 1): Promise<Engine> {
  const bytes = new Uint8Array(readFileSync(repository(wasmFile(build, threads))));
  const start = threads > 1 ? createNodePlatform().startThread : undefined;
  return compileEngine(build, bytes, { count: threads, start });
}
