import { countParams } from "../network/layers/layer.ts";
import { describeModules } from "../network/layers/modules.ts";
import { circuitText } from "../training/head.ts";
import type { ReportedRun } from "../training/reported.ts";
import { drawArchitecture } from "./architecture.ts";
import { type Html, html } from "./html.ts";
import { type AddFigure, dataTable, details, figure } from "./page.ts";
import { color } from "./palette.ts";
import { whole } from "./text.ts";

/** The network and its circuit, drawn and counted. */
export function networkSection(
  config: ReportedRun["config"],
  model: NonNullable<ReportedRun["model"]>,
  add: AddFigure,
): Html {
  const { layers, circuits, numParams } = model.network;
  const label = `The network with its output shapes: ${layers.map(({ name, outShape }) => `${name} ${outShape.join("×")}`).join(", ")}.`;
  const rows = layers.map((layer) => [
    layer.name,
    describeModules(layer.modules).join(", "),
    layer.inShape.join("×"),
    layer.outShape.join("×"),
    whole(countParams(layer)),
    layer.multiplyAdds === null ? "–" : whole(layer.multiplyAdds),
  ]);
  const table = dataTable(
    "Layers",
    ["layer", "what", "input", "output", "parameters", "multiply-adds"],
    rows,
    [2, 3, 4, 5],
  );
  const colors = { ink: color("ink"), paper: color("paper") };
  const parts = circuits.map(({ name, template: { circuit } }, i) => {
    const { wires, gates, counts, weights, depth } = circuit.resources();
    const drawing = add(circuits.length === 1 ? "circuit" : `circuit-${i + 1}`, circuit.drawSvg(colors));
    const of = Object.entries(counts).map(([gate, count]) => `${count} ${gate}`);
    const which =
      circuits.length === 1
        ? html`The quantum layer: ${circuitText(config.options)}`
        : html`Circuit ${i + 1} of ${circuits.length} in the quantum layer (tensors ${name}.…)`;
    return figure(
      drawing,
      html`${which}; x0, x1 … are inputs, and w0, w1 … are trained weights. ${wires} wires, ${gates} gates (${of.join(", ")}), ${weights} weights, depth ${depth}.`,
      { wide: "Circuit, picture" },
    );
  });
  return html`<p>${whole(numParams)} trainable parameters. Shapes are height × width × channels, or features.</p>
${figure(add("architecture", drawArchitecture(layers, label)), html`The network from image to logits: what each block does, its output shape and its trainable parameters.`, { wide: "Network, picture", more: details("Layers as a table", table) })}
${
  parts.length > 0
    ? html`<h3>Circuit</h3>
${parts}`
    : null
}`;
}
