import { ABLATIONS, type AblationName, NETWORK } from "../comparison/ablations.ts";
import type { VariantRuns } from "../comparison/compare.ts";
import { CURVE_NOTE, curveTable, type LearningCurve } from "../comparison/curve.ts";
import { FIGURES, type FigureName } from "../comparison/text.ts";
import { loadCharts } from "./charts.ts";
import { html } from "./html.ts";
import { collectFigures, figure, page, type Report } from "./page.ts";
import { repeat, studyTable } from "./study.ts";

export interface CurveContext {
  curve: LearningCurve;
  /** The runs on the most images. */
  variants: readonly VariantRuns[];
  command: string;
  version: string;
  title: string;
}

/** Learning curves as one self-contained HTML document, and its pictures. */
export async function reportCurve({ curve, variants, command, version, title }: CurveContext): Promise<Report> {
  const charts = await loadCharts();
  const { figures, addTo } = collectFigures();
  const add = addTo("");
  const [{ comparison }] = curve.points;
  const shown = comparison.variants.flatMap(({ variant }, i) =>
    variant !== NETWORK && ABLATIONS[variant as AblationName].isCheck ? [] : [{ variant, i }],
  );
  const chart = (key: FigureName, name: string) => {
    const { scale, digits, axis } = FIGURES[key];
    const series = shown.map(({ variant, i }) => ({
      name: variant,
      emphasis: variant === NETWORK,
      points: curve.points.flatMap(({ images, comparison }) => {
        const summary = comparison.variants[i][key];
        return summary ? [{ x: images, y: scale * summary.mean }] : [];
      }),
    }));
    if (series.some(({ points }) => points.length === 0)) return null;
    const texts = series.map(
      ({ name, points }) => `${name} ${points.map(({ x, y }) => `${y.toFixed(digits)} with ${x}`).join(", ")}`,
    );
    const label = `${name} on test${axis && " in percent"} against training images: ${texts.join("; ")}.`;
    const picture = charts.lines(label, { x: "training images", y: `${name} on test${axis}`, log: false }, series);
    return figure(
      add(`curve-${key}`, picture),
      html`${name} on test against the number of training images, means over the seeds.`,
    );
  };
  const sections = [
    {
      id: "result",
      title: "Result",
      body: html`<ul class="verdicts">${curve.contrasts.map(({ verdict }) => html`<li>${verdict}</li>`)}</ul>
<div class="grid">${chart("accuracy", "Accuracy")}${chart("auc", "AUC")}</div>
${studyTable("Sizes", curveTable(curve))}
<p class="muted">${CURVE_NOTE}</p>`,
    },
    { id: "reproduce", title: "Reproduce", body: repeat(command, variants, version) },
  ];
  const lead = html`<p class="muted">${comparison.data}, task ${comparison.task}, protocol ${comparison.protocol}, seeds ${comparison.seeds.join(", ")}</p>`;
  return { html: page({ title, lead, sections, version }), figures };
}
