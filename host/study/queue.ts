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
  /** It lacks what is in the study's folder, which it does not share. */
  wants?: boolean;
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
  let refused = false;
  const advice = "start it, or check the address (rediss:// is for TLS)";
  let isOpen = false;
  let failed = 0;
  let told = Number.NEGATIVE_INFINITY;
  hearNoPassword(() => note(`${name} asks for no password: whoever reaches it may use it`));
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
  const fail = (error: Error) => {
    if (refused) return; // what follows is that it is closed
    const known = meaningOf(error);
    reason = known?.text ?? "no connection";
    refused = known?.final === true;
    if (refused) redis.disconnect();
  };
  redis.on("error", fail);
  redis.on("ready", () => {
    if (isOpen && failed > 0) note(`${name} is there again`);
    failed = 0;
  });
  const lost = new Promise<never>((_, reject) => {
    redis.on("end", () =>
      reject(
        new HqcnnError(
          `${name} ${refused ? `cannot be used: ${reason}` : `cannot be reached (${reason}): ${advice}`}\n` +
            "nothing is lost: the same command continues",
        ),
      ),
    );
  });
  lost.catch(() => {});
  // Its own promise ends with the first failure, while it goes on trying.
  redis.connect().catch(fail);
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

/** A password that a Redis does not ask for is told once; the library would write that to the console itself. */
function hearNoPassword(tell: () => void): void {
  const { warn } = console;
  let isTold = false;
  console.warn = (...texts: unknown[]) => {
    if (!/Redis.*does not require a password/.test(String(texts[0]))) return warn(...texts);
    if (!isTold) tell();
    isTold = true;
  };
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

/** What an error of the connection means, by its code or text. `final`: trying again does not help. */
const REASONS: readonly { pattern: RegExp; text: string; final?: true }[] = [
  { pattern: /WRONGPASS|invalid password|invalid username/i, text: "user or password are refused", final: true },
  { pattern: /NOAUTH|AUTH.*required/i, text: "it asks for a password: redis://:PASSWORD@host", final: true },
  { pattern: /NOPERM/, text: "its user may not do what a queue needs", final: true },
  { pattern: /CERT_HAS_EXPIRED/, text: "its certificate has expired", final: true },
  { pattern: /ALTNAME_INVALID/, text: "its certificate is another host's", final: true },
  {
    pattern: /SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|UNKNOWNISSUER|CERT_/i,
    text: "its certificate is signed by nobody that is trusted: NODE_EXTRA_CA_CERTS=FILE adds who signed it",
    final: true,
  },
  {
    pattern: /WRONG_VERSION_NUMBER|wrong version number|EPROTO|packet length/i,
    text: "no TLS there: redis://?",
    final: true,
  },
  { pattern: /Protocol error/i, text: "no Redis answers there, or one with TLS: rediss://?", final: true },
  { pattern: /ECONNREFUSED/, text: "nothing listens there" },
  { pattern: /ENOTFOUND|EAI_AGAIN/, text: "no such host" },
  { pattern: /ETIMEDOUT/, text: "no answer" },
  { pattern: /ECONNRESET/, text: "the connection was cut" },
];

function meaningOf({ code, message }: Error & { code?: string }) {
  return REASONS.find(({ pattern }) => pattern.test(`${code ?? ""} ${message}`));
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
