import { HqcnnError } from "../check.ts";
import { checksum } from "../network/checksum.ts";
import type { Platform } from "../platform/platform.ts";
import { isFurther, packRun, unpackRun } from "../training/carried.ts";
import { findModel, RUN_FILES } from "../training/files.ts";
import { isAddress } from "../training/record.ts";
import type { Executor } from "./executor.ts";
import { type HandedRun, handOver, markFolder, withCarried } from "./handed.ts";
import { connect, QUEUE, type QueueProgress } from "./queue.ts";
import { type AsBuffer, createStore, type RunStore, startKey } from "./store.ts";
import { epochsIn } from "./study.ts";

/** Milliseconds between two looks at a job; more jobs are looked at less often. */
const LOOK = 500;
/** Milliseconds after which a queue without workers is told. */
const NOBODY = 5000;

/**
 * Hands runs to the workers of a queue in Redis (`hqcnn worker --queue`), which train them in the same folder where
 * they share it, under the same path; else what they made comes back through the queue. A job's id says folder and run,
 * so that handing it over twice does nothing.
 * @param url never printed: it may hold a password
 * @param resolve makes paths absolute: workers have other working directories
 * @param note gets a line when the queue is lost, has no workers, or a worker gives a job back
 * @param asBuffer of store.ts; left out: the folder must be shared
 */
export async function queueExecutor(
  platform: Platform,
  url: string,
  { resolve, note, asBuffer }: { resolve: (path: string) => string; note: (text: string) => void; asBuffer?: AsBuffer },
): Promise<Executor> {
  const { bullmq, redis, name, lost } = await connect(url, note);
  const queue = new bullmq.Queue<HandedRun, boolean>(QUEUE, { connection: redis });
  queue.on("error", () => {}); // said by connect
  const store = asBuffer && createStore(redis, name, asBuffer);
  let token: Promise<string> | undefined;
  const tokenOf = ({ folder }: HandedRun) => {
    token ??= markFolder(platform, platform.join(folder, ".."));
    return token;
  };
  /** Runs that paused, and are in their folder now. */
  const paused = new Set<string>();
  /** One after the other: a run is held in memory on its way. */
  let moved: Promise<unknown> = Promise.resolve();
  const move = <T>(work: () => Promise<T>): Promise<T> => {
    const done = moved.then(work);
    moved = done.catch(() => {});
    return done;
  };
  let pending = 0;
  const said = new Set<string>();
  const sayOnce = (text: string) => {
    if (said.has(text)) return;
    said.add(text);
    note(text);
  };
  const hear = (id: string, progress: unknown, onEpoch: (epoch: number) => void) => {
    if (typeof progress !== "object" || progress === null) return false;
    const { worker, epoch, lacks, wants } = progress as QueueProgress;
    if (epoch !== undefined) onEpoch(epoch);
    if (lacks !== undefined) sayOnce(`${id}: given back by ${worker}: ${lacks}`);
    return wants === true;
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
      const handed = await handOver(platform, options, resolve(folder), control, resolve);
      const run = store ? await withCarried(handed, await tokenOf(handed), await epochsIn(platform, folder)) : handed;
      const { until } = run;
      const jobId = `${run.id}-${(await checksum(run.folder)).slice(0, 12)}${until === undefined ? "" : `-${until}`}`;
      pending++;
      try {
        return await Promise.race([work(), lost]);
      } finally {
        pending--;
      }

      async function work(): Promise<boolean> {
        for (let isFirst = true; !signal?.aborted; isFirst = false) {
          const job = await queue.getJob(jobId);
          const state = (await job?.getState()) ?? "unknown";
          if (job && hear(run.id, job.progress, onEpoch) && store) {
            await move(() => give(store, run)).catch((error: Error) => sayOnce(`${run.id}: ${error.message}`));
          }
          if (job === undefined || state === "unknown") {
            await queue.add("train", run, { jobId });
          } else if (state === "completed" || state === "failed") {
            const { failedReason: reason, returnvalue: finished, data } = job;
            // In its folder before it leaves the queue: whoever is killed in between does it again.
            const key = data.carried?.key;
            const isOther = key !== run.carried?.key;
            if (store && key !== undefined && state === "completed") {
              if (!isOther) await move(() => collect(store, key, folder));
              if (finished || isOther) await store.remove(key);
              else paused.add(key);
            }
            await job.remove();
            // One of an earlier study in this folder says nothing about this run.
            if (isOther) continue;
            if ((await platform.stat(platform.join(folder, RUN_FILES.metrics))) !== null) return true;
            const isPaused = state === "completed" && finished === false && until !== undefined;
            if (isPaused && (await epochsIn(platform, folder)) >= until) return false;
            if (state === "failed") throw new HqcnnError(reasonOf(reason));
            throw new HqcnnError(
              `${folder}: a worker ${isPaused ? "paused" : "finished"} the run, but it did not arrive here; if the worker's folder is a copy of ` +
                "this one, remove the file .queue from it",
            );
          } else if (isFirst) {
            await job.updateData(run); // of an earlier call, which may have been another version's
          }
          await wait(Math.max(LOOK, 10 * pending), signal);
        }
        return false;
      }
    },
    async close() {
      clearTimeout(alone);
      if (store && redis.status === "ready") for (const key of paused) await store.remove(key).catch(() => {});
      store?.close();
      await queue.close().catch(() => {});
      redis.disconnect();
    },
  };

  /** Puts what a worker lacks into the queue: the run as far as it is in its folder, the model that it starts from. */
  async function give(store: RunStore, { folder, options, carried }: HandedRun): Promise<void> {
    if (carried === undefined) return;
    const own = await packRun(platform, folder);
    if (own !== null && isFurther(own, await store.head(carried.key))) await store.write(carried.key, own, "study");
    const { start } = options;
    if (start === undefined || isAddress(start) || (await store.head(startKey(carried.key))) !== null) return;
    const files = { [RUN_FILES.model]: await platform.readFile(await findModel(platform, start)) };
    await store.write(startKey(carried.key), { files, steps: 0, epochs: 0, finished: false }, "study");
  }

  /** Puts a run that a worker has handed back into its folder, where that is not further. */
  async function collect(store: RunStore, key: string, folder: string): Promise<void> {
    const kept = await store.head(key);
    if (kept === null || !isFurther(kept, await packRun(platform, folder))) return;
    const run = await store.read(key).catch((error: Error) => {
      if (!(error instanceof HqcnnError)) throw error;
      note(error.message); // the worker has its own
      return null;
    });
    if (run !== null) await unpackRun(platform, folder, run);
  }
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
