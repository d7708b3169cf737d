import { HqcnnError, UsageError } from "../../check.ts";
import type { Platform, RandomAccessFile } from "../../platform/platform.ts";
import type { OnProgress } from "../types.ts";
import { addFile, createMd5, md5OfFile } from "./md5.ts";
import { type MedMnistSet, medmnist, nameByMd5 } from "./medmnist.ts";

/** Zenodo's record of MedMNIST v2. This form of address is the only one with CORS, so browsers can use it too. */
export const zenodo = "https://zenodo.org/api/records/10519652/files";

export interface FetchOptions {
  platform: Platform;
  /** Address before /NAME.npz/content, for mirrors and tests. */
  baseUrl?: string;
  signal?: AbortSignal;
  /** Bytes on disk so far, of all bytes (null if the server does not say). */
  onProgress?: OnProgress;
}

/**
 * Brings NAME.npz of the MedMNIST table into the cache folder and returns its path. A whole file that is there already
 * is kept. Bytes arrive in NAME.npz.partial: a lost connection or an abort leaves it, and the next call continues from
 * there if the server has ranges, else from the start. The MD5 is computed as bytes pass; on a mismatch the file is
 * removed and refused.
 */
export async function fetchDataset(name: string, options: FetchOptions): Promise<string> {
  const set = Object.hasOwn(medmnist, name) ? medmnist[name] : undefined;
  if (!set) throw new UsageError(`unknown data set ${name}; there are: ${Object.keys(medmnist).join(", ")}`);
  const { platform } = options;
  const path = cachePath(name, platform);
  if ((await platform.stat(path))?.kind === "file" && (await withFile(platform, path, md5OfFile)) === set.md5)
    return path;
  await platform.makeFolder(platform.cacheFolder);
  const partial = `${path}.partial`;
  const sum = await download(name, set, partial, options);
  if (sum !== set.md5) {
    await platform.removeFile(partial);
    throw new HqcnnError(`${name}.npz: expected MD5 ${set.md5}, got ${sum}; the download was removed, fetch it again`);
  }
  await platform.rename(partial, path);
  return path;
}

/** Where the file of a MedMNIST name is kept. */
export function cachePath(name: string, platform: Platform): string {
  return platform.join(platform.cacheFolder, `${name}.npz`);
}

/**
 * Checks a file against the table: returns its MD5 and the set whose official file it is. Throws if it carries a
 * MedMNIST name but other bytes; `name` is null for a file that the table does not know.
 */
export async function verifyFile(path: string, platform: Platform): Promise<{ md5: string; name: string | null }> {
  const sum = await withFile(platform, path, md5OfFile);
  const claimed = platform.basename(path).replace(/\.npz$/, "");
  const found = nameByMd5(sum) ?? null;
  if (found === null && Object.hasOwn(medmnist, claimed)) {
    throw new HqcnnError(
      `${path}: expected MD5 ${medmnist[claimed].md5} of the official ${claimed}, got ${sum}; fetch it again`,
    );
  }
  return { md5: sum, name: found };
}

/** Completes the partial file and returns the MD5 of the whole. */
async function download(name: string, set: MedMnistSet, partial: string, options: FetchOptions): Promise<string> {
  const { platform, baseUrl = zenodo, signal, onProgress } = options;
  const url = `${baseUrl}/${name}.npz/content`;
  let hash = createMd5();
  let size = 0;
  if ((await platform.stat(partial))?.kind === "file") {
    size = await withFile(platform, partial, async (file) => {
      await addFile(hash, file, { signal });
      return file.size;
    });
    if (hash.copy().hex() === set.md5) return set.md5; // it was stopped between the last byte and the rename
  }

  let response = await request(name, url, size, signal);
  const resumed = size > 0 && response.status === 206 && startsAt(response, size);
  if (size > 0 && !resumed && (response.ok || response.status === 416)) {
    // The server has no ranges, or the partial file is no beginning of its file.
    if (response.status !== 200) {
      await response.body?.cancel();
      response = await request(name, url, 0, signal);
    }
    await platform.removeFile(partial);
    hash = createMd5();
    size = 0;
  }
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new HqcnnError(
      `cannot fetch ${name}: ${url} answered ${response.status} ${response.statusText}; try again later`,
    );
  }

  const length = response.headers.get("content-length");
  const total = length === null || response.headers.has("content-encoding") ? null : size + Number(length);
  onProgress?.(size, total);
  let failure: unknown;
  try {
    for await (const bytes of blocks(response.body)) {
      await platform.appendBytes(partial, bytes);
      hash.update(bytes);
      size += bytes.length;
      onProgress?.(size, total);
    }
  } catch (error) {
    if (error instanceof HqcnnError) throw error; // the disk's, not the network's
    failure = error;
  }
  if (failure !== undefined || (total !== null && size < total)) {
    const what = signal?.aborted ? "stopped" : "the connection was lost";
    throw new HqcnnError(
      `${name}: ${what} after ${size} of ${total ?? "unknown"} bytes, which are kept; fetch again to continue from there`,
      { cause: failure },
    );
  }
  return hash.hex();
}

async function request(name: string, url: string, from: number, signal?: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { signal, headers: from > 0 ? { range: `bytes=${from}-` } : {} });
  } catch (error) {
    if (signal?.aborted) throw new HqcnnError(`${name}: stopped; fetch again to continue`, { cause: error });
    const { message, cause } = error as Error;
    const reason = cause instanceof Error && cause.message ? cause.message : message;
    throw new HqcnnError(`cannot fetch ${name}: no connection to ${new URL(url).host} (${reason}); check the network`, {
      cause: error,
    });
  }
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
async function* blocks(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  let packets: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  let failure: unknown;
  try {
    for (let done = false; !done; ) {
      try {
        const packet = await reader.read();
        done = packet.done;
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
