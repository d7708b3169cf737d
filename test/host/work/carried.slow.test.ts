// Studies whose folder no worker shares, with a real Redis: checkpoints and results travel through the queue.
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hqcnn } from "../../util/cli.ts";
import { freePort, hasRedis, killAll, type Running, startHqcnn, startRedis } from "../../util/daemons.ts";
import { eventually } from "../../util/eventually.ts";
import { sampleCut } from "../../util/npz.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const carried = suite("studies whose folder is not shared");
const folder = temporaryFolder();
const at = (...parts: string[]) => join(folder, ...parts);
writeFileSync(at("cut.npz"), await sampleCut());

/** Skips a test by name where there is no redis-server. */
const test = (name: string, body: () => Promise<void>) => {
  if (hasRedis) return carried(name, body);
  console.log(`skipped: ${name} (no redis-server: apt-get install redis-server)`);
  carried.skip(name, body);
};
const cli = (...args: string[]) => startHqcnn(args, folder);
const kill = async (running: Running) => {
  running.child.kill("SIGKILL");
  await running.ended;
};
const clients: Redis[] = [];
/** A Redis, a client of it, and workers that train in folders of their own. */
async function queue(...more: string[]) {
  const port = await freePort();
  const url = `redis://:secret@127.0.0.1:${port}`;
  await startRedis(port, at(`redis${port}`), ...more);
  const redis = new Redis(url);
  clients.push(redis);
  const worker = (out: string) => cli("worker", "--queue", url, "--parallel", "1", "--out", out);
  return { url, redis, worker, keys: () => redis.keys("hqcnn:run:*") };
}
const runsIn = (study: string) => readdirSync(at(study)).filter((name) => existsSync(at(study, name, "config.json")));
const text = (...parts: string[]) => readFileSync(at(...parts), "utf8");
/** The local executor's run folders, and those of the queue, are the same but for times. */
const sameRuns = (study: string, local: string) => {
  const found = runsIn(local);
  assert.equal(runsIn(study), found);
  for (const run of found) {
    assert.equal(readdirSync(at(study, run)).sort(), readdirSync(at(local, run)).sort());
    for (const name of ["fingerprint", "predictions.csv", "metrics.json"])
      assert.is(text(study, run, name), text(local, run, name), `${run}: ${name}`);
  }
};

test("a worker is killed: another one, elsewhere, continues from the queue's checkpoint, with the same bits", async () => {
  const { url, redis, worker, keys } = await queue();
  const epochs = 40;
  writeFileSync(at("long.yaml"), `base: {epochs: ${epochs}, data: cut.npz, task: multiclass}\n`);
  const study = cli("study", "long.yaml", "--out", "long", "--queue", url);
  await study.says(/1 runs, by/);
  const first = worker("x");
  await first.says(/^kept {6}\S+: its checkpoints go to the queue/m);
  await kill(first);
  const [key] = await keys();
  const ttl = await redis.ttl(key);
  assert.ok(ttl > 0 && ttl <= 14 * 24 * 3600, `expiry in ${ttl} s`);
  assert.equal(runsIn("long"), [], "the study's folder has nothing of the run yet");
  const second = worker("y");
  assert.is(await study.ended, 0, study.output() + second.output());
  const [, steps, epoch] = /^taken over \S+: after (\d+) steps, epoch (\d+),/m.exec(second.output()) ?? [];
  assert.ok(Number(steps) > 0 && Number(epoch) < epochs, `not from the beginning: ${second.output()}`);
  assert.equal(await keys(), [], "removed, as the run is finished");
  await kill(second);
  assert.is((await hqcnn(["study", "long.yaml", "--out", "long-local"], { cwd: folder })).code, 0);
  sameRuns("long", "long-local");
  // The epochs that the first worker had done were not done again.
  const [run] = runsIn("long");
  const done = Number(epoch);
  const lines = (history: string) => history.split("\n").slice(0, done);
  const [own] = readdirSync(at("x"));
  assert.equal(lines(text("long", run, "history.jsonl")), lines(text("x", own, "history.jsonl")));
  assert.not.match(study.output() + first.output() + second.output(), "secret");
});

test("a begun run, halving and a model to start from: what a worker lacks comes from the study", async () => {
  const { url, worker, keys } = await queue();
  const base = "base: {epochs: 4, data: cut.npz, task: multiclass, head: none}\n";
  writeFileSync(at("halved.yaml"), `${base}grid: {lr: [0.001, 0.01, 0.03, 0.1]}\nhalving: 2\n`);
  writeFileSync(at("begun.yaml"), "base: {epochs: 30, data: cut.npz, task: multiclass, head: none}\n");
  // Begun on this machine: stopped after its first epoch, it has a checkpoint in the study's folder.
  const begun = cli("study", "begun.yaml", "--out", "begun", "--parallel", "1");
  await eventually(
    () => existsSync(at("begun")) && runsIn("begun").some((run) => existsSync(at("begun", run, "history.jsonl"))),
    () => begun.output(),
  );
  begun.child.kill("SIGINT");
  await begun.ended;
  const workers = [worker("u"), worker("v")];
  const twins = ["--data", "cut.npz", "--task", "multiclass", "--epochs", "1", "--twins", "logistic"];
  const compare = ["compare", ...twins, "--seeds", "1", "--out", "compared", "--json"];
  const place = ["--queue", url];
  const ended = await Promise.all([
    hqcnn(["study", "begun.yaml", "--out", "begun", ...place], { cwd: folder }),
    hqcnn(["study", "halved.yaml", "--out", "halved", "--json", ...place], { cwd: folder }),
    hqcnn([...compare, ...place], { cwd: folder }),
  ]);
  const said = workers.map(({ output }) => output()).join("\n---\n");
  for (const { code, stderr } of ended) assert.is(code, 0, stderr + said);
  assert.match(said, /^given back .*its checkpoint is in the study's folder/m);
  assert.match(said, /^given back .*the model that it starts from is in the study's folder/m);
  assert.match(said, /^taken over \S+: after \d+ steps, epoch \d+, from the queue, where study left it/m);
  assert.equal(await keys(), []);
  for (const one of workers) await kill(one);
  for (const study of ["begun", "halved"]) {
    const local = await hqcnn(["study", `${study}.yaml`, "--out", `${study}-local`, "--json"], { cwd: folder });
    assert.is(local.code, 0, local.stderr);
  }
  sameRuns("begun", "begun-local");
  try {
    sameHistories("halved", "halved-local");
  } catch (error) {
    console.log([...ended.map(({ stderr }) => stderr), said].join("\n---\n"));
    throw error;
  }
  renameSync(at("compared"), at("compared-queued"));
  const local = await hqcnn(compare, { cwd: folder });
  const timeless = (text: string) => text.replaceAll(/"(seconds|imagesPerSecond)":(?:[\d.]+|\{[^}]*\})/g, "");
  assert.is(timeless(ended[2].stdout), timeless(local.stdout));
});

/** Runs that halving has stopped have no results: their histories are the same. */
function sameHistories(study: string, local: string) {
  const losses = (name: string, run: string) =>
    text(name, run, "history.jsonl")
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { train: object }).train);
  assert.equal(runsIn(study), runsIn(local));
  for (const run of runsIn(study)) assert.equal(losses(study, run), losses(local, run));
}

test("a Redis without room: training continues, the results wait, and nothing is lost", async () => {
  const { url, redis, worker } = await queue();
  // Room for jobs, and with the tenth that is kept free for them none for a run.
  await redis.set("another", "x".repeat(4e7));
  let used = 0;
  await eventually(
    async () => {
      used = Number(/used_memory:(\d+)/.exec(await redis.info("memory"))?.[1]);
      return used < 6e7; // the buffer that it came through is gone
    },
    () => `${used}`,
  );
  await redis.config("SET", "maxmemory", `${used + 4_000_000}`);
  writeFileSync(at("full.yaml"), "base: {epochs: 3, data: cut.npz, task: multiclass}\n");
  const study = cli("study", "full.yaml", "--out", "full", "--queue", url);
  const own = worker("w");
  await own.says(
    /its checkpoints stay on this machine: redis:\S+ has no room for [\d.]+ MB: it uses .*, its maxmemory$/m,
  );
  await own.says(/its results wait in w\/\S+: redis:\S+ has no room/);
  await redis.config("SET", "maxmemory", "0");
  assert.is(await study.ended, 0, study.output() + own.output());
  await kill(own);
  assert.is((await hqcnn(["study", "full.yaml", "--out", "full-local"], { cwd: folder })).code, 0);
  sameRuns("full", "full-local");
});

carried.after(() => {
  // Before their servers end: a client would look for its server for ever.
  for (const client of clients) client.disconnect();
  killAll();
});
carried.run();
