import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createTemplate } from "../../../host/circuit/templates.ts";
import { fails, hqcnn, json } from "../../util/cli.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const circuit = suite("hqcnn circuit");

circuit("draws the thesis's circuit and counts its resources", async () => {
  const { circuit: expected } = createTemplate({ ansatz: "thesis", embedding: "angle-x", wires: 4, layers: 3 });
  const { stdout } = await hqcnn(["circuit"]);
  assert.ok(stdout.startsWith(`${expected.draw()}\n`));
  assert.match(stdout, /^4 wires, 4 inputs, 44 weights$/m);
  const answer = json(await hqcnn(["circuit", "--json"]));
  assert.equal([answer.gates, answer.depth, answer.weights], [40, expected.resources().depth, 44]);
});

circuit("writes SVG of the circuit asked for", async () => {
  const out = join(temporaryFolder(), "circuit.svg");
  const options = ["--ansatz", "basic-entangler", "--embedding", "angle-y", "--qubits", "2", "--layers", "1"];
  assert.is((await hqcnn(["circuit", ...options, "--svg", out])).code, 0);
  const template = { ansatz: "basic-entangler", embedding: "angle-y", wires: 2, layers: 1 } as const;
  assert.is(readFileSync(out, "utf8"), createTemplate(template).circuit.drawSvg());
});

circuit("takes every embedding, and says how many inputs it needs", async () => {
  for (const [embedding, inputs] of [
    ["iqp", 3],
    ["amplitude", 8],
  ] as const) {
    const options = ["--embedding", embedding, "--qubits", "3", "--layers", "1"];
    const { circuit: expected } = createTemplate({ ansatz: "thesis", embedding, wires: 3, layers: 1 });
    const answer = json(await hqcnn(["circuit", ...options, "--json"]));
    assert.equal([answer.inputs, answer.drawing], [inputs, expected.draw()]);
    assert.equal(answer.operations, expected.operations);
  }
});

circuit("refuses impossible circuits", async () => {
  await fails(2, ["circuit", "--qubits", "0"], ["1 to 20", "0"]);
  await fails(2, ["circuit", "--layers", "21"], ["1 to 20", "21"]);
  await fails(2, ["circuit", "--embedding", "angle"], ["angle-x, angle-y, angle-z, iqp, qaoa, amplitude"]);
  await fails(2, ["circuit", "--embedding", "amplitude", "--qubits", "11"], ["1 to 10", "11"]);
  await fails(1, ["circuit", "--svg", "no/such/folder/x.svg"], ["no/such/folder"]);
});

circuit("analyze says what a circuit can do, as text, JSON and CSV, with the same numbers every time", async () => {
  const csv = join(temporaryFolder(), "sweep.csv");
  const sweep = ["--ansatz", "basic-entangler", "--wires", "1,2", "--depths", "1", "--samples", "20"];
  const answer = json(await hqcnn(["circuit", "analyze", ...sweep, "--csv", csv, "--json"])) as unknown as {
    rows: { wires: number; layers: number; analysis: { entanglement: { value: number }; samples: number } }[];
  };
  assert.equal(
    answer.rows.map(({ wires, layers, analysis }) => [wires, layers, analysis.samples]),
    [
      [1, 1, 20],
      [2, 1, 20],
    ],
  );
  assert.ok(answer.rows[0].analysis.entanglement.value < 1e-12 && answer.rows[1].analysis.entanglement.value > 0.01);
  const rows = readFileSync(csv, "utf8").trim().split("\n");
  assert.is(rows[0], "wires,layers,samples,seed,measure,input,frequency,value,low,high");
  assert.ok(rows.some((row) => row.startsWith("2,1,20,0,fourier,x1,1,")));
  const text = await hqcnn(["circuit", "analyze", ...sweep]);
  assert.match(text.stdout, /gradient variance +expressibility \(KL\) +entanglement/);
  await fails(2, ["circuit", "analyze", "--samples", "5"], ["samples", "10 to 100000", "5"]);
  await fails(2, ["circuit", "analyze", "--qasm", "2"], ["analyze has no --qasm"]);
});

circuit("draws the circuits of a list side by side", async () => {
  const file = join(temporaryFolder(), "two.json");
  const one = { wires: 1, operations: [{ name: "RX", wires: [0], params: [{ input: 0 }] }] };
  writeFileSync(file, JSON.stringify([one, one]));
  const { stdout } = await hqcnn(["circuit", file]);
  assert.match(stdout, "0: ──RX(x0)─┤  <Z>\n1: ──RX(x1)─┤  <Z>");
  writeFileSync(file, JSON.stringify([one, { ...one, wires: 20 }]));
  await fails(2, ["circuit", file], ["at most 20 wires together", "1 + 20 wires"]);
  await fails(2, ["circuit", "analyze", file, "--wires", "2"], ["20 wires"]);
});

circuit.run();
