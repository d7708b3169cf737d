// Workers of workers, in real browsers: the page starts them, passes on what is said, and ends them with the one that
// asked.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findBrowsers, type RealBrowser, type Tab } from "../util/browsers.ts";
import { bundle } from "../util/bundle.ts";
import { type StaticServer, serve } from "../util/server.ts";

interface Told {
  answer: unknown;
  /** In 300 ms: before the first worker was ended, and after. */
  ticks: [alive: number, ended: number];
  started: string[];
}

for (const { name, launch, absent } of findBrowsers()) {
  const workers = suite(`workers in ${name}`);
  const test = absent ? workers.skip : workers;
  let server: StaticServer;
  let browser: RealBrowser;
  let tab: Tab;

  workers.before(async () => {
    if (absent) return;
    const program = await bundle("test/browser/workersProgram.ts");
    server = await serve("", {
      pages: { "/": "<!doctype html><title>hqcnn</title><link rel=icon href=data:,>", "/program.js": program },
    });
    browser = await launch();
  });
  workers.before.each(async () => {
    if (absent) return;
    tab = await browser.tab();
    await tab.open(server.url);
  });
  workers.after(async () => {
    await browser?.close();
    server?.close();
  });

  const ask = (child: string) =>
    tab.evaluate<Told>(
      `import("/program.js").then(async ({ ask, started }) => ({ ...(await ask(${JSON.stringify(child)})), started }))`,
    );

  test("the page starts what a worker asks for, and it ends with that worker", async () => {
    const { answer, ticks, started } = await ask("child");
    assert.equal(answer, { heard: "hello" });
    assert.equal(started, ["?role=parent", "?role=child"]);
    assert.ok(ticks[0] > 0, "it lives while it may");
    assert.is(ticks[1], 0);
  });

  test("a worker hears why the one it asked for failed", async () => {
    const { answer } = await ask("broken");
    const { ended, failed } = answer as { ended: boolean; failed: string };
    assert.is(ended, true);
    assert.match(failed, /broken on purpose|its program did not load/);
    assert.equal(await tab.heard(), []);
  });

  workers.run();
}
