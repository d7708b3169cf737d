import { HqcnnError, UsageError } from "../check.ts";

// What the executor bullmq.ts and the workers of work/queue.ts share: the connection, and what workers say.

/** Of the queue in Redis. */
export const QUEUE = "hqcnn";

/** What a worker says about its job meanwhile. */
export interface QueueProgress {
  worker: string;
  epoch?: number;
  /** Why it gave the job back. */
  lacks?: string;
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
  try {
    checkServer(await redis.info().catch(() => ""), name, note);
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  return { bullmq, redis, name, lost };
}

/** Refuses a Redis that may lose jobs, or is too old for BullMQ, by what it says of itself. */
function checkServer(info: string, name: string, note: (text: string) => void): void {
  const field = (key: string) => new RegExp(`^${key}:(.*?)\\r?$`, "m").exec(info)?.[1];
  const version = field("redis_version");
  if (version !== undefined && Number.parseInt(version, 10) < 5)
    throw new HqcnnError(`${name}: expected Redis 5 or later, got ${version}`);
  const policy = field("maxmemory_policy");
  if (policy !== undefined && policy !== "noeviction") {
    throw new HqcnnError(
      `${name}: expected the setting maxmemory-policy noeviction, got ${policy}, which may drop runs: change it there`,
    );
  }
  if (field("aof_enabled") === "0") {
    note(`${name} keeps its jobs in memory alone: after it has been restarted, a study must be there to hand them over
again; redis-server --appendonly yes keeps them`);
  }
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
