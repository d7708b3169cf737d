import { CLAIMS } from "../claims/list.ts";
import {
  authorsText,
  bibtex,
  type ClaimResult,
  claimTable,
  findingText,
  isDifference,
  methodsText,
  publishedText,
  questionOf,
  verdictText,
} from "../claims/result.ts";
import { VERDICTS } from "../claims/verdict.ts";
import type { VariantRuns } from "../comparison/compare.ts";
import { contrastTable, csvTable, latexTable, NOTE, type Table, verdicts } from "../comparison/tables.ts";
import { FIGURES } from "../comparison/text.ts";
import type { Protocol } from "../datasets/types.ts";
import { type Charts, loadCharts } from "./charts.ts";
import { dataSection } from "./data.ts";
import { type Html, html } from "./html.ts";
import { type AddFigure, collectFigures, details, figure, page, type Report } from "./page.ts";
import { optionsTable } from "./reproduce.ts";
import { notices } from "./result.ts";
import { POOLED_SEEDS, repeat, runsTable, strips, studyTable } from "./study.ts";

export interface ClaimContext {
  result: ClaimResult;
  /** The runs behind each part of the result. */
  parts: readonly { protocol: Protocol; variants: readonly VariantRuns[] }[];
  /** That repeats them. */
  command: string;
  /** Of this package. */
  version: string;
}

/** What became of a published claim, as one self-contained HTML document, and its pictures. */
export async function reportClaim({ result, parts, command, version }: ClaimContext): Promise<Report> {
  const charts = await loadCharts();
  const { figures, addTo } = collectFigures();
  const { claim } = result;
  const { source } = claim;
  const table = claimTable(result);
  const [{ config }] = parts[0].variants[0].runs;
  const sections = [
    {
      id: "result",
      title: "Result",
      body: html`<p class="lead">${claim.says} Verdict: <b>${VERDICTS[result.verdict]}</b>.</p>
${result.epochs === undefined ? null : notices([verdictText(result)])}
${findings(result, charts, addTo(""))}
${studyTable("Results", table, 2)}`,
    },
    ...parts.map(({ protocol, variants }, i) => ({
      id: protocol,
      title: `Protocol ${protocol}`,
      body: part(result, i, variants, charts, addTo(`${protocol}-`)),
    })),
    {
      id: "methods",
      title: "Methods",
      body: html`<p>${methodsText(result, version)}</p>
<p>Source: ${authorsText(claim)}, ${source.title}, ${source.year}${source.url ? html`, <a href="${source.url}">${source.url}</a>` : null}. Of its text we had ${{ full: "all", abstract: "the abstract and summaries", none: "nothing" }[source.text]}; its split is ${claim.protocol}.</p>
<h3>Assumed</h3>
<ul>${claim.assumed.map((line) => html`<li>${line}</li>`)}</ul>
<p class="muted">If we are wrong about a method, correct the claim’s file and run it again${(CLAIMS as readonly string[]).includes(claim.id) ? html`: <code>hqcnn claims --show ${claim.id} &gt; corrected.json</code>, then <code>hqcnn reproduce corrected.json</code>` : null}.</p>
${details("Options of the network", optionsTable(config.options))}`,
    },
    { id: "cite", title: "Cite", body: citing(table, bibtex([claim], version)) },
    { id: "data", title: "Data", body: dataSection(config, config.data.classCounts ?? null, charts, addTo("")) },
    {
      id: "reproduce",
      title: "Reproduce",
      body: repeat(
        command,
        parts.flatMap(({ variants }) => variants),
        version,
      ),
    },
  ];
  const lead = html`<p class="muted">${verdictText(result)}</p>`;
  return { html: page({ title: `Claim ${claim.id}`, lead, sections, version }), figures };
}

function findings({ claim, parts }: ClaimResult, charts: Charts, add: AddFigure): Html {
  const { scale, digits } = FIGURES[claim.figure];
  const question = questionOf(claim);
  const published = question.kind === "value" && Number.isFinite(question.runs) ? question.claimed : null;
  const ordinary = question.kind === "value" ? question.ordinary : 0;
  const rows = parts.flatMap(({ protocol, finding }) =>
    finding?.interval
      ? [
          {
            name: protocol,
            mean: scale * (finding.mean - ordinary),
            interval: finding.interval.map((bound) => scale * (bound - ordinary)) as [number, number],
            values: finding.values.map((value) => scale * (value - ordinary)),
            emphasis: finding.answer === "yes",
          },
        ]
      : [],
  );
  const all =
    published === null
      ? rows
      : [
          {
            name: "published",
            mean: scale * (published - ordinary),
            interval: [scale * (published - ordinary), scale * (published - ordinary)] as [number, number],
            values: [],
            emphasis: true,
          },
          ...rows,
        ];
  const against = isDifference(claim) ? `the ablation ${claim.baseline}` : claim.ordinary!.who;
  const lines = [`Published: ${publishedText(claim)}.`, ...parts.map((part) => `${findingText(claim, part)}.`)];
  const unit = claim.figure === "accuracy" ? "percentage points" : "AUC";
  const label = `Difference to ${against}, ${unit}: ${lines.join(" ")}`;
  return html`<ul class="verdicts">${lines.map((line) => html`<li>${line}</li>`)}</ul>
${
  rows.length === 0
    ? null
    : figure(
        add("claim", charts.forest(label, `difference, ${unit}`, all, digits)),
        html`Difference to ${against}. Circle and line are mean and 95 % interval over trainings, small dots the seeds.`,
      )
}`;
}

function part(result: ClaimResult, i: number, variants: readonly VariantRuns[], charts: Charts, add: AddFigure): Html {
  const { protocol, comparison } = result.parts[i];
  const drawn = strips(variants, charts, add, html`A ring is a run, the bar the mean over the seeds.`);
  return html`${protocol === "pooled" ? notices([POOLED_SEEDS]) : null}
<ul class="verdicts">${verdicts(comparison).map((verdict) => html`<li>${verdict}</li>`)}</ul>
${drawn}
${studyTable(`Network minus ablation, ${protocol}`, contrastTable(comparison), 2)}
<p class="muted">${NOTE}</p>
${details("Runs", runsTable(`Runs, ${protocol}`, variants))}`;
}

/** Tables and entries to take away. */
function citing(table: Table, entries: string): Html {
  return html`<p>BibTeX, of this program and of the source:</p>
<pre class="wrap"><code>${entries}</code></pre>
<p>The table as LaTeX:</p>
<pre class="wrap"><code>${latexTable(table)}</code></pre>
<p>The table as CSV:</p>
<pre class="wrap"><code>${csvTable(table)}</code></pre>`;
}

/** What the evidence says: one row a claim. */
export function evidenceTable(results: readonly ClaimResult[]): Table {
  return [
    ["claim", "data", "published", "found", "verdict"],
    ...results.map((result) => [
      result.claim.id,
      result.claim.data,
      publishedText(result.claim),
      result.parts.map((each) => findingText(result.claim, each)).join("; "),
      VERDICTS[result.verdict] + (result.epochs === undefined ? "" : ` (${result.epochs} epochs only)`),
    ]),
  ];
}

/** Several claims on one page. @param commands that repeat each */
export function reportEvidence(results: readonly ClaimResult[], commands: readonly string[], version: string): string {
  const table = evidenceTable(results);
  const counts = Object.entries(VERDICTS).flatMap(([verdict, text]) => {
    const count = results.filter((result) => result.verdict === verdict).length;
    return count === 0 ? [] : [`${count} ${text}`];
  });
  const entries = bibtex(
    results.map(({ claim }) => claim),
    version,
  );
  const sections = [
    {
      id: "claims",
      title: "Claims",
      body: html`<p class="lead">Of ${results.length} ${results.length === 1 ? "claim" : "claims"}: ${counts.join(", ")}.</p>
${studyTable("Claims", table, 5)}
<ul class="verdicts">${results.map((result) => html`<li><b>${result.claim.id}</b><br>${result.claim.says} Verdict: ${VERDICTS[result.verdict]}.</li>`)}</ul>`,
    },
    {
      id: "methods",
      title: "Methods",
      body: html`${results.map((result) => html`<h3>${result.claim.id}</h3><p>${methodsText(result, version)}</p>`)}`,
    },
    {
      id: "reproduce",
      title: "Reproduce",
      body: html`<pre class="wrap"><code>${commands.join("\n")}</code></pre>`,
    },
    { id: "cite", title: "Cite", body: citing(table, entries) },
  ];
  const lead = html`<p class="muted">Published statements about hybrid networks, trained again</p>`;
  return page({ title: "What the evidence says", lead, sections, version });
}
