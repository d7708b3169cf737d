import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HqcnnError } from "../../../host/check.ts";
import { createNodePlatform } from "../../../host/platform/node.ts";
import type { JobMessage } from "../../../host/study/local.ts";
import { parseTrainOptions } from "../../../host/training/parse.ts";
import { medmnistArrays, npz } from "../../util/npz.ts";
import { repository } from "../../util/paths.ts";

const platform = createNodePlatform();
const node = suite("platform/node");
let folder = "";

node.before.each(async () => {
  folder = await mkdtemp(join(tmpdir(), "hqcnn-platform-"));
});
node.after.each(async () => {
  await chmod(folder, 0o755);
  await rm(folder, { recursive: true });
});

async function message(action: Promise<unknown>): Promise<string> {
  try {
    await action;
  } catch (error) {
    assert.instance(error, HqcnnError);
    const text = (error as Error).message;
    assert.not.match(text, "\n");
    return text;
  }
  throw new Error("expected an HqcnnError, got success");
}

node("names the runtime and the processors", () => {
  assert.match(platform.runtime, /^(node|deno|bun) \d+\.\d+\.\d+/);
  assert.ok(Number.isInteger(platform.cpuCount) && platform.cpuCount >= 1);
});

node("cacheFolder follows HQCNN_DATA, then an absolute XDG_CACHE_HOME, then the home folder", () => {
  const { HQCNN_DATA, XDG_CACHE_HOME } = process.env;
  try {
    process.env.HQCNN_DATA = "/data/sets";
    process.env.XDG_CACHE_HOME = "/caches";
    assert.is(platform.cacheFolder, "/data/sets");
    process.env.HQCNN_DATA = "";
    assert.is(platform.cacheFolder, join("/caches", "hqcnn"));
    process.env.XDG_CACHE_HOME = "relative";
    assert.match(platform.cacheFolder, /hqcnn$/);
    assert.not.match(platform.cacheFolder, "relative");
  } finally {
    restore("HQCNN_DATA", HQCNN_DATA);
    restore("XDG_CACHE_HOME", XDG_CACHE_HOME);
  }
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

node("writes, replaces, reads and appends, leaving no temporary file", async () => {
  const path = platform.join(folder, "a.bin");
  await platform.writeFile(path, "old");
  await platform.writeFile(path, new Uint8Array([1, 2, 3]));
  await platform.appendBytes(path, new Uint8Array([4]));
  await platform.appendFile(path, "é\n");
  const bytes = await platform.readFile(path);
  assert.equal([...bytes], [1, 2, 3, 4, 0xc3, 0xa9, 10]);
  assert.is(bytes.constructor, Uint8Array);
  assert.equal(await readdir(folder), ["a.bin"]);
  assert.is(platform.basename(path), "a.bin");
});

node("reads at any offset and refuses bytes beyond the end before taking memory", async () => {
  const path = join(folder, "a.bin");
  await writeFile(path, new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7]));
  const file = await platform.openFile(path);
  assert.is(file.size, 8);
  assert.equal([...(await file.read(5, 3))], [5, 6, 7]);
  assert.equal([...(await file.read(8, 0))], []);
  assert.match(await message(file.read(6, 3)), /cut short: expected at least 9 bytes, got 8/);
  assert.match(await message(file.read(0, 2 ** 52)), /cut short/);
  assert.match(await message(file.read(-1, 2)), /cut short/);
  await writeFile(path, "");
  assert.match(await message(file.read(0, 8)), /cut short: expected at least 8 bytes, got 0/);
  await file.close();
});

node("stat and list follow links, sort by code unit and show broken links", async () => {
  await mkdir(join(folder, "b"));
  await writeFile(join(folder, "a"), "12345");
  await writeFile(join(folder, "Z"), "");
  await symlink("b", join(folder, "c"));
  await symlink("nowhere", join(folder, "d"));
  assert.equal(await platform.list(folder), [
    { name: "Z", kind: "file" },
    { name: "a", kind: "file" },
    { name: "b", kind: "folder" },
    { name: "c", kind: "folder" },
    { name: "d", kind: "file" },
  ]);
  assert.equal(await platform.stat(join(folder, "a")), { kind: "file", size: 5 });
  assert.is((await platform.stat(join(folder, "c")))?.kind, "folder");
  assert.is(await platform.stat(join(folder, "d")), null);
  assert.is(await platform.stat(join(folder, "a", "below-a-file")), null);
});

node("a pipe and a device are refused at once: nothing could stop reading them", async () => {
  const pipe = join(folder, "pipe");
  try {
    execFileSync("mkfifo", [pipe]);
  } catch {
    return; // Windows has none
  }
  // One after the other: a rejection that nobody waits for yet ends the process.
  for (const read of [platform.readFile, platform.openFile]) {
    assert.match(await message(read(pipe)), `cannot read ${pipe}: expected a file, got a pipe`);
  }
  assert.match(await message(platform.readFile("/dev/zero")), "got a device");
});

node("makeFolder, rename and removeFile", async () => {
  await platform.makeFolder(join(folder, "x/y/z"));
  await platform.makeFolder(join(folder, "x/y/z"));
  await writeFile(join(folder, "from"), "new");
  await writeFile(join(folder, "to"), "old");
  await platform.rename(join(folder, "from"), join(folder, "to"));
  assert.is(await readFile(join(folder, "to"), "utf8"), "new");
  await platform.removeFile(join(folder, "to"));
  await platform.removeFile(join(folder, "to"));
  assert.equal(await readdir(folder), ["x"]);
});

node("errors say what was found and what to do", async () => {
  const missing = join(folder, "missing");
  const file = join(folder, "file");
  await writeFile(file, "x");
  assert.is(await message(platform.readFile(missing)), `cannot read ${missing}: no such file; check the path`);
  assert.match(await message(platform.openFile(missing)), "no such file");
  assert.match(await message(platform.list(missing)), "no such file");
  assert.match(await message(platform.readFile(folder)), "expected a file, got a folder");
  assert.match(await message(platform.openFile(folder)), "expected a file, got a folder");
  assert.match(await message(platform.removeFile(folder)), "expected a file, got a folder");
  assert.match(await message(platform.list(file)), "expected a folder, got a file");
  assert.match(await message(platform.readFile(join(file, "below"))), "expected a folder, got a file");
  assert.match(await message(platform.writeFile(join(missing, "a"), "x")), "its folder does not exist; create it");
  assert.match(await message(platform.appendFile(join(missing, "a"), "x")), "its folder does not exist");
  assert.match(await message(platform.makeFolder(file)), "a file of this name exists");
  assert.match(await message(platform.makeFolder(join(file, "a"))), "expected a folder, got a file");
  assert.match(await message(platform.rename(missing, file)), "no such file");
  assert.match(await message(platform.writeFile(join(folder, "n".repeat(300)), "x")), "the name is too long");
  assert.match(await message(platform.readFile("a\0b")), "cannot read");
});

node("a failed write removes its temporary file and leaves what was there", async () => {
  const target = join(folder, "target");
  await mkdir(target);
  await writeFile(join(target, "inside"), "kept");
  assert.match(await message(platform.writeFile(target, "x")), "expected a file, got a folder");
  assert.equal(await readdir(folder), ["target"]);
  assert.is(await readFile(join(target, "inside"), "utf8"), "kept");
});

if (existsSync("/dev/full")) {
  node("a full disk is named", async () => {
    assert.match(await message(platform.appendFile("/dev/full", "x")), "the disk is full; free space");
    assert.match(await message(platform.appendBytes("/dev/full", new Uint8Array(9))), "the disk is full");
  });
}

if (process.getuid?.() !== 0) {
  node("a folder without permission is named and untouched", async () => {
    const path = join(folder, "a");
    await writeFile(path, "old");
    await chmod(folder, 0o555);
    assert.match(await message(platform.writeFile(path, "new")), "permission denied");
    assert.is(await readFile(path, "utf8"), "old");
  });
}

node("packageFile finds what the package ships", async () => {
  assert.is(platform.packageFile("host/check.ts"), join(repository(""), "host/check.ts"));
  assert.match(await readFile(platform.packageFile("package.json"), "utf8"), '"name": "hqcnn"');
});

/** A training of the embedded sample for a worker. */
const job = (options: object) => ({
  ...{ kind: "train", version: "0", folder: join(folder, "run") },
  options: parseTrainOptions({ threads: 1, ...options }),
});

node("startJob: what a worker fails with becomes a rejection with its message", async () => {
  const { done } = platform.startJob(job({ data: join(folder, "no.npz") }), () => {});
  assert.ok((await message(done)).startsWith(`${join(folder, "no.npz")}: no such file or folder`));
});

node("startJob: stop leads to a checkpoint, from which another job ends; both say where they stand", async () => {
  const data = join(folder, "tiny.npz");
  await writeFile(data, await npz(medmnistArrays({ train: 16, val: 8, test: 8 }, { channels: 1, classes: 2 })));
  const files = () => readdir(join(folder, "run"));
  const EPOCHS = 60; // so many that a busy machine stops it in time
  const train = async (stopAfter: number) => {
    const told: unknown[] = [];
    const started = platform.startJob(job({ data, epochs: EPOCHS, batchSize: 8 }), (received) => {
      told.push(received);
      if (told.length === stopAfter) started.stop();
    });
    await started.done;
    return told as JobMessage[];
  };
  const first = await train(1);
  assert.equal(first[0], { kind: "epoch", epoch: 1 });
  assert.equal(first.at(-1), { kind: "end", finished: false });
  assert.ok((await files()).includes("checkpoint.safetensors") && !(await files()).includes("metrics.json"));
  const second = await train(Number.POSITIVE_INFINITY);
  assert.equal(second[0], { kind: "epoch", epoch: first.length });
  assert.equal(second.at(-2), { kind: "epoch", epoch: EPOCHS });
  assert.equal(second.at(-1), { kind: "end", finished: true });
  assert.ok((await files()).includes("metrics.json"));
});

node.run();
