// One's own data in the page: trained on, used, compared, removed; and what is on its way while other views are looked
// at.
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findChromium } from "../util/browsers.ts";
import { medmnistArrays, npz } from "../util/npz.ts";
import { fixture } from "../util/paths.ts";
import { inChromium } from "./inChromium.ts";

const own = suite("one's own data in the page");
const test = findChromium() ? own : own.skip;

const mine = async () => {
  const archive = await npz(medmnistArrays({ train: 24, val: 12, test: 18 }, { channels: 3, classes: 2 }));
  return { name: "mine.npz", mimeType: "", buffer: Buffer.from(archive) };
};

test("test images of one's own data, and of no other", () =>
  inChromium("#epochs=1", async (page, said) => {
    await page.getByLabel("Open an .npz…").setInputFiles(await mine());
    await page.getByRole("button", { name: "Remove from this browser" }).waitFor();
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByRole("button", { name: "See the results" }).waitFor();
    await page.getByRole("tab", { name: "Use" }).click();
    await page.getByRole("button", { name: "Take test images" }).click();
    await page.getByText("4 in the list.").waitFor();
    assert.match(
      String(await page.locator(".images button.name").first().textContent()),
      /^Explain mine, test image \d+$/,
    );

    await page.getByRole("tab", { name: "Train" }).click();
    await page.getByRole("button", { name: "Remove from this browser" }).click();
    await page.getByRole("button", { name: "Show classes and images" }).waitFor();
    await page.getByRole("tab", { name: "Use" }).click();
    await page.getByRole("button", { name: "Take test images" }).click();
    await said("mine, which the model was trained on, is not in this browser");
    await page.getByText("4 in the list.").waitFor();
  }));

test("a comparison says its verdict, keeps its runs and removes them", () =>
  inChromium("#view=compare&epochs=1&twins=none&seeds=1", async (page) => {
    const compare = page.getByRole("button", { name: "Compare", exact: true });
    const verdict = page.getByText(/the same network without the quantum layer: ΔACC .*; ΔAUC /).first();
    const deletion = page.getByRole("button", { name: "Delete them" });
    await compare.click();
    await verdict.waitFor();
    await page
      .getByText(
        /No difference to its ablation is significant\.|It differs significantly from its ablation: the same network/,
      )
      .waitFor();
    await page.getByText("The runs of 1 comparison are kept").waitFor();
    await deletion.click();
    await page.getByRole("button", { name: "Delete for ever" }).click();
    await page.getByText("The runs of 1 comparison are kept").waitFor({ state: "detached" });
    assert.ok(await verdict.isVisible());
  }));

test("a download continues while another view is shown", () =>
  inChromium("", async (page) => {
    await page.context().route("https://zenodo.org/**", () => {}); // never answers
    await page.getByLabel("Data set").selectOption("breastmnist");
    await page.getByRole("button", { name: "Fetch breastmnist" }).click();
    const progress = page.getByLabel("Bringing breastmnist");
    await progress.waitFor();
    await page.getByRole("tab", { name: "Results" }).click();
    await page.getByRole("tab", { name: "Train" }).click();
    await progress.waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await progress.waitFor({ state: "detached" });
  }));

test("of more images than a page should show at once the first are taken", () =>
  inChromium("#epochs=2", async (page, said) => {
    await page.getByRole("button", { name: "Step", exact: true }).click();
    await page.getByText(/^Paused in epoch 2/).waitFor();
    await page.getByRole("tab", { name: "Use" }).click();
    const buffer = readFileSync(fixture("images/rgb8.png"));
    const images = Array.from({ length: 201 }, (_, i) => ({ name: `${i}.png`, mimeType: "image/png", buffer }));
    await page.getByLabel("Choose images…").setInputFiles(images);
    await said("Expected at most 200 images at a time, got 201");
    await page.getByText("200 in the list.").waitFor();
  }));

own.run();
