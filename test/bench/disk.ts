// node build/test/bench/disk.js [--side 224] [--train 9000] [--steps 200] [--both 80] [--batch 8] [--level 0]
//   [--trunk thesis] [--threads 1]
// A made data set of PathMNIST's form, trained for so many steps from disk; then, in a second process, from disk and
// in memory in turns. Prints the largest resident memory of the process that trains from disk alone, and the ratio of
// the two speeds, in segments that alternate, without the first. Level 0 stores the arrays, others deflate them.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadEngine, openDataset } from "../../host/api.ts";
import type { Dataset } from "../../host/datasets/types.ts";
import { createNodePlatform } from "../../host/platform/node.ts";
import { startProgress, trainLoop } from "../../host/training/loop.ts";
import { parseTrainOptions } from "../../host/training/parse.ts";
import { createRunNetwork } from "../../host/training/run.ts";
import { warningsOf } from "../../host/work/data.ts";
import { writeMade } from "../util/made.ts";

const { values } = parseArgs({
  options: {
    ...{ side: { type: "string", default: "224" }, train: { type: "string", default: "9000" } },
    ...{ steps: { type: "string", default: "200" }, batch: { type: "string", default: "8" } },
    ...{ level: { type: "string", default: "0" }, trunk: { type: "string", default: "thesis" } },
    ...{ both: { type: "string", default: "80" } },
    ...{ threads: { type: "string", default: "1" }, only: { type: "string" }, in: { type: "string" } },
  },
});
const steps = Number(values.steps);
/** Steps of a segment, before the other one's turn. */
const SEGMENT = 20;
const platform = createNodePlatform();

if (values.in) console.log(JSON.stringify(await measure(values.in, values.only === "disk")));
else await run();

async function run() {
  const folder = mkdtempSync(join(tmpdir(), "hqcnn-disk-"));
  try {
    const path = join(folder, "pathmnist-made.npz");
    const train = Number(values.train);
    const counts = { train, val: Math.ceil(train / 9), test: Math.ceil(train / 12) };
    await writeMade(path, { counts, side: Number(values.side), classes: 9, level: Number(values.level) });
    console.log(`${path}: ${(statSync(path).size / 1e9).toFixed(2)} GB, ${JSON.stringify(counts)}`);
    for (const only of ["disk", "both"]) {
      const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2), "--in", path, "--only", only];
      const { status, stdout } = spawnSync(process.execPath, args, {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "inherit"],
      });
      console.log(status === 0 ? `${only}: ${stdout.trim()}` : `${only} failed`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One training, or two in turns. */
async function measure(path: string, alone: boolean) {
  const [batchSize, threads] = [Number(values.batch), Number(values.threads)];
  const engine = await loadEngine({ threads });
  const options = parseTrainOptions({ batchSize, trunk: values.trunk, task: "multiclass" });
  const opening = performance.now();
  const open = (memory?: number) => openDataset(path, { platform, task: "multiclass", cache: `${path}.cache`, memory });
  const disk = await open(alone ? undefined : 0);
  const warnings = await warningsOf(disk);
  const opened = (performance.now() - opening) / 1000;
  const sets = [disk, ...(alone ? [] : [await open(Number.POSITIVE_INFINITY)])];
  const trainings = await Promise.all(sets.map((data) => training(data)));
  const all = alone ? steps : Math.min(steps, Number(values.both));
  for (let done = 0; done < all; done += SEGMENT) for (const train of trainings) await train.step(SEGMENT);
  const results = trainings.map(({ result }) => result());
  const { maxRSS } = process.resourceUsage();
  return {
    ...{ opened_s: opened, warnings, steps: disk.steps, peak_rss_mib: Math.round(maxRSS / 1024) },
    ...{ disk: results[0], ...(results[1] && { memory: results[1] }) },
    ...(results[1] && { ratio: results[0].imagesPerSecond / results[1].imagesPerSecond }),
  };

  async function training(data: Dataset) {
    const { network } = await createRunNetwork({ platform, engine, data, version: "" }, options);
    const progress = startProgress();
    /** Where the first segment ended: while it lasts, the engine's code is still being compiled. */
    let warm: { seen: number; seconds: number } | undefined;
    return {
      async step(count: number) {
        const stop = new AbortController();
        let done = 0;
        const onProgress = () => void (++done === count && stop.abort());
        for await (const _ of trainLoop(network, data, options, { progress, signal: stop.signal, onProgress }));
        warm ??= { seen: progress.seen, seconds: progress.seconds };
      },
      result: () => ({
        steps: network.steps,
        imagesPerSecond: (progress.seen - warm!.seen) / (progress.seconds - warm!.seconds),
        loss: progress.lossSum / progress.seen,
        fingerprint: network.fingerprint(),
        engine_mib: Math.round(network.memoryBytes / 2 ** 20),
      }),
    };
  }
}
