// The view Design: a circuit is drawn with mouse and keyboard, its states follow, shots and noise can be switched on,
// it stands in the address, can be downloaded for the command, and trains.
import type { Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseCircuit } from "../../host/circuit/json.ts";
import { findChromium } from "../util/browsers.ts";
import { eventually } from "../util/eventually.ts";
import { inChromium } from "./inChromium.ts";

const design = suite("design");
const test = findChromium() ? design : design.skip;

/** Waits until the address holds a circuit with these gates. */
async function has(page: Page, gates: string[]) {
  let found: string[] = [];
  const isSo = () => {
    const text = new URLSearchParams(new URL(page.url()).hash.slice(1)).get("design");
    const operations = text ? parseCircuit(text).circuit.operations : [];
    found = operations.map(({ name, wires }) => `${name} ${wires.join(" ")}`);
    return String(found) === String(gates);
  };
  await eventually(isSo, () => `${gates}, got ${found}`, 60);
}
const outputs = (page: Page) => page.locator("[aria-label=Outputs] .number").allTextContents();

/** The middle of a place in the drawing: wires are 56 pixels apart, the first column lies at 58. */
async function click(page: Page, wire: number, x: number) {
  const box = (await page.locator("svg.gates").boundingBox())!;
  const scale = box.width / Number(await page.locator("svg.gates").getAttribute("width"));
  await page.mouse.click(box.x + x * scale, box.y + (56 * (wire + 0.5) + 4) * scale);
}

test("gates are placed, moved and removed by mouse and keyboard, and the states follow", async () => {
  await inChromium("#view=design", async (page, said) => {
    await page.getByLabel("Start from").selectOption("nothing");
    await page.getByLabel("Number of wires").selectOption("2");
    await page.getByText("⟨Z0⟩").waitFor();
    assert.equal(await outputs(page), ["1.000", "1.000"]);
    await page.getByRole("button", { name: "Hadamard", exact: true }).click();
    await click(page, 0, 58);
    await page.getByRole("button", { name: "CNOT", exact: true }).click();
    const grid = page.getByRole("application", { name: "Circuit" });
    await grid.focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await has(page, ["Hadamard 0", "CNOT 0 1"]);
    // a Bell state
    await page.getByText("length 0.000: entangled").first().waitFor();
    const basis = await page.locator("[aria-label='Probabilities of the basis states'] .number").allTextContents();
    assert.equal(basis, ["50.0 %", "0.0 %", "0.0 %", "50.0 %"]);
    await page.keyboard.press("Shift+ArrowLeft"); // in front of Hadamard
    await has(page, ["CNOT 0 1", "Hadamard 0"]);
    await page.keyboard.press("Control+z");
    await has(page, ["Hadamard 0", "CNOT 0 1"]);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Delete");
    await has(page, ["Hadamard 0"]);
    // a rotation with a weight, whose slider turns it
    await page.getByRole("button", { name: "RY", exact: true }).click();
    await click(page, 1, 58);
    await page.getByLabel("w0, radians").fill("0");
    await page.getByLabel("w0, radians").press("Enter");
    await page.locator("[aria-label=Outputs]", { hasText: "⟨Z1⟩1.000" }).waitFor();
    await page.getByRole("textbox", { name: "Angle" }).fill("pi + 0*w0");
    await page.getByRole("textbox", { name: "Angle" }).press("Enter");
    await page.locator("[aria-label=Outputs]", { hasText: "⟨Z1⟩−1.000" }).waitFor();
    await page.getByRole("textbox", { name: "Wires" }).fill("5");
    await page.getByRole("textbox", { name: "Wires" }).press("Enter");
    await page.getByText("expected wires from 0 to 1, got [5]").waitFor();
    // dragged to the other wire
    const box = (await page.locator("svg.gates .chosen .box").boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2 - 56, { steps: 4 });
    await page.mouse.up();
    await has(page, ["RY 0", "Hadamard 0"]);
    await page.getByLabel("Number of wires").selectOption("1");
    await page.getByRole("button", { name: "CNOT", exact: true }).click();
    await click(page, 0, 500);
    await said("CNOT: expected at least 2 wires, got 1: add one");
  });
});

test("shots and noise, the analysis, the file for the command, and Train", async () => {
  const link = {
    wires: 2,
    operations: [
      { name: "RX", wires: [0], params: [{ input: 0 }] },
      { name: "RX", wires: [1], params: [{ input: 1 }] },
      { name: "CNOT", wires: [0, 1] },
      { name: "RY", wires: [0], params: [{ weight: 0 }] },
    ],
  };
  await inChromium(`#view=design&epochs=1&design=${encodeURIComponent(JSON.stringify(link))}`, async (page) => {
    await page.getByText("⟨Z1⟩").waitFor();
    await has(page, ["RX 0", "RX 1", "CNOT 0 1", "RY 0"]);
    await page.getByLabel("Shots").fill("100");
    await page.getByLabel("Shots").press("Enter");
    await page.getByText("Exact / with shots and noise").waitFor();
    const before = await outputs(page);
    await page.getByRole("button", { name: "Measure again" }).click();
    await eventually(
      async () => String(before) !== String(await outputs(page)),
      () => "other random numbers",
    );
    await page.getByLabel("Noise").selectOption("bit-flip");
    await page.getByLabel(/^Strength/).fill("0.25");
    await page.getByRole("button", { name: "Analyze" }).click();
    await page.getByRole("rowheader", { name: "gradient variance" }).waitFor();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download JSON" }).click(),
    ]);
    assert.is(file.suggestedFilename(), "circuit.json");
    await page.getByRole("button", { name: "Use this circuit in Train" }).click();
    await page.getByText("Circuit of your own: 2 wires, 4 gates").waitFor();
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByRole("button", { name: "See the results" }).waitFor();
    await page.getByRole("tab", { name: "Circuit" }).click();
    await page.getByRole("img", { name: "Quantum circuit: 2 wires, 4 gates" }).waitFor();
    await page.getByRole("button", { name: "Change its gates" }).click();
    await page.getByRole("heading", { name: "A circuit of your own" }).waitFor();
    await has(page, ["RX 0", "RX 1", "CNOT 0 1", "RY 0"]);
  });
});

test("a link with a circuit that cannot be says so", async () => {
  await inChromium(
    "#view=design&design=%7B%22wires%22%3A2%2C%22operations%22%3A%5B%7B%22name%22%3A%22RXX%22%7D%5D%7D",
    async (page, said) => {
      await said("The link's circuit: operations[0]");
      await page.getByText("⟨Z0⟩").waitFor();
    },
  );
});

design.run();
