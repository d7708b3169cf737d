import type { Job } from "bullmq";
import { HqcnnError } from "../check.ts";
import type { Executor } from "../study/executor.ts";
import { asHandedRun, type HandedRun } from "../study/handed.ts";
import { connect, QUEUE, type QueueProgress } from "../study/queue.ts";
import { RUN_FILES } from "../training/files.ts";
import type { WorkContext } from "./context.ts";
import { whatLacks, whoHolds } from "./handed.ts";

export interface WorkerControl {
  /** What the others call this worker. */
  name: string;
  signal: AbortSignal;
  /** Lines about jobs and queue. */
  say: (text: string) => void;
}

/** Milliseconds that a job waits which a worker gave back; twice as long each time, up to the second. */
const GIVEN_BACK = { first: 2000, longest: 60_000 };
/** Milliseconds without a sign of life after which a worker's job is another one's, and between two looks for those. */
const DEAD = { after: 20_000, look: 5000 };

/**
 * Trains jobs of a queue until the signal comes: then it gives back what it has begun, with a checkpoint. A job whose
 * data or folder are not on this machine goes back, to be tried again later; one whose data or engine differ fails.
 * @throws HqcnnError when the queue cannot be reached
 */
export async function serveQueue(
  { platform }: WorkContext,
  url: string,
  executor: Executor,
  { name, signal, say }: WorkerControl,
): Promise<void> {
  const { bullmq, redis, lost, name: address } = await connect(url, say);
  /** What was given back, by what it lacks: said once each. */
  const told = new Set<string>();

  async function train(job: Job<HandedRun, boolean>, token?: string): Promise<boolean> {
    const run = asHandedRun(platform, job.data, `job ${job.id}`);
    const { id, folder, md5, until } = run;
    const tell = (progress: Omit<QueueProgress, "worker">) =>
      job.updateProgress({ worker: name, ...progress }).catch(() => {}); // the next one tells more
    if ((await platform.stat(platform.join(folder, RUN_FILES.metrics))) !== null) return true;
    const lacks = (await whatLacks(platform, run, name)) ?? (await whoHolds(platform, folder));
    if (lacks !== null) {
      if (!told.has(lacks)) say(`given back  ${id}: ${lacks}\n  it is tried again, here or by another worker`);
      told.add(lacks);
      await tell({ lacks: lacks.split("\n")[0] });
      const times = Math.min(10, job.attemptsStarted - 1);
      await job.moveToDelayed(Date.now() + Math.min(GIVEN_BACK.longest, GIVEN_BACK.first * 2 ** times), token);
      throw new bullmq.DelayedError();
    }
    say(`started   ${id}`);
    const options = { ...run.options, ...executor.options };
    const onEpoch = (epoch: number) => tell({ epoch });
    const finished = await executor.execute(options, folder, { signal, md5, until, onEpoch });
    if (finished || !signal.aborted) {
      say(`${finished ? "finished " : "paused   "} ${id}`);
      return finished;
    }
    await job.moveToDelayed(Date.now(), token);
    throw new bullmq.DelayedError();
  }

  const worker = new bullmq.Worker<HandedRun, boolean>(
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
      ...{ connection: redis, concurrency: executor.parallel, name, lockDuration: DEAD.after },
      // Many restarts of machines are no reason to give a run up; one that ends every worker is.
      ...{ stalledInterval: DEAD.look, maxStalledCount: 20 },
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
