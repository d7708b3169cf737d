// The documentation site: npm run docs builds it without a warning; its links lead somewhere, it asks no other host for
// anything, and axe finds nothing serious in it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { chromium } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { serve } from "../../host/cli/serve.ts";
import { defaultPlatform } from "../../host/platform/default.ts";
import { findChromium } from "../util/browsers.ts";
import { repository } from "../util/paths.ts";
import { npm } from "../util/process.ts";

const docs = suite("documentation site");
const folder = repository("build/docs");

docs("is built without a warning", async () => {
  const { code, output } = await npm(["run", "-s", "docs"], repository(""));
  assert.is(code, 0, output);
  assert.is(output.trim(), "");
});

docs("every link leads to a page and a place in it", () => {
  const pages = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".html"));
  assert.ok(pages.length > 100, `${pages.length} pages`);
  const texts = new Map(pages.map((name) => [join(folder, name), readFileSync(join(folder, name), "utf8")]));
  const ids = new Map(
    [...texts].map(([path, text]) => [path, new Set([...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id))]),
  );
  const broken: string[] = [];
  let count = 0;
  for (const [path, text] of texts) {
    for (const [, address] of text.matchAll(/\s(?:href|src)="([^"]+)"/g)) {
      if (/^(https?:|data:|mailto:)/.test(address)) continue;
      count += 1;
      const [file, fragment] = address.replaceAll("&amp;", "&").split("#");
      const target = file === "" ? path : join(dirname(path), decodeURIComponent(file));
      const there =
        existsSync(target) && (!fragment || !ids.has(target) || ids.get(target)!.has(decodeURIComponent(fragment)));
      if (!there) broken.push(`${path.slice(folder.length + 1)}: ${address}`);
    }
  }
  assert.ok(count > 1000);
  assert.equal([...new Set(broken)], []);
});

/** TypeDoc's navigation has links in the summaries of its folds. */
const RULES = JSON.stringify({ rules: { "nested-interactive": { enabled: false } } });

const executablePath = findChromium();
const inChromium = executablePath ? docs : docs.skip;
inChromium("is shown by hqcnn serve: quiet, from one host, searchable, and axe finds nothing serious", async () => {
  const { server, url } = await serve(await defaultPlatform(), { port: 0, host: "127.0.0.1", isolation: true });
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  try {
    const page = await browser.newPage();
    const heard: string[] = [];
    page.on("pageerror", (error) => heard.push(String(error)));
    page.on("console", (message) => /error|warning/.test(message.type()) && heard.push(message.text()));
    page.on("request", (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith("data:")) heard.push(request.url());
    });
    const documents = readdirSync(join(folder, "documents")).map((name) => `documents/${name}`);
    for (const path of ["", ...documents, "classes/hqcnn.Network.html"]) {
      await page.goto(`${url}docs/${path}`);
      await page.locator("h1").first().waitFor();
      const found = await page.evaluate<{ id: string; impact: string; nodes: { html: string }[] }[]>(
        `(() => { ${axe}; return axe.run(document, ${RULES}).then(({ violations }) => violations); })()`,
      );
      const serious = found.filter(({ impact }) => ["serious", "critical"].includes(impact));
      assert.equal(
        serious.map(({ id, nodes }) => `${path}: ${id}: ${nodes[0].html.slice(0, 200)}`),
        [],
      );
    }
    assert.equal(heard, []);
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
});

docs.run();
