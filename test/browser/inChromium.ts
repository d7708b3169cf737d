// The page as hqcnn serve shows it, in a Chromium of its own.
import { chromium, type Page } from "playwright-core";
import * as assert from "uvu/assert";
import { serve } from "../../host/cli/serve.ts";
import { defaultPlatform } from "../../host/platform/default.ts";
import { findChromium } from "../util/browsers.ts";

/**
 * Opens the page in a fresh browser; afterwards nothing may have been on the console. `said` waits for a sentence among
 * the errors.
 */
export async function inChromium(
  fragment: string,
  look: (page: Page, said: (text: string) => Promise<void>) => Promise<void>,
) {
  const { server, url } = await serve(await defaultPlatform(), { port: 0, host: "127.0.0.1", isolation: true });
  // A camera, which nobody has allowed the page to use.
  const args = ["--no-sandbox", "--use-fake-device-for-media-stream"];
  const browser = await chromium.launch({ executablePath: findChromium(), args });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(120_000);
    const heard: string[] = [];
    page.on("pageerror", (error) => heard.push(String(error)));
    page.on("console", (message) => heard.push(message.text()));
    await page.goto(`${url}${fragment}`);
    await look(page, (text) => page.getByRole("alert").getByText(text).first().waitFor());
    assert.equal(heard, []);
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
}
