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
  /** The header of an array; only the first bytes of the array are read. */
  header(name: string): Promise<NpyHeader>;
  /**
   * The values of an array as bytes, checked against the archive's CRC. They are held once. `check` may refuse the
   * header before memory is taken.
   */
  read(name: string, check?: (header: NpyHeader) => void): Promise<{ header: NpyHeader; data: Uint8Array }>;
}

/** Deflate cannot expand further than this (https://zlib.net/zlib_tech.html), so a larger claim is a lie. */
const largestExpansion = 1032;

/**
 * Opens an npz; `path` names it in errors. Throws if the file is not a zip archive or is cut short. The caller closes
 * the file.
 */
export async function openNpz(file: RandomAccessFile, path: string): Promise<Npz> {
  const { Reader, ZipReader } = await import("@zip.js/zip.js"); // takes 60 ms: only those who read an npz pay
  class FileReader extends Reader<RandomAccessFile> {
    override size = file.size;
    override readUint8Array(offset: number, length: number): Promise<Uint8Array> {
      return file.read(offset, Math.max(0, Math.min(length, file.size - offset)));
    }
  }
  const isZip = file.size >= 4 && (await file.read(0, 2)).join() === "80,75"; // PK
  if (!isZip) throw new HqcnnError(`${path}: expected an npz file (a zip archive), got something else`);
  let entries: Entry[];
  try {
    entries = await new ZipReader(new FileReader(file), { useWebWorkers: false, checkSignature: true }).getEntries();
  } catch (error) {
    throw damaged(path, error);
  }
  const members = new Map<string, FileEntry>();
  for (const entry of entries) {
    if (!entry.directory && entry.filename.endsWith(".npy")) members.set(entry.filename.slice(0, -4), entry);
  }

  function member(name: string): FileEntry {
    const entry = members.get(name);
    if (entry) return entry;
    throw new HqcnnError(`${path}: expected an array ${name}, got ${[...members.keys()].join(", ") || "no arrays"}`);
  }

  /**
   * Streams an array: `onHeader` once, then `onData` with the bytes after the header until it is all. `onHeader` may
   * return false to stop.
   */
  async function stream(name: string, onHeader: (header: NpyHeader) => boolean, onData: (bytes: Uint8Array) => void) {
    const where = `${path}: ${name}`;
    const entry = member(name);
    let head = new Uint8Array(0);
    let header: NpyHeader | undefined;
    let stopped = false;
    let refusal: unknown; // some runtimes lose the reason of a broken stream
    const sink = new WritableStream<Uint8Array>({
      write(bytes) {
        try {
          if (header) return onData(bytes);
          head = concat(head, bytes);
          if (head.length < npyPreamble || head.length < npyHeaderEnd(head, where)) return;
          header = parseNpyHeader(head, where);
          stopped = !onHeader(header);
          if (!stopped) return onData(head.subarray(header.dataOffset));
        } catch (error) {
          refusal = error;
          throw error;
        }
        throw new Error("stopped"); // ends the inflating
      },
    });
    try {
      await entry.getData(sink);
    } catch (error) {
      if (!stopped) throw refusal ?? damaged(where, error);
    }
    if (!header)
      throw new HqcnnError(`${where}: expected an npy array, got ${head.length} bytes without a whole header`);
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
    if (compressedSize > file.size || uncompressedSize > compressedSize * largestExpansion + largestExpansion) {
      throw new HqcnnError(
        `${path}: ${name}: claims ${uncompressedSize} bytes in ${compressedSize} of a ${file.size} byte file; damaged`,
      );
    }
  }

  return {
    path,
    names: [...members.keys()],
    async header(name) {
      let found: NpyHeader | undefined;
      await stream(
        name,
        (header) => {
          checkSize(name, header);
          found = header;
          return false;
        },
        () => {},
      );
      return found!;
    },
    async read(name, check) {
      let found: NpyHeader | undefined;
      let data = new Uint8Array(0);
      let filled = 0;
      await stream(
        name,
        (header) => {
          checkSize(name, header);
          check?.(header);
          found = header;
          data = new Uint8Array(header.dataBytes);
          return true;
        },
        (bytes) => {
          data.set(bytes, filled); // throws beyond the end
          filled += bytes.length;
        },
      );
      if (filled !== data.length)
        throw new HqcnnError(`${path}: ${name}: expected ${data.length} bytes, got ${filled}`);
      return { header: found!, data };
    },
  };
}

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
