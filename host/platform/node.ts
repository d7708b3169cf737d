import { existsSync, readFileSync } from "node:fs";
import { appendFile, type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { availableParallelism, cpus, homedir } from "node:os";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { ResourceLimits, Worker } from "node:worker_threads";
import { HqcnnError } from "../check.ts";
import { attempt, codeOf, systemReason } from "./errors.ts";
import { lockFolder, temporaryName } from "./lock.ts";
import type { EntryKind, Platform, RandomAccessFile } from "./platform.ts";

/** The platform of Node, Deno and Bun, through node: modules. */
export function createNodePlatform(): Platform {
  return {
    runtime: runtimeName(),
    cpuCount: processors(),
    // Looked up only when asked: a user without a home folder can still train on the embedded sample.
    get cacheFolder() {
      return cacheFolder();
    },
    readFile: (path) =>
      attempt("read", path, async () => {
        await refuseSpecial(path);
        const buffer = await readFile(path);
        // Buffer's slice differs from Uint8Array's.
        return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
      }),
    openFile: (path) => attempt("read", path, () => openRandomAccess(path)),
    stat: (path) => attempt("read", path, () => statOrNull(path)),
    list: (folder) => attempt("read", folder, () => list(folder)),
    writeFile: (path, bytes) => attempt("write", path, () => writeAtomically(path, bytes)),
    appendFile: (path, text) => attempt("write", path, () => appendFile(path, text, { flush: true })),
    appendBytes: (path, bytes) => attempt("write", path, () => appendFile(path, bytes)),
    makeFolder: (path) => attempt("create", path, () => makeFolders(path)),
    createFolder: (path) => attempt("create", path, () => createFolder(path)),
    lock: (folder) => attempt("lock", folder, () => lockFolder(folder)),
    removeFile: (path) => attempt("remove", path, () => rm(path, { force: true })),
    rename: (from, to) => attempt("rename", from, () => rename(from, to)),
    join,
    basename,
    packageFile: (relative) => {
      const path = join(packageRoot, relative);
      // The published package has engines, decoders and the sample once, beside the page.
      return existsSync(path) ? path : join(packageRoot, "build/web", basename(relative));
    },
    startThread,
    startJob,
    v8: flagsOfV8(),
  };
}

/** Deno without --allow-sys does not say: one. */
function processors(): number {
  try {
    return availableParallelism();
  } catch {
    return 1;
  }
}

/** The package's root: this file is host/platform/node.ts, build/host/platform/node.js or a part of build/cli/bin. */
const packageRoot = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "../../" : "../../../", import.meta.url));

/** For modules that few commands use: loading node:worker_threads takes as long as decoding a small image. */
const require = createRequire(import.meta.url);

function startWorker(data: unknown, resourceLimits?: ResourceLimits): Worker {
  const entry = new URL(import.meta.url.endsWith(".ts") ? "../worker.ts" : "../worker.js", import.meta.url);
  // A program given as text (node --input-type=module --eval) hands down an option that a thread, which is a file, must
  // not have.
  const isText = process.execArgv.some((option) => option.startsWith("--input-type"));
  const { Worker } = require("node:worker_threads") as typeof import("node:worker_threads");
  return new Worker(entry, { workerData: data, resourceLimits, execArgv: isText ? [] : undefined });
}

function startJob(data: unknown, onMessage: (message: unknown) => void): { done: Promise<void>; stop(): void } {
  const worker = startWorker(data);
  worker.on("message", onMessage);
  const done = new Promise<void>((resolve, reject) => {
    worker.once("error", (error) => reject(error instanceof Error ? new HqcnnError(error.message) : error));
    worker.once("exit", (code) => {
      if (code === 0) resolve();
      else reject(new HqcnnError(`the worker ended with exit code ${code}`));
    });
  });
  return { done, stop: () => worker.postMessage("stop") };
}

function startThread(data: unknown, onEnd: (reason: string) => void): { ready: Promise<void>; stop(): void } {
  // A thread makes hardly any objects: what it computes lies in the engine's memory. Bun warns of limits.
  const limits = runtimeName().startsWith("node") ? { maxYoungGenerationSizeMb: 4 } : undefined;
  const worker = startWorker(data, limits);
  const ready = new Promise<void>((resolve, reject) => {
    const end = (reason: string) => {
      onEnd(reason);
      reject(new HqcnnError(`A thread did not start: ${reason}.`));
    };
    worker.once("message", () => resolve(worker.unref()));
    worker.once("error", (error) => end(error.message));
    worker.once("exit", (code) => end(`it ended with exit code ${code}`));
  });
  return { ready, stop: () => void worker.terminate() };
}

function flagsOfV8(): Platform["v8"] {
  const { bun, deno, v8 } = process.versions;
  if (bun || deno) return undefined;
  return {
    major: Number.parseInt(v8, 10),
    setFlag: (flags) => (require("node:v8") as typeof import("node:v8")).setFlagsFromString(flags),
    get identity() {
      const options = [...process.execArgv, variable("NODE_OPTIONS") ?? ""];
      return JSON.stringify([process.version, v8, process.platform, process.arch, processor(), options]);
    },
  };
}

/** The processor and, where the system says them, its features: a virtual machine's model names hide some. */
function processor(): string[] {
  const models = [...new Set(cpus().map(({ model }) => model))];
  try {
    const lines = readFileSync("/proc/cpuinfo", "utf8").split("\n");
    const named = /^(vendor_id|cpu family|model|stepping|microcode|flags|Features|CPU \w+)\s*:/;
    return [...models, ...new Set(lines.filter((line) => named.test(line)))];
  } catch {
    return models;
  }
}

function runtimeName(): string {
  const { bun, deno, node } = process.versions;
  if (bun !== undefined) return `bun ${bun}`;
  if (deno !== undefined) return `deno ${deno}`;
  return `node ${node}`;
}

function cacheFolder(): string {
  const [HQCNN_DATA, XDG_CACHE_HOME, LOCALAPPDATA] = ["HQCNN_DATA", "XDG_CACHE_HOME", "LOCALAPPDATA"].map(variable);
  if (HQCNN_DATA) return HQCNN_DATA;
  // The XDG standard ignores relative paths.
  if (XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME)) return join(XDG_CACHE_HOME, "hqcnn");
  if (process.platform === "win32" && LOCALAPPDATA) return join(LOCALAPPDATA, "hqcnn");
  try {
    return join(homedir(), process.platform === "darwin" ? "Library/Caches" : ".cache", "hqcnn");
  } catch (error) {
    const why = systemReason(error) ?? "set HQCNN_DATA to a folder";
    throw new HqcnnError(`no home folder to keep data sets in; ${why}`, { cause: error });
  }
}

/** An environment variable. @throws HqcnnError where Deno's permissions forbid to read it */
function variable(name: string): string | undefined {
  try {
    return process.env[name];
  } catch (error) {
    throw new HqcnnError(`cannot read the environment variable ${name}: ${systemReason(error) ?? error}`, {
      cause: error,
    });
  }
}

async function statOrNull(path: string): Promise<{ kind: EntryKind; size: number } | null> {
  try {
    const found = await stat(path);
    return { kind: found.isDirectory() ? "folder" : "file", size: found.size };
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return null;
    throw error;
  }
}

async function createFolder(path: string): Promise<boolean> {
  await makeFolders(dirname(path));
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Makes a folder and those around it. */
async function makeFolders(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    // Node says so whatever the system refuses: the first folder that is missing tells why.
    let missing = resolve(path);
    while ((await statOrNull(dirname(missing))) === null && dirname(missing) !== missing) missing = dirname(missing);
    await mkdir(missing);
    await mkdir(path, { recursive: true });
  }
}

/** Opening a pipe waits for its writer, for ever if there is none, and nothing can end that. */
async function refuseSpecial(path: string): Promise<void> {
  const found = await stat(path);
  if (found.isFile() || found.isDirectory()) return;
  let kind = "a device";
  if (found.isFIFO()) kind = "a pipe";
  else if (found.isSocket()) kind = "a socket";
  throw new HqcnnError(`cannot read ${path}: expected a file, got ${kind}; write the data to a file and give its path`);
}

async function list(folder: string): Promise<{ name: string; kind: EntryKind }[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const listed = entries.map(async (entry) => {
    const target = entry.isSymbolicLink() ? await statOrNull(join(folder, entry.name)) : null;
    const kind: EntryKind = entry.isDirectory() || target?.kind === "folder" ? "folder" : "file";
    return { name: entry.name, kind };
  });
  return (await Promise.all(listed)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function openRandomAccess(path: string): Promise<RandomAccessFile> {
  await refuseSpecial(path);
  const file = await open(path, "r");
  const found = await file.stat();
  if (found.isDirectory()) {
    await file.close();
    throw Object.assign(new Error("is a folder"), { code: "EISDIR" });
  }
  return {
    size: found.size,
    version: `${found.ino} ${found.mtimeMs}`,
    read: (offset, length) => attempt("read", path, () => readExactly(file, path, found.size, offset, length)),
    close: () => file.close(),
  };
}

async function readExactly(file: FileHandle, path: string, size: number, offset: number, length: number) {
  if (!(offset >= 0 && length >= 0 && offset + length <= size)) throw cutShort(path, offset + length, size);
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) throw cutShort(path, offset + length, offset + done);
    done += bytesRead;
  }
  return bytes;
}

function cutShort(path: string, expected: number, size: number): HqcnnError {
  return new HqcnnError(
    `${path} is cut short: expected at least ${expected} bytes, got ${size}; fetch or copy it again`,
  );
}

async function writeAtomically(path: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = join(dirname(path), temporaryName(basename(path)));
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}); // the first error is the one to report
    throw error;
  }
  await syncFolder(dirname(path));
}

/**
 * Makes a rename survive a power cut. Windows and some network disks cannot do this for folders: there it is left out.
 */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, "r");
    await folder.sync().finally(() => folder.close());
  } catch (error) {
    if (!["EPERM", "EACCES", "EISDIR", "EINVAL", "EBADF", "ENOTSUP"].includes(codeOf(error))) throw error;
  }
}
