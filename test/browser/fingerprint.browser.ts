// The same bits as Node's in three real browsers, on one thread and on three. test/runtimes compares Node's with those
// of Deno and Bun.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as hqcnn from "../../host/index.ts";
import { type Trained, trainTwentySteps } from "../runtimes/training.ts";
import { findBrowsers } from "../util/browsers.ts";
import { serve } from "../util/server.ts";

/** What decides whether a page gets threads and the fast engine. */
interface Abilities {
  isolated: boolean;
  threads: boolean;
  relaxedSimd: boolean;
  privateFiles: boolean;
  cpuCount: number;
}

const abilities = `({
  isolated: crossOriginIsolated,
  threads: crossOriginIsolated && "SharedArrayBuffer" in globalThis,
  relaxedSimd: WebAssembly.validate(await (await fetch("/build/fast.wasm")).arrayBuffer()),
  privateFiles: navigator.storage?.getDirectory !== undefined,
  cpuCount: navigator.hardwareConcurrency,
})`;

const train = (threads: number) => `(async () => {
  const hqcnn = await import("/build/web/hqcnn.js");
  const { trainTwentySteps } = await import("/build/test/runtimes/training.js");
  const { threads: standard } = await hqcnn.loadEngine();
  return { standard, ...(await trainTwentySteps(hqcnn, ${threads})) };
})()`;

const fingerprints = suite("fingerprints in browsers");
const html = "<!doctype html><title>hqcnn</title><link rel=icon href=data:,>";
let expected: Trained;

fingerprints.before(async () => {
  expected = await trainTwentySteps(hqcnn, 1);
});

/** Browsers as they are, and WebKitGTK with what its engine can but its pages do not get by themselves. */
const variants = findBrowsers().flatMap(({ name, launch, absent }) => [
  { name, launch, absent, pages: [true, false] },
  ...(name === "WebKitGTK"
    ? [{ name: `${name} with threads`, absent, launch: () => launch({ JSC_useSharedArrayBuffer: "1" }), pages: [true] }]
    : []),
]);

for (const { name, launch, absent, pages } of variants) {
  const test = absent ? fingerprints.skip : fingerprints;
  test(`${name} trains to the bits of Node`, async () => {
    const browser = await launch();
    try {
      for (const isolated of pages) {
        const { url, close } = await serve("", { isolated, pages: { "/": html } });
        try {
          const tab = await browser.tab();
          await tab.open(url);
          const has = await tab.evaluate<Abilities>(`(async () => ${abilities})()`);
          assert.is(has.isolated, isolated);
          const threads = has.threads ? 3 : 1;
          const start = performance.now();
          const { standard, ...trained } = await tab.evaluate<Trained & { standard: number }>(train(threads));
          const seconds = ((performance.now() - start) / 1000).toFixed(1);
          console.log(`${name}: ${JSON.stringify({ ...has, used: threads, seconds })}`);
          assert.equal(trained, expected);
          assert.is(standard, has.threads ? has.cpuCount : 1);
          assert.equal(await tab.heard(), []);
          await tab.close();
        } finally {
          close();
        }
      }
    } finally {
      await browser.close();
    }
  });
}

fingerprints.run();
