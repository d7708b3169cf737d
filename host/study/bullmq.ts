import { HqcnnError } from "../check.ts";
import type { Platform } from "../platform/platform.ts";
import { checksum } from "../training/checksum.ts";
import { RUN_FILES } from "../training/files.ts";
import type { Executor } from "./executor.ts";
import { connect, engineChecksum, QUEUE, type QueueJob, type QueueProgress } from "./queue.ts";

/** Milliseconds between two looks at a job; more jobs are looked at less often. */
const LOOK = 500;

/**
 * Hands runs to the workers of a queue in Redis (`hqcnn worker --queue`), which train them in the same folder: every
 * machine has it under the same path. A job's id says folder and run, so that handing it over twice does nothing.
 * @param url never printed: it may hold a password
 * @param note gets a line when the queue is lost, or a worker gives a job back
 */
export async function queueExecutor(platform: Platform, url: string, note: (text: string) => void): Promise<Executor> {
  const { bullmq, redis, lost } = await connect(url, note);
  const queue = new bullmq.Queue<QueueJob, boolean>(QUEUE, { connection: redis });
  queue.on("error", () => {}); // said by connect
  let pending = 0;
  const said = new Set<string>();
  const hear = (id: string, progress: unknown, onEpoch: (epoch: number) => void) => {
    if (typeof progress !== "object" || progress === null) return;
    const { worker, epoch, lacks } = progress as QueueProgress;
    if (epoch !== undefined) onEpoch(epoch);
    const text = `${id}: given back by ${worker}: ${lacks}`;
    if (lacks === undefined || said.has(text)) return;
    said.add(text);
    note(text);
  };
  return {
    parallel: Number.MAX_SAFE_INTEGER,
    options: {},
    async execute(options, folder, { signal, onEpoch, md5 }) {
      const id = platform.basename(folder);
      const data: QueueJob = { id, options, folder, md5, engine: await engineChecksum(platform, options) };
      const jobId = `${id}-${(await checksum(folder)).slice(0, 12)}`;
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
          if (job) hear(id, job.progress, onEpoch);
          if (state === "unknown") {
            await queue.add("train", data, { jobId });
          } else if (state === "completed" || state === "failed") {
            const reason = job?.failedReason;
            // One of an earlier study in this folder says nothing about this run.
            await job?.remove();
            if ((await platform.stat(platform.join(folder, RUN_FILES.metrics))) !== null) return true;
            if (state === "failed") throw new HqcnnError(reason ?? "the worker failed");
            throw new HqcnnError(`${folder}: a worker finished the run, but it is not here: do the machines share it?`);
          }
          await new Promise((resolve) => setTimeout(resolve, Math.max(LOOK, 10 * pending)));
        }
        return false;
      }
    },
    async close() {
      await queue.close().catch(() => {});
      redis.disconnect();
    },
  };
}
