import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fails, hqcnn } from "../../util/cli.ts";
import { COMMAND, repository } from "../../util/paths.ts";

const run = suite("hqcnn");

run("--version is the package's", async () => {
  const { default: manifest } = await import(repository("package.json"), { with: { type: "json" } });
  assert.is((await hqcnn(["--version"])).stdout, `${manifest.version}\n`);
});

run("--help of every command shows usage, options and an example", async () => {
  const { stdout } = await hqcnn(["--help"]);
  const commands = [...stdout.matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name]) => name);
  assert.equal(
    commands.join(" "),
    "train compare study worker evaluate predict explain export reproduce claims report data bench serve circuit",
  );
  const helps = [
    ...commands.map((name) => [name]),
    ...["list", "fetch", "verify", "inspect"].map((name) => ["data", name]),
  ];
  for (const command of helps) {
    const help = await hqcnn([...command, "--help"]);
    assert.is(help.code, 0);
    assert.ok(help.stdout.startsWith(`Usage: hqcnn ${command.join(" ")} `), help.stdout);
    assert.match(help.stdout, /Examples?:\n {2}\$ hqcnn /);
  }
  const train = (await hqcnn(["train", "--help"])).stdout.replace(/\s+/g, " ");
  for (const part of ["--epochs <n>", "(default: 10)", "(default: 0.001)", '"strongly-entangling"']) {
    assert.ok(train.includes(part), part);
  }
});

run("usage errors exit with 2", async () => {
  await fails(2, ["frobnicate"], ["unknown command 'frobnicate'"]);
  await fails(2, ["data", "frobnicate"], ["unknown command 'frobnicate'"]);
  await fails(2, ["circuit", "--json=yes"], ["--json"]);
  assert.is((await hqcnn([])).code, 2);
});

run("shows a stack only with HQCNN_DEBUG=1", async () => {
  const args = ["circuit", "--qubits", "0"];
  assert.not((await hqcnn(args)).stderr.includes("    at "));
  assert.ok((await hqcnn(args, { env: { HQCNN_DEBUG: "1" } })).stderr.includes("    at "));
});

run("a reader that leaves early is no failure", () => {
  const script = `set -o pipefail; "${process.execPath}" "${COMMAND}" circuit --qubits 12 --layers 20 --json | true`;
  const ended = spawnSync("bash", ["-c", script], { encoding: "utf8", env: { ...process.env, NODE_NO_WARNINGS: "1" } });
  assert.equal([ended.status, ended.stderr], [0, ""]);
});

run.run();
