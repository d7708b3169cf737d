// After its first load the page works without its server, in Chromium: it classifies and trains.
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { serve } from "../../host/cli/serve.ts";
import { defaultPlatform } from "../../host/platform/default.ts";
import { findChromium } from "../util/browsers.ts";
import { repository } from "../util/paths.ts";

const offline = suite("the page offline");
const executablePath = findChromium();
const test = executablePath ? offline : offline.skip;

for (const isolation of [true, false]) {
  test(`works without its server, ${isolation ? "which isolates it" : "which does not isolate it"}`, async () => {
    const { server, url } = await serve(await defaultPlatform(), { port: 0, host: "127.0.0.1", isolation });
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    const end = () => {
      server.close();
      server.closeAllConnections();
    };
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(120_000);
      await page.goto(url);
      await page.waitForFunction(() => globalThis.crossOriginIsolated); // where it is not, it loads itself once more
      const [list] = /\["[^\]]*"index\.html"[^\]]*\]/.exec(readFileSync(repository("build/web/service.js"), "utf8"))!;
      await page.evaluate(
        async (count) => {
          for (;;) {
            const [name] = await caches.keys();
            if (name !== undefined && (await (await caches.open(name)).keys()).length === count) return;
            await new Promise((resolve) => setTimeout(resolve, 200));
          }
        },
        (JSON.parse(list) as string[]).length,
      );
      end();
      await page.reload();
      assert.ok(await page.evaluate(() => crossOriginIsolated));
      const image = readFileSync(repository("host/examples/cell.png")).toString("base64");
      const answer = await page.evaluate(
        async ([text, train]) => {
          const lab = document.querySelector("hqcnn-lab") as HTMLElementTagNameMap["hqcnn-lab"];
          const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
          const { className } = await lab.predict(new Blob([bytes]));
          if (!train) return className;
          lab.epochs = 1;
          const ended = new Promise((resolve) => lab.addEventListener("hqcnn-end", resolve, { once: true }));
          await lab.start();
          await ended;
          return className;
        },
        [image, !isolation] as const,
      );
      assert.match(answer, "eosinophil");
    } finally {
      await browser.close();
      end();
    }
  });
}

offline.run();
