import { suite } from "uvu";
import * as assert from "uvu/assert";
import { benchTables, type EngineRow, goalsOf, sumLayers } from "../../../host/bench/report.ts";

const report = suite("bench/report");

const row = (engine: string, threads: number, train_per_s: number, rest: Partial<EngineRow> = {}): EngineRow => ({
  ...{ engine, threads, train_per_s, train_median_per_s: train_per_s, infer_per_s: 9000, infer_median_per_s: 9000 },
  ...{ quantum_share: threads === 1 ? 0.004 : null, start_s: 0.5, peak_mib: 130, ...rest },
});
const figures = {
  machine: { processor: "a processor", processors: 2, runtime: "node 24" },
  seconds: 1,
  engines: [
    row("strict", 1, 1000),
    row("strict", 2, 1900),
    row("fast", 1, 1200, { quantum_share: 0.02 }),
    row("fast", 2, 1300, { peak_mib: 180 }),
  ],
  kernels: [
    { engine: "strict", kernel: "gemm 64×64×64", ms: 0.5, gflops: 38, share: 0.81 },
    { engine: "fast", kernel: "gemm 64×64×64", ms: 0.5, gflops: 20, share: 0.4 },
    { engine: "strict", kernel: "fc1 forward", ms: 0.03, gflops: null, share: null },
  ],
  layers: [{ engine: "strict", ms: 20, perfect_ms: 10, share: 0.5 }],
  ceilings: { strict: 47, fast: 52 },
  batches: [
    { batch: 32, train_per_s: 1000, infer_per_s: 9000 },
    { batch: 256, train_per_s: 880, infer_per_s: 9000 },
  ],
  wires: [{ wires: 2, forward_us: 0.13, backward_us: 0.29 }],
  wasm: [{ file: "build/strict.wasm", bytes: 45_000, gzip: 15_000 }],
};

report("each goal is judged by the figure it names", () => {
  const goals = Object.fromEntries(goalsOf(figures).map(({ what, value, reached }) => [what, [value, reached]]));
  assert.equal(goals["strict: training with two threads, times one"], [1.9, true]);
  assert.equal(goals["fast: training with two threads, times one"], [1300 / 1200, false]);
  assert.equal(goals["strict: circuit's part of a step"], [0.004, true]);
  assert.equal(goals["fast: circuit's part of a step"], [0.02, false]);
  assert.equal(goals["fast, 2 threads: MiB at the peak"], [180, false]);
  assert.equal(goals["strict: gemm 64×64×64, part of the ceiling"], [0.81, true]);
  assert.equal(goals["fast: gemm 64×64×64, part of the ceiling"], [0.4, false]);
  assert.equal(goals["slowest batch size, times the fastest (training)"], [0.88, false]);
  assert.equal(goals["all builds, kB gzip"], [15, true]);
});

report("the tables hold every row, and nothing where there is no figure", () => {
  const tables = Object.values(benchTables({ ...figures, goals: goalsOf(figures) }));
  assert.equal(
    tables.map((rows) => rows.length - 1),
    [4, 3, 1, 2, 1, goalsOf(figures).length],
  );
  assert.equal(tables[1].at(-1), ["strict", "fc1 forward", "0.030", "", ""]);
  for (const rows of tables) for (const cells of rows) assert.is(cells.length, rows[0].length);
});

report("a perfect step takes what the products of its layers take at the ceiling", () => {
  const layer = (engine: string, kernel: string, ms: number, share: number | null) => {
    return { engine, kernel, ms, gflops: share && 40 * share, share };
  };
  const rows = [
    layer("strict", "gemm 64×64×64", 100, 0.9),
    layer("strict", "layer1 forward", 4, 0.5),
    layer("strict", "layer1 backward", 8, 0.25),
    layer("strict", "quantum forward", 4, null),
    layer("fast", "layer1 forward", 3, 0.5),
  ];
  assert.equal(sumLayers(rows), [
    { engine: "strict", ms: 16, perfect_ms: 4, share: 0.25 },
    { engine: "fast", ms: 3, perfect_ms: 1.5, share: 0.5 },
  ]);
});

report.run();
