/** What Use, Layers and Circuit need beside the rest of the style. */
export const UNDERSTAND_STYLE = `
.images{position:relative;max-height:min(26rem,70vh);overflow:auto;border:1px solid var(--faint);border-radius:.4rem}
.images table{width:100%;margin:0;font-size:.9rem}
.images th,.images td{padding:.25rem .4rem;text-align:left;vertical-align:middle;font-weight:400}
.images thead th{position:sticky;top:0;z-index:1;background:var(--paper);white-space:nowrap}
.images thead .plain{padding:.2rem 0;color:var(--ink);font-weight:600;text-decoration:none}
.images tbody th{min-width:8rem}
.images tbody tr{cursor:pointer}
.images tr.chosen{box-shadow:inset 3px 0 0 var(--accent);background:var(--panel)}
.images .thumb{width:3rem}
.images .thumb canvas{width:2.4rem;aspect-ratio:auto}
.images .name{min-height:0;padding:.2rem 0;text-align:left;overflow-wrap:anywhere}
.images .name[aria-pressed=true]{background:none;color:var(--accent);font-weight:600}
.images .remove{min-height:1.8rem;min-width:1.8rem;padding:0;text-decoration:none;font-size:1.2rem}
.name{margin:0;font-weight:600;overflow-wrap:anywhere}
.photo .frame{position:relative;max-width:24rem}
.photo canvas{aspect-ratio:auto}
button.crop{position:absolute;min-height:0;padding:0;border:2px solid #ffea46;border-radius:0;background:none;box-shadow:0 0 0 1px #000,inset 0 0 0 1px #000;cursor:move;touch-action:none}
.crop .corner{position:absolute;right:-.6rem;bottom:-.6rem;width:1.4rem;height:1.4rem;border:1px solid #000;border-radius:50%;background:#ffea46;cursor:nwse-resize;touch-action:none}
.tile canvas{aspect-ratio:auto}
.pair{display:grid;grid-template-columns:minmax(0,1fr);gap:2rem;align-items:start}
.pair>section{margin:0;padding:0;border:0;min-width:0}
.pair>.first{display:contents}
.pair>.first>*{order:1}
.pair>.first>.live{order:-1;position:sticky;top:0;z-index:1;padding:.5rem 0;background:var(--paper)}
.live h3{margin-top:0}
@container (min-width:58rem){
.pair>.first{display:block;align-self:stretch}.pair{grid-template-columns:minmax(0,1fr) minmax(0,1.1fr);gap:3rem}}
.bars{display:grid;grid-template-columns:minmax(0,auto) minmax(3rem,1fr) auto;gap:.3rem .8rem;align-items:center;margin:.6rem 0;padding:0;list-style:none;font-size:.9rem}
.bars li{display:contents}
.bars .bar{height:.8rem;background:var(--faint);border-radius:.2rem;overflow:hidden}
.bars .bar i{display:block;height:100%;background:var(--accent)}
.bars .number{text-align:right;white-space:nowrap;min-width:4rem}
.bars.stacked{grid-template-columns:minmax(0,1fr) auto;gap:.1rem .8rem}
.bars.stacked .bar{grid-column:1/-1;order:1;margin-bottom:.4rem}
.bars.stacked li{display:grid;grid-template-columns:subgrid;grid-column:1/-1}
.bars .most{font-weight:700}
.bars .bar.signed{position:relative}
.bars .bar.signed i{position:absolute;top:0}
.wrong{color:var(--wrong);font-weight:600}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,9rem),1fr));gap:1rem;margin:.8rem 0}
.tile{margin:0;min-width:0}
.tile figcaption{margin:.35rem 0 0;color:var(--muted);font-size:.85rem;line-height:1.4}
.answer{margin:.3rem 0}
.overlay,.sheet{position:relative}
.sheet{cursor:crosshair;touch-action:manipulation}
.sheet i{position:absolute;outline:2px solid #ffea46;pointer-events:none}
.overlay div{position:absolute;inset:0}
.legend{font-size:.88rem;color:var(--muted)}
.legend .scale{display:inline-block;width:5rem;height:.7rem;margin-right:.4rem;border:1px solid var(--muted)}
.legend .evidence{background:linear-gradient(90deg,#00204d,#575c6d,#a69d75,#ffea46)}
.legend .signed{background:linear-gradient(90deg,#0072b2,transparent,#d55e00)}
.halves{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,14rem),1fr));gap:1rem}
section>.field{max-width:32rem}
.camera video{display:block;width:100%;max-height:24rem;border-radius:.4rem;background:#000}
.path{margin:1rem 0;padding:0;list-style:none}
.path>li{padding:1rem 0;border-top:1px solid var(--faint)}
.path h3{margin:0}
.path>li .tiles{max-width:26rem}
.maps{display:grid;grid-template-columns:minmax(0,1fr);gap:1rem;margin-top:.8rem}
.maps .tile{max-width:32rem}
.maps .field{max-width:20rem}
.maps div .tile{max-width:13rem}
button.place{display:block;width:100%;min-height:0;padding:0;border:0;border-radius:0;background:none}
.looks{display:grid;grid-template-columns:repeat(3,minmax(0,9rem));gap:1rem;align-content:start}
.looks canvas{background:var(--paper)}
.maps .looks .tile{max-width:none}
@container (min-width:44rem){.maps{grid-template-columns:minmax(0,26rem) minmax(0,11rem) minmax(0,1fr);gap:1.5rem}}
.path .bars{max-width:32rem}
.drawing{margin:1rem 0;padding:.5rem 0;overflow-x:auto}
.gates{display:block;width:100%;height:auto;font:12px ui-monospace,Menlo,Consolas,monospace;text-anchor:middle;dominant-baseline:central}
.gates text{fill:var(--ink)}
.gates path,.gates circle,.gates .box{stroke:var(--ink);stroke-width:1.3}
.gates path{fill:none}
.gates circle,.gates .box{fill:var(--paper)}
.gates .dot{fill:var(--ink)}
.gates .live{cursor:pointer}
.gates .chosen .box,.gates .chosen circle,.gates .chosen path{stroke:var(--accent);stroke-width:2.6}
.gates .note rect{fill:var(--paper);stroke:none}
.gates .note text{font-size:10px;fill:var(--muted)}
.grid{touch-action:pan-x pan-y;cursor:copy;user-select:none}
.grid .live{cursor:grab}
.grid .cursor,.grid .target{fill:none;stroke:var(--faint);stroke-width:1.5}
.grid:focus .cursor{stroke:var(--accent);stroke-width:2;stroke-dasharray:4 3}
.grid .target{stroke:var(--accent);fill:color-mix(in srgb,var(--accent) 20%,transparent)}
.palette{display:flex;flex-wrap:wrap;gap:.3rem;align-items:center;margin:.5rem 0}
.palette button{min-height:2rem;padding:.15rem .55rem;font-size:.85rem}
.palette label{margin-left:.6rem}
.palette [aria-pressed=true],.row>[aria-pressed=true]{border-color:var(--accent);background:var(--accent);color:var(--on-accent)}
.palette [aria-pressed=true]:hover,.row>[aria-pressed=true]:hover:not(:disabled,[aria-disabled=true]){color:var(--on-accent)}
.gate .row{margin:0}
.bloch{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,17rem),1fr));gap:.3rem 1rem}
.sliders{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,15rem),1fr));gap:.8rem 1.25rem;margin:.5rem 0 1rem}
.sliders label{font-size:.9rem}
.wires{margin:0;padding:0;list-style:none}
.wires>li{padding:.6rem 0;border-bottom:1px solid var(--faint)}
.slider{display:grid;grid-template-columns:minmax(0,1fr) 6.5rem;gap:.2rem .8rem;align-items:center}
.slider label{grid-column:1/-1;font-weight:550}
.slider input{width:100%}
.wire{display:flex;gap:1rem;align-items:center}
.wire p{margin:.3rem 0}
.wire svg{flex:none}
.wire .sphere{fill:var(--panel);stroke:var(--muted);stroke-width:.03}
.wire .axes{stroke:var(--faint);stroke-width:.03}
.wire .vector{stroke:var(--accent);stroke-width:.09}
.wire .tip{fill:var(--accent)}
`;
