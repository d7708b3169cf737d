// npm run test:runtimes: the same programs on every runtime must print the same fingerprints. Node 20 is the running
// one, on the compiled program; those of test/util/runtimes.ts run the sources.
import { repository } from "../util/paths.ts";
import { type Counts, execute, inParallel } from "../util/process.ts";
import { report } from "../util/report.ts";
import { install, runtimes } from "../util/runtimes.ts";
import { checkStudies } from "./studies.ts";

/** What the program prints as the last line of stdout: `runtime` as in Platform, "node 22.23.3". */
interface Outcome {
  runtime: string;
  fingerprint: string;
  /** Of a second network, trained with shots and noise. */
  measured?: string;
}

/** Runs the program once. */
async function run(executable: string, args: string[], runtime: string): Promise<Outcome> {
  const { code, output, stdout } = await execute(executable, args, { cwd: repository("") });
  if (code !== 0) throw new Error(`exit code ${code}\n${output}`);
  const outcome = JSON.parse(stdout.trimEnd().split("\n").at(-1)!) as Outcome;
  if (outcome.runtime !== runtime)
    throw new Error(`expected the program to run on ${runtime}, it says ${outcome.runtime}`);
  if (!/^[0-9a-f]{64}$/.test(outcome.fingerprint)) throw new Error(`expected a SHA-256, got ${outcome.fingerprint}`);
  return { ...outcome, fingerprint: [outcome.fingerprint, outcome.measured].join(" ").trim() };
}

/** Runs a program everywhere and compares what it prints. */
async function compare(program: string): Promise<Counts[]> {
  const compiled = `build/${program.replace(/ts$/, "js")}`;
  const running = `node ${process.versions.node}`;
  const jobs = [
    { label: `${running}, compiled`, start: () => run(process.execPath, [compiled], running) },
    ...runtimes.map((runtime) => {
      const label = `${runtime.name} ${runtime.version}`;
      return { label, start: async () => run(await install(runtime), [...runtime.args, program], label) };
    }),
  ];
  const starts = jobs.map(
    ({ start }) =>
      () =>
        start().catch((error: Error) => ({ error: error.message })),
  );
  const outcomes = await inParallel(starts, 2);
  const expected = outcomes.map((outcome) => ("error" in outcome ? undefined : outcome.fingerprint)).find(Boolean);
  console.log(program);
  return outcomes.map((outcome, index) => {
    const ok = !("error" in outcome) && outcome.fingerprint === expected;
    console.log(
      `${ok ? "ok  " : "FAIL"} ${jobs[index].label}  ${"error" in outcome ? outcome.error : outcome.fingerprint}`,
    );
    return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
  });
}

// Training's bits, and the pixels of every decoder.
const all = ["fingerprint", "pictures", "corruptions"].map((name) => `test/runtimes/${name}.ts`);
const programs = process.argv[2] ? [process.argv[2]] : all;
const counts: Counts[] = [];
for (const program of programs) counts.push(...(await compare(program)));

/** The example for Deno trains there to the figures that it names. */
async function runExample(): Promise<void> {
  const deno = runtimes.find(({ name }) => name === "deno")!;
  const args = [...deno.args, "host/examples/deno.ts"];
  const { code, output, stdout } = await execute(await install(deno), args, { cwd: repository("") });
  const auc = Number(/^test accuracy \d\.\d+, AUC (\d\.\d+)$/m.exec(stdout)?.[1]);
  const whole = /^the first test image: \w+, with probability \d\.\d+\n$/m.test(stdout);
  if (code !== 0 || !(auc > 0.9) || !whole) throw new Error(`exit code ${code}\n${output}`);
}

const failure = await runExample().catch((error: Error) => error.message);
console.log(failure === undefined ? "ok   host/examples/deno.ts" : `FAIL host/examples/deno.ts  ${failure}`);
counts.push({ passed: failure === undefined ? 1 : 0, failed: failure === undefined ? 0 : 1, skipped: 0 });

for (const { label, failure } of await checkStudies()) {
  console.log(failure === undefined ? `ok   ${label}` : `FAIL ${label}  ${failure}`);
  counts.push({ passed: failure === undefined ? 1 : 0, failed: failure === undefined ? 0 : 1, skipped: 0 });
}
report("test:runtimes", counts);
