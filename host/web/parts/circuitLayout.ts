import type { Circuit } from "../../circuit/circuit.ts";
import {
  isControl,
  isControlledNot,
  label,
  layers,
  measuredWires,
  outputLabel,
  outputLayers,
  span,
} from "../../circuit/draw.ts";
import { gateOf, wiresOf } from "../../circuit/gates.ts";

// Where everything of a circuit is drawn, in pixels. There is room above every box for a number.

/** Distance of two wires, and side of a box. */
export const ROW = 56;
export const BOX = 28;
/** Middle of the number above a gate, from its wire. */
export const ABOVE = BOX / 2 + 9;
const LEFT = 40;
const GAP = 12;
const LEAST = 36;
const CHARACTER = 7.3;

/** An operation or output: a box on its targets, dots on its controls, a line that joins them. */
export interface Drawn {
  /** Place in the circuit's list. */
  index: number;
  text: string;
  controls: readonly number[];
  targets: readonly number[];
  /** Drawn as one box over all wires. */
  whole: boolean;
  /** Drawn as ⊕. */
  not: boolean;
}

/** Things that are drawn one below the other. */
export interface Column {
  /** Its middle. */
  x: number;
  width: number;
  things: Drawn[];
}

export interface Layout {
  columns: Column[];
  outputs: Column[];
  /** Where the wires end. */
  end: number;
  width: number;
  height: number;
}

/** The middle of a wire. */
export const wireY = (wire: number): number => ROW * (wire + 0.5) + 4;

/** @param spare room behind the last gate, for one more */
export function layOut(circuit: Circuit, spare = 0): Layout {
  const { numWires, operations, outputs } = circuit;
  const stepOf = new Map(operations.map((operation, step) => [operation, step]));
  let left = LEFT;
  const place = (things: Drawn[]): Column => {
    const width = Math.max(LEAST, ...things.map(({ text }) => Math.ceil(text.length * CHARACTER) + 12));
    const x = left + width / 2;
    left += width + GAP;
    return { x, width, things };
  };
  const columns = layers(numWires, operations, span).map((layer) =>
    place(
      layer.map((operation): Drawn => {
        const own = wiresOf(operation);
        const targets = own.filter((wire) => !isControl(operation, wire));
        const text = label(operation);
        return {
          ...{ index: stepOf.get(operation)!, text, targets },
          controls: own.filter((wire) => isControl(operation, wire)),
          whole: gateOf(operation).params === "amplitudes",
          not: isControlledNot(operation),
        };
      }),
    ),
  );
  left += spare;
  const end = left;
  const placed = outputLayers(circuit).map((layer) =>
    place(
      layer.map((output): Drawn => {
        const targets = measuredWires(output, numWires);
        return {
          ...{ index: outputs.indexOf(output), text: outputLabel(output), targets },
          ...{ controls: [], whole: false, not: false },
        };
      }),
    ),
  );
  return { columns, outputs: placed, end, width: left, height: ROW * numWires + 8 };
}

/** The column at a place of a drawing, counted from 0; behind the last gate as many as there are columns. */
export function columnAt({ columns }: Layout, x: number): number {
  const found = columns.findIndex((column) => x < column.x + column.width / 2 + GAP / 2);
  return found < 0 ? columns.length : found;
}

/** Middle of a column, also of the one behind the last. */
export function columnX({ columns }: Layout, column: number): number {
  if (column < columns.length) return columns[column].x;
  const last = columns.at(-1);
  return last ? last.x + last.width / 2 + GAP + LEAST / 2 : LEFT + LEAST / 2;
}

/** The wire at a height of a drawing. */
export function wireAt(numWires: number, y: number): number {
  return Math.max(0, Math.min(numWires - 1, Math.floor((y - 4) / ROW)));
}
