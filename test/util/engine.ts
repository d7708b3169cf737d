import { readFileSync } from "node:fs";
import type { Ptr } from "../../host/engine/kernels.ts";
import { compileEngine, type EngineBuild, type Instance, instantiate } from "../../host/engine/load.ts";
import { f32 } from "../../host/engine/memory.ts";
import { repository } from "./paths.ts";

/** A fresh instance of a build from build/*.wasm with an arena of `bytes`. */
export async function loadTestEngine(build: EngineBuild, bytes = 1 << 24): Promise<TestEngine> {
  const engine = await compileEngine(build, new Uint8Array(readFileSync(repository(`build/${build}.wasm`))));
  const instance = instantiate(engine);
  if (!instance.kernels.reserve(bytes)) throw new Error(`no ${bytes} bytes`);
  return {
    ...instance,
    build,
    alloc: (n) => allocate(instance, n),
    put: (data) => put(instance, data),
    get: (at, n) => f32(instance, at, n).slice(),
  };
}

export interface TestEngine extends Instance {
  build: EngineBuild;
  /** bytes → a zeroed block */
  alloc(bytes: number): Ptr;
  /** numbers → a block of f32 that holds them */
  put(data: ArrayLike<number>): Ptr;
  /** a copy of n f32 */
  get(at: Ptr, n: number): Float32Array;
}

function allocate(instance: Instance, bytes: number): Ptr {
  const block = instance.kernels.alloc(Math.max(bytes, 1));
  if (block === 0) throw new Error(`test arena full: ${bytes} bytes`);
  return block;
}

function put(instance: Instance, data: ArrayLike<number>): Ptr {
  const at = allocate(instance, data.length * 4);
  f32(instance, at, data.length).set(data);
  return at;
}
