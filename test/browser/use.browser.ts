// The view Use: many images in a table that stays short, sorted and downloaded as hqcnn predict writes them; a part of
// a photo instead of a squashed one; a picture that lies on its side; a model by its name.
import { readFile } from "node:fs/promises";
import { encode } from "fast-png";
import { unzipSync } from "fflate";
import type { Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadEngine, loadModel, predict } from "../../host/api.ts";
import { predictionLines } from "../../host/work/predictionsCsv.ts";
import { findChromium } from "../util/browsers.ts";
import { fixture, repository } from "../util/paths.ts";
import { inChromium } from "./inChromium.ts";

const use = suite("use");
const test = findChromium() ? use : use.skip;

/** The model that ships with the page. */
const files = unzipSync(await readFile(repository("host/examples/sample-run.zip")));
const { network, info } = await loadModel(await loadEngine({ threads: 1 }), new Uint8Array(files["model.safetensors"]));
const { reliability, classNames } = info;

/** A file as a person chooses it. */
const file = (name: string, bytes: Uint8Array) => ({ name, mimeType: "", buffer: Buffer.from(bytes) });
const choose = (page: Page, given: ReturnType<typeof file>[]) => page.getByLabel("Choose images…").setInputFiles(given);
/** Shades that tell left from right and top from bottom. */
const shaded = (height: number, width: number) =>
  encode({
    ...{ height, width, channels: 3 },
    data: Uint8Array.from({ length: 3 * height * width }, (_, i) => {
      const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
      return [(255 * x) / width, (255 * y) / height, x > width / 2 ? 200 : 40][i % 3];
    }),
  });
const probabilities = (page: Page) =>
  page.locator(".beside [aria-label=Probabilities]").first().locator(".number").allTextContents();

test("220 images are a short table, sorted by what they are, and the CSV of predict", async () => {
  const [rgb, grey] = await Promise.all(["rgb8.png", "grey8.png"].map((name) => readFile(fixture(`images/${name}`))));
  const names = Array.from({ length: 220 }, (_, i) => `cell ${i}.png`);
  await inChromium("#view=use", async (page) => {
    await page.getByRole("img", { name: /^Grad-CAM map/ }).waitFor(); // without a click
    for (const part of [names.slice(0, 120), names.slice(120)]) {
      await choose(
        page,
        part.map((name) => file(name, Number(/\d+/.exec(name)![0]) % 2 === 0 ? rgb : grey)),
      );
    }
    await page.getByText("220 in the list.").waitFor();
    await page.getByText(/\d classified/).waitFor({ state: "detached" });
    const height = await page.evaluate("document.documentElement.scrollHeight");
    assert.ok(Number(height) < 3500, `${height} px`);
    const first = () => page.locator(".images button.name").first().textContent();
    await page.getByRole("button", { name: "Image", exact: true }).click();
    assert.is(await first(), "Explain cell 0.png");
    await page
      .getByRole("button", { name: "Image ▴" })
      .or(page.getByRole("button", { name: "Image", exact: true }))
      .first()
      .click();
    assert.is(await first(), "Explain cell 219.png");
    await page.getByRole("button", { name: /^Probability/ }).click();
    const shares = (await page.locator(".images td.number").allTextContents()).map(Number.parseFloat);
    assert.equal(
      shares,
      shares.toSorted((a, b) => b - a),
    );
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download CSV" }).click(),
    ]);
    const lines = (await readFile(await download.path(), "utf8")).trimEnd().split("\n");
    const [two] = [await predict(network, [rgb, grey], { reliability })];
    const expected = predictionLines(
      names.map((path, i) => ({ ...two[i % 2], path })),
      classNames,
      false,
    );
    assert.equal(lines, expected);
    // the focus stays in the table
    await page.getByRole("button", { name: "Remove cell 7.png" }).click();
    await page.getByText("219 in the list.").waitFor();
    const focused = await page.evaluate<string>(
      `document.querySelector("hqcnn-lab").shadowRoot.activeElement?.ariaLabel ?? ""`,
    );
    assert.match(focused, /^Remove cell/);
    await page.getByRole("button", { name: "Remove all" }).click();
    await page.getByText("No image yet.").waitFor();
  });
});

test("a photo is classified whole, as predict does; its middle or another part by button, keyboard and pointer", async () => {
  const photo = await shaded(300, 480);
  await inChromium("#view=use", async (page) => {
    await page.getByRole("img", { name: /^Grad-CAM map/ }).waitFor();
    await choose(page, [file("photo.png", photo)]);
    await page.getByText("All 480×300 pixels are classified, squashed").waitFor();
    await page.getByRole("button", { name: "The middle" }).click();
    await page.getByText("All 480×300 pixels are classified, squashed").waitFor({ state: "detached" });
    const box = page.getByRole("button", { name: /^Part of the photo/ });
    await page.getByRole("button", { name: /300×300 pixels from 90, 0/ }).waitFor();
    await box.focus();
    for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
    await page.keyboard.press("-");
    await page.getByRole("button", { name: /290×290 pixels from 125, 5/ }).waitFor();
    await page.getByText("290×290 of 480×300 pixels").waitFor();
    const lab = `document.querySelector("hqcnn-lab").shadowRoot`;
    assert.is(await page.evaluate(`${lab}.activeElement.className`), "crop", "the frame keeps the focus");
    const before = (await box.getAttribute("aria-label"))!;
    await page.evaluate(`${lab}.querySelector("button.crop").scrollIntoView({ block: "center" })`);
    const frame = (await box.boundingBox())!;
    await page.mouse.move(frame.x + 60, frame.y + 60);
    await page.mouse.down();
    await page.mouse.move(frame.x + 20, frame.y + 60, { steps: 4 });
    await page.mouse.up();
    await page.getByRole("button", { name: before }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "The whole photo" }).click();
    await page.getByText("All 480×300 pixels are classified, squashed").waitFor();
    const [{ probs }] = await predict(network, [photo]);
    const expected = [...probs].sort((a, b) => b - a).map((share) => `${(100 * share).toFixed(1)} %`);
    assert.equal((await probabilities(page)).toSorted().slice(0, 2), expected.slice(0, 2).toSorted());
  });
});

test("a run is renamed, and called so in every view", async () => {
  await inChromium("#epochs=1", async (page) => {
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByRole("button", { name: "See the results" }).waitFor();
    await page.getByRole("tab", { name: "Use" }).click();
    await page.getByRole("button", { name: "Rename" }).click();
    await page.getByLabel("Name of the run").fill("for Monday");
    await page.keyboard.press("Enter");
    const option = page.getByRole("option", { name: /^for Monday, [\d.]+ %, finished$/ });
    await option.waitFor({ state: "attached" });
    await page.getByRole("tab", { name: "Results" }).click();
    await option.waitFor({ state: "attached" });
    await page.getByRole("tab", { name: "Train" }).click();
    await page
      .getByText(/for Monday, [\d.]+ %, finished/)
      .first()
      .waitFor({ state: "attached" });
  });
});

use.run();
