// The examples for pages, in Chromium, as a reader of them would run them.
import { copyFileSync, cpSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "esbuild";
import { type Browser, chromium, type Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNetwork, loadEngine, openDataset, train } from "../../host/index.ts";
import { findChromium } from "../util/browsers.ts";
import { repository } from "../util/paths.ts";
import { serve } from "../util/server.ts";
import { temporaryFolder } from "../util/temporary.ts";

const executablePath = findChromium();
const examples = suite("examples in Chromium");
const test = executablePath ? examples : examples.skip;
let browser: Browser;
examples.before(async () => {
  if (executablePath) browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
});
examples.after(() => browser?.close());

/** Calls `look` with a page of a folder, which must stay quiet on the console. */
async function open(folder: string, path: string, look: (page: Page) => Promise<void>): Promise<void> {
  const { url, close } = await serve(folder, { isolated: true });
  const page = await browser.newPage();
  page.setDefaultTimeout(120_000);
  const heard: string[] = [];
  page.on("console", (message) => /error|warning/.test(message.type()) && heard.push(message.text()));
  page.on("pageerror", (error) => heard.push(String(error)));
  try {
    await page.goto(url + path);
    await look(page);
    assert.equal(
      heard.filter((text) => !text.includes("404")), // favicon.ico
      [],
    );
  } finally {
    await page.close();
    close();
  }
}

test("plain.html: the circuit is drawn, and the element trains and tells of it", async () => {
  await open("", "host/examples/plain.html", async (page) => {
    await page.locator("#circuit", { hasText: "0: " }).waitFor();
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.locator("#news", { hasText: "The training has ended." }).waitFor({ timeout: 120_000 });
  });
});

test("bundled: esbuild's bundle finds the package's files where it is told, and trains to Node's bits", async () => {
  const project = temporaryFolder();
  mkdirSync(join(project, "node_modules"));
  symlinkSync(repository(""), join(project, "node_modules/hqcnn"));
  copyFileSync(repository("host/examples/bundled/app.ts"), join(project, "app.ts"));
  await build({ absWorkingDir: project, entryPoints: ["app.ts"], bundle: true, format: "esm", outdir: "dist" });
  copyFileSync(repository("host/examples/bundled/index.html"), join(project, "dist/index.html"));
  cpSync(repository("build/web"), join(project, "dist/hqcnn"), { recursive: true });
  assert.match(readFileSync(join(project, "dist/app.js"), "utf8"), "hqcnn/");
  const network = createNetwork(await loadEngine(), {
    ...{ channels: 3, classes: 2, seed: 0 },
    head: { kind: "quantum", wires: 4, layers: 3 },
  });
  for await (const _ of train(network, await openDataset(), { epochs: 2 }));
  await open(`${relative(repository(""), join(project, "dist"))}/`, "", async (page) => {
    await page.getByRole("button", { name: "Train on the sample" }).click();
    const news = page.locator("#news", { hasText: "fingerprint" });
    await news.waitFor({ timeout: 120_000 });
    assert.match((await news.textContent())!, `epoch 2: AUC 0.9`);
    assert.match((await news.textContent())!, `fingerprint ${network.fingerprint()}`);
  });
});

examples.run();
