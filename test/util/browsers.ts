// Three real browsers behind one small interface. Programs for pages are given as text: a compiler would rewrite a
// function's imports.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { chromium } from "playwright-core";
import puppeteer, { type ElementHandle } from "puppeteer-core";
import { Builder, Capabilities, type WebDriver, type WebElement } from "selenium-webdriver";

export interface Tab {
  open(url: string): Promise<void>;
  /** The value, which JSON can hold, of an expression that may be a promise. */
  evaluate<T>(text: string): Promise<T>;
  /** Clicks on the first visible control of that accessible name, in shadow roots too. */
  click(name: string | RegExp): Promise<void>;
  /** Chooses files in the first file input of that name. */
  upload(name: string, ...paths: string[]): Promise<void>;
  /** A PNG of what is seen. */
  screenshot(): Promise<Uint8Array>;
  /**
   * Errors and warnings on the console and errors that nobody caught, since the tab was made; WebKitGTK: since `open`,
   * and of pages of test/util/server.ts alone.
   */
  heard(): Promise<string[]>;
  close(): Promise<void>;
}

export interface RealBrowser {
  /** A tab that shares its storage with the other tabs of this browser. */
  tab(): Promise<Tab>;
  close(): Promise<void>;
}

export interface BrowserProgram {
  readonly name: "Chromium" | "Firefox" | "WebKitGTK";
  /** Starts a fresh browser with empty storage; `env` adds to its environment (WebKitGTK alone). */
  launch(env?: NodeJS.ProcessEnv): Promise<RealBrowser>;
  /** Not on this machine, or left out: its tests are skipped. */
  readonly absent: boolean;
}

/** Path of Chromium for the tests that need no other browser, or undefined, said loudly; CI must have one. */
export function findChromium(): string | undefined {
  return findProgram("Chromium", "chromium", [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
  ]);
}

/** The three browsers, those that are not installed among them; BROWSER=Firefox leaves the others out. */
export function findBrowsers(): BrowserProgram[] {
  const chromiumPath = findChromium();
  const firefoxPath = findProgram("Firefox", "firefox-esr", ["/usr/bin/firefox-esr", "/usr/bin/firefox"]);
  const miniBrowser = findProgram(
    "WebKitGTK",
    "webkit2gtk-driver xvfb",
    existsSync("/usr/bin/WebKitWebDriver") && existsSync("/usr/bin/Xvfb")
      ? ["x86_64", "aarch64"].map((cpu) => `/usr/lib/${cpu}-linux-gnu/webkit2gtk-4.1/MiniBrowser`)
      : [],
  );
  const isAbsent = (name: string, path?: string) => !path || (process.env.BROWSER ?? name) !== name;
  return [
    { name: "Chromium", absent: isAbsent("Chromium", chromiumPath), launch: () => launchChromium(chromiumPath!) },
    { name: "Firefox", absent: isAbsent("Firefox", firefoxPath), launch: () => launchFirefox(firefoxPath!) },
    { name: "WebKitGTK", absent: isAbsent("WebKitGTK", miniBrowser), launch: (env) => launchWebKit(miniBrowser!, env) },
  ];
}

function findProgram(name: string, packages: string, paths: string[]): string | undefined {
  const path = paths.find(existsSync);
  if (!path && process.env.CI) throw new Error(`CI needs ${name}: apt-get install ${packages}`);
  if (!path) console.log(`SKIPPED: no ${name} found; apt-get install ${packages}`);
  return path;
}

/** An expression: the first control of that name, visible or a file input as `type` says. */
function find(name: string | RegExp, type: "control" | "file"): string {
  const pattern =
    typeof name === "string" ? `(text) => text === ${JSON.stringify(name)}` : `(text) => ${name}.test(text)`;
  return `(() => {
    const isWanted = ${pattern};
    const nameOf = (element) => {
      const root = element.getRootNode();
      const labelledBy = element.getAttribute("aria-labelledby")?.split(" ").map((id) => root.getElementById(id)?.textContent);
      const label = element.getAttribute("aria-label") ?? labelledBy?.join(" ") ?? element.labels?.[0]?.textContent;
      return (label ?? element.textContent ?? "").replace(/\\s+/g, " ").trim();
    };
    const search = (root) => {
      for (const element of root.querySelectorAll("*")) {
        const isFile = element.matches("input[type=file]");
        const isControl = element.matches("button, a, input, select, summary, [role=tab], [role=button]") && element.checkVisibility();
        if (${type === "file" ? "isFile" : "isControl && !isFile"} && isWanted(nameOf(element))) return element;
        const found = element.shadowRoot && search(element.shadowRoot);
        if (found) return found;
      }
    };
    const found = search(document);
    if (!found) throw new Error(${JSON.stringify(`no ${type} is named ${name}`)});
    return found;
  })()`;
}

async function launchChromium(executablePath: string): Promise<RealBrowser> {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const context = await browser.newContext();
  return {
    async tab() {
      const page = await context.newPage();
      const heard: string[] = [];
      page.on("pageerror", (error) => heard.push(String(error)));
      page.on("console", (message) => /error|warning/.test(message.type()) && heard.push(message.text()));
      const control = (...wanted: Parameters<typeof find>) => page.evaluateHandle<HTMLInputElement>(find(...wanted));
      return {
        open: async (url) => void (await page.goto(url)),
        evaluate: (text) => page.evaluate(text),
        click: async (name) => (await control(name, "control")).click(),
        upload: async (name, ...paths) => (await control(name, "file")).setInputFiles(paths),
        screenshot: () => page.screenshot(),
        heard: async () => heard,
        close: () => page.close(),
      };
    },
    close: () => browser.close(),
  };
}

/**
 * What Firefox says of a load that a reload breaks off, as it does while the page preloads its views (4 s after it was
 * opened). The new page asks again, and what is missing shows there.
 */
const BROKEN_OFF =
  /^Error: Failed to load ‘[^’]*’\. A ServiceWorker intercepted the request and encountered an unexpected error\.$/;

async function launchFirefox(executablePath: string): Promise<RealBrowser> {
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath,
    headless: true,
    protocolTimeout: 300_000,
  });
  return {
    async tab() {
      const page = await browser.newPage();
      const heard: string[] = [];
      page.on("pageerror", (error) => BROKEN_OFF.test(String(error)) || heard.push(String(error)));
      page.on("console", (message) => /error|warn/.test(message.type()) && heard.push(message.text()));
      const control = async (...wanted: Parameters<typeof find>) =>
        (await page.evaluateHandle(find(...wanted))) as ElementHandle<HTMLInputElement>;
      return {
        open: async (url) => void (await page.goto(url)),
        evaluate: <T>(text: string) => page.evaluate(text) as Promise<T>,
        click: async (name) => (await control(name, "control")).click(),
        upload: async (name, ...paths) => (await control(name, "file")).uploadFile(...paths),
        screenshot: () => page.screenshot(),
        heard: async () => heard,
        close: () => page.close(),
      };
    },
    close: () => browser.close(),
  };
}

async function launchWebKit(binary: string, env?: NodeJS.ProcessEnv): Promise<RealBrowser> {
  const screen = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const display = await new Promise<string>((resolve) =>
    screen.stdio[3]!.once("data", (data) => resolve(`:${data}`.trim())),
  );
  const port = await freePort();
  const service = spawn("WebKitWebDriver", [`--port=${port}`], {
    stdio: "ignore",
    env: { ...process.env, DISPLAY: display, ...env },
  });
  const stop = () => endAll(service, screen);
  process.once("exit", stop);
  let driver: WebDriver;
  try {
    await answers(port);
    driver = await new Builder()
      .usingServer(`http://127.0.0.1:${port}`)
      .withCapabilities(
        new Capabilities({
          browserName: "MiniBrowser",
          "webkitgtk:browserOptions": { binary, args: ["--automation"] },
        }),
      )
      .build();
  } catch (error) {
    stop();
    throw error;
  }
  await driver.manage().setTimeouts({ script: 300_000 });
  const first = await driver.getWindowHandle(); // stays open: the session would end with its last window
  return {
    async tab() {
      await driver.switchTo().window(first);
      await driver.switchTo().newWindow("tab");
      const handle = await driver.getWindowHandle();
      // A driver has one current window: calls of two tabs must not overlap.
      const on = async <T>(action: () => Promise<T>): Promise<T> => {
        await driver.switchTo().window(handle);
        return action();
      };
      const control = (...wanted: Parameters<typeof find>) =>
        driver.executeScript<WebElement>(`return ${find(...wanted)}`);
      return {
        open: (url) => on(() => driver.get(url)),
        evaluate: <T>(text: string) =>
          on(async () => {
            const answer = await driver.executeAsyncScript<{ value?: T; error?: string }>(
              `const done = arguments[0];
              (async () => (${text}))().then((value) => done({ value }), (error) => done({ error: String(error) + "\\n" + error?.stack }));`,
            );
            if (answer.error !== undefined) throw new Error(answer.error);
            return answer.value as T;
          }),
        click: (name) => on(async () => (await control(name, "control")).click()),
        upload: (name, ...paths) => on(async () => (await control(name, "file")).sendKeys(paths.join("\n"))),
        screenshot: () => on(async () => Buffer.from(await driver.takeScreenshot(), "base64")),
        heard: () => on(() => driver.executeScript<string[]>("return globalThis.heard ?? []")),
        close: () => on(() => driver.close()),
      };
    },
    async close() {
      await driver.quit();
      stop();
      process.off("exit", stop);
    },
  };
}

function endAll(...children: ChildProcess[]): void {
  for (const child of children) child.kill();
}

/** A port of this machine that nobody listens to. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve((address as { port: number }).port));
    });
  });
}

/** Returns once a WebDriver service answers on the port. */
async function answers(port: number): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const ready = await fetch(`http://127.0.0.1:${port}/status`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("WebKitWebDriver did not start within a minute");
}
