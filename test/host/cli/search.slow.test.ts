import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hqcnn, json } from "../../util/cli.ts";
import { startHqcnn } from "../../util/daemons.ts";
import { sampleCut } from "../../util/npz.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const search = suite("hqcnn study");
const folder = temporaryFolder();
const file = join(folder, "heads.yaml");
writeFileSync(file, "base: {epochs: 1}\ngrid:\n  head: [none, logistic]\nseeds: 2\n");
const out = join(folder, "study");
const args = ["study", file, "--out", out, "--parallel", "1"];

interface Run {
  id: string;
  state: string;
  fingerprint: string | null;
  varied: { head: string };
  val: { loss: number; auc: number };
}

const metricsOf = (study: string) =>
  readdirSync(study)
    .map((name) => join(study, name, "metrics.json"))
    .filter((path) => existsSync(path));

search("plan lists the runs with a time, and writes nothing", async () => {
  const { runs, seconds, wall } = json(await hqcnn(["study", "plan", file, "--json"])) as Record<string, never>;
  assert.is((runs as Run[]).length, 4);
  assert.ok(seconds > 0 && wall > 0);
  assert.not(existsSync(out));
});

search("killed in the middle, the same command keeps what is finished; a second one is refused meanwhile", async () => {
  const killed = await hqcnn(args, { signal: { name: "SIGKILL", after: /^finished /m } });
  assert.is(killed.code, null, killed.stdout + killed.stderr);
  const done = metricsOf(out);
  assert.ok(done.length >= 1 && done.length < 4, `${done}`);
  const times = done.map((path) => statSync(path).mtimeMs);
  const status = json(await hqcnn(["study", "status", out, "--json"]));
  assert.is((status.runs as Run[]).filter(({ state }) => state === "finished").length, done.length);
  const first = startHqcnn(args, folder);
  await first.says(/runs, 1 at a time/);
  const second = await hqcnn(args);
  assert.equal([await first.ended, second.code], [0, 2], first.output() + second.stderr + second.stdout);
  assert.match(second.stderr, /is in use: process \d+ on .* since \d{4}-/);
  assert.is(metricsOf(out).length, 4);
  assert.equal(
    done.map((path) => statSync(path).mtimeMs),
    times,
  );
});

search("table, plot and report of it; the best has the best validation AUC", async () => {
  const { runs, configurations } = json(await hqcnn(["study", "table", out, "--json"])) as unknown as {
    runs: Run[];
    configurations: { name: string; best: boolean; val: { auc: number } }[];
  };
  assert.ok(runs.every(({ fingerprint }) => /^[0-9a-f]{64}$/.test(fingerprint ?? "")));
  const best = configurations.filter((configuration) => configuration.best);
  assert.is(best.length, 1);
  assert.is(best[0].val.auc, Math.max(...configurations.map(({ val }) => val.auc)));
  for (const head of ["none", "logistic"]) {
    const own = runs.filter(({ varied }) => varied.head === head).map(({ val }) => val.auc);
    const mean = configurations.find(({ name }) => name === `head=${head}`)!.val.auc;
    assert.ok(Math.abs(mean - (own[0] + own[1]) / 2) < 1e-12);
  }
  const csv = (await hqcnn(["study", "table", out, "--format", "csv"])).stdout.trim().split("\n");
  assert.equal([csv.length, csv[0].split(",")[2]], [5, "head"]);
  assert.match((await hqcnn(["study", "table", out, "--format", "latex"])).stdout, "\\begin{tabular}");
  assert.match((await hqcnn(["study", "table", out, "--format", "markdown"])).stdout, "| head=none |");
  assert.is((await hqcnn(["study", "report", out])).code, 0);
  assert.match(readFileSync(join(out, "study.html"), "utf8"), "by validation");
  const plot = await hqcnn(["study", "plot", out]);
  assert.is(plot.stdout.trim().split("\n").length, 8, plot.stderr);
});

search("a file that changed since is refused with the difference", async () => {
  const changed = join(folder, "changed.yaml");
  writeFileSync(changed, "base: {epochs: 2}\ngrid:\n  head: [none, logistic]\nseeds: 2\n");
  const ended = await hqcnn(["study", changed, "--out", out]);
  assert.is(ended.code, 2, ended.stderr);
  assert.match(ended.stderr, "base.epochs: was 1, is 2");
});

search("a run that fails is told, tried once more, and remembered; the others are kept", async () => {
  const diverging = join(folder, "diverging.yaml");
  writeFileSync(diverging, "base: {epochs: 1, head: none}\nlist: [{lr: 1.0e+37}, {}]\n");
  const ended = await hqcnn(["study", diverging, "--out", join(folder, "failed"), "--parallel", "1"]);
  assert.is(ended.code, 1, ended.stdout + ended.stderr);
  assert.match(ended.stdout, /^failed .*The loss became .*; it is tried once more$/m);
  assert.match(ended.stderr, "1 of 2 runs failed; the others are kept");
  const { runs } = json(await hqcnn(["study", "status", join(folder, "failed"), "--json"]));
  assert.equal(
    (runs as Run[]).map(({ state }) => state),
    ["failed", "finished"],
  );
});

search("successive halving stops the worse on validation, says so, and is continued to the same end", async () => {
  const file = join(folder, "halving.yaml");
  const lrs = "[0.00001, 0.003, 0.00002, 0.001]";
  writeFileSync(join(folder, "cut.npz"), await sampleCut());
  writeFileSync(
    file,
    `base: {epochs: 4, data: ${join(folder, "cut.npz")}, task: multiclass, head: none}\ngrid: {lr: ${lrs}}\n`,
  );
  interface Halved {
    runs: (Run & { epoch: number })[];
    configurations: { name: string; best: boolean; finished: number; stopped: { epoch: number } | null }[];
    halving: { rungs: number[] };
  }
  const table = async (out: string) =>
    json(await hqcnn(["study", "table", join(folder, out), "--json"])) as unknown as Halved;
  const args = (out: string) => ["study", file, "--halving", "2", "--out", join(folder, out), "--parallel", "1"];
  const ended = await hqcnn(args("halved"));
  assert.is(ended.code, 0, ended.stderr);
  assert.match(ended.stdout, /stopped after epoch 1 on cut: lr=\S+: [34] of 4 on validation, the best 2 continued/);
  const halved = await table("halved");
  assert.equal(halved.halving.rungs, [1, 2]);
  assert.equal(halved.runs.map(({ epoch }) => epoch).sort(), [1, 1, 2, 4]);
  assert.equal(halved.configurations.map(({ stopped }) => stopped?.epoch ?? 0).sort(), [0, 1, 1, 2]);
  assert.is(halved.configurations.find(({ best }) => best)?.finished, 1);
  const killed = await hqcnn(args("again"), { signal: { name: "SIGINT", after: /runs, 1 at a time/ } });
  assert.is(killed.code, 130, killed.stderr);
  assert.match(killed.stderr, /--out \S+ --halving 2/);
  assert.is((await hqcnn(args("again"))).code, 0);
  const times = (halved: Halved) => JSON.stringify(halved.runs, (key, value) => (key === "seconds" ? 0 : value));
  assert.is(times(await table("again")), times(halved));
  const without = await hqcnn(args("halved").filter((arg) => !["--halving", "2"].includes(arg)));
  assert.is(without.code, 2);
  assert.match(without.stderr, "halving: was 2, is not there");
});

search.run();
