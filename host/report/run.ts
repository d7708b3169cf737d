import { implausibleAccuracy } from "../datasets/guard.ts";
import { classCounts } from "../datasets/inspect.ts";
import { type Dataset, TASKS, type Task } from "../datasets/types.ts";
import { circuitText } from "../training/head.ts";
import type { RunConfig, TestResult } from "../training/record.ts";
import type { ReportedRun } from "../training/reported.ts";
import { type Charts, loadCharts } from "./charts.ts";
import { dataSection } from "./data.ts";
import { type Html, html } from "./html.ts";
import { labelFigures } from "./labelFigures.ts";
import { labelPictures } from "./labelPictures.ts";
import { measuredSection } from "./measured.ts";
import { networkSection } from "./network.ts";
import { type AddFigure, collectFigures, type Page, page, type Report, type Section } from "./page.ts";
import { imagesOf, pictures } from "./pictures.ts";
import { reproduce } from "./reproduce.ts";
import { answer, notices, unfinished } from "./result.ts";
import { testFigures } from "./testFigures.ts";
import { training } from "./training.ts";

export interface ReportContext {
  run: ReportedRun;
  /** The run's data set, or why it cannot be shown. */
  data: Dataset | string;
  /** About the data, one line each. */
  warnings: readonly string[];
  /** Of this package. */
  version: string;
  /** Puts other names in place of the flags of sentences; default: as they are. */
  words?: (text: string) => string;
}

/** The report of a run, finished or not: one HTML document that needs nothing else, and its pictures. */
export async function reportRun(context: ReportContext): Promise<Report> {
  const { figures, ...content } = await runPage(context);
  return { html: page(content), figures };
}

/** What the report of a run says, section by section. */
export async function runPage({
  run,
  data,
  warnings,
  version,
  words = (text) => text,
}: ReportContext): Promise<Page & Pick<Report, "figures">> {
  const charts = await loadCharts();
  const { figures, addTo } = collectFigures();
  const add = addTo("");
  const { config, history, result } = run;
  const images = result ? await imagesOf(run, data) : "";
  const counts = config.data.classCounts ?? (typeof data === "string" ? null : await classCounts(data));
  const implausible =
    result && implausibleAccuracy({ name: config.data.name, task: taskOf(config) }, result.metrics.accuracy);
  const said = [...warnings, ...(result?.metrics.warnings ?? []), ...(implausible ? [implausible] : [])];
  const sections: (Section | null)[] = [
    {
      id: "result",
      title: result ? "Result" : "Not finished",
      body: html`${result ? answer(run, result) : unfinished(run)}${notices(said.map(words))}`,
    },
    history.length === 0 ? null : { id: "training", title: "Training", body: training(run, charts, add) },
    result && { id: "test", title: "Test results", body: testBody(config, result, charts, add) },
    result && {
      id: "images",
      title: "Images",
      body: typeof images === "string" ? html`<p>${images}</p>` : picturesOf(result)(config, result, images),
    },
    run.measured && {
      id: "measured",
      title: "Shots and noise",
      body: measuredSection(run.measured, charts, add),
    },
    run.model && { id: "network", title: "Network", body: networkSection(config, run.model, add) },
    { id: "data", title: "Data", body: dataSection(config, counts, charts, add) },
    { id: "reproduce", title: "Reproduce", body: reproduce(run, version) },
  ];
  return {
    title: titleOf(config),
    lead: lead(config),
    sections: sections.filter((section) => section !== null),
    version,
    figures,
  };
}

function titleOf({ data }: RunConfig): string {
  const [negative, positive] = data.classNames;
  return data.task === "binary"
    ? `${data.name}: ${positive} against ${negative}`
    : `${data.name}: ${data.classNames.length} ${data.task === "multilabel" ? "labels" : "classes"}`;
}

function testBody({ data }: RunConfig, result: TestResult, charts: Charts, add: AddFigure): Html {
  const figures = result.metrics.multilabel ? labelFigures : testFigures;
  return figures(data.classNames, result, charts, add);
}

function picturesOf({ metrics }: TestResult): typeof pictures {
  return metrics.multilabel ? labelPictures : pictures;
}

function taskOf({ data }: RunConfig): Task {
  return TASKS.find((task) => task === data.task) ?? "multiclass";
}

function networkName({ options }: RunConfig): string {
  return options.head === "quantum"
    ? `a hybrid quantum-classical network (${circuitText(options)})`
    : `a classical network (head ${options.head})`;
}

function lead(config: RunConfig): Html {
  return html`<p class="muted">Run of ${config.started.slice(0, 10)}, seed ${config.options.seed}, ${networkName(config)}, protocol ${config.data.protocol}</p>`;
}
