import type { Redis } from "ioredis";
import { HqcnnError, parseJson } from "../check.ts";
import { checksum } from "../network/checksum.ts";
import { type CarriedRun, isFurther, type Standing } from "../training/carried.ts";
import { z } from "../zod.ts";

// What the queue keeps of runs whose folders are not shared: the newest checkpoint with what belongs to it, and at the
// end the whole folder. One hash for each run, with an expiry.

/** Seconds after the last write. */
const EXPIRY = 14 * 24 * 3600;
/** Bytes of one run. */
const MOST_BYTES = 2 ** 28;
/** Shares of Redis' limit, or of its machine's memory, that are left to the jobs themselves. */
const ROOM = { ofLimit: 0.9, ofMachine: 0.5 };

const PREFIX = "hqcnn:run:";
const ABOUT = "about";

const aboutSchema = z.object({
  steps: z.int().min(0),
  epochs: z.int().min(0),
  finished: z.boolean(),
  /** Who wrote it. */
  by: z.string(),
  /** SHA-256 of each file. */
  sums: z.record(z.string(), z.string()),
});

/** Key of the model that a run starts from. */
export const startKey = (key: string) => `${key}:start`;

export type AsBuffer = (bytes: Uint8Array) => Uint8Array;
export type Kept = Standing & { by: string };

/** A run does not fit into Redis now: later it may. */
export class StoreFullError extends HqcnnError {
  override name = "StoreFullError";
}

export interface RunStore {
  /** Where the copy in the queue stands; null: there is none. */
  head(key: string): Promise<Kept | null>;
  /**
   * Puts a run in the place of an older copy.
   * @throws StoreFullError when Redis has no room; HqcnnError when the run is larger than any may be
   */
  write(key: string, run: CarriedRun, by: string): Promise<void>;
  /** @throws HqcnnError when it is damaged */
  read(key: string): Promise<(CarriedRun & { by: string }) | null>;
  remove(key: string): Promise<void>;
  close(): void;
}

/**
 * @param redis whoever makes it closes it; files have a connection of their own, so that they keep no job waiting
 * @param place the queue's address, for errors
 * @param asBuffer makes bytes what the client of Redis takes for bytes
 */
export function createStore(redis: Redis, place: string, asBuffer: AsBuffer): RunStore {
  const files = redis.duplicate();
  files.on("error", () => {}); // said by connect
  const aboutOf = (text: string | null | undefined) => {
    if (text === null || text === undefined) return null;
    try {
      return aboutSchema.parse(parseJson(text));
    } catch {
      return null; // of another version: it is written anew
    }
  };
  const head = async (key: string) => aboutOf(await redis.hget(PREFIX + key, ABOUT));
  return {
    head,
    async write(key, { files: content, ...standing }, by) {
      const bytes = Object.values(content).reduce((sum, { length }) => sum + length, 0);
      if (bytes > MOST_BYTES)
        throw new HqcnnError(
          `the run has ${megabytes(bytes)}, and a queue takes ${megabytes(MOST_BYTES)}: share the folder`,
        );
      const kept = await head(key);
      if (kept !== null && isFurther(kept, standing)) return; // this machine seemed dead to another one
      await refuseFull(redis, bytes, place);
      const sums: Record<string, string> = {};
      for (const [name, file] of Object.entries(content)) sums[name] = await checksum(file);
      const about = JSON.stringify({ ...standing, by, sums } satisfies z.infer<typeof aboutSchema>);
      const fields = Object.entries(content).map(([name, file]) => [name, asBuffer(file)] as const);
      const own = PREFIX + key;
      const written = files
        .multi()
        .del(own)
        .hset(own, Object.fromEntries([...fields, [ABOUT, about]]));
      try {
        const results = await written.expire(own, EXPIRY).exec();
        for (const [error] of results ?? []) if (error) throw error;
      } catch (error) {
        const text = `${place} does not take a run: ${reasonOf(error as Error)}`;
        throw files.status === "end" ? new HqcnnError(text) : new StoreFullError(text);
      }
    },
    async read(key) {
      const { [ABOUT]: about, ...content } = await files.hgetallBuffer(PREFIX + key);
      const known = aboutOf(about?.toString());
      if (known === null) return null;
      const { sums, ...rest } = known;
      for (const name of new Set([...Object.keys(sums), ...Object.keys(content)])) {
        if (!(name in content) || (await checksum(content[name])) !== sums[name])
          throw new HqcnnError(`${place}: its copy of ${name} of ${key} is damaged`);
      }
      return { ...rest, files: content };
    },
    async remove(key) {
      await redis.del(PREFIX + key, PREFIX + startKey(key));
    },
    close: () => files.disconnect(),
  };
}

/** Checkpoints never fill Redis, so that jobs always have room. */
async function refuseFull(redis: Redis, bytes: number, place: string): Promise<void> {
  const info = await redis.info("memory");
  const field = (key: string) => Number(new RegExp(`^${key}:(\\d+)`, "m").exec(info)?.[1] ?? 0);
  const [limit, machine] = [field("maxmemory"), field("total_system_memory")];
  const room = limit > 0 ? limit * ROOM.ofLimit : machine * ROOM.ofMachine;
  const used = field("used_memory");
  if (room === 0 || used + bytes <= room) return;
  const whose = limit > 0 ? "its maxmemory" : "its machine's memory";
  throw new StoreFullError(
    `${place} has no room for ${megabytes(bytes)}: it uses ${megabytes(used)} of ${megabytes(limit || machine)}, ${whose}`,
  );
}

const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;

function reasonOf({ message }: Error): string {
  if (/OOM/.test(message)) return "its memory is full (maxmemory)";
  if (/MISCONF/.test(message)) return "it cannot write to its disk";
  return "the connection was cut";
}
