// A comparison by both doors, with options that it must not take over.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defineCompare } from "../../../host/cli/compare.ts";
import type { BrowserPlatform } from "../../../host/platform/browser.ts";
import { createNodePlatform } from "../../../host/platform/node.ts";
import { createTurn } from "../../../host/web/worker/locks.ts";
import { studyCalls } from "../../../host/web/worker/studies.ts";
import { planComparison } from "../../../host/work/compare.ts";
import { openTrainingData } from "../../../host/work/data.ts";
import { hqcnn, json } from "../../util/cli.ts";
import { medmnistArrays, npz } from "../../util/npz.ts";
import { refused } from "../../util/refusal.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const work = suite("work/compare");
const folder = temporaryFolder();
const platform = createNodePlatform();
const context = { platform, version: "0.0.0" };
/** What may stand under Train, or in a run's config.json. */
const leaky = { data: "tiny.npz", epochs: 1, shuffleLabels: true, freeze: "features", start: "nowhere" } as const;

const before = process.cwd();
work.before(async () => {
  const arrays = medmnistArrays({ train: 32, val: 16, test: 16 }, { channels: 3, classes: 2 });
  writeFileSync(join(folder, "tiny.npz"), await npz(arrays));
  process.chdir(folder);
});
work.after(() => process.chdir(before));

/** Asserts that `hqcnn compare` knows every option of a command line that a comparison prints. */
function accepted(line: string): void {
  const [program, name, ...args] = line.split(" ");
  assert.equal([program, name], ["hqcnn", "compare"]);
  const command = new Command(name).exitOverride();
  defineCompare(command, context);
  assert.equal(command.parseOptions(args).unknown, [], line);
}

/** Asserts that the runs of a study were trained without what belongs to a comparison. */
function clean(study: string): void {
  const runs = readdirSync(study, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.is(runs.length, 2);
  for (const { name } of runs) {
    const { options } = JSON.parse(readFileSync(join(study, name, "config.json"), "utf8"));
    assert.equal([options.shuffleLabels, options.freeze, options.start], [false, "none", undefined], name);
  }
}

work("from the command line: a config file's are named and not used", async () => {
  writeFileSync("leaky.json", JSON.stringify(leaky));
  const args = ["--config", "leaky.json", "--seeds", "1", "--twins", "none", "--out", "study", "--json"];
  const ended = await hqcnn(["compare", ...args], { cwd: folder });
  assert.is(ended.code, 0, ended.stderr);
  const { warnings } = json(ended) as { warnings: string[] };
  for (const flag of ["--shuffle-labels", "--freeze", "--start"]) {
    assert.match(ended.stderr, `${flag} is not used in a comparison`);
    assert.ok(warnings.some((warning) => warning.includes(`${flag} is not used`)));
  }
  clean("study");
  accepted(JSON.parse(readFileSync("study/comparison.json", "utf8")).about[0]);
});

work("from the page: those of the view Train are named and not used", async () => {
  const place = {
    ...{ platform: platform as unknown as BrowserPlatform, version: "0.0.0" },
    open: (options: Parameters<typeof openTrainingData>[1]) => openTrainingData(platform, options),
  };
  const { compare, studyCount } = studyCalls(place, createTurn());
  const report = await compare({ options: leaky, seeds: 1, twins: ["none"] }, () => {});
  assert.ok(report);
  for (const flag of ["--shuffle-labels", "--freeze", "--start"]) {
    assert.ok(
      report.warnings.some((warning) => warning.includes(`${flag} is not used`)),
      flag,
    );
  }
  assert.is(await studyCount(), 1);
  clean(join("studies", readdirSync("studies")[0]));
  const line = report.markdown.split("\n").find((text) => text.startsWith("- hqcnn compare"));
  accepted(line!.slice(2));
});

work("both doors find the same: their differences have the same numbers", () => {
  const found = ["study", join("studies", readdirSync("studies")[0])].map(
    (study) => JSON.parse(readFileSync(join(study, "comparison.json"), "utf8")).contrasts,
  );
  assert.equal(found[0], found[1]);
});

work("--resume tests as the study was tested last: --shots and --corruptions are kept in its file", async () => {
  const resume = ["compare", "--resume", "study", "--json"];
  const measuring = ["--shots", "0,3", "--noise", "depolarizing:0.1,0.2", "--repetitions", "2", "--measure-seed", "4"];
  const asked = await hqcnn([...resume, ...measuring], { cwd: folder });
  assert.is(asked.code, 0, asked.stderr);
  const [network, none] = json(asked).variants as { measured?: { shots: number; noise: string }[] }[];
  assert.equal(
    network.measured!.map(({ shots, noise }) => `${shots} ${noise}`),
    ["0 depolarizing:0.1", "3 depolarizing:0.1", "0 depolarizing:0.2", "3 depolarizing:0.2"],
  );
  assert.is(none.measured, undefined);
  assert.equal(json(await hqcnn(resume, { cwd: folder })), json(asked));
  const [line] = JSON.parse(readFileSync("study/comparison.json", "utf8")).about;
  assert.match(line, / --shots 0,3 --noise depolarizing:0.1,0.2 --repetitions 2 --measure-seed 4$/);
  accepted(line);
  const corrupted = json(await hqcnn([...resume, "--corruptions", "gamma", "--severities", "2"], { cwd: folder }));
  assert.ok(corrupted.corruptions);
  const again = json(await hqcnn(resume, { cwd: folder }));
  assert.equal([again, (again.variants as object[]).map((one) => "measured" in one)], [corrupted, [false, false]]);
});

work("the standard ablations that the network does not have are left out by name, others refused", async () => {
  const options = { data: "tiny.npz", embedding: "iqp" };
  const plan = await planComparison(context, { options, seeds: 1, twins: ["none", "product"], standard: true });
  assert.equal(plan.twins, ["none", "dense", "frozen", "logistic", "shuffled"]);
  assert.ok(plan.warnings.some((warning) => warning.startsWith("no ablation product: ")));
  accepted(plan.command);
  await refused(() => planComparison(context, { options, seeds: 1, twins: ["product"] }), "there is no product");
});

work.run();
