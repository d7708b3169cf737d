import { trainingSpeed } from "../training/loop.ts";
import { flag, optionText, type TrainOptions } from "../training/options.ts";
import { parseTrainOptions } from "../training/parse.ts";
import type { ReportedRun } from "../training/reported.ts";
import { type Html, html } from "./html.ts";
import { dataTable } from "./page.ts";
import { duration, quote, whole } from "./text.ts";

/** The command, the fingerprint, the machine and every option. */
export function reproduce({ config, result, history }: ReportedRun, version: string): Html {
  const { seconds, imagesPerSecond } = trainingSpeed(history);
  const strict = config.engine === "strict";
  return html`<p>This command repeats the run${strict ? " to the same bits on every machine, runtime and number of threads" : "; the fast engine’s bits depend on the machine"}:</p>
<pre class="wrap"><code>${commandLine("train", config.options)}</code></pre>
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
    ["speed", history.length === 0 ? "–" : `${whole(Math.round(imagesPerSecond))} images/s`],
  ],
  [],
)}
<h3>Options</h3>
${optionsTable(config.options)}`;
}

/** Every option of training, and its default where it is another. */
export function optionsTable(options: TrainOptions): Html {
  const standard = parseTrainOptions({}) as Record<string, unknown>;
  const rows = Object.keys(standard).map((key) => {
    const value = options[key as keyof TrainOptions];
    // What is on unless told otherwise is typed as its absence.
    const isAbsence = standard[key] === true;
    const shown = (given: unknown) => valueText(isAbsence ? !given : given);
    return [
      html`<code>${isAbsence ? flag(key).replace("--", "--no-") : flag(key)}</code>`,
      shown(value),
      same(value, standard[key]) ? "" : `default ${shown(standard[key])}`,
    ];
  });
  return dataTable("Options", ["option", "value", ""], rows, []);
}

/** The command line that trains with these options: those that are not the default, quoted for a POSIX shell. */
export function commandLine(command: "train" | "compare", options: TrainOptions): string {
  const standard = parseTrainOptions({}) as Record<string, unknown>;
  const parts = Object.entries(options)
    .filter(([key, value]) => value !== undefined && !same(value, standard[key]))
    .flatMap(([key, value]) => (key === "circuit" ? circuitFiles(value) : [optionText(key, value, quote)]));
  return [`hqcnn ${command}`, ...parts].join(" ");
}

/** Circuits by the files they were given as, or as files to be written of what config.json holds of them. */
function circuitFiles(value: unknown): string[] {
  const listed = Array.isArray(value) ? value : [value];
  const file = (i: number) => (listed.length === 1 ? "circuit.json" : `circuit-${i + 1}.json`);
  return listed.map((one, i) => optionText("circuit", typeof one === "string" ? one : file(i), quote));
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function valueText(value: unknown): string {
  return value === undefined ? "–" : typeof value === "boolean" ? (value ? "yes" : "no") : text(value);
}

function text(value: unknown): string {
  const isData = (one: unknown) => typeof one === "object" && !Array.isArray(one);
  return isData(value) || (Array.isArray(value) && value.some(isData)) ? JSON.stringify(value) : String(value);
}
