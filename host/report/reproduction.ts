import type { VariantRuns } from "../comparison/compare.ts";
import { classTable, figuresTable, type Reproduction, reproductionHeading } from "../comparison/reproduction.ts";
import { verdicts } from "../comparison/tables.ts";
import { type Charts, loadCharts } from "./charts.ts";
import { dataSection } from "./data.ts";
import { type Html, html } from "./html.ts";
import { type AddFigure, collectFigures, details, page, type Report } from "./page.ts";
import { optionsTable } from "./reproduce.ts";
import { notices } from "./result.ts";
import { POOLED_SEEDS, repeat, runsTable, strips, studyTable } from "./study.ts";

export interface ReproductionContext {
  /** One data set by one protocol each, and the runs behind it. */
  parts: readonly { reproduction: Reproduction; variants: readonly VariantRuns[] }[];
  /** That repeats all of them. */
  command: string;
  /** Of this package. */
  version: string;
}

/** Published results beside ours as one self-contained HTML document, and its pictures. */
export async function reportReproduction({ parts, command, version }: ReproductionContext): Promise<Report> {
  const charts = await loadCharts();
  const { figures, addTo } = collectFigures();
  const sections = parts.map(({ reproduction, variants }) => {
    const id = `${reproduction.set}-${reproduction.protocol}`;
    return {
      id,
      title: `${reproduction.set}, ${reproduction.protocol}`,
      body: part(reproduction, variants, charts, addTo(`${id}-`)),
    };
  });
  const all = parts.flatMap(({ variants }) => variants);
  return {
    html: page({
      title: "Reproduction",
      lead: html`<p class="muted">The thesis’s networks, trained again: published and own results side by side</p>`,
      sections: [...sections, { id: "reproduce", title: "Reproduce", body: repeat(command, all, version) }],
      version,
    }),
    figures,
  };
}

function part(reproduction: Reproduction, variants: readonly VariantRuns[], charts: Charts, add: AddFigure): Html {
  const { comparison, published, set, protocol } = reproduction;
  const where = `${set}, ${protocol}`;
  const [{ config }] = variants[0].runs;
  const caption = html`A ring is a run, the bar the mean over the seeds, with its value on the right; a diamond is what ${published.who} reports. The row ${variants[0].variant} is the hybrid network, ${variants[1].variant} the CNN alone.`;
  return html`<p>${reproductionHeading(reproduction)}.</p>
${protocol === "pooled" ? notices([POOLED_SEEDS]) : null}
${studyTable(`Results, ${where}`, figuresTable(reproduction))}
<ul class="verdicts">${verdicts(comparison).map((verdict) => html`<li>${verdict}</li>`)}</ul>
${strips(variants, charts, add, caption, [published.hybrid, published.cnn])}
<h3>Classes of the hybrid network</h3>
${studyTable(`Classes, ${where}`, classTable(reproduction))}
<h3>Runs</h3>
${runsTable(`Runs, ${where}`, variants)}
${details("Data set", dataSection(config, config.data.classCounts ?? null, charts, add))}
${details("Options", optionsTable(config.options))}`;
}
