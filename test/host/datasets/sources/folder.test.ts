import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readFolder } from "../../../../host/datasets/sources/folder.ts";
import { skippedText } from "../../../../host/datasets/sources/listing.ts";
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
    mkdirSync(`${root}/${path.slice(0, Math.max(path.lastIndexOf("/"), 0))}`, { recursive: true });
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
  const [part] = read.parts;
  assert.equal(
    [read.classNames, read.channels, [...part.labels], read.skipped, part.split, part.groups],
    [["a", "b"], 1, [0, 0, 1, 1], [], null, null],
  );
  assert.is(part.images.length, 4 * 784);
  const mixed = make("mixed", { "a/1.png": "grey8.png", "b/1.png": "rgb8.png" });
  const colour = await readFolder(mixed, { platform });
  const { images } = colour.parts[0];
  assert.equal([colour.channels, images.length], [3, 2 * 2352]);
  for (let i = 0; i < 2352; i += 3) assert.equal(images[i], images[i + 2]);
  assert.is((await readFolder(mixed, { platform, channels: 1 })).parts[0].images.length, 2 * 784);
  assert.is((await readFolder(grey, { platform, channels: 3 })).parts[0].images.length, 4 * 2352);
  assert.is.not((await readFolder(mixed, { platform })).md5, read.md5);
  assert.is((await readFolder(grey, { platform, size: { height: 32, width: 20 } })).md5, read.md5);
});

test("classes named by numbers are in the order of the numbers, before words", async () => {
  const names = ["10", "2", "1", "1a", "b"];
  const graded = make("graded", Object.fromEntries(names.map((name) => [`${name}/1.png`, "grey8.png"])));
  const { classNames, parts } = await readFolder(graded, { platform });
  assert.equal(classNames, ["1", "2", "10", "1a", "b"]);
  // Files in the order of their names, as their checksum is over that.
  assert.equal([...parts[0].labels], [0, 2, 3, 1, 4]);
});

test("images of the network's size are left untouched, others are brought to any size", async () => {
  const { encode } = await import("fast-png");
  const data = Uint8Array.from({ length: 2352 }, (_, i) => (i * 91) & 255);
  const png = encode({ width: 28, height: 28, data, channels: 3, depth: 8 });
  const root = make("exact", { "a/1.png": png, "b/1.png": png });
  const { parts } = await readFolder(root, { platform });
  assert.is(Buffer.compare(parts[0].images, Buffer.concat([data, data])), 0);
  const sized = await readFolder(root, { platform, size: { height: 96, width: 64 } });
  assert.equal([sized.height, sized.width, sized.parts[0].images.length], [96, 64, 2 * 96 * 64 * 3]);
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
  const { parts, skipped } = await readFolder(root, {
    platform,
    onProgress: (done, total) => progress.push(`${done}/${total}`),
  });
  assert.equal([...parts[0].labels], [0, 1]);
  assert.equal(progress, ["1/5", "2/5", "3/5", "4/5", "5/5"]);
  const reasons = Object.fromEntries(skipped.map(({ path, reason }) => [path.slice(root.length + 1), reason]));
  assert.equal(Object.keys(reasons).sort(), ["a/.DS_Store", "a/2.png", "a/3.png", "a/notes.txt"]);
  assert.equal([reasons["a/.DS_Store"], reasons["a/notes.txt"]], ["hidden", "no image"]);
  assert.match(reasons["a/3.png"], "a/3.png: expected an image");
  assert.match(reasons["a/2.png"], "a/2.png: ");
  const text = skippedText(skipped);
  for (const part of ["1 hidden", "a/2.png: ", "a/3.png: "]) assert.match(text, part);
  await refused(() => readFolder(root, { platform, strict: true }), "a/2.png");
});

test("many corrupt images are counted, not listed", async () => {
  const bad = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`a/${i}.png`, new Uint8Array(9)]));
  const { skipped } = await readFolder(make("bad", { ...bad, "a/ok.png": "rgb8.png", "b/ok.png": "rgb8.png" }), {
    platform,
  });
  assert.is(skipped.length, 20);
  assert.match(skippedText(skipped), /a\/0.png: expected an image .*and 15 more/);
});

test("what systems leave is left out and counted, at any depth", async () => {
  const root = make("junk", {
    "a/1.png": "rgb8.png",
    "b/1.png": "rgb8.png",
    "__MACOSX/a/._1.png": new Uint8Array(9),
    ".ipynb_checkpoints/1-checkpoint.png": "rgb8.png",
    ".DS_Store": new Uint8Array(3),
    "a/Thumbs.db": new Uint8Array(3),
    "a/deep/desktop.ini": new Uint8Array(3),
    "a/deep/._2.png": new Uint8Array(3),
    "readme.txt": new Uint8Array(3),
  });
  const { classNames, parts, skipped } = await readFolder(root, { platform });
  assert.equal([classNames, parts[0].images.length], [["a", "b"], 2 * 2352]);
  assert.is(skipped.length, 7);
  assert.match(skippedText(skipped), "3 hidden; 3 left by the system; ");
  assert.match(skippedText(skipped), "readme.txt: in no folder of a class");
});

test("content tells what is an image: files without an ending, a JPEG named PNG", async () => {
  const root = make("content", { "a/IM0001": "grey8.png", "a/x.png": "grey.jpg", "b/IM0001": "grey8.tif" });
  const { parts, skipped } = await readFolder(root, { platform });
  assert.equal([[...parts[0].labels], skipped], [[0, 0, 1], []]);
});

test("folders in the folders of classes: all images are used, and --group keeps a patient's together", async () => {
  const patients = ["p1", "p1", "p2", "p3", "p3", "p3"];
  const files = Object.fromEntries(
    ["a", "b"].flatMap((name) => [
      ...patients.map((patient, i) => [`${name}/${patient}${name}/${i}.png`, "rgb8.png"]),
      [`${name}/loose.png`, "rgb8.png"],
    ]),
  );
  const root = make("patients", files);
  const plain = await readFolder(root, { platform });
  assert.equal([plain.parts[0].labels.length, plain.parts[0].groups, plain.skipped], [14, null, []]);
  assert.match(plain.steps.join(), "12 images lie deeper");
  for (const group of ["patient", "2"]) {
    const { parts, steps } = await readFolder(root, { platform, group });
    const groups = parts[0].groups!;
    assert.is(new Set(groups).size, 8);
    assert.is(groups.filter((name) => name === "p3a").length, 3);
    assert.match(steps.join(), "6 groups from folders stay whole; 2 images in none are each one of their own");
  }
  const flipped = make("flipped", { "p1/a/1.png": "rgb8.png", "p1/b/1.png": "rgb8.png", "p2/a/1.png": "rgb8.png" });
  const first = await readFolder(flipped, { platform, group: "1" });
  assert.equal(
    [first.classNames, first.parts[0].groups],
    [
      ["a", "b"],
      ["p1", "p2", "p1"],
    ],
  );
  await refused(() => readFolder(root, { platform, group: "3" }), "--group 3", "no folders on that level");
});

test("train, val and test with the classes in them", async () => {
  const files = ["train", "Validation", "TEST"].flatMap((split) =>
    ["a", "b"].map((name) => [`${split}/${name}/1.png`, "rgb8.png"]),
  );
  const root = make("layout", Object.fromEntries(files));
  const { parts, classNames, steps } = await readFolder(root, { platform });
  assert.equal(
    [classNames, parts.map(({ split, labels }) => [split, [...labels]])],
    [
      ["a", "b"],
      [
        ["train", [0, 1]],
        ["val", [0, 1]],
        ["test", [0, 1]],
      ],
    ],
  );
  assert.match(steps.join(), "Validation as val");
  const twice = make("twice", Object.fromEntries([...files, ["val/a/1.png", "rgb8.png"]]));
  await refused(() => readFolder(twice, { platform }), "Validation and val would both be val");
  const more = make("more", Object.fromEntries([...files, ["extra/a/1.png", "rgb8.png"]]));
  assert.match(skippedText((await readFolder(more, { platform })).skipped), "in none of train, val and test");
  // Classes may be called so, too.
  const classes = make("words", { "train/1.png": "rgb8.png", "test/1.png": "rgb8.png" });
  assert.equal((await readFolder(classes, { platform })).classNames, ["test", "train"]);
});

test("refuses folders that are no data set", async () => {
  const read = (path: string) => () => readFolder(path, { platform });
  await refused(read(make("one", { "a/1.png": "rgb8.png" })), "one: expected 2 to 64 subfolders", "got 1");
  mkdirSync(`${make("empty", { "a/1.png": "rgb8.png" })}/b`);
  await refused(read(`${temporary}/empty`), "empty: class b", "none that can be read");
  await refused(
    read(make("broken", { "a/1.png": "rgb8.png", "b/1.png": new Uint8Array(5) })),
    "broken: class b",
    "none that can be read",
    "b/1.png: expected an image",
  );
  await refused(read(`${temporary}/missing`), "missing", "no such file");
  await refused(read(make("flat", { "1.png": "rgb8.png" })), "got 0; 1 files lie right in it", "CSV (image,label)");
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
