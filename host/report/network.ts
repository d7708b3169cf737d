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
  const { layers, template, numParams } = model.network;
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
  const resources = template?.circuit.resources();
  const drawing = template && add("circuit", template.circuit.drawSvg({ ink: color("ink"), paper: color("paper") }));
  return html`<p>${whole(numParams)} trainable parameters. Shapes are height × width × channels, or features.</p>
${figure(add("architecture", drawArchitecture(layers, label)), html`The network from image to logits: what each block does, its output shape and its trainable parameters.`, { wide: "Network, picture", more: details("Layers as a table", table) })}
${
  drawing && resources
    ? html`<h3>Circuit</h3>
${figure(
  drawing,
  html`The quantum layer: ${circuitText(config.options)}; x0, x1 … are inputs, and w0, w1 … are trained weights. ${resources.wires} wires, ${resources.gates} gates (${Object.entries(
    resources.counts,
  )
    .map(([name, count]) => `${count} ${name}`)
    .join(", ")}), ${resources.weights} weights, depth ${resources.depth}.`,
  { wide: "Circuit, picture" },
)}`
    : null
}`;
}
