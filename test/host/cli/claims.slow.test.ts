// A claim of a user's own on a tiny data set, from the file to the verdict and the page of several: twelve trainings.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fails, hqcnn, json } from "../../util/cli.ts";
import { medmnistArrays, npz } from "../../util/npz.ts";
import { multilabelNpz } from "../../util/tasks.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const test = suite("hqcnn claims");
const folder = temporaryFolder();
const mine = {
  ...{ id: "mine", says: "A circuit helps <on noise>.", data: "tiny.npz", protocol: "not stated", figure: "accuracy" },
  source: { title: "A & B", authors: "Somebody", year: 2025, text: "full" },
  published: { network: 0.99, baseline: 0.5, runs: 3 },
  options: { epochs: 1, batchSize: 16, qubits: 2, layers: 1 },
  ...{ baseline: "none", ablations: ["dense"], seeds: 2, assumed: ["Nothing."] },
};

test.before(async () => {
  const arrays = medmnistArrays({ train: 32, val: 16, test: 16 }, { channels: 3, classes: 2 });
  writeFileSync(join(folder, "tiny.npz"), await npz(arrays));
  writeFileSync(join(folder, "mine.json"), JSON.stringify(mine));
});

test("trains network, baseline and ablations by both protocols, and says what becomes of the claim", async () => {
  const ended = await hqcnn(["reproduce", "mine.json", "--out", "study", "--json"], { cwd: folder });
  assert.is(ended.code, 0, ended.stderr);
  const { verdict, parts } = json(ended) as {
    verdict: string;
    parts: {
      protocol: string;
      finding: { answer: string; values: number[] };
      comparison: { variants: { variant: string }[] };
    }[];
  };
  assert.equal(
    parts.map(({ protocol, comparison }) => [protocol, ...comparison.variants.map(({ variant }) => variant)]),
    [
      ["official", "quantum", "none", "dense"],
      ["pooled", "quantum", "none", "dense"],
    ],
  );
  assert.is(parts[0].finding.values.length, 2);
  assert.ok(["not", "open"].includes(verdict), verdict); // nothing can be learned from noise in one epoch
  for (const file of ["json", "csv", "tex", "bib", "md", "html"].map((ending) => `claim-mine.${ending}`))
    assert.ok(existsSync(join(folder, "study", file)), file);
  const page = readFileSync(join(folder, "study/claim-mine.html"), "utf8");
  assert.match(page, "A circuit helps &lt;on noise&gt;.");
  assert.match(page, "@software{hqcnn,");
});

test("continues a study by --resume; several make one page of evidence", async () => {
  const again = json(await hqcnn(["reproduce", "--resume", "study", "--json"], { cwd: folder }));
  const kept = JSON.parse(readFileSync(join(folder, "study/claim-mine.json"), "utf8"));
  assert.equal(again.parts, kept.parts);
  assert.match(kept.about[0], /^hqcnn reproduce mine\.json /); // its id alone would not be found
  const ended = await hqcnn(["claims", "study", "--out", "evidence"], { cwd: folder });
  assert.is(ended.code, 0, ended.stderr);
  const evidence = async (...folders: string[]) =>
    json(await hqcnn(["claims", ...folders, "--json"], { cwd: folder })) as { verdicts: object[]; warnings: string[] };
  assert.is((await evidence("study", "./study/")).verdicts.length, 1);
  mkdirSync(join(folder, "other"));
  writeFileSync(join(folder, "other/claim-mine.json"), JSON.stringify({ ...kept, verdict: "open", about: ["x"] }));
  const two = await evidence("study", "other");
  assert.equal([two.verdicts.length, two.warnings], [2, ["mine: 2 different results of a claim with this id"]]);
  assert.match(ended.stdout, /mine: (not reproduced|cannot be told apart)/);
  assert.match(readFileSync(join(folder, "evidence/evidence.html"), "utf8"), "What the evidence says");
  assert.match(
    readFileSync(join(folder, "evidence/evidence.csv"), "utf8"),
    /^claim,data,published,found,verdict\nmine,/,
  );
  await fails(1, ["claims", "nowhere"], ["expected a folder that hqcnn reproduce CLAIM wrote"], { cwd: folder });
});

test("where an image has several labels, a learning curve counts images, and errors have an interval", async () => {
  writeFileSync(join(folder, "labels.npz"), await multilabelNpz());
  const run = (line: string) => hqcnn(line.split(" "), { cwd: folder });
  const tiny = "--data labels.npz --task multilabel --epochs 1 --qubits 2 --layers 1 --seeds 1 --twins none";
  const ended = await run(`compare ${tiny} --fractions 0.25,1 --out curve`);
  assert.is(ended.code, 0, ended.stderr);
  const { points } = JSON.parse(readFileSync(join(folder, "curve/curve.json"), "utf8"));
  const sizes = points.map(({ fraction, images }: { fraction: number; images: number }) => [fraction, images]);
  assert.equal(sizes.flat(), [0.25, 16, 1, 64]);
  const model = "curve/labels-multilabel-official-none-seed0";
  const found = json(await run(`evaluate ${model} --corruptions shift --severities 1 --json`));
  const [low, high] = (found.corruptions as { rows: { error_interval: number[] }[] }).rows[0].error_interval;
  assert.ok(high - low > 0.01, `an interval of ${low} to ${high}`);
  const part = "curve/labels-multilabel-official-fraction0.25-none-seed0";
  assert.match((await run(`evaluate ${part} --split train`)).stderr, "trained on a part of them (--fraction 0.25)");
});

test.run();
