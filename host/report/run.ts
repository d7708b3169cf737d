import { implausibleAccuracy } from "../datasets/guard.ts";
import { classCounts } from "../datasets/inspect.ts";
import { type Dataset, type Split, type SplitName, splitNames } from "../datasets/types.ts";
import { precisionRecallCurve, rocCurve, thinned } from "../evaluation/curves.ts";
import { areaUnderRoc, calibrationBins, countByThreshold, type Metrics } from "../evaluation/metrics.ts";
import { classificationReport } from "../evaluation/report.ts";
import { countParams } from "../network/hybrid.ts";
import type { EpochRecord } from "../training/loop.ts";
import { flag, parseTrainOptions } from "../training/options.ts";
import type { RunConfig } from "../training/run.ts";
import { drawArchitecture } from "./architecture.ts";
import { type Charts, loadCharts, shortName } from "./charts.ts";
import { type Html, html } from "./html.ts";
import { loadThumbnails } from "./images.ts";
import { dataTable, details, figure, page, type Section } from "./page.ts";
import { color } from "./palette.ts";
import { type Published, publishedFigures } from "./published.ts";
import type { RunRecord } from "./read.ts";

export interface RunReport {
  /** The document. */
  html: string;
  /** Its pictures by name; `standalone` makes files of them. */
  figures: Map<string, string>;
}

export interface ReportContext {
  run: RunRecord;
  /** The run's data set, or why it cannot be shown. */
  data: Dataset | string;
  /** About the data, one line each. */
  warnings: readonly string[];
  /** Of this package. */
  version: string;
}

type Result = NonNullable<RunRecord["result"]>;
type AddFigure = (name: string, svg: string) => string;

/** The report of a run, finished or not: one HTML document that needs nothing else, and its pictures. */
export async function reportRun({ run, data, warnings, version }: ReportContext): Promise<RunReport> {
  const charts = await loadCharts();
  const figures = new Map<string, string>();
  const add: AddFigure = (name, svg) => {
    figures.set(name, svg);
    return svg;
  };
  const { config, history, result } = run;
  const images = result ? await imagesOf(run, data) : "";
  const counts = config.data.classCounts ?? (typeof data === "string" ? null : await classCounts(data));
  const implausible =
    result && implausibleAccuracy({ name: config.data.name, task: taskOf(config) }, result.metrics.accuracy);
  const sections: (Section | null)[] = [
    {
      id: "result",
      title: result ? "Result" : "Not finished",
      body: html`${result ? answer(run, result) : unfinished(run)}${notices([...warnings, ...(implausible ? [implausible] : [])])}`,
    },
    history.length === 0 ? null : { id: "training", title: "Training", body: training(run, charts, add) },
    result && { id: "test", title: "Test figures", body: await testFigures(config, result, charts, add) },
    result && {
      id: "images",
      title: "Images",
      body: typeof images === "string" ? html`<p>${images}</p>` : await pictures(config, result, images),
    },
    run.model && { id: "network", title: "Network", body: network(run, add) },
    { id: "data", title: "Data", body: dataSection(config, counts, charts, add) },
    { id: "reproduce", title: "Reproduce", body: reproduce(run, version) },
  ];
  return {
    html: page({
      title: titleOf(config),
      lead: lead(config),
      sections: sections.filter((section) => section !== null),
      footer: html`Written by hqcnn ${version}. Not for clinical use: the figures describe benchmark images, not patients.`,
    }),
    figures,
  };
}

function titleOf({ data }: RunConfig): string {
  const [negative, positive] = data.classNames;
  return data.task === "binary"
    ? `${data.name}: ${positive} against ${negative}`
    : `${data.name}: ${data.classNames.length} classes`;
}

function taskOf({ data }: RunConfig): Dataset["task"] {
  return data.task === "binary" ? "binary" : "multiclass";
}

function networkName({ options }: RunConfig): string {
  return options.head === "quantum"
    ? `a hybrid quantum-classical network (${options.qubits} qubits, ${options.layers} layers, ansatz ${options.ansatz})`
    : `a classical network (head ${options.head})`;
}

function lead(config: RunConfig): Html {
  return html`<p class="muted">Run of ${config.started.slice(0, 10)}, seed ${config.options.seed}, ${networkName(config)}, protocol ${config.data.protocol}</p>
<p class="badge">Not for clinical use</p>`;
}

function notices(lines: readonly string[]): Html | null {
  if (lines.length === 0) return null;
  return html`<div class="notice" role="note">${lines.map((line) => html`<p>${line}</p>`)}</div>`;
}

function unfinished({ folder, history, config, model }: RunRecord): Html {
  const { epochs } = config.options;
  return html`<p class="lead">This run stopped after ${history.length} of ${epochs} ${epochs === 1 ? "epoch" : "epochs"}: there are no test figures yet${model ? "" : ", and no model"}.</p>
<p>Finish it, to the same bits as if it had never stopped, with</p>
<pre class="wrap"><code>hqcnn train --resume ${quote(folder)}</code></pre>`;
}

/** What the run found, in a sentence, in large figures, and beside what others report. */
function answer({ config, history, model }: RunRecord, { metrics }: Result): Html {
  const { accuracy, accuracyInterval, auc, count } = metrics;
  const { classNames, task, protocol } = config.data;
  const what =
    task === "binary"
      ? html`tells ${classNames[1]} from ${classNames[0]}`
      : html`names the right one of ${classNames.length} classes`;
  const interval = aucIntervalOf(metrics);
  const [low, high] = accuracyInterval.map(percentText);
  const aucText =
    auc === null
      ? null
      : html` The area under the ROC curve is ${auc.toFixed(4)}${interval ? ` (95 % interval ${interval[0].toFixed(4)} to ${interval[1].toFixed(4)})` : ""}${task === "binary" ? "" : ", the mean over the classes"}.`;
  const published = publishedFigures(config);
  const box = (name: string, value: string, below: string) =>
    html`<div><dt>${name}</dt><dd class="value">${value}</dd><dd class="interval">${below}</dd></div>`;
  return html`<p class="lead">The network ${what} in ${percentText(accuracy)} of ${whole(count)} test images (95 % interval ${low} to ${high}).${aucText}</p>
<dl class="answers">
${box("Test accuracy", percentText(accuracy), `95 % interval ${low} to ${high} (Wilson)`)}
${box("ROC AUC", auc === null ? "–" : auc.toFixed(4), auc === null ? "only one class occurs" : interval ? `95 % interval ${interval[0].toFixed(4)} to ${interval[1].toFixed(4)}` : "threshold-free ranking, 1 is best")}
${box("Macro F1", metrics.macro.f1.toFixed(4), `Matthews correlation ${metrics.mcc.toFixed(4)}`)}
${box("Calibration error", metrics.calibrationError.toFixed(4), `cross-entropy ${metrics.crossEntropy.toFixed(4)}`)}
</dl>
${protocol === "pooled" ? notices(["Pooled protocol: the images of all splits were split again by the seed. The figures are not comparable with those of the official split."]) : null}
<p class="muted">The parameters are those of epoch ${model?.info.training.epoch ?? "–"} of ${history.length}, the best by AUC on the validation split. The test split was looked at once, afterwards.</p>
${published.length > 0 ? comparison(metrics, published) : null}`;
}

/** Read where the metrics have it. */
function aucIntervalOf(metrics: Metrics & { aucInterval?: readonly [number, number] | null }) {
  return metrics.aucInterval ?? null;
}

function comparison(metrics: Metrics, published: readonly Published[]): Html {
  const [low, high] = metrics.accuracyInterval;
  const sentences = published.map(({ who, accuracy, auc, note }) => {
    const where = accuracy > high ? "above" : accuracy < low ? "below" : "within";
    return html`<p>${capital(who)} is reported with an accuracy of ${percentText(accuracy)} and an AUC of ${auc.toFixed(auc === 0.99916 ? 5 : 4)}: its accuracy lies ${where} this run’s interval. ${note}</p>`;
  });
  const rows = [
    ["this run", percentText(metrics.accuracy), metrics.auc?.toFixed(4) ?? "–"],
    ...published.map(({ who, accuracy, auc }) => [who, percentText(accuracy), auc.toFixed(4)]),
  ];
  return html`<h3>Beside published figures</h3>
${dataTable("Published figures", ["", "accuracy", "AUC"], rows)}
${sentences}`;
}

function training({ config, history, model }: RunRecord, charts: Charts, add: AddFigure): Html {
  const best = model?.info.training.epoch ?? null;
  const series = (name: string, value: (record: EpochRecord) => number | null, emphasis: boolean) => ({
    name,
    emphasis,
    points: history.flatMap((record) => {
      const y = value(record);
      return y === null ? [] : [{ x: record.epoch, y }];
    }),
  });
  const hasAuc = history.some(({ val }) => val.auc !== null);
  const trend = (what: string, pick: (record: EpochRecord) => number) =>
    `from ${pick(history[0]).toFixed(3)} to ${pick(history[history.length - 1]).toFixed(3)} on ${what}`;
  const chart = (name: string, label: string, title: string, lines: ReturnType<typeof series>[], caption: string) =>
    figure(add(name, charts.history(label, title, lines, best)), html`${caption}`);
  const head = [
    "epoch",
    "train loss",
    "val loss",
    "train accuracy",
    "val accuracy",
    "val AUC",
    "learning rate",
    "images/s",
  ];
  const rows = history.map(({ epoch, train, val, lr, imagesPerSecond }) => [
    epoch === best ? `${epoch} (best)` : epoch,
    train.loss.toFixed(4),
    val.loss.toFixed(4),
    train.accuracy.toFixed(4),
    val.accuracy.toFixed(4),
    val.auc?.toFixed(4) ?? "–",
    String(Number(lr.toPrecision(3))),
    whole(Math.round(imagesPerSecond)),
  ]);
  const seconds = history.reduce((sum, record) => sum + record.seconds, 0);
  return html`<p>${history.length} of at most ${config.options.epochs} ${config.options.epochs === 1 ? "epoch" : "epochs"} in ${duration(seconds)} of training. Figures on train are means over the epoch while the parameters change; figures on validation are taken after it.</p>
<div class="grid">
${chart("loss", `Cross-entropy over the epochs: ${trend("train", (r) => r.train.loss)}, ${trend("validation", (r) => r.val.loss)}.`, "loss", [series("train", (r) => r.train.loss, false), series("validation", (r) => r.val.loss, true)], "Cross-entropy over the epochs. The dotted line marks the epoch whose parameters were kept.")}
${chart("accuracy", `Accuracy over the epochs: ${trend("train", (r) => r.train.accuracy)}, ${trend("validation", (r) => r.val.accuracy)}.`, "accuracy", [series("train", (r) => r.train.accuracy, false), series("validation", (r) => r.val.accuracy, true)], "Share of images classified right.")}
${hasAuc ? chart("auc", `ROC AUC on validation over the epochs: ${trend("validation", (r) => r.val.auc ?? 0)}.`, "AUC", [series("validation", (r) => r.val.auc, true)], "Area under the ROC curve on validation, by which the best epoch is chosen.") : null}
${chart("learning-rate", `Learning rate over the epochs: ${trend("the schedule", (r) => r.lr)}.`, "learning rate", [series("learning rate", (r) => r.lr, true)], `Learning rate of Adam, schedule ${config.options.schedule}.`)}
</div>
${details("All epochs as a table", dataTable("Epochs", head, rows, [1, 2, 3, 4, 5, 6, 7]))}`;
}

async function testFigures(
  config: RunConfig,
  { metrics, predictions }: Result,
  charts: Charts,
  add: AddFigure,
): Promise<Html> {
  const { classNames } = config.data;
  const { labels, predicted, probs } = predictions;
  const classes = classNames.length;
  const shown = (classes === 2 ? [1] : classNames.map((_, c) => c)).filter((c) => {
    const { support } = metrics.perClass[c];
    return support > 0 && support < metrics.count;
  });
  const areas = shown.map((c) =>
    classes === 2 && metrics.auc !== null ? metrics.auc : areaUnderRoc(countByThreshold(labels, probs, classes, c)),
  );
  const roc = shown.map((c, i) => ({
    name: classNames[c],
    note: `AUC ${areas[i].toFixed(4)}`,
    points: thinned(rocCurve(labels, probs, classes, c)),
  }));
  const precision = shown.map((c) => ({
    name: classNames[c],
    note:
      classes === 2
        ? `average precision ${metrics.averagePrecision.toFixed(4)}`
        : `${whole(metrics.perClass[c].support)} images`,
    points: thinned(precisionRecallCurve(labels, probs, classes, c)),
  }));
  const bins = calibrationBins(labels, predicted, probs, classes);
  const wrong = metrics.count - metrics.confusion.reduce((sum, row, c) => sum + row[c], 0);
  const whose = classes === 2 ? `, positive class ${classNames[1]}` : ", each class against the rest";
  const ece = metrics.calibrationError.toFixed(4);
  const binTable = dataTable(
    "Calibration bins",
    ["confidence", "images", "right", "mean confidence", "share right"],
    bins.flatMap(({ count, correct, confidence }, i) =>
      count === 0
        ? []
        : [
            [
              `${percentText(i / bins.length, 1)} to ${percentText((i + 1) / bins.length, 1)}`,
              whole(count),
              whole(correct),
              percentText(confidence / count),
              percentText(correct / count),
            ],
          ],
    ),
  );
  const confusion = charts.confusion(
    `Confusion matrix of ${whole(metrics.count)} test images, rows the label, columns the predicted class. ${metrics.confusion.map((row, c) => `${classNames[c]}: ${whole(row[c])} of ${whole(metrics.perClass[c].support)} right`).join("; ")}.`,
    metrics.confusion,
    classNames,
  );
  const confusionTable = dataTable(
    "Confusion matrix",
    ["label \\ predicted", ...classNames],
    metrics.confusion.map((row, c) => [classNames[c], ...row.map(whole)]),
  );
  const confusionCaption = html`Confusion matrix: images by label (row) and predicted class (column), with their share of the row. ${wrong === 0 ? "No image is wrong." : `${whole(wrong)} of ${whole(metrics.count)} images are wrong.`}`;
  const curve = (name: string, svg: string, caption: string, more?: Html) =>
    figure(add(name, svg), html`${caption}`, { more });
  return html`<div class="grid">
${figure(add("confusion", confusion), confusionCaption, { wide: classes < 5 ? undefined : "Confusion matrix, picture", more: details("Confusion matrix as a table", confusionTable) })}
${curve(
  "roc",
  charts.curves(
    `ROC curves${whose}. ${shown.map((c, i) => `${classNames[c]}: AUC ${areas[i].toFixed(4)}`).join("; ")}.`,
    { x: "false positive rate", y: "true positive rate" },
    roc,
    true,
  ),
  `ROC curve${classes === 2 ? "" : "s"}${whose}; the dashed diagonal is chance.`,
  classes === 2
    ? undefined
    : details(
        "AUC of each class as a table",
        dataTable(
          "AUC of each class",
          ["class", "AUC"],
          shown.map((c, i) => [classNames[c], areas[i].toFixed(4)]),
        ),
      ),
)}
${curve("precision-recall", charts.curves(`Precision over recall${whose}. Average precision ${metrics.averagePrecision.toFixed(4)}.`, { x: "recall", y: "precision" }, precision, false), `Precision over recall${whose}; average precision ${metrics.averagePrecision.toFixed(4)}${classes === 2 ? "" : " in the mean"}.`)}
${curve("reliability", charts.reliability(`Reliability diagram in 15 bins: expected calibration error ${ece}.`, bins), `Reliability: share of right answers over mean confidence, in 15 bins. The expected calibration error, the mean gap weighted by images, is ${ece}.`, details("Bins as a table", binTable))}
${curve("confidences", charts.confidences(`Histogram of confidences: ${whole(metrics.count - wrong)} right and ${whole(wrong)} wrong answers in 15 bins.`, bins), "How sure the network is: the probability of the predicted class, right and wrong answers stacked.")}
</div>
<h3>Classification report</h3>
<p class="muted">As scikit-learn prints it.</p>
<pre tabindex="0" role="region" aria-label="Classification report"><code>${classificationReport(metrics, classNames)}</code></pre>
${dataTable(
  "Further figures",
  ["figure", "value"],
  [
    ["Matthews correlation", metrics.mcc.toFixed(4)],
    ["average precision", metrics.averagePrecision.toFixed(4)],
    ["cross-entropy", metrics.crossEntropy.toFixed(4)],
    ["Brier score", metrics.brier.toFixed(4)],
    ["expected calibration error, 15 bins", ece],
  ],
)}`;
}

interface Images {
  split: Split;
  uri: (split: Split, index: number) => string;
}

/** The test images that the predictions are about, or a sentence that says why there are none. */
async function imagesOf({ result, config }: RunRecord, data: Dataset | string): Promise<Images | string> {
  if (typeof data === "string") return `The images are not shown: ${data}`;
  const split = await data.split("test");
  const labels = result?.predictions.labels;
  if (
    data.source.md5 !== config.data.md5 ||
    labels?.length !== split.count ||
    labels.some((label, i) => label !== split.labels[i])
  ) {
    return `The images are not shown: ${data.source.path} is not what the run was trained on; say where that is with --data`;
  }
  return { split, uri: await loadThumbnails(data) };
}

/** Images of each class in the samples, and in the two lists of hard ones. */
const SAMPLES = 9;
const HARD = 16;

async function pictures({ data }: RunConfig, { predictions }: Result, { split, uri }: Images): Promise<Html> {
  const { classNames } = data;
  const { labels, predicted, probs } = predictions;
  const all = Array.from(labels, (_, i) => i);
  const confidence = (i: number) => probs[i * classNames.length + predicted[i]];
  const image = (i: number, alt: string) =>
    html`<img src="${uri(split, i)}" alt="${alt}" width="${28}" height="${28}" loading="lazy">`;
  const surest = all
    .filter((i) => predicted[i] !== labels[i])
    .sort((a, b) => confidence(b) - confidence(a))
    .slice(0, HARD);
  const unsure = [...all].sort((a, b) => confidence(a) - confidence(b)).slice(0, HARD);
  const judged = (indices: number[]) =>
    html`<ul class="thumbs captioned">${indices.map(
      (i) =>
        html`<li>${image(i, `Test image ${i}`)}<b>#${i}</b> ${shortName(classNames[labels[i]], 40)}<br>${
          predicted[i] === labels[i]
            ? html`predicted right`
            : html`<span class="wrong">taken for ${shortName(classNames[predicted[i]], 40)}</span>`
        }, ${percentText(confidence(i))}</li>`,
    )}</ul>`;
  return html`<p>The first test images of each class. Numbers are places in the test split, counted from 0, as in predictions.csv.</p>
${classNames.map((name, c) => {
  const first = all.filter((i) => labels[i] === c).slice(0, SAMPLES);
  return html`<h3>${name}</h3>
${first.length === 0 ? html`<p class="muted">None in the test split.</p>` : html`<ul class="thumbs">${first.map((i) => html`<li>${image(i, `Test image ${i}, ${name}`)}#${i}</li>`)}</ul>`}`;
})}
<h3>The surest mistakes</h3>
${surest.length === 0 ? html`<p class="muted">There are no mistakes.</p>` : html`<p class="muted">Label, what it was taken for, and with what probability.</p>${judged(surest)}`}
<h3>The least sure</h3>
<p class="muted">The images whose predicted class has the smallest probability.</p>
${judged(unsure)}`;
}

function network({ config, model }: RunRecord, add: AddFigure): Html {
  const { layers, template, numParams } = model!.network;
  const label = `The network: ${layers.map(({ name, outShape }) => `${name} gives ${outShape.join("×")}`).join(", ")}.`;
  const rows = layers.map((layer) => [
    layer.name,
    layer.kind,
    layer.inShape.join("×"),
    layer.outShape.join("×"),
    whole(countParams(layer)),
    layer.multiplyAdds === null ? "–" : whole(layer.multiplyAdds),
  ]);
  const table = dataTable(
    "Layers",
    ["layer", "what", "input", "output", "parameters", "multiply-adds"],
    rows,
    [2, 3, 4, 5],
  );
  const resources = template?.circuit.resources();
  const drawing = template && add("circuit", template.circuit.drawSvg({ ink: color("ink"), paper: color("paper") }));
  return html`<p>${whole(numParams)} trainable parameters. Shapes are height × width × channels, or features.</p>
${figure(add("architecture", drawArchitecture(layers, label)), html`The network from image to logits: what each block does, the shape it gives out, its trainable parameters.`, { wide: "Network, picture", more: details("Layers as a table", table) })}
${
  drawing && resources
    ? html`<h3>Circuit</h3>
${figure(
  drawing,
  html`The quantum layer: ansatz ${config.options.ansatz}, embedding ${config.options.embedding}; x0, x1 … are inputs, w0, w1 … trained weights. ${resources.wires} wires, ${resources.gates} gates (${Object.entries(
    resources.counts,
  )
    .map(([name, count]) => `${count} ${name}`)
    .join(", ")}), ${resources.weights} weights, depth ${resources.depth}.`,
  { wide: "Circuit, picture" },
)}`
    : null
}`;
}

function dataSection(
  { data, options }: RunConfig,
  counts: Record<SplitName, number[]> | null,
  charts: Charts,
  add: AddFigure,
): Html {
  const facts = dataTable(
    "Data set",
    ["", ""],
    [
      ["data set", data.name],
      ["source", data.path],
      ["MD5", data.md5 === null ? "none (a folder)" : html`<code>${data.md5}</code>`],
      ["task", data.task],
      ["positive labels", options.positive?.join(", ") ?? (data.task === "binary" ? "the default" : "–")],
      ["protocol", data.protocol],
      ["licence", data.license ?? "not recorded"],
      ["cite", data.citation || "–"],
    ],
    [],
  );
  if (counts === null) return facts;
  const totals = splitNames.map((name) => counts[name].reduce((sum, count) => sum + count, 0));
  const splits = splitNames.map((name) => ({ name, counts: counts[name] }));
  const label = `Class balance: ${data.classNames.map((name, c) => `${name} ${splitNames.map((split) => `${whole(counts[split][c])} ${split}`).join(", ")}`).join("; ")}.`;
  const table = dataTable(
    "Images of each class",
    ["class", ...splitNames],
    [
      ...data.classNames.map((name, c) => [name, ...splitNames.map((split) => whole(counts[split][c]))]),
      ["total", ...totals.map(whole)],
    ],
  );
  return html`${facts}
<h3>Class balance</h3>
${figure(add("balance", charts.balance(label, splits, data.classNames)), html`Share of each class within train, val and test; ${whole(totals[0])}, ${whole(totals[1])} and ${whole(totals[2])} images.`, { wide: "Class balance, picture", more: details("Counts as a table", table) })}`;
}

function reproduce({ config, result, history }: RunRecord, version: string): Html {
  const standard = parseTrainOptions({}) as Record<string, unknown>;
  const rows = Object.keys(standard).map((key) => {
    const value = config.options[key as keyof typeof config.options];
    return [
      html`<code>${flag(key)}</code>`,
      valueText(value),
      same(value, standard[key]) ? "" : `default ${valueText(standard[key])}`,
    ];
  });
  const seconds = history.reduce((sum, record) => sum + record.seconds, 0);
  const images = history.reduce((sum, record) => sum + record.seconds * record.imagesPerSecond, 0);
  const strict = config.engine === "strict";
  return html`<p>This command repeats the run${strict ? " to the same bits on every machine, runtime and number of threads" : "; the fast engine’s bits depend on the machine"}:</p>
<pre class="wrap"><code>${trainCommand(config)}</code></pre>
${result ? html`<p>Fingerprint, the SHA-256 of the final parameters:</p><pre class="wrap"><code>${result.fingerprint}</code></pre>` : null}
<h3>Machine</h3>
${dataTable(
  "Machine",
  ["", ""],
  [
    ["hqcnn", config.version === version ? version : `${config.version} (this report: ${version})`],
    ["engine", config.engine],
    ["runtime", config.runtime],
    ["processors", config.cpuCount],
    ["started", config.started],
    ["training time", history.length === 0 ? "–" : duration(seconds)],
    ["speed", history.length === 0 ? "–" : `${whole(Math.round(images / seconds))} images/s`],
  ],
  [],
)}
<h3>Options</h3>
${dataTable("Options", ["option", "value", ""], rows, [])}`;
}

/** The command line that trains the same network: the options that are not the default, quoted for a POSIX shell. */
export function trainCommand({ options }: Pick<RunConfig, "options">): string {
  const standard = parseTrainOptions({}) as Record<string, unknown>;
  const parts = Object.entries(options)
    .filter(([key, value]) => value !== undefined && !same(value, standard[key]))
    .map(([key, value]) => (value === true ? flag(key) : `${flag(key)} ${quote(String(value))}`));
  return ["hqcnn train", ...parts].join(" ");
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function quote(text: string): string {
  return /^[\w./:,@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function valueText(value: unknown): string {
  return value === undefined ? "–" : typeof value === "boolean" ? (value ? "yes" : "no") : String(value);
}

function percentText(share: number, digits = 2): string {
  return `${(100 * share).toFixed(digits)} %`;
}

function whole(count: number): string {
  return count.toLocaleString("en");
}

function capital(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}

function duration(seconds: number): string {
  if (seconds < 90) return `${seconds.toFixed(1)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
