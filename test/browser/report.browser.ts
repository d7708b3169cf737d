// The reports in a real browser: each stands alone, keeps quiet, can be read by everyone, on a phone too, and prints.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compareVariants } from "../../host/comparison/compare.ts";
import { REPRODUCED, reproduce } from "../../host/comparison/reproduction.ts";
import { reportComparison } from "../../host/report/comparison.ts";
import { reportReproduction } from "../../host/report/reproduction.ts";
import { findChromium } from "../util/browsers.ts";
import { hqcnn } from "../util/cli.ts";
import { medmnistArrays, npz } from "../util/npz.ts";
import { syntheticVariants } from "../util/study.ts";
import { temporaryFolder } from "../util/temporary.ts";

const executablePath = findChromium();
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const folder = temporaryFolder();
const runNames = ["binary", "multiclass"] as const;
const names = [...runNames, "comparison", "reproduction"] as const;

const report = suite("report in Chromium");
const test = executablePath ? report : report.skip;
let browser: Browser;

report.before(async () => {
  if (!executablePath) return;
  const seven = join(folder, "seven.npz");
  writeFileSync(seven, await npz(medmnistArrays({ train: 70, val: 21, test: 70 }, { channels: 1, classes: 7 })));
  const runs = { binary: ["--epochs", "2"], multiclass: ["--epochs", "1", "--data", seven, "--task", "multiclass"] };
  for (const name of runNames) {
    const { code, stderr } = await hqcnn(["train", ...runs[name], "--out", join(folder, name)]);
    assert.is(code, 0, stderr);
  }
  await writeStudies();
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
});
report.after(() => browser?.close());

/** The pages of a comparison and of a reproduction by two protocols, of runs that nobody trained. */
async function writeStudies(): Promise<void> {
  const version = "1.2.3";
  const variants = syntheticVariants({ names: ["quantum", "none", "dense", "shuffled"] });
  const comparison = compareVariants(variants, { name: "bloodmnist", task: "binary", protocol: "official" });
  const parts = (["official", "pooled"] as const).map((protocol) => {
    const variants = syntheticVariants({ names: REPRODUCED, protocol });
    return {
      variants,
      reproduction: reproduce({ set: "bloodmnist", task: "binary", protocol, recipe: "source" }, variants),
    };
  });
  const pages = {
    comparison: await reportComparison({ comparison, variants, command: "hqcnn compare", version }),
    reproduction: await reportReproduction({ parts, command: "hqcnn reproduce", version }),
  };
  for (const [name, { html }] of Object.entries(pages)) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "report.html"), html);
  }
}

/** Opens a report from its file, and calls `look` with the page, what the console said and what was asked for. */
async function open(
  name: string,
  options: BrowserContextOptions,
  look: (page: Page, heard: { messages: string[]; requests: string[] }) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  const heard = { messages: [] as string[], requests: [] as string[] };
  page.on("console", (message) => heard.messages.push(message.text()));
  page.on("pageerror", (error) => heard.messages.push(String(error)));
  page.on("request", (request) => heard.requests.push(request.url()));
  await page.goto(pathToFileURL(join(folder, name, "report.html")).href);
  await look(page, heard).finally(() => context.close());
}

test("opens from its file without a message on the console or a request but its own", async () => {
  for (const name of names) {
    await open(name, {}, async (page, { messages, requests }) => {
      assert.equal(messages, []);
      assert.equal(
        requests.filter((url) => !url.startsWith("data:")),
        [page.url()],
      );
      const broken = await page.evaluate("[...document.images].filter((image) => image.naturalWidth !== 28).length");
      assert.is(broken, 0);
      const images = (await page.evaluate("document.images.length")) as number;
      assert.is(
        images > 0,
        runNames.some((run) => run === name),
      );
    });
  }
});

interface Finding {
  id: string;
  impact: string | null;
  nodes: { html: string }[];
}

test("axe finds nothing serious, light and dark, with everything unfolded", async () => {
  for (const name of names) {
    for (const colorScheme of ["light", "dark"] as const) {
      await open(name, { colorScheme }, async (page) => {
        await page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true");
        await page.evaluate(axe);
        const { violations, passes } = (await page.evaluate("axe.run()")) as Record<"violations" | "passes", Finding[]>;
        assert.ok(passes.some(({ id }) => id === "color-contrast"));
        const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
        assert.equal(
          serious.map(({ id, nodes }) => [id, nodes[0].html]),
          [],
          `${name}, ${colorScheme}`,
        );
      });
    }
  }
});

test("fits a phone: nothing makes the page scroll sideways, and charts keep a readable size", async () => {
  for (const name of names) {
    await open(name, { viewport: { width: 360, height: 740 }, isMobile: true }, async (page) => {
      await page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true");
      assert.ok(((await page.evaluate("document.documentElement.scrollWidth")) as number) <= 360);
      const smallest = await page.evaluate(
        "Math.min(...[...document.querySelectorAll('main svg')].map((svg) => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width))",
      );
      assert.ok((smallest as number) > 0.6, `charts at ${smallest} of their size`);
    });
  }
});

test("prints in light colours within the paper", async () => {
  for (const name of ["binary", "comparison", "reproduction"]) {
    await open(name, { colorScheme: "dark" }, async (page) => {
      await page.emulateMedia({ media: "print" });
      await page.setViewportSize({ width: 673, height: 950 }); // A4 less its margins, in CSS pixels
      assert.is(await page.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)");
      const width = (await page.evaluate("document.documentElement.scrollWidth")) as number;
      assert.ok(width <= 673, `${name}: ${width} pixels`);
      assert.ok((await page.pdf({ format: "A4" })).length > 10_000);
    });
  }
});

report.run();
