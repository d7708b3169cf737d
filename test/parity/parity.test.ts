// The golden folders, and what a wrong number in one looks like. `npm test` compares the strict build, and makes a
// folder of two images; the slow suite compares every build, and makes one of six.
import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeSafetensors, encodeSafetensors } from "../../host/network/safetensors.ts";
import { compileBuild } from "../util/builds.ts";
import { engines } from "../util/kernels.ts";
import { fixture, needsShared } from "../util/paths.ts";
import { refused } from "../util/refusal.ts";
import { temporaryFolder } from "../util/temporary.ts";
import { thorough } from "../util/thorough.ts";
import { writeGolden } from "./golden.ts";
import { compareFolder, type Parity } from "./parity.ts";
import { passes } from "./report.ts";

const builds = engines.map(({ build }) => build).filter((build) => thorough || build === "strict");

function check(result: Parity, section: string, ...names: string[]): void {
  const { checks } = result.sections[section];
  const outside = Object.entries(checks).filter(([, { error, tolerance }]) => !(error <= tolerance));
  assert.ok(passes(result.sections[section]), `${result.engine}: ${JSON.stringify(outside)}`);
  for (const name of names) assert.ok(name in checks, `${name} was not compared`);
}

const NETWORK = [
  "eval.logits",
  "loss of step 1",
  "train.logits",
  "train.fc1",
  "train.fc2",
  "running statistics",
  "losses after step 1",
];
const GRADIENTS = ["gradients of fc1, quantum, fc2, fc3", "gradients of layer5.1", "gradients of convolution biases"];

const TESTS = ["McNemar counts", "exact McNemar p", "exact McNemar p, relative", "exact Wilcoxon p"];

const golden = suite("parity with PyTorch, PennyLane and scikit-learn");
const withGolden = needsShared(golden, "parity");
let compared: Promise<Parity[]> | undefined;
/** The folder compared with every build, once. */
const results = (folder: string) => {
  compared ??= Promise.all(builds.map((build) => compareFolder(folder, build)));
  return compared;
};
for (const name of ["network", "circuits", "metrics"]) {
  withGolden(`${name}: within the tolerances in every build`, async (folder) => {
    const all = await results(folder);
    for (const result of all) check(result, name);
    assert.ok(all[0].sections[name].compared > 0);
  });
}
withGolden("nothing is left out but what is not built", async (folder) => {
  const [first] = await results(folder);
  const { missing, sections } = first;
  assert.equal(missing, []);
  assert.equal(sections.metrics.skipped, {});
  check(first, "metrics", ...TESTS);
  check(first, "network", ...NETWORK, "train.quantum", ...GRADIENTS, "after_10_steps.eval.logits");
  check(first, "circuits", "noise: density matrix", "noise: trajectories, in standard errors");
  assert.equal(sections.circuits.skipped, {});
  assert.ok(sections.circuits.compared >= 60 + 29 + 16);
});
golden.run();

const made = suite("parity, golden folders of other shapes");

made("grey images, five classes, three wires, 16 × 19 pixels: every section passes in every build", async () => {
  const made = temporaryFolder();
  const head = { kind: "quantum", wires: 3, layers: 2 } as const;
  writeGolden(
    made,
    await compileBuild("strict"),
    { channels: 1, classes: 5, height: 16, width: 19, hidden: 7, head },
    thorough ? 6 : 2,
  );
  for (const build of builds) {
    const result = await compareFolder(made, build);
    check(result, "network", ...NETWORK, "train.quantum", ...GRADIENTS);
    check(result, "circuits", "random: state", "random: Jacobian", "templates: expval, float32");
    check(result, "metrics", "AUC, but for the order of ties", "report text", ...TESTS);
    assert.ok(result.pass);
  }
});

made("colour images, dense head: a wrong gradient, loss or statistic is found", async () => {
  const made = temporaryFolder();
  const head = { kind: "dense", wires: 2 } as const;
  writeGolden(made, await compileBuild("strict"), { channels: 3, classes: 3, height: 17, width: 16, head }, 4);
  for (const name of ["circuits.json", "metrics.json"]) rmSync(join(made, name)); // the same in every folder
  const path = join(made, "network.safetensors");
  const whole = new Uint8Array(readFileSync(path));
  const fails = async (name: string, factor: number, section: string) => {
    const { tensors } = decodeSafetensors(whole.slice(), path);
    const data = tensors.get(name)!.data as Float64Array;
    data.forEach((value, i) => {
      data[i] = value * factor;
    });
    writeFileSync(path, encodeSafetensors(tensors, {}));
    const result = await compareFolder(made, "strict");
    const outside = Object.entries(result.sections.network.checks).filter(([, c]) => !(c.error <= c.tolerance));
    assert.equal(
      outside.map(([key]) => key),
      [section],
    );
    assert.not(result.pass);
  };
  assert.ok((await compareFolder(made, "strict")).pass);
  await fails("grad.layer3.0.weight", 1.1, "other gradients of layer1 … layer5");
  await fails("grad.fc2.weight", 1.001, "gradients of fc1, quantum, fc2, fc3");
  await fails("train.tanh", 1.01, "train.tanh");
  await fails("after_forward.layer4.1.running_var", 1.001, "running statistics");
  await fails("eval.logits", Number.NaN, "eval.logits");
});

made("a folder that lacks files says so; an empty, damaged or half one is refused", async () => {
  const empty = temporaryFolder();
  await refused(() => compareFolder(empty, "strict"), empty, "network.safetensors");
  copyFileSync(fixture("parity/metrics.json"), join(empty, "metrics.json"));
  const result = await compareFolder(empty, "strict");
  assert.equal(result.missing, ["network.safetensors", "network.json", "circuits.json"]);
  assert.ok(result.pass);
  writeFileSync(join(empty, "circuits.json"), '{"random": [{"wires": 1}]}');
  await refused(() => compareFolder(empty, "strict"), "circuits.json", "random.0.ops");
  writeFileSync(join(empty, "circuits.json"), "{");
  await refused(() => compareFolder(empty, "strict"), "circuits.json", "not JSON");
  writeFileSync(join(empty, "network.json"), "{}");
  await refused(() => compareFolder(empty, "strict"), "network.safetensors");
  writeFileSync(join(empty, "network.json"), '{"batch": 4, "losses_float64": [1]}');
  writeFileSync(join(empty, "network.safetensors"), "short");
  await refused(() => compareFolder(empty, "strict"), "network.safetensors");
});

made("the command prints one JSON object and exits 0; 1 outside the tolerances; 2 on a bad folder or option", () => {
  const script = fileURLToPath(new URL(`run.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url));
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [...process.execArgv, script, ...args], { encoding: "utf8" });
  const cut = temporaryFolder();
  copyFileSync(fixture("parity/circuits.json"), join(cut, "circuits.json"));
  const good = run(cut, "--engine", "debug");
  assert.is(good.status, 0, good.stderr);
  const report = JSON.parse(good.stdout) as Parity;
  assert.ok(report.pass);
  assert.is(report.engine, "debug");
  assert.ok(report.sections.circuits.checks["random: expval"].error <= 1e-11);
  assert.ok(report.sections.circuits.checks["noise: density matrix"].error <= 1e-12);
  const wrong = JSON.parse(readFileSync(join(cut, "circuits.json"), "utf8"));
  wrong.random[0].expval[0] += 1e-9;
  writeFileSync(join(cut, "circuits.json"), JSON.stringify(wrong));
  assert.is(run(cut).status, 1);
  for (const args of [[], [join(cut, "nowhere")], [cut, "--engine", "slow"], [cut, "--what"]]) {
    const bad = run(...args);
    assert.is(bad.status, 2, args.join(" "));
    assert.is(bad.stdout, "");
    assert.is(bad.stderr.trim().split("\n").length, 1);
  }
});

made.run();
