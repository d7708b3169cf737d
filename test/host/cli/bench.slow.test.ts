// Alone: measures time or memory.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { BenchResult } from "../../../host/bench/report.ts";
import { fails, hqcnn, json } from "../../util/cli.ts";
import { inMemory, inTime } from "../../util/limits.ts";

const bench = suite("hqcnn bench");

bench("--json prints every figure once, each with a plausible value", async () => {
  const args = ["bench", "--json", "--threads", "1,2", "--engines", "strict", "--seconds", "0.1"];
  const result = json(await hqcnn(args)) as unknown as BenchResult;
  assert.equal(
    result.engines.map(({ engine, threads }) => `${engine} ${threads}`),
    ["strict 1", "strict 2"],
  );
  for (const { train_per_s, infer_per_s, peak_mib, start_s } of result.engines) {
    // Inference is three times as fast as training where nothing disturbs one of the two.
    assert.ok(train_per_s > 20 && infer_per_s > train_per_s / 2, `${train_per_s} ${infer_per_s}`);
    assert.ok(peak_mib > 50 && start_s > 0, `${peak_mib} MiB, ${start_s} s`);
    inMemory("hqcnn bench", peak_mib * 2 ** 20, 200 * 2 ** 20);
    inTime("starting an engine", start_s, 10);
  }
  assert.ok(result.engines[0].quantum_share! > 0 && result.engines[0].quantum_share! <= 0.05);
  assert.equal(
    result.batches.map(({ batch }) => batch),
    [32, 64, 128, 256],
  );
  assert.equal(
    result.wires.map(({ wires }) => wires),
    [2, 4, 6, 8, 10, 12],
  );
  assert.ok(result.kernels.some(({ kernel, gflops }) => kernel === "layer4 backward" && gflops! > 0.1));
  assert.is(result.wasm.length, 4);
  assert.ok(result.goals.length > 5);
});

bench("what cannot be measured is refused with what can", async () => {
  await fails(2, ["bench", "--threads", "0"], ["--threads", "1 to 16"]);
  await fails(2, ["bench", "--seconds", "0"], ["--seconds", "above 0"]);
  await fails(2, ["bench", "--engines", "slow"], ["--engines", "strict", "slow"]);
});

bench.run();
