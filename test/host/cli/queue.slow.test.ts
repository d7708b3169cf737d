// Studies on workers and a real Redis: workers and Redis are killed, and the results are the local ones.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { HandedRun } from "../../../host/study/handed.ts";
import { connect, QUEUE } from "../../../host/study/queue.ts";
import { hqcnn, json } from "../../util/cli.ts";
import { freePort, hasRedis, killAll, type Running, startHqcnn, startRedis } from "../../util/daemons.ts";
import { eventually } from "../../util/eventually.ts";
import { sampleCut } from "../../util/npz.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const queue = suite("hqcnn study --queue, hqcnn worker");
const folder = temporaryFolder();
const cut = await sampleCut();
writeFileSync(join(folder, "cut.npz"), cut);
const write = (path: string, text: string) => writeFileSync(join(folder, path), text);
write(
  "study.yaml",
  "base: {epochs: 2, data: cut.npz, task: multiclass}\ngrid: {head: [none, logistic], lr: [0.001, 0.01]}\nseeds: 6\n",
);
const RUNS = 24;

/** Skips a test by name where there is no redis-server. */
const test = (name: string, body: () => Promise<void>) => {
  if (hasRedis) return queue(name, body);
  console.log(`skipped: ${name} (no redis-server: apt-get install redis-server)`);
  queue.skip(name, body);
};
const cli = (...args: string[]) => startHqcnn(args, folder);
const worker = (url: string) => cli("worker", "--queue", url, "--parallel", "1");
const kill = async (running: Running) => {
  running.child.kill("SIGKILL");
  await running.ended;
};
const timeless = async (study: string) => {
  const ended = await hqcnn(["study", "table", study, "--json"]);
  const { runs, configurations } = json(ended) as { runs: Record<string, unknown>[]; configurations: unknown };
  return { runs: runs.map(({ seconds: _, ...run }) => run), configurations };
};
const finishedIn = (study: string) =>
  readdirSync(study).filter((name) => existsSync(join(study, name, "metrics.json")));

test("a worker and Redis are killed: every run ends once, with the local executor's bits", async () => {
  const port = await freePort();
  const url = `redis://:secret@127.0.0.1:${port}`;
  const out = join(folder, "queued");
  const redis = await startRedis(port, join(folder, "redis"));
  const study = cli("study", "study.yaml", "--out", out, "--queue", url);
  await study.says(/24 runs, by the workers of redis:\/\/127\.0\.0\.1/);
  const workers = [worker(url), worker(url)];

  // Between its first epoch and its end.
  let id = "";
  const history = () => readFileSync(join(out, id, "history.jsonl"), "utf8");
  await eventually(
    () => {
      id = [...workers[0].output().matchAll(/^started +(\S+)$/gm)].at(-1)?.[1] ?? id;
      const time = (file: string) => statSync(join(out, id, file), { throwIfNoEntry: false })?.mtimeMs;
      const [epoch, checkpoint] = [time("history.jsonl"), time("checkpoint.safetensors")];
      return id !== "" && epoch !== undefined && (checkpoint ?? 0) > epoch && time("fingerprint") === undefined;
    },
    () => `a run after its first epoch: ${workers[0].output()}`,
  );
  await kill(workers[0]);
  const [firstEpoch] = history().split("\n");
  await workers[1].says(/^finished /m);
  await kill(redis);
  await study.says(/cannot be reached .*: trying again/);
  await startRedis(port, join(folder, "redis"));
  const third = worker(url);

  const code = await study.ended;
  const all = [study, ...workers, third].map(({ output }) => output()).join("\n---\n");
  assert.is(code, 0, all);
  assert.not.match(all, "secret");
  const finished = finishedIn(out);
  assert.is(finished.length, RUNS, all);
  const lines = all.match(/^finished {2}\S+$/gm) ?? [];
  assert.is(new Set(lines).size, lines.length, `a run was trained to its end twice: ${all}`);
  assert.is(history().split("\n")[0], firstEpoch, "the run that was killed has begun anew");

  for (const { child } of [workers[1], third]) child.kill("SIGTERM");
  assert.equal(await Promise.all([workers[1].ended, third.ended]), [143, 143], all);

  const local = join(folder, "local");
  assert.is((await hqcnn(["study", "study.yaml", "--out", local], { cwd: folder })).code, 0);
  assert.equal(await timeless(out), await timeless(local));
  for (const name of finished) {
    const print = (study: string) => readFileSync(join(study, name, "fingerprint"), "utf8");
    assert.is(print(out), print(local), name);
  }
});

test("two studies on one queue; a study that was stopped finds its runs again", async () => {
  const port = await freePort();
  const url = `redis://:secret@127.0.0.1:${port}`;
  await startRedis(port, join(folder, "redis2"));
  write("a.yaml", "base: {epochs: 1, data: cut.npz, task: multiclass, head: none}\nseeds: 2\n");
  write("b.yaml", "base: {epochs: 1, data: cut.npz, task: multiclass, head: none}\nseeds: 3\n");
  const stopped = cli("study", "a.yaml", "--queue", url);
  await stopped.says(/2 runs, by/);
  await stopped.says(/no worker waits for runs of redis:/);
  stopped.child.kill("SIGINT");
  assert.is(await stopped.ended, 130);
  assert.match(stopped.output(), /stopped; continue with: hqcnn study a\.yaml --queue …/);
  const studies = [cli("study", "a.yaml", "--queue", url), cli("study", "b.yaml", "--queue", url)];
  const [own] = [worker(url)];
  const codes = await Promise.all(studies.map(({ ended }) => ended));
  assert.equal(codes, [0, 0], studies.map(({ output }) => output()).join("\n---\n"));
  assert.is((own.output().match(/^finished /gm) ?? []).length, 5, own.output());
  await kill(own);
});

test("data that a worker lacks go back until they are there; data and engines that differ fail", async () => {
  const port = await freePort();
  const url = `redis://:secret@127.0.0.1:${port}`;
  await startRedis(port, join(folder, "redis3"));
  const [here, there] = [join(folder, "here"), join(folder, "there")];
  for (const place of [here, there]) mkdirSync(place);
  writeFileSync(join(here, "own.npz"), cut);
  writeFileSync(join(here, "own.yaml"), "base: {epochs: 1, head: none, data: own.npz, task: multiclass}\nseeds: 2\n");
  const study = startHqcnn(["study", "own.yaml", "--queue", url], here);
  const worker = startHqcnn(["worker", "--queue", url, "--parallel", "1"], there);
  await study.says(/given back by .*: .*own\.npz/);
  await worker.says(/^given back .*own\.npz: no such file/m);
  // Other data than those: no images at all, so that opening them would fail with another reason.
  writeFileSync(join(there, "own.npz"), "something else");
  assert.is(await study.ended, 1, study.output() + worker.output());
  assert.match(study.output(), /own\.npz: expected data with MD5 [0-9a-f]{32}, got [0-9a-f]{32}/);
  assert.match(study.output(), /2 of 2 runs failed; the others are kept/);
  assert.is((worker.output().match(/^given back /gm) ?? []).length, 1, worker.output());
  writeFileSync(join(there, "own.npz"), cut);
  const again = startHqcnn(["study", "own.yaml", "--queue", url], here);
  assert.is(await again.ended, 0, again.output() + worker.output());
  await kill(worker);
});

test("a worker with another engine, or another version, fails the run with both values", async () => {
  const port = await freePort();
  const url = `redis://:secret@127.0.0.1:${port}`;
  await startRedis(port, join(folder, "redis7"));
  write("one.yaml", "base: {epochs: 1, data: cut.npz, task: multiclass, head: none}\nseeds: 1\n");
  const study = cli("study", "one.yaml", "--queue", url);
  await study.says(/no worker waits for runs/);
  // As a study of another build would have handed it over.
  const { bullmq, redis } = await connect(url, () => {});
  const jobs = new bullmq.Queue<HandedRun>(QUEUE, { connection: redis });
  jobs.on("error", () => {}); // Redis ends before it
  const [job] = await jobs.getWaiting();
  const engine = job.data.engine;
  await job.updateData({ ...job.data, engine: "0".repeat(64) });
  const own = worker(url);
  // The second try is handed over again, as it should be.
  assert.is(await study.ended, 0, study.output());
  const mismatch = `expected SHA-256 ${"0".repeat(64)}, got ${engine}: install the same hqcnn everywhere`;
  for (const { output } of [study, own]) assert.ok(output().includes(mismatch), output());
  assert.match(study.output(), /failed .*; it is tried once more/);
  await jobs.add("train", { unknown: true } as unknown as HandedRun, { jobId: "other" });
  await eventually(
    async () => (await (await jobs.getJob("other"))?.getState()) === "failed",
    () => own.output(),
  );
  assert.match(
    (await jobs.getJob("other"))!.failedReason,
    /job other: expected a run that hqcnn study has handed over/,
  );
  await jobs.close();
  redis.disconnect();
  await kill(own);
});

test("a comparison through the queue is that of this machine, byte for byte in its JSON, times aside", async () => {
  const port = await freePort();
  const url = `redis://:secret@127.0.0.1:${port}`;
  await startRedis(port, join(folder, "redis6"));
  const own = worker(url);
  const train = ["--data", "cut.npz", "--task", "multiclass", "--epochs", "1", "--seeds", "2", "--twins", "none"];
  const compare = ["compare", ...train, "--out", "compared", "--json"];
  // All but the last in one folder: their runs are trained once.
  const asked = [
    [],
    ["--corruptions", "gaussian-noise,contrast", "--severities", "3"],
    ["--shots", "0,20", "--repetitions", "2"],
    ["--fractions", "0.5,1"],
  ];
  const all = async (...place: string[]) => {
    const texts: string[] = [];
    for (const more of asked) {
      const ended = await hqcnn([...compare, ...more, ...place], { cwd: folder });
      assert.is(ended.code, 0, ended.stderr + own.output());
      texts.push(ended.stdout.replaceAll(/"(seconds|imagesPerSecond)":(?:[\d.]+|\{[^}]*\})/g, ""));
    }
    return texts;
  };
  const queued = await all("--queue", url);
  assert.is((own.output().match(/^finished /gm) ?? []).length, 8, own.output());
  await kill(own);
  renameSync(join(folder, "compared"), join(folder, "compared-queued"));
  const local = await all();
  for (const [i, more] of asked.entries()) assert.is(queued[i], local[i], more.join(" "));
});

test("a queue that may drop runs is refused, one that keeps them in memory alone is told", async () => {
  const [port, other] = [await freePort(), await freePort()];
  await startRedis(port, join(folder, "redis4"), "--maxmemory-policy", "allkeys-lru");
  const refused = await hqcnn(["worker", "--queue", `redis://:secret@127.0.0.1:${port}`]);
  assert.is(refused.code, 1);
  assert.match(refused.stderr, /^error: redis:\/\/127\.0\.0\.1:\d+: expected the setting maxmemory-policy noeviction/m);
  assert.is(refused.stderr.trim().split("\n").length, 1, refused.stderr);
  await startRedis(other, join(folder, "redis5"), "--appendonly", "no");
  const wrong = await hqcnn(["worker", "--queue", `redis://:wrong@127.0.0.1:${other}`]);
  assert.is(wrong.code, 1);
  assert.match(wrong.stderr, /user or password are refused/);
  const none = await hqcnn(["worker", "--queue", `redis://127.0.0.1:${other}`]);
  assert.is(none.code, 1);
  assert.match(none.stderr, /^error: \S+ cannot be used: it asks for a password: redis:\/\/:PASSWORD@host\n/);
  const told = startHqcnn(["worker", "--queue", `redis://:secret@127.0.0.1:${other}`], folder);
  await told.says(/keeps its jobs in memory alone/);
  await kill(told);
});

queue("a queue that cannot be reached: told, tried again, exit 1; no password is shown", async () => {
  const url = `redis://user:secret@127.0.0.1:${await freePort()}`;
  for (const args of [["worker"], ["study", join(folder, "study.yaml"), "--out", join(folder, "nowhere")]]) {
    const ended = await hqcnn([...args, "--queue", url], { cwd: folder });
    assert.is(ended.code, 1, ended.stderr);
    assert.match(ended.stdout + ended.stderr, /cannot be reached \(nothing listens there\): trying again in 1 s/);
    assert.not.match(ended.stdout + ended.stderr, "secret");
  }
  for (const wrong of ["http://u:secret@host", "secret", "redis://"]) {
    const ended = await hqcnn(["worker", "--queue", wrong]);
    assert.is(ended.code, 2, ended.stderr);
    assert.not.match(ended.stderr, "secret");
  }
});

queue.after(killAll);
queue.run();
