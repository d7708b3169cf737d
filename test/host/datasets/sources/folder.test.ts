import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readFolder } from "../../../../host/datasets/sources/folder.ts";
import { createNodePlatform } from "../../../../host/platform/node.ts";
import { fixture } from "../../../util/paths.ts";
import { refused } from "../../../util/refusal.ts";
import { temporaryFolder } from "../../../util/temporary.ts";

const test = suite("datasets/folder");
const platform = createNodePlatform();
const temporary = temporaryFolder();

/** A folder with these files: class/file → name of the fixture, or content. */
function make(name: string, files: Record<string, string | Uint8Array>): string {
  const root = `${temporary}/${name}`;
  for (const [path, from] of Object.entries(files)) {
    mkdirSync(`${root}/${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
    if (typeof from === "string") cpSync(fixture(`images/${from}`), `${root}/${path}`);
    else writeFileSync(`${root}/${path}`, from);
  }
  return root;
}

test("classes in the order of names; grey only if all are", async () => {
  const grey = make("grey", {
    "b/1.png": "grey8.png",
    "a/2.TIF": "grey16.tif",
    "a/1.jpeg": "grey.jpg",
    "b/2.png": "grey-as-rgb.png",
  });
  const read = await readFolder(grey, { platform });
  assert.equal([read.classNames, read.channels, [...read.labels], read.warnings], [["a", "b"], 1, [0, 0, 1, 1], []]);
  assert.is(read.images.length, 4 * 784);
  const mixed = make("mixed", { "a/1.png": "grey8.png", "b/1.png": "rgb8.png" });
  const colour = await readFolder(mixed, { platform });
  assert.equal([colour.channels, colour.images.length], [3, 2 * 2352]);
  for (let i = 0; i < 2352; i += 3) assert.equal(colour.images[i], colour.images[i + 2]);
  assert.is((await readFolder(mixed, { platform, channels: 1 })).images.length, 2 * 784);
  assert.is((await readFolder(grey, { platform, channels: 3 })).images.length, 4 * 2352);
});

test("images of 28×28 are left untouched", async () => {
  const { encode } = await import("fast-png");
  const data = Uint8Array.from({ length: 2352 }, (_, i) => (i * 91) & 255);
  const png = encode({ width: 28, height: 28, data, channels: 3, depth: 8 });
  const { images } = await readFolder(make("exact", { "a/1.png": png, "b/1.png": png }), { platform });
  assert.is(Buffer.compare(images, Buffer.concat([data, data])), 0);
});

test("a corrupt image among many is named, counted and skipped; strict makes it an error", async () => {
  const bytes = await platform.readFile(fixture("images/rgb8.png"));
  const root = make("corrupt", {
    "a/1.png": "rgb8.png",
    "a/2.png": bytes.slice(0, 70),
    "a/3.png": new Uint8Array(0),
    "a/notes.txt": new Uint8Array(3),
    "a/.DS_Store": new Uint8Array(3),
    "b/1.png": "rgb8.png",
  });
  const progress: string[] = [];
  const { labels, warnings } = await readFolder(root, {
    platform,
    onProgress: (done, total) => progress.push(`${done}/${total}`),
  });
  assert.equal([...labels], [0, 1]);
  assert.equal(progress, ["1/4", "2/4", "3/4", "4/4"]);
  assert.is(warnings.length, 2);
  assert.match(warnings[0], "left out 1 entries");
  assert.match(warnings[1], "skipped 2 of 4 images");
  for (const name of ["a/2.png", "a/3.png"]) assert.match(warnings[1], name);
  await refused(() => readFolder(root, { platform, strict: true }), "a/2.png");
});

test("many corrupt images are counted, not listed", async () => {
  const bad = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`a/${i}.png`, new Uint8Array(9)]));
  const { warnings } = await readFolder(make("bad", { ...bad, "a/ok.png": "rgb8.png", "b/ok.png": "rgb8.png" }), {
    platform,
  });
  assert.match(warnings[0], /skipped 20 of 22 images.*and 15 more/);
});

test("refuses folders that are no data set", async () => {
  const read = (path: string) => () => readFolder(path, { platform });
  await refused(read(make("one", { "a/1.png": "rgb8.png" })), "one: expected 2 to 64 subfolders", "got 1");
  mkdirSync(`${make("empty", { "a/1.png": "rgb8.png" })}/b`);
  await refused(read(`${temporary}/empty`), "empty/b", "none that can be read");
  await refused(
    read(make("broken", { "a/1.png": "rgb8.png", "b/1.png": new Uint8Array(5) })),
    "broken/b",
    "none that can be read",
  );
  await refused(read(`${temporary}/missing`), "missing", "no such file");
});

test("an abort ends the reading", async () => {
  const reason = new Error("enough");
  const error = await readFolder(make("abort", { "a/1.png": "rgb8.png", "b/1.png": "rgb8.png" }), {
    platform,
    signal: AbortSignal.abort(reason),
  }).catch((e) => e);
  assert.is(error, reason);
});

test.run();
