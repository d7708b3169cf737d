import { HqcnnError } from "../check.ts";
import { checksum } from "../network/checksum.ts";
import type { Platform } from "../platform/platform.ts";
import { RUN_FILES } from "../training/files.ts";
import type { Executor } from "./executor.ts";
import { type HandedRun, handOver } from "./handed.ts";
import { connect, QUEUE, type QueueProgress } from "./queue.ts";

/** Milliseconds between two looks at a job; more jobs are looked at less often. */
const LOOK = 500;
/** Milliseconds after which a queue without workers is told. */
const NOBODY = 5000;

/**
 * Hands runs to the workers of a queue in Redis (`hqcnn worker --queue`), which train them in the same folder: every
 * machine has it under the same path. A job's id says folder and run, so that handing it over twice does nothing.
 * @param url never printed: it may hold a password
 * @param resolve makes paths absolute: workers have other working directories
 * @param note gets a line when the queue is lost, has no workers, or a worker gives a job back
 */
export async function queueExecutor(
  platform: Platform,
  url: string,
  { resolve, note }: { resolve: (path: string) => string; note: (text: string) => void },
): Promise<Executor> {
  const { bullmq, redis, name, lost } = await connect(url, note);
  const queue = new bullmq.Queue<HandedRun, boolean>(QUEUE, { connection: redis });
  queue.on("error", () => {}); // said by connect
  let pending = 0;
  const said = new Set<string>();
  const sayOnce = (text: string) => {
    if (said.has(text)) return;
    said.add(text);
    note(text);
  };
  const hear = (id: string, progress: unknown, onEpoch: (epoch: number) => void) => {
    if (typeof progress !== "object" || progress === null) return;
    const { worker, epoch, lacks } = progress as QueueProgress;
    if (epoch !== undefined) onEpoch(epoch);
    if (lacks !== undefined) sayOnce(`${id}: given back by ${worker}: ${lacks}`);
  };
  const alone = setTimeout(async () => {
    const workers = await queue.getWorkersCount().catch(() => 1);
    if (workers === 0 && pending > 0) note(`no worker waits for runs of ${name} yet: start hqcnn worker --queue …`);
  }, NOBODY);
  alone.unref();
  return {
    parallel: Number.MAX_SAFE_INTEGER,
    options: {},
    place: `by the workers of ${name}`,
    async execute(options, folder, { signal, onEpoch, ...control }) {
      const run = await handOver(platform, options, resolve(folder), control, resolve);
      const { until } = run;
      const jobId = `${run.id}-${(await checksum(run.folder)).slice(0, 12)}${until === undefined ? "" : `-${until}`}`;
      pending++;
      try {
        return await Promise.race([work(), lost]);
      } finally {
        pending--;
      }

      async function work(): Promise<boolean> {
        while (!signal?.aborted) {
          const job = await queue.getJob(jobId);
          const state = (await job?.getState()) ?? "unknown";
          if (job) hear(run.id, job.progress, onEpoch);
          if (state === "unknown") {
            await queue.add("train", run, { jobId });
          } else if (state === "completed" || state === "failed") {
            const [reason, finished] = [job?.failedReason, job?.returnvalue];
            // One of an earlier study in this folder says nothing about this run.
            await job?.remove();
            if ((await platform.stat(platform.join(folder, RUN_FILES.metrics))) !== null) return true;
            if (state === "completed" && finished === false && until !== undefined) return false;
            if (state === "failed") throw new HqcnnError(reasonOf(reason));
            throw new HqcnnError(`${folder}: a worker finished the run, but it is not here: do the machines share it?`);
          }
          await wait(Math.max(LOOK, 10 * pending), signal);
        }
        return false;
      }
    },
    async close() {
      clearTimeout(alone);
      await queue.close().catch(() => {});
      redis.disconnect();
    },
  };
}

/** Texts of the library in ours; those of workers are ours already. */
function reasonOf(reason = "the worker failed"): string {
  const isStalled = /stalled more than|maxStalledCount/i.test(reason);
  return isStalled ? "one worker after the other ended while it trained this run: look at their memory" : reason;
}

function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
}
