// Slow: writes and trains on a data set of 0.6 GB, more than is held in memory.
// `node build/test/bench/disk.js --level 1` does the same with deflated arrays, which are written to a cache once.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { inMemory, inTime } from "../../util/limits.ts";
import { repository } from "../../util/paths.ts";
import { execute } from "../../util/process.ts";

const test = suite("training from disk, slow");
const isCompiled = import.meta.url.endsWith(".js");

test("0.6 GB of images, read in place: 40 steps in little memory, the same bits, as fast", async () => {
  const bench = repository(isCompiled ? "build/test/bench/disk.js" : "test/bench/disk.ts");
  const options = { side: 64, train: 44_000, batch: 16, steps: 40, both: 40 };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { stdout, output, code } = await execute(process.execPath, [bench, ...args]);
  assert.is(code, 0, output);
  const found = (name: string) => JSON.parse(new RegExp(`^${name}: (\\{.*)$`, "m").exec(stdout)?.[1] ?? output);
  const [alone, both] = [found("disk"), found("both")];
  console.log(`peak ${alone.peak_rss_mib} MiB resident, ratio ${both.ratio.toFixed(2)}`);
  assert.match(alone.steps.join(), "batches are read from the file");
  inMemory("training from disk", alone.peak_rss_mib * 2 ** 20, 400 * 2 ** 20); // in memory more than 800 MiB
  assert.is(alone.disk.steps, 40);
  assert.is(alone.disk.fingerprint, both.memory.fingerprint);
  assert.is(both.disk.fingerprint, both.memory.fingerprint);
  // At least 0.9 on a quiet machine (test/bench/disk.ts); here something else may run.
  inTime("a step from disk, in steps from memory", 1 / both.ratio, 1 / 0.9, "times");
});

test.run();
