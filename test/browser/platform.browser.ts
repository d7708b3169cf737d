// The files of pages in real browsers: what holds of Node's must hold of them, and they survive a full storage, a
// killed browser and a reload.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNodePlatform } from "../../host/platform/node.ts";
import type { JobMessage } from "../../host/study/local.ts";
import { parseTrainOptions } from "../../host/training/parse.ts";
import { findBrowsers, findChromium, type RealBrowser, type Tab } from "../util/browsers.ts";
import { bundle } from "../util/bundle.ts";
import { medmnistArrays, npz } from "../util/npz.ts";
import { type StaticServer, serve } from "../util/server.ts";
import { temporaryFolder } from "../util/temporary.ts";
import { checks } from "./platformChecks.ts";

const executablePath = findChromium();
let server: StaticServer;

const blank = "<!doctype html><title>hqcnn</title><link rel=icon href=data:,>";
const prepare = async () => {
  server ??= await serve("", {
    pages: { "/": blank, "/checks.js": await bundle("test/browser/platformChecks.ts") },
  });
};

for (const { name, launch, absent } of findBrowsers()) {
  const files = suite(`files in ${name}`);
  const test = absent ? files.skip : files;
  let browser: RealBrowser;
  let tab: Tab;
  files.before(async () => {
    if (absent) return;
    await prepare();
    browser = await launch();
    tab = await browser.tab();
    await tab.open(server.url);
  });
  files.after(() => browser?.close());

  for (const check of Object.keys(checks)) {
    test(check, async () => {
      const wrong = await tab.evaluate(`import("/checks.js").then(({ check }) => check(${JSON.stringify(check)}))`);
      assert.is(wrong, null);
    });
  }

  test("a training that is stopped continues after a reload, to Node's bits", async () => {
    const bytes = await npz(medmnistArrays({ train: 64, val: 16, test: 16 }, { channels: 1, classes: 2 }));
    const inPage = <T>(call: string) =>
      tab.evaluate<T>(`import("/checks.js").then(async ({ platform, train }) => ${call})`);
    await inPage(`platform.writeFile("/tiny.npz", new Uint8Array([${bytes}]))`);
    const options = { data: "/tiny.npz", epochs: 20, batchSize: 8 };
    const first = await inPage<JobMessage[]>(`train(${JSON.stringify(options)}, 2)`);
    assert.equal(first.at(-1), { kind: "end", finished: false });
    await tab.open(server.url);
    const second = await inPage<JobMessage[]>(`train(${JSON.stringify(options)})`);
    assert.equal(second[0], { kind: "epoch", epoch: first.length });
    assert.equal(second.at(-1), { kind: "end", finished: true });
    const fingerprint = await inPage<string>(
      `new TextDecoder().decode(await platform.readFile("/job/fingerprint")).trim()`,
    );
    assert.is(fingerprint, await trainInNode(bytes, options));
  });

  files.run();
}

/** The fingerprint of the same training here. */
async function trainInNode(bytes: Uint8Array, options: { epochs: number; batchSize: number }): Promise<string> {
  const folder = temporaryFolder();
  const platform = createNodePlatform();
  const data = join(folder, "tiny.npz");
  await platform.writeFile(data, bytes);
  const job = { kind: "train", version: "0", folder: join(folder, "job") };
  await platform.startJob({ ...job, options: parseTrainOptions({ threads: 1, ...options, data }) }, () => {}).done;
  return new TextDecoder().decode(await platform.readFile(join(folder, "job", "fingerprint"))).trim();
}

const chrome = suite("files in Chromium, without room and killed");
const test = executablePath ? chrome : chrome.skip;
let profile = "";
chrome.before(async () => {
  await prepare();
  profile = mkdtempSync(join(tmpdir(), "hqcnn-profile-"));
});
chrome.after(() => {
  server.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
});

async function open(): Promise<{ context: BrowserContext; page: Page }> {
  const context = await chromium.launchPersistentContext(profile, { executablePath, args: ["--no-sandbox"] });
  return { context, page: await openPage(context) };
}

async function openPage(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto(server.url);
  return page;
}

const inPage = (page: Page, call: string) =>
  page.evaluate(`import("/checks.js").then(async ({ platform }) => ${call})`) as Promise<unknown>;

test("a full storage is named, and earlier files stay whole", async () => {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const context = await browser.newContext();
    const page = await openPage(context);
    const devtools = await context.newCDPSession(page);
    const { origin } = new URL(server.url);
    // Before the first write: the browser remembers how much room there was.
    await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 2_000_000 });
    await inPage(page, `platform.writeFile("/kept", new Uint8Array(100_000).fill(1))`);
    for (const write of ["writeFile", "appendBytes"]) {
      const call = `platform.${write}("/kept", new Uint8Array(30_000_000))`;
      const message = await inPage(page, `${call}.catch((error) => error.name + ": " + error.message)`);
      assert.match(
        message as string,
        /^HqcnnError: cannot write \/kept: the browser's storage for this page is full; remove/,
      );
      assert.equal(await inPage(page, `platform.stat("/kept")`), { kind: "file", size: 100_000 });
    }
    await inPage(page, `platform.appendBytes("/kept", new Uint8Array(1))`);
  } finally {
    await browser.close();
  }
});

test("a browser killed in the middle of a write leaves the old file or the new one, and all that was written before", async () => {
  const first = await open();
  await inPage(first.page, `platform.writeFile("/file", new Uint8Array(9_000_000).fill(1))`);
  await inPage(first.page, `platform.appendFile("/log", "1\\n")`);
  const devtools = await first.context.newCDPSession(first.page);
  const write = inPage(
    first.page,
    `{ for (let value = 2; ; value++) await platform.writeFile("/file", new Uint8Array(9_000_000 + value).fill(value)); }`,
  ).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 700));
  await devtools.send("Browser.crash").catch(() => {});
  await write;
  await first.context.close().catch(() => {});
  const { context, page } = await open();
  try {
    const found = (await inPage(
      page,
      `platform.readFile("/file").then((bytes) => ({ value: bytes[0], length: bytes.length, whole: bytes.every((byte) => byte === bytes[0]) }))`,
    )) as { value: number; length: number; whole: boolean };
    assert.ok(found.whole);
    assert.is(found.length, found.value === 1 ? 9_000_000 : 9_000_000 + found.value);
    assert.is(await inPage(page, `new TextDecoder().decode(await platform.readFile("/log"))`), "1\n");
  } finally {
    await context.close();
  }
});

chrome.run();
