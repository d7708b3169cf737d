import type { Job } from "bullmq";
import { HqcnnError } from "../check.ts";
import { asBuffer } from "../platform/programs.ts";
import type { Executor } from "../study/executor.ts";
import { asHandedRun, type HandedRun } from "../study/handed.ts";
import { connect, QUEUE, type QueueProgress } from "../study/queue.ts";
import { createStore } from "../study/store.ts";
import { RUN_FILES } from "../training/files.ts";
import { createCarrier } from "./carried.ts";
import type { WorkContext } from "./context.ts";
import { whatLacks, whoHolds } from "./handed.ts";

export interface WorkerControl {
  /** What the others call this worker. */
  name: string;
  signal: AbortSignal;
  /** Lines about jobs and queue. */
  say: (text: string) => void;
  /** Trains there in place of studies' folders. */
  out?: string;
}

/** Milliseconds that a job waits which a worker gave back; twice as long each time, up to the second. */
const GIVEN_BACK = { first: 2000, longest: 60_000 };
/** Milliseconds without a sign of life after which a worker's job is another one's, and between two looks for those. */
const DEAD = { after: 20_000, look: 5000 };

/**
 * Trains jobs of a queue until the signal comes: then it gives back what it has begun, with a checkpoint. A job whose
 * data are not on this machine goes back, to be tried again later; one whose data or engine differ fails. Where a
 * study's folder is not shared, checkpoints and results travel through the queue.
 * @throws HqcnnError when the queue cannot be reached
 */
export async function serveQueue(
  { platform }: WorkContext,
  url: string,
  executor: Executor,
  { name, signal, say, out }: WorkerControl,
): Promise<void> {
  const { bullmq, redis, lost, name: address } = await connect(url, say);
  const store = createStore(redis, address, asBuffer);
  const carrier = createCarrier(platform, store, { name, out, say });
  /** What was given back, by what it lacks: said once each. */
  const told = new Set<string>();

  async function train(job: Job<HandedRun, boolean>, token?: string): Promise<boolean> {
    const run = asHandedRun(platform, job.data, `job ${job.id}`);
    const { id, md5, until } = run;
    const tell = (progress: Omit<QueueProgress, "worker">) =>
      job.updateProgress({ worker: name, ...progress }).catch(() => {}); // the next one tells more
    const place = await carrier.placeOf(run);
    const { folder, isShared } = place;
    const giveBack = async (after: number): Promise<never> => {
      await job.moveToDelayed(Date.now() + after, token);
      throw new bullmq.DelayedError();
    };
    const isFinished = async () => (await platform.stat(platform.join(folder, RUN_FILES.metrics))) !== null;
    const deliver = async (finished: boolean) => {
      if (!isShared && !(await carrier.deliver(run, folder, signal))) await giveBack(0);
      return finished;
    };
    if (await isFinished()) return deliver(true);
    let lacks = (await whatLacks(platform, run, name)) ?? (await whoHolds(platform, folder));
    const fetched = lacks === null ? await carrier.fetch(run, place) : null;
    if (fetched === null || "lacks" in fetched) {
      lacks ??= fetched!.lacks;
      if (!told.has(lacks)) say(`given back  ${id}: ${lacks}\n  it is tried again, here or by another worker`);
      told.add(lacks);
      await tell({ lacks: lacks.split("\n")[0], wants: fetched !== null });
      const times = Math.min(10, job.attemptsStarted - 1);
      return giveBack(Math.min(GIVEN_BACK.longest, GIVEN_BACK.first * 2 ** times));
    }
    if (await isFinished()) return deliver(true);
    say(`started   ${id}`);
    const options = { ...fetched.options, ...executor.options };
    const sender = isShared ? null : carrier.sendCheckpoints(run, folder);
    const onEpoch = (epoch: number) => {
      sender?.onEpoch();
      tell({ epoch });
    };
    let finished = false;
    try {
      finished = await executor.execute(options, folder, { signal, md5, until, onEpoch });
    } finally {
      await sender?.end(!finished && (until === undefined || signal.aborted));
    }
    if (!finished && signal.aborted) return giveBack(0);
    await deliver(finished);
    say(`${finished ? "finished " : "paused   "} ${id}`);
    return finished;
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
    store.close();
    redis.disconnect();
  }
}
