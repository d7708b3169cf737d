import { HqcnnError, UsageError } from "../check.ts";
import type { FromWorker } from "./parent.ts";
import type { Lock, Platform, RandomAccessFile } from "./platform.ts";
import { checkRange, createStorage, type Files, namesOf } from "./storage.ts";
import { fileAddress } from "./webPackage.ts";
import { startWorker, type WebWorker, whyFailed } from "./webWorker.ts";

export interface BrowserOptions {
  /**
   * Address of a folder with the files of the package's build/web: worker.js, the wasm builds, the sample. Default:
   * where the bundler put them, or beside the running module.
   */
  base?: string | URL;
}

/** A platform whose files are the page's own, so that it may remove whole folders. */
export type BrowserPlatform = Platform & Pick<Files, "removeFolder">;

/**
 * The platform of pages and their workers. Files are kept in IndexedDB (see storage.ts) and shared by everything of the
 * same origin; an address (https://…, blob:…) in the place of a path is fetched. Threads exist where the page is
 * cross-origin isolated.
 */
export function createBrowserPlatform({ base }: BrowserOptions = {}): BrowserPlatform {
  const storage = createStorage();
  const files = filesOf(base);
  return {
    ...storage,
    runtime: runtimeName(),
    cpuCount: sharesMemory() ? processors() : 1,
    sharesMemory: sharesMemory(),
    cacheFolder: "/datasets",
    readFile: (path) => (isAddress(path) ? fetchFile(path) : storage.readFile(path)),
    openFile: (path) => (isAddress(path) ? openAddress(path) : storage.openFile(path)),
    async stat(path) {
      return isAddress(path) ? { kind: "file", size: (await fetchFile(path)).length } : storage.stat(path);
    },
    join: (...parts) => {
      const [first] = parts;
      if (isAddress(first)) return parts.join("/");
      return (first.startsWith("/") ? "/" : "") + namesOf(parts.join("/")).join("/");
    },
    basename: (path) => namesOf(path).at(-1) ?? "",
    packageFile: files.package,
    lock: lockFolder,
    startThread(data, onEnd) {
      const { endpoint, terminate } = startWorker(files.worker, data);
      const ready = new Promise<void>((resolve, reject) => {
        listen(endpoint, {
          onMessage: () => resolve(),
          onEnd: (reason = "it ended") => {
            terminate();
            onEnd(reason);
            reject(new HqcnnError(`A thread did not start: ${reason}.`));
          },
        });
      });
      return { ready, stop: terminate };
    },
    startJob(data, onMessage) {
      const { endpoint, terminate } = startWorker(files.worker, data);
      const done = new Promise<void>((resolve, reject) => {
        listen(endpoint, {
          onMessage,
          onEnd: (reason) => {
            terminate();
            if (reason === undefined) resolve();
            else reject(new HqcnnError(reason));
          },
        });
      });
      return { done, stop: () => endpoint.postMessage("stop") };
    },
  };
}

/**
 * Whether this page's workers may share memory, which threads need. WebKitGTK's isolated pages have shared memory of no
 * use: it cannot be sent to a worker, and SharedArrayBuffer has no name.
 */
export function sharesMemory(): boolean {
  return globalThis.crossOriginIsolated && "SharedArrayBuffer" in globalThis;
}

export function processors(): number {
  return navigator.hardwareConcurrency ?? 1;
}

const isAddress = (path: string) => /^(https?|blob|data|file|chrome-extension|moz-extension):/.test(path);

/** Where the package's files are. */
function filesOf(base?: string | URL): { worker: URL | "worker"; package(relative: string): string } {
  const nameOf = (relative: string) => relative.split("/").at(-1)!;
  if (base === undefined) return { worker: "worker", package: (relative) => fileAddress(nameOf(relative)) };
  const folder = new URL(`${base}`.replace(/\/?$/, "/"), globalThis.document?.baseURI ?? location.href);
  return {
    worker: new URL("worker.js", folder),
    package: (relative) => new URL(nameOf(relative), folder).href,
  };
}

/** Calls `onMessage` with what the worker posts, and `onEnd` when it ends by itself: with the reason if it failed. */
function listen(
  endpoint: WebWorker["endpoint"],
  { onMessage, onEnd }: { onMessage(message: unknown): void; onEnd(reason?: string): void },
): void {
  endpoint.addEventListener("message", (event) => {
    const { data } = event as MessageEvent<FromWorker>;
    if ("message" in data) onMessage(data.message);
    else onEnd(data.failed);
  });
  endpoint.addEventListener("error", (event) => onEnd(whyFailed(event as ErrorEvent)));
}

/**
 * A lock of the origin: no other tab or worker has it at the same time, and the browser releases it when this one ends.
 */
function lockFolder(folder: string): Promise<Lock> {
  // Old browsers have none.
  const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks;
  if (!locks) return Promise.resolve({ check: async () => {}, release: async () => {} });
  return new Promise((resolve, reject) => {
    locks
      .request(`hqcnn ${namesOf(folder).join("/")}`, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          throw new UsageError(
            `${folder} is in use by this tab or another one: continue there, or wait until it has finished`,
          );
        }
        return new Promise<void>((end) => resolve({ check: async () => {}, release: async () => end() }));
      })
      .catch(reject);
  });
}

async function fetchFile(address: string): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(address);
  } catch (error) {
    throw new HqcnnError(`cannot read ${address}: no connection (${(error as Error).message}); check the network`, {
      cause: error,
    });
  }
  if (!response.ok) throw new HqcnnError(`cannot read ${address}: expected a file, got HTTP ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function openAddress(address: string): Promise<RandomAccessFile> {
  const bytes = await fetchFile(address);
  return {
    size: bytes.length,
    async read(offset, length) {
      checkRange(address, bytes.length, offset, length);
      return bytes.slice(offset, offset + length);
    },
    close: async () => {},
  };
}

/** As in "chrome 152.0.0.0", "firefox 140.0", "safari 18.3". */
function runtimeName(): string {
  const agent = navigator.userAgent;
  const [, name, version] =
    /(Firefox|Edg|Chrome)\/([\d.]+)/.exec(agent) ?? /(Version)\/([\d.]+).*Safari/.exec(agent) ?? [];
  if (name === undefined) return "browser unknown";
  const names: Record<string, string> = { Firefox: "firefox", Edg: "edge", Chrome: "chrome", Version: "safari" };
  return `${names[name]} ${version}`;
}
