// node build/test/bench/screenshots.js [FOLDER [VIEW]]: every view of the page, as somebody sees it who has just opened
// it, at the width of a desk and of a phone, light and dark, into test/browser/screenshots or another folder.
import { copyFileSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { launch } from "puppeteer-core";
import { serve } from "../../host/cli/serve.ts";
import { defaultPlatform } from "../../host/platform/default.ts";
import { VIEWS } from "../../host/web/protocol/state.ts";
import { findChromium } from "../util/browsers.ts";
import { repository } from "../util/paths.ts";

const SIZES = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
];
const THEMES = ["light", "dark"];
const MOST_BYTES = 40_000;

const [, , folder = repository("test/browser/screenshots"), only] = process.argv;
mkdirSync(folder, { recursive: true });
const { server, url } = await serve(await defaultPlatform(), { port: 0, host: "127.0.0.1", isolation: true });
const browser = await launch({ executablePath: findChromium(), args: ["--no-sandbox"] });
const tab = await browser.newPage();
for (const viewport of SIZES) {
  await tab.setViewport(viewport);
  for (const theme of THEMES) {
    await tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
    for (const view of VIEWS.filter((each) => only === undefined || each === only)) {
      await tab.goto("about:blank");
      await tab.goto(`${url}#view=${view}`);
      // Until nothing is being computed any more.
      await tab.waitForFunction(() => {
        const root = document.querySelector("hqcnn-lab")?.shadowRoot;
        const now = `${root?.textContent?.length} ${root?.querySelectorAll("canvas,svg").length}`;
        const quiet = globalThis as { shown?: string; since?: number };
        if (quiet.shown !== now) Object.assign(quiet, { shown: now, since: performance.now() });
        const isReading = /Reading|loading|Computing/.test(root?.textContent ?? "");
        const isThere =
          root?.querySelector("[part=panel] :is(canvas, svg)") || root?.textContent?.includes("on this machine");
        return isThere && !isReading && performance.now() - (quiet.since ?? 0) > 1500;
      });
      const path = join(folder, `${view}-${viewport.width}-${theme}.webp`) as `${string}.webp`;
      let quality = 80;
      do {
        await tab.screenshot({ path, type: "webp", quality });
        quality -= 15;
      } while (statSync(path).size > MOST_BYTES && quality > 0);
      console.log(`${path}: ${statSync(path).size} bytes`);
    }
  }
}
// The first picture of README and documentation.
if (only === undefined) copyFileSync(join(folder, "train-1280-light.webp"), repository("host/docs/pictures/page.webp"));
await browser.close();
server.close();
server.closeAllConnections();
