import type { Job } from "bullmq";
import { HqcnnError } from "../check.ts";
import type { Executor } from "../study/executor.ts";
import { connect, engineChecksum, QUEUE, type QueueJob, type QueueProgress } from "../study/queue.ts";
import { RUN_FILES } from "../training/files.ts";
import { optionsOf, parseTrainOptions } from "../training/options.ts";
import type { WorkContext } from "./context.ts";
import { openTrainingData } from "./data.ts";

export interface WorkerControl {
  /** What the others call this worker. */
  name: string;
  signal: AbortSignal;
  /** Lines about jobs and queue. */
  say: (text: string) => void;
}

/** Milliseconds that a job waits which a worker gave back. */
const GIVEN_BACK = 10_000;
/** Milliseconds without a sign of life after which a worker's job is another one's. */
const DEAD_AFTER = 30_000;

/**
 * Trains jobs of a queue until the signal comes: then it gives back what it has begun, with a checkpoint.
 * @throws HqcnnError when the queue cannot be reached
 */
export async function serveQueue(
  { platform }: WorkContext,
  url: string,
  executor: Executor,
  { name, signal, say }: WorkerControl,
): Promise<void> {
  const { bullmq, redis, lost, name: address } = await connect(url, say);
  const opened = new Map<string, string | null>();

  /** Why this worker cannot do a job; null: it can. @throws HqcnnError when nobody should: data or engine differ */
  async function missing({ options, folder, md5, engine }: QueueJob): Promise<string | null> {
    const own = await engineChecksum(platform, options);
    if (own !== engine) {
      throw new HqcnnError(
        `engine ${options.engine} on ${name}: expected SHA-256 ${engine}, got ${own}: install the same hqcnn everywhere`,
      );
    }
    const study = platform.join(folder, "..");
    if ((await platform.stat(study)) === null) return `the folder ${study} is not there: share it`;
    const key = JSON.stringify(optionsOf("data", options));
    if (!opened.has(key)) {
      try {
        opened.set(key, (await openTrainingData(platform, options)).source.md5);
      } catch (error) {
        if (error instanceof HqcnnError) return error.message;
        throw error;
      }
    }
    const found = opened.get(key) ?? null;
    if (md5 !== undefined && found !== md5) {
      opened.delete(key); // it may be put right meanwhile
      throw new HqcnnError(
        `${options.data} on ${name}: expected data with MD5 ${md5 ?? "none"}, got ${found ?? "none"}: put the same file there`,
      );
    }
    try {
      await platform.makeFolder(folder);
      await (await platform.lock(folder)).release();
      return null;
    } catch (error) {
      if (error instanceof HqcnnError) return error.message;
      throw error;
    }
  }

  async function train(job: Job<QueueJob, boolean>, token?: string): Promise<boolean> {
    const { id, folder, md5 } = job.data;
    const options = { ...parseTrainOptions(job.data.options), ...executor.options };
    const tell = (progress: Omit<QueueProgress, "worker">) =>
      job.updateProgress({ worker: name, ...progress }).catch(() => {}); // the next one tells more
    if ((await platform.stat(platform.join(folder, RUN_FILES.metrics))) !== null) return true;
    const lacks = await missing(job.data);
    if (lacks !== null) {
      say(`given back  ${id}: ${lacks}`);
      await tell({ lacks: lacks.split("\n")[0] });
      await job.moveToDelayed(Date.now() + GIVEN_BACK, token);
      throw new bullmq.DelayedError();
    }
    say(`started   ${id}`);
    const finished = await executor.execute(options, folder, { signal, md5, onEpoch: (epoch) => tell({ epoch }) });
    if (finished) {
      say(`finished  ${id}`);
      return true;
    }
    await job.moveToDelayed(Date.now(), token);
    throw new bullmq.DelayedError();
  }

  const worker = new bullmq.Worker<QueueJob, boolean>(
    QUEUE,
    async (job, token) => {
      try {
        return await train(job, token);
      } catch (error) {
        if (error instanceof HqcnnError) say(`failed    ${job.data.id}: ${error.message}`);
        throw error;
      }
    },
    {
      ...{ connection: redis, concurrency: executor.parallel, name, lockDuration: DEAD_AFTER },
      // A worker that is killed again and again is no reason to give a run up.
      ...{ stalledInterval: 10_000, maxStalledCount: 1000 },
    },
  );
  worker.on("error", () => {}); // said by connect
  say(`${name} waits for runs of ${address}, ${executor.parallel} at a time`);
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  try {
    await Promise.race([stopped, lost]);
  } finally {
    await worker.close(!signal.aborted).catch(() => {});
    redis.disconnect();
  }
}
