import { type Html, html, markup } from "./html.ts";
import { themeCss } from "./palette.ts";

export interface Section {
  /** Of the heading, for links. */
  id: string;
  title: string;
  body: Html;
}

export interface Page {
  title: string;
  /** Below the title. */
  lead: Html;
  sections: readonly Section[];
  /** Of this package. */
  version: string;
}

/**
 * A self-contained HTML document in the style of all our reports. No scripts; its policy allows nothing from outside
 * the file.
 */
export function page({ title, lead, sections, version }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${markup(STYLE)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
${lead}
<p class="badge">Not for clinical use</p>
<nav aria-label="Sections">${sections.map((section) => html`<a href="#${section.id}">${section.title}</a> `)}</nav>
</header>
<main>
${sections.map(
  (section) => html`<section aria-labelledby="${section.id}">
<h2 id="${section.id}">${section.title}</h2>
${section.body}
</section>
`,
)}</main>
<footer>Written by hqcnn ${version}. Not for clinical use: the results describe benchmark images, not patients.</footer>
</body>
</html>
`.html;
}

/** A document, and its pictures by name; `standalone` makes files of them. */
export interface Report {
  html: string;
  figures: Map<string, string>;
}

/** Registers a picture under a name, so that it can also become a file. @returns the picture */
export type AddFigure = (name: string, svg: string) => string;

/** The pictures of a report by name, and how to add one; `prefix` comes before the names. */
export function collectFigures(): { figures: Map<string, string>; addTo: (prefix: string) => AddFigure } {
  const figures = new Map<string, string>();
  const addTo = (prefix: string) => (name: string, svg: string) => {
    figures.set(prefix + name, svg);
    return svg;
  };
  return { figures, addTo };
}

/** A picture with what it shows below; `wide` ones take the whole column and scroll in it where it is narrow. */
export function figure(svg: string, caption: Html, options: { wide?: string; more?: Html } = {}): Html {
  // As wide as its column, but never below 70 % of its own size: then it scrolls.
  const least = 0.7 * Number(/ width="([\d.]+)"/.exec(svg)?.[1] ?? 0);
  const fitted = svg.replace(/^<svg /, `<svg style="min-width:${Math.round(least)}px" `);
  const picture = options.wide
    ? html`<div class="scroll" tabindex="0" role="region" aria-label="${options.wide}">${markup(fitted)}</div>`
    : markup(svg);
  return html`<figure class="${options.wide ? "wide" : "chart-box"}">${picture}<figcaption>${caption}</figcaption>${options.more ?? null}</figure>`;
}

/**
 * A table that scrolls in itself; cells of columns in `numeric` are aligned to the right. `label` names it to screen
 * readers.
 */
export function dataTable(
  label: string,
  head: readonly (string | Html)[],
  rows: readonly (readonly (string | number | Html)[])[],
  numeric: readonly number[] = head.map((_, i) => i).slice(1),
): Html {
  const kind = (column: number) => (numeric.includes(column) ? "number" : "text");
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table>
<thead><tr>${head.map((cell, i) => (cell === "" ? html`<td></td>` : html`<th scope="col" class="${kind(i)}">${cell}</th>`))}</tr></thead>
<tbody>${rows.map(
    ([first, ...rest]) =>
      html`<tr><th scope="row" class="${kind(0)}">${first}</th>${rest.map((cell, i) => html`<td class="${kind(i + 1)}">${cell}</td>`)}</tr>
`,
  )}</tbody></table></div>`;
}

/** Something to open when wanted. */
export function details(summary: string, body: Html): Html {
  return html`<details><summary>${summary}</summary>${body}</details>`;
}

/** What sections look like, in a document of their own or in a page. */
export const CONTENT_STYLE = `h1{margin:0;font-size:1.9rem;line-height:1.2;font-weight:650;letter-spacing:-.015em;text-wrap:balance}
h2{margin:4rem 0 1rem;padding-top:1.25rem;border-top:1px solid var(--faint);font-size:1.3rem;line-height:1.3;font-weight:650}
h3{margin:2.25rem 0 .5rem;font-size:1rem;font-weight:650}
p{margin:.6rem 0;max-width:44rem}
a{color:var(--accent);text-underline-offset:.2em}
nav{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;margin:1.5rem 0 0;font-size:.9rem}
.lead{font-size:1.15rem;line-height:1.55}
.muted,figcaption,footer{color:var(--muted)}
.notice{margin:1rem 0;padding:.6rem .9rem;border-left:3px solid var(--wrong);background:var(--panel);max-width:44rem}
.notice p{margin:.2rem 0}
.badge{display:inline-block;margin:0 0 1rem;padding:.15rem .6rem;border:1px solid var(--wrong);border-radius:1rem;color:var(--wrong);font-size:.85rem;font-weight:600}
.verdicts{margin:1.5rem 0;padding:0;max-width:44rem;list-style:none}
.verdicts li{margin:1.1rem 0}
.answers{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,13rem),1fr));gap:1.25rem;margin:2rem 0 1.5rem;padding:0}
.answers div{padding-top:.8rem;border-top:2px solid var(--accent)}
.answers dt{color:var(--muted);font-size:.9rem}
.answers dd{margin:0}
.answers .value{font-size:2.3rem;line-height:1.25;font-weight:600;letter-spacing:-.02em}
.answers .interval{color:var(--muted);font-size:.9rem}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,23rem),1fr));gap:2.5rem;margin-top:1.5rem;align-items:start}
figure{margin:0;min-width:0}
figure.wide{margin:1.5rem 0}
.grid figure.wide{grid-column:1/-1;margin:0}
.chart-box>svg{display:block;width:100%;max-width:30rem;height:auto}
figcaption{margin-top:.6rem;font-size:.9rem;line-height:1.5;max-width:44rem}
.scroll{overflow-x:auto;max-width:100%}
.scroll>svg{display:block;max-width:100%;height:auto}
:focus-visible{outline:2px solid var(--accent);outline-offset:3px}
table{border-collapse:collapse;font-size:.9rem;line-height:1.45}
th,td{padding:.3rem .9rem .3rem 0;border-bottom:1px solid var(--faint);vertical-align:top;font-weight:400;text-align:left}
thead th{color:var(--muted);vertical-align:bottom}
th.number,td.number{text-align:right;white-space:nowrap}
th.text,td.text{min-width:6rem;max-width:24rem}
td code,th code{overflow-wrap:anywhere}
pre{margin:.75rem 0;padding:.9rem 1rem;overflow-x:auto;background:var(--panel);border-radius:.4rem;font-size:.82rem;line-height:1.5}
pre.wrap{white-space:pre-wrap;overflow-wrap:anywhere}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
code{font-size:.9em}
details{margin:.6rem 0;font-size:.9rem}
summary{cursor:pointer;color:var(--accent)}
.thumbs{display:grid;grid-template-columns:repeat(auto-fill,minmax(5.5rem,1fr));gap:1rem .9rem;margin:.75rem 0 0;padding:0;list-style:none}
.thumbs li{min-width:0;font-size:.78rem;line-height:1.35;overflow-wrap:anywhere;color:var(--muted)}
.thumbs.captioned{grid-template-columns:repeat(auto-fill,minmax(6.5rem,1fr))}
.thumbs img{display:block;width:100%;height:auto;margin-bottom:.3rem;border-radius:.25rem;image-rendering:pixelated;background:var(--panel)}
.thumbs b{color:var(--ink);font-weight:600}
.thumbs .wrong{color:var(--wrong);font-weight:600}
footer{margin-top:4rem;padding-top:1.25rem;border-top:1px solid var(--faint);font-size:.85rem}
`;

const STYLE = `
:root{color-scheme:light dark;${themeCss("light")}}
@media (prefers-color-scheme:dark){:root{${themeCss("dark")}}}
@media print{:root{color-scheme:light;${themeCss("light")}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0 auto;padding:3rem 1.25rem 4rem;max-width:62rem;background:var(--paper);color:var(--ink);
font:1rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:break-word}
${CONTENT_STYLE}@media (max-width:40rem){body{padding-top:1.75rem}h1{font-size:1.5rem}h2{margin-top:3rem}.answers .value{font-size:2rem}}
@media print{
@page{margin:16mm}
html{font-size:9.5pt}
body{padding:0;max-width:none}
nav,summary{display:none}
h2{margin-top:2rem;break-after:avoid}
h3{break-after:avoid}
figure,.thumbs li,tr,.answers{break-inside:avoid}
.grid{grid-template-columns:1fr 1fr;gap:1.5rem}
.scroll{overflow:visible}
th.number,td.number{white-space:normal}
th.text,td.text{min-width:0}
th,td{padding-right:.5rem}
.scroll>svg{min-width:0!important}
.thumbs{grid-template-columns:repeat(9,1fr)}
.thumbs.captioned{grid-template-columns:repeat(8,1fr)}
.answers{grid-template-columns:repeat(4,1fr)}
.answers .value{font-size:1.7rem}
pre{white-space:pre-wrap}
a{color:inherit;text-decoration:none}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
`;
