import { gateOf, inputsOf, type Operation, type Param } from "./gates.ts";

/**
 * The operations in layers: each as early as the wires it occupies allow. `occupied` says which wires an operation at
 * these wires takes up.
 */
export function layers(
  numWires: number,
  operations: readonly Operation[],
  occupied: (wires: readonly number[]) => readonly number[],
): Operation[][] {
  const used = new Array<number>(numWires).fill(0);
  const result: Operation[][] = [];
  for (const operation of operations) {
    const wires = occupied(operation.wires);
    const layer = Math.max(...wires.map((wire) => used[wire]));
    for (const wire of wires) used[wire] = layer + 1;
    result[layer] ??= [];
    result[layer].push(operation);
  }
  return result;
}

/** In a drawing an operation also takes up the wires that its vertical line crosses. */
function span(wires: readonly number[]): number[] {
  const top = Math.min(...wires);
  return Array.from({ length: Math.max(...wires) - top + 1 }, (_, i) => top + i);
}

function paramText(param: Param): string {
  if (typeof param === "number") return param.toFixed(2);
  if ("weight" in param) return `w${param.weight}`;
  return inputsOf(param)
    .map((input) => `x${input}`)
    .join("·");
}

function label(operation: Operation): string {
  const { label, params } = gateOf(operation);
  return params === 0 || params === "amplitudes" ? label : `${label}(${operation.params.map(paramText).join(",")})`;
}

function isControl(operation: Operation, wire: number): boolean {
  return operation.wires.indexOf(wire) < gateOf(operation).controls;
}

/** Text in PennyLane's form, e.g. `0: ──RX(x0)─╭●─┤  <Z>`. */
export function drawText(numWires: number, operations: readonly Operation[]): string {
  const digits = String(numWires - 1).length;
  const lines = Array.from({ length: numWires }, (_, wire) => `${String(wire).padStart(digits)}: ─`);
  for (const layer of layers(numWires, operations, span)) {
    const cells = new Array<string>(numWires).fill("─");
    for (const operation of layer) {
      const crossed = span(operation.wires);
      crossed.forEach((wire, i) => {
        const line = crossed.length === 1 ? "─" : i === 0 ? "╭" : i === crossed.length - 1 ? "╰" : "├";
        if (!operation.wires.includes(wire)) cells[wire] = "│";
        else cells[wire] = line + (isControl(operation, wire) ? "●" : label(operation));
      });
    }
    const width = Math.max(...cells.map((cell) => cell.length));
    cells.forEach((cell, wire) => {
      lines[wire] += `${cell.padEnd(width, "─")}─`;
    });
  }
  return lines.map((line) => `${line}┤  <Z>`).join("\n");
}

const ROW = 44;
const BOX = 28;
const CHARACTER = 7.3; // advance of the 12-pixel monospace font
const GAP = 10;

/** Two colours as CSS writes them: of lines and text, and of what lies below. */
export interface DrawingColors {
  ink: string;
  paper: string;
}

/** How a circuit is drawn: dark on white unless told other colours. */
export interface DrawingOptions extends Partial<DrawingColors> {
  /** A few characters above each gate, for every wire of it. */
  note?: (operation: Operation, wire: number) => string;
}

/** A self-contained SVG: boxes for gates, dots for controls, ⊕ for controlled NOT, ⟨Z⟩ at the end of every wire. */
export function drawSvg(
  numWires: number,
  operations: readonly Operation[],
  { ink = "#223", paper = "#fff", note }: DrawingOptions = {},
): string {
  const y = (wire: number) => ROW * (wire + 0.5);
  const shapes: string[] = [];
  const notes: string[] = [];
  let left = 36;
  const box = (x: number, top: number, width: number, height: number, text: string) =>
    shapes.push(
      `<rect x="${x - width / 2}" y="${top}" width="${width}" height="${height}" rx="4"/>`,
      `<text x="${x}" y="${top + height / 2}">${text}</text>`,
    );
  for (const layer of layers(numWires, operations, span)) {
    const width = Math.max(
      ...layer.map((operation) => Math.max(BOX, Math.ceil(label(operation).length * CHARACTER) + 12)),
    );
    const x = left + width / 2;
    for (const operation of layer) {
      const crossed = span(operation.wires);
      if (gateOf(operation).params === "amplitudes") {
        box(x, y(crossed[0]) - BOX / 2, width, ROW * (crossed.length - 1) + BOX, label(operation));
        continue;
      }
      for (const wire of note ? operation.wires : [])
        notes.push(`<text class="note" x="${x}" y="${y(wire) - BOX / 2 - 7}">${note?.(operation, wire)}</text>`);
      const targets = operation.wires.filter((wire) => !isControl(operation, wire));
      if (crossed.length > 1) shapes.push(`<path d="M${x} ${y(crossed[0])}V${y(crossed[crossed.length - 1])}"/>`);
      for (const wire of operation.wires) {
        if (isControl(operation, wire)) shapes.push(`<circle class="dot" cx="${x}" cy="${y(wire)}" r="4"/>`);
      }
      for (const wire of targets) {
        if (label(operation) === "X" && targets.length < operation.wires.length) {
          shapes.push(`<circle cx="${x}" cy="${y(wire)}" r="10"/>`, `<path d="M${x - 10} ${y(wire)}h20m-10 -10v20"/>`);
        } else box(x, y(wire) - BOX / 2, width, BOX, label(operation));
      }
    }
    left += width + GAP;
  }
  const width = left + 46;
  const above = note ? 8 : 0;
  const size = { top: -above, height: ROW * numWires + above };
  const wires = Array.from({ length: numWires }, (_, wire) => {
    box(left + 18, y(wire) - BOX / 2, 36, BOX, "⟨Z⟩");
    return `<path d="M24 ${y(wire)}H${left}"/><text x="12" y="${y(wire)}">${wire}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 ${size.top} ${width} ${size.height}" width="${width}" height="${size.height}" role="img" class="circuit">`,
    `<title>Quantum circuit: ${numWires} wires, ${operations.length} gates</title>`,
    // Scoped by the class: a style within a page reaches all of it.
    `<style>.circuit rect,.circuit circle{fill:${paper}}.circuit rect,.circuit circle,.circuit path{stroke:${ink};stroke-width:1.3}`,
    `.circuit path{fill:none}.circuit .dot{fill:${ink}}.circuit text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:${ink};`,
    `text-anchor:middle;dominant-baseline:central}.circuit .note{font-size:9px;paint-order:stroke;stroke:${paper};stroke-width:3px}</style>`,
    `<rect y="${size.top}" width="${width}" height="${size.height}" style="stroke:none"/>`,
    ...wires,
    ...shapes,
    ...notes,
    "</svg>",
    "",
  ].join("\n");
}
