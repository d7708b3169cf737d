/** What the view Train needs beside the rest of the style: on a desk all of it stands on one screen. */
export const TRAIN_STYLE = `
.controls.panel{padding:.55rem .9rem}
.controls .row{margin:.1rem 0;gap:.35rem .6rem}
.controls .figures{margin:0 0 0 auto;gap:.1rem 1.1rem;font-size:.9rem}
.controls .figures dt{line-height:1.2}
.controls .figures dd{min-width:3.5rem;line-height:1.3}
.controls progress{display:block;margin:.3rem 0}
.controls .threads{margin:0 0 0 auto}
.desk{display:grid;grid-template-columns:minmax(0,1fr);gap:1.5rem;margin-top:1rem}
.desk section+section{margin-top:.75rem;padding-top:0;border:0}
.desk h2{font-size:1.05rem;margin:0 0 .4rem}
.desk h3{font-size:.82rem;margin:0 0 .25rem;line-height:1.3}
.desk .small{margin:.2rem 0 0;font-size:.76rem;line-height:1.3}
@container (min-width:62rem){.desk{grid-template-columns:minmax(0,1fr) 20rem}.desk>.options:only-child{grid-column:1/-1}}
.options .drop{padding:.6rem .7rem;margin-bottom:.6rem}
.options .drop .row{margin:.4rem 0}
.options button{min-height:2.1rem;padding:.2rem .6rem;font-size:.9rem}
.fields.short{grid-template-columns:repeat(3,minmax(0,1fr));gap:.35rem .6rem;padding:0 0 .4rem}
.fields.short .field{gap:0;font-size:.9rem}
.fields.short input,.fields.short select{min-height:1.9rem;padding:.1rem .4rem}
.fields.short label{font-size:.87em;line-height:1.5;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.network{display:grid;grid-template-columns:minmax(0,1fr);gap:.9rem;align-items:start;min-height:17rem}
.network canvas{border-radius:.15rem}
.network .cells ul{display:grid;grid-template-columns:repeat(6,1fr);gap:.25rem;margin:0;padding:0;list-style:none}
.cell{position:relative;display:block;width:100%;min-height:0;padding:0;border:2px solid transparent;border-radius:.3rem;background:none}
.cell[aria-pressed=true]{border-color:var(--accent)}
.cell.mistaken{outline:2px dashed var(--wrong);outline-offset:-2px}
.cell.mistaken span:last-child{position:absolute;right:0;bottom:0;padding:0 .2rem;background:var(--paper);color:var(--wrong);font-size:.75rem;line-height:1.2;font-weight:700}
.network .blocks{display:grid;grid-template-columns:repeat(5,minmax(0,1fr));gap:.7rem}
.network .block{display:grid;gap:.25rem}
.network .block h3{margin:0}
@container (min-width:44rem){.network{grid-template-columns:8.6rem minmax(14rem,19rem) minmax(16rem,1fr)}.network .cells ul{grid-template-columns:repeat(3,1fr)}}
.network .bars{margin:.2rem 0;font-size:.85rem}
.network .keys{display:flex;justify-content:space-between}
.wiring{display:block;width:100%;max-height:13rem;margin:0 0 .2rem;font-size:11px;fill:currentColor;stroke:none}
.wiring .line,.wiring .link,.wiring .target{fill:none;stroke:currentColor;stroke-width:1}
.wiring .line{stroke:var(--muted)}
.wiring .target{fill:var(--paper)}
.wiring .gate{fill:var(--paper);stroke:currentColor;stroke-width:1}
.wiring .gate.weight{fill:var(--faint)}
.wiring .gate.input{fill:var(--accent);stroke:var(--accent)}
.wiring .axis{stroke:var(--muted);stroke-width:1}
.wiring .value{fill:var(--accent)}
.wiring .in,.wiring .out{text-anchor:end}
.wiring .out{font-weight:600}
.wiring .box{text-anchor:middle}
.curves{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,15rem),1fr));gap:.8rem}
.line-chart{display:block;width:100%;height:auto;font-size:11px;fill:currentColor}
.line-chart .title{font-weight:650;font-size:12px}
.line-chart .name,.line-chart .tick{text-anchor:end}
.line-chart .tick,.line-chart .empty{fill:var(--muted)}
.line-chart .empty{text-anchor:middle}
.line-chart path{fill:none}
.line-chart .grid{stroke:var(--faint)}
.line-chart .best{stroke:var(--muted);stroke-dasharray:2 3}
.line-chart g.faint path{stroke:var(--muted);stroke-width:1;opacity:.45}
.line-chart g.plain path{stroke:var(--muted);stroke-width:1.8;stroke-dasharray:5 2}
.line-chart g.strong path{stroke:var(--accent);stroke-width:2.2}
.line-chart g.strong circle{fill:var(--accent)}
.line-chart text.plain{fill:var(--muted)}
.line-chart text.strong{fill:var(--accent);font-weight:600}
`;
