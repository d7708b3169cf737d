import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../../host/check.ts";
import { Circuit, type GivenOperation } from "../../../host/circuit/circuit.ts";
import type { NoiseModel } from "../../../host/circuit/noise/model.ts";
import type { GradientMethod, MeasureOptions } from "../../../host/circuit/noise/tape.ts";
import type { Output } from "../../../host/circuit/observables.ts";
import { createTemplate } from "../../../host/circuit/templates.ts";
import { estimate, estimateJacobian } from "../../../host/simulator/estimate.ts";
import { simulatorOf } from "../../../host/simulator/instance.ts";
import { CircuitLayer } from "../../../host/simulator/layer.ts";
import { compileBuild } from "../../util/builds.ts";
import { fixture } from "../../util/paths.ts";

const estimates = suite("simulator/estimate");
const engine = await compileBuild("strict");
const simulator = simulatorOf(engine);
const golden = JSON.parse(readFileSync(fixture("noise.json"), "utf8")).cases as {
  wires: number;
  operations: GivenOperation[];
  noise: NoiseModel;
  words: string[];
  expected: number[];
}[];

const word = (text: string) => [{ coefficient: 1, word: text }];
const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])));
const moments = (values: readonly number[]) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) };
};

function goldenCircuit({ wires, operations, words }: (typeof golden)[number]): Circuit {
  const outputs: Output[] = [
    ...words.map((text) => ({ expval: word(text) })),
    { variance: word(words[0]) },
    { probs: [wires - 1, 0] },
  ];
  return new Circuit(wires, operations, { outputs });
}

estimates(
  "a density matrix gives PennyLane's results: every channel, 4 × 4 Kraus matrices, all kinds of outputs",
  () => {
    for (const one of golden) {
      const got = estimate(simulator, goldenCircuit(one), [], [], { noise: one.noise });
      assert.is(got.length, one.expected.length);
      // default.mixed adds 2e-16 under its square roots
      assert.ok(largest(got, one.expected) < 1e-12, `${one.noise.rules[0].channel}: ${largest(got, one.expected)}`);
    }
  },
);

estimates("trajectories come to the density matrix within five standard errors", () => {
  for (const one of golden.slice(0, 10)) {
    const rows = 1500;
    const circuit = new Circuit(one.wires, one.operations, {
      outputs: one.words.map((text) => ({ expval: word(text) })),
    });
    const options = { noise: one.noise, simulation: "trajectories", trajectories: 1, seed: 3 } as const;
    const flat = estimate(simulator, circuit, [], [], options, {}, rows);
    one.words.forEach((_, k) => {
      const { mean, variance } = moments(Array.from({ length: rows }, (_, n) => flat[n * one.words.length + k]));
      const error = Math.max(Math.sqrt(variance / rows), 1e-12);
      assert.ok(Math.abs(mean - one.expected[k]) < 5 * error, `${one.noise.rules[0].channel}: ${mean}`);
    });
  }
});

/** RX of an input, a shared weight, a controlled gate, a phase and a product: every kind of rule. */
const rich = new Circuit(
  3,
  [
    { name: "RX", wires: [0], params: [{ input: 0 }] },
    { name: "RY", wires: [1], params: [{ input: 1, factor: 0.7, shift: 0.2 }] },
    { name: "Hadamard", wires: [2] },
    { name: "CRX", wires: [0, 2], params: [{ weight: 0 }] },
    { name: "CRot", wires: [1, 0], params: [{ weight: 1 }, { weight: 0 }, { input: 0 }] },
    { name: "PhaseShift", wires: [1], params: [{ weight: 2, factor: -2 }] },
    { name: "ControlledPhaseShift", wires: [1, 2], params: [{ product: [{ input: 1 }, { weight: 1 }] }] },
    { name: "IsingYY", wires: [2, 0], params: [{ weight: 2 }], adjoint: true },
    { name: "RX", wires: [1], params: [{ product: [0, 1] }], controls: [0, 2] },
    { name: "RY", wires: [2], params: [0.4] },
  ],
  {
    outputs: [
      { expval: word("Z0 X1") },
      { expval: [...word("Y2"), { coefficient: -0.5, word: "Z1" }] },
      {
        variance: [
          { coefficient: 0.8, word: "Z0" },
          { coefficient: 0.3, word: "X1" },
        ],
      },
      { probs: [2, 0] },
    ],
  },
);
const inputs = [0.7, -1.3];
const weights = [0.4, 1.9, -0.8];

estimates("parameter shifts, finite differences and the adjoint agree, in inputs and weights", () => {
  const by = (gradient: GradientMethod) => estimateJacobian(simulator, rich, inputs, weights, {}, { gradient });
  const adjoint = by("adjoint");
  for (const [gradient, tolerance] of [
    ["parameter-shift", 1e-13],
    ["finite-differences", 1e-9],
  ] as const) {
    const got = by(gradient);
    assert.ok(largest(got.outputs, adjoint.outputs) < 1e-14);
    got.jacobianInputs.forEach((row, k) => {
      assert.ok(largest(row, adjoint.jacobianInputs[k]) < tolerance, `${gradient} inputs ${k}`);
    });
    got.jacobianWeights.forEach((row, k) => {
      assert.ok(largest(row, adjoint.jacobianWeights[k]) < tolerance, `${gradient} weights ${k}`);
    });
  }
});

estimates("under noise and reading errors, parameter shifts and finite differences agree", () => {
  const noise = "depolarizing:0.03,amplitude-damping:0.1@2q,readout:0.02/0.05";
  const by = (gradient: GradientMethod) => estimateJacobian(simulator, rich, inputs, weights, { noise }, { gradient });
  const [shift, differences] = [by("parameter-shift"), by("finite-differences")];
  shift.jacobianInputs.forEach((row, k) => {
    assert.ok(largest(row, differences.jacobianInputs[k]) < 1e-9);
  });
  shift.jacobianWeights.forEach((row, k) => {
    assert.ok(largest(row, differences.jacobianWeights[k]) < 1e-9);
  });
});

estimates("SPSA comes to the gradient in the mean, and is the same for a seed", () => {
  const exact = estimateJacobian(simulator, rich, inputs, weights, {}, {});
  const settings = { gradient: "spsa", step: 0.01, directions: 4000 } as const;
  const spsa = estimateJacobian(simulator, rich, inputs, weights, { seed: 1 }, settings);
  spsa.jacobianWeights.forEach((row, k) => {
    assert.ok(largest(row, exact.jacobianWeights[k]) < 0.08, String(row));
  });
  spsa.jacobianInputs.forEach((row, k) => {
    assert.ok(largest(row, exact.jacobianInputs[k]) < 0.08);
  });
  assert.equal(estimateJacobian(simulator, rich, inputs, weights, { seed: 1 }, settings), spsa);
});

estimates("shots scatter as the binomial distribution says, around the exact values", () => {
  const { circuit } = createTemplate({ ansatz: "thesis", embedding: "angle-x", wires: 4, layers: 2 });
  const angles = [0.3, 1.1, -0.7, 2.2];
  const own = Array.from({ length: circuit.numWeights }, (_, i) => 0.3 + 0.5 * i);
  const exact = estimate(simulator, circuit, angles, own, {});
  const [rows, shots] = [2000, 50];
  const many = Array.from({ length: rows }, () => angles).flat();
  const flat = estimate(simulator, circuit, many, own, { shots, seed: 5 });
  for (let wire = 0; wire < 4; wire++) {
    const { mean, variance } = moments(Array.from({ length: rows }, (_, n) => flat[4 * n + wire]));
    const expected = (1 - exact[wire] ** 2) / shots;
    assert.ok(Math.abs(mean - exact[wire]) < 5 * Math.sqrt(expected / rows), `mean of wire ${wire}`);
    assert.ok(Math.abs(variance / expected - 1) < 5 * Math.sqrt(2 / rows), `variance of wire ${wire}`);
  }
});

estimates("with shots, parameter shifts are unbiased, of variances too", () => {
  const exact = estimateJacobian(simulator, rich, inputs, weights, {}, {});
  const repeats = 300;
  const all = Array.from({ length: repeats }, (_, use) =>
    estimateJacobian(simulator, rich, inputs, weights, { shots: 40 }, {}, { use }),
  );
  exact.jacobianWeights.forEach((row, k) => {
    row.forEach((expected, i) => {
      const { mean, variance } = moments(all.map(({ jacobianWeights }) => jacobianWeights[k][i]));
      assert.ok(
        Math.abs(mean - expected) < 5 * Math.sqrt(variance / repeats) + 1e-9,
        `${k}, ${i}: ${mean}, ${expected}`,
      );
    });
  });
});

estimates("a row's random numbers depend on its id, the use and the seed, not on its neighbours", () => {
  const { circuit } = createTemplate({ ansatz: "thesis", embedding: "angle-x", wires: 3, layers: 1 });
  const own = new Array(circuit.numWeights).fill(0.7);
  const row = [0.2, 1.4, -0.6];
  for (const measure of [
    { shots: 30 },
    { noise: "depolarizing:0.1", simulation: "trajectories", trajectories: 3 },
  ] as MeasureOptions[]) {
    const run = (ids: number[], draw = {}, more = {}) => [
      ...estimate(
        simulator,
        circuit,
        ids.flatMap(() => row),
        own,
        { ...measure, ...more },
        { ids, ...draw },
      ),
    ];
    const all = run([4, 9, 7]);
    assert.equal(run([7]), all.slice(6));
    assert.equal(run([9, 4]), [...all.slice(3, 6), ...all.slice(0, 3)]);
    assert.not.equal(run([7], { use: 1 }), all.slice(6));
    assert.not.equal(run([7], {}, { seed: 1 }), all.slice(6));
  }
});

estimates("a density matrix with shots, and trajectories that share shots, scatter around the same values", () => {
  const circuit = new Circuit(2, [
    { name: "RY", wires: [0], params: [0.9] },
    { name: "CNOT", wires: [0, 1] },
  ]);
  const noise = "amplitude-damping:0.2,readout:0.05/0.1";
  const exact = estimate(simulator, circuit, [], [], { noise });
  for (const options of [
    { simulation: "density" },
    { simulation: "trajectories" },
    { simulation: "trajectories", trajectories: 7 },
  ] as const) {
    const flat = estimate(simulator, circuit, [], [], { noise, shots: 21, ...options }, {}, 2000);
    const { mean, variance } = moments(Array.from({ length: 2000 }, (_, n) => flat[2 * n]));
    assert.ok(
      Math.abs(mean - exact[0]) < 5 * Math.sqrt(variance / 2000),
      `${JSON.stringify(options)}: ${mean}, ${exact[0]}`,
    );
  }
});

estimates("reading errors act on words and probabilities as a confusion matrix", () => {
  const circuit = new Circuit(2, [{ name: "RX", wires: [0], params: [1.1] }], {
    outputs: [{ expval: word("Z0") }, { expval: word("Z0 X1") }, { probs: [0] }],
  });
  const [p01, p10] = [0.1, 0.3];
  const z = Math.cos(1.1);
  const [a, b] = [p10 - p01, 1 - p01 - p10];
  const got = estimate(simulator, circuit, [], [], { noise: { rules: [{ channel: "readout", p01, p10 }] } });
  const one = (1 - z) / 2;
  const read = one * (1 - p10) + (1 - one) * p01;
  assert.ok(largest(got, [a + b * z, (a + b * z) * a, 1 - read, read]) < 1e-15);
});

estimates("an amplitude embedding is run, and differs by finite differences as by the adjoint", () => {
  const { circuit } = createTemplate({ ansatz: "strongly-entangling", embedding: "amplitude", wires: 2, layers: 1 });
  const x = [0.3, -1.2, 0.5, 0.9];
  const own = Array.from({ length: circuit.numWeights }, (_, i) => i / 3);
  const settings = { gradient: "finite-differences" } as const;
  const [got, expected] = [settings, {}].map((one) => estimateJacobian(simulator, circuit, x, own, {}, one));
  got.jacobianInputs.forEach((row, k) => {
    assert.ok(largest(row, expected.jacobianInputs[k]) < 1e-9);
  });
  const quiet = estimate(simulator, circuit, x, own, { noise: "bit-flip:0" });
  assert.ok(largest(quiet, expected.outputs) < 1e-14);
  assert.throws(
    () => estimateJacobian(simulator, circuit, x, own, { shots: 5 }, {}),
    /operation 0 \(AmplitudeEmbedding\)/,
  );
});

estimates("a layer measures, and refuses what cannot be by name", () => {
  const layer = new CircuitLayer(createTemplate({ ansatz: "thesis", embedding: "angle-x", wires: 2, layers: 1 }));
  const values = {
    x: [
      [0.1, 0.2],
      [0.3, 0.4],
    ],
    weights: new Array(layer.circuit.numWeights).fill(0.5),
  };
  const rows = layer.run(engine, values, { shots: 10, noise: "bit-flip:0.1", seed: 4 });
  assert.equal(
    rows.map((row) => row.length),
    [2, 2],
  );
  for (const value of rows.flat())
    assert.ok(Math.abs(value * 5 - Math.round(value * 5)) < 1e-12, `${value} of 10 shots`);
  assert.is(layer.gradient(engine, values, { shots: 10 }).length, 2);
  const refused: [MeasureOptions & { gradient?: GradientMethod }, RegExp][] = [
    [{ shots: -1 }, /shots: expected a whole number from 0 to 1000000, got -1/],
    [{ shots: 1.5 }, /shots: expected a whole number/],
    [{ seed: -1 }, /seed/],
    [{ noise: "depolarizing:1.2" }, /noise rule 0 \(depolarizing\): p: expected a probability from 0 to 1, got 1.2/],
    [
      { noise: "bit-flip:0.1,thermal-relaxation:1/3/0.1" },
      /noise rule 1 \(thermal-relaxation\): expected t2 of at most 2 · t1 = 2, got 3/,
    ],
    [{ noise: "reset:0.6/0.7" }, /p0 \+ p1 of at most 1/],
    [{ noise: "depolarizing:0.1@ISWAP" }, /acts nowhere: the circuit has no ISWAP/],
    [
      { noise: { rules: [{ channel: "bit-flip", p: 0.1, operations: [99] }] } },
      /expected operations from 0 to \d+, got 99/,
    ],
    [{ noise: { rules: [{ channel: "bit-flip", p: 0.1, wires: [2] }] } }, /expected wires from 0 to 1, got 2/],
    [
      {
        noise: {
          rules: [
            {
              channel: "kraus",
              matrices: [
                [
                  [1, 0],
                  [0, 0.9],
                ],
              ],
            },
          ],
        },
      },
      /noise rule 0 \(kraus\): expected a channel that preserves the trace.*0.190 off/,
    ],
    [{ noise: "bit-flip:0.1", gradient: "adjoint" }, /expected parameter-shift or spsa, got adjoint with noise/],
    [{ shots: 5, gradient: "adjoint" }, /expected parameter-shift or spsa, got adjoint with shots/],
    [{ shots: 5, gradient: "finite-differences" }, /got finite-differences with shots/],
    [{ trajectories: 0, noise: "bit-flip:0.1" }, /trajectories: expected a whole number/],
  ];
  for (const [options, message] of refused) {
    assert.throws(
      () => layer.gradient(engine, values, options),
      (error: Error) => error instanceof UsageError && message.test(error.message),
      String(message),
    );
  }
  assert.throws(() => layer.run(engine, { ...values, precision: "f32" }, { shots: 5 }), /precision: expected f64/);
  const wide = new CircuitLayer(createTemplate({ ansatz: "thesis", embedding: "angle-x", wires: 9, layers: 1 }));
  const nine = { x: new Array(9).fill(0.3), weights: new Array(wide.circuit.numWeights).fill(0.2) };
  const [exact, matrix] = [{}, { noise: "bit-flip:0", simulation: "density" } as const].map((measure) =>
    wide.run(engine, nine, measure).flat(),
  );
  matrix.forEach((value, i) => {
    assert.ok(Math.abs(value - exact[i]) < 1e-12, `wire ${i}: ${value} for ${exact[i]}`);
  });
  const wider = new CircuitLayer(createTemplate({ ansatz: "thesis", embedding: "angle-x", wires: 11, layers: 1 }));
  const eleven = { x: new Array(11).fill(0.3), weights: new Array(wider.circuit.numWeights).fill(0.2) };
  assert.throws(
    () => wider.run(engine, eleven, { noise: "bit-flip:0.1", simulation: "density" }),
    /at most 10 wires, got 11: use trajectories/,
  );
  assert.is(wide.run(engine, nine, { noise: "bit-flip:0.1", trajectories: 3 }).length, 9);
});

estimates.run();
