// Every view with everything in it, at the width of a phone and of a desk, light, dark and in forced colours: axe finds
// nothing serious, nothing scrolls sideways, nothing on the console. `HQCNN_SCREENSHOTS=FOLDER` also writes each as a
// PNG, to look at.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import { chromium, type Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { serve } from "../../host/cli/serve.ts";
import { defaultPlatform } from "../../host/platform/default.ts";
import { findChromium } from "../util/browsers.ts";
import { fixture } from "../util/paths.ts";

const VIEWS = ["Train", "Results", "Use", "Layers", "Circuit", "Design", "Compare"];
const WIDTHS = [360, 1280];
const THEMES = [
  { name: "light", media: { colorScheme: "light" } },
  { name: "dark", media: { colorScheme: "dark" } },
  { name: "forced", media: { colorScheme: "dark", forcedColors: "active" } },
] as const;

const executablePath = findChromium();
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const folder = process.env.HQCNN_SCREENSHOTS;

const views = suite("views");
const test = executablePath ? views : views.skip;

/** A trained run, an image with its explanation, the data's images: so that no view is empty. */
async function fill(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Show classes and images" }).click();
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("button", { name: "See the results" }).waitFor();
  await page.getByRole("tab", { name: "Use" }).click();
  await page.getByLabel("Choose images…").setInputFiles([fixture("images/rgb8.png"), fixture("images/grey8.tif")]);
  await page.getByRole("img", { name: /^Grad-CAM map/ }).waitFor();
}

test("axe finds nothing serious, and nothing scrolls sideways", async () => {
  const { server, url } = await serve((await defaultPlatform())!, { port: 0, host: "127.0.0.1", isolation: true });
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(120_000);
    const heard: string[] = [];
    page.on("pageerror", (error) => heard.push(String(error)));
    page.on("console", (message) => heard.push(message.text()));
    await page.goto(`${url}#epochs=1`);
    await fill(page);
    await page.evaluate(axe);
    const serious: string[] = [];
    const wide: string[] = [];
    for (const view of VIEWS) {
      await page.getByRole("tab", { name: view }).click();
      await page.waitForTimeout(1000);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        for (const theme of THEMES) {
          await page.emulateMedia({ forcedColors: "none", ...theme.media });
          const name = `${view}-${width}-${theme.name}`;
          const { violations } = await page.evaluate<AxeResults>("axe.run()");
          for (const { id, impact, nodes } of violations) {
            if (impact === "serious" || impact === "critical") serious.push(`${name}: ${id} ${nodes[0].html}`);
          }
          const scroll = await page.evaluate<number>("document.documentElement.scrollWidth");
          if (scroll > width) wide.push(`${name}: ${scroll} px`);
          if (folder) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
        }
      }
    }
    assert.equal(serious, []);
    assert.equal(wide, []);
    assert.equal(heard, []);
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
});

views.run();
