import { HqcnnError, KernelError, UsageError } from "../check.ts";
import type { Kernels } from "./kernels.ts";
import type { ThreadStarter } from "./threads.ts";
import { ENGINE_VERSION } from "./version.ts";

/**
 * strict: the same bits on every runtime. fast: the runtime may fuse multiply and add. debug: strict with assertions.
 */
export type EngineBuild = "strict" | "fast" | "debug";

export const ENGINE_BUILDS: readonly EngineBuild[] = ["strict", "fast", "debug"];

/**
 * What a user asks for: a build that runs as it is, or with the V8 flag that joins pairs of vectors into 256 bits (see
 * network/wide.ts).
 */
export type EngineName = EngineBuild | "strict+wide" | "fast+wide";

export const ENGINE_NAMES = ["strict", "fast", "strict+wide", "fast+wide"] as const satisfies readonly EngineName[];

/** A compiled build. Every network makes an instance of its own, so networks never share memory. */
export interface Engine {
  readonly build: EngineBuild;
  readonly module: WebAssembly.Module;
  /** Threads that a network of this engine uses, at least 1. */
  readonly threads: number;
  /** Starts one; present when threads > 1. The module then imports a shared memory. */
  readonly startThread?: ThreadStarter;
  /** Whether the runtime joins vectors in pairs, so that products take wider tiles. The bits are the same. */
  readonly wide: boolean;
  /** Why the engine is not what was asked for. */
  readonly note?: string;
}

/** One instance: kernels and the memory they work on. */
export interface Instance {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
}

/**
 * Threads an engine may have: a batch has no more groups (network/share.ts), so another would never have anything to
 * do.
 */
export const MOST_THREADS = 16;

/**
 * Pages of 64 KiB: what a shared memory starts with and may grow to, as asconfig.json says of the builds for threads.
 */
const SHARED_PAGES = { initial: 16, maximum: 65536 };

/** File of a build: with threads it imports a shared memory. */
export function wasmFile(build: EngineBuild, threads: number): string {
  return `build/${build}${threads > 1 ? "-threads" : ""}.wasm`;
}

/**
 * Compiles the bytes of a build.
 * @param threads how many threads its networks use, and how to start one; the bytes are then those of a build for
 * threads
 * @param file path or address of the bytes, for messages
 * @throws UsageError when the runtime lacks the instructions of this build, HqcnnError when the bytes are none, or
 *   of other sources than the host
 */
export async function compileEngine(
  build: EngineBuild,
  bytes: Uint8Array<ArrayBuffer>,
  threads: { count: number; start?: ThreadStarter } = { count: 1 },
  file = `the ${build} build`,
): Promise<Engine> {
  checkModule(bytes, file);
  const module = await WebAssembly.compile(bytes).catch((error: unknown) => {
    if (canRun(bytes)) throw error; // a page's policy forbids it, say
    return null;
  });
  if (module === null) {
    if (WebAssembly.validate(build === "fast" ? RELAXED_MODULE : SIMD_MODULE)) {
      throw new HqcnnError(
        `${file}: expected a WebAssembly module, got ${bytes.length} bytes that are damaged or cut short: ` +
          "install or copy the package's files again",
      );
    }
    throw new UsageError(
      build === "fast"
        ? "This runtime has no relaxed SIMD, which the fast engine needs: use --engine strict, or Node 22 or later."
        : "This runtime cannot run WebAssembly SIMD: use Node 20 or later, Deno, Bun or a current browser.",
    );
  }
  const { count, start } = threads;
  checkVersion(module, file);
  return { build, module, threads: count, startThread: start, wide: false };
}

/** The smallest modules with a vector instruction, and with one that relaxed SIMD adds: i32x4.splat, relaxed_madd. */
const HEAD = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7b, 3, 2, 1, 0];
const SPLAT = [0x41, 0, 0xfd, 17];
const SIMD_MODULE = Uint8Array.from([...HEAD, 10, 8, 1, 6, 0, ...SPLAT, 0x0b]);
const RELAXED_MODULE = Uint8Array.from([...HEAD, 10, 19, 1, 17, 0, ...SPLAT, ...SPLAT, ...SPLAT, 0xfd, 0x85, 2, 0x0b]);

/** Servers answer with a page where a file is missing: that is no fault of the runtime. */
function checkModule(bytes: Uint8Array, file: string): void {
  const [a, b, c, d] = bytes;
  if (a === 0 && b === 0x61 && c === 0x73 && d === 0x6d) return;
  const start = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart();
  let got = `${bytes.length} bytes of something else`;
  if (bytes.length === 0) got = "an empty file";
  else if (start.startsWith("<")) got = "a web page (HTML)";
  else if (start.startsWith("{")) got = "a text in JSON";
  throw new HqcnnError(
    `${file}: expected a WebAssembly module, got ${got}: the server or folder does not have the package's .wasm files there`,
  );
}

/** Code that is older or newer than the host takes other arguments: it would give wrong numbers without a word. */
function checkVersion(module: WebAssembly.Module, file: string): void {
  const [section] = WebAssembly.Module.customSections(module, "hqcnn");
  const version = section ? new TextDecoder().decode(section) : "none";
  if (version === ENGINE_VERSION) return;
  throw new HqcnnError(
    `${file}: built from other sources than this program (expected version ${ENGINE_VERSION}, got ${version}): ` +
      "run npm run build, or copy the package's files again, all of one version",
  );
}

/** Whether this runtime has the instructions of a build. */
export function canRun(bytes: Uint8Array<ArrayBuffer>): boolean {
  return WebAssembly.validate(bytes);
}

/**
 * The module of these bytes compiled anew; a section of its own, with this name, keeps the runtime from handing out the
 * code it already has.
 */
export async function recompileApart(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<WebAssembly.Module> {
  const text = new TextEncoder().encode(name);
  const section = [0, text.length + 1, text.length, ...text]; // id 0: custom
  return WebAssembly.compile(new Uint8Array([...bytes, ...section]));
}

/** A fresh instance: with an empty memory of its own, or on the shared memory of another instance. */
export function instantiate(
  engine: Pick<Engine, "module" | "threads" | "wide">,
  shared?: WebAssembly.Memory,
): Instance {
  let memory = shared;
  if (!memory && engine.threads > 1) memory = sharedMemory();
  const abort = (message: number, file: number, line: number, column: number): never => {
    const text = (pointer: number) => (memory && pointer ? decodeString(memory, pointer) : "");
    throw new KernelError(`${text(message) || "kernel aborted"} (${text(file)}:${line}:${column})`);
  };
  const { exports } = new WebAssembly.Instance(engine.module, { env: memory ? { abort, memory } : { abort } });
  memory ??= exports.memory as WebAssembly.Memory;
  const kernels = exports as unknown as Kernels;
  if (engine.wide) kernels.useWideTiles(1);
  return { kernels, memory };
}

/** A shared memory sets all addresses that it may ever have aside; where there are not so many, half of them do. */
function sharedMemory(): WebAssembly.Memory {
  const { initial, maximum } = SHARED_PAGES;
  try {
    return new WebAssembly.Memory({ initial, maximum, shared: true });
  } catch {
    return new WebAssembly.Memory({ initial, maximum: maximum / 2, shared: true });
  }
}

/** AssemblyScript strings are UTF-16 with their length in bytes just below the pointer. */
function decodeString(memory: WebAssembly.Memory, pointer: number): string {
  const length = new DataView(memory.buffer).getUint32(pointer - 4, true);
  // slice: a decoder takes no view of a shared memory
  return new TextDecoder("utf-16le").decode(new Uint8Array(memory.buffer, pointer, length).slice());
}
