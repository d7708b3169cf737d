// What people get wrong in the page is a sentence there, and what they had stays.
import { chromium } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { serve } from "../../host/cli/serve.ts";
import { defaultPlatform } from "../../host/platform/default.ts";
import { findChromium } from "../util/browsers.ts";
import { fixture } from "../util/paths.ts";

const executablePath = findChromium();
const mistakes = suite("mistakes in the page");
const test = executablePath ? mistakes : mistakes.skip;

test("a wrong link, a second task, and files that are no images", async () => {
  const { server, url } = await serve(await defaultPlatform(), { port: 0, host: "127.0.0.1", isolation: true });
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    const heard: string[] = [];
    page.on("pageerror", (error) => heard.push(String(error)));
    page.on("console", (message) => heard.push(message.text()));
    const said = (text: string) => page.getByRole("alert").getByText(text).waitFor({ timeout: 60_000 });

    await page.goto(`${url}#epochs=1&seed=many`);
    await said("The link says seed=many: expected");

    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByRole("tab", { name: "Compare" }).click();
    await page.getByRole("button", { name: "Compare", exact: true }).click();
    await said("A training or a comparison is under way");
    await page.getByRole("tab", { name: "Train" }).click();
    await page.getByRole("button", { name: "See the results" }).waitFor({ timeout: 120_000 });

    await page.getByRole("tab", { name: "Use" }).click();
    const broken = ["a.png", "b.png"].map((name) => ({ name, mimeType: "image/png", buffer: Buffer.from("none") }));
    const images = page.getByLabel("Choose images…");
    await images.setInputFiles(fixture("images/rgb8.png"));
    await page.getByText("1 in the list.").waitFor();
    await images.setInputFiles(broken);
    await said("b.png");
    await page.getByText("1 in the list.").waitFor();
    assert.is(await page.locator(".card").count(), 1);
    assert.equal(heard, []);
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
});

mistakes.run();
