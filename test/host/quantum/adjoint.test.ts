import { readFileSync } from "node:fs";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Circuit } from "../../../host/circuit/circuit.ts";
import { amplitudeEmbedding } from "../../../host/circuit/embeddings.ts";
import { GATES, adjoint as inverse, type Operation } from "../../../host/circuit/gates.ts";
import { encodeTape } from "../../../host/circuit/tape.ts";
import { createTemplate, EMBEDDINGS, type Embedding } from "../../../host/circuit/templates.ts";
import type { Ptr } from "../../../host/engine/kernels.ts";
import type { EngineBuild } from "../../../host/engine/load.ts";
import { NONE } from "../../../host/engine/memory.ts";
import { simulate } from "../../../host/simulator/simulate.ts";
import { expval, finalState, runReference } from "../../reference/statevector.ts";
import { arbitraryCircuit, testAngles } from "../../util/circuits.ts";
import { loadTestEngine, type TestEngine } from "../../util/engine.ts";
import { repository } from "../../util/paths.ts";

const adjoint = suite("quantum/adjoint");

const builds: EngineBuild[] = ["debug", "strict"];
// Node 20 has no relaxed SIMD
if (WebAssembly.validate(readFileSync(repository("build/fast.wasm")))) builds.push("fast");
const engines: TestEngine[] = [];
for (const build of builds) engines.push(await loadTestEngine(build));
const strict = engines[1];

type Precision = "f32" | "f64";
const tolerance = { f64: { expval: 1e-12, jacobian: 1e-12 }, f32: { expval: 2e-6, jacobian: 2e-5 } };
const observablesZ = (wires: number) => Array.from({ length: wires }, (_, wire) => [["Z", wire] as const]);

interface Batch {
  out: number[];
  dx: number[];
  dweights: number[];
}

/**
 * Forward and backward of a batch; x (N, numInputs), dout (N, wires). Guards around every array must survive, NaNs
 * behind them must not be read.
 */
function runBatch(
  engine: TestEngine,
  precision: Precision,
  circuit: Circuit,
  N: number,
  x: number[],
  weights: number[],
  dout: number[],
  startWeights: number,
): Batch {
  const { kernels, memory } = engine;
  const Numbers = precision === "f64" ? Float64Array : Float32Array;
  const guard = 8;
  const mark = kernels.mark();
  const put = (values: ArrayLike<number>): Ptr => {
    const at = engine.alloc((values.length + guard) * Numbers.BYTES_PER_ELEMENT);
    const view = new Numbers(memory.buffer as ArrayBuffer, at, values.length + guard);
    view.fill(Number.NaN);
    view.set(Array.from(values));
    return at;
  };
  const get = (at: Ptr, n: number): number[] => {
    const all = Array.from(new Numbers(memory.buffer as ArrayBuffer, at, n + guard));
    assert.ok(all.slice(n).every(Number.isNaN), "nothing is written beyond the array");
    return all.slice(0, n);
  };
  const { bytes, numOps, numValues } = encodeTape(circuit);
  const tape = engine.alloc(bytes.length);
  new Uint8Array(memory.buffer, tape, bytes.length).set(bytes);
  const { numInputs, numWeights, numWires, numOutputs } = circuit;
  const scratchBytes = kernels.quantumScratchBytes(numWires, numWeights, numOps, numValues);
  const scratch = engine.alloc(scratchBytes + 64);
  const scratchView = new Uint8Array(memory.buffer, scratch, scratchBytes + 64).fill(255); // scratch may hold anything
  const [px, pw, pdout] = [x, weights, dout].map(put);
  const out = put(new Array(N * numOutputs).fill(7));
  const dx = put(new Array(N * numInputs).fill(7));
  const dw = put(new Array(numWeights).fill(startWeights));
  const suffix = precision === "f64" ? "64" : "";
  kernels[`quantumForward${suffix}`](out, NONE, px, pw, tape, scratch, N);
  kernels[`quantumBackward${suffix}`](dx, dw, pdout, px, pw, NONE, tape, scratch, N);
  assert.ok(
    scratchView.subarray(scratchBytes).every((byte) => byte === 255),
    "nothing is written beyond scratch",
  );
  const result = { out: get(out, N * numOutputs), dx: get(dx, N * numInputs), dweights: get(dw, numWeights) };
  kernels.reset(mark);
  return result;
}

function close(got: number[], expected: number[], limit: number, what: string): void {
  assert.is(got.length, expected.length);
  got.forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]) <= limit, `${what}[${i}]: expected ${expected[i]}, got ${value}`);
  });
}

adjoint("batches with tails against the reference, every build, f32 and f64", () => {
  for (const embedding of ["angle-y", "iqp", "amplitude"] as const) checkBatches(embedding);
});

function checkBatches(embedding: Embedding): void {
  const wires = 3;
  const { circuit } = createTemplate({ ansatz: "thesis", embedding, wires, layers: 2 });
  const weights = testAngles(circuit.numWeights, 1).map(Math.fround);
  // five different rows, over and over: the reference is slow
  const rows = Array.from({ length: 5 }, (_, n) => testAngles(circuit.numInputs, n + 2).map(Math.fround));
  const references = rows.map((row) => runReference(wires, circuit.operations, row, weights, observablesZ(wires)));
  for (const N of [1, 2, 3, 5, 64]) {
    const x = Array.from({ length: N }, (_, n) => rows[n % 5]).flat();
    const dout = testAngles(N * wires, N + 3, 1).map(Math.fround);
    const samples = Array.from({ length: N }, (_, n) => references[n % 5]);
    const pull = (n: number, jacobian: number[][]) =>
      jacobian[0].map((_, i) => jacobian.reduce((total, row, wire) => total + dout[n * wires + wire] * row[i], 0));
    const expected: Batch = {
      out: samples.flatMap(({ expval }) => expval),
      dx: samples.flatMap(({ jacobianInputs }, n) => pull(n, jacobianInputs)),
      dweights: weights.map((_, i) =>
        samples.reduce((sum, { jacobianWeights }, n) => sum + pull(n, jacobianWeights)[i], 0.5),
      ),
    };
    for (const engine of engines) {
      for (const precision of ["f32", "f64"] as const) {
        const what = `${embedding} ${engine.build} ${precision} N=${N}`;
        const got = runBatch(engine, precision, circuit, N, x, weights, dout, 0.5);
        close(got.out, expected.out, tolerance[precision].expval, `${what} out`);
        close(got.dx, expected.dx, tolerance[precision].jacobian, `${what} dx`);
        close(got.dweights, expected.dweights, tolerance[precision].jacobian, `${what} dweights`);
      }
    }
  }
}

adjoint("debug and strict builds give the same bits", () => {
  for (const embedding of ["angle-z", "iqp", "amplitude"] as const) {
    const { circuit } = createTemplate({ ansatz: "thesis", embedding, wires: 5, layers: 3 });
    const weights = testAngles(circuit.numWeights, 5);
    const x = testAngles(7 * circuit.numInputs, 6, 100);
    const dout = testAngles(7 * 5, 7);
    for (const precision of ["f32", "f64"] as const) {
      const [debug, release] = engines.map((engine) => runBatch(engine, precision, circuit, 7, x, weights, dout, 0));
      assert.equal(debug, release);
    }
  }
});

adjoint("a sample's outputs and gradients do not depend on its neighbours in the batch", () => {
  for (const embedding of EMBEDDINGS) {
    const { circuit } = createTemplate({ ansatz: "strongly-entangling", embedding, wires: 4, layers: 2 });
    const { numInputs } = circuit;
    const weights = testAngles(circuit.numWeights, 8);
    const x = testAngles(6 * numInputs, 9);
    const dout = testAngles(6 * 4, 10);
    const all = runBatch(strict, "f32", circuit, 6, x, weights, dout, 0);
    for (let n = 0; n < 6; n++) {
      const rowOf = (values: number[], width: number) => values.slice(n * width, (n + 1) * width);
      const one = runBatch(strict, "f32", circuit, 1, rowOf(x, numInputs), weights, rowOf(dout, 4), 0);
      assert.equal(one.out, rowOf(all.out, 4));
      assert.equal(one.dx, rowOf(all.dx, numInputs));
    }
  }
});

adjoint("every gate on every build acts as its matrix and has its gradient", () => {
  for (const [name, gate] of GATES) {
    if (gate.params === "amplitudes") continue;
    const size = gate.wires === "any" ? 3 : gate.wires;
    const wires = [3, 0, 2].slice(0, size);
    const params = Array.from({ length: gate.params }, (_, i) => (i % 2 === 0 ? { weight: i } : { input: i - 1 }));
    // a state without symmetry before it, another basis behind it
    const spread = (angles: number[]): Operation[] =>
      angles.map((angle, wire) => ({ name: "U3", wires: [wire], params: [angle, angle + 1, angle - 2] }));
    const entangle = [0, 1, 2].map((wire) => ({ name: "CNOT", wires: [wire, wire + 1], params: [] }));
    const operations = [
      ...spread([0.3, 1.1, -0.7, 2]),
      ...entangle,
      { name, wires, params },
      ...spread([1.3, 0.4, 0.9, -1]),
    ];
    const circuit = new Circuit(4, operations);
    const inputs = testAngles(circuit.numInputs, 11);
    const weights = testAngles(circuit.numWeights, 12);
    const expected = runReference(4, operations, inputs, weights, observablesZ(4));
    for (const engine of engines) {
      const got = simulate(engine, circuit, inputs, weights);
      const what = `${name} ${engine.build}`;
      close(got.state.re, Array.from(expected.state.re), 1e-13, `${what} re`);
      close(got.state.im, Array.from(expected.state.im), 1e-13, `${what} im`);
      close(got.jacobianInputs.flat(), expected.jacobianInputs.flat(), 1e-13, `${what} inputs`);
      close(got.jacobianWeights.flat(), expected.jacobianWeights.flat(), 1e-13, `${what} weights`);
    }
  }
});

adjoint("1 to 12 wires: expectation values against the reference, gradients against parameter shift", () => {
  for (let wires = 1; wires <= 12; wires++) {
    const { circuit } = createTemplate({ ansatz: "thesis", embedding: "angle-x", wires, layers: 1 });
    const x = testAngles(wires, wires);
    const weights = testAngles(circuit.numWeights, wires + 20);
    const state = finalState(wires, circuit.operations, x, weights);
    const expected = observablesZ(wires).map((word) => expval(state, wires, word));
    const got = simulate(strict, circuit, x, weights);
    close(got.outputs, expected, 1e-13, `${wires} wires expval`);
    const shifted = (values: number[], i: number, by: number) =>
      values.map((value, j) => (i === j ? value + by : value));
    const shift = (run: (by: number) => number[]) => {
      const down = run(-Math.PI / 2);
      return run(Math.PI / 2).map((up, wire) => (up - down[wire]) / 2);
    };
    for (const i of [0, wires - 1]) {
      const column = shift((by) => simulate(strict, circuit, shifted(x, i, by), weights).outputs);
      close(
        got.jacobianInputs.map((row) => row[i]),
        column,
        1e-13,
        `${wires} wires input ${i}`,
      );
    }
    for (const i of [0, wires, circuit.numWeights - 2]) {
      const column = shift((by) => simulate(strict, circuit, x, shifted(weights, i, by)).outputs);
      close(
        got.jacobianWeights.map((row) => row[i]),
        column,
        1e-13,
        `${wires} wires weight ${i}`,
      );
    }
  }
});

adjoint(
  "iqp and amplitudes, 1 wire to the most: expectation values against the reference, gradients against differences",
  () => {
    for (const embedding of ["iqp", "amplitude"] as const) {
      for (const wires of [1, 2, 3, 5, 8, embedding === "iqp" ? 12 : 10]) {
        const { circuit } = createTemplate({ ansatz: "thesis", embedding, wires, layers: 1 });
        const x = testAngles(circuit.numInputs, wires + 40);
        const weights = testAngles(circuit.numWeights, wires + 60);
        const what = `${embedding} ${wires} wires`;
        const state = finalState(wires, circuit.operations, x, weights);
        const got = simulate(strict, circuit, x, weights);
        close(
          got.outputs,
          observablesZ(wires).map((word) => expval(state, wires, word)),
          1e-13,
          `${what} expval`,
        );
        const step = 1e-5;
        for (const i of [0, circuit.numInputs - 1]) {
          const at = (by: number) => simulate(strict, circuit, x.with(i, x[i] + by), weights).outputs;
          const down = at(-step);
          const slopes = at(step).map((up, wire) => (up - down[wire]) / (2 * step));
          close(
            got.jacobianInputs.map((row) => row[i]),
            slopes,
            2e-9,
            `${what} input ${i}`,
          );
        }
      }
    }
  },
);

adjoint("features of any finite size become amplitudes; zeros are |0…0⟩ with gradient 0", () => {
  const { circuit } = createTemplate({ ansatz: "thesis", embedding: "amplitude", wires: 2, layers: 1 });
  const weights = testAngles(circuit.numWeights, 14).map(Math.fround);
  const x = [0.5, -1, 0.25, 2];
  const dout = [0.7, -0.3];
  const unscaled = runBatch(strict, "f64", circuit, 1, x, weights, dout, 0);
  const zeroState = simulate(strict, circuit, [1, 0, 0, 0], weights);
  for (const precision of ["f32", "f64"] as const) {
    const { expval: limit } = tolerance[precision];
    // squares of these overflow or vanish in f32; in f64 the last two as well
    for (const scale of [1e-15, 1e15, 1e-22, 1e19, ...(precision === "f64" ? [1e-200, 1e200] : [])]) {
      const rows = [...x.map((value) => value * scale), 0, 0, 0, 0];
      const { out, dx, dweights } = runBatch(strict, precision, circuit, 2, rows, weights, [...dout, ...dout], 0);
      close(out, [...unscaled.out, ...zeroState.outputs], limit, `${precision} out`);
      close(
        dx.slice(0, 4).map((value) => value * scale),
        unscaled.dx,
        10 * limit,
        `${precision} dx`,
      );
      assert.equal(dx.slice(4).map(Math.abs), [0, 0, 0, 0]);
      assert.ok(dweights.every(Number.isFinite));
    }
  }
});

adjoint("a feature that is not a number or infinite makes outputs NaN, of its own sample only", () => {
  const { circuit } = createTemplate({ ansatz: "thesis", embedding: "amplitude", wires: 1, layers: 1 });
  const weights = testAngles(circuit.numWeights, 15);
  for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY]) {
    const { out, dx } = runBatch(strict, "f32", circuit, 2, [bad, 1, 1, 2], weights, [1, 1], 0);
    assert.ok([out[0], ...dx.slice(0, 2)].every(Number.isNaN), `${out} ${dx}`);
    assert.ok([out[1], ...dx.slice(2)].every(Number.isFinite));
  }
});

const angle = fc.double({ min: -7, max: 7, noNaN: true });

adjoint("random circuits: adjoint equals parameter shift, norm 1", () => {
  const param = fc.oneof(
    angle,
    fc.integer({ min: 0, max: 2 }).map((input) => ({ input })),
    fc.integer({ min: 0, max: 2 }).map((weight) => ({ weight })),
    fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })).map((product) => ({ product })),
    fc
      .tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 }), angle, angle)
      .map(([input, weight, factor, shift]) => ({ product: [{ input }, { weight }] as const, factor, shift })),
  );
  fc.assert(
    fc.property(arbitraryCircuit(4, 12, param), fc.boolean(), ({ wires, operations: gates }, amplitudes) => {
      const operations = [...(amplitudes ? amplitudeEmbedding(wires) : []), ...gates];
      const circuit = new Circuit(wires, operations);
      const inputs = [0.4, -1.3, 2.2, ...testAngles(13, 31)].slice(0, circuit.numInputs);
      const weights = [1.7, 0.2, -2.9].slice(0, circuit.numWeights);
      const got = simulate(strict, circuit, inputs, weights);
      const expected = runReference(wires, operations, inputs, weights, observablesZ(wires));
      close(got.jacobianInputs.flat(), expected.jacobianInputs.flat(), 1e-12, "inputs");
      close(got.jacobianWeights.flat(), expected.jacobianWeights.flat(), 1e-12, "weights");
      const norm = got.state.re.reduce((sum, re, i) => sum + re * re + got.state.im[i] ** 2, 0);
      assert.ok(Math.abs(norm - 1) < 1e-13, `norm ${norm}`);
    }),
    { numRuns: 60, seed: 1 },
  );
});

adjoint("random circuits and then their inverse give back |0…0⟩", () => {
  fc.assert(
    fc.property(arbitraryCircuit(6, 20, angle), ({ wires, operations }) => {
      const back = inverse(operations);
      const { state } = simulate(strict, new Circuit(wires, [...operations, ...back]), [], []);
      assert.ok(Math.abs(state.re[0] - 1) < 1e-12, `re[0] = ${state.re[0]}`);
      assert.ok(Math.hypot(...state.re.slice(1), ...state.im) < 1e-12);
    }),
    { numRuns: 100, seed: 2 },
  );
});

adjoint("cosine and sine of input angles against Math, f32 and f64", () => {
  // RX(x)|0⟩ = cos(x/2)|0⟩ − i sin(x/2)|1⟩
  const circuit = new Circuit(1, [{ name: "RX", wires: [0], params: [{ input: 0 }] }]);
  const { kernels, memory } = strict;
  const { bytes, numOps } = encodeTape(circuit);
  const N = 20001;
  for (const precision of ["f32", "f64"] as const) {
    const Numbers = precision === "f64" ? Float64Array : Float32Array;
    for (const range of [1e-3, 4, 2e4, 4e6, 5e9, 1e19, 3e38]) {
      const mark = kernels.mark();
      const tape = strict.alloc(bytes.length);
      new Uint8Array(memory.buffer, tape, bytes.length).set(bytes);
      const scratch = strict.alloc(kernels.quantumScratchBytes(1, 0, numOps, 0));
      const [x, re, im] = [N, 2 * N, 2 * N].map((n) => strict.alloc(n * 8));
      const angles = new Numbers(memory.buffer as ArrayBuffer, x, N);
      angles.set(testAngles(N, 30, range));
      kernels[precision === "f64" ? "quantumState64" : "quantumState"](
        re,
        im,
        x,
        0 as Ptr,
        tape,
        scratch,
        N,
        0,
        numOps,
      );
      const cos = new Numbers(memory.buffer as ArrayBuffer, re, 2 * N);
      const sin = new Numbers(memory.buffer as ArrayBuffer, im, 2 * N);
      const limit = precision === "f64" ? 2.3e-16 : 3e-8; // half an ulp of f32 below 1 is 2.98e-8
      let worst = 0;
      angles.forEach((value, i) => {
        worst = Math.max(
          worst,
          Math.abs(cos[2 * i] - Math.cos(value / 2)),
          Math.abs(sin[2 * i + 1] + Math.sin(value / 2)),
        );
      });
      assert.ok(worst <= limit, `${precision}, |x| < ${range}: ${worst}`);
      kernels.reset(mark);
    }
  }
});

adjoint("a weight or input of any finite size is an angle, in f32 and f64", () => {
  for (const params of [[{ input: 0 }], [{ weight: 0 }]]) {
    const circuit = new Circuit(1, [{ name: "RX", wires: [0], params }]);
    for (const large of [2.5e9, -3e12, 2 ** 70 + 2 ** 30, 1e38]) {
      const value = Math.fround(large);
      for (const precision of ["f32", "f64"] as const) {
        const [x, weights] = "input" in params[0] ? [[value], []] : [[], [value]];
        const { outputs } = simulate(strict, circuit, x, weights, precision);
        assert.ok(
          Math.abs(outputs[0] - Math.cos(value)) < (precision === "f64" ? 1e-15 : 3e-7),
          `${precision} ${value}`,
        );
      }
    }
  }
});

adjoint("an angle that is not a number or infinite makes outputs NaN, of its own sample only", () => {
  const { circuit } = createTemplate({ ansatz: "thesis", embedding: "angle-x", wires: 2, layers: 1 });
  const weights = testAngles(circuit.numWeights, 13);
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const { out, dx } = runBatch(strict, "f32", circuit, 2, [bad, 0, 1, 2], weights, [1, 1, 1, 1], 0);
    assert.ok(out.slice(0, 2).every(Number.isNaN) && dx.slice(0, 2).every(Number.isNaN));
    assert.ok(out.slice(2).every(Number.isFinite) && dx.slice(2).every(Number.isFinite));
  }
});

adjoint("the debug build refuses broken preconditions by name", () => {
  const { kernels } = engines[0];
  const zero = 0 as Ptr;
  const place = (wires: number, operations: Operation[], numInputs: number) => {
    const { bytes, numOps } = encodeTape(new Circuit(2, operations));
    const header = new Int32Array(bytes.buffer, 0, 8);
    header[0] = wires;
    header[1] = numInputs;
    const [tape, scratch, x] = [bytes.length, kernels.quantumScratchBytes(2, 0, numOps, 0), 64].map((n) =>
      engines[0].alloc(n),
    );
    new Uint8Array(engines[0].memory.buffer, tape, bytes.length).set(bytes);
    return { tape, scratch, x };
  };
  const { tape, scratch } = place(21, [], 1);
  assert.throws(
    () => kernels.quantumForward(zero, NONE, zero, zero, tape, scratch, 1),
    /quantum: wires must be 1 to 20/,
  );
  const aligned = place(2, [], 1);
  assert.throws(
    () => kernels.quantumForward(zero, NONE, zero, zero, aligned.tape, 8 as Ptr, 1),
    /quantum: scratch must be 16-byte aligned/,
  );
  for (const [operations, message] of [
    [amplitudeEmbedding(2), /quantum: amplitudes beyond numInputs/],
    [[{ name: "RZ", wires: [0], params: [{ product: [0, 3] }] }], /quantum: input index beyond numInputs/],
  ] as [Operation[], RegExp][]) {
    const { tape, scratch, x } = place(2, operations, 3);
    assert.throws(() => kernels.quantumForward(x, NONE, x, x, tape, scratch, 1), message);
  }
});

adjoint.run();
