import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createTemplate } from "../../../host/circuit/templates.ts";
import { CNOT, CRX, circuit, expval, Hadamard, RX, RY, RZ, Z } from "../../../host/circuits.ts";
import { analyzeCircuit, meyerWallach } from "../../../host/simulator/analysis.ts";
import { simulatorOf } from "../../../host/simulator/instance.ts";
import { finalState } from "../../../host/simulator/simulate.ts";
import { compileBuild } from "../../util/builds.ts";
import { refused } from "../../util/refusal.ts";

const test = suite("simulator/analysis");
const simulator = simulatorOf(await compileBuild("strict"));
const within = ({ low, high }: { low: number; high: number }, value: number) => low <= value && value <= high;

test("the variance of a single rotation's gradient is ½, within the interval", () => {
  const one = circuit(1, ({ weight }) => [[RX(weight("w", [1])[0], 0)]]);
  const { gradientVariance } = analyzeCircuit(simulator, one, { samples: 1000 });
  assert.ok(within(gradientVariance!, 0.5) && gradientVariance!.high - gradientVariance!.low < 0.09);
});

test("the variance falls with the wires, of a deep circuit to about that of a 2-design", () => {
  const of = (wires: number) => {
    const template = createTemplate({ ansatz: "strongly-entangling", embedding: "angle-x", wires, layers: 8 });
    return analyzeCircuit(simulator, template, { samples: 60 }).gradientVariance!.value;
  };
  const [two, four, six] = [2, 4, 6].map(of);
  assert.ok(two > 1.5 * four && four > 1.5 * six, `${two} ${four} ${six}`);
});

test("expressibility: the idle circuit has (N − 1) ln 75, one wire with two rotations comes near to Haar", () => {
  const idle = circuit(1, ({ input }) => [[Hadamard(0), RZ(input(1)[0].times(0), 0)]]);
  const still = analyzeCircuit(simulator, idle, { samples: 50 });
  assert.ok(Math.abs(still.expressibility.value - Math.log(75)) < 1e-9);
  // Circuits A (H RZ) and B (H RZ RX) of Sim et al. have 0.22 and 0.02 there.
  const b = circuit(1, ({ weight }) => {
    const w = weight("w", [2]);
    return [[Hadamard(0), RZ(w[0], 0), RX(w[1], 0)]];
  });
  const a = circuit(1, ({ weight }) => [[Hadamard(0), RZ(weight("w", [1])[0], 0)]]);
  const [first, second] = [a, b].map((one) => analyzeCircuit(simulator, one, { samples: 2000 }).expressibility.value);
  assert.ok(Math.abs(first - 0.22) < 0.05, `${first}`);
  assert.ok(Math.abs(second - 0.02) < 0.03, `${second}`);
});

test("Meyer–Wallach: 0 for products, 1 for Bell and GHZ states", () => {
  const product = circuit(2, ({ weight }) => [[RX(weight("a", [1])[0], 0), RY(weight("b", [1])[0], 1)]]);
  const { entanglement } = analyzeCircuit(simulator, product, { samples: 20 });
  assert.ok(entanglement.high < 1e-12);
  for (const wires of [2, 3]) {
    const chain = Array.from({ length: wires - 1 }, (_, i) => CNOT(i, i + 1));
    const ghz = circuit(wires, () => [[Hadamard(0), ...chain]]).circuit;
    assert.ok(Math.abs(meyerWallach(ghz, finalState(simulator, ghz, [], [])) - 1) < 1e-12);
  }
});

test("spectra: an encoding repeated L times has the frequencies 0 to L; a controlled one has halves", () => {
  for (const repeats of [1, 3]) {
    const one = circuit(1, ({ input, weight }) => {
      const [[x], w] = [input(1), weight("w", [repeats + 1])];
      return [[RY(w[0], 0), ...Array.from({ length: repeats }, (_, i) => [RX(x, 0), RY(w[i + 1], 0)]).flat()]];
    });
    const [{ frequencies, magnitudes }] = analyzeCircuit(simulator, one, { samples: 40 }).spectra;
    assert.equal(
      frequencies,
      Array.from({ length: repeats + 1 }, (_, i) => i),
    );
    assert.ok(magnitudes[repeats].low > 0.01);
  }
  // ⟨Z⟩ of RX(x)|0⟩ is cos x = ½ e^ix + ½ e^−ix.
  const plain = circuit(1, ({ input }) => [[RX(input(1)[0], 0)]]);
  const [{ magnitudes: cosine }] = analyzeCircuit(simulator, plain, { samples: 10 }).spectra;
  assert.ok(Math.abs(cosine[0].value) < 1e-12 && Math.abs(cosine[1].value - 0.5) < 1e-12);
  const controlled = circuit(2, ({ input, weight }) => [
    [RY(weight("w", [1])[0], 0), RY(1, 1), CRX(input(1)[0], [0, 1]), RY(1, 1)],
    [expval(Z(1))],
  ]);
  assert.equal(analyzeCircuit(simulator, controlled, { samples: 10 }).spectra[0].frequencies, [0, 0.5, 1]);
});

test("the same seed gives the same numbers, another one others; trainable scaling keeps its start", () => {
  const reuploaded = {
    ansatz: "basic-entangler",
    embedding: "angle-x",
    wires: 2,
    layers: 2,
    reupload: "trainable",
  } as const;
  const run = (seed: number) => analyzeCircuit(simulator, createTemplate(reuploaded), { samples: 20, seed });
  assert.equal(run(3), run(3));
  for (const { value, low, high } of [run(3).expressibility, run(3).entanglement])
    assert.ok(low <= value && value <= high);
  assert.match(run(3).notes.join(), /expressibility of 2 wires: too large by about 0\.\d+ with 20 samples/);
  assert.ok(run(3).entanglement.value !== run(4).entanglement.value);
  assert.equal(run(3).spectra[0].frequencies, [0, 1, 2]);
});

test("what cannot be is refused or said by name", async () => {
  const options = { ansatz: "thesis", layers: 1 } as const;
  const amplitude = createTemplate({ ...options, embedding: "amplitude", wires: 2 });
  await refused(() => analyzeCircuit(simulator, amplitude), "inputs are angles");
  const small = createTemplate({ ...options, embedding: "iqp", wires: 2 });
  await refused(() => analyzeCircuit(simulator, small, { samples: 5 }), "samples: expected a whole number from 10");
  await refused(() => analyzeCircuit(simulator, small, { seed: -1 }), "seed: expected");
  assert.match(analyzeCircuit(simulator, small, { samples: 10 }).notes.join(), "no spectrum in x0: it is multiplied");
});

test.run();
