// What people get wrong in the page is a sentence there, and what they had stays.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNetwork, loadEngine, saveModel } from "../../host/index.ts";
import { findChromium } from "../util/browsers.ts";
import { fixture } from "../util/paths.ts";
import { inChromium } from "./inChromium.ts";

const mistakes = suite("mistakes in the page");
const test = findChromium() ? mistakes : mistakes.skip;

test("a wrong link, a second task, and files that are no images", () =>
  inChromium("#epochs=1&seed=many", async (page, said) => {
    await said("The link says seed=many: expected");

    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByRole("tab", { name: "Compare" }).click();
    await page.getByRole("button", { name: "Compare", exact: true }).click();
    await said("A training or a comparison is under way");
    await page.getByRole("tab", { name: "Train" }).click();
    await page.getByRole("button", { name: "See the results" }).waitFor();

    await page.getByRole("tab", { name: "Use" }).click();
    const broken = ["a.png", "b.png"].map((name) => ({ name, mimeType: "image/png", buffer: Buffer.from("none") }));
    const images = page.getByLabel("Choose images…");
    await images.setInputFiles(fixture("images/rgb8.png"));
    await page.getByText("1 in the list.").waitFor();
    await images.setInputFiles(broken);
    await said("b.png");
    await page.getByText("1 in the list.").waitFor();
    assert.is(await page.locator(".images tbody tr").count(), 1);
  }));

test("data that are none or do not come, a model of another version, a camera that is not allowed: the image and its answer stay", () =>
  inChromium("#epochs=1", async (page, said) => {
    const file = (name: string, buffer: Buffer) => ({ name, mimeType: "", buffer });
    const data = page.getByLabel("Open an .npz…");
    await data.setInputFiles(file("notes.txt", Buffer.from("none")));
    await said("notes.txt: expected");
    await data.setInputFiles(file("broken.npz", Buffer.from("PK none")));
    await said("broken.npz");

    await page.context().route("https://zenodo.org/**", (route) => route.abort("connectionreset"));
    await page.getByLabel("Data set").selectOption("breastmnist");
    await page.getByRole("button", { name: /^Fetch/ }).click();
    await said("breastmnist: ");

    const head = { kind: "quantum", wires: 4, layers: 3 } as const;
    const network = createNetwork(await loadEngine({ threads: 1 }), { channels: 3, classes: 2, head });
    const info = {
      classNames: ["no", "yes"],
      data: { name: "none", md5: null, task: "binary", protocol: "official", positive: null, splitRatio: 0.8 },
      training: { epoch: 1, seed: 0, val: { loss: 1, accuracy: 0, auc: null } },
    };
    const model = Buffer.from(saveModel(network, info));
    const later = Buffer.from(model.toString("latin1").replace(/(\\"version\\":)\d/, "$19"), "latin1");
    await page.getByRole("tab", { name: "Use" }).click();
    const models = page.getByLabel("Open a model file…");
    await models.setInputFiles(file("mine.safetensors", model));
    await page.getByLabel("Choose images…").setInputFiles(fixture("images/rgb8.png"));
    const answer = page.locator(".beside [aria-label=Probabilities]").first();
    await answer.waitFor();
    const before = await answer.textContent();
    await models.setInputFiles(file("later.safetensors", later));
    await said("later.safetensors: model format 9");
    await models.setInputFiles(file("half.safetensors", model.subarray(0, 1000)));
    await said("half.safetensors");
    await page.getByRole("button", { name: "Use the camera" }).click();
    await said("Camera: it was not allowed");
    assert.is(await answer.textContent(), before);
  }));

test("a storage without room: said, and the page keeps working", () =>
  inChromium("#epochs=1", async (page, said) => {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Storage.overrideQuotaForOrigin", { origin: new URL(page.url()).origin, quotaSize: 200_000 });
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await said("storage for this page is full");
    await page.getByRole("tab", { name: "Results" }).click();
    await page.getByText("This run is not finished").waitFor();
  }));

test("the address holds view and options, there and back", () =>
  inChromium("#view=circuit&epochs=3&augment=flips", async (page) => {
    const shows = async (view: string) => {
      await page.getByRole("tab", { name: view, selected: true }).waitFor();
    };
    await shows("Circuit");
    await page.getByRole("tab", { name: "Train" }).click();
    await shows("Train");
    assert.is(new URL(page.url()).hash, "#epochs=3&augment=flips");
    assert.is(await page.getByLabel("epochs", { exact: true }).inputValue(), "3");
    await page.getByLabel("seed", { exact: true }).fill("7");
    await page.getByLabel("seed", { exact: true }).blur();
    await page.waitForURL(/#epochs=3&augment=flips&seed=7$/);
    await page.reload();
    assert.is(await page.getByLabel("seed", { exact: true }).inputValue(), "7");
    await page.goBack();
    await page.goBack();
    await shows("Circuit");
  }));

test("what is typed while it trains stays", () =>
  inChromium("#epochs=4", async (page) => {
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByText(/^Epoch 1 of 4/).waitFor();
    const seed = page.getByLabel("seed", { exact: true });
    await seed.clear();
    await seed.pressSequentially("123", { delay: 250 });
    assert.is(await seed.inputValue(), "123");
    await seed.blur();
    await page.waitForURL(/#epochs=4&seed=123$/);
  }));

test("a link hides parts and makes the type large; parts and views that there are not are said by name", () =>
  inChromium("#hide=options,runs,nonsense&large=true", async (page, said) => {
    await said("hide=options,runs,nonsense: expected some of tabs, share,");
    assert.is(await page.getByRole("heading", { name: "Runs in this browser" }).count(), 0);
    assert.is(await page.getByLabel("epochs", { exact: true }).count(), 0);
    await page.getByLabel("Data set").waitFor();
    assert.is(await page.locator(".large").count(), 1);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "Copy link" }).click();
    await page.getByText("Link copied.").waitFor();
    const copied = () => page.evaluate<string>("navigator.clipboard.readText()");
    assert.match(await copied(), /#hide=options,runs&large=true$/);
    await page.getByRole("button", { name: "Copy embed code" }).click();
    await page.getByText("Embed code copied.").waitFor();
    assert.match(await copied(), /lab\.js"><\/script>\n<hqcnn-lab hide="options,runs" large><\/hqcnn-lab>$/);
    await page.evaluate(`document.querySelector("hqcnn-lab").setAttribute("view", "nonsense")`);
    await said("view: expected one of train, results, use, layers, circuit, design, compare, got nonsense");
  }));

test("a link to data that somebody dropped elsewhere names them and says that they are not here", () =>
  inChromium("#data=dropped/1/mine.npz", async (page) => {
    await page.getByText("mine.npz is not in this browser").waitFor();
    assert.is(
      await page.getByLabel("Data set").locator("option:checked").textContent(),
      "mine.npz (not in this browser)",
    );
    assert.is(await page.getByRole("heading", { name: "Classes and images" }).count(), 0);
  }));

test("a training that diverges says at which step and what helps, and is not offered to be continued", () =>
  inChromium("#epochs=2&lr=1e20", async (page) => {
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByText(/^The loss became .* at step \d+ .*: try a smaller “learning rate”/).waitFor();
    assert.is(await page.getByRole("button", { name: "Continue", exact: true }).count(), 0);
  }));

test("presets set options, and what is changed afterwards is no preset any more", () =>
  inChromium("", async (page) => {
    const preset = page.getByLabel("Preset");
    await preset.selectOption("Quick look");
    await page.waitForURL(/#epochs=20$/);
    await preset.selectOption("Small data");
    await page.waitForURL(/augment=flips,rotations/);
    await page.getByLabel("seed", { exact: true }).fill("3");
    await page.getByLabel("seed", { exact: true }).blur();
    await page.waitForURL(/seed=3/);
    assert.is(await preset.locator("option:checked").textContent(), "your own options");
  }));

test("a broken file in eight is named like the seven others; what is removed leaves the focus near; a moved element keeps its images", () =>
  inChromium("#view=use", async (page, said) => {
    const images = page.getByLabel("Choose images…");
    const names = Array.from({ length: 8 }, (_, i) => `broken-${i}.png`);
    await images.setInputFiles(fixture("images/rgb8.png"));
    await page.getByText("1 in the list.").waitFor();
    await images.setInputFiles(names.map((name) => ({ name, mimeType: "image/png", buffer: Buffer.from("none") })));
    for (const name of names) await said(name);
    await page.evaluate(`document.body.append(document.querySelector("hqcnn-lab"))`);
    await page.getByText("1 in the list.").waitFor();
    await images.setInputFiles(fixture("images/grey8.tif"));
    await page.getByText("2 in the list.").waitFor();
    await page
      .getByRole("button", { name: /^Remove (?!all)/ })
      .first()
      .click();
    await page.getByText("1 in the list.").waitFor();
    const focused = await page.evaluate(
      `document.querySelector("hqcnn-lab").shadowRoot.activeElement?.tagName ?? null`,
    );
    assert.is.not(focused, null);
  }));

mistakes.run();
