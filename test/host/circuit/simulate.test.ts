import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../../host/check.ts";
import { Circuit } from "../../../host/circuit/circuit.ts";
import type { Operation } from "../../../host/circuit/gates.ts";
import { simulate } from "../../../host/circuit/simulate.ts";
import {
  angleEmbedding,
  basicEntanglerLayers,
  createTemplate,
  stronglyEntanglingLayers,
} from "../../../host/circuit/templates.ts";
import { loadTestEngine } from "../../util/engine.ts";
import { shared } from "../../util/paths.ts";

const simulation = suite("circuit/simulate");

interface Golden {
  random: {
    wires: number;
    ops: { op: string; wires: number[]; params: Operation["params"] }[];
    observables: [string, number][][];
    inputs: number[];
    weights: number[];
    expval: number[];
    jacobian_inputs: number[][];
    jacobian_weights: number[][];
    state_re: number[];
    state_im: number[];
  }[];
  templates: {
    template: string;
    wires: number;
    inputs: number[];
    weights: Record<string, unknown[]>;
    expval_z: number[];
    jacobian_inputs: number[][];
    jacobian_weights: Record<string, unknown[][]>;
  }[];
}

const path = shared("parity/circuits.json");
const golden: Golden | undefined = path && JSON.parse(readFileSync(path, "utf8"));
const skipped = "skipped: ../shared/parity/circuits.json is missing";
const flat = (nested: unknown): number[] => (nested as number[]).flat(9) as number[];
const engine = await loadTestEngine("strict");
const limits = { f64: { expval: 1e-11, jacobian: 1e-11 }, f32: { expval: 2e-6, jacobian: 2e-5 } };

function close(got: number[], expected: number[], tolerance: number, what: string): void {
  assert.is(got.length, expected.length, `${what}: length`);
  got.forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]) <= tolerance, `${what}[${i}]: expected ${expected[i]}, got ${value}`);
  });
}

/** The circuit of a golden template that this package has. */
function templateCircuit(template: string, wires: number, layers: number): Circuit | undefined {
  const angle = /^angle([XYZ])(_after_hadamard)?\+(strongly_entangling|basic_entangler)$/.exec(template);
  if (template === "thesis") return createTemplate({ ansatz: "thesis", embedding: "angle-x", wires, layers }).circuit;
  if (!angle) return undefined;
  const axis = angle[1] as "X" | "Y" | "Z";
  const ansatz = angle[3] === "basic_entangler" ? "basic-entangler" : "strongly-entangling";
  const { circuit } = createTemplate({
    ansatz,
    embedding: `angle-${axis.toLowerCase() as "x" | "y" | "z"}`,
    wires,
    layers,
  });
  return circuit;
}

simulation("the templates give PennyLane's numbers in f64 and f32", () => {
  if (!golden) return console.log(skipped);
  let checked = 0;
  for (const { template, wires, inputs, weights, ...expected } of golden.templates) {
    const circuit = templateCircuit(template, wires, weights.weights.length);
    if (circuit === undefined) continue;
    checked++;
    const names = Object.keys(weights); // rotations come before weights in both
    for (const precision of ["f64", "f32"] as const) {
      const got = simulate(engine, circuit, inputs, flat(names.map((name) => weights[name])), precision);
      const what = `${template}, ${wires} wires, ${precision}`;
      close(got.expval, expected.expval_z, limits[precision].expval, `${what}: expval`);
      for (let wire = 0; wire < wires; wire++) {
        const row = names.flatMap((name) => flat(expected.jacobian_weights[name][wire]));
        close(got.jacobianInputs[wire], expected.jacobian_inputs[wire], limits[precision].jacobian, `${what}: inputs`);
        close(got.jacobianWeights[wire], row, limits[precision].jacobian, `${what}: weights`);
      }
    }
  }
  assert.is(checked, 21);
});

simulation("60 random circuits of every gate: state, Pauli products and Jacobians as in PennyLane", () => {
  if (!golden) return console.log(skipped);
  assert.is(golden.random.length, 60);
  for (const [number, { wires, ops, observables, inputs, weights, ...expected }] of golden.random.entries()) {
    const operations = ops.map(({ op, ...rest }) => ({ name: op, ...rest }));
    for (const precision of ["f64", "f32"] as const) {
      const what = `circuit ${number}, ${precision}`;
      const { state } = simulate(engine, new Circuit(wires, operations), inputs, weights, precision);
      close(state.re, expected.state_re, limits[precision].expval, `${what}: re`);
      close(state.im, expected.state_im, limits[precision].expval, `${what}: im`);
      observables.forEach((word, i) => {
        const [, wire] = word[0];
        const got = simulate(
          engine,
          new Circuit(wires, [...operations, ...onOneWire(word)]),
          inputs,
          weights,
          precision,
        );
        close([got.expval[wire]], [expected.expval[i]], limits[precision].expval, `${what}: expval ${i}`);
        close(
          got.jacobianInputs[wire],
          expected.jacobian_inputs[i],
          limits[precision].jacobian,
          `${what}: inputs ${i}`,
        );
        close(
          got.jacobianWeights[wire],
          expected.jacobian_weights[i],
          limits[precision].jacobian,
          `${what}: weights ${i}`,
        );
      });
    }
  }
});

/** Gates after which ⟨Z⟩ on the word's first wire is the expectation value of the word. */
function onOneWire(word: [string, number][]): Operation[] {
  const op = (name: string, wires: number[], ...params: number[]) => ({ name, wires, params });
  const bases = word.flatMap(([letter, wire]) => {
    if (letter === "Z") return [];
    const hadamard = op("Hadamard", [wire]);
    return letter === "X" ? [hadamard] : [op("PhaseShift", [wire], -Math.PI / 2), hadamard];
  });
  return [...bases, ...word.slice(1).map(([, wire]) => op("CNOT", [wire, word[0][1]]))];
}

simulation("X on wire 0 turns on the most significant bit", () => {
  const { state, expval } = simulate(engine, new Circuit(3, [{ name: "PauliX", wires: [0] }]), [], []);
  assert.equal(state.re, [0, 0, 0, 0, 1, 0, 0, 0]);
  assert.equal(expval, [-1, 1, 1]);
});

simulation("BasicEntanglerLayers with angles π as in PennyLane's documentation", () => {
  for (const [wires, expected] of [
    [3, [1, 1, -1]],
    [2, [-1, 1]],
  ] as const) {
    const { operations } = basicEntanglerLayers(wires, 1);
    const { expval } = simulate(engine, new Circuit(wires, operations), [], new Array(wires).fill(Math.PI));
    close(expval, [...expected], 1e-15, `${wires} wires`);
  }
});

simulation("Rot(0.1, 0.2, 0.3) is PennyLane's matrix", () => {
  const column = (prepare: string[]) =>
    simulate(
      engine,
      new Circuit(1, [
        ...prepare.map((name) => ({ name, wires: [0] })),
        { name: "Rot", wires: [0], params: [0.1, 0.2, 0.3] },
      ]),
      [],
      [],
    ).state;
  close(column([]).re, [0.9752, 0.0993], 5e-5, "re");
  close(column([]).im, [-0.1977, 0.01], 5e-5, "im");
  close(column(["PauliX"]).re, [-0.0993, 0.9752], 5e-5, "re");
  close(column(["PauliX"]).im, [0.01, 0.1977], 5e-5, "im");
});

simulation("one wire and many layers, twelve wires and twenty layers", () => {
  const one = new Circuit(1, [...angleEmbedding(1, "X"), ...stronglyEntanglingLayers(1, 20).operations]);
  assert.ok(Math.abs(simulate(engine, one, [0.3], new Array(60).fill(0)).expval[0] - Math.cos(0.3)) < 1e-13);
  const { circuit } = createTemplate({ ansatz: "basic-entangler", embedding: "angle-y", wires: 12, layers: 1 });
  const x = Array.from({ length: 12 }, (_, i) => 0.1 * i);
  const got = simulate(engine, circuit, x, new Array(12).fill(0));
  // the CNOT ring: wire i > 0 ends with the parity of wires 0 … i, wire 0 with that of wires 1 … 11
  const parity = (from: number, to: number) =>
    x.slice(from, to + 1).reduce((total, angle) => total * Math.cos(angle), 1);
  close(got.expval, [parity(1, 11), ...Array.from({ length: 11 }, (_, i) => parity(0, i + 1))], 1e-13, "expval");
});

simulation("leaves the arena as it was and refuses wrong lengths", () => {
  const { circuit } = createTemplate({ ansatz: "thesis", embedding: "angle-x", wires: 2, layers: 1 });
  const mark = engine.kernels.mark();
  assert.throws(
    () => simulate(engine, circuit, [1], new Array(10).fill(0)),
    (error: Error) => error instanceof UsageError && /expected 2 inputs, got 1/.test(error.message),
  );
  assert.throws(() => simulate(engine, circuit, [1, 2], []), /expected 10 weights, got 0/);
  simulate(engine, circuit, [1, 2], new Array(10).fill(0));
  assert.is(engine.kernels.mark(), mark);
});

simulation.run();
