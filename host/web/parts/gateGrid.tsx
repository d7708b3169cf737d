import { useMemo, useRef, useState } from "preact/hooks";
import type { Circuit } from "../../circuit/circuit.ts";
import { label } from "../../circuit/draw.ts";
import type { Wires } from "../../explain/wires.ts";
import { ARROWS } from "./arrows.ts";
import { operationAt, placeOf } from "./circuitEdit.ts";
import { BOX, columnAt, columnX, layOut, wireAt, wireY } from "./circuitLayout.ts";
import { CircuitSvg } from "./drawing.tsx";

/** A place where a gate is or could be; the column behind the last is one, too. */
export interface Cell {
  wire: number;
  column: number;
}

interface GateGridProps {
  circuit: Circuit;
  wires: Wires | null;
  /** Name of the gate that a click on an empty place puts there. */
  gate: string;
  /** Index of the gate that is chosen. */
  chosen: number | null;
  onChoose: (at: number | null) => void;
  onPlace: (cell: Cell) => void;
  onMove: (at: number, down: number, column: number) => void;
  onRemove: (at: number) => void;
  onUndo: (back: boolean) => void;
}

/** Room behind the last gate, for one more. */
const SPARE = 60;
/** A pointer that moves less has only pressed. */
const STILL = 6;

/** The circuit as a grid of places: gates are put, moved and removed with pointer and keyboard. */
export function GateGrid(props: GateGridProps) {
  const { circuit, wires, gate, chosen, onChoose, onPlace, onMove, onRemove, onUndo } = props;
  const layout = useMemo(() => layOut(circuit, SPARE), [circuit]);
  const svg = useRef<SVGSVGElement>(null);
  const [cursor, setCursor] = useState<Cell>({ wire: 0, column: 0 });
  const drag = useRef<{ at: number; from: Cell; x: number; y: number } | null>(null);
  const [target, setTarget] = useState<Cell | null>(null);
  const at = {
    wire: Math.min(cursor.wire, circuit.numWires - 1),
    column: Math.min(cursor.column, layout.columns.length),
  };
  const there = operationAt(circuit, at.wire, at.column);

  const cellOf = ({ clientX, clientY }: PointerEvent): Cell => {
    const { left, top, width } = svg.current!.getBoundingClientRect();
    const scale = layout.width / width;
    return {
      column: columnAt(layout, (clientX - left) * scale),
      wire: wireAt(circuit.numWires, (clientY - top) * scale),
    };
  };
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    const cell = cellOf(event);
    const found = operationAt(circuit, cell.wire, cell.column);
    setCursor(cell);
    if (found === null) return;
    onChoose(found);
    drag.current = { at: found, from: cell, x: event.clientX, y: event.clientY };
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
  };
  const isStill = (event: PointerEvent) =>
    drag.current !== null && Math.hypot(event.clientX - drag.current.x, event.clientY - drag.current.y) < STILL;
  const move = (event: PointerEvent) => {
    if (drag.current && !isStill(event)) setTarget(cellOf(event));
  };
  const up = (event: PointerEvent) => {
    const dragged = drag.current;
    const cell = cellOf(event);
    const pressed = isStill(event);
    drag.current = null;
    setTarget(null);
    if (!dragged) {
      if (event.button === 0 && operationAt(circuit, cell.wire, cell.column) === null) onPlace(cell);
      return;
    }
    if (pressed || (cell.wire === dragged.from.wire && cell.column === dragged.from.column)) return;
    setCursor(cell);
    onMove(dragged.at, cell.wire - dragged.from.wire, cell.column);
  };
  const key = (event: KeyboardEvent) => {
    const arrow = ARROWS[event.key];
    if ((event.ctrlKey || event.metaKey) && /^[zy]$/i.test(event.key)) {
      event.preventDefault();
      onUndo(event.key.toLowerCase() === "z" && !event.shiftKey);
    } else if (arrow) {
      event.preventDefault();
      const [below, right] = arrow;
      const next = {
        wire: Math.max(0, Math.min(circuit.numWires - 1, at.wire + below)),
        column: Math.max(0, Math.min(layout.columns.length, at.column + right)),
      };
      if (event.shiftKey && there !== null) onMove(there, below, Math.max(0, at.column + right));
      setCursor(next);
      if (!event.shiftKey) onChoose(operationAt(circuit, next.wire, next.column));
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (there === null) onPlace(at);
      else onChoose(there);
    } else if ((event.key === "Delete" || event.key === "Backspace") && (there ?? chosen) !== null) {
      event.preventDefault();
      onRemove((there ?? chosen)!);
    }
  };
  const cell = (place: Cell, name: string) => (
    <rect
      class={name}
      x={columnX(layout, place.column) - BOX / 2 - 6}
      y={wireY(place.wire) - BOX / 2 - 4}
      width={BOX + 12}
      height={BOX + 8}
      rx="6"
    />
  );
  const chosenPlace = chosen === null ? null : placeOf(circuit, chosen);
  return (
    <>
      <div
        class="scroll drawing grid"
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application is operated by keys
        tabIndex={0}
        aria-label="Circuit"
        aria-describedby="grid-keys grid-place"
        onKeyDown={key}
        onPointerDown={down}
        onPointerMove={move}
        onPointerUp={up}
        onPointerCancel={() => {
          drag.current = null;
          setTarget(null);
        }}
      >
        <CircuitSvg
          {...{ circuit, layout, wires, chosen, svg }}
          below={cell(at, "cursor")}
          above={target && cell(target, "target")}
        />
      </div>
      <p class="muted small" id="grid-keys">
        Click a free place to put {gate} there, drag a gate to move it. Keys: arrows go from place to place, Enter puts
        a gate, Shift with arrows moves it, Delete removes it, Ctrl+Z undoes. Above each gate: ⟨Z⟩ of the wire after it.
      </p>
      <p class="hidden" id="grid-place" role="status">
        Wire {at.wire}, column {at.column + 1}: {there === null ? "free" : label(circuit.operations[there])}
        {chosenPlace && there === chosen ? ", chosen" : ""}
      </p>
    </>
  );
}
