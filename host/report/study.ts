import { NETWORK } from "../comparison/ablations.ts";
import type { VariantRuns } from "../comparison/compare.ts";
import type { Figures } from "../comparison/published.ts";
import type { Table } from "../comparison/tables.ts";
import { FIGURES, type FigureName, valueText } from "../comparison/text.ts";
import { summarize } from "../statistics/tests.ts";
import { trainingSpeed } from "../training/loop.ts";
import type { Charts } from "./charts.ts";
import { type Html, html } from "./html.ts";
import { type AddFigure, dataTable, figure } from "./page.ts";
import { duration, whole } from "./text.ts";

export const POOLED_SEEDS =
  "Protocol pooled: all images were split again by each seed. The results are not comparable with those of the official split.";

/** A table whose columns after the first `texts` are numbers. */
export function studyTable(label: string, [head, ...rows]: Table, texts = 1): Html {
  return dataTable(
    label,
    head,
    rows,
    head.map((_, i) => i).filter((i) => i >= texts),
  );
}

/** Accuracy and AUC of every run by variant; `published[i]` is drawn beside variant i. */
export function strips(
  variants: readonly VariantRuns[],
  charts: Charts,
  add: AddFigure,
  caption: Html,
  published: readonly (Figures | null)[] = [],
): Html {
  const strip = (key: FigureName, name: string) => {
    const { scale, digits, axis } = FIGURES[key];
    const rows = variants.flatMap(({ variant, runs }, i) => {
      const values = runs.map(({ result }) => result.metrics[key]);
      if (values.includes(null)) return [];
      const shares = values.map((value) => scale * value!);
      const reference = published[i] ? scale * published[i][key] : null;
      return [
        { name: variant, values: shares, mean: summarize(shares).mean, emphasis: variant === NETWORK, reference },
      ];
    });
    if (rows.length === 0) return null;
    const texts = rows.map(({ name, values, mean, reference }) => {
      const seeds = `${mean.toFixed(digits)}, the mean of ${values.map((value) => value.toFixed(digits)).join(", ")}`;
      return `${name} ${seeds}${reference === null ? "" : `, published ${reference.toFixed(digits)}`}`;
    });
    const label = `${name} on test${axis && " in percent"} by variant and seed: ${texts.join("; ")}.`;
    return figure(
      add(key, charts.strip(label, `${name} on test${axis}`, rows, digits)),
      html`${name} on test. ${caption}`,
    );
  };
  return html`<div class="grid">
${strip("accuracy", "Accuracy")}
${strip("auc", "AUC")}
</div>`;
}

/** One row per run. */
export function runsTable(label: string, variants: readonly VariantRuns[]): Html {
  const rows = variants.flatMap(({ variant, runs }) =>
    runs.map(({ config, history, result: { metrics, fingerprint } }) => {
      const { seconds, imagesPerSecond } = trainingSpeed(history);
      return [
        variant,
        config.options.seed,
        valueText("accuracy", metrics.accuracy),
        metrics.auc === null ? "–" : valueText("auc", metrics.auc),
        history.length,
        seconds.toFixed(1),
        whole(Math.round(imagesPerSecond)),
        html`<code>${fingerprint}</code>`,
      ];
    }),
  );
  const head = [
    "variant",
    "seed",
    FIGURES.accuracy.head,
    FIGURES.auc.head,
    "epochs",
    "seconds",
    "images/s",
    "fingerprint",
  ];
  return dataTable(label, head, rows, [1, 2, 3, 4, 5, 6, 7]);
}

/** The command that repeats a study, and the machines it ran on. */
export function repeat(command: string, variants: readonly VariantRuns[], version: string): Html {
  const runs = variants.flatMap((variant) => variant.runs);
  const all = (of: (config: (typeof runs)[number]["config"]) => string | number) =>
    [...new Set(runs.map(({ config }) => of(config)))].join(", ");
  const strict = runs.every(({ config }) => config.engine === "strict");
  const started = runs.map(({ config }) => config.started).sort();
  const seconds = runs.reduce((sum, { history }) => sum + trainingSpeed(history).seconds, 0);
  return html`<p>This command repeats the study${strict ? " with the same bits on every machine, every runtime and any number of threads" : "; with the fast engine, the bits depend on the machine"}:</p>
<pre class="wrap"><code>${command}</code></pre>
<h3>Machine</h3>
${dataTable(
  "Machine",
  ["", ""],
  [
    ["hqcnn", all((config) => config.version)],
    ["this page", version],
    ["engine", all(({ engine }) => engine)],
    ["runtime", all(({ runtime }) => runtime)],
    ["processors", all(({ cpuCount }) => cpuCount)],
    ["first and last run started", `${started[0]}, ${started.at(-1)}`],
    ["training time of all runs", duration(seconds)],
  ],
  [],
)}`;
}
