// Alone: measures time or memory.
// How fast a page trains beside Node, with the same engine on one thread. Rounds alternate and the fastest step of all
// rounds counts on either side: other programs can only slow a step down. How soon the page predicts, and how long it
// keeps its user waiting.
import { chromium } from "playwright-core";
import { suite } from "uvu";
import { serve as serveLab } from "../../host/cli/serve.ts";
import * as hqcnn from "../../host/index.ts";
import { defaultPlatform } from "../../host/platform/default.ts";
import { findBrowsers, findChromium } from "../util/browsers.ts";
import { inTime } from "../util/limits.ts";
import { serve } from "../util/server.ts";
import { fastestStep } from "./steps.ts";

/** Of Node's speed, in Chromium, which has the same compiler. */
const GOAL = 0.9;
const MOST_ROUNDS = 8;
const STEPS = 20;

const speed = suite("speed in browsers");

for (const { name, launch, absent } of findBrowsers()) {
  const test = absent ? speed.skip : speed;
  test(`${name} trains at ${name === "Chromium" ? `about ${GOAL} of Node's speed or more` : "a speed"}`, async () => {
    const { url, close } = await serve("", { isolated: true, pages: { "/": "<!doctype html><title>hqcnn</title>" } });
    const browser = await launch();
    try {
      const tab = await browser.tab();
      await tab.open(url);
      let [there, here] = [0, 0];
      const isJudged = name === "Chromium";
      // More rounds only while a quiet moment has come to one side alone.
      for (let round = 0; round < 3 || (isJudged && round < MOST_ROUNDS && there < GOAL * here); round++) {
        const inPage = await tab.evaluate<number>(
          `import("/build/web/hqcnn.js").then(async (hqcnn) => (await import("/build/test/browser/steps.js")).fastestStep(hqcnn, ${STEPS}))`,
        );
        there = Math.max(there, inPage);
        here = Math.max(here, await fastestStep(hqcnn, STEPS));
      }
      const ratio = there / here;
      console.log(`${name} ${there.toFixed(0)}, Node ${here.toFixed(0)} images/s: ${ratio.toFixed(2)}`);
      if (isJudged) inTime("a step in Chromium, in steps of Node", 1 / ratio, 1 / GOAL, "times");
    } finally {
      await browser.close();
      close();
    }
  });
}

const executablePath = findChromium();
const chrome = executablePath ? speed : speed.skip;

chrome(
  "the first prediction of the shipped model stands there about two seconds after the page is opened",
  async () => {
    const { server, url } = await serveLab((await defaultPlatform())!, { port: 0, host: "127.0.0.1", isolation: true });
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    try {
      // In a fresh context each: nothing is kept from the one before. The system may be busy with something else.
      const times: number[] = [];
      for (let attempt = 0; attempt < 5 && !(Math.min(...times) <= 2000); attempt++) {
        const context = await browser.newContext();
        const page = await context.newPage();
        await page.goto(url);
        times.push(
          await page.evaluate<number>(`new Promise((resolve) => {
          const look = () => {
            const root = document.querySelector("hqcnn-lab")?.shadowRoot;
            const isThere = root?.querySelector(".network [aria-label=Probabilities]") != null;
            isThere ? resolve(performance.now()) : requestAnimationFrame(look);
          };
          look();
        })`),
        );
        await context.close();
      }
      console.log(`first prediction after ${times.map(Math.round).join(", ")} ms`);
      inTime("the first prediction", Math.min(...times) / 1000, 2);
    } finally {
      await browser.close();
      server.close();
      server.closeAllConnections();
    }
  },
);

chrome("the page is never blocked for much longer than 50 ms while it trains", async () => {
  const { server, url } = await serveLab((await defaultPlatform())!, { port: 0, host: "127.0.0.1", isolation: true });
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    // The system may keep a page waiting that does nothing: one training of three without a long task shows that it is
    // not the page.
    const longest: number[] = [];
    for (let attempt = 0; attempt < 3 && !longest.includes(0); attempt++) {
      const page = await browser.newPage();
      page.setDefaultTimeout(120_000);
      await page.goto(`${url}#epochs=2&threads=1`);
      await page.getByRole("button", { name: "Show classes and images" }).click();
      await page.waitForTimeout(2000);
      await page.evaluate(`globalThis.long = 0; void new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) long = Math.max(long, duration);
      }).observe({ type: "longtask" })`);
      await page.getByRole("button", { name: "Start", exact: true }).click();
      await page.getByRole("button", { name: "See the results" }).waitFor({ timeout: 120_000 });
      longest.push(await page.evaluate<number>("long"));
      await page.close();
    }
    console.log(`longest task of the page while it trains: ${longest.join(", ")} ms (0: none above 50)`);
    inTime("the longest task of the page", Math.min(...longest), 50, "ms");
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
});

speed.run();
