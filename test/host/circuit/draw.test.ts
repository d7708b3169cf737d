import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Circuit } from "../../../host/circuit/circuit.ts";
import { createTemplate } from "../../../host/circuit/templates.ts";

const draw = suite("circuit/draw");

const example = new Circuit(4, [
  { name: "Hadamard", wires: [0] },
  { name: "CRX", wires: [0, 1], params: [2.3] },
  { name: "Rot", wires: [1], params: [{ weight: 0 }, { weight: 1 }, { input: 2 }] },
  { name: "Toffoli", wires: [3, 0, 1] },
  { name: "CNOT", wires: [3, 0] },
  { name: "IsingXX", wires: [1, 2], params: [-0.5] },
]);

draw("text as PennyLane writes it", () => {
  assert.is(
    example.draw(),
    [
      "0: ──H─╭●───────────────────────╭●─╭X─────────────────┤  <Z>",
      "1: ────╰RX(2.30)──Rot(w0,w1,x2)─├X─│──╭IsingXX(-0.50)─┤  <Z>",
      "2: ─────────────────────────────│──│──╰IsingXX(-0.50)─┤  <Z>",
      "3: ─────────────────────────────╰●─╰●─────────────────┤  <Z>",
    ].join("\n"),
  );
});

draw("products of inputs and embedded amplitudes, as text and as SVG", () => {
  const layer = { ansatz: "basic-entangler", wires: 2, layers: 1 } as const;
  const iqp = createTemplate({ ...layer, embedding: "iqp" }).circuit;
  assert.is(
    iqp.draw(),
    ["0: ──H──RZ(x0)─╭MultiRZ(x0·x1)──RX(w0)─╭●─┤  <Z>", "1: ──H──RZ(x1)─╰MultiRZ(x0·x1)──RX(w1)─╰X─┤  <Z>"].join("\n"),
  );
  assert.match(iqp.drawSvg(), ">MultiRZ(x0·x1)</text>");
  const amplitude = createTemplate({ ...layer, wires: 3, embedding: "amplitude" }).circuit;
  assert.equal(
    amplitude
      .draw()
      .split("\n")
      .map((line) => line.slice(0, 16)),
    ["0: ─╭|Ψ⟩──RX(w0)", "1: ─├|Ψ⟩──RX(w1)", "2: ─╰|Ψ⟩──RX(w2)"],
  );
  // one box from the first wire to the last
  assert.match(
    amplitude.drawSvg(),
    /<rect x="\d+" y="8" width="\d+" height="116" rx="4"\/>\n<text x="\d+" y="66">\|Ψ⟩<\/text>/,
  );
});

draw("ten wires and more keep their lines in a column", () => {
  const { circuit } = createTemplate({ ansatz: "basic-entangler", embedding: "angle-x", wires: 12, layers: 1 });
  const lines = circuit.draw().split("\n");
  assert.is(lines.length, 12);
  assert.ok(lines[9].startsWith(" 9: ──RX(x9)───RX(w9)─"));
  assert.ok(lines[10].startsWith("10: ──RX(x10)──RX(w10)─"));
  assert.is(new Set(lines.map((line) => line.length)).size, 1);
});

draw("SVG: well-formed, one box a target, one dot a control, a symbol for each NOT", () => {
  const svg = example.drawSvg();
  const count = (pattern: RegExp) => (svg.match(pattern) ?? []).length;
  assert.ok(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 '));
  assert.is(count(/class="dot"/g), 4); // CRX 1, Toffoli 2, CNOT 1
  assert.is(count(/<circle cx/g), 2); // the NOTs of Toffoli and CNOT
  assert.is(count(/<rect/g), 1 + 5 + 4); // background, H RX Rot IsingXX twice, a ⟨Z⟩ a wire
  assert.match(svg, ">Rot(w0,w1,x2)</text>");
  assert.match(svg, "<title>Quantum circuit: 4 wires, 6 gates</title>");
  assert.is(count(/<(rect|path|circle|text|title|style|svg)\b/g), count(/\/>/g) + count(/<\/(text|title|style|svg)>/g));
  assert.not.match(svg, /NaN|undefined|Infinity/);
});

draw.run();
