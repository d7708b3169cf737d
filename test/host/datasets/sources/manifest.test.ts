import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readManifest } from "../../../../host/datasets/sources/manifest.ts";
import { createNodePlatform } from "../../../../host/platform/node.ts";
import { fixture } from "../../../util/paths.ts";
import { refused } from "../../../util/refusal.ts";
import { temporaryFolder } from "../../../util/temporary.ts";

const test = suite("datasets/manifest");
const platform = createNodePlatform();
const root = temporaryFolder();
mkdirSync(`${root}/img`);
for (const name of ["1", "2", "3", "4", "5"]) cpSync(fixture("images/rgb8.png"), `${root}/img/${name}.png`);
writeFileSync(`${root}/img/broken.png`, new Uint8Array(9));

let serial = 0;
function write(...lines: string[]): string {
  const path = `${root}/list${serial++}.csv`;
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}
const read = (path: string, options: Partial<Parameters<typeof readManifest>[1]> = {}) =>
  readManifest(path, { platform, ...options });

test("image and label, beside the images; the order of the rows is kept", async () => {
  const list = write("image,label", "img/2.png,b", "img/1.png,a", "img/3.png,b");
  const { classNames, parts, skipped, steps, channels, isMultilabel } = await read(list);
  assert.equal([classNames, channels, isMultilabel, skipped], [["a", "b"], 3, false, []]);
  assert.equal(
    [parts.length, parts[0].split, [...parts[0].labels], parts[0].groups, parts[0].images.length],
    [1, null, [1, 0, 1], null, 3 * 2352],
  );
  assert.equal(steps, ["columns: image image, label label"]);
});

test("splits, groups, other names of columns, semicolons, tabs, quotes, a byte order mark, CRLF", async () => {
  const rows = ["img/1.png", "img/2.png", "img/3.png", "img/4.png"];
  for (const separator of [",", ";", "\t"]) {
    const header = ["Patient ID", "file name", "Diagnosis", "Set", "age"].map((name) => name.replace(" ", "_"));
    const lines = rows.map((image, i) => [
      `p${i >> 1}`,
      `"${image}"`,
      i % 2 ? "2" : "10",
      ["train", "TEST"][i >> 1],
      "44",
    ]);
    const text = [header, ...lines].map((cells) => cells.join(separator)).join("\r\n");
    const path = `${root}/separated${separator === "\t" ? ".tsv" : ".csv"}`;
    writeFileSync(path, `\ufeff${text}`);
    const { classNames, parts, steps } = await read(path);
    assert.equal(classNames, ["2", "10"]);
    assert.equal(
      parts.map(({ split, labels, groups }) => [split, [...labels], groups]),
      [
        ["train", [1, 0], ["p0", "p0"]],
        ["test", [1, 0], ["p1", "p1"]],
      ],
    );
    assert.match(steps[0], "left out age");
  }
});

test("several labels an image: a column each, or with | between", async () => {
  const columns = write("image,mass,nodule,edema", "img/1.png,1,0,1", "img/2.png,0,0,0", "img/3.png,0,1,0");
  const one = await read(columns);
  assert.equal([one.classNames, one.isMultilabel], [["mass", "nodule", "edema"], true]);
  assert.equal([...one.parts[0].matrix!], [1, 0, 1, 0, 0, 0, 0, 1, 0]);
  const joined = await read(write("image,finding", "img/1.png,mass|edema", "img/2.png,nodule"));
  assert.equal(
    [joined.classNames, [...joined.parts[0].matrix!]],
    [
      ["edema", "mass", "nodule"],
      [1, 1, 0, 0, 0, 1],
    ],
  );
  await refused(() => read(write("image,a,b", "img/1.png,1,2")), "line 2: expected 0 or 1 in column b, got 2");
});

test("rows that cannot be used are named, counted and skipped; strict refuses them", async () => {
  const list = write(
    "image,label",
    "img/1.png,a",
    "img/none.png,a",
    "img/2.png,",
    "img/3.png,b",
    "img/3.png,b",
    "",
    "img/4.png",
    "img/broken.png,b",
  );
  const { parts, skipped } = await read(list);
  assert.equal([...parts[0].labels], [0, 1]);
  assert.equal(
    skipped.slice(0, 4).map(({ path, reason }) => `${path.replace(/.*line/, "line").replace(root, "")}: ${reason}`),
    [
      "line 3: img/none.png: no such file",
      "line 4: img/2.png: has no label",
      "line 6: img/3.png: is the same as line 5",
      "line 8: expected 2 columns, got 1",
    ],
  );
  assert.match(skipped[4].reason, "img/broken.png: expected an image");
  await refused(() => read(list, { strict: true }), "line 3: img/none.png: no such file; --strict skips nothing");
  const quoted = write("image,label,note", 'img/1.png,a,"two', 'lines"', "img/none.png,a,", "img/2.png,b,");
  assert.match((await read(quoted)).skipped[0].path, /: line 4$/);
});

test("what cannot be right is refused by line", async () => {
  await refused(
    () => read(write("picture,label", "img/1.png,a")),
    "expected a header line with the columns image and label",
  );
  await refused(() => read(write("image,label", "img/1.png,a", "img/1.png,b")), "two rows that differ, lines 2 and 3");
  await refused(
    () => read(write("image,label,split", "img/1.png,a,holdout")),
    "line 2: expected a split",
    "got holdout",
  );
  await refused(() => read(write("image,label,split", "img/1.png,a,train", "img/2.png,b,")), "line 3", "every row");
  await refused(() => read(write("image,label", "img/1.png,a", "img/2.png,a")), "2 to 64 different labels, got 1");
  await refused(() => read(write("image,label", "img/none.png,a")), "none that can be used", "no such file");
  await refused(
    () => read(write("image,label", "img/1.png,a"), { group: "patient" }),
    "--group patient",
    "no such column",
  );
  await refused(() => read(write("image,label", "\0\0,a")), "expected a CSV text");
});

test.run();
