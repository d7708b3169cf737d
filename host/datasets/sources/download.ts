import { HqcnnError, UsageError } from "../../check.ts";
import type { Lock, Platform, RandomAccessFile } from "../../platform/platform.ts";
import type { Control, OnProgress } from "../types.ts";
import { addFile, createMd5, md5OfFile } from "./md5.ts";
import { fileByMd5, fileStem, medmnist, type SetFile, sampleName, setByName, setFile } from "./medmnist.ts";

/** Zenodo's record of MedMNIST v2. This form of address is the only one with CORS, so browsers can use it too. */
export const zenodo = "https://zenodo.org/api/records/10519652/files";

export interface FetchOptions {
  platform: Platform;
  /** Address before /NAME.npz/content, for mirrors and tests. */
  baseUrl?: string;
  signal?: AbortSignal;
  /** Bytes on disk so far, of all bytes (null if the server does not say). */
  onProgress?: OnProgress;
  /** Told once when another process brings the same file, for which this one waits. */
  onWait?: (text: string) => void;
  /** Milliseconds without a byte after which the server counts as gone; default a minute. */
  idle?: number;
}

/** Milliseconds between two looks at a download of somebody else. */
const POLL = 200;

/**
 * Brings NAME.npz of the MedMNIST table into the cache folder and returns its path. A whole file that is there already
 * is kept. Bytes arrive in NAME.npz.partial: a lost connection or an abort leaves it, and the next call
 * continues there if the server has ranges and still the same file, else from the start. One process at a time brings
 * a file, others wait for it. The file is called verified only after its MD5 was computed from the disk under its
 * final name.
 */
export async function fetchDataset(name: string, options: FetchOptions): Promise<string> {
  const set = name === sampleName ? undefined : setFile(name);
  if (!set) {
    const names = Object.keys(medmnist).join(", ");
    throw new UsageError(`unknown data set ${name}; there are: ${names}, each also with _64, _128 or _224 behind it`);
  }
  const { platform } = options;
  const path = cachePath(name, platform);
  if (await isVerified(path, set, platform)) return path;
  const folder = platform.join(platform.cacheFolder, `.${name}.fetching`);
  await platform.makeFolder(folder);
  const lock = await waitForLock(name, folder, options);
  try {
    if (await isVerified(path, set, platform)) return path; // the one waited for has brought it
    await bring(name, set, `${path}.partial`, path, options);
  } finally {
    await lock.release();
  }
  return path;
}

async function isVerified(path: string, set: SetFile, platform: Platform): Promise<boolean> {
  return (await platform.stat(path))?.kind === "file" && (await withFile(platform, path, md5OfFile)) === set.md5;
}

/** The right to write into the folder, once whoever has it is done. */
async function waitForLock(name: string, folder: string, { platform, signal, onWait }: FetchOptions): Promise<Lock> {
  for (let waited = false; ; waited = true) {
    try {
      return await platform.lock(folder);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      if (!waited) onWait?.(`${name}: ${error.message.split("\n")[0]}; waiting for it`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL));
    if (signal?.aborted) throw new HqcnnError(`${name}: stopped while waiting for another process to fetch it`);
  }
}

/** Downloads into the partial file, moves it to `path`, and checks what then lies there. */
async function bring(name: string, set: SetFile, partial: string, path: string, options: FetchOptions) {
  const { platform } = options;
  const remove = async (file: string) => {
    await platform.removeFile(file);
    await platform.removeFile(tagPath(partial));
  };
  let got = await download(name, set, partial, options);
  if (got.sum !== set.md5 && got.resumed) {
    // The beginning was of another file, or damaged on this disk.
    await remove(partial);
    got = await download(name, set, partial, options);
  }
  if (got.sum !== set.md5) {
    await remove(partial);
    throw mismatch(name, set, got.sum);
  }
  await platform.rename(partial, path);
  const sum = await withFile(platform, path, md5OfFile);
  await remove(partial);
  if (sum === set.md5) return;
  await platform.removeFile(path);
  throw mismatch(name, set, sum);
}

function mismatch(name: string, set: SetFile, sum: string): HqcnnError {
  return new HqcnnError(`${name}.npz: expected MD5 ${set.md5}, got ${sum}; the download was removed, fetch it again`);
}

/** Where the file of a MedMNIST name is kept. */
export function cachePath(name: string, platform: Platform): string {
  return platform.join(platform.cacheFolder, `${name}.npz`);
}

/**
 * Checks a file against the table: returns its MD5 and the set whose official file it is. Throws if it carries a
 * MedMNIST name but other bytes; `name` is null for a file that the table does not know.
 */
export async function verifyFile(
  path: string,
  platform: Platform,
  control?: Control,
): Promise<{ md5: string; name: string | null }> {
  const sum = await withFile(platform, path, (file) => md5OfFile(file, { ...control, what: `checksum of ${path}` }));
  const stem = platform.basename(path).replace(/\.npz$/, "");
  const claimed = stem === sampleName ? undefined : setFile(stem);
  const file = fileByMd5(sum);
  const found = file ? fileStem(file.name, file.size) : null;
  if (found === null && claimed) {
    throw new HqcnnError(`${path}: expected MD5 ${claimed.md5} of the official ${stem}, got ${sum}; fetch it again`);
  }
  return { md5: sum, name: found };
}

/** Beside the partial file: the server's name (ETag) for the version that it is a beginning of. */
const tagPath = (partial: string) => `${partial}.etag`;

async function readTag(platform: Platform, partial: string): Promise<string | null> {
  const path = tagPath(partial);
  if ((await platform.stat(path))?.kind !== "file") return null;
  return new TextDecoder().decode(await platform.readFile(path)) || null;
}

/** Completes the partial file; `sum` is the MD5 of the whole, `resumed` whether its beginning was there before. */
async function download(
  name: string,
  set: SetFile,
  partial: string,
  options: FetchOptions,
): Promise<{ sum: string; resumed: boolean }> {
  const { platform, baseUrl = zenodo, signal, onProgress, idle = 60_000 } = options;
  const url = `${baseUrl}/${name}.npz/content`;
  const most = mostBytes(set);
  let hash = await createMd5();
  let size = 0;
  if ((await platform.stat(partial))?.kind === "file") {
    size = await withFile(platform, partial, async (file) => {
      if (file.size <= most) await addFile(hash, file, { signal });
      return file.size;
    });
    if (hash.hex() === set.md5) return { sum: set.md5, resumed: true }; // it was stopped before the rename
  }

  const watch = watchIdle(signal, idle);
  try {
    let response = await request(name, url, size, watch.signal, signal);
    const tag = size > 0 ? await readTag(platform, partial) : null;
    const same = tag === null || (response.headers.get("etag") ?? tag) === tag;
    const resumed = size > 0 && size <= most && response.status === 206 && startsAt(response, size) && same;
    if (size > 0 && !resumed && (response.ok || response.status === 416)) {
      // The server has no ranges or another file by now, or the partial file is no beginning of its file.
      if (response.status !== 200) {
        await response.body?.cancel();
        response = await request(name, url, 0, watch.signal, signal);
      }
      await platform.removeFile(partial);
      hash = await createMd5();
      size = 0;
    }
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new HqcnnError(
        `cannot fetch ${name}: ${url} answered ${response.status} ${response.statusText}; try again later`,
      );
    }
    if (new URL(url).protocol === "https:" && response.url !== "" && new URL(response.url).protocol !== "https:") {
      await response.body.cancel();
      throw new HqcnnError(
        `cannot fetch ${name}: ${url} leads to ${response.url}, which is not encrypted; it was left`,
      );
    }

    const length = response.headers.get("content-length");
    const total = length === null || response.headers.has("content-encoding") ? null : size + Number(length);
    if (total !== null && total > most) {
      await response.body.cancel();
      throw tooLong(name, set, `announces ${total}`);
    }
    const newTag = response.headers.get("etag");
    if (!resumed && newTag !== null) await platform.writeFile(tagPath(partial), newTag);
    onProgress?.(size, total);
    let failure: unknown;
    try {
      for await (const bytes of blocks(response.body, watch.alive)) {
        if (size === 0 && !isZip(bytes)) throw noArchive(name, url, bytes);
        if (size + bytes.length > most) {
          await platform.removeFile(partial);
          throw tooLong(name, set, `sends ${size + bytes.length} or more`);
        }
        await platform.appendBytes(partial, bytes);
        hash.update(bytes);
        size += bytes.length;
        onProgress?.(size, total);
      }
    } catch (error) {
      if (error instanceof HqcnnError) throw error; // not the network's
      failure = error;
    }
    if (failure !== undefined || (total !== null && size < total)) {
      let what = "the connection was lost";
      if (signal?.aborted) what = "stopped";
      else if (watch.signal.aborted) what = `the server sent nothing for ${Math.round(idle / 1000)} seconds`;
      throw new HqcnnError(
        `${name}: ${what} after ${size} of ${total ?? "unknown"} bytes, which are kept; fetch again to continue from there`,
        { cause: failure },
      );
    }
    return { sum: hash.hex(), resumed };
  } finally {
    watch.end();
  }
}

/**
 * What the file has at most: its published size, or that of its arrays without compression and some for the archive.
 */
function mostBytes({ name, size }: SetFile): number {
  const { bytes, counts, channels, kind, classNames } = setByName(name)!;
  if (size === 28 && bytes !== undefined) return bytes;
  const images = counts.train + counts.val + counts.test;
  const labels = kind === "multilabel" ? classNames.length : 8;
  return images * (size * size * channels + labels) + (1 << 20);
}

function tooLong(name: string, set: SetFile, what: string): HqcnnError {
  const isExact = set.size === 28 && setByName(set.name)?.bytes !== undefined;
  const expected = isExact ? mostBytes(set) : `at most ${mostBytes(set)}`;
  return new HqcnnError(
    `${name}: expected ${expected} bytes, the server ${what}: it was stopped; use the official address`,
  );
}

/** Whether these are the first bytes of a zip archive, which an npz is. */
function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}

function noArchive(name: string, url: string, bytes: Uint8Array): HqcnnError {
  const start = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart();
  let got = "something else";
  if (start.startsWith("<")) got = "a web page (HTML), as of a login or a proxy";
  else if (start.startsWith("{")) got = "a text in JSON";
  return new HqcnnError(`${name}: expected an npz file from ${url}, got ${got}; check the network`);
}

/** A signal that aborts with the caller's, and when `alive` is not called for some time. */
function watchIdle(signal: AbortSignal | undefined, idle: number) {
  const controller = new AbortController();
  const abort = () => controller.abort();
  let timer = setTimeout(abort, idle);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort);
  return {
    signal: controller.signal,
    alive() {
      clearTimeout(timer);
      timer = setTimeout(abort, idle);
    },
    end() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    },
  };
}

/** @param watched aborts for `stop`, too */
async function request(
  name: string,
  url: string,
  from: number,
  watched: AbortSignal,
  stop?: AbortSignal,
): Promise<Response> {
  try {
    return await fetch(url, { signal: watched, headers: from > 0 ? { range: `bytes=${from}-` } : {} });
  } catch (error) {
    if (stop?.aborted) throw new HqcnnError(`${name}: stopped; fetch again to continue`, { cause: error });
    const why = watched.aborted ? "it does not answer" : reasonOf(error);
    throw new HqcnnError(`cannot fetch ${name}: no connection to ${new URL(url).host} (${why}); check the network`, {
      cause: error,
    });
  }
}

/** Why a request failed, in our words; runtimes say it in a code, in a text, or not at all. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const text = cause instanceof Error ? `${"code" in cause ? cause.code : ""} ${cause.message}` : "";
  const reasons: [pattern: RegExp, words: string][] = [
    [/ECONNREFUSED|refused/i, "it refuses connections"],
    [/ENOTFOUND|EAI_AGAIN|dns/i, "its name is not known"],
    [/redirect/i, "it redirects too often"],
    [/CERT|SELF_SIGNED|certificate/i, "its certificate is not trusted"],
    [/TIMEOUT|timed out/i, "it does not answer"],
    [/HPE_|HTTP\/1/, "it does not speak HTTP"],
    [/ECONNRESET|EPIPE|closed|reset/i, "it broke the connection off"],
  ];
  return reasons.find(([pattern]) => pattern.test(text))?.[1] ?? "the request failed";
}

/** Whether the bytes are those from `start` on, by "content-range: bytes 100-199/200". */
function startsAt(response: Response, start: number): boolean {
  const range = response.headers.get("content-range");
  // Servers seldom let pages of other origins read it: a 206 is taken at its word, and the MD5 tells.
  if (range === null) return response.type === "cors";
  return Number(/^bytes (\d+)-/.exec(range)?.[1] ?? Number.NaN) === start;
}

/**
 * Joins a body's packets to blocks of a mebibyte (one write each); what came before a failure is given out before it is
 * thrown.
 */
async function* blocks(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  onPacket: () => void,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  let packets: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  let failure: unknown;
  try {
    for (let done = false; !done; ) {
      try {
        const packet = await reader.read();
        done = packet.done;
        onPacket();
        if (packet.value) bytes += packets[packets.push(packet.value) - 1].length;
      } catch (error) {
        failure = error;
        done = true;
      }
      if (bytes > 0 && (done || bytes >= 1 << 20)) {
        yield new Uint8Array(await new Blob(packets).arrayBuffer());
        packets = [];
        bytes = 0;
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
  if (failure !== undefined) throw failure;
}

async function withFile<T>(platform: Platform, path: string, use: (file: RandomAccessFile) => Promise<T>): Promise<T> {
  const file = await platform.openFile(path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
