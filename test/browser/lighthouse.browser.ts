// Alone: measures time or memory.
// Lighthouse on the static page: the best of up to three runs, as a busy machine only ever makes one slower.

import lighthouse from "lighthouse";
import desktop from "lighthouse/core/config/desktop-config.js";
import { chromium } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findChromium, freePort } from "../util/browsers.ts";
import { serve } from "../util/server.ts";

/** Of 100: the goal, which is printed where it is missed. */
const GOAL = 95;
/**
 * What fails. A phone is emulated by a processor four times slower, whose waits a busy machine stretches: 96 when
 * quiet, 82 to 96 beside other work.
 */
const LEAST = { desktop: 80, mobile: 60 };
const MOST_RUNS = 3;

const executablePath = findChromium();
const page = suite("Lighthouse");
const test = executablePath ? page : page.skip;

for (const device of ["mobile", "desktop"] as const) {
  test(`${device}: performance of the page is at least ${LEAST[device]}, accessibility ${GOAL}`, async () => {
    const server = await serve("build/web", { isolated: true });
    const port = await freePort();
    const args = ["--no-sandbox", `--remote-debugging-port=${port}`];
    const browser = await chromium.launch({ executablePath, args });
    try {
      const scores: { performance: number; accessibility: number }[] = [];
      for (
        let run = 0;
        run < MOST_RUNS && !(Math.max(...scores.map(({ performance }) => performance)) >= GOAL);
        run++
      ) {
        const flags = { port, onlyCategories: ["performance", "accessibility"], logLevel: "silent" } as const;
        const result = await lighthouse(
          server.url,
          { ...flags, onlyCategories: [...flags.onlyCategories] },
          device === "desktop" ? desktop : undefined,
        );
        const { performance, accessibility } = result!.lhr.categories;
        scores.push({ performance: 100 * performance.score!, accessibility: 100 * accessibility.score! });
      }
      console.log(`Lighthouse, ${device}: ${JSON.stringify(scores)}`);
      const best = Math.max(...scores.map(({ performance }) => performance));
      if (best < GOAL) console.log(`limit: performance of the page, ${device}: ${best}, the goal is ${GOAL}`);
      assert.ok(best >= LEAST[device], "performance");
      assert.ok(Math.min(...scores.map(({ accessibility }) => accessibility)) >= GOAL, "accessibility");
    } finally {
      await browser.close();
      server.close();
    }
  });
}

page.run();
