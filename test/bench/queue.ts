// node build/test/bench/queue.js [--jobs 10000] [--workers 2]: what the queue alone costs. Jobs as of a study go
// through the executor of hqcnn study --queue, a Redis with its append-only file, and workers as of hqcnn worker, which
// write one small file in place of training. Needs redis-server. Prints JSON: rates, processor time and memory.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Redis } from "ioredis";
import { createNodePlatform } from "../../host/platform/node.ts";
import { asBuffer } from "../../host/platform/programs.ts";
import { queueExecutor } from "../../host/study/bullmq.ts";
import type { Executor } from "../../host/study/executor.ts";
import { RUN_FILES } from "../../host/training/files.ts";
import { parseTrainOptions } from "../../host/training/parse.ts";
import { serveQueue } from "../../host/work/queue.ts";
import { freePort, killAll, start, startRedis } from "../util/daemons.ts";
import { temporaryFolder } from "../util/temporary.ts";

const { values } = parseArgs({
  options: {
    jobs: { type: "string", default: "10000" },
    workers: { type: "string", default: "2" },
    serve: { type: "string" },
  },
});
const platform = createNodePlatform();
const MB = 2 ** 20;
const used = () => {
  const { user, system } = process.cpuUsage();
  return { processorSeconds: (user + system) / 1e6, peakMB: process.resourceUsage().maxRSS / 1024 };
};

if (values.serve === undefined) await measure(Number(values.jobs), Number(values.workers));
else await serve(values.serve);

/** A worker that writes what says that a run is finished. */
async function serve(url: string) {
  const executor: Executor = {
    parallel: 1,
    options: {},
    async execute(_, folder) {
      await platform.writeFile(platform.join(folder, RUN_FILES.metrics), "{}");
      return true;
    },
  };
  const stop = new AbortController();
  process.on("SIGTERM", () => stop.abort());
  await serveQueue({ platform, version: "bench" }, url, executor, {
    ...{ name: `bench-${process.pid}`, signal: stop.signal, say() {} },
  });
  process.stdout.write(`${JSON.stringify(used())}\n`);
}

async function measure(jobs: number, workers: number) {
  const folder = temporaryFolder();
  const port = await freePort();
  const url = `redis://:secret@127.0.0.1:${port}`;
  await startRedis(port, join(folder, "redis"), "--appendfsync", "everysec");
  const redis = new Redis(url);
  const info = async (key: string) =>
    Number(new RegExp(`^${key}:([\\d.]+)`, "m").exec(await redis.info())?.[1] ?? Number.NaN);
  const study = join(folder, "study");
  mkdirSync(study);
  const executor = await queueExecutor(platform, url, { resolve: (path) => path, note: console.error, asBuffer });
  const options = parseTrainOptions({});
  const began = performance.now();
  let done = 0;
  const runs = Array.from({ length: jobs }, (_, seed) =>
    executor
      .execute({ ...options, seed }, join(study, `sample-quantum-seed${seed}`), { onEpoch() {}, md5: undefined })
      .then(() => done++),
  );
  const waiting = async () => (await redis.llen("bull:hqcnn:wait")) + (await redis.llen("bull:hqcnn:active"));
  while ((await waiting()) < jobs) await new Promise((resolve) => setTimeout(resolve, 50));
  const enqueued = performance.now();
  const redisMB = (await info("used_memory")) / MB;
  const servers = Array.from({ length: workers }, () =>
    start(process.execPath, [process.argv[1], "--serve", url], folder),
  );
  while ((await waiting()) > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  const worked = performance.now();
  await Promise.all(runs);
  const ended = performance.now();
  const redisSeconds = (await info("used_cpu_user")) + (await info("used_cpu_sys"));
  await executor.close?.();
  redis.disconnect();
  for (const { child } of servers) child.kill("SIGTERM");
  await Promise.all(servers.map(({ ended }) => ended));
  const seconds = (from: number, to: number) => (to - from) / 1000;
  console.log(
    JSON.stringify(
      {
        ...{ jobs, workers, done },
        handedOverPerSecond: jobs / seconds(began, enqueued),
        workedPerSecond: jobs / seconds(enqueued, worked),
        collectedAfterSeconds: seconds(worked, ended),
        redis: { MB: redisMB, processorSeconds: redisSeconds },
        study: used(),
        worker: servers.map(({ output }) => JSON.parse(output().trim().split("\n").at(-1) ?? "null")),
      },
      (_, value) => (typeof value === "number" ? Math.round(value * 100) / 100 : value),
      2,
    ),
  );
  killAll();
}
