import { HqcnnError, UsageError } from "../check.ts";
import type { Kernels } from "./kernels.ts";

/** strict: the same bits on every runtime. fast: the runtime may fuse multiply and add. debug: strict with assertions. */
export type EngineBuild = "strict" | "fast" | "debug";

export const ENGINE_BUILDS: readonly EngineBuild[] = ["strict", "fast", "debug"];

/** A compiled build. Every network makes an instance of its own, so networks never share memory. */
export interface Engine {
  readonly build: EngineBuild;
  readonly module: WebAssembly.Module;
}

/** One instance: kernels and the memory they work on. */
export interface Instance {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
}

/** A broken precondition inside a kernel (debug build). */
export class KernelError extends HqcnnError {
  override name = "KernelError";
}

/**
 * Compiles the bytes of a build.
 * @throws UsageError when the runtime lacks the instructions of this build
 */
export async function compileEngine(build: EngineBuild, bytes: Uint8Array<ArrayBuffer>): Promise<Engine> {
  if (!WebAssembly.validate(bytes)) {
    throw new UsageError(
      build === "fast"
        ? "This runtime has no relaxed SIMD, which the fast engine needs: use --engine strict, or Node 22 or later."
        : "This runtime cannot run WebAssembly SIMD: use Node 20 or later, Deno, Bun or a current browser.",
    );
  }
  return { build, module: await WebAssembly.compile(bytes) };
}

/** A fresh instance with an empty memory. */
export function instantiate(engine: Engine): Instance {
  let memory: WebAssembly.Memory | undefined;
  const abort = (message: number, file: number, line: number, column: number): never => {
    const text = (pointer: number) => (memory && pointer ? decodeString(memory, pointer) : "");
    throw new KernelError(`${text(message) || "kernel aborted"} (${text(file)}:${line}:${column})`);
  };
  const { exports } = new WebAssembly.Instance(engine.module, { env: { abort } });
  memory = exports.memory as WebAssembly.Memory;
  return { kernels: exports as unknown as Kernels, memory };
}

/** AssemblyScript strings are UTF-16 with their length in bytes just below the pointer. */
function decodeString(memory: WebAssembly.Memory, pointer: number): string {
  const length = new DataView(memory.buffer).getUint32(pointer - 4, true);
  return new TextDecoder("utf-16le").decode(new Uint8Array(memory.buffer, pointer, length));
}
