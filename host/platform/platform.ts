/** What the host asks of the machine it runs on. Handed down as an argument; every error is a one-line HqcnnError. */
export interface Platform {
  /** Name and version, as in "node 20.20.2", "deno 2.9.6", "bun 1.4.5". */
  readonly runtime: string;
  /** Processors this process may use, at least 1. */
  readonly cpuCount: number;
  /** Folder of fetched data sets: HQCNN_DATA, else "hqcnn" in the user's cache folder. It need not exist yet. */
  readonly cacheFolder: string;
  readFile(path: string): Promise<Uint8Array>;
  /** Opens a file for reads at any offset, without holding it in memory. */
  openFile(path: string): Promise<RandomAccessFile>;
  /** What is at the path, links followed; null if nothing. `size` is in bytes. */
  stat(path: string): Promise<{ kind: EntryKind; size: number } | null>;
  /** Entries of a folder, links followed, sorted by name in code-unit order (the same on every machine). */
  list(folder: string): Promise<{ name: string; kind: EntryKind }[]>;
  /**
   * Writes all or nothing: on failure, and after kill -9, the path holds its old content or its new one, never a part.
   */
  writeFile(path: string, bytes: Uint8Array | string): Promise<void>;
  /** Appends a text and waits until it is on the disk. Creates the file. */
  appendFile(path: string, text: string): Promise<void>;
  /** Appends bytes without waiting for the disk (a download does this many times). Creates the file. */
  appendBytes(path: string, bytes: Uint8Array): Promise<void>;
  /** Creates a folder and the folders above it; does nothing if it exists. */
  makeFolder(path: string): Promise<void>;
  /**
   * Creates a folder that is not there yet, and the folders above it. False: something of this name exists. Of two
   * callers at once one succeeds.
   */
  createFolder(path: string): Promise<boolean>;
  /**
   * Makes the caller the only writer of an existing folder until it releases the lock or its process ends, however that
   * ends. Removes what killed writers left
   * half-written.
   * @throws UsageError naming who holds the folder and since when
   */
  lock(folder: string): Promise<Lock>;
  /** Removes a file; does nothing if there is none. */
  removeFile(path: string): Promise<void>;
  /** Moves a file within one disk, replacing the file at the new path. */
  rename(from: string, to: string): Promise<void>;
  join(...parts: string[]): string;
  basename(path: string): string;
  /** Path of a file shipped with the package, as in "build/strict.wasm", from sources and every build alike. */
  packageFile(relative: string): string;
  /**
   * Starts host/worker.ts in a thread; `onEnd` is told why when it ends by itself. It does not keep the process alive.
   */
  startThread(data: unknown, onEnd: (reason: string) => void): { ready: Promise<void>; stop(): void };
  /**
   * Starts host/worker.ts on a job of its own. `done` fails with what the worker failed with; `stop` asks it to end
   * soon.
   */
  startJob(data: unknown, onMessage: (message: unknown) => void): { done: Promise<void>; stop(): void };
  /** False where threads cannot share memory, as in a page that is not cross-origin isolated. */
  readonly sharesMemory?: boolean;
  /**
   * V8, where it is the runtime's engine and takes flags: its major version, how to set one for this process, and all
   * that decides which code it makes: processor with its features, runtime, options.
   */
  readonly v8?: { major: number; setFlag(flag: string): void; readonly identity?: string };
}

/** The right to write into a folder. */
export interface Lock {
  /** @throws HqcnnError if it was taken over, as by another machine to which this one seemed dead */
  check(): Promise<void>;
  release(): Promise<void>;
}

/** What it takes to load an engine: of every platform, and of a browser. */
export type EngineSource = Pick<
  Platform,
  "cpuCount" | "sharesMemory" | "readFile" | "packageFile" | "startThread" | "v8"
> &
  Partial<Pick<Platform, "cacheFolder" | "makeFolder" | "writeFile" | "join">>;

/** Short texts that are kept between processes in the cache folder; losing one costs time, never a result. */
export interface Notebook {
  /** Null where there is none. */
  read(name: string): Promise<string | null>;
  write(name: string, text: string): Promise<void>;
}

export type EntryKind = "file" | "folder";

export interface RandomAccessFile {
  /** Bytes in the file when it was opened. */
  readonly size: number;
  /** Differs where the file was written or replaced in between; not there where the platform does not say. */
  readonly version?: string;
  /** Exactly `length` bytes from byte `offset`; bytes beyond the end are an error, raised before memory is taken. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}
