// Alone: measures time or memory.
// How fast a page trains beside Node, with the same engine on one thread. Rounds alternate and the fastest step of all
// rounds counts on either side: other programs can only slow a step down.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as hqcnn from "../../host/index.ts";
import { findBrowsers } from "../util/browsers.ts";
import { serve } from "../util/server.ts";
import { fastestStep } from "./steps.ts";

/** Of Node's speed, in Chromium, which has the same compiler. */
const LEAST_SPEED = 0.9;
const MOST_ROUNDS = 12;
const STEPS = 20;

const speed = suite("speed in browsers");

for (const { name, launch, absent } of findBrowsers()) {
  const test = absent ? speed.skip : speed;
  test(`${name} trains at ${name === "Chromium" ? `${LEAST_SPEED} of Node's speed or more` : "a speed"}`, async () => {
    const { url, close } = await serve("", { isolated: true, pages: { "/": "<!doctype html><title>hqcnn</title>" } });
    const browser = await launch();
    try {
      const tab = await browser.tab();
      await tab.open(url);
      let [there, here] = [0, 0];
      const isJudged = name === "Chromium";
      // More rounds only while a quiet moment has come to one side alone.
      for (let round = 0; round < 3 || (isJudged && round < MOST_ROUNDS && there < LEAST_SPEED * here); round++) {
        const inPage = await tab.evaluate<number>(
          `import("/build/web/hqcnn.js").then(async (hqcnn) => (await import("/build/test/browser/steps.js")).fastestStep(hqcnn, ${STEPS}))`,
        );
        there = Math.max(there, inPage);
        here = Math.max(here, await fastestStep(hqcnn, STEPS));
      }
      const ratio = there / here;
      console.log(`${name} ${there.toFixed(0)}, Node ${here.toFixed(0)} images/s: ${ratio.toFixed(2)}`);
      if (isJudged) assert.ok(ratio >= LEAST_SPEED, `${ratio} of Node's speed`);
    } finally {
      await browser.close();
      close();
    }
  });
}

speed.run();
