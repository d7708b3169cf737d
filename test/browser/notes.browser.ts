// What was guessed, dropped, converted or not used is said in the page, where the command line says it.
import type { Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNetwork, loadEngine, saveModel } from "../../host/index.ts";
import { decodeSafetensors, encodeSafetensors } from "../../host/network/safetensors.ts";
import { findChromium } from "../util/browsers.ts";
import { medmnistArrays, npz } from "../util/npz.ts";
import { fixture } from "../util/paths.ts";
import { inChromium } from "./inChromium.ts";

const notes = suite("what the page says of its input");
const test = findChromium() ? notes : notes.skip;

const note = (page: Page, text: string) => page.getByRole("note").getByText(text).first().waitFor();

test("how data were read, before and in training", async () => {
  const arrays = medmnistArrays({ train: 24, val: 12, test: 18 }, { channels: 3, classes: 2 });
  for (const [name, array] of Object.entries(arrays)) {
    if (!name.endsWith("_images")) continue;
    const data = Float32Array.from(array.data as Uint8Array, (value) => value / 255);
    arrays[name] = { ...array, descr: "<f4", data };
  }
  const buffer = Buffer.from(await npz(arrays));
  await inChromium("#epochs=1", async (page) => {
    await page.getByLabel("Open an .npz…").setInputFiles({ name: "floats.npz", mimeType: "", buffer });
    await page.getByText(/^Read as: .*float32 values 0 … 1 read as 0 … 1/).waitFor();
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await note(page, "read as: ");
    await page.getByRole("button", { name: "See the results" }).waitFor();
    await note(page, "float32 values 0 … 1 read as 0 … 1");
  });
});

test("what was done to read a model and an image; the model's range of values is used", async () => {
  const head = { kind: "quantum", wires: 4, layers: 3 } as const;
  const network = createNetwork(await loadEngine({ threads: 1 }), { channels: 3, classes: 2, head });
  const info = {
    classNames: ["no", "yes"],
    data: { name: "none", md5: null, task: "binary", protocol: "official", positive: null, splitRatio: 0.8 },
    training: { epoch: 1, seed: 0, val: { loss: 1, accuracy: 0, auc: null } },
  };
  const reading = { sourceClasses: info.classNames, positive: null, fit: "squash", values: null } as const;
  const withRange = {
    ...info,
    data: { ...info.data, reading: { ...reading, stated: { range: [0, 20000] as const } } },
  };
  const { tensors, metadata } = decodeSafetensors(saveModel(network, info), "saved", 1e6);
  const renamed = new Map([...tensors].map(([name, tensor]) => [`module.${name}`, tensor]));
  const file = (name: string, bytes: Uint8Array) => ({ name, mimeType: "", buffer: Buffer.from(bytes) });
  await inChromium("#view=use", async (page) => {
    const models = page.getByLabel("Open a model file…");
    await models.setInputFiles(file("wrapped.safetensors", encodeSafetensors(renamed, metadata)));
    await note(page, "the prefix module. was taken off");
    await page.getByLabel("Choose images…").setInputFiles(fixture("images/float.tif"));
    await note(page, "the smallest value is black, the largest white; hqcnn predict --range A,B");
    const shares = page.locator(".beside [aria-label=Probabilities] .number");
    await shares.first().waitFor();
    const picture = () =>
      page
        .locator(".images canvas")
        .first()
        .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
    const before = await picture();
    await models.setInputFiles(file("ranged.safetensors", saveModel(network, withRange)));
    await page.getByText("the prefix module. was taken off").waitFor({ state: "detached" });
    await page.getByText("Floats have no natural range").waitFor({ state: "detached" });
    await shares.first().waitFor();
    assert.is.not(await picture(), before);
  });
});

test("a comparison does not train on the shuffled labels of the view Train, and says so", () =>
  inChromium("#view=compare&epochs=1&shuffle-labels=true&twins=none&seeds=1", async (page) => {
    await page.getByRole("button", { name: "Compare", exact: true }).click();
    await note(page, "“shuffle labels” is not used in a comparison");
    const configs = await page.evaluate(async () => {
      const done = <T>(request: IDBRequest<T>) =>
        new Promise<T>((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      const stores = (await done(indexedDB.open("hqcnn"))).transaction(["entries", "blocks"]);
      const entries = await done<{ id: number; name: string }[]>(stores.objectStore("entries").getAll());
      const files = entries.filter(({ name }) => name === "config.json");
      const blocks = await Promise.all(
        files.map(({ id }) => done<Uint8Array<ArrayBuffer>>(stores.objectStore("blocks").get([id, 0]))),
      );
      return blocks.map((bytes) => new TextDecoder().decode(bytes));
    });
    const shuffled = configs.map((text) => JSON.parse(text).options.shuffleLabels);
    assert.equal(shuffled, [false, false]);
  }));

notes.run();
