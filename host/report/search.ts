import type { Table } from "../comparison/tables.ts";
import type { StudyGroup, StudyResults } from "../study/results.ts";
import type { StudySpec } from "../study/spec.ts";
import { csvLine } from "../training/files.ts";
import { type Charts, loadCharts } from "./charts.ts";
import { type Html, html } from "./html.ts";
import { type AddFigure, collectFigures, figure, page, type Report } from "./page.ts";
import { studyTable } from "./study.ts";
import { duration } from "./text.ts";

const percent = (share: number | null | undefined) =>
  share === null || share === undefined ? "–" : (100 * share).toFixed(2);
const four = (value: number | null | undefined) => (value === null || value === undefined ? "–" : value.toFixed(4));

const lossText = (loss: number | undefined) => (loss === undefined || loss < 1000 ? four(loss) : loss.toExponential(2));

/** Configurations by data set, the best on validation marked. */
export function groupTable({ groups, rows }: StudyResults): Table {
  const kappa = kappaColumn(rows);
  const head = ["configuration", "data", "best", "finished", "val AUC", "val accuracy %", "val loss"];
  return [
    [...head, ...kappa.head, "test accuracy %", "test AUC"],
    ...groups.map(({ name, data, best, finished, rows, stopped, val, test }) => [
      ...[
        name,
        data,
        best ? "yes" : "",
        `${finished} of ${rows.length}${stopped ? `, stopped at ${stopped.epoch}` : ""}`,
      ],
      ...[four(val?.auc), percent(val?.accuracy), lossText(val?.loss), ...kappa.cell(val)],
      ...[percent(test?.accuracy), four(test?.auc)],
    ]),
  ];
}

/** A column for what the task ordinal has besides; nothing for other tasks. */
function kappaColumn(rows: StudyResults["rows"]) {
  const isThere = hasKappa(rows);
  return {
    head: isThere ? ["val kappa"] : [],
    cell: (val: StudyGroup["val"]) => (isThere ? [four(val?.kappa)] : []),
  };
}

const hasKappa = (rows: StudyResults["rows"]) => rows.some(({ val }) => val?.kappa !== undefined);

/** Every run, in the order of the study. */
export function runTable({ rows, groups }: StudyResults): Table {
  const nameOf = new Map(groups.flatMap(({ name, rows }) => rows.map(({ id }) => [id, name] as const)));
  const kappa = kappaColumn(rows);
  const head = ["configuration", "data", "seed", "state", "epoch", "val AUC", "val accuracy %", "val loss"];
  return [
    [...head, ...kappa.head, "test accuracy %", "test AUC", "fingerprint"],
    ...rows.map(({ id, data, seed, state, epoch, epochs, val, test, fingerprint }) => [
      ...[nameOf.get(id) ?? "", data, String(seed), state, `${epoch} of ${epochs}`, four(val?.auc)],
      ...[percent(val?.accuracy), lossText(val?.loss), ...kappa.cell(val)],
      ...[percent(test?.accuracy), four(test?.auc)],
      fingerprint?.slice(0, 12) ?? "–",
    ]),
  ];
}

/** A run a line, unrounded, with a column for every option that varies. */
export function runsCsv({ rows }: StudyResults): string {
  const names = [...new Set(rows.flatMap(({ varied }) => Object.keys(varied)))] as (keyof (typeof rows)[0]["varied"])[];
  const head = ["id", "data", ...names, "seed", "state", "epochs", "val_loss", "val_accuracy", "val_auc"];
  const kappa = hasKappa(rows);
  const lines = rows.map((row) => [
    ...[row.id, row.data, ...names.map((name) => valueText(row.varied[name])), row.seed, row.state, row.epoch],
    ...[row.val?.loss ?? "", row.val?.accuracy ?? "", row.val?.auc ?? "", ...(kappa ? [row.val?.kappa ?? ""] : [])],
    ...[row.test?.accuracy ?? "", row.test?.auc ?? "", row.fingerprint ?? ""],
  ]);
  return [[...head, ...(kappa ? ["val_kappa"] : []), "test_accuracy", "test_auc", "fingerprint"], ...lines]
    .map((line) => `${csvLine(line)}\n`)
    .join("");
}

function valueText(value: unknown): string {
  if (value === undefined) return "";
  return Array.isArray(value) ? value.join(" ") : String(value);
}

/** What chose the best, and how far the study is: one line each. */
export function studyNotes({ rows, groups, chosenBy, halving }: StudyResults): string[] {
  const best = groups.filter((group) => group.best);
  const count = (state: string) => rows.filter((row) => row.state === state).length;
  const known = ["finished", "begun", "waiting", "failed", ...(halving ? ["stopped"] : [])];
  const states = known.map((state) => `${count(state)} ${state}`);
  return [
    `${rows.length} runs: ${states.join(", ")}`,
    ...(halving ? [halvingText(halving)] : []),
    ...groups.flatMap(({ name, data, stopped }) =>
      stopped
        ? [
            `stopped after epoch ${stopped.epoch} on ${data}: ${name}: ` +
              `${stopped.rank} of ${stopped.of} on validation, the best ${stopped.kept} continued`,
          ]
        : [],
    ),
    ...best.map(({ name, data }) => `best on ${data} by validation (${chosenBy}): ${name}`),
    ...(best.length === 0 ? ["no configuration has finished all its runs yet: none is chosen"] : []),
    ...rows.flatMap(({ id, reason }) => (reason === null ? [] : [`${id} failed: ${reason}`])),
  ];
}

function halvingText({ factor, rungs }: NonNullable<StudyResults["halving"]>): string {
  if (rungs.length === 0) return `successive halving by ${factor}: nothing to stop, all are trained to the end`;
  return (
    `successive halving by ${factor}: compared by validation alone after epoch ${rungs.join(", ")}; ` +
    "those that were stopped are not compared with the others' later results"
  );
}

/** A study as one HTML document that needs nothing else, and its pictures. */
export async function reportSearch(results: StudyResults, spec: StudySpec, version: string): Promise<Report> {
  const charts = await loadCharts();
  const { figures, addTo } = collectFigures();
  const add = addTo("");
  const sets = [...new Set(results.rows.map(({ data }) => data))];
  const seconds = results.rows.reduce((sum, row) => sum + row.seconds, 0);
  const drawn = sets.map((data) => pictures(data, results, charts, add));
  const text = page({
    title: `Study on ${sets.join(", ")}`,
    lead: html`<p class="muted">${results.rows.length} runs, ${results.groups.length} configurations, ${duration(seconds)} of training</p>`,
    sections: [
      {
        id: "result",
        title: "Result",
        body: html`<ul class="verdicts">${studyNotes(results).map((line) => html`<li>${line}</li>`)}</ul>
${studyTable("Configurations", groupTable(results), 3)}
<p class="muted">Means over the finished runs of a configuration. The best is chosen on validation alone; results on test are there to be read, not to choose by.</p>`,
      },
      { id: "figures", title: "Figures", body: html`${drawn}` },
      { id: "runs", title: "Runs", body: studyTable("All runs", runTable(results), 2) },
      {
        id: "reproduce",
        title: "Reproduce",
        body: html`<p>The study file, for <code>hqcnn study FILE</code>:</p><pre class="wrap"><code>${JSON.stringify(spec, null, 2)}</code></pre>`,
      },
    ],
    version,
  });
  return { html: text, figures };
}

function pictures(data: string, { groups }: StudyResults, charts: Charts, add: AddFigure): Html {
  const own = groups.filter((group) => group.data === data);
  const prefix = data.replace(/[^\w.-]+/g, "-");
  const curve = (key: "loss" | "accuracy", title: string) => {
    const series = own.flatMap(({ name, best, rows }) =>
      rows.flatMap(({ history }) =>
        history.length === 0
          ? []
          : [{ name, emphasis: best, points: history.map(({ epoch, val }) => ({ x: epoch, y: val[key] })) }],
      ),
    );
    if (series.length === 0) return null;
    const label = `${title} of ${series.length} runs on ${data} over the epochs.`;
    return figure(
      add(`${prefix}-${key}`, charts.overlay(label, title, series)),
      html`${title} on ${data}, a line for each run.`,
    );
  };
  return html`<h3>${data}</h3><div class="grid">
${curve("loss", "Validation loss")}
${curve("accuracy", "Validation accuracy")}
${box(data, prefix, own, charts, add)}
${coordinates(data, prefix, own, charts, add)}
</div>`;
}

function box(data: string, prefix: string, own: readonly StudyGroup[], charts: Charts, add: AddFigure): Html | null {
  const rows = own.flatMap(({ name, best, rows }) => {
    const values = rows.flatMap(({ state, val }) => (state === "finished" && val ? [100 * val.accuracy] : []));
    return values.length === 0 ? [] : [{ name, values, emphasis: best }];
  });
  if (rows.length === 0) return null;
  const texts = rows.map(({ name, values }) => `${name}: ${values.map((value) => value.toFixed(2)).join(", ")}`);
  const picture = charts.boxes(`Validation accuracy on ${data} in percent: ${texts.join("; ")}.`, "Accuracy, %", rows);
  return figure(
    add(`${prefix}-boxes`, picture),
    html`Validation accuracy by configuration on ${data}: median, quartiles and range over the seeds.`,
  );
}

/** From the options of each configuration to its result; null: nothing varies, or nothing has finished. */
function coordinates(
  data: string,
  prefix: string,
  own: readonly StudyGroup[],
  charts: Charts,
  add: AddFigure,
): Html | null {
  const groups = own.filter(({ val }) => val !== null);
  const names = [...new Set(groups.flatMap(({ varied }) => Object.keys(varied)))] as (keyof StudyGroup["varied"])[];
  const options = names
    .map((name) => ({ name, values: groups.map(({ varied }) => axisValue(varied[name])) }))
    .filter(({ values }) => new Set(values).size > 1);
  if (groups.length < 2 || options.length === 0) return null;
  const hasAuc = groups.every(({ val }) => val!.auc !== null);
  const result = hasAuc
    ? { name: "val AUC", values: groups.map(({ val }) => val!.auc!) }
    : { name: "val loss", values: groups.map(({ val }) => val!.loss) };
  const texts = groups.map(({ name }, i) => `${name}: ${four(result.values[i])}`);
  const label = `Options of ${groups.length} configurations on ${data} and their ${result.name}: ${texts.join("; ")}.`;
  const emphasis = groups.map(({ best }) => best);
  return figure(
    add(`${prefix}-parallel`, charts.parallel(label, [...options, result], emphasis)),
    html`Options and results on ${data}: a line for each configuration that has finished a run, mean over the seeds.`,
  );
}

function axisValue(value: unknown): number | string {
  return typeof value === "number" ? value : value === undefined ? "default" : valueText(value);
}
