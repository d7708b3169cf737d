import { CONTENT_STYLE } from "../../report/page.ts";
import { themeCss } from "../../report/palette.ts";
import { TRAIN_STYLE } from "./trainStyle.ts";
import { UNDERSTAND_STYLE } from "./understandStyle.ts";

/**
 * The look of `<hqcnn-lab>`: that of the reports, and what a page has beside. Its own width counts, not the window's.
 */
export const STYLE = `
:host{color-scheme:light dark;display:block;container-type:inline-size;${themeCss("light")};color:var(--ink);background:var(--paper);
font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:break-word}
@media (prefers-color-scheme:dark){:host{${themeCss("dark")}}}
:host([hidden]){display:none}
*{box-sizing:border-box}
${CONTENT_STYLE}
h2{margin:0 0 .5rem;padding:0;border:0;font-size:1.3rem}
h3{margin:1.75rem 0 .5rem}
section+section{margin-top:2.5rem;padding-top:1.5rem;border-top:1px solid var(--faint)}
.large{zoom:1.35}
.top{display:flex;flex-wrap:wrap;align-items:end;justify-content:space-between;margin:0 0 1rem;border-bottom:1px solid var(--faint)}
.share{display:flex;flex-wrap:wrap;align-items:center;justify-content:end;gap:0 .4rem;margin-left:auto}
.share button.plain{min-height:2rem;font-size:.85rem}
.share button[aria-pressed=true]{font-weight:700}
.share .small{margin:0}
.share .copy{flex:1 1 100%;font-size:.85rem}
.share textarea{display:block;width:100%;font:inherit;color:inherit;background:var(--panel)}
.tabs{display:flex;flex-wrap:wrap;gap:.25rem}
.tabs button{border:0;border-bottom:3px solid transparent;border-radius:0;margin:0 0 -1px;padding:.6rem .8rem;background:none;color:var(--muted);font-weight:550}
.tabs button[aria-selected=true]{color:var(--accent);border-bottom-color:var(--accent)}
.tabs button:hover{color:var(--ink)}
button,.file{font:inherit;min-height:2.5rem;padding:.4rem .9rem;border:1px solid var(--muted);border-radius:.4rem;background:var(--paper);color:var(--ink);cursor:pointer}
button:hover:not(:disabled,[aria-disabled=true]){border-color:var(--accent);color:var(--accent)}
button:disabled,button[aria-disabled=true]{cursor:default;opacity:.5}
.small{font-size:.88rem;margin:.4rem 0}
.between{justify-content:space-between}
button.main{background:var(--accent);border-color:var(--accent);color:var(--on-accent);font-weight:600}
button.main:hover:not(:disabled,[aria-disabled=true]){color:var(--on-accent);filter:brightness(1.1)}
button.plain{border:0;background:none;padding:.4rem;color:var(--accent);text-decoration:underline;text-underline-offset:.2em}
.row{display:flex;flex-wrap:wrap;gap:.6rem;align-items:center;margin:.9rem 0}
.errors{position:sticky;top:0;z-index:1;max-height:40vh;overflow-y:auto}
.error{display:flex;gap:1rem;align-items:flex-start;justify-content:space-between;margin:0 0 1.25rem;padding:.7rem .9rem;border:1px solid var(--wrong);border-left-width:4px;border-radius:.3rem;background:var(--panel)}
.error p{margin:.2rem 0;white-space:pre-line;min-width:0;overflow-wrap:anywhere}
.panel{padding:1rem;background:var(--panel);border-radius:.5rem;min-width:0}
fieldset{margin:0;padding:0;border:0;min-width:0}
legend{padding:0;font-weight:650}
details.group{margin:0;border-bottom:1px solid var(--faint);font-size:1rem}
details.group>summary{padding:.7rem .2rem;color:var(--ink);font-weight:600}
details.group>summary .muted{font-weight:400;font-size:.9rem}
.fields{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,15rem),1fr));gap:1rem 1.25rem;padding:.4rem .2rem 1.2rem}
.field{display:flex;flex-direction:column;gap:.2rem;min-width:0}
.field label{font-weight:550}
.field .hint{margin:0;color:var(--muted);font-size:.82rem;line-height:1.4}
.field .problem{margin:0;color:var(--wrong);font-size:.88rem;font-weight:600}
.field.check{display:grid;grid-template-columns:auto 1fr;column-gap:.55rem;align-items:center;align-content:start}
.field.check .hint,.field.check .problem{grid-column:2}
input,select{font:inherit;max-width:100%;min-height:2.4rem;padding:.3rem .55rem;border:1px solid var(--muted);border-radius:.35rem;background:var(--paper);color:var(--ink)}
input[type=checkbox],input[type=radio]{width:1.2rem;height:1.2rem;min-height:0;margin:0;accent-color:var(--accent)}
input[type=range]{padding:0;border:0;background:none;accent-color:var(--accent)}
input[type=file]{position:absolute;width:1px;height:1px;min-height:0;padding:0;opacity:0;pointer-events:none}
input[type=file]:focus-visible+.file,.file:focus-within{outline:2px solid var(--accent);outline-offset:3px}
input[aria-invalid=true]{border-color:var(--wrong);border-width:2px}
.file{display:inline-flex;align-items:center;position:relative}
progress{width:100%;height:.7rem;accent-color:var(--accent)}
label{min-width:0;max-width:100%}
select{min-width:0;width:auto}
.field select,.field input:not([type=checkbox]){width:100%}
.reserved{min-height:2.5rem}
.status{min-height:1.55em;margin:.4rem 0}
.drop{padding:1rem;border:2px dashed var(--faint);border-radius:.5rem}
.drop{margin-bottom:1rem}
.drop.over{border-color:var(--accent);background:var(--panel)}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(3.4rem,1fr));gap:.5rem;margin:.5rem 0;padding:0;list-style:none}
canvas{display:block;width:100%;height:auto;aspect-ratio:1;border-radius:.25rem;image-rendering:pixelated;background:var(--panel)}
.bar{display:block;width:100%;min-width:5rem;height:.4rem;background:var(--faint);border-radius:.2rem;overflow:hidden}
.bar i{display:block;height:100%;background:var(--accent)}
.share{min-width:7rem}
.figures{display:flex;flex-wrap:wrap;gap:.3rem 1.6rem;margin:.8rem 0;padding:0}
.figures div{display:flex;flex-direction:column}
.figures dt{color:var(--muted);font-size:.85rem}
.figures dd{margin:0;font-weight:600;min-width:4.5rem}
.runs{margin:.5rem 0;padding:0;list-style:none}
.runs li{display:flex;flex-wrap:wrap;gap:.3rem .9rem;align-items:center;justify-content:space-between;padding:.45rem 0;border-bottom:1px solid var(--faint)}
.runs .what{min-width:0;flex:1 1 16rem}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
${UNDERSTAND_STYLE}${TRAIN_STYLE}
@media (forced-colors:active){:host{--paper:Canvas;--panel:Canvas;--ink:CanvasText;--muted:CanvasText;--faint:CanvasText;--accent:Highlight;--on-accent:HighlightText;--wrong:LinkText}
.line-chart .grid{opacity:.3}
.bar,.bar i,.scale,.overlay,.sheet i,canvas{forced-color-adjust:none}
.bar{background:Canvas!important;outline:1px solid CanvasText}
.bar i{background:Highlight!important}
button.main,button[aria-pressed=true],.tabs button[aria-selected=true]{forced-color-adjust:none;background:Highlight;color:HighlightText}}`;

let sheet: CSSStyleSheet | undefined;

/** One style sheet for every element of a page; the page's policy allows no other way. */
export function styleSheet(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
  }
  return sheet;
}
