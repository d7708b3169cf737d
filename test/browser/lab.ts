// What the tests of the page have in common: asking what it shows, and waiting for it.
import * as assert from "uvu/assert";
import type { Tab } from "../util/browsers.ts";

/** Expression: what the element of the page is made of. */
export const root = `document.querySelector("hqcnn-lab").shadowRoot`;

/** The expression's value as soon as it is neither false, null, 0 nor an error. */
export async function until<T>(tab: Tab, expression: string, seconds = 120): Promise<T> {
  const end = performance.now() + 1000 * seconds;
  let last: unknown;
  while (performance.now() < end) {
    try {
      last = await tab.evaluate<T>(expression);
      if (last) return last as T;
    } catch (error) {
      last = error; // the page may be loading itself anew
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const shown = await tab.evaluate<string>(`${root}.textContent.replace(/\\s+/g, " ")`).catch(String);
  throw new Error(`${expression}: still ${last} after ${seconds} seconds; the page shows: ${shown}`);
}

/** Opens the page and keeps, as `reload` does, the element's events in `events` as [name, detail]. */
export async function openLab(tab: Tab, url: string): Promise<void> {
  await tab.open(url);
  await settle(tab);
}

/** Reloads the page, as its button does. */
export async function reload(tab: Tab): Promise<void> {
  await tab.evaluate("globalThis.isOld = true, void setTimeout(() => location.reload(), 50)");
  await until(tab, "!globalThis.isOld");
  await settle(tab);
}

async function settle(tab: Tab): Promise<void> {
  await until(tab, `${root}.querySelector("[part=panel]").children.length > 0`);
  await tab.evaluate(`globalThis.events = [], void ["epoch", "end", "prediction", "error"].forEach((name) =>
    document.addEventListener("hqcnn-" + name, ({ detail }) => events.push([name, detail])))`);
}

/** Clicks a control as soon as there is one of that name. */
export async function press(tab: Tab, name: string | RegExp): Promise<void> {
  const end = performance.now() + 120_000;
  for (;;) {
    try {
      return await tab.click(name);
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** The first event of that name since the page was opened or `forget` was called, once there is one. */
export async function event<T>(tab: Tab, name: string): Promise<T> {
  return until<T>(tab, `events.find(([name]) => name === ${JSON.stringify(name)})?.[1]`);
}

export async function forget(tab: Tab): Promise<void> {
  await tab.evaluate("void (events.length = 0)");
}

/** The errors that the page shows, each a sentence. */
export async function shownErrors(tab: Tab): Promise<string[]> {
  return tab.evaluate(`[...${root}.querySelectorAll("[role=alert] p")].map((p) => p.textContent)`);
}

/** Asserts that nothing went wrong in the page. */
export async function assertQuiet(tab: Tab): Promise<void> {
  assert.equal(await tab.heard(), []);
  assert.equal(await shownErrors(tab), []);
}

/** Drops a file on the first element that matches, as a person does from a file manager. */
export async function drop(tab: Tab, selector: string, name: string, bytes: Uint8Array): Promise<void> {
  await tab.evaluate(`(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(atob("${Buffer.from(bytes).toString("base64")}"), (c) => c.charCodeAt(0))], ${JSON.stringify(name)}));
    const target = ${root}.querySelector(${JSON.stringify(selector)});
    for (const type of ["dragover", "drop"]) {
      target.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }
  })()`);
}

/** Clicks a button that saves a file and takes the file instead. */
export async function saved(tab: Tab, name: string): Promise<Uint8Array> {
  await tab.evaluate(`(() => {
    const blobs = new Map();
    const create = URL.createObjectURL;
    URL.createObjectURL = (blob) => { const url = create.call(URL, blob); blobs.set(url, blob); return url; };
    HTMLAnchorElement.prototype.click = function () { globalThis.savedFile = blobs.get(this.href); };
  })()`);
  // Sections of the results come one by one: a click may land where the button has just been.
  for (let tries = 1; !(await tab.evaluate<boolean>("globalThis.savedFile !== undefined")); tries++) {
    assert.ok(tries <= 10, `${name}: clicked ten times, and nothing was saved`);
    await press(tab, name);
    await until(tab, "globalThis.savedFile !== undefined", 10).catch(() => {});
  }
  const base64 = await tab.evaluate<string>(`new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(",")[1]);
    reader.readAsDataURL(savedFile);
  })`);
  return new Uint8Array(Buffer.from(base64, "base64"));
}
