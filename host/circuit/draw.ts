import { controlsOf, gateOf, type Operation, wiresOf } from "./gates.ts";
import { type Observable, type Output, parseWord } from "./observables.ts";
import { paramText } from "./params.ts";

/** What is drawn of a circuit. */
interface Drawn {
  readonly numWires: number;
  readonly operations: readonly Operation[];
  readonly outputs: readonly Output[];
}

/** The outputs in layers, behind the gates. */
export function outputLayers({ numWires, outputs }: Pick<Drawn, "numWires" | "outputs">): Output[][] {
  return inLayers(numWires, outputs, (output) => measuredWires(output, numWires), span);
}

/**
 * Things on wires in layers: each as early as the wires it occupies allow. `wiresOf` says which wires are its own,
 * `occupied` which these take up.
 */
function inLayers<T>(
  numWires: number,
  things: readonly T[],
  wiresOf: (thing: T) => readonly number[],
  occupied: (wires: readonly number[]) => readonly number[],
): T[][] {
  const used = new Array<number>(numWires).fill(0);
  const result: T[][] = [];
  for (const thing of things) {
    const wires = occupied(wiresOf(thing));
    const layer = wires.reduce((latest, wire) => Math.max(latest, used[wire]), 0);
    for (const wire of wires) used[wire] = layer + 1;
    result[layer] ??= [];
    result[layer].push(thing);
  }
  return result;
}

/**
 * The operations in layers: each as early as the wires it occupies allow. `occupied` says which wires an operation at
 * these wires takes up.
 */
export function layers(
  numWires: number,
  operations: readonly Operation[],
  occupied: (wires: readonly number[]) => readonly number[],
): Operation[][] {
  return inLayers(numWires, operations, wiresOf, occupied);
}

/** In a drawing an operation also takes up the wires that its vertical line crosses. */
export function span(wires: readonly number[]): number[] {
  const top = Math.min(...wires);
  return Array.from({ length: wires.length === 0 ? 0 : Math.max(...wires) - top + 1 }, (_, i) => top + i);
}

/** What a drawing writes on an operation's targets: RX(x0), Rot(w0,w1,w2)†. */
export function label(operation: Operation): string {
  const { label, params } = gateOf(operation);
  const inverse = operation.adjoint ? "†" : "";
  if (params === 0 || params === "amplitudes") return label + inverse;
  return `${label}(${operation.params.map((param) => paramText(param)).join(",")})${inverse}`;
}

export function isControl(operation: Operation, wire: number): boolean {
  return controlsOf(operation).includes(wire);
}

/** An X with controls, which is drawn as ⊕ on its target. */
export function isControlledNot(operation: Operation): boolean {
  return label(operation) === "X" && controlsOf(operation).length > 0;
}

/** The wires that an output is read from; all for the identity. */
export function measuredWires(output: Output, numWires: number): readonly number[] {
  if ("probs" in output) return output.probs;
  const observable = "expval" in output ? output.expval : output.variance;
  const wires = new Set(observable.flatMap(({ word }) => parseWord(word)!.map(([, wire]) => wire)));
  return wires.size > 0 ? [...wires] : Array.from({ length: numWires }, (_, wire) => wire);
}

/** A product by its letters, as Z@X; a sum as H, for Hamiltonian. */
function observableLabel(observable: Observable): string {
  const [{ coefficient, word }] = observable;
  if (observable.length > 1 || coefficient !== 1) return "H";
  return (
    parseWord(word)!
      .map(([letter]) => letter)
      .join("@") || "I"
  );
}

export function outputLabel(output: Output, [open, close]: readonly [string, string] = ["⟨", "⟩"]): string {
  if ("probs" in output) return "Probs";
  if ("variance" in output) return `Var[${observableLabel(output.variance)}]`;
  return `${open}${observableLabel(output.expval)}${close}`;
}

/** Text in PennyLane's form, e.g. `0: ──RX(x0)─╭●─┤  <Z>`. */
export function drawText({ numWires, operations, outputs }: Drawn): string {
  const digits = String(numWires - 1).length;
  const lines = Array.from({ length: numWires }, (_, wire) => `${String(wire).padStart(digits)}: ─`);
  const cellsOf = <T>(
    layer: readonly T[],
    wiresOf: (thing: T) => readonly number[],
    textOf: (thing: T, wire: number) => string,
    blank: string,
  ) => {
    const cells = new Array<string>(numWires).fill(blank);
    for (const thing of layer) {
      const wires = wiresOf(thing);
      const crossed = span(wires);
      crossed.forEach((wire, i) => {
        const line = crossed.length === 1 ? blank : i === 0 ? "╭" : i === crossed.length - 1 ? "╰" : "├";
        cells[wire] = wires.includes(wire) ? line + textOf(thing, wire) : "│";
      });
    }
    const width = Math.max(...cells.map((cell) => cell.length));
    return cells.map((cell) => cell.padEnd(width, blank));
  };
  for (const layer of layers(numWires, operations, span)) {
    const text = (operation: Operation, wire: number) => (isControl(operation, wire) ? "●" : label(operation));
    cellsOf(layer, wiresOf, text, "─").forEach((cell, wire) => {
      lines[wire] += `${cell}─`;
    });
  }
  const ends = new Array<string>(numWires).fill("┤");
  const measured = (output: Output) => measuredWires(output, numWires);
  for (const layer of outputLayers({ numWires, outputs })) {
    cellsOf(layer, measured, (output) => outputLabel(output, ["<", ">"]), " ").forEach((cell, wire) => {
      ends[wire] += ` ${cell}`;
    });
  }
  return lines.map((line, wire) => line + ends[wire].trimEnd()).join("\n");
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
export type DrawingOptions = Partial<DrawingColors>;

/**
 * A self-contained SVG: boxes for gates, dots for controls, ⊕ for controlled NOT, the outputs at the end of their
 * wires.
 */
export function drawSvg(
  { numWires, operations, outputs }: Drawn,
  { ink = "#223", paper = "#fff" }: DrawingOptions = {},
): string {
  const y = (wire: number) => ROW * (wire + 0.5);
  const shapes: string[] = [];
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
      const own = wiresOf(operation);
      const crossed = span(own);
      if (gateOf(operation).params === "amplitudes") {
        box(x, y(crossed[0]) - BOX / 2, width, ROW * (crossed.length - 1) + BOX, label(operation));
        continue;
      }
      const targets = own.filter((wire) => !isControl(operation, wire));
      if (crossed.length > 1) shapes.push(`<path d="M${x} ${y(crossed[0])}V${y(crossed[crossed.length - 1])}"/>`);
      for (const wire of own) {
        if (isControl(operation, wire)) shapes.push(`<circle class="dot" cx="${x}" cy="${y(wire)}" r="4"/>`);
      }
      for (const wire of targets) {
        if (isControlledNot(operation)) {
          shapes.push(`<circle cx="${x}" cy="${y(wire)}" r="10"/>`, `<path d="M${x - 10} ${y(wire)}h20m-10 -10v20"/>`);
        } else box(x, y(wire) - BOX / 2, width, BOX, label(operation));
      }
    }
    left += width + GAP;
  }
  const end = left;
  const measured = (output: Output) => measuredWires(output, numWires);
  for (const layer of outputLayers({ numWires, outputs })) {
    const width = Math.max(
      ...layer.map((output) => Math.max(36, Math.ceil(outputLabel(output).length * CHARACTER) + 12)),
    );
    for (const output of layer) {
      const wires = measured(output);
      const crossed = span(wires);
      const x = left + width / 2;
      if (crossed.length > 1) shapes.push(`<path d="M${x} ${y(crossed[0])}V${y(crossed[crossed.length - 1])}"/>`);
      for (const wire of wires) box(x, y(wire) - BOX / 2, width, BOX, outputLabel(output));
    }
    left += width + GAP;
  }
  const width = left;
  const height = ROW * numWires;
  const wires = Array.from(
    { length: numWires },
    (_, wire) => `<path d="M24 ${y(wire)}H${end}"/><text x="12" y="${y(wire)}">${wire}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" class="circuit">`,
    `<title>Quantum circuit: ${numWires} wires, ${operations.length} gates</title>`,
    // Scoped by the class: a style within a page reaches all of it.
    `<style>.circuit rect,.circuit circle{fill:${paper}}.circuit rect,.circuit circle,.circuit path{stroke:${ink};stroke-width:1.3}`,
    `.circuit path{fill:none}.circuit .dot{fill:${ink}}.circuit text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:${ink};`,
    `text-anchor:middle;dominant-baseline:central}</style>`,
    `<rect width="${width}" height="${height}" style="stroke:none"/>`,
    ...wires,
    ...shapes,
    "</svg>",
    "",
  ].join("\n");
}
