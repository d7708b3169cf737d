import { COLLAPSED, circuitWarnings, isCollapsed, PLATEAU, quantumNorm } from "../training/diagnosis.ts";
import type { EpochRecord } from "../training/loop.ts";
import type { Charts } from "./charts.ts";
import { type Html, html } from "./html.ts";
import { type AddFigure, dataTable, details, figure } from "./page.ts";

/** Norms of the gradients and the spread of the circuits' outputs over the epochs; null in runs without them. */
export function diagnosisPanel(history: readonly EpochRecord[], charts: Charts, add: AddFigure): Html | null {
  const seen = history.flatMap(({ epoch, diagnosis }) => (diagnosis ? [{ epoch, ...diagnosis }] : []));
  if (seen.length === 0) return null;
  const last = seen[seen.length - 1];
  const layers = Object.keys(last.gradients);
  const isQuantum = (name: string) => /^quantum(\.|$)/.test(name);
  const norms = layers.map((name) => ({
    ...{ name, emphasis: isQuantum(name) },
    points: seen.map(({ epoch, gradients }) => ({ x: epoch, y: gradients[name] ?? 0 })),
  }));
  const outputs = last.spread?.length ?? 0;
  const spreads = Array.from({ length: outputs }, (_, i) => ({
    ...{ name: `output ${i}`, emphasis: true },
    points: seen.map(({ epoch, spread }) => ({ x: epoch, y: spread?.[i] ?? 0 })),
  }));
  const quantum = quantumNorm(last);
  const found = circuitWarnings(history, 0);
  const state =
    last.spread === undefined
      ? null
      : html`<p>${isCollapsed(last) ? found.join(" ") : `The circuit’s outputs differ from image to image: their standard deviations over the last batch are ${range(last.spread)}.`}${quantum === null ? null : ` The gradient of its weights had a norm of ${quantum.toPrecision(2)} at the last step; below ${PLATEAU}, with the loss at chance, it is called a plateau.`}</p>`;
  const head = ["epoch", ...layers, ...(outputs > 0 ? ["smallest spread", "largest spread"] : [])];
  const rows = seen.map(({ epoch, gradients, spread }) => [
    epoch,
    ...layers.map((name) => (gradients[name] ?? 0).toPrecision(3)),
    ...(outputs > 0 && spread ? [Math.min(...spread).toPrecision(3), Math.max(...spread).toPrecision(3)] : []),
  ]);
  return html`<h3>Gradients and the circuit’s outputs</h3>
${state}
<div class="grid">
${figure(add("gradients", charts.lines(`Norms of the gradients at the last step of each epoch, by layer, ${layers.join(", ")}.`, { x: "Epoch", y: "gradient norm", log: true }, norms)), html`L2 norm of each layer’s gradient at the last step of each epoch.`)}
${outputs === 0 ? null : figure(add("spread", charts.lines(`Standard deviation of each output of the circuit over a batch, by epoch: at the end ${range(last.spread!)}.`, { x: "Epoch", y: "standard deviation", log: true }, outputs > 16 ? spreads.slice(0, 16) : spreads, COLLAPSED)), html`Standard deviation of ${outputs > 16 ? `the first 16 of ${outputs} outputs` : "each output"} of the circuit over the images of the last batch of each epoch. Below the dotted line (${COLLAPSED}) an output says the same of all images.`)}
</div>
${details("Gradients as a table", dataTable("Gradients", head, rows))}`;
}

function range(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => value.toPrecision(2));
  return low === high ? low : `${low} to ${high}`;
}
