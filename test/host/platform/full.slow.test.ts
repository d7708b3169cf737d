// Slow: many processes. Disks that are full or read-only, real ones: a small tmpfs, which takes root and Linux to
// mount.
// What cannot be written is named with its cause, nothing is half-written, and a run continues when there is room.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openDataset } from "../../../host/datasets/open.ts";
import { fetchDataset } from "../../../host/datasets/sources/download.ts";
import { medmnist } from "../../../host/datasets/sources/medmnist.ts";
import { createNodePlatform } from "../../../host/platform/node.ts";
import { hqcnn } from "../../util/cli.ts";
import { medmnistArrays, npz, sampleCut } from "../../util/npz.ts";
import { COMMAND, fixture } from "../../util/paths.ts";
import { refused } from "../../util/refusal.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const folder = temporaryFolder();
const disk = join(folder, "disk");
const on = (name: string) => join(disk, name);
const image = fixture("images/rgb8.png");
mkdirSync(disk);

const mount = (options: string) => spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", disk]).status === 0;
/** Makes the disk as large as this, empty or not. */
const resize = (size: string) => assert.is(spawnSync("mount", ["-o", `remount,rw,size=${size}`, disk]).status, 0);
const empty = () => {
  for (const name of readdirSync(disk)) rmSync(on(name), { recursive: true });
};
const isMounted = process.platform === "linux" && mount("size=8m");

const disks = suite("full and read-only disks");
/** Where nothing can be mounted, tests are skipped, by name and counted. */
const test: typeof disks = isMounted
  ? disks
  : (Object.assign((title: string) => {
      disks.skip(title);
      console.log(`skipped: ${title} (a tmpfs cannot be mounted here)`);
    }, disks) as typeof disks);
disks.after(() => {
  if (isMounted) spawnSync("umount", [disk]);
});

const noText = /unexpected|ENOSPC|EROFS|at .*\.js:\d+|undefined/;
const training = ["train", "--epochs", "2", "--threads", "1"];

test("a training that finds the disk full ends with words, and continues to the same bits when there is room", async () => {
  const whole = await hqcnn([...training, "--out", join(folder, "whole")]);
  const fingerprint = /fingerprint +([0-9a-f]{64})/.exec(whole.stdout)![1];
  const continued: boolean[] = [];
  for (const size of ["600k", "1300k", "1600k", "2200k"]) {
    empty();
    resize(size);
    const { code, stderr } = await hqcnn([...training, "--out", on("run")]);
    assert.is(code, 1, `${size}: ${stderr}`);
    assert.match(stderr, /error: cannot write .*: the disk is full; free space/);
    assert.not.match(stderr, noText);
    assert.equal(
      readdirSync(on("run")).filter((name) => name.endsWith(".tmp")),
      [],
    );
    resize("8m");
    const isKept = existsSync(on("run/checkpoint.safetensors"));
    continued.push(isKept);
    if (!isKept) continue;
    assert.match(stderr, /continue with: hqcnn train --resume/);
    const resumed = await hqcnn(["train", "--resume", on("run"), "--threads", "1"]);
    assert.is(resumed.code, 0, resumed.stderr);
    assert.ok(resumed.stdout.includes(fingerprint), size);
  }
  assert.equal(continued, [false, true, true, true]);
});

test("a study that finds the disk full names its runs, keeps what is finished, and continues when there is room", async () => {
  const file = join(folder, "two.yaml");
  writeFileSync(file, "base: {epochs: 1, head: none, task: multiclass, data: cut.npz}\nseeds: 2\n");
  writeFileSync(join(folder, "cut.npz"), await sampleCut());
  const study = (out: string) => hqcnn(["study", file, "--out", out, "--parallel", "1", "--json"], { cwd: folder });
  const prints = (ended: { stdout: string }) =>
    (JSON.parse(ended.stdout) as { runs: { fingerprint: string }[] }).runs.map(({ fingerprint }) => fingerprint);
  const whole = prints(await study(join(folder, "two")));
  const finished: number[] = [];
  for (const size of ["64k", "3m"]) {
    empty();
    resize(size);
    const { code, stderr } = await study(on("study"));
    assert.is(code, 1, `${size}: ${stderr}`);
    assert.match(stderr, /cannot write .*: the disk is full; free space/);
    assert.not.match(stderr, noText);
    const metrics = () => readdirSync(on("study")).filter((name) => existsSync(on(`study/${name}/metrics.json`)));
    finished.push(existsSync(on("study")) ? metrics().length : 0);
    resize("16m");
    const continued = await study(on("study"));
    assert.is(continued.code, 0, continued.stderr);
    assert.equal(prints(continued), whole);
  }
  assert.equal(finished, [0, 1]);
});

test("output into a file on a full disk is an error, not a success without output", async () => {
  empty();
  resize("4k");
  writeFileSync(on("fill"), new Uint8Array(4096));
  const command = `"${process.execPath}" "${COMMAND}" predict "${join(folder, "whole")}" "${image}" --json > "${on("out")}"`;
  const { status, stderr } = spawnSync("sh", ["-c", command], { encoding: "utf8" });
  assert.is(status, 1, stderr);
  assert.match(stderr, /error: cannot write to stdout: the disk is full/);
  assert.not.match(stderr, noText);
});

test("a download and the pixels of a large set that do not fit are removed or kept to continue, never taken for whole", async () => {
  empty();
  resize("2m");
  const name = "breastmnist";
  const content = new Uint8Array(3_500_000).map((_, i) => Math.imul(i, 2654435761) >>> 24);
  content.set([0x50, 0x4b, 3, 4]);
  const published = { ...medmnist[name] };
  Object.assign(medmnist[name], { md5: createHash("md5").update(content).digest("hex"), bytes: content.length });
  const server = createServer((_, response) => response.end(content));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const platform = { ...createNodePlatform(), cacheFolder: on("cache") };
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const fetched = () => fetchDataset(name, { platform, baseUrl });
    await refused(fetched, "cannot write", "the disk is full");
    assert.not.ok(existsSync(on(`cache/${name}.npz`)));
    resize("8m");
    await fetched();
    assert.ok(existsSync(on(`cache/${name}.npz`)));
  } finally {
    server.close();
    Object.assign(medmnist[name], published);
  }
  empty();
  resize("64k");
  const file = join(folder, "large.npz");
  writeFileSync(file, await npz(medmnistArrays({ train: 300, val: 20, test: 20 }), { level: 6 }));
  const platform = createNodePlatform();
  // Pixels are written when the first batch is asked for.
  const batch = async () => {
    const { stored } = await (await openDataset(file, { platform, memory: 0, cache: on("pixels") })).split("train");
    return (await stored!.request([0])).images;
  };
  await refused(batch, "cannot write", "the disk is full");
  assert.equal(
    readdirSync(on("pixels")).filter((name) => /\.(images|json|writing)$/.test(name)),
    [],
  );
  resize("8m");
  assert.is((await batch()).length, 784);
});

test("a read-only disk is called that by every command that writes", async () => {
  empty();
  resize("8m");
  assert.is(spawnSync("mount", ["-o", "remount,ro", disk]).status, 0);
  const model = join(folder, "whole");
  for (const args of [
    [...training, "--out", on("run")],
    [...training, "--out", on("a/b/run")],
    ["explain", model, image, "--out", on("maps")],
    ["report", model, "--out", on("report.html")],
    ["export", model, "--onnx", "--out", on("m.onnx")],
  ]) {
    const { code, stderr } = await hqcnn(args);
    assert.is(code, 1, args.join(" "));
    assert.match(stderr, /read-only/, args.join(" "));
    assert.not.match(stderr, noText);
  }
});

disks.run();
