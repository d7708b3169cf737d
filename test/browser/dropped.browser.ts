// Files that people give to the page, a download that breaks off, and isolation by a service worker, in Chromium.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { serve as servePage } from "../../host/cli/serve.ts";
import { createNodePlatform } from "../../host/platform/node.ts";
import { findChromium } from "../util/browsers.ts";
import { bundle } from "../util/bundle.ts";
import { eventually } from "../util/eventually.ts";
import { medmnistArrays, npz } from "../util/npz.ts";
import { repository } from "../util/paths.ts";
import { type StaticServer, serve } from "../util/server.ts";
import { temporaryFolder } from "../util/temporary.ts";

const executablePath = findChromium();
const given = suite("given files in Chromium");
const test = executablePath ? given : given.skip;
const folder = temporaryFolder();
let browser: Browser;
let server: StaticServer;
let page: Page;
let archive: Uint8Array;

const html = `<!doctype html><title>hqcnn</title><link rel=icon href=data:,>
<script type="module">import { watch } from "/program.js"; watch(); document.title = "ready";</script>
<input id="file" type="file" multiple><input id="folder" type="file" webkitdirectory>`;

given.before(async () => {
  if (!executablePath) return;
  archive = await npz(medmnistArrays({ train: 12, val: 6, test: 9 }, { channels: 3, classes: 3 }));
  writeFileSync(join(folder, "mine.npz"), archive);
  for (const name of ["cells/a", "cells/b", "bare", "empty"]) mkdirSync(join(folder, name), { recursive: true });
  for (const name of ["a", "b"]) {
    for (const n of [1, 2, 3, 4, 5]) copyFileSync(image, join(folder, "cells", name, `${n}.png`));
  }
  copyFileSync(image, join(folder, "bare/1.png"));
  writeFileSync(join(folder, "cells/.DS_Store"), "x");
  writeFileSync(join(folder, "cells/about.txt"), "x");
  writeFileSync(join(folder, "huge.npz"), "PK");
  truncateSync(join(folder, "huge.npz"), 2 ** 31);
  server = await serve("", { pages: { "/": html, "/program.js": await bundle("test/browser/droppedProgram.ts") } });
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(120_000);
  await open();
});
given.after(async () => {
  await browser?.close();
  server?.close();
});

const image = repository("test/fixtures/images/rgb8.png");

async function open(): Promise<void> {
  await page.goto(server.url);
  await page.waitForFunction(`document.title === "ready"`);
}

const call = (text: string) => page.evaluate(`import("/program.js").then(async (program) => program.${text})`);
const keepFiles = (...files: { name: string; bytes: Uint8Array; type?: string }[]) =>
  call(`keepFiles(${JSON.stringify(files.map((file) => ({ ...file, bytes: [...file.bytes] })))})`);

/** Drops files or folders of the disk on the page, as a person does. */
async function drop(...paths: string[]): Promise<unknown> {
  const devtools = await page.context().newCDPSession(page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await devtools.send("Input.dispatchDragEvent", { type, x: 100, y: 100, data });
  }
  await devtools.detach();
  await page.waitForTimeout(100);
  return call("outcome()");
}

async function choose(selector: "#file" | "#folder", ...paths: string[]): Promise<unknown> {
  await page.locator(selector).setInputFiles(paths);
  return call("outcome()");
}

interface Kept {
  ended: { kind: string; path: string; name: string; notes: string[]; progress: number; data: Record<string, unknown> };
}

test("an npz is kept by its content, opened by its path, and there after a reload", async () => {
  const { ended } = (await drop(join(folder, "mine.npz"))) as Kept;
  assert.match(ended.path, /^\/dropped\/[0-9a-f]{12}\/mine\.npz$/);
  const data = {
    name: "mine",
    counts: { train: 12, val: 6, test: 9 },
    channels: 3,
    classNames: ["class 0", "class 1", "class 2"],
  };
  const expected = { kind: "data", path: "", name: "mine.npz", notes: [], data, progress: archive.length };
  assert.equal({ ...ended, path: "" }, expected);
  await open();
  assert.equal(await call(`platform.stat(${JSON.stringify(ended.path)})`), { kind: "file", size: archive.length });
  const again = (await choose("#file", join(folder, "mine.npz"))) as Kept;
  assert.is(again.ended.path, ended.path);
  assert.is(((await call(`platform.list("/dropped")`)) as object[]).length, 1);
});

test("a folder with one subfolder a class is kept whole, dropped or chosen", async () => {
  const dropped = (await drop(join(folder, "cells"))) as Kept;
  const { classNames, channels, counts } = dropped.ended.data as {
    classNames: string[];
    channels: number;
    counts: object;
  };
  assert.equal({ classNames, channels }, { classNames: ["a", "b"], channels: 3 });
  assert.equal(dropped.ended.notes, ["cells: 1 of 11 files not kept, no images in subfolders: about.txt"]);
  assert.is(
    Object.values(counts).reduce((a, b) => a + b),
    10,
  );
  assert.is(((await choose("#folder", join(folder, "cells"))) as Kept).ended.path, dropped.ended.path);
  const classes = (await drop(join(folder, "cells/a"), join(folder, "cells/b"))) as Kept;
  assert.equal(classes.ended.data.classNames, ["a", "b"]);
});

test("images and models are handed on; a paste is a drop", async () => {
  const png = new Uint8Array([0x89, 0x50]);
  assert.equal(await keepFiles({ name: "a.png", bytes: png }, { name: "image", bytes: png, type: "image/png" }), {
    ended: { kind: "images" },
  });
  assert.equal(await keepFiles({ name: "model.safetensors", bytes: png }), { ended: { kind: "model" } });
  const pasted = await page.evaluate(`import("/program.js").then(({ outcome }) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(9)], "image.png", { type: "image/png" }));
    dispatchEvent(new ClipboardEvent("paste", { clipboardData: data }));
    return outcome();
  })`);
  assert.equal(pasted, { ended: { kind: "images" } });
});

test("what is no data is a sentence, and nothing of it is kept", async () => {
  const before = await call(`platform.list("/dropped")`);
  const refusals: [Promise<unknown>, RegExp][] = [
    [
      keepFiles({ name: "notes.pdf", bytes: archive, type: "application/pdf" }),
      /^notes\.pdf: expected an \.npz .* got application\/pdf$/,
    ],
    [keepFiles({ name: "text.npz", bytes: new Uint8Array(99) }), /^text\.npz: expected an npz file \(a zip archive\)/],
    [
      keepFiles({ name: "cut.npz", bytes: archive.subarray(0, archive.length - 300) }),
      /^cut\.npz: damaged or cut short/,
    ],
    [keepFiles({ name: "a.png", bytes: archive }, { name: "b.csv", bytes: archive }), /got 2 files, b\.csv among them/],
    [keepFiles(), /^Expected an \.npz .* got no file\.$/],
  ];
  for (const [told, pattern] of refusals) {
    assert.match(((await told) as { refused: string }).refused.replace("HqcnnError: ", ""), pattern);
  }
  const paths: [string, RegExp][] = [
    [
      "huge.npz",
      /^huge\.npz: expected at most 1\.1 GB for the page, got 2\.1 GB; use hqcnn train --data on the command line$/,
    ],
    ["empty", /^empty: expected an \.npz .* got an empty folder$/],
    ["bare", /^bare: expected 2 to 64 subfolders of images .* got 1 files, none of them an image in a subfolder$/],
  ];
  for (const [path, pattern] of paths) {
    const { refused } = (await drop(join(folder, path))) as { refused: string };
    assert.match(refused.replace("HqcnnError: ", ""), pattern);
  }
  assert.equal(await call(`platform.list("/dropped")`), before);
});

test("a full storage refuses a file in a sentence and leaves the others", async () => {
  const own = await (await browser.newContext()).newPage();
  await own.goto(server.url);
  const devtools = await own.context().newCDPSession(own);
  await devtools.send("Storage.overrideQuotaForOrigin", { origin: new URL(server.url).origin, quotaSize: 600_000 });
  const keep = (files: string) => own.evaluate(`import("/program.js").then(({ keepFiles }) => keepFiles(${files}))`);
  const small = JSON.stringify([{ name: "mine.npz", bytes: [...archive] }]);
  const { ended } = (await keep(small)) as Kept;
  const noise = await npz(medmnistArrays({ train: 900, val: 90, test: 90 }, { channels: 1, classes: 3 }), { level: 0 });
  const told = (await keep(JSON.stringify([{ name: "large.npz", bytes: [...noise] }]))) as { refused: string };
  assert.match(told.refused, /^HqcnnError: .*storage for this page (is full|has .* left).*remove/);
  const kept = await own.evaluate(`import("/program.js").then(({ platform }) => platform.list("/dropped"))`);
  assert.equal(kept, [{ name: ended.path.split("/")[2], kind: "folder" }]);
  await own.close();
});

test("a download that breaks off is kept, said, and continues from there, checked by its MD5", async () => {
  const content = Uint8Array.from({ length: 3_000_000 }, (_, i) => Math.imul(i ^ (i >>> 9), 2654435761) >>> 24);
  content.set([0x50, 0x4b]); // else it is refused at its first bytes: an npz is a zip archive
  const ranges: (string | undefined)[] = [];
  // As Zenodo answers: for every origin, but Content-Range cannot be read.
  const origin = createServer(async ({ headers: { range } }, response) => {
    ranges.push(range);
    const from = Number(/^bytes=(\d+)-/.exec(range ?? "")?.[1] ?? 0);
    const headers = { "access-control-allow-origin": "*", "content-length": content.length - from };
    response.writeHead(range ? 206 : 200, {
      ...headers,
      "content-range": `bytes ${from}-${content.length - 1}/${content.length}`,
    });
    if (range) return response.end(content.subarray(from));
    response.write(content.subarray(0, 2_000_000));
    setTimeout(() => response.destroy(), 2000); // when the page has what was written
  });
  await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
  const address = JSON.stringify(`http://127.0.0.1:${(origin.address() as AddressInfo).port}`);
  const md5 = JSON.stringify(createHash("md5").update(content).digest("hex"));
  try {
    const fetchSet = () => call(`fetchSet("bloodmnist", ${address}, ${md5})`);
    const first = (await fetchSet()) as { refused: string };
    assert.match(
      first.refused,
      /^HqcnnError: bloodmnist: the connection was lost after \d+ of 3000000 bytes, which are kept; fetch again/,
    );
    await open();
    const second = (await fetchSet()) as { ended: string; progress: number[] };
    assert.is(second.ended, "/datasets/bloodmnist.npz");
    assert.ok(second.progress[0] > 0 && second.progress.at(-1) === content.length);
    assert.equal(ranges, [undefined, `bytes=${second.progress[0]}-`]);
    const kept = (await call(`platform.list("/datasets")`)) as { name: string }[];
    assert.equal(
      kept.map(({ name }) => name).filter((name) => !name.startsWith(".")),
      ["bloodmnist.npz"],
    ); // locks
  } finally {
    origin.close();
    origin.closeAllConnections();
  }
});

test("on a host without headers the page isolates itself with one reload; where it cannot, it stays as it is", async () => {
  const { server: host, url } = await servePage(createNodePlatform(), { port: 0, host: "127.0.0.1", isolation: false });
  const opened = async (serviceWorkers: "allow" | "block", address = url) => {
    const context = await browser.newContext({ serviceWorkers });
    const tab = await context.newPage();
    tab.setDefaultTimeout(120_000);
    let loads = 0;
    tab.on("domcontentloaded", () => loads++);
    const isolated = () =>
      tab.evaluate<boolean>(`crossOriginIsolated && document.readyState === "complete"`).catch(() => false); // loading
    // Where it isolates itself that takes as long as it takes; where it cannot, it had time to try.
    const settled = async () => {
      if (serviceWorkers === "block") await tab.waitForTimeout(2000);
      else await eventually(isolated, () => "isolated");
    };
    await tab.goto(address);
    await settled();
    const told = { isolated: await tab.evaluate("crossOriginIsolated"), loads };
    await tab.reload();
    await settled();
    const again = { isolated: await tab.evaluate("crossOriginIsolated"), loads };
    await context.close();
    return [told, again];
  };
  try {
    assert.equal(await opened("allow"), [
      { isolated: true, loads: 2 },
      { isolated: true, loads: 3 },
    ]);
    assert.equal(await opened("block"), [
      { isolated: false, loads: 1 },
      { isolated: false, loads: 2 },
    ]);
  } finally {
    host.close();
    host.closeAllConnections();
  }
});

given.run();
