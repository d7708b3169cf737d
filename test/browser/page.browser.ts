// The page as people use it, in three real browsers, on a plain static host: it trains the sample to Node's bits
// through a reload and a closed tab, its model answers in Node as in the page, its maps are those of the f64 reference.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeImage, loadEngine, loadModel, overlayEvidence, predict, toInput } from "../../host/index.ts";
import { gradCam } from "../reference/explain.ts";
import { findBrowsers, type RealBrowser, type Tab } from "../util/browsers.ts";
import { hqcnn, json } from "../util/cli.ts";
import { toReference } from "../util/explain.ts";
import { fixture } from "../util/paths.ts";
import { type StaticServer, serve } from "../util/server.ts";
import { temporaryFolder } from "../util/temporary.ts";
import { assertQuiet, drop, event, forget, openLab, press, reload, root, saved, shownErrors, until } from "./lab.ts";

interface Figures {
  accuracy: number;
  auc: number;
  fingerprint: string;
}

/** Node's run of two epochs, made once. */
let inNode: Promise<Figures> | undefined;
const trainInNode = async () => {
  const ended = await hqcnn(["train", "--epochs", "2", "--json", "--out", join(temporaryFolder(), "run")]);
  assert.is(ended.code, 0, ended.stderr);
  return json(ended) as unknown as Figures;
};

const png = new Uint8Array(readFileSync(fixture("images/rgb8.png")));

for (const { name, launch, absent } of findBrowsers()) {
  const page = suite(`page in ${name}`);
  const test = absent ? page.skip : page;
  let server: StaticServer;
  let browser: RealBrowser;
  let tab: Tab;
  let model: Uint8Array;

  page.before(async () => {
    if (absent) return;
    server = await serve("build/web");
    browser = await launch();
    tab = await browser.tab();
  });
  page.after(async () => {
    await browser?.close();
    server?.close();
  });

  test("trains the sample to Node's accuracy and bits, through a reload and a closed tab", async () => {
    inNode ??= trainInNode();
    const expected = await inNode;
    await openLab(tab, `${server.url}#epochs=2`);
    await press(tab, "Start");
    await event(tab, "epoch");
    await assertQuiet(tab);
    await reload(tab);
    await press(tab, /^Continue BloodMNIST/);
    await until(tab, `${root}.querySelector("progress").value > 0.6`);
    await assertQuiet(tab);
    await tab.close();
    tab = await browser.tab();
    await openLab(tab, `${server.url}#epochs=2`);
    await until(
      tab,
      `[...${root}.querySelectorAll("button")].some((button) => /^Continue BloodMNIST/.test(button.textContent))`,
    );
    await press(tab, /^Continue BloodMNIST/);
    const { accuracy, auc, fingerprint } = await event<Figures>(tab, "end");
    assert.equal(
      { accuracy, auc, fingerprint },
      { accuracy: expected.accuracy, auc: expected.auc, fingerprint: expected.fingerprint },
    );
    await assertQuiet(tab);
  });

  test("shows results and hands out the model", async () => {
    await press(tab, "See the results");
    const { accuracy, fingerprint } = await inNode!;
    await until(tab, `${root}.textContent.includes("${fingerprint}")`);
    await until(tab, `${root}.textContent.includes("${(100 * accuracy).toFixed(2)}")`); // sections come one by one
    model = await saved(tab, "model.safetensors");
    await assertQuiet(tab);
  });

  test("takes a dropped PNG for what Node does, to the last bit", async () => {
    await openLab(tab, `${server.url}?use#view=use`);
    await until(tab, `${root}.querySelector(".drop") && ${root}.textContent.includes("No image yet.")`);
    await drop(tab, ".drop", "rgb8.png", png);
    const { probs, className } = await event<{ probs: number[]; className: string }>(tab, "prediction");
    const { network, info } = await loadModel(await loadEngine({ threads: 1 }), model);
    const [{ label, probs: here }] = await predict(network, [png]);
    assert.equal(probs, [...here]);
    assert.is(className, info.classNames[label]);
    await assertQuiet(tab);
  });

  test("draws the Grad-CAM map of the f64 reference", async () => {
    const select = '[aria-label^="Grad-CAM map"] div canvas';
    for (const label of [0, 1]) {
      await until(tab, `${root}.querySelector(${JSON.stringify(select)}) !== null`);
      await tab.evaluate(`(() => {
        const select = [...${root}.querySelectorAll("select")].find((select) => select.labels[0]?.textContent === "Explain the class");
        select.value = "${label}";
        select.dispatchEvent(new Event("change", { bubbles: true }));
      })()`);
      const { network, info } = await loadModel(await loadEngine({ threads: 1 }), model);
      await until(tab, `${root}.querySelector('[aria-label^="Grad-CAM map for ${info.classNames[label]}"]') !== null`);
      const pixels = await tab.evaluate<number[]>(`(() => {
        const canvas = ${root}.querySelector(${JSON.stringify(select)});
        // A copy: the console warns of reading twice from one that is drawn by the graphics processor.
        const context = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
        context.drawImage(canvas, 0, 0);
        return [...context.getImageData(0, 0, canvas.width, canvas.height).data];
      })()`);
      const input = await toInput(await decodeImage(png, "rgb8.png"), { channels: 3, height: 28, width: 28 });
      const { tensors, behind } = toReference(network);
      const size = network.layers.find(({ name }) => name === "layer5")!.outShape;
      const { map } = gradCam(tensors, input, [28, 28, 3], size, label, behind, "angle-x");
      // Over the image as it came.
      const image = await decodeImage(png, "rgb8.png");
      const expected = overlayEvidence(image, { map, height: 28, width: 28 }).pixels;
      const differences = Array.from(expected, (value, i) => Math.abs(value - pixels[4 * Math.floor(i / 3) + (i % 3)]));
      assert.ok(Math.max(...differences) <= 1, `class ${label}: ${Math.max(...differences)} levels of 255`);
      assert.is(pixels.length, 4 * image.width * image.height);
    }
    await assertQuiet(tab);
  });

  test("changes the prediction with the circuit's sliders, and with the quantum layer off", async () => {
    await press(tab, "Circuit");
    const prediction = `${root}.querySelector('[role=status][aria-label="Prediction"]')?.textContent`;
    const slide = (angle: number) =>
      tab.evaluate(`(() => {
        const input = ${root}.querySelector("input[type=range]");
        input.value = "${angle}";
        input.dispatchEvent(new Event("input", { bubbles: true }));
      })()`);
    await until(tab, prediction);
    await slide(0);
    const seen = new Set<string>();
    for (const angle of [1.5, 3, -1.5]) {
      const before = await until<string>(tab, prediction);
      await slide(angle);
      seen.add(await until<string>(tab, `${prediction} !== ${JSON.stringify(before)} && ${prediction}`, 20));
    }
    assert.ok(seen.size > 1);
    await press(tab, "Quantum layer off");
    const off = await until<string>(tab, `${root}.textContent.includes("Off: every") && ${prediction}`, 20);
    await slide(2);
    assert.is(await until(tab, prediction), off);
    await assertQuiet(tab);
  });

  test("says in a sentence what is wrong with a file, and keeps what is there", async () => {
    await press(tab, "Use");
    for (const [file, says] of [
      ["broken.png", /broken\.png/],
      ["notes.txt", /notes\.txt/],
    ] as const) {
      await until(tab, `${root}.querySelector(".drop") !== null`);
      await drop(tab, ".drop", file, new TextEncoder().encode("not an image"));
      await until(tab, `${root}.querySelector("[role=alert] p") !== null`);
      const [sentence] = await shownErrors(tab);
      assert.match(sentence, says);
      assert.not.match(sentence, /Unexpected|undefined|\n/);
      await press(tab, "Close");
    }
    await until(tab, `${root}.querySelector("[aria-label=Probabilities]") !== null`);
    await assertQuiet(tab);
  });

  test("asks nobody but its own host", async () => {
    const others = await tab.evaluate<string[]>(
      `performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => !name.startsWith(location.origin) && !/^(data|blob):/.test(name))`,
    );
    assert.equal(others, []);
  });

  test("stands in a page of another origin: attributes, properties, events", async () => {
    const open = await serve("build/web", { open: true });
    const foreign = await serve("", {
      pages: {
        "/": `<!doctype html><title>Foreign</title><link rel=icon href=data:,><script type=module src="${open.url}lab.js"></script><hqcnn-lab view="train" epochs="1" seed="3"></hqcnn-lab>`,
      },
    });
    try {
      await tab.close();
      tab = await browser.tab();
      await openLab(tab, foreign.url);
      assert.equal(
        await tab.evaluate(
          `(({ view, epochs, seed, data }) => [view, epochs, seed, data])(document.querySelector("hqcnn-lab"))`,
        ),
        ["train", 1, 3, "bloodmnist-sample"],
      );
      assert.is(await tab.evaluate(`${root}.querySelector("[role=tablist]")`), null);
      await tab.evaluate(`void (document.querySelector("hqcnn-lab").seed = 0)`);
      await press(tab, "Start");
      const { epoch } = await event<{ epoch: number }>(tab, "epoch");
      assert.is(epoch, 1);
      const { fingerprint } = await event<Figures>(tab, "end");
      assert.match(fingerprint, /^[0-9a-f]{64}$/);
      await forget(tab);
      await tab.evaluate(`void document.querySelector("hqcnn-lab").setAttribute("epochs", "many")`);
      const { message } = await event<{ message: string }>(tab, "error");
      assert.match(message, /epochs/);
      assert.equal(await tab.heard(), []);
    } finally {
      foreign.close();
      open.close();
    }
  });

  page.run();
}
