import * as assert from "uvu/assert";
import type { Kernels, Ptr } from "../../host/engine/kernels.ts";
import { ENGINE_BUILDS } from "../../host/engine/load.ts";
import { f32, offset, u8 } from "../../host/engine/memory.ts";
import { mayLack } from "./builds.ts";
import { loadTestEngine, type TestEngine } from "./engine.ts";
import { relativeError, sameBits } from "./numbers.ts";
import { thorough } from "./thorough.ts";

const GUARD_BYTES = 64;

/** Every build that this runtime can load. */
export const engines: TestEngine[] = [];
for (const build of ENGINE_BUILDS) {
  try {
    engines.push(await loadTestEngine(build, 1 << 26));
  } catch (error) {
    if (!mayLack(build)) throw error;
  }
}

/** Those that sweeps over many cases run on: debug computes what strict does, ten times as slowly. */
export const swept = thorough ? engines : engines.filter(({ build }) => build !== "debug");

/**
 * Blocks of one kernel call. Each has 64 bytes of NaN before and behind it; what is to be overwritten starts as NaN.
 */
export interface Blocks {
  /** What the kernel reads and must leave alone. */
  input(values: ArrayLike<number>): Ptr;
  bytes(values: Uint8Array): Ptr;
  /** What the kernel adds to, or works on in place. */
  inout(values: ArrayLike<number>): Ptr;
  /** n numbers that the kernel overwrites. */
  output(n: number): Ptr;
  scratch(bytes: number): Ptr;
  read(at: Ptr, n: number): Float32Array;
}

export type Outputs = Record<string, Float32Array>;

/** Calls `run` with fresh blocks; asserts that it wrote nothing outside them and changed no input. */
export function runKernel(engine: TestEngine, run: (blocks: Blocks, kernels: Kernels) => Outputs): Outputs {
  const start = engine.kernels.mark();
  const guards: Ptr[] = [];
  const inputs: { at: Ptr; copy: Uint8Array }[] = [];
  const block = (bytes: number, values?: Uint8Array): Ptr => {
    const before = engine.alloc(bytes + 2 * GUARD_BYTES);
    u8(engine, before, bytes + 2 * GUARD_BYTES).fill(0xff);
    const at = offset(before, GUARD_BYTES);
    guards.push(before, offset(at, bytes));
    if (values) u8(engine, at, bytes).set(values);
    return at;
  };
  const bytesOf = (values: ArrayLike<number>) => new Uint8Array(Float32Array.from(values).buffer);
  const input = (bytes: Uint8Array) => {
    const at = block(bytes.length, bytes);
    inputs.push({ at, copy: bytes.slice() });
    return at;
  };
  const outputs = run(
    {
      input: (values) => input(bytesOf(values)),
      bytes: input,
      inout: (values) => block(values.length * 4, bytesOf(values)),
      output: (n) => block(n * 4),
      scratch: (bytes) => block(bytes),
      read: (at, n) => f32(engine, at, n).slice(),
    },
    engine.kernels,
  );
  guards.forEach((at, i) => {
    const intact = u8(engine, at, GUARD_BYTES).every((byte) => byte === 0xff);
    assert.ok(intact, `${engine.build}: wrote ${i % 2 === 0 ? "before" : "behind"} block ${i >> 1}`);
  });
  inputs.forEach(({ at, copy }, i) => {
    assert.ok(Buffer.compare(u8(engine, at, copy.length), copy) === 0, `${engine.build}: changed input ${i}`);
  });
  engine.kernels.reset(start);
  return outputs;
}

/**
 * Runs a kernel on every build and compares each output with the reference: largest difference relative to the
 * reference's largest element. Debug and strict must agree bit for bit. Returns the strict outputs.
 */
export function checkKernel(
  name: string,
  run: (blocks: Blocks, kernels: Kernels) => Outputs,
  expected: Record<string, ArrayLike<number>>,
  tolerances: number | Record<string, number>,
): Outputs {
  const results = engines.map((engine) => ({ build: engine.build, outputs: runKernel(engine, run) }));
  for (const { build, outputs } of results) {
    assert.equal(Object.keys(outputs).sort(), Object.keys(expected).sort());
    for (const [key, values] of Object.entries(outputs)) {
      const tolerance = typeof tolerances === "number" ? tolerances : tolerances[key];
      const error = relativeError(values, expected[key]);
      assert.ok(error <= tolerance, `${build} ${name}: ${key} is off by ${error}, allowed ${tolerance}`);
    }
  }
  const [strict, debug] = ["strict", "debug"].map((build) => results.find((result) => result.build === build)!.outputs);
  assert.ok(sameBits(strict, debug), `${name}: debug and strict differ`);
  return strict;
}
