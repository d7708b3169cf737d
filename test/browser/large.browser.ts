// Images of more than 28 pixels in the page, and images that stay on disk, in Chromium.
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findChromium } from "../util/browsers.ts";
import { bundle } from "../util/bundle.ts";
import { writeMade } from "../util/made.ts";
import { medmnistArrays, npz } from "../util/npz.ts";
import { fixture } from "../util/paths.ts";
import { serve } from "../util/server.ts";
import { temporaryFolder } from "../util/temporary.ts";
import { inChromium } from "./inChromium.ts";

const large = suite("larger images in the page");
const test = findChromium() ? large : large.skip;
const folder = temporaryFolder();

type Page = Parameters<Parameters<typeof inChromium>[1]>[0];

/** Trains one epoch on what was opened, and explains a test image: with every map. */
async function trainAndExplain(page: Page, side: number) {
  await page.getByRole("button", { name: "Remove from this browser" }).waitFor();
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("button", { name: "See the results" }).waitFor({ timeout: 240_000 });
  await page.getByRole("tab", { name: "Use" }).click();
  await page.getByRole("button", { name: "Take test images" }).click();
  await page.getByRole("img", { name: /^LayerCAM map for / }).waitFor();
  const caption = page.getByText(/^Integrated gradients: the pixels add up to /);
  await caption.waitFor({ timeout: 240_000 });
  const [sum, baseline, logit] = String(await caption.textContent())
    .replaceAll("−", "-")
    .match(/-?\d+(\.\d+)?/g)!
    .map(Number);
  assert.ok(Math.abs(sum - (logit - baseline)) < 0.03, `${sum} ${baseline} ${logit}`); // as rounded
  const canvas = page.getByRole("img", { name: /^Integrated gradients for / }).locator("canvas");
  const sizes = await canvas.evaluateAll((all) =>
    all.map((each) => [(each as HTMLCanvasElement).height, (each as HTMLCanvasElement).width]),
  );
  assert.equal(sizes, [
    [side, side],
    [side, side],
  ]);
}

test("a dropped npz of 64 pixels is trained on, and an image explained", async () => {
  const path = join(folder, "sixtyfour.npz");
  await writeMade(path, { counts: { train: 48, val: 12, test: 12 }, side: 64, classes: 3, level: 6 });
  await inChromium("#epochs=1&batch-size=16", async (page) => {
    await page.getByLabel("Open an .npz…").setInputFiles(path);
    await trainAndExplain(page, 64);
  });
});

test("a folder of photographs is trained on at 96 pixels, and an image explained", async () => {
  const photos = join(folder, "photos");
  for (const name of ["cell", "other"]) {
    mkdirSync(join(photos, name), { recursive: true });
    for (let i = 0; i < 12; i++) {
      const from = name === "cell" ? "rgb8.png" : "rgb.jpg";
      cpSync(fixture(`images/${from}`), join(photos, name, `${i}.${from.split(".")[1]}`));
    }
  }
  await inChromium("#epochs=1&batch-size=8&size=96", async (page) => {
    await page.getByLabel("Open a folder of images…").setInputFiles(photos);
    await trainAndExplain(page, 96);
  });
});

test("images that stay on disk are the same: in the file, and inflated into the browser's storage", async () => {
  const program = await bundle("test/browser/imagesProgram.ts");
  const page = `<!doctype html><title>hqcnn</title><link rel=icon href=data:,><script type="module">
    globalThis.compare = (await import("/program.js")).compare; document.title = "ready"</script>`;
  const server = await serve("", { pages: { "/": page, "/program.js": program } });
  const browser = await chromium.launch({ executablePath: findChromium(), args: ["--no-sandbox"] });
  try {
    const tab = await browser.newPage();
    tab.setDefaultTimeout(120_000);
    await tab.goto(server.url);
    await tab.waitForFunction(`document.title === "ready"`);
    for (const [level, kept] of [
      [0, 0],
      [6, 1],
    ]) {
      const bytes = await npz(medmnistArrays(undefined, { channels: 3 }), { level });
      const found = await tab.evaluate(`compare(${JSON.stringify([...bytes])})`);
      assert.equal(found, { same: true, stored: true, kept });
    }
  } finally {
    await browser.close();
    server.close();
  }
});

large.run();
