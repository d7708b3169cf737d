import type { DBSchema, IDBPDatabase, IDBPObjectStore, IDBPTransaction } from "idb";
import { HqcnnError } from "../check.ts";
import type { EntryKind, Platform, RandomAccessFile } from "./platform.ts";

// Files and folders in the browser's storage. `entries` holds one record a file or folder, found by its folder's id and
// its name; `blocks` holds the bytes of files, by the file's id and the place of the block's first byte. A change is
// one transaction: it happens whole or not at all.

/** Largest block, in bytes: reading a part of a file reads less than this much beside it. */
const BLOCK = 1 << 18;
const ROOT = 0;

interface Entry {
  /** Given by the storage when the record is added, from 1. */
  id?: number;
  /** Id of the folder it lies in. */
  parent: number;
  name: string;
  kind: EntryKind;
  /** Bytes of a file, 0 of a folder. */
  size: number;
}
type Found = Required<Entry>;

interface Schema extends DBSchema {
  entries: { key: number; value: Entry; indexes: { place: [number, string] } };
  blocks: { key: [number, number]; value: Uint8Array };
}
type Store = "entries" | "blocks";
type Transaction = IDBPTransaction<Schema, Store[], IDBTransactionMode>;
type Blocks = Pick<IDBPObjectStore<Schema, Store[], "blocks">, "getAll" | "getAllKeys">;
type WriteTransaction = IDBPTransaction<Schema, Store[], "readwrite">;

/** The part of a platform that keeps files. */
export type Files = Pick<
  Platform,
  | "readFile"
  | "openFile"
  | "stat"
  | "list"
  | "writeFile"
  | "appendFile"
  | "appendBytes"
  | "makeFolder"
  | "createFolder"
  | "removeFile"
  | "rename"
> & {
  /** Removes a folder and all that is in it; does nothing if there is none. */
  removeFolder(path: string): Promise<void>;
};

/**
 * Files in IndexedDB, the same for every page and worker of an origin. Paths are POSIX; "a" and "/a" are the same file.
 */
export function createStorage(): Files {
  return {
    readFile: (path) =>
      attempt("read", path, async () => {
        // One transaction: a writer may replace the file meanwhile.
        const tx = (await database()).transaction(["entries", "blocks"]);
        const file = fileOf(await find(tx as unknown as Transaction, namesOf(path)));
        return readBlocks(tx.objectStore("blocks"), file, 0, file.size);
      }),
    openFile: (path) => attempt("read", path, () => openRandomAccess(path)),
    stat: (path) =>
      attempt("read", path, async () => {
        const found = await look(path).catch(nullIfBelowFile);
        return found && { kind: found.kind, size: found.size };
      }),
    list: (path) => attempt("read", path, () => list(path)),
    writeFile: (path, bytes) => attempt("write", path, () => change((tx) => replace(tx, path, toBytes(bytes)))),
    appendFile: (path, text) => attempt("write", path, () => change((tx) => append(tx, path, toBytes(text)))),
    appendBytes: (path, bytes) => attempt("write", path, () => change((tx) => append(tx, path, bytes), "relaxed")),
    makeFolder: (path) => attempt("create", path, () => change((tx) => makeFolder(tx, path))),
    async createFolder(path) {
      let created = false;
      await attempt("create", path, () =>
        change(async (tx) => {
          if ((await find(tx, namesOf(path))) !== null) return;
          await makeFolder(tx, path);
          created = true;
        }),
      );
      return created;
    },
    removeFile: (path) => attempt("remove", path, () => change((tx) => remove(tx, path))),
    removeFolder: (path) => attempt("remove", path, () => change((tx) => removeFolder(tx, path))),
    rename: (from, to) => attempt("rename", from, () => change((tx) => rename(tx, from, to))),
  };
}

/** The names on the way to a path, from the root. */
export function namesOf(path: string): string[] {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return names;
}

const missing = "no such file; check the path";
const noFolder = "its folder does not exist; create it or choose another path";
const isFolder = "expected a file, got a folder; give the path of a file";
const belowFile = "expected a folder, got a file on the way; check the path";
const replaced = "it was removed or replaced while it was read; open it again";

const root: Found = { id: ROOT, parent: ROOT, name: "", kind: "folder", size: 0 };
const toBytes = (bytes: Uint8Array | string) => (typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
// In IndexedDB's order a list comes after every name and number.
const allOf = (id: number) => IDBKeyRange.bound([id], [id, []]);

/** What lies at a path, or null. */
async function find(tx: Transaction, names: readonly string[]): Promise<Found | null> {
  let entry: Found | undefined = root;
  for (const name of names) {
    if (entry.kind === "file") throw new Error(belowFile);
    entry = (await tx.objectStore("entries").index("place").get([entry.id, name])) as Found | undefined;
    if (!entry) return null;
  }
  return entry;
}

async function look(path: string): Promise<Found | null> {
  const tx = (await database()).transaction("entries");
  return find(tx as unknown as Transaction, namesOf(path));
}

function nullIfBelowFile(error: unknown): null {
  if (error instanceof Error && error.message === belowFile) return null;
  throw error;
}

function fileOf(found: Found | null): Found {
  if (!found) throw new Error(missing);
  if (found.kind === "folder") throw new Error(isFolder);
  return found;
}

async function openRandomAccess(path: string): Promise<RandomAccessFile> {
  const file = fileOf(await look(path));
  return {
    size: file.size,
    version: String(file.id),
    read: (offset, length) =>
      attempt("read", path, async () => {
        checkRange(path, file.size, offset, length);
        return readBlocks((await database()).transaction("blocks").store, file, offset, length);
      }),
    close: async () => {},
  };
}

/** Throws unless the bytes are in the file. */
export function checkRange(path: string, size: number, offset: number, length: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= size) return;
  throw new HqcnnError(
    `${path} is cut short: expected at least ${offset + length} bytes, got ${size}; fetch or copy it again`,
  );
}

async function readBlocks(blocks: Blocks, { id }: Found, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  if (length === 0) return bytes;
  const range = IDBKeyRange.bound([id, Math.max(0, offset - BLOCK + 1)], [id, offset + length - 1]);
  const [keys, values] = await Promise.all([blocks.getAllKeys(range), blocks.getAll(range)]);
  let done = 0;
  for (const [i, [, start]] of keys.entries()) {
    const from = Math.max(0, offset - start);
    const part = values[i].subarray(from, Math.min(values[i].length, offset + length - start));
    if (part.length === 0) continue;
    bytes.set(part, start + from - offset);
    done += part.length;
  }
  if (done !== length) throw new Error(replaced);
  return bytes;
}

async function list(path: string): Promise<{ name: string; kind: EntryKind }[]> {
  const tx = (await database()).transaction("entries");
  const folder = await find(tx as unknown as Transaction, namesOf(path));
  if (!folder) throw new Error(missing);
  if (folder.kind === "file") throw new Error(belowFile);
  const entries = await tx.store.index("place").getAll(allOf(folder.id));
  return entries.map(({ name, kind }) => ({ name, kind }));
}

/** The folder that a path's last name lies in, and what is there now. */
async function findPlace(tx: Transaction, path: string): Promise<{ parent: number; name: string; old: Found | null }> {
  const names = namesOf(path);
  const name = names.pop();
  if (name === undefined) throw new Error(isFolder);
  const folder = await find(tx, names);
  if (!folder) throw new Error(noFolder);
  if (folder.kind === "file") throw new Error(belowFile);
  const old = await find(tx, [...names, name]);
  if (old?.kind === "folder") throw new Error(isFolder);
  return { parent: folder.id, name, old };
}

async function replace(tx: WriteTransaction, path: string, bytes: Uint8Array): Promise<void> {
  const { parent, name, old } = await findPlace(tx, path);
  if (old) await erase(tx, old);
  await addFile(tx, { parent, name, kind: "file", size: bytes.length }, bytes);
}

async function append(tx: WriteTransaction, path: string, bytes: Uint8Array): Promise<void> {
  const { parent, name, old } = await findPlace(tx, path);
  if (!old) return addFile(tx, { parent, name, kind: "file", size: bytes.length }, bytes);
  await putBlocks(tx, old.id, old.size, bytes);
  await tx.objectStore("entries").put({ ...old, size: old.size + bytes.length });
}

async function addFile(tx: WriteTransaction, entry: Entry, bytes: Uint8Array): Promise<void> {
  await putBlocks(tx, await tx.objectStore("entries").add(entry), 0, bytes);
}

async function putBlocks(tx: WriteTransaction, id: number, at: number, bytes: Uint8Array): Promise<void> {
  const blocks = tx.objectStore("blocks");
  const put: Promise<unknown>[] = [];
  for (let start = 0; start < bytes.length; start += BLOCK) {
    // slice: of a view, the storage would keep the whole buffer, and of a shared memory nothing
    put.push(blocks.put(bytes.slice(start, start + BLOCK), [id, at + start]));
  }
  await Promise.all(put);
}

async function erase(tx: WriteTransaction, { id }: Found): Promise<void> {
  await Promise.all([tx.objectStore("entries").delete(id), tx.objectStore("blocks").delete(allOf(id))]);
}

async function makeFolder(tx: WriteTransaction, path: string): Promise<void> {
  const names = namesOf(path);
  let parent = ROOT;
  for (const [i, name] of names.entries()) {
    const found = await find(tx, names.slice(0, i + 1));
    if (found?.kind === "file") {
      throw new Error(i < names.length - 1 ? belowFile : "a file of this name exists; choose another path");
    }
    parent = found ? found.id : await tx.objectStore("entries").add({ parent, name, kind: "folder", size: 0 });
  }
}

async function remove(tx: WriteTransaction, path: string): Promise<void> {
  const found = await find(tx, namesOf(path));
  if (found?.kind === "folder") throw new Error(isFolder);
  if (found) await erase(tx, found);
}

async function removeFolder(tx: WriteTransaction, path: string): Promise<void> {
  const found = await find(tx, namesOf(path));
  if (found?.kind === "file") throw new Error("expected a folder, got a file");
  if (found) await eraseTree(tx, found);
}

async function eraseTree(tx: WriteTransaction, entry: Found): Promise<void> {
  const inside = (await tx.objectStore("entries").index("place").getAll(allOf(entry.id))) as Found[];
  for (const each of inside) await (each.kind === "folder" ? eraseTree(tx, each) : erase(tx, each));
  if (entry.id !== ROOT) await erase(tx, entry);
}

/** Folders too, unless something is at the new path. */
async function rename(tx: WriteTransaction, from: string, to: string): Promise<void> {
  const moved = await find(tx, namesOf(from));
  if (!moved) throw new Error(missing);
  if (moved.kind === "folder" && namesOf(to).slice(0, namesOf(from).length).join("/") === namesOf(from).join("/"))
    throw new Error("a folder cannot be moved into itself");
  const { parent, name, old } = await findPlace(tx, to);
  if (old?.id === moved.id) return;
  if (old) await erase(tx, old);
  await tx.objectStore("entries").put({ ...moved, parent, name });
}

/**
 * Runs `make` in one transaction and waits until it is kept; on an error everything is as before. Strict: until it is
 * on the disk.
 */
async function change(
  make: (tx: WriteTransaction) => Promise<void>,
  durability: IDBTransactionDurability = "strict",
): Promise<void> {
  const tx = (await database()).transaction(["entries", "blocks"], "readwrite", { durability });
  const kept = tx.done;
  kept.catch(() => {}); // looked at below
  try {
    await make(tx as unknown as WriteTransaction);
  } catch (error) {
    try {
      tx.abort();
    } catch {
      // a full storage has aborted it already
    }
    throw tx.error ?? error;
  }
  await kept;
}

let opened: Promise<IDBPDatabase<Schema>> | undefined;

/** The one database of this page or worker, opened when first asked for. */
function database(): Promise<IDBPDatabase<Schema>> {
  opened ??= open().catch((error) => {
    opened = undefined;
    throw error;
  });
  return opened;
}

async function open(): Promise<IDBPDatabase<Schema>> {
  const { openDB } = await import("idb");
  try {
    const found = await openDB<Schema>("hqcnn", 1, {
      upgrade(created) {
        const entries = created.createObjectStore("entries", { keyPath: "id", autoIncrement: true });
        entries.createIndex("place", ["parent", "name"], { unique: true });
        created.createObjectStore("blocks");
      },
      // A newer hqcnn in another tab wants to change the database: let it, and open it again when needed.
      blocking() {
        found.close();
        opened = undefined;
      },
      terminated() {
        opened = undefined;
      },
    });
    return found;
  } catch (error) {
    const name = nameOf(error);
    if (name === "QuotaExceededError") throw error;
    throw new HqcnnError(
      name === "VersionError"
        ? "the files in this browser's storage are of a newer hqcnn: reload the page to get it"
        : `this browser gives the page no storage (${name || error}): allow site data for this page, or leave private browsing`,
      { cause: error },
    );
  }
}

const nameOf = (error: unknown): string => (error instanceof Error || error instanceof DOMException ? error.name : "");

async function attempt<T>(verb: string, path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof HqcnnError) throw error;
    throw new HqcnnError(`cannot ${verb} ${path}: ${reason(error)}`, { cause: error });
  }
}

function reason(error: unknown): string {
  if (nameOf(error) === "QuotaExceededError")
    return "the browser's storage for this page is full; remove runs or data sets that you no longer need, or free disk space";
  return (error instanceof Error ? error.message : String(error)).replaceAll("\n", " ");
}
