import { HqcnnError } from "../../check.ts";
import { defaultPlatform } from "../../platform/default.ts";
import type { Platform } from "../../platform/platform.ts";

/**
 * The WebAssembly decoders that are shipped, each a file of the package's build/decoders (in a page's bundle: beside
 * it).
 */
export type DecoderModule = "jpeg-turbo" | "webp" | "nsgif" | "openjpegwasm_decode" | "charlswasm_decode";

/** Bytes of a decoder's WebAssembly module, from the package's own files. */
export async function readModule(name: string, given?: Platform): Promise<Uint8Array> {
  const platform = given ?? (await defaultPlatform());
  const path = platform.packageFile(`build/decoders/${name}.wasm`);
  try {
    return await platform.readFile(path);
  } catch (error) {
    throw new HqcnnError(
      `the decoder ${name}.wasm is missing beside the program: install it again, or run npm run build`,
      {
        cause: error,
      },
    );
  }
}

/** A C library's memory and functions: addresses and sizes are numbers. */
export interface Library {
  /** Copies bytes into the library's memory. */
  put(bytes: Uint8Array): number;
  /** Memory for `length` bytes. */
  take(length: number): number;
  /** A copy of `length` bytes. */
  get(address: number, length: number): Uint8Array;
  /** A 32-bit integer. */
  int(address: number): number;
  call(name: string, ...numbers: number[]): number;
}

const compiled = new Map<string, Promise<WebAssembly.Module>>();

/**
 * Runs `work` with a fresh instance of a WASI library, whose memory is dropped afterwards. Its errors are JavaScript's:
 * a longjmp, a trap or a system
 * call ends the work.
 */
export async function withLibrary<T>(
  name: DecoderModule,
  read: (name: string) => Promise<Uint8Array>,
  work: (library: Library) => T,
): Promise<T> {
  let module = compiled.get(name);
  if (module === undefined) {
    module = read(name).then((bytes) => WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>));
    compiled.set(name, module);
    module.catch(() => compiled.delete(name));
  }
  const stop = () => {
    throw new Error(`${name} stopped`);
  };
  const nothing = () => 0;
  const { exports } = await WebAssembly.instantiate(await module, {
    env: { setjmp: nothing, longjmp: stop },
    wasi_snapshot_preview1: {
      environ_sizes_get: nothing,
      environ_get: nothing,
      proc_exit: stop,
      fd_close: nothing,
      fd_seek: nothing,
      fd_write: stop,
    },
  });
  const memory = exports.memory as WebAssembly.Memory;
  const call = (function_: string, ...numbers: number[]) =>
    (exports[function_] as (...numbers: number[]) => number)(...numbers);
  if ("_initialize" in exports) call("_initialize");
  const take = (length: number) => {
    const address = call("malloc", length) >>> 0;
    if (address === 0) throw new RangeError(`no memory for ${length} bytes`);
    return address;
  };
  return work({
    take,
    put(bytes) {
      const address = take(bytes.length);
      new Uint8Array(memory.buffer, address, bytes.length).set(bytes);
      return address;
    },
    get: (address, length) => new Uint8Array(memory.buffer, address, length).slice(),
    int: (address) => new DataView(memory.buffer).getInt32(address, true),
    call,
  });
}
