import type { KernelFigures } from "./kernels.ts";
import type { EngineFigures } from "./measure.ts";

/** One engine with one number of threads. */
export interface EngineRow extends EngineFigures {
  engine: string;
  threads: number;
  /** Highest memory of the process that trained on the embedded sample. */
  peak_mib: number;
}

/** All figures of one machine. */
export interface BenchResult {
  machine: { processor: string; processors: number; runtime: string };
  seconds: number;
  engines: EngineRow[];
  kernels: ({ engine: string } & KernelFigures)[];
  layers: LayerSum[];
  /** GFLOP/s of multiply-adds in registers. */
  ceilings: Record<string, number>;
  /** Strict, one thread. */
  batches: { batch: number; train_per_s: number; infer_per_s: number }[];
  wires: { wires: number; forward_us: number; backward_us: number }[];
  wasm: { file: string; bytes: number; gzip: number }[];
  goals: Goal[];
}

/** A figure, what it should be, and whether it is. */
export interface Goal {
  what: string;
  value: number;
  goal: string;
  reached: boolean;
}

/** All layers of a training step together. */
export interface LayerSum {
  engine: string;
  ms: number;
  /** What they would take if their matrix products ran at the ceiling and nothing else took time. */
  perfect_ms: number;
  share: number;
}

/** Of each engine, from the rows of its layers; those of products on their own are no part of a step. */
export function sumLayers(kernels: BenchResult["kernels"]): LayerSum[] {
  const layers = kernels.filter(({ kernel }) => !kernel.startsWith("gemm"));
  return [...new Set(layers.map(({ engine }) => engine))].map((engine) => {
    const own = layers.filter((row) => row.engine === engine);
    const ms = own.reduce((sum, row) => sum + row.ms, 0);
    const perfect_ms = own.reduce((sum, row) => sum + row.ms * (row.share ?? 0), 0);
    return { engine, ms, perfect_ms, share: perfect_ms / ms };
  });
}

type Figures = Omit<BenchResult, "goals">;

/** The goals of one run; ratios to other systems need those systems, see `npm run bench -- --peers`. */
export function goalsOf(figures: Figures): Goal[] {
  const { engines, kernels, batches, wasm } = figures;
  const goals: Goal[] = [];
  const atLeast = (what: string, value: number, low: number) =>
    goals.push({ what, value, goal: `≥ ${low}`, reached: value >= low });
  const atMost = (what: string, value: number, high: number) =>
    goals.push({ what, value, goal: `≤ ${high}`, reached: value <= high });
  for (const one of engines.filter(({ threads }) => threads === 1)) {
    const two = engines.find(({ engine, threads }) => engine === one.engine && threads === 2);
    if (two) atLeast(`${one.engine}: training with two threads, times one`, two.train_per_s / one.train_per_s, 1.85);
    if (one.quantum_share !== null) atMost(`${one.engine}: circuit's part of a step`, one.quantum_share, 0.01);
  }
  for (const { engine, threads, peak_mib } of engines)
    atMost(`${engine}, ${threads} threads: MiB at the peak`, peak_mib, 175);
  for (const { engine, kernel, share } of kernels) {
    if (kernel.startsWith("gemm 64×64") && share !== null)
      atLeast(`${engine}: ${kernel}, part of the ceiling`, share, 0.7);
  }
  if (batches.length > 0) {
    const speeds = batches.map(({ train_per_s }) => train_per_s);
    atLeast("slowest batch size, times the fastest (training)", Math.min(...speeds) / Math.max(...speeds), 0.9);
  }
  const gzip = wasm.reduce((sum, file) => sum + file.gzip, 0);
  atMost("all builds, kB gzip", gzip / 1000, 150);
  return goals;
}

/** Rows of text for a table: the first one is the header. */
export function benchTables({
  engines,
  kernels,
  layers,
  ceilings,
  batches,
  wires,
  goals,
}: BenchResult): Record<string, string[][]> {
  const whole = (value: number) => value.toFixed(0);
  const percent = (value: number | null) => (value === null ? "" : `${(100 * value).toFixed(1)} %`);
  return {
    "images a second, best window (median); batch 64, embedded sample": [
      ["engine", "threads", "training", "inference", "circuit", "peak MiB", "start s"],
      ...engines.map((row) => [
        row.engine,
        String(row.threads),
        `${whole(row.train_per_s)} (${whole(row.train_median_per_s)})`,
        `${whole(row.infer_per_s)} (${whole(row.infer_median_per_s)})`,
        percent(row.quantum_share),
        whole(row.peak_mib),
        row.start_s.toFixed(2),
      ]),
    ],
    [`kernels, batch 64, one thread; ceiling of multiply-adds in 128-bit registers: ${Object.entries(ceilings)
      .map(([engine, gflops]) => `${engine} ${gflops.toFixed(1)}`)
      .join(", ")} GFLOP/s`]: [
      ["engine", "kernel", "ms", "GFLOP/s", "of the ceiling"],
      ...kernels.map(({ engine, kernel, ms, gflops, share }) => [
        engine,
        kernel,
        ms.toFixed(3),
        gflops === null ? "" : gflops.toFixed(1),
        percent(share),
      ]),
    ],
    "all layers of a training step, batch 64, one thread; perfect: products at that ceiling, and nothing else": [
      ["engine", "ms", "perfect ms", "of the ceiling"],
      ...layers.map(({ engine, ms, perfect_ms, share }) => [
        engine,
        ms.toFixed(2),
        perfect_ms.toFixed(2),
        percent(share),
      ]),
    ],
    "strict, one thread, by batch size": [
      ["batch", "training images/s", "inference images/s"],
      ...batches.map(({ batch, train_per_s, infer_per_s }) => [String(batch), whole(train_per_s), whole(infer_per_s)]),
    ],
    "circuit, µs an image, by wires": [
      ["wires", "forward", "backward"],
      ...wires.map(({ wires: n, forward_us, backward_us }) => [
        String(n),
        forward_us.toFixed(2),
        backward_us.toFixed(2),
      ]),
    ],
    goals: [
      ["figure", "value", "goal", "reached"],
      ...goals.map(({ what, value, goal, reached }) => [what, value.toPrecision(3), goal, reached ? "yes" : "no"]),
    ],
  };
}
