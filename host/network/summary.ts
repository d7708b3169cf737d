import { countParams, type Layer } from "./layers/layer.ts";
import { describeModules } from "./layers/modules.ts";

/** A table of layers, shapes, parameters and multiply-adds of one image. */
export function summarize(layers: readonly Layer[]): string {
  const number = (value: number | null) => value?.toLocaleString("en") ?? "–";
  const sum = (count: (layer: Layer) => number | null) =>
    layers.reduce((total, layer) => total + (count(layer) ?? 0), 0);
  const rows = [
    ["layer", "what", "input", "output", "parameters", "multiply-adds"],
    ...layers.map((layer) => [
      ...[layer.name, describeModules(layer.modules).join(", "), layer.inShape.join("×"), layer.outShape.join("×")],
      ...[number(countParams(layer)), number(layer.multiplyAdds)],
    ]),
    ["total", "", "", "", number(sum(countParams)), number(sum((layer) => layer.multiplyAdds))],
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const cell = (text: string, column: number) =>
    column < 4 ? text.padEnd(widths[column]) : text.padStart(widths[column]);
  return rows.map((row) => row.map(cell).join("  ").trimEnd()).join("\n");
}
