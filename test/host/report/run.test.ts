import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadEngine, openDataset } from "../../../host/api.ts";
import type { Dataset } from "../../../host/datasets/types.ts";
import type { MeasuredTable } from "../../../host/evaluation/measuredTable.ts";
import { createNodePlatform } from "../../../host/platform/node.ts";
import { commandLine } from "../../../host/report/reproduce.ts";
import { reportRun, runPage } from "../../../host/report/run.ts";
import { inWords } from "../../../host/training/fields.ts";
import { parseTrainOptions } from "../../../host/training/parse.ts";
import { readReportedRun } from "../../../host/training/reported.ts";
import { startRun } from "../../../host/training/run.ts";
import { medmnistArrays, npz } from "../../util/npz.ts";
import { temporaryFolder } from "../../util/temporary.ts";

const platform = createNodePlatform();
const engine = await loadEngine({ threads: 1 });
const folder = temporaryFolder();
const version = "1.2.3";

/** A run of one epoch on 48 + 16 + 16 grey images; its folder and data. */
async function trained(name: string, classes: number, epochs = 1, stopAfter = epochs): Promise<[string, Dataset]> {
  const counts = { train: 48, val: 16, test: 16 };
  const file = join(folder, `${name}.npz`);
  writeFileSync(file, await npz(medmnistArrays(counts, { channels: 1, classes })));
  const task = classes === 2 ? "binary" : "multiclass";
  const options = parseTrainOptions({ data: file, task, epochs, batchSize: 16, threads: 1 });
  const data = await openDataset(file, { platform, task });
  const control = new AbortController();
  const onEpoch = ({ epoch }: { epoch: number }) => epoch === stopAfter && stopAfter < epochs && control.abort();
  const out = join(folder, name);
  await startRun({ platform, engine, data, version }, options, out, { signal: control.signal, onEpoch });
  return [out, data];
}

async function report(run: string, data: Dataset | string, warnings: string[] = []) {
  return reportRun({ run: await readReportedRun(platform, engine, run), data, warnings, version });
}

const reports = suite("reportRun");
const [binary, binaryData] = await trained("two", 2);

reports("shows shots and noise where they were measured and kept, and refuses what is no such table", async () => {
  const run = await readReportedRun(platform, engine, binary);
  const spread = { mean: 0.9, sd: 0.01, interval: [0.89, 0.91] as [number, number] };
  const values = { accuracy: spread, auc: null, crossEntropy: spread, error: 0.1, variance: 0.01 };
  const row = {
    shots: 10,
    noise: "depolarizing:0.01",
    simulation: "density",
    trajectories: null,
    repetitions: 5,
  } as const;
  const zne = [{ ...values, method: "linear" as const, weights: [1.5, -0.5], gain: 2.5, varianceFactor: 2.5 }];
  const measured: MeasuredTable = {
    ...{ data: "set", split: "test", count: 40, seed: 0, exact: { accuracy: 0.95, auc: null, crossEntropy: 0.2 } },
    rows: [
      { ...row, ...values, zne },
      { ...row, shots: 0, ...values, zne: [] },
    ],
  };
  const { html, figures } = await reportRun({ run: { ...run, measured }, data: "none", warnings: [], version });
  for (const text of [
    "Shots and noise",
    "depolarizing:0.01",
    "0.8900 to 0.9100",
    "2.50×",
    "Zero-noise extrapolation",
  ]) {
    assert.ok(html.includes(text), text);
  }
  assert.match(figures.get("shots-and-noise")!, /^<svg/);
  assert.not.ok(
    (await reportRun({ run: { ...run, measured: null }, data: "none", warnings: [], version })).html.includes(
      "Shots and noise",
    ),
  );
});

reports("a run of two classes: the answer first, every section, every picture, nothing from outside", async () => {
  const { html, figures } = await report(binary, binaryData);
  const metrics = JSON.parse(readFileSync(join(binary, "metrics.json"), "utf8"));
  assert.ok(html.includes(`${(100 * metrics.accuracy).toFixed(2)}\u00a0%`));
  assert.ok(html.includes("most frequent class would be right for 50.00\u00a0%"));
  assert.ok(html.includes(readFileSync(join(binary, "fingerprint"), "utf8").trim()));
  assert.ok(html.includes(`<code>${binaryData.source.md5}</code>`) && html.includes("Not for clinical use"));
  assert.ok(html.includes("weighted avg") && html.includes("hqcnn train --data "));
  for (const id of ["result", "training", "test", "images", "network", "data", "reproduce"]) {
    assert.ok(html.includes(`<h2 id="${id}">`), id);
  }
  const expected =
    "accuracy architecture auc balance circuit confidences confusion gradients learning-rate loss precision-recall reliability roc spread";
  assert.equal([...figures.keys()].sort(), expected.split(" "));
  assert.ok(html.length < 3e6);
  assert.not.match(html, /<script|<link rel="(?!icon)|\son\w+=|url\(|undefined|NaN/);
  assert.not.match(html.replaceAll('xmlns="http://www.w3.org/2000/svg"', ""), /https?:/);
  assert.ok((html.match(/src="data:image\/png;base64,/g)?.length ?? 0) >= 16);
});

reports("an interval of the AUC is shown where the metrics have one", async () => {
  const run = await readReportedRun(platform, engine, binary);
  const { metrics } = run.result!;
  const given = { ...metrics, auc: 0.5, aucInterval: [0.25, 0.75] as [number, number], aucIntervalMethod: "DeLong" };
  const result = { ...run.result!, metrics: given };
  const { html } = await reportRun({ run: { ...run, result }, data: "none", warnings: [], version });
  assert.ok(html.includes("curve is 0.5000 (95 % interval 0.2500 to 0.7500)"));
  assert.ok(html.includes("95 % interval 0.2500 to 0.7500 (DeLong)"));
});

reports(
  "warnings name options as the place does that shows them: flags in files, the form's words in the page",
  async () => {
    const run = await readReportedRun(platform, engine, binary);
    const context = { run, data: "none", warnings: ["too few steps: take more with --epochs 9"], version };
    const text = ({ sections }: Awaited<ReturnType<typeof runPage>>) =>
      sections.find(({ id }) => id === "result")!.body.html;
    const inFile = await runPage(context);
    assert.ok(text(inFile).includes("take more with --epochs 9"));
    const inPage = text(await runPage({ ...context, words: inWords }));
    assert.ok(inPage.includes("take more with “epochs” 9") && !inPage.includes("--epochs"));
  },
);

reports("a run of five classes: a curve and samples for each", async () => {
  const { html } = await report(...(await trained("five", 5)));
  for (let c = 0; c < 5; c++) assert.ok(html.includes(`<h3>class ${c}</h3>`));
  assert.ok(html.includes("AUC of each class as a table"));
});

reports("names, paths and warnings are text, not markup", async () => {
  const evil = `<script>alert("x")</script>`;
  const run = join(folder, "evil");
  mkdirSync(run);
  for (const name of [
    "config.json",
    "history.jsonl",
    "metrics.json",
    "predictions.csv",
    "fingerprint",
    "model.safetensors",
  ]) {
    writeFileSync(join(run, name), readFileSync(join(binary, name)));
  }
  const config = JSON.parse(readFileSync(join(run, "config.json"), "utf8"));
  Object.assign(config.data, {
    name: evil,
    path: evil,
    license: evil,
    citation: evil,
    protocol: evil,
    classNames: [evil, evil],
  });
  Object.assign(config, { runtime: evil, started: evil, engine: evil, version: evil });
  config.options.data = evil;
  writeFileSync(join(run, "config.json"), JSON.stringify(config));
  const { html, figures } = await report(run, binaryData, [evil]);
  for (const text of [html, ...figures.values()]) assert.not.match(text, /<script/i);
  assert.ok(html.includes("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;"));
});

reports("data that are gone or others: the report is made, and says so in place of the images", async () => {
  const gone = await report(binary, "two.npz: no such file");
  assert.ok(gone.html.includes("The images are not shown: two.npz: no such file"));
  const [, other] = await trained("other", 2, 2);
  const { images } = await other.split("test");
  const changed = { ...other, source: { ...other.source, md5: "0" } };
  assert.ok(images.length > 0 && (await report(binary, changed)).html.includes("is not the data set of this run"));
  assert.ok(gone.html.includes("Class balance"), "counts are the run folder's");
  assert.not.match(gone.html, /data:image\/png/);
});

reports("a run that is not finished says what is missing and how to continue", async () => {
  const [run, data] = await trained("stopped", 2, 3, 1);
  const { html, figures } = await report(run, data);
  assert.ok(html.includes("stopped after 1 of 3 epochs"));
  assert.ok(html.includes(`hqcnn train --resume ${run}`));
  assert.ok(figures.has("loss") && figures.has("circuit") && !figures.has("roc"));
});

reports("the command repeats the options that are not the default, quoted", () => {
  const options = parseTrainOptions({ data: "my data/it's.npz", positive: [1, 2], strict: true, lr: 0.01 });
  assert.is(
    commandLine("train", options),
    `hqcnn train --data 'my data/it'\\''s.npz' --positive 1,2 --strict --lr 0.01`,
  );
});

reports.run();
