import { execFile } from "node:child_process";
import { cpus } from "node:os";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { Option } from "commander";
import { loadEngine, openDataset } from "../api.ts";
import { type KernelFigures, measureCeiling, measureLayers, measureProducts, measureWires } from "../bench/kernels.ts";
import { measureEngine } from "../bench/measure.ts";
import { type BenchResult, benchTables, type EngineRow, goalsOf, sumLayers } from "../bench/report.ts";
import { UsageError } from "../check.ts";
import { ENGINE_NAMES, type EngineName, MOST_THREADS, wasmFile } from "../engine/load.ts";
import type { Platform } from "../platform/platform.ts";
import type { Define } from "./command.ts";
import { addExamples, addJson, parseNumber, parseNumbers, print, printJson, table, warn } from "./terminal.ts";

interface BenchOptions {
  threads: number[];
  engines: EngineName[];
  seconds: number;
  json?: boolean;
  /** What a process of its own measures: one engine with one number of threads and one batch size, or its kernels. */
  part?: string;
}

/** Every figure is the better of so many processes: V8 sometimes leaves a function unoptimised for a whole one. */
const PROCESSES = 2;
const BATCHES = [32, 64, 128, 256];

/** hqcnn bench */
export const defineBench: Define = (command, { platform }) => {
  const engines = defaultEngines(platform);
  command
    .description(
      "Measures this machine: training and inference on the embedded sample for each engine and number of threads, each kernel relative to the peak of " +
        "multiply-adds in registers, cost by batch size and number of wires, memory, and the goals. Products are checked before they are timed.",
    )
    .option("--threads <n,n>", "numbers of threads", parseNumbers, platform.cpuCount > 1 ? [1, 2] : [1])
    .addOption(
      new Option("--engines <names>", `of ${ENGINE_NAMES.join(", ")}`)
        .argParser(parseEngines)
        .default(engines, engines.join()),
    )
    .option("--seconds <s>", "seconds per measurement", parseNumber, 1)
    .addOption(new Option("--part <part>").hideHelp())
    .action(async (options: BenchOptions) => {
      if (options.threads.some((n) => !Number.isInteger(n) || n < 1 || n > MOST_THREADS)) {
        throw new UsageError(
          `--threads: expected whole numbers from 1 to ${MOST_THREADS}, got ${options.threads.join()}`,
        );
      }
      if (!(options.seconds > 0)) throw new UsageError(`--seconds: expected a number above 0, got ${options.seconds}`);
      if (options.part !== undefined) {
        printJson(await measurePart(platform, options.part, options.seconds));
        return;
      }
      const result = await bench(platform, options);
      if (options.json) printJson(result);
      else print(text(result));
    });
  addJson(command);
  addExamples(command, "bench", "bench --threads 1,2,4 --engines strict,fast --seconds 5 --json");
};

function defaultEngines({ v8 }: Platform): EngineName[] {
  return v8 && v8.major >= 13 ? [...ENGINE_NAMES] : ["strict", "fast"];
}

function parseEngines(value: string): EngineName[] {
  const names = value.split(",");
  const unknown = names.find((name) => !ENGINE_NAMES.some((known) => known === name));
  if (unknown !== undefined) throw new UsageError(`--engines: expected ${ENGINE_NAMES.join(", ")}, got ${unknown}`);
  return names as EngineName[];
}

async function bench(platform: Platform, { threads, engines, seconds }: BenchOptions): Promise<BenchResult> {
  const part = <Result>(name: string) => inProcess<Result>(name, seconds);
  const rows: EngineRow[] = [];
  const kernels: BenchResult["kernels"] = [];
  const ceilings: Record<string, number> = {};
  for (const engine of engines) {
    for (const count of threads) rows.push(await bestOf(() => part<EngineRow>(`${engine}:${count}:64`)));
    const figures = await part<KernelPart>(`${engine}:kernels`);
    ceilings[engine] = figures.ceiling;
    kernels.push(...figures.kernels.map((row) => ({ engine, ...row })));
  }
  const batches: BenchResult["batches"] = [];
  for (const batch of BATCHES) {
    const { train_per_s, infer_per_s } = await bestOf(() => part<EngineRow>(`strict:1:${batch}`));
    batches.push({ batch, train_per_s, infer_per_s });
  }
  const wires = await part<BenchResult["wires"]>("strict:wires");
  const wasm = await Promise.all(
    (["strict", "fast"] as const)
      .flatMap((build) => [wasmFile(build, 1), wasmFile(build, 2)])
      .map(async (file) => {
        const bytes = await platform.readFile(platform.packageFile(file));
        return { file, bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
      }),
  );
  const machine = { processor: cpus()[0].model.trim(), processors: platform.cpuCount, runtime: platform.runtime };
  const layers = sumLayers(kernels);
  const figures = { machine, seconds, engines: rows, kernels, layers, ceilings, batches, wires, wasm };
  return { ...figures, goals: goalsOf(figures) };
}

/** The better of two processes, figure by figure: noise only ever slows down. */
async function bestOf(measure: () => Promise<EngineRow>): Promise<EngineRow> {
  const rows: EngineRow[] = [];
  for (let i = 0; i < PROCESSES; i++) rows.push(await measure());
  const [first] = rows;
  const most = (key: "train_per_s" | "train_median_per_s" | "infer_per_s" | "infer_median_per_s") =>
    Math.max(...rows.map((row) => row[key]));
  return {
    ...first,
    train_per_s: most("train_per_s"),
    train_median_per_s: most("train_median_per_s"),
    infer_per_s: most("infer_per_s"),
    infer_median_per_s: most("infer_median_per_s"),
    quantum_share: first.quantum_share === null ? null : Math.min(...rows.map(({ quantum_share }) => quantum_share!)),
    start_s: Math.min(...rows.map(({ start_s }) => start_s)),
    peak_mib: Math.max(...rows.map(({ peak_mib }) => peak_mib)),
  };
}

/** One part in a process of its own: memory and compiled code of one never touch another's figures. */
async function inProcess<Result>(part: string, seconds: number): Promise<Result> {
  const run = process.versions.deno === undefined ? process.execArgv : ["run", "--allow-all"];
  const args = [...run, process.argv[1], "bench", "--part", part, "--seconds", String(seconds)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 24 });
  return JSON.parse(stdout) as Result;
}

interface KernelPart {
  ceiling: number;
  kernels: KernelFigures[];
}

async function measurePart(platform: Platform, part: string, seconds: number): Promise<object> {
  const [build, what, batch] = part.split(":") as [EngineName, string, string?];
  const threads = batch === undefined ? 1 : Number(what);
  const engine = await loadEngine({ build, threads, platform });
  if (engine.note) warn([engine.note]);
  if (what === "wires") return measureWires(engine, seconds / 4);
  const data = await openDataset(undefined, { platform });
  if (what === "kernels") {
    const ceiling = measureCeiling(engine, seconds / 2);
    const kernels = [...measureProducts(engine, ceiling, seconds / 2), ...(await measureLayers(engine, data, ceiling))];
    return { ceiling, kernels } satisfies KernelPart;
  }
  const figures = await measureEngine(engine, data, Number(batch), seconds);
  // A figure never stands under the name of an engine that was not used.
  return {
    engine: engine.note ? `${engine.build} (no ${build} here)` : build,
    threads,
    ...figures,
    peak_mib: process.resourceUsage().maxRSS / 1024,
  } satisfies EngineRow;
}

function text(result: BenchResult): string {
  const { processor, processors, runtime } = result.machine;
  const tables = Object.entries(benchTables(result)).map(([title, rows]) => `${title}\n${table(rows)}`);
  return [`${processor}, ${processors} processors, ${runtime}`, ...tables].join("\n\n");
}
