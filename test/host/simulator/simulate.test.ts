import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../../host/check.ts";
import { basicEntanglerLayers, stronglyEntanglingLayers } from "../../../host/circuit/ansatze.ts";
import { Circuit } from "../../../host/circuit/circuit.ts";
import { amplitudeEmbedding, angleEmbedding, iqpEmbedding } from "../../../host/circuit/embeddings.ts";
import type { Operation } from "../../../host/circuit/gates.ts";
import { createTemplate } from "../../../host/circuit/templates.ts";
import { simulate } from "../../../host/simulator/simulate.ts";
import { loadTestEngine } from "../../util/engine.ts";
import { needsShared } from "../../util/paths.ts";

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

const withGolden = needsShared(simulation, "parity/circuits.json");
const read = (path: string): Golden => JSON.parse(readFileSync(path, "utf8"));
const flat = (nested: unknown): number[] => (nested as number[]).flat(9) as number[];
const engine = await loadTestEngine("strict");
const limits = { f64: { expval: 1e-11, jacobian: 1e-11 }, f32: { expval: 2e-6, jacobian: 2e-5 } };

function close(got: number[], expected: number[], tolerance: number, what: string): void {
  assert.is(got.length, expected.length, `${what}: length`);
  got.forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]) <= tolerance, `${what}[${i}]: expected ${expected[i]}, got ${value}`);
  });
}

/**
 * The circuit of a golden template that this package has; its features padded with 0 if it has fewer than the circuit
 * takes.
 */
function templateCircuit(template: string, wires: number, layers: number): Circuit | undefined {
  const entangling = stronglyEntanglingLayers(wires, layers).operations;
  if (template === "iqp2+strongly_entangling")
    return new Circuit(wires, [...iqpEmbedding(wires), ...iqpEmbedding(wires), ...entangling]);
  if (template === "amplitude_pad0+strongly_entangling")
    return new Circuit(wires, [...amplitudeEmbedding(wires), ...entangling]);
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

withGolden("the templates give PennyLane's numbers in f64 and f32", (path) => {
  const golden = read(path);
  let checked = 0;
  for (const { template, wires, inputs, weights, ...expected } of golden.templates) {
    const circuit = templateCircuit(template, wires, weights.weights.length);
    if (circuit === undefined) continue;
    checked++;
    const padded = Array.from({ length: circuit.numInputs }, (_, i) => inputs[i] ?? 0);
    const names = Object.keys(weights); // rotations come before weights in both
    for (const precision of ["f64", "f32"] as const) {
      const got = simulate(engine, circuit, padded, flat(names.map((name) => weights[name])), precision);
      const what = `${template}, ${wires} wires, ${precision}`;
      close(got.outputs, expected.expval_z, limits[precision].expval, `${what}: expval`);
      for (let wire = 0; wire < wires; wire++) {
        const row = names.flatMap((name) => flat(expected.jacobian_weights[name][wire]));
        const byInputs = got.jacobianInputs[wire].slice(0, inputs.length);
        close(byInputs, expected.jacobian_inputs[wire], limits[precision].jacobian, `${what}: inputs`);
        close(got.jacobianWeights[wire], row, limits[precision].jacobian, `${what}: weights`);
      }
    }
  }
  assert.is(checked, 29);
});

simulation(
  "IQPEmbedding and AmplitudeEmbedding with strongly entangling layers: PennyLane 0.45.1 with backprop in float64",
  () => {
    const weights = [0.3, -1.1, 2.0, 1.7, 0.4, -0.6, -2.2, 0.9, 1.3];
    for (const { embedding, inputs, expval, jacobian } of [
      {
        embedding: "iqp",
        inputs: [0.5, -1.2, 2.1],
        expval: [0.08162935528553616, 0.3504326620748703, 0.34944279957108776],
        jacobian: [
          [-0.4997138566489709, -0.23799012838614464, -0.3213143253228927],
          [-0.3580419104225875, -0.02552878633527944, -0.19553583310439557],
          [0.41489729836612455, -0.9323322720106775, 0.022387428214652838],
        ],
      },
      {
        embedding: "amplitude",
        inputs: [0.5, -1.2, 2.1, 0, -0.7, 1.6, 0.25, -3],
        expval: [0.12734165992666885, -0.0815065997687332, -0.07624886462271546],
        jacobian: [
          [
            ...[-0.02431541910690074, 0.06447601865818076, -0.1305071566481566, -0.07910841492646951],
            ...[-0.04695482090558624, -0.1514151382092645, 0.07936196354617374, -0.18438310550625522],
          ],
          [
            ...[-0.023652736811457183, 0.024409660782095364, -0.09329551444777079, 0.2449846313201625],
            ...[0.0546802085463861, -0.15492755110456544, -0.1574566598518368, -0.187520978132432],
          ],
          [
            ...[-0.08992954645119977, -0.0877438648649599, -0.013208690537123348, -0.21873427846313426],
            ...[-0.029696354722853455, 0.0913597969442978, -0.12541225427387911, 0.056066558110932384],
          ],
        ],
      },
    ] as const) {
      const { circuit } = createTemplate({ ansatz: "strongly-entangling", embedding, wires: 3, layers: 1 });
      for (const precision of ["f64", "f32"] as const) {
        const got = simulate(engine, circuit, inputs, weights, precision);
        const { expval: limit, jacobian: slack } = limits[precision];
        close(got.outputs, [...expval], limit, `${embedding} ${precision} expval`);
        close(got.jacobianInputs.flat(), jacobian.flat(), slack, `${embedding} ${precision} Jacobian`);
      }
    }
  },
);

withGolden("60 random circuits of every gate: state, Pauli products and Jacobians as in PennyLane", (path) => {
  const golden = read(path);
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
        close([got.outputs[wire]], [expected.expval[i]], limits[precision].expval, `${what}: expval ${i}`);
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
  const { state, outputs } = simulate(engine, new Circuit(3, [{ name: "PauliX", wires: [0] }]), [], []);
  assert.equal(state.re, [0, 0, 0, 0, 1, 0, 0, 0]);
  assert.equal(outputs, [-1, 1, 1]);
});

simulation("BasicEntanglerLayers with angles π as in PennyLane's documentation", () => {
  for (const [wires, expected] of [
    [3, [1, 1, -1]],
    [2, [-1, 1]],
  ] as const) {
    const { operations } = basicEntanglerLayers(wires, 1);
    const { outputs } = simulate(engine, new Circuit(wires, operations), [], new Array(wires).fill(Math.PI));
    close(outputs, [...expected], 1e-15, `${wires} wires`);
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
  assert.ok(Math.abs(simulate(engine, one, [0.3], new Array(60).fill(0)).outputs[0] - Math.cos(0.3)) < 1e-13);
  const { circuit } = createTemplate({ ansatz: "basic-entangler", embedding: "angle-y", wires: 12, layers: 1 });
  const x = Array.from({ length: 12 }, (_, i) => 0.1 * i);
  const got = simulate(engine, circuit, x, new Array(12).fill(0));
  // the CNOT ring: wire i > 0 ends with the parity of wires 0 … i, wire 0 with that of wires 1 … 11
  const parity = (from: number, to: number) =>
    x.slice(from, to + 1).reduce((total, angle) => total * Math.cos(angle), 1);
  close(got.outputs, [parity(1, 11), ...Array.from({ length: 11 }, (_, i) => parity(0, i + 1))], 1e-13, "expval");
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
