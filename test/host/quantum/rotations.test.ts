// Several gates in one pass, states kept between forward and backward, several rows in one sweep: all of them change
// how often memory is read, and no bit.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Circuit } from "../../../host/circuit/circuit.ts";
import type { Operation } from "../../../host/circuit/gates.ts";
import { encodeTape } from "../../../host/circuit/tape.ts";
import { createTemplate } from "../../../host/circuit/templates.ts";
import type { Ptr } from "../../../host/engine/kernels.ts";
import { NONE } from "../../../host/engine/memory.ts";
import { testAngles } from "../../util/circuits.ts";
import { loadTestEngine, type TestEngine } from "../../util/engine.ts";

const test = suite("quantum/rotations");
const engines = await Promise.all((["strict", "debug"] as const).map((build) => loadTestEngine(build)));
type Precision = "f32" | "f64";

interface Results {
  out: number[];
  dx: number[];
  dweights: number[];
}

/** The circuit and made-up numbers for N samples in memory, and how to read blocks; `run` gets all addresses. */
function placed<T>(
  engine: TestEngine,
  precision: Precision,
  circuit: Circuit,
  N: number,
  run: (at: Record<"x" | "w" | "tape" | "scratch" | "kets" | "out" | "dout" | "dx" | "dw", Ptr>, read: Read) => T,
): T {
  const { kernels, memory } = engine;
  const Numbers = precision === "f64" ? Float64Array : Float32Array;
  const { bytes, numOps, numValues } = encodeTape(circuit);
  const { numInputs, numWeights, numWires, numOutputs } = circuit;
  const mark = kernels.mark();
  const view = (at: Ptr, n: number) => new Numbers(memory.buffer as ArrayBuffer, at, n);
  const put = (values: ArrayLike<number>) => {
    const at = engine.alloc(Math.max(values.length, 1) * Numbers.BYTES_PER_ELEMENT);
    view(at, values.length).set(Array.from(values));
    return at;
  };
  const tape = engine.alloc(bytes.length);
  new Uint8Array(memory.buffer, tape, bytes.length).set(bytes);
  const scratch = engine.alloc(kernels.quantumJacobianScratchBytes(numWires, numWeights, numOps, numValues, N));
  const result = run(
    {
      ...{ x: put(testAngles(N * numInputs, 3)), w: put(testAngles(numWeights, 4)), tape, scratch },
      kets: engine.alloc(2 * kernels.quantumKetsBytes(numWires, N)), // f64 has half as many samples a group
      ...{ out: put(new Array(N * numOutputs).fill(7)), dout: put(testAngles(N * numOutputs, 5)) },
      ...{ dx: put(new Array(N * numInputs).fill(7)), dw: put(new Array(N * numWeights).fill(0)) },
    },
    (at, n) => Array.from(view(at, n)),
  );
  kernels.reset(mark);
  return result;
}

type Read = (at: Ptr, n: number) => number[];

function step(engine: TestEngine, precision: Precision, circuit: Circuit, N: number, keeps: boolean): Results {
  const suffix = precision === "f64" ? "64" : "";
  return placed(engine, precision, circuit, N, ({ x, w, tape, scratch, kets, out, dout, dx, dw }, read) => {
    const kept = keeps ? kets : NONE;
    engine.kernels[`quantumForward${suffix}`](out, kept, x, w, tape, scratch, N);
    engine.kernels[`quantumBackward${suffix}`](dx, dw, dout, x, w, kept, tape, scratch, N);
    return {
      out: read(out, N * circuit.numOutputs),
      dx: read(dx, N * circuit.numInputs),
      dweights: read(dw, circuit.numWeights),
    };
  });
}

const each = (check: (engine: TestEngine, precision: Precision) => void) => {
  for (const engine of engines) for (const precision of ["f32", "f64"] as const) check(engine, precision);
};

test("rotations of one wire in one pass have the bits of a pass each", () => {
  const wires = 5;
  let weight = 0;
  let input = 0;
  const w = () => ({ weight: weight++ });
  const runs: Operation[][] = [
    ...[0, 2, 4].map((wire): Operation[] => [
      { name: "RZ", wires: [wire], params: [w()] },
      { name: "RY", wires: [wire], params: [{ input: input++ }] },
      { name: "RZ", wires: [wire], params: [w()] },
    ]),
    [
      { name: "RY", wires: [1], params: [w()] },
      { name: "RZ", wires: [1], params: [{ input: input++ }] },
    ],
    [
      { name: "RZ", wires: [3], params: [w()], controls: [0] },
      { name: "RY", wires: [3], params: [0.7], controls: [0] },
      { name: "RZ", wires: [3], params: [w()], controls: [0] },
    ],
    [
      { name: "RZ", wires: [2], params: [w()] },
      { name: "RY", wires: [3], params: [w()] }, // of another wire: no run
      { name: "RZ", wires: [3], params: [w()], controls: [2] },
    ],
  ];
  // Exchanging wires twice changes no bit, but ends a run.
  const nothing: Operation[] = [0, 1].map(() => ({ name: "SWAP", wires: [1, 2], params: [] }));
  const circuitOf = (between: Operation[]) => {
    const hadamards = [0, 1, 2, 3, 4].map((wire): Operation => ({ name: "Hadamard", wires: [wire], params: [] }));
    const operations = runs.flatMap((run) => run.flatMap((operation) => [operation, ...between]));
    return new Circuit(wires, [...hadamards, ...operations, ...hadamards]);
  };
  each((engine, precision) => {
    const [fused, apart] = [[], nothing].map((between) => step(engine, precision, circuitOf(between), 6, false));
    assert.ok(fused.dweights.every((value) => Math.abs(value) > 1e-6));
    assert.equal(fused, apart, `${engine.build} ${precision}`);
  });
});

test("states kept by forward give backward the same bits, tails and amplitudes included", () => {
  for (const embedding of ["angle-x", "iqp", "amplitude"] as const) {
    const { circuit } = createTemplate({ ansatz: "thesis", embedding, wires: 4, layers: 2 });
    each((engine, precision) => {
      for (const N of [1, 7, 16]) {
        const [kept, again] = [true, false].map((keeps) => step(engine, precision, circuit, N, keeps));
        assert.equal(kept, again, `${engine.build} ${precision} ${embedding} N=${N}`);
      }
    });
  }
});

test("rows of a Jacobian in one sweep have the bits of a batch of equal samples", () => {
  for (const embedding of ["angle-y", "amplitude"] as const) {
    const { circuit } = createTemplate({ ansatz: "thesis", embedding, wires: 3, layers: 2 });
    const { numInputs, numWeights } = circuit;
    each((engine, precision) => {
      const suffix = precision === "f64" ? "64" : "";
      for (const N of [1, 3, 9]) {
        const results = (["Rows", "Jacobian"] as const).map((kernel) =>
          placed(engine, precision, circuit, Math.max(N, 4), ({ x, w, tape, scratch, dout, dx, dw }, read) => {
            const all = engine.memory.buffer as ArrayBuffer;
            const samples =
              precision === "f64"
                ? new Float64Array(all, x, Math.max(N, 4) * numInputs)
                : new Float32Array(all, x, Math.max(N, 4) * numInputs);
            for (let i = numInputs; i < samples.length; i++) samples[i] = samples[i % numInputs];
            engine.kernels[`quantum${kernel}${suffix}`](dx, dw, dout, x, w, tape, scratch, N);
            return [read(dx, N * numInputs), read(dw, N * numWeights)];
          }),
        );
        assert.equal(results[1], results[0], `${engine.build} ${precision} ${embedding} ${N} rows`);
      }
    });
  }
});

test.run();
