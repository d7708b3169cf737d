import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fails, hqcnn, json } from "../../util/cli.ts";
import { needsShared } from "../../util/paths.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const compare = suite("hqcnn compare, reproduce");
const folder = temporaryFolder();
const path = (...names: string[]) => join(folder, ...names);
const sample = ["--seeds", "2", "--epochs", "1", "--twins", "none,logistic", "--parallel", "2"];
const runFolders = (study: string) =>
  readdirSync(study)
    .filter((name) => statSync(join(study, name)).isDirectory())
    .sort();

/** What a comparison says, without times and paths. */
function result(ended: Awaited<ReturnType<typeof hqcnn>>) {
  assert.is(ended.code, 0, ended.stderr);
  const { variants, contrasts, seeds, images } = json(ended);
  const timeless = (variants as Record<string, unknown>[]).map(
    ({ seconds: _, imagesPerSecond: __, convergence: ___, ...rest }) => rest,
  );
  return { variants: timeless, contrasts, seeds, images };
}

compare("compare writes runs, tables and a verdict for each twin", async () => {
  const ended = await hqcnn(["compare", ...sample, "--out", path("whole")]);
  assert.is(ended.code, 0, ended.stderr);
  assert.equal(
    (ended.stdout.match(/^(Significant|Too few seeds to tell: no significant) difference .* over 2 seeds\.$/gm) ?? [])
      .length,
    2,
  );
  assert.match(ended.stdout, "Not for clinical use.");
  assert.is(runFolders(path("whole")).length, 6);
  for (const name of ["compare.study.json", "comparison.json", "comparison.md", "comparison.csv", "comparison.tex"]) {
    assert.ok(existsSync(path("whole", name)), name);
  }
});

for (const [name, code] of [
  ["SIGINT", 130],
  ["SIGKILL", null],
] as const) {
  compare(`${name} in the middle, --resume: the result of an uninterrupted comparison`, async () => {
    const out = path(name);
    const stopped = await hqcnn(["compare", ...sample, "--out", out], { signal: { name, after: /^finished /m } });
    assert.is(stopped.code, code, stopped.stdout + stopped.stderr);
    if (code) assert.match(stopped.stderr, `continue with: hqcnn compare --resume ${out}`);
    const done = runFolders(out).filter((run) => existsSync(join(out, run, "metrics.json")));
    assert.ok(done.length >= 1 && done.length < 6, `${done}`);
    const untouched = done.map((run) => statSync(join(out, run, "model.safetensors")).mtimeMs);
    const resumed = result(await hqcnn(["compare", "--resume", out, "--json"]));
    assert.equal(
      done.map((run) => statSync(join(out, run, "model.safetensors")).mtimeMs),
      untouched,
    );
    // Of a finished study the results are told again.
    assert.equal(resumed, result(await hqcnn(["compare", "--resume", path("whole"), "--json"])));
    for (const run of runFolders(out)) {
      for (const file of ["metrics.json", "fingerprint", "predictions.csv"]) {
        assert.is(readFileSync(join(out, run, file), "utf8"), readFileSync(path("whole", run, file), "utf8"), run);
      }
    }
  });
}

compare("twins that the network has not are left out of the standard ones, and refused by name", async () => {
  await fails(
    2,
    ["compare", ...sample, "--embedding", "iqp", "--twins", "product", "--out", path("refused")],
    ["there is no product", "got iqp, which entangles by itself"],
  );
  const study = readFileSync(path("whole", "compare.study.json"), "utf8");
  await fails(2, ["compare", ...sample, "--epochs", "2", "--out", path("whole")], ["--epochs 2, found 1", "--out"]);
  assert.is(readFileSync(path("whole", "compare.study.json"), "utf8"), study);
  assert.not(existsSync(path("refused")));
  await fails(2, ["compare", "--resume", path("whole"), "--twins", "none"], ["--resume", "--twins"]);
  await fails(1, ["reproduce", "--resume", path("whole")], ["reproduce.study.json", "no such file"]);
});

needsShared(compare, "data/bloodmnist.npz")(
  "reproduce: the official split of BloodMNIST beside the source's figures",
  async (file) => {
    const data = dirname(file);
    const args = ["reproduce", "bloodmnist", "--epochs", "1", "--seeds", "1", "--protocols", "official"];
    const figures = path("blood", "figures");
    const ended = await hqcnn([...args, "--out", path("blood"), "--figures", figures], { env: { HQCNN_DATA: data } });
    assert.is(ended.code, 0, ended.stderr);
    assert.equal(
      readdirSync(figures).filter((name) => name.endsWith(".png")).length,
      readdirSync(figures).filter((name) => name.endsWith(".svg")).length,
    );
    assert.ok(readFileSync(join(figures, "bloodmnist-official-accuracy.svg"), "utf8").startsWith("<svg "));
    const markdown = readFileSync(path("blood", "reproduction.md"), "utf8");
    for (const text of [ended.stdout, markdown]) {
      assert.match(
        text,
        "bloodmnist, binary, recipe source, protocol official, seeds 0, beside the thesis; epochs 1 instead of",
      );
      for (const support of ["2486", "935"]) {
        assert.match(text, new RegExp(`\\b${support}\\b.*\\b${support}\\b`), text); // ours and theirs in one row
      }
    }
    assert.match(markdown, /\| hybrid \| [\d.]+ \| 99\.12 \| [\d.]+ \| 0\.99916 \|/);
    assert.match(markdown, /\| CNN alone \| [\d.]+ \| 72\.6 \| [\d.]+ \| 0\.8864 \|/);
  },
);

compare.run();
