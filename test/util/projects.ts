// Fresh projects that use the packed package, as a reader of the README makes them: programs for pages are bundled,
// served and run in Chromium.
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type Browser, chromium } from "playwright-core";
import * as assert from "uvu/assert";
import { findChromium } from "./browsers.ts";
import { repository } from "./paths.ts";
import { serve } from "./server.ts";

/** The headers that give a page threads. */
export const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** The README's program, but for its ten epochs: one is enough here. */
export function readmeProgram(): string {
  const [, program] = /^```js\n(.*?from "hqcnn".*?)^```/ms.exec(readFileSync(repository("README.md"), "utf8"))!;
  assert.match(program, "epochs: 10");
  return program.replace("epochs: 10", "epochs: 1");
}

/** A program of a page that classifies an image with the element's own model, and says the class. */
export function elementProgram(): string {
  const image = readFileSync(repository("host/examples/cell.png")).toString("base64");
  return `import "hqcnn/lab";
    const lab = document.createElement("hqcnn-lab");
    document.body.append(lab);
    const image = await (await fetch("data:image/png;base64,${image}")).blob();
    console.log("classified as", (await lab.predict(image)).className);`;
}

export const page = (script: string) => `<!doctype html><title>.</title><script type="module">${script}</script>`;

/** The numbers that the README's program prints, whatever the runtime makes of lists. */
export function numbersOf(output: string): string[] {
  return output.match(/\d\.\d+/g) ?? [];
}

let browser: Promise<Browser> | undefined;
const executablePath = findChromium();
export const hasChromium = executablePath !== undefined;
export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
}

/** What a page says on its console until it has said `last`; fails with what it says of an error. */
export async function listen(url: string, last: RegExp, seconds = 180): Promise<string> {
  browser ??= chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const tab = await (await browser).newPage();
  const said: string[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ${last} within ${seconds} s`)), seconds * 1000);
      const end = (error?: Error) => {
        clearTimeout(timer);
        if (error) reject(error);
        else resolve();
      };
      tab.on("pageerror", end);
      tab.on("console", (message) => {
        said.push(message.text());
        if (last.test(message.text())) end();
      });
      tab.goto(url).catch(end);
    });
    return said.join("\n");
  } catch (error) {
    throw new Error(`${(error as Error).message}; the console said:\n${said.join("\n")}`);
  } finally {
    await tab.close();
  }
}

/** What a page of a folder of static files says. */
export async function listenTo(folder: string, path: string, last: RegExp, isolated = true): Promise<string> {
  const { url, close } = await serve(`${relative(repository(""), folder)}/`, { isolated });
  try {
    return await listen(url + path, last);
  } finally {
    close();
  }
}

/** Makes a folder with these files. */
export function write(folder: string, files: Record<string, string>): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** Copies the package's files for pages: all as the folder `hqcnn`, or programs and their files beside a bundle. */
export function copyWeb(project: string, to: string, beside = false): void {
  const web = join(project, "node_modules/hqcnn/build/web");
  if (!beside) cpSync(web, join(to, "hqcnn"), { recursive: true });
  for (const name of beside ? readdirSync(web) : []) {
    if (/\.(js|wasm|jls|zip)$/.test(name)) copyFileSync(join(web, name), join(to, name));
  }
}
