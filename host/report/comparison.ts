import { ABLATIONS, type AblationName, FEWEST_SEEDS } from "../comparison/ablations.ts";
import { type Comparison, type Difference, SIGNIFICANCE, type VariantRuns } from "../comparison/compare.ts";
import { CORRUPTED_NOTE, corruptedTable } from "../comparison/corruption.ts";
import { contrastTable, NOTE, variantTable } from "../comparison/tables.ts";
import { deltaText, FIGURES, type FigureName } from "../comparison/text.ts";
import { summaryText } from "../statistics/tests.ts";
import { type Charts, loadCharts } from "./charts.ts";
import { dataSection } from "./data.ts";
import { type Html, html } from "./html.ts";
import { type AddFigure, collectFigures, figure, type Page, page, type Report } from "./page.ts";
import { optionsTable } from "./reproduce.ts";
import { notices } from "./result.ts";
import { POOLED_SEEDS, repeat, runsTable, strips, studyTable } from "./study.ts";
import { whole } from "./text.ts";

export interface ComparisonContext {
  comparison: Comparison;
  /** What was compared, the network first. */
  variants: readonly VariantRuns[];
  /** That repeats the comparison. */
  command: string;
  /** Of this package. */
  version: string;
}

/** The network against its ablations as one self-contained HTML document, and its pictures. */
export async function reportComparison(context: ComparisonContext): Promise<Report> {
  const { figures, ...content } = await comparisonPage(context);
  return { html: page(content), figures };
}

/** What the report of a comparison says, section by section. */
export async function comparisonPage({
  comparison,
  variants,
  command,
  version,
}: ComparisonContext): Promise<Page & Pick<Report, "figures">> {
  const charts = await loadCharts();
  const { figures, addTo } = collectFigures();
  const add = addTo("");
  const { data, task, protocol, images, seeds, contrasts } = comparison;
  const [{ config }] = variants[0].runs;
  const rivals = variants.filter(({ variant }) => !ABLATIONS[variant as AblationName]?.isCheck);
  const leftOut =
    rivals.length < variants.length ? " The check on shuffled labels is left out, as it is expected at chance." : "";
  const sections = [
    { id: "result", title: "Result", body: result(comparison) },
    contrasts.length > 0 && {
      id: "differences",
      title: "Differences",
      body: html`${forests(comparison, charts, add)}
<h3>Network minus ablation</h3>
${studyTable("Network minus ablation", contrastTable(comparison), 2)}
<p class="muted">${NOTE}</p>`,
    },
    {
      id: "figures",
      title: "Results by seed",
      body: html`${strips(rivals, charts, add, html`A ring is a run, the bar the mean over the seeds, with its value on the right; ${variants[0].variant} is the network.${leftOut}`)}
<h3>Variants</h3>
${studyTable("Variants", variantTable(comparison))}
<p class="muted">Mean ± standard deviation over the seeds, the range in brackets. Multiply-adds are those of a forward pass for one image, without the circuit’s. Seconds of training and images per second are means over the seeds.</p>`,
    },
    comparison.corruptions !== undefined && {
      id: "corruptions",
      title: "Corrupted images",
      body: html`<ul class="verdicts">${comparison.corruptions.contrasts.map(({ verdict }) => html`<li>${verdict}</li>`)}</ul>
${studyTable("Corrupted images", corruptedTable(comparison.corruptions))}
<p class="muted">${CORRUPTED_NOTE} ${comparison.corruptions.notes.join("; ")}</p>`,
    },
    {
      id: "runs",
      title: "Runs",
      body: html`<p>A fingerprint is the SHA-256 of a run’s final parameters.</p>${runsTable("All runs", variants)}`,
    },
    { id: "data", title: "Data", body: dataSection(config, config.data.classCounts ?? null, charts, add) },
    {
      id: "reproduce",
      title: "Reproduce",
      body: html`${repeat(command, variants, version)}
<h3>Options</h3>
<p>The network’s options with its first seed. Each ablation changes what its name says.</p>
${optionsTable(config.options)}`,
    },
  ];
  return {
    title: `${data}: the network and its ablations`,
    lead: html`<p class="muted">Comparison on ${whole(images)} test images, task ${task}, protocol ${protocol}, seeds ${seeds.join(", ")}</p>`,
    sections: sections.filter((section) => section !== false),
    version,
    figures,
  };
}

/** A sentence, then the question and the answer of each ablation. */
function result({ variants: [network, ...others], contrasts, leak, images, protocol, seeds }: Comparison): Html {
  const different = contrasts.filter(({ accuracy, auc }) => accuracy.adjusted < SIGNIFICANCE || isDifferent(auc));
  const names = different.map(({ twin }) => ABLATIONS[twin].name).join("; ");
  const all = contrasts.length === 1 ? "its ablation" : `its ${contrasts.length} ablations`;
  const few =
    seeds.length < FEWEST_SEEDS ? ` ${seeds.length} of at least ${FEWEST_SEEDS} seeds are too few to tell.` : "";
  const found =
    contrasts.length === 0
      ? ""
      : different.length === 0
        ? ` No difference to ${all} is significant.${few}`
        : ` It differs significantly from ${contrasts.length === 1 ? all : `${different.length} of ${all}`}: ${names}.${few}`;
  const auc = network.auc ? ` and an AUC of ${summaryText(network.auc, "share")}` : "";
  const check = others.find(({ variant }) => ABLATIONS[variant as AblationName].isCheck);
  const item = (name: string, question: string, answer: string) =>
    html`<li><b>${name}</b> <span class="muted">${question}</span><br>${answer}</li>
`;
  return html`<p class="lead">The network has an accuracy of ${summaryText(network.accuracy, "percent")}${auc} on ${whole(images)} test images, over ${seeds.length} ${seeds.length === 1 ? "seed" : "seeds"}.${found}</p>
${protocol === "pooled" ? notices([POOLED_SEEDS]) : null}
<ul class="verdicts">
${contrasts.map(({ twin, question, verdict }) => item(twin, question, verdict))}${check && leak ? item(check.variant, ABLATIONS[check.variant as AblationName].question, leak) : null}</ul>`;
}

function isDifferent(difference: Difference | null): boolean {
  return difference !== null && difference.adjusted < SIGNIFICANCE;
}

function forests({ contrasts }: Comparison, charts: Charts, add: AddFigure): Html {
  const forest = (key: FigureName, name: string) => {
    const { scale, digits, delta } = FIGURES[key];
    const text = (value: number) => deltaText(key, value);
    const isInPoints = key === "accuracy";
    const shown = contrasts.flatMap((contrast) => {
      const difference = contrast[key];
      return difference ? [{ name: contrast.twin, ...difference }] : [];
    });
    if (shown.length === 0) return null;
    const texts = shown.map(
      ({ name, mean, interval, bySeed }) =>
        `${name} ${text(mean)}, interval ${interval.map(text).join(" to ")}, by seed ${bySeed.map(text).join(", ")}`,
    );
    const rows = shown.map(({ name, mean, interval: [low, high], bySeed, adjusted }) => ({
      name,
      mean: scale * mean,
      interval: [scale * low, scale * high] as const,
      values: bySeed.map((value) => scale * value),
      emphasis: adjusted < SIGNIFICANCE,
    }));
    const label = `${name}, network minus ablation${isInPoints ? " in percentage points" : ""} with 95 % intervals: ${texts.join("; ")}.`;
    const picture = charts.forest(label, `${delta}${isInPoints ? ", percentage points" : ""}`, rows, digits);
    return figure(
      add(`difference-${key}`, picture),
      html`${name}, network minus ablation: right of zero the network is ahead. Circle and line are mean and 95 % interval, small dots the seeds; a full circle is a significant difference (Holm-adjusted p below ${SIGNIFICANCE}).`,
    );
  };
  return html`<div class="grid">
${forest("accuracy", "Accuracy")}
${forest("auc", "AUC")}
</div>`;
}
