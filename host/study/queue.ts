import { HqcnnError, UsageError } from "../check.ts";
import { wasmFile } from "../engine/load.ts";
import type { Platform } from "../platform/platform.ts";
import { checksum } from "../training/checksum.ts";
import type { TrainOptions } from "../training/options.ts";

// What the executor bullmq.ts and the workers of work/queue.ts share: the connection, and what a job says.

/** Of the queue in Redis. */
export const QUEUE = "hqcnn";

/** A training in the queue. */
export interface QueueJob {
  id: string;
  options: TrainOptions;
  /** Absolute: the same on every machine that shares it. */
  folder: string;
  /** Of the data; null: a folder, left out: whatever is there. */
  md5?: string | null;
  /** SHA-256 of the engine's build. */
  engine: string;
}

/** What a worker says about its job meanwhile. */
export interface QueueProgress {
  worker: string;
  epoch?: number;
  /** Why it gave the job back. */
  lacks?: string;
}

/** SHA-256 of the build that trains; the one for threads computes the same bits. */
export async function engineChecksum(platform: Platform, { engine }: TrainOptions): Promise<string> {
  const [build] = engine.split("+") as ["strict" | "fast"];
  return checksum(await platform.readFile(platform.packageFile(wasmFile(build, 1))));
}

/** The address of a queue without user and password. @throws UsageError, which does not repeat it */
export function queueName(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    if (["redis:", "rediss:"].includes(protocol) && host !== "") return `${protocol}//${host}${pathname}`;
  } catch {}
  throw new UsageError("--queue: expected an address such as redis://host:6379 or rediss://user:password@host:6379");
}

/** BullMQ and the connection that it uses. */
export interface Connection {
  bullmq: typeof import("bullmq");
  redis: import("ioredis").Redis;
  /** Of the queue, without password. */
  name: string;
  /** Rejects when the queue has been away for too long. */
  lost: Promise<never>;
}

const FIRST_TRIES = 5;
const WAIT = { first: 1000, later: 5000 };
/** Minutes without the queue after which a study or a worker gives up. */
const PATIENCE = 10;

/**
 * Connects to a queue, trying several times.
 * @param note gets a line for each failed try
 * @throws HqcnnError when it cannot be reached, or BullMQ is not installed
 */
export async function connect(url: string, note: (text: string) => void): Promise<Connection> {
  const name = queueName(url);
  const { bullmq, Redis } = await load();
  let reason = "no answer";
  let isOpen = false;
  let failed = 0;
  let told = Number.NEGATIVE_INFINITY;
  const redis = new Redis(url, {
    ...{ lazyConnect: true, maxRetriesPerRequest: null, connectTimeout: 5000 },
    retryStrategy(times) {
      failed = times;
      if (isOpen ? times * WAIT.later > PATIENCE * 60_000 : times >= FIRST_TRIES) return null;
      const wait = isOpen ? WAIT.later : WAIT.first;
      // A worker has a second connection, which ends at the same time.
      const now = performance.now();
      if ((times < 4 || times % 12 === 0) && now - told > wait / 2) {
        told = now;
        note(`${name} cannot be reached (${reason}): trying again in ${wait / 1000} s`);
      }
      return wait;
    },
  });
  redis.on("error", (error: Error & { code?: string }) => {
    reason = reasonOf(error);
  });
  redis.on("ready", () => {
    if (isOpen && failed > 0) note(`${name} is there again`);
    failed = 0;
  });
  const lost = new Promise<never>((_, reject) => {
    redis.on("end", () =>
      reject(
        new HqcnnError(
          `${name} cannot be reached (${reason}): start it, or check the address\n` +
            "nothing is lost: the same command continues",
        ),
      ),
    );
  });
  lost.catch(() => {});
  // Its own promise ends with the first failure, while it goes on trying.
  redis.connect().catch((error: Error) => {
    reason = reasonOf(error);
    if (/WRONGPASS|NOAUTH|ERR invalid password/.test(error.message)) redis.disconnect();
  });
  await Promise.race([new Promise<void>((resolve) => redis.once("ready", resolve)), lost]);
  isOpen = true;
  return { bullmq, redis, name, lost };
}

function reasonOf(error: Error & { code?: string }): string {
  if (/WRONGPASS|NOAUTH|invalid password/.test(error.message)) return "user or password are refused";
  const words: Record<string, string> = {
    ECONNREFUSED: "nothing listens there",
    ENOTFOUND: "no such host",
    EAI_AGAIN: "no such host",
    ETIMEDOUT: "no answer",
    ECONNRESET: "the connection was cut",
  };
  return words[error.code ?? ""] ?? "no connection";
}

async function load() {
  try {
    const [bullmq, { Redis }] = await Promise.all([import("bullmq"), import("ioredis")]);
    return { bullmq, Redis };
  } catch (error) {
    throw new HqcnnError("--queue needs two packages that are not installed: npm install bullmq@6.7.0 ioredis@5.11.1", {
      cause: error,
    });
  }
}
