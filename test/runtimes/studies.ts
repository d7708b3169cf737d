// Local studies on every runtime: runs at the same time, stopped and continued, one that fails, with Node's bits.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { start } from "../util/daemons.ts";
import { sampleCut } from "../util/npz.ts";
import { repository } from "../util/paths.ts";
import { execute } from "../util/process.ts";
import { install, runtimes } from "../util/runtimes.ts";

const STUDY = "base: {epochs: 6, data: cut.npz, task: multiclass}\ngrid: {head: [none, logistic]}\nseeds: 2\n";
const FAILING = "base: {epochs: 1, head: none, data: cut.npz, task: multiclass}\nlist: [{lr: 1.0e+37}, {}]\n";

/** Once: the MD5 of a zip file holds the time, and ids of runs hold the MD5. */
const data = await sampleCut();

/** How a runtime is started, up to the command's name. */
type Command = readonly string[];

function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`expected ${what}`);
}

/** Each run's id and fingerprint. */
async function fingerprints([program, ...args]: Command, folder: string): Promise<string> {
  const table = ["study", "table", "study", "--json"];
  const { stdout, output } = await execute(program, [...args, ...table], { cwd: folder });
  const { runs } = JSON.parse(stdout || "{}") as { runs?: { id: string; fingerprint: string | null }[] };
  expect(runs?.length === 4 && runs.every(({ fingerprint }) => fingerprint !== null), `four results: ${output}`);
  return runs!.map(({ id, fingerprint }) => `${id} ${fingerprint}`).join("\n");
}

/** Carries out a study; `stop`: is stopped by Ctrl-C first. */
async function study([program, ...args]: Command, stop: boolean): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "hqcnn-studies-"));
  try {
    writeFileSync(join(folder, "cut.npz"), data);
    writeFileSync(join(folder, "study.yaml"), STUDY);
    writeFileSync(join(folder, "failing.yaml"), FAILING);
    const command = [...args, "study", "study.yaml", "--out", "study", "--parallel", "2"];
    if (stop) {
      const first = start(program, command, folder);
      await first.says(/^4 runs, 2 at a time, in study$/m);
      first.child.kill("SIGINT");
      const code = await first.ended;
      const told = /stopped; continue with: hqcnn study study\.yaml --out study$/m.test(first.output());
      expect(code === 130 && told, `exit code 130 and how to continue, got ${code}: ${first.output()}`);
    }
    const { code, output } = await execute(program, command, { cwd: folder });
    expect(code === 0, `exit code 0, got ${code}: ${output}`);
    if (stop) {
      const failing = ["study", "failing.yaml", "--out", "failing", "--parallel", "2"];
      const ended = await execute(program, [...args, ...failing], { cwd: folder });
      const told = /^failed .*The loss became .*; it is tried once more$/m.test(ended.output);
      const kept = /1 of 2 runs failed; the others are kept/.test(ended.output);
      expect(ended.code === 1 && told && kept, `one failed run of two, got ${ended.code}: ${ended.output}`);
    }
    return await fingerprints([program, ...args], folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** For each runtime what is wrong with its studies; undefined: nothing. */
export async function checkStudies(): Promise<{ label: string; failure?: string }[]> {
  const expected = await study([process.execPath, repository("build/host/cli/main.js")], false);
  const found: { label: string; failure?: string }[] = [];
  for (const runtime of runtimes.filter(({ name }) => name !== "node")) {
    const label = `studies on ${runtime.name} ${runtime.version}`;
    try {
      const command = [await install(runtime), ...runtime.args, repository("host/cli/main.ts")];
      const got = await study(command, true);
      expect(got === expected, `Node's fingerprints:\n${expected}\ngot:\n${got}`);
      found.push({ label });
    } catch (error) {
      found.push({ label, failure: (error as Error).message });
    }
  }
  return found;
}
