import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNodePlatform } from "../../../host/platform/node.ts";
import { repository } from "../../util/paths.ts";
import { refused } from "../../util/refusal.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const platform = createNodePlatform();
const lock = suite("platform/lock");
const program = repository(
  import.meta.url.includes("/build/test/") ? "build/test/util/lockProgram.js" : "test/util/lockProgram.ts",
);

/** Another process that holds the lock of a folder. */
async function holder(folder: string) {
  const child = spawn(process.execPath, [program, folder], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
}

const files = (folder: string) => readdirSync(folder).sort();
const count = async (tries: Promise<unknown>[]) =>
  (await Promise.allSettled(tries)).filter(({ status }) => status === "fulfilled").length;

lock("one of forty at once gets a folder; the others hear who has it and since when", async () => {
  const folder = temporaryFolder();
  const tries = Array.from({ length: 40 }, () => platform.lock(folder));
  assert.is(await count(tries), 1);
  const message = await refused(() => platform.lock(folder), `${folder} is in use: this process on ${hostname()}`);
  assert.match(message, /since \d{4}-\d\d-\d\dT/);
  assert.is(files(folder).length, 1, "what the others wrote is gone");
});

lock("released, it leaves nothing and the next one gets it", async () => {
  const folder = temporaryFolder();
  const first = await platform.lock(folder);
  await first.check();
  await first.release();
  assert.equal(files(folder), []);
  await (await platform.lock(folder)).release();
});

lock("a process that was killed holds nothing; one of many gets its folder, and cleans up what it left", async () => {
  const folder = temporaryFolder();
  const child = await holder(folder);
  await refused(() => platform.lock(folder), `process ${child.pid}`, "remove");
  child.kill("SIGKILL");
  await once(child, "exit");
  const left = `.model.safetensors.${child.pid}.0f8fad5b-d9cb-469f-a165-70867728950e.tmp`;
  const older = ".config.json.0f8fad5b-d9cb-469f-a165-70867728950e.tmp";
  const mine = ".notes.tmp";
  for (const name of [left, older, mine]) writeFileSync(join(folder, name), "half");
  assert.is(await count(Array.from({ length: 20 }, () => platform.lock(folder))), 1);
  assert.equal(
    files(folder).filter((name) => name.endsWith(".tmp")),
    [mine],
  );
  assert.is(files(folder).length, 2);
});

lock("a number that another process has got since is not the writer's", async () => {
  const folder = temporaryFolder();
  const child = await holder(folder);
  const [name] = files(folder);
  const written = JSON.parse(readFileSync(join(folder, name), "utf8"));
  assert.ok(process.platform !== "linux" || written.started, "Linux says when a process started");
  if (!written.started) return void child.kill();
  child.kill("SIGKILL");
  await once(child, "exit");
  writeFileSync(join(folder, name), JSON.stringify({ ...written, pid: process.pid }));
  await (await platform.lock(folder)).release();
});

lock("a writer on another machine is believed while it gives signs of life", async () => {
  const folder = temporaryFolder();
  const file = join(folder, ".lock-3");
  const other = { token: "a", pid: 1, started: "5", host: "elsewhere", space: "elsewhere//", since: "2026-01-01" };
  writeFileSync(file, JSON.stringify(other));
  await refused(() => platform.lock(folder), "process 1 on elsewhere", "2026-01-01", file);
  const old = new Date(Date.now() - 3_600_000);
  utimesSync(file, old, old);
  const taken = await platform.lock(folder);
  assert.equal(files(folder), [".lock-4"]);
  await taken.release();
});

lock("a lock file without content counts for ten seconds", async () => {
  const folder = temporaryFolder();
  const file = join(folder, ".lock-1");
  writeFileSync(file, "");
  await refused(() => platform.lock(folder), "in use");
  const old = new Date(Date.now() - 60_000);
  utimesSync(file, old, old);
  await (await platform.lock(folder)).release();
});

lock(
  "a writer whose folder was taken over is told before it writes, and does not remove the other's lock",
  async () => {
    const folder = temporaryFolder();
    const mine = await platform.lock(folder);
    const [name] = files(folder);
    writeFileSync(join(folder, name), JSON.stringify({ token: "other", pid: process.pid }));
    await refused(() => mine.check(), "took this folder over");
    await mine.release();
    assert.equal(files(folder), [name]);
  },
);

lock("a folder that is not there is named", async () => {
  await refused(() => platform.lock(join(temporaryFolder(), "none")), "cannot lock", "no such file");
});

lock("of twenty that create a folder of one name, one does", async () => {
  const folder = join(temporaryFolder(), "a", "b");
  const created = await Promise.all(Array.from({ length: 20 }, () => platform.createFolder(folder)));
  assert.is(created.filter(Boolean).length, 1);
});

lock.run();
