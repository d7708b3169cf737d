// node build/test/bench/pictures.js RUN: makes host/docs/pictures from a run folder inside the repository, in Chromium:
// the page's view Use with test images of the embedded sample, explained by the run's model.
import { mkdirSync } from "node:fs";
import { relative, resolve } from "node:path";
import { launch } from "puppeteer-core";
import { findChromium } from "../util/browsers.ts";
import { repository } from "../util/paths.ts";
import { serve } from "../util/server.ts";

const model = relative(repository(""), resolve(process.argv[2], "model.safetensors"));
const page = `<!doctype html><html lang="en"><meta charset="utf-8"><body style="margin: 12px">
<script type="module" src="build/web/lab.js"></script>
<hqcnn-lab view="predict" model="${model}"></hqcnn-lab></body></html>`;
const server = await serve("", { isolated: true, pages: { "/picture.html": page } });
const browser = await launch({
  executablePath: findChromium(),
  args: ["--no-sandbox"],
  defaultViewport: { width: 1200, height: 700 },
});
const tab = await browser.newPage();
await tab.goto(`${server.url}picture.html`);
/** Waits for a text in the element, and clicks the button that has it, if one does. */
const see = (text: string) =>
  tab.waitForFunction(
    (wanted) => {
      const root = document.querySelector("hqcnn-lab")?.shadowRoot;
      const button = [...(root?.querySelectorAll("button") ?? [])].find((one) => one.textContent.includes(wanted));
      button?.click();
      return button !== undefined || root?.textContent?.includes(wanted);
    },
    { timeout: 60_000 },
    text,
  );
await see("model.safetensors");
await see("Take test images");
await see("Integrated gradients");
await new Promise((resolve) => setTimeout(resolve, 1000)); // the maps are drawn
mkdirSync(repository("host/docs/pictures"), { recursive: true });
await tab.screenshot({ path: repository("host/docs/pictures/page.webp"), type: "webp", quality: 80 });
await browser.close();
server.close();
