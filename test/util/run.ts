// node build/test/util/run.js SUITE [WORD…]: the test command. In the slow suites each uvu file runs in a process of
// its own; in the quick one only what says so ("// Own process: …"), the others share a few. as-pect runs its specs
// with asserts, and in the slow suite as release build. With words, only the files whose path holds one of them run,
// and the committed minimum does not count. In CI a few files that failed run once more, each alone, which is said at
// the end: machines differ, and a fault of the program fails twice.
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { pathToFileURL } from "node:url";
import { repository } from "./paths.ts";
import { createPool } from "./pool.ts";
import { type Counts, execute, type Finished, inParallel } from "./process.ts";
import { report } from "./report.ts";

const quick = /(?<!\.slow)\.test\.ts$/;
const suites: Record<
  string,
  { asPect: "debug" | "release" | false; pattern: RegExp; atOnce: number; minutes: number }
> = {
  // One more than processors: some wait for others. What measures speed or memory says "// Alone".
  test: { asPect: "debug", pattern: quick, atOnce: availableParallelism() + 1, minutes: 10 },
  "test:slow": { asPect: "release", pattern: /\.slow\.test\.ts$/, atOnce: availableParallelism() + 1, minutes: 20 },
  "test:browser": { asPect: false, pattern: /\.browser\.ts$/, atOnce: availableParallelism(), minutes: 10 },
};

/** Begun first, in this order, so that none of them is still at work when all the others have ended. */
const LONGEST = [
  ...[
    "kill.slow",
    "queue.slow",
    "work/carried.slow",
    "cli/compare.slow",
    "slurm.slow",
    "package.slow",
    "search.slow",
    "bootstrap.slow",
  ],
  ...["disk.slow", "training/circuits.slow", "full.slow", "docs.slow", "reference/network.slow", "tasks.slow"],
  ...["page.browser", "fingerprint", "report.browser", "platform.browser", "views", "mistakes"],
  ...["conv2d", "parity/parity", "network/training", "training/run", "cli/train", "reliability", "network/explained"],
  ...["makers", "cli/serve", "download", "streams"],
];

/** So many files at most run again: more have failed for a reason. */
const MOST_AGAIN = 3;

/** Where a file stands among them. */
function place(name: string): number {
  const found = LONGEST.findIndex((part) => name.includes(`${part}.`));
  return found < 0 ? LONGEST.length : found;
}

/**
 * Prints what a runner wrote, ending with what is wrong with its run, if anything is. A run that is wrong has at least
 * one failure.
 */
function judge(name: string, run: Finished, counts: Counts | undefined, wrong: string[]): Counts {
  if (!counts) wrong.push("ended without a report");
  else if (counts.passed + counts.failed + counts.skipped === 0) wrong.push("has no tests (is a .run() missing?)");
  if (run.code !== 0) wrong.push(`exit code ${run.code}`);
  const { passed, failed, skipped } = counts ?? { passed: 0, failed: 0, skipped: 0 };
  const ok = failed === 0 && wrong.length === 0;
  const figures = `${passed} passed${failed ? `, ${failed} failed` : ""}${skipped ? `, ${skipped} skipped` : ""}`;
  console.log(`${ok ? "ok  " : "FAIL"} ${name}  ${figures}  ${run.seconds.toFixed(1)} s`);
  if (!ok) console.log(run.output.trimEnd());
  else for (const [line] of run.output.matchAll(/^(?:skipped|limit): .*$/gm)) console.log(`     ${line}`);
  for (const line of wrong) console.log(`${name}: ${line}`);
  return { passed, failed: ok ? 0 : Math.max(failed, 1), skipped };
}

/** Runs one compiled uvu file; `name` is its source. `alone`: in a process of its own, whatever it says. */
async function uvu(name: string, minutes: number, alone = false): Promise<Counts> {
  const compiled = repository(`build/${name.replace(/ts$/, "js")}`);
  const source = readFileSync(repository(name), "utf8");
  const run =
    suite === "test" && !alone && !source.startsWith("// Own process")
      ? await pool.run(pathToFileURL(compiled).href, minutes)
      : await execute(process.execPath, [compiled], { cwd: repository(""), minutes });
  const total = /^ *Total: +(\d+)\n *Passed: +(\d+)\n *Skipped: +(\d+)$/m.exec(run.output);
  // uvu loses the error of a before hook and exits 0: what did not pass has failed.
  const counts = total && { passed: +total[2], failed: +total[1] - +total[2], skipped: +total[3] };
  const silent = [...source.matchAll(/\b(?:const|let) (\w+) = suite\b/g)].filter(
    ([, variable]) => !new RegExp(`\\b${variable}\\.run\\(\\)`).test(source),
  );
  return judge(
    name,
    run,
    counts ?? undefined,
    silent.map(([, variable]) => `the suite ${variable} is never run`),
  );
}

/** Runs every spec of test/assembly in one build. */
async function asPect(build: "debug" | "release", specs: string[]): Promise<Counts> {
  const args = ["--config", "test/assembly/as-pect.config.js", "--as-config", `test/assembly/${build}.asconfig.json`];
  const run = await execute(process.execPath, ["node_modules/@as-pect/cli/lib/test.js", ...args], {
    cwd: repository(""),
  });
  const total = /\[Tests\]: (\d+) \/ (\d+)/.exec(run.output);
  const empty = specs.filter((spec) => !new RegExp(`${spec} Pass: \\d+ / [1-9]`).test(run.output));
  return judge(
    `as-pect, ${build} build`,
    run,
    total ? { passed: +total[1], failed: +total[2] - +total[1], skipped: 0 } : undefined,
    empty.map((spec) => `${spec} has no tests`),
  );
}

const AS_PECT = "as-pect";
const [suite, ...words] = process.argv.slice(2);
const pool = createPool();
// All cases of every sweep.
if (suite === "test:slow") process.env.HQCNN_THOROUGH = "1";
const { asPect: withAssembly, pattern, atOnce, minutes } = suites[suite];
const files = readdirSync(repository("test"), { recursive: true, encoding: "utf8" })
  .map((name) => `test/${name.replaceAll("\\", "/")}`)
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort();
const specs = withAssembly ? files.filter((name) => /^test\/assembly\/.*\.spec\.ts$/.test(name)) : [];
const source = (name: string) => readFileSync(repository(name), "utf8");
const own = files.filter((name) => pattern.test(name));
const alone = own.filter((name) => source(name).startsWith("// Alone"));
const others = own.filter((name) => !alone.includes(name));
// What `npm test` tries a few cases of.
const isSwept = (name: string) => quick.test(name) && /util\/(thorough|kernels)\.ts/.test(source(name));
if (suite === "test:slow") others.push(...files.filter(isSwept));
const byFile = new Map<string, Counts>();
const count = async (name: string, alone = false) => void byFile.set(name, await uvu(name, minutes, alone));
const jobs = others.sort((a, b) => place(a) - place(b)).map((name) => () => count(name));
if (withAssembly && (words.length === 0 || specs.length > 0)) {
  const all = words.length === 0 ? specs : [];
  jobs.unshift(async () => void byFile.set(AS_PECT, await asPect(withAssembly, all)));
}
await inParallel(
  alone.map((name) => () => count(name)),
  1,
);
await inParallel(jobs, atOnce);
const failed = [...byFile].filter(([name, { failed }]) => failed > 0 && name !== AS_PECT).map(([name]) => name);
const again = process.env.CI && failed.length <= MOST_AGAIN ? failed : [];
for (const name of again) {
  console.log(`${name} runs again, alone`);
  await count(name, true);
}
pool.close();
for (const name of again.filter((name) => byFile.get(name)!.failed === 0))
  console.log(`unstable: ${name} failed, and passed when it ran again alone`);
report(suite, [...byFile.values()], { partial: words.length > 0 });
