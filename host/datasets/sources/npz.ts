import type { Entry, FileEntry } from "@zip.js/zip.js";
import { HqcnnError } from "../../check.ts";
import type { RandomAccessFile } from "../../platform/platform.ts";
import { type NpyHeader, npyHeaderEnd, npyPreamble, parseNpyHeader } from "./npy.ts";

/**
 * An open npz archive (stored or deflated, zip64 too). Reads only what is asked for. Errors name file, array, expected
 * and got.
 */
export interface Npz {
  path: string;
  /** Names of the arrays, without ".npy". */
  names: string[];
  /** Members of the archive that are no arrays. */
  others: string[];
  /** The header of an array; only the first bytes of the array are read. */
  header(name: string): Promise<NpyHeader>;
  /**
   * The values of an array as bytes, checked against the archive's CRC. They are held once. `check` may refuse the
   * header before memory is taken.
   */
  read(name: string, check?: (header: NpyHeader) => void): Promise<{ header: NpyHeader; data: Uint8Array }>;
  /**
   * The same, a piece at a time, so that large arrays pass through little memory: `bytesOf` says how many bytes each
   * piece has but the last, and may refuse the header.
   */
  pieces(name: string, bytesOf: (header: NpyHeader) => number): AsyncGenerator<Uint8Array, void, undefined>;
  /** Where an array's values lie in the file, in bytes from its start; null where they are deflated. */
  place(name: string, header: NpyHeader): Promise<number | null>;
  /** The arrays that are not deflated. */
  storedArrays(): Promise<StoredArray[]>;
}

/** An array (its header too) from byte `start` to before `end` of the file, and its CRC-32 as the archive states it. */
export interface StoredArray {
  name: string;
  start: number;
  end: number;
  crc: number;
}

/** Deflate cannot expand further than this (https://zlib.net/zlib_tech.html), so a larger claim is a lie. */
const largestExpansion = 1032;
/**
 * Arrays of this many bytes and more must not have been deflated further than `plausibleExpansion`: images never are.
 */
const largeArray = 64 << 20;
const plausibleExpansion = 200;
/** Members of an archive: data sets have a dozen. */
const mostMembers = 1000;

/**
 * Opens an npz; `path` names it in errors. A single .npy file is taken for an archive with one array named "images".
 * The caller closes the file.
 * @throws HqcnnError if the file is no zip archive, is cut short, or has too many, duplicate or overlapping members
 */
export async function openNpz(file: RandomAccessFile, path: string): Promise<Npz> {
  const start = (await file.read(0, Math.min(6, file.size))).join();
  if (start === npyMagic) return openSingle(file, path);
  if (!start.startsWith(zipMagic)) {
    throw new HqcnnError(`${path}: expected an npz file (a zip archive), got something else`);
  }
  const { Reader, ZipReader } = await import("./zip.ts"); // takes 60 ms: only those who read an npz pay
  class FileReader extends Reader<RandomAccessFile> {
    override size = file.size;
    override readUint8Array(offset: number, length: number): Promise<Uint8Array> {
      return file.read(offset, Math.max(0, Math.min(length, file.size - offset)));
    }
  }
  const entries: Entry[] = [];
  try {
    const reader = new ZipReader(new FileReader(file), { useWebWorkers: false, checkSignature: true });
    for await (const entry of reader.getEntriesGenerator()) {
      if (entries.push(entry) > mostMembers) break;
    }
  } catch (error) {
    throw damaged(path, error);
  }
  if (entries.length > mostMembers) {
    throw new HqcnnError(
      `${path}: expected at most ${mostMembers} arrays, got more; keep only the arrays of the data set`,
    );
  }
  checkPlaces(entries, file.size, path);
  const members = new Map<string, FileEntry>();
  const others: string[] = [];
  for (const entry of entries) {
    if (entry.directory) continue;
    if (entry.filename.endsWith(".npy")) members.set(entry.filename.slice(0, -4), entry);
    else others.push(entry.filename);
  }

  function member(name: string): FileEntry {
    const entry = members.get(name);
    if (!entry) {
      throw new HqcnnError(`${path}: expected an array ${name}, got ${[...members.keys()].join(", ") || "no arrays"}`);
    }
    if (entry.encrypted) throw new HqcnnError(`${path}: ${name}: is encrypted; save it without a password`);
    if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
      throw new HqcnnError(
        `${path}: ${name}: expected no compression or deflate (zip methods 0 and 8), got method ${entry.compressionMethod}; save it with numpy.savez_compressed`,
      );
    }
    return entry;
  }

  /** The array's header, then its bytes as they come. A reader that stops early ends the inflating. */
  async function* stream(name: string): AsyncGenerator<{ header: NpyHeader; bytes: Uint8Array }, void, undefined> {
    const where = `${path}: ${name}`;
    const entry = member(name);
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    let failure: unknown;
    const inflated = entry.getData(writable).catch((error: unknown) => {
      failure = error;
      // A failure before the first byte leaves the stream open, and its reader waiting for ever.
      return writable.abort(error).catch(() => {});
    });
    const reader = readable.getReader();
    const next = async () => {
      try {
        return await reader.read();
      } catch (error) {
        await inflated;
        throw damaged(where, failure ?? error);
      }
    };
    try {
      let head = new Uint8Array(0);
      let header: NpyHeader | undefined;
      for (;;) {
        const { done, value } = await next();
        if (done) break;
        if (header) {
          yield { header, bytes: value };
          continue;
        }
        head = concat(head, value);
        if (head.length < npyPreamble || head.length < npyHeaderEnd(head, where)) continue;
        header = parseNpyHeader(head, where);
        checkSize(name, header);
        yield { header, bytes: head.subarray(header.dataOffset) };
      }
      await inflated;
      if (failure !== undefined) throw damaged(where, failure);
      if (!header) {
        throw new HqcnnError(`${where}: expected an npy array, got ${head.length} bytes without a whole header`);
      }
    } finally {
      await reader.cancel().catch(() => {});
      await inflated;
    }
  }

  /** The archive's own sizes must agree with the header and be possible. */
  function checkSize(name: string, header: NpyHeader) {
    const { compressedSize, uncompressedSize } = member(name);
    const expected = header.dataOffset + header.dataBytes;
    if (uncompressedSize !== expected) {
      throw new HqcnnError(
        `${path}: ${name}: expected ${expected} bytes for shape (${header.shape.join(", ")}), got ${uncompressedSize}`,
      );
    }
    const limit = uncompressedSize < largeArray ? largestExpansion : plausibleExpansion;
    if (compressedSize > file.size || uncompressedSize > (compressedSize + 1) * limit) {
      throw new HqcnnError(
        `${path}: ${name}: claims ${uncompressedSize} bytes in ${compressedSize} of a ${file.size} byte file: no images ` +
          "shrink so far; damaged, or made to fill the memory",
      );
    }
  }

  /**
   * Where an array begins in the file; null: it is deflated. Behind the local header, whose extra field may have
   * another length than the directory's.
   */
  async function startOf(name: string): Promise<number | null> {
    const { compressionMethod, offset } = member(name);
    if (compressionMethod !== 0) return null;
    const local = new DataView((await file.read(offset, localHeader)).slice().buffer);
    if (local.getUint32(0, true) !== localMagic) return null; // bytes before the archive: it is read from its start on
    return offset + localHeader + local.getUint16(26, true) + local.getUint16(28, true);
  }

  async function storedArrays(): Promise<StoredArray[]> {
    const arrays: StoredArray[] = [];
    for (const [name, { encrypted, compressionMethod, compressedSize, signature }] of members) {
      const start = encrypted || compressionMethod !== 0 ? null : await startOf(name);
      if (start !== null && signature !== undefined)
        arrays.push({ name, start, end: start + compressedSize, crc: signature });
    }
    return arrays;
  }

  const found = { path, names: [...members.keys()], others, storedArrays };
  return createNpz(found, stream, async (name, { dataOffset }) => {
    const start = await startOf(name);
    return start === null ? null : start + dataOffset;
  });
}

const npyMagic = "147,78,85,77,80,89";
const zipMagic = "80,75,"; // PK

type Stream = (name: string) => AsyncGenerator<{ header: NpyHeader; bytes: Uint8Array }, void, undefined>;

function createNpz(
  about: Pick<Npz, "path" | "names" | "others" | "storedArrays">,
  stream: Stream,
  place: Npz["place"],
): Npz {
  const { path } = about;
  return {
    ...about,
    place,
    async header(name) {
      for await (const { header } of stream(name)) return header;
      throw new HqcnnError(`${path}: ${name}: has no header`);
    },
    async read(name, check) {
      let found: NpyHeader | undefined;
      let data = new Uint8Array(0);
      let filled = 0;
      for await (const { header, bytes } of stream(name)) {
        if (!found) {
          check?.(header);
          found = header;
          data = new Uint8Array(header.dataBytes);
        }
        data.set(bytes.subarray(0, data.length - filled), filled);
        filled += bytes.length;
      }
      if (filled !== data.length) {
        throw new HqcnnError(`${path}: ${name}: expected ${data.length} bytes, got ${filled}`);
      }
      return { header: found!, data };
    },
    async *pieces(name, bytesOf) {
      let piece: Uint8Array | undefined;
      let filled = 0;
      let left = 0;
      let size = 0;
      for await (const { header, bytes } of stream(name)) {
        if (!piece) {
          size = Math.max(1, bytesOf(header));
          left = header.dataBytes;
          piece = new Uint8Array(Math.min(size, left));
        }
        for (let at = 0; at < bytes.length && left > 0; ) {
          const some = Math.min(bytes.length - at, piece.length - filled);
          piece.set(bytes.subarray(at, at + some), filled);
          at += some;
          filled += some;
          left -= some;
          if (filled < piece.length) continue;
          yield piece;
          piece = new Uint8Array(Math.min(size, left));
          filled = 0;
        }
      }
      if (left > 0) throw new HqcnnError(`${path}: ${name}: is cut short by ${left} bytes; fetch or copy it again`);
    },
  };
}

/** A bare .npy file as an archive of one array. */
function openSingle(file: RandomAccessFile, path: string): Npz {
  const stream: Stream = async function* () {
    const head = await file.read(0, Math.min(longestHead, file.size));
    const header = parseNpyHeader(head, path);
    if (file.size !== header.dataOffset + header.dataBytes) {
      throw new HqcnnError(
        `${path}: expected ${header.dataOffset + header.dataBytes} bytes for shape (${header.shape.join(", ")}), ` +
          `got ${file.size}`,
      );
    }
    if (header.dataBytes === 0) yield { header, bytes: new Uint8Array(0) };
    for (let at = header.dataOffset; at < file.size; at += block) {
      yield { header, bytes: await file.read(at, Math.min(block, file.size - at)) };
    }
  };
  // Without a checksum of its own.
  const about = { path, names: ["images"], others: [], storedArrays: async () => [] };
  return createNpz(about, stream, async (_, { dataOffset }) => dataOffset);
}

const longestHead = 65536;
const block = 1 << 20;

/**
 * Every member must have a name of its own and bytes of its own: two entries that share bytes make a small file expand
 * to a huge one, and of two with one name readers disagree which counts.
 */
function checkPlaces(entries: readonly Entry[], fileSize: number, path: string): void {
  const seen = new Set<string>();
  for (const { filename } of entries) {
    if (seen.has(filename))
      throw new HqcnnError(`${path}: has two members named ${filename}: which counts is not said; save it again`);
    seen.add(filename);
  }
  const sorted = [...entries].sort((a, b) => a.offset - b.offset);
  for (const [i, { filename, offset, compressedSize, rawFilename }] of sorted.entries()) {
    const end = offset + localHeader + rawFilename.length + compressedSize;
    const limit = sorted[i + 1]?.offset ?? fileSize;
    if (end <= limit) continue;
    const other = sorted[i + 1] ? `overlaps ${sorted[i + 1].filename}` : "reaches beyond the end of the file";
    throw new HqcnnError(`${path}: ${filename} ${other}; damaged, or made to fill the memory`);
  }
}

/** Bytes of a local file header before its name, and its first four. */
const localHeader = 30;
const localMagic = 0x04034b50;

/** Reads a Blob or File of a browser as a file. */
export function fileOfBlob(blob: Blob): RandomAccessFile {
  return {
    size: blob.size,
    read: async (offset, length) => new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()),
    close: async () => {},
  };
}

/** Reads bytes in memory as a file, without copying them. */
export function fileOfBytes(bytes: Uint8Array): RandomAccessFile {
  return {
    size: bytes.length,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
    close: async () => {},
  };
}

function damaged(where: string, error: unknown): HqcnnError {
  const reason = error instanceof Error ? error.message : String(error);
  return new HqcnnError(`${where}: damaged or cut short (${reason}); fetch or copy the file again`, { cause: error });
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
