import { readFileSync, readlinkSync } from "node:fs";
import { link, open, readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { HqcnnError, UsageError } from "../check.ts";
import { codeOf } from "./errors.ts";
import type { Lock } from "./platform.ts";

// One writer per folder, by a lock file in it. Its name holds a number: whoever finds a dead writer's lock creates the
// one with the next number, which
// only one can do, and removes the dead one after that. Removing it first would let a second finder remove the new
// lock.

const NAME = /^\.lock-(\d+)$/;
/** Half-written files of writeAtomically: a name, the writer's process if it is recent enough to say so, a UUID. */
const TEMPORARY = /^\..+?\.(?:(\d+)\.)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/**
 * Milliseconds between two signs of life, and after how many without one a writer that cannot be asked counts as dead.
 */
const BEAT = 30_000;
const DEAD_AFTER = 300_000;
/**
 * A lock file without content is being written, or its writer was killed: milliseconds to wait before the latter is
 * assumed.
 */
const WRITING = 10_000;

/** What a lock file says of its writer. */
interface Holder {
  token: string;
  pid: number;
  /** When the process started, in the system's own count; null where the system does not say. */
  started: string | null;
  host: string;
  /** Differs between machines, reboots and containers: a process id means the same process only where this is equal. */
  space: string;
  since: string;
}

/** A temporary name beside a file, which `lock` knows and cleans up. */
export function temporaryName(name: string): string {
  return `.${name}.${process.pid}.${crypto.randomUUID()}.tmp`;
}

/**
 * Makes the caller the only writer of a folder, and removes what writers left there that were killed.
 * @throws UsageError naming who holds it and since when
 */
export async function lockFolder(path: string): Promise<Lock> {
  const folder = resolve(path);
  const token = crypto.randomUUID();
  const holder: Holder = {
    ...{ token, pid: process.pid, started: startOf(process.pid)?.time ?? null, host: hostName(), space: space() },
    since: new Date().toISOString(),
  };
  for (let attempts = 0; attempts < 20; attempts++) {
    const found = await locksIn(folder);
    for (const lock of found) await refuseAlive(path, lock);
    const number = Math.max(0, ...found.map(({ number }) => number)) + 1;
    const file = join(folder, `.lock-${number}`);
    if (!(await createExclusively(folder, file, JSON.stringify(holder)))) continue;
    try {
      // A writer that took and released the lock meanwhile may have been followed by one that counts from 1 again.
      for (const lock of await locksIn(folder)) if (lock.file !== file) await refuseAlive(path, lock);
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    }
    for (const lock of found) await rm(lock.file, { force: true });
    await removeTemporaries(folder);
    const beat = setInterval(() => {
      const now = new Date();
      utimes(file, now, now).catch(() => {});
    }, BEAT);
    beat.unref();
    return {
      async check() {
        if ((await read(file))?.token === token) return;
        throw new HqcnnError(`${path}: another process took this folder over: ${file} is not this process's any more`);
      },
      async release() {
        clearInterval(beat);
        if ((await read(file))?.token === token) await rm(file, { force: true });
      },
    };
  }
  throw new HqcnnError(`${path}: cannot get the folder's lock; try again`);
}

interface Found {
  file: string;
  number: number;
}

async function locksIn(folder: string): Promise<Found[]> {
  return (await readdir(folder)).flatMap((name) => {
    const number = NAME.exec(name)?.[1];
    return number === undefined ? [] : [{ file: join(folder, name), number: Number(number) }];
  });
}

/** False if the file exists. It appears with all its content, where the disk has hard links. */
async function createExclusively(folder: string, file: string, text: string): Promise<boolean> {
  const temporary = join(folder, temporaryName("lock"));
  try {
    const written = await open(temporary, "wx");
    await written.writeFile(text).finally(() => written.close());
    try {
      await link(temporary, file);
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      // A disk or runtime without hard links.
      const direct = await open(file, "wx");
      await direct.writeFile(text).finally(() => direct.close());
      return true;
    }
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

async function read(file: string): Promise<Holder | null> {
  try {
    const holder = JSON.parse(await readFile(file, "utf8")) as Holder;
    return typeof holder?.token === "string" && Number.isInteger(holder.pid) ? holder : null;
  } catch (error) {
    if (codeOf(error) === "ENOENT" || error instanceof SyntaxError) return null;
    throw error;
  }
}

async function refuseAlive(path: string, { file }: Found): Promise<void> {
  const holder = await read(file);
  let age: number;
  try {
    age = Date.now() - (await stat(file)).mtimeMs;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return; // released meanwhile
    throw error;
  }
  if (holder === null) {
    if (age > WRITING) return;
    throw new UsageError(`${path} is in use: another process has just started to write to it; wait until it has ended`);
  }
  if (!isHolderAlive(holder, age)) return;
  const who = holder.pid === process.pid && holder.space === space() ? "this process" : `process ${holder.pid}`;
  throw new UsageError(
    `${path} is in use: ${who} on ${holder.host} has been writing to it since ${holder.since}\n` +
      `wait until it has ended, or choose another folder (if it does not run any more, remove ${file})`,
  );
}

function isHolderAlive({ pid, started, space: theirs }: Holder, age: number): boolean {
  if (theirs !== space()) return age < DEAD_AFTER; // it cannot be asked from here
  const now = startOf(pid);
  if (now !== null) return !now.ended && (started === null || now.time === started);
  switch (signalled(pid)) {
    case "dead":
      return false;
    case "alive":
      return started !== null || age < DEAD_AFTER; // its number may be another process's by now
    default:
      return age < DEAD_AFTER;
  }
}

function signalled(pid: number): "alive" | "dead" | "unknown" {
  try {
    process.kill(pid, 0);
    return "alive";
  } catch (error) {
    if (codeOf(error) === "ESRCH") return "dead";
    return codeOf(error) === "EPERM" ? "alive" : "unknown"; // Deno asks for a permission
  }
}

/**
 * From Linux's /proc: when a process started, and whether it has ended and nobody has taken note. null: not there, or
 * not to be known.
 */
function startOf(pid: number): { time: string; ended: boolean } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    // From the third on: state, …, start time as the 22nd.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { time: fields[19], ended: fields[0] === "Z" || fields[0] === "X" };
  } catch {
    return null;
  }
}

let known: string | undefined;

/** What Deno forbids to look at is not known. */
function attempt(look: () => string): string {
  try {
    return look().trim();
  } catch {
    return "";
  }
}

const hostName = () => attempt(hostname) || "this machine";

function space(): string {
  known ??= [
    hostName(),
    attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1")),
    attempt(() => readlinkSync("/proc/self/ns/pid")),
  ].join("/");
  return known;
}

/** Removes half-written files of writers that are dead. */
async function removeTemporaries(folder: string): Promise<void> {
  const began = Date.now() - process.uptime() * 1000;
  for (const name of await readdir(folder)) {
    const match = TEMPORARY.exec(name);
    if (!match) continue;
    const path = join(folder, name);
    const pid = Number(match[1] ?? 0);
    try {
      // In a container a restarted process often has the number of the one before.
      const own = pid === process.pid && (await stat(path)).mtimeMs >= began;
      const other = pid !== 0 && pid !== process.pid && !(startOf(pid)?.ended ?? signalled(pid) === "dead");
      if (!own && !other) await rm(path, { force: true });
    } catch {
      // it is in nobody's way
    }
  }
}
