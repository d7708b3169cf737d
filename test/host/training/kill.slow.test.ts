// kill -9 at every file event of a training, and many starts at once.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FUZZ_RUNS } from "../../util/fuzz.ts";
import { trainForKills } from "../../util/kills.ts";
import { medmnistArrays, npz } from "../../util/npz.ts";
import { COMMAND, repository } from "../../util/paths.ts";
import { temporaryFolder } from "../../util/temporary.ts";

/** CI, which sets HQCNN_FUZZ, tries a part of the kill points and double starts. */
const part = FUZZ_RUNS < 20_000 ? 8 : 1;

const kill = suite("training, killed and doubled");
const built = import.meta.url.includes("/build/test/");
const program = repository(built ? "build/test/util/killProgram.js" : "test/util/killProgram.ts");
const folder = temporaryFolder();
const data = join(folder, "tiny.npz");
writeFileSync(data, await npz(medmnistArrays({ train: 32, val: 8, test: 8 }, { channels: 1, classes: 2 })));

/** Everything that a finished run leaves, without what no two runs share: times. */
function left(run: string): Record<string, string> {
  const text = (file: string) => readFileSync(join(run, file), "latin1");
  const history = text("history.jsonl")
    .trim()
    .split("\n")
    .map((line) => ({ ...JSON.parse(line), seconds: 0, imagesPerSecond: 0 }));
  const files = ["fingerprint", "model.safetensors", "predictions.csv", "metrics.json"];
  return {
    ...Object.fromEntries(files.map((file) => [file, text(file)])),
    history: JSON.stringify(history),
    names: readdirSync(run).sort().join(),
  };
}

kill(
  "at every file event, half a write included: continued, it ends with the same bits and nothing left over",
  async () => {
    const whole = join(folder, "whole");
    const { stdout } = spawnSync(process.execPath, [program, "0", data, whole], { encoding: "utf8" });
    const events = Number(stdout);
    assert.ok(events >= 62, `${events} events`);
    const expected = left(whole);
    const wrong: string[] = [];
    for (let at = 1; at <= events; at += part) {
      const run = join(folder, `killed-${at}`);
      const { signal, stderr } = spawnSync(process.execPath, [program, String(at), data, run], { encoding: "utf8" });
      assert.is(signal, "SIGKILL", `event ${at}: ${stderr}`);
      const { finished } = await trainForKills(data, run);
      const got = left(run);
      const differing = Object.keys(expected).filter((name) => got[name] !== expected[name]);
      if (!finished || differing.length > 0) wrong.push(`event ${at}: ${differing} (${got.names})`);
      rmSync(run, { recursive: true });
    }
    assert.equal(wrong, []);
    const tried = Math.ceil(events / part);
    console.log(`${tried} of ${tried} kill points continued to the same bits`);
  },
);

/** Runs `hqcnn ARGS` and says how it ended. */
function start(args: string[], cwd = folder): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [COMMAND, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const ended = { code: null as number | null, stdout: "", stderr: "" };
  child.stdout.on("data", (text) => (ended.stdout += text));
  child.stderr.on("data", (text) => (ended.stderr += text));
  return new Promise((resolve) => child.on("close", (code) => resolve({ ...ended, code })));
}

const training = ["train", "--data", data, "--epochs", "2", "--threads", "1", "--json"];

kill("of two starts in one folder one trains and the other is refused, forty times", async () => {
  let refused = 0;
  const times = 40 / part;
  for (let i = 0; i < times; i++) {
    const out = join(folder, `double-${i}`);
    const both = await Promise.all([start([...training, "--out", out]), start([...training, "--out", out])]);
    const lost = both.filter(({ code }) => code === 2);
    assert.equal(both.map(({ code }) => code).sort(), [0, 2], both.map(({ stderr }) => stderr).join("\n"));
    assert.match(lost[0].stderr, /is in use: |exists already/);
    refused += lost.length;
    rmSync(out, { recursive: true });
  }
  console.log(`${refused} of ${times} double starts refused`);
});

kill("starts in one second without --out have a folder each", async () => {
  const ended = await Promise.all(Array.from({ length: 4 }, () => start(training)));
  const runs = ended.map(({ stdout }) => (JSON.parse(stdout) as { run: string }).run);
  assert.is(new Set(runs).size, 4);
  for (const run of runs) assert.ok(existsSync(join(folder, run, "metrics.json")));
});

kill("of two comparisons in one folder with different options one is refused", async () => {
  const compare = ["compare", "--data", data, "--seeds", "1", "--twins", "none", "--parallel", "1", "--json"];
  for (let i = 0; i < 2; i++) {
    const out = join(folder, `compare-${i}`);
    const both = await Promise.all(["1", "2"].map((epochs) => start([...compare, "--epochs", epochs, "--out", out])));
    assert.equal(both.map(({ code }) => code).sort(), [0, 2], both.map(({ stderr }) => stderr).join("\n"));
    assert.match(both.find(({ code }) => code === 2)!.stderr, /is in use: |choose another --out/);
  }
});

kill.run();
