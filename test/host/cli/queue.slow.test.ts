// A study on two workers and a real Redis: a worker is killed, Redis is killed, and the results are the local ones.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hqcnn, json } from "../../util/cli.ts";
import { repository } from "../../util/paths.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const queue = suite("hqcnn study --queue, hqcnn worker");
const main = repository(import.meta.url.includes("/build/test/") ? "build/host/cli/main.js" : "host/cli/main.ts");
const folder = temporaryFolder();
const file = join(folder, "study.yaml");
writeFileSync(file, "base: {epochs: 2}\ngrid:\n  head: [none, logistic]\nseeds: 3\n");

const hasRedis = (() => {
  try {
    execFileSync("redis-server", ["--version"]);
    return true;
  } catch {
    return false;
  }
})();
/** Skips a test by name where there is no redis-server. */
const test = (name: string, body: () => Promise<void>) => {
  if (hasRedis) return queue(name, body);
  console.log(`skipped: ${name} (no redis-server: apt-get install redis-server)`);
  queue.skip(name, body);
};

const children = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

interface Running {
  child: ChildProcess;
  output: () => string;
  ended: Promise<number | null>;
  /** Resolves when the output matches. */
  says: (pattern: RegExp, seconds?: number) => Promise<void>;
}

function start(program: string, args: string[]): Running {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], cwd: folder });
  children.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  ended.then(() => children.delete(child));
  return {
    ...{ child, output: () => output, ended },
    async says(pattern, seconds = 240) {
      for (const until = Date.now() + 1000 * seconds; !pattern.test(output); ) {
        assert.ok(Date.now() < until, `expected ${pattern} in: ${output}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function startRedis(port: number, dir: string): Promise<Running> {
  mkdirSync(dir, { recursive: true });
  const options = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--requirepass", "secret"];
  const redis = start("redis-server", [...options, "--appendonly", "yes", "--appendfsync", "always"]);
  await redis.says(/Ready to accept connections/);
  return redis;
}

const cli = (...args: string[]) => start(process.execPath, [main, ...args]);
const timeless = async (study: string) => {
  const ended = await hqcnn(["study", "table", study, "--json"]);
  const { runs, configurations } = json(ended) as { runs: Record<string, unknown>[]; configurations: unknown };
  return { runs: runs.map(({ seconds: _, ...run }) => run), configurations };
};

test("a worker and Redis are killed: every run ends once, with the local executor's bits", async () => {
  const port = await freePort();
  const url = `redis://:secret@127.0.0.1:${port}`;
  const out = join(folder, "queued");
  const first = await startRedis(port, join(folder, "redis"));
  const workers = [cli("worker", "--queue", url, "--parallel", "1"), cli("worker", "--queue", url, "--parallel", "1")];
  const study = cli("study", file, "--out", out, "--queue", url);

  await workers[0].says(/^started /m);
  await workers[1].says(/^started /m);
  workers[0].child.kill("SIGKILL");
  await workers[1].says(/^finished /m);
  first.child.kill("SIGKILL");
  await first.ended;
  await study.says(/cannot be reached .*: trying again/);
  await startRedis(port, join(folder, "redis"));
  const third = cli("worker", "--queue", url, "--parallel", "1");

  const code = await study.ended;
  const all = [study, ...workers, third].map(({ output }) => output()).join("\n---\n");
  assert.is(code, 0, all);
  assert.not.match(all, "secret");
  const finished = readdirSync(out).filter((name) => existsSync(join(out, name, "metrics.json")));
  assert.is(finished.length, 6, all);
  const lines = all.match(/^finished {2}\S+$/gm) ?? [];
  assert.is(new Set(lines).size, lines.length, `a run was trained to its end twice: ${all}`);

  workers[1].child.kill("SIGTERM");
  third.child.kill("SIGTERM");
  assert.equal(await Promise.all([workers[1].ended, third.ended]), [143, 143], all);

  const local = join(folder, "local");
  assert.is((await hqcnn(["study", file, "--out", local])).code, 0);
  assert.equal(await timeless(out), await timeless(local));
  for (const name of finished) {
    const print = (study: string) => readFileSync(join(study, name, "fingerprint"), "utf8");
    assert.is(print(out), print(local), name);
  }
});

test("data that a worker lacks, and data that differ", async () => {
  const port = await freePort();
  const url = `redis://:secret@127.0.0.1:${port}`;
  await startRedis(port, join(folder, "redis2"));
  const [here, there] = [join(folder, "here"), join(folder, "there")];
  for (const place of [here, there]) mkdirSync(place);
  const sample = readFileSync(repository("host/datasets/bloodmnist-sample.npz"));
  writeFileSync(join(here, "own.npz"), sample);
  writeFileSync(join(here, "own.yaml"), "base: {epochs: 1, head: none, data: own.npz}\n");
  const node = (cwd: string, ...args: string[]) =>
    start("sh", ["-c", 'cd "$0" && exec "$@"', cwd, process.execPath, main, ...args]);
  const study = node(here, "study", "own.yaml", "--queue", url);
  const worker = node(there, "worker", "--queue", url, "--parallel", "1");
  await study.says(/given back by .*: .*own\.npz/);
  await worker.says(/^given back .*own\.npz/m);
  // The same images, other bytes behind the archive's end record.
  const other = Buffer.concat([sample, Buffer.alloc(1)]);
  other.writeUInt16LE(1, sample.length - 2);
  writeFileSync(join(there, "own.npz"), other);
  assert.is(await study.ended, 1, study.output() + worker.output());
  assert.match(study.output(), /expected data with MD5 [0-9a-f]{32}, got [0-9a-f]{32}/);
  worker.child.kill("SIGTERM");
  assert.is(await worker.ended, 143);
});

queue("a queue that cannot be reached: told, tried again, exit 1; no password is shown", async () => {
  const url = `redis://user:secret@127.0.0.1:${await freePort()}`;
  for (const args of [["worker"], ["study", file, "--out", join(folder, "nowhere")]]) {
    const ended = await hqcnn([...args, "--queue", url]);
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

queue.run();
