// Studies as array jobs of a real Slurm of one node: a task's time ends, a task is killed, the study is stopped, and
// the results are the local ones.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { TEMPLATE } from "../../../host/study/slurm.ts";
import { hqcnn, json } from "../../util/cli.ts";
import { killAll, startHqcnn } from "../../util/daemons.ts";
import { eventually } from "../../util/eventually.ts";
import { sampleCut } from "../../util/npz.ts";
import { type Cluster, missingForSlurm, startSlurm } from "../../util/slurm.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const slurm = suite("hqcnn study --slurm");
const folder = temporaryFolder();
writeFileSync(join(folder, "cut.npz"), await sampleCut());
const write = (path: string, text: string) => writeFileSync(join(folder, path), text);
write("study.yaml", "base: {epochs: 12, data: cut.npz, task: multiclass}\ngrid: {head: [none, logistic]}\nseeds: 2\n");

let cluster: Cluster;
/** Skips a test by name where Slurm is not installed. */
const test = (name: string, body: () => Promise<void>) => {
  if (missingForSlurm.length === 0) return slurm(name, body);
  console.log(`skipped: ${name} (no ${missingForSlurm.join(", ")}: apt-get install slurm-wlm munge)`);
  slurm.skip(name, body);
};
slurm.before(async () => {
  if (missingForSlurm.length === 0) cluster = await startSlurm(join(folder, "slurm"));
});
slurm.after(() => {
  cluster?.ask("scancel", "--me");
  killAll();
});

const study = (...args: string[]) => startHqcnn(["study", ...args], folder, cluster.env);
const log = (out: string, name: string) => {
  const path = join(folder, out, "slurm", name);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
};
const results = async (out: string) => {
  const ended = await hqcnn(["study", "table", join(folder, out), "--json"]);
  const { runs } = json(ended) as { runs: Record<string, unknown>[] };
  return runs.map(({ seconds: _, ...run }) => run);
};

test("a task's time ends and another is killed: both continue, with the local executor's bits", async () => {
  const script = join(folder, "pid.sh");
  writeFileSync(
    script,
    TEMPLATE.replace("exec", () => "echo pid $$\nexec"),
  );
  const place = ["--slurm", "--partition", "main", "--time", "30", "--cpus", "1", "--template", script];
  const running = study("study.yaml", "--out", "out", ...place);
  await running.says(/job 1 of Slurm: 4 tasks; scancel 1 stops them/);
  // The first signal is what Slurm sends when the time limit is near.
  for (const [task, name] of ["SIGUSR1", "SIGKILL"].entries()) {
    const text = () => log("out", `1-${task}.log`);
    await eventually(
      () => /^epoch 1 of 12$/m.test(text()),
      () => `an epoch: ${text()}\n${running.output()}`,
    );
    process.kill(Number(/^pid (\d+)$/m.exec(text())?.[1]), name);
  }
  assert.is(await running.ended, 0, `${running.output()}\n${log("out", "1-0.log")}\n${log("out", "1-1.log")}`);
  const first = log("out", "1-0.log");
  assert.match(first, /the time of task 1_0 is nearly over: it is started again/);
  assert.is((first.match(/^started /gm) ?? []).length, 2, first);
  assert.is((first.match(/^epoch 1 of 12$/gm) ?? []).length, 1, first);
  assert.match(running.output(), /^failed .*task 1_1 of Slurm ended.*; it is tried once more$/m);
  assert.match(running.output(), /job \d+ of Slurm: 1 tasks/);
  assert.is((await hqcnn(["study", "study.yaml", "--out", "local"], { cwd: folder })).code, 0);
  assert.equal(await results("out"), await results("local"));
});

test("stopped, the same command finds its tasks again; status has them", async () => {
  write("two.yaml", "base: {epochs: 1, data: cut.npz, task: multiclass, head: none}\nseeds: 4\n");
  const script = join(folder, "gate.sh");
  writeFileSync(script, TEMPLATE.replace("exec", "until [ -e gate ]; do sleep 0.2; done\nexec"));
  const place = ["--slurm", "--parallel", "1", "--template", script];
  const first = study("two.yaml", "--out", "two", ...place);
  await first.says(/job \d+ of Slurm: 4 tasks/);
  first.child.kill("SIGINT");
  assert.is(await first.ended, 130, first.output());
  assert.match(first.output(), /continue with: hqcnn study two\.yaml --out two --slurm --parallel 1 --template /);
  const status = await hqcnn(["study", "status", join(folder, "two"), "--json"], { env: cluster.env });
  const { runs } = json(status) as { runs: { state: string; slurm: { state: string; task: string } | null }[] };
  const states = runs.map(({ state, slurm }) => slurm?.state ?? state);
  assert.ok(states.includes("PENDING"), `${states}`);
  assert.ok(
    states.every((state) => ["PENDING", "RUNNING", "COMPLETING", "finished"].includes(state)),
    `${states}`,
  );
  assert.match((await hqcnn(["study", "status", join(folder, "two")], { env: cluster.env })).stdout, /PENDING \(/);
  write("gate", "open");
  const again = study("two.yaml", "--out", "two", ...place);
  assert.is(await again.ended, 0, again.output());
  assert.not.match(again.output(), /of Slurm: \d+ tasks/);
  assert.is(JSON.parse(log("two", "jobs.json")).length, 1);

  write("one.yaml", "base: {epochs: 1, data: cut.npz, task: multiclass, head: none}\n");
  const own = study("one.yaml", "--out", "one", "--slurm");
  assert.is(await own.ended, 0, own.output());
  assert.is(log("one", "job.sh"), TEMPLATE);
});

test("what Slurm refuses, and data that a node lacks, fail by name", async () => {
  const refused = study("one.yaml", "--out", "refused", "--slurm", "--partition", "nowhere");
  assert.is(await refused.ended, 1, refused.output());
  assert.match(refused.output(), /Slurm does not take the job: .*invalid partition/i);
  const mistakes: [string[], RegExp][] = [
    [["--slurm", "--time", "soon"], /--time: expected a time as Slurm writes it/],
    [["--partition", "main"], /--partition: only with --slurm/],
    [["--slurm", "--queue", "redis://localhost"], /expected one of --queue and --slurm/],
  ];
  for (const [args, expected] of mistakes) {
    const mistake = study("one.yaml", "--out", "refused", ...args);
    assert.is(await mistake.ended, 2, mistake.output());
    assert.match(mistake.output(), expected);
  }
  const script = join(folder, "moved.sh");
  writeFileSync(script, '#!/bin/bash\nmv cut.npz moved.npz\nexec "$@"\n');
  const lacking = study("one.yaml", "--out", "lacking", "--slurm", "--template", script);
  assert.is(await lacking.ended, 1, lacking.output());
  assert.match(
    lacking.output(),
    /1 of 1 runs failed[\s\S]*task \d+_0 of Slurm ended: .*lacks what .* needs: the data cut\.npz/,
  );
  assert.ok(readdirSync(folder).includes("moved.npz"));
});

slurm.run();
