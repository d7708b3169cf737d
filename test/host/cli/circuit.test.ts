import { readFileSync } from "node:fs";
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

circuit.run();
