import type { ComponentChildren, Ref } from "preact";
import { useMemo } from "preact/hooks";
import type { Circuit } from "../../circuit/circuit.ts";
import type { Wires } from "../../explain/wires.ts";
import { ABOVE, BOX, type Drawn, type Layout, layOut, wireY } from "./circuitLayout.ts";
import { number } from "./figures.tsx";

interface DrawingProps {
  circuit: Circuit;
  /** What every wire is after each gate, and what the circuit gives; null: not known yet. */
  wires: Pick<Wires, "steps" | "outputs"> | null;
  /** The gate that is marked, and what a click on one does. */
  chosen?: number | null;
  onChoose?: (step: number) => void;
}

/** A circuit, the ⟨Z⟩ of a wire above each gate it has passed; it shrinks a little to fit, then scrolls. */
export function Drawing({ circuit, wires, chosen, onChoose }: DrawingProps) {
  const layout = useMemo(() => layOut(circuit), [circuit]);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="scroll drawing" tabIndex={0} aria-label="Circuit drawing">
        <CircuitSvg {...{ circuit, layout, wires, chosen }} onDown={onChoose && ((step) => onChoose(step))} />
      </section>
      <p class="muted small">Above each gate: ⟨Z⟩ of the wire after it.</p>
    </>
  );
}

interface CircuitSvgProps extends Omit<DrawingProps, "onChoose"> {
  layout: Layout;
  onDown?: (step: number, event: PointerEvent) => void;
  /** Drawn below the gates and above them. */
  below?: ComponentChildren;
  above?: ComponentChildren;
  svg?: Ref<SVGSVGElement>;
}

/** The drawing itself. */
export function CircuitSvg({ circuit, layout, wires, chosen, onDown, below, above, svg }: CircuitSvgProps) {
  const { numWires, operations, outputs } = circuit;
  const { width, height, end } = layout;
  // Where in the list of all numbers an output of one number stands; those of several are not written.
  const starts: (number | null)[] = [];
  let at = 0;
  for (const output of outputs) {
    const many = "probs" in output;
    starts.push(many ? null : at);
    at += many ? 2 ** output.probs.length : 1;
  }
  return (
    <svg
      ref={svg}
      class="gates"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={`Quantum circuit: ${numWires} wires, ${operations.length} gates`}
      style={{ minWidth: `${0.75 * width}px`, maxWidth: `${width}px` }}
    >
      {Array.from({ length: numWires }, (_, wire) => (
        <g key={wire}>
          <path d={`M26 ${wireY(wire)}H${end}`} />
          <text x="13" y={wireY(wire)}>
            {wire}
          </text>
        </g>
      ))}
      {below}
      {layout.columns.flatMap(({ x, width, things }) =>
        things.map((thing) => (
          <Thing
            key={thing.index}
            {...{ thing, x, width }}
            chosen={thing.index === chosen}
            note={(wire) => wires?.steps[thing.index]?.bloch[wire]?.[2]}
            onDown={onDown && ((event) => onDown(thing.index, event))}
          />
        )),
      )}
      {layout.outputs.flatMap(({ x, width, things }) =>
        things.map((thing) => {
          const start = starts[thing.index];
          return (
            <Thing
              key={`output ${thing.index}`}
              {...{ thing, x, width }}
              note={(wire) => (wire === thing.targets[0] && start !== null ? wires?.outputs[start] : undefined)}
            />
          );
        }),
      )}
      {above}
    </svg>
  );
}

interface ThingProps {
  thing: Drawn;
  x: number;
  width: number;
  chosen?: boolean;
  /** The number above it on a wire. */
  note: (wire: number) => number | undefined;
  onDown?: (event: PointerEvent) => void;
}

function Thing({ thing, x, width, chosen, note, onDown }: ThingProps) {
  const { text, controls, targets, whole, not } = thing;
  const own = [...controls, ...targets];
  const [top, bottom] = [Math.min(...own), Math.max(...own)];
  return (
    <g class={`${chosen ? "chosen" : ""} ${onDown ? "live" : ""}`} onPointerDown={onDown}>
      {top < bottom && !whole && <path d={`M${x} ${wireY(top)}V${wireY(bottom)}`} />}
      {controls.map((wire) => (
        <circle key={wire} class="dot" cx={x} cy={wireY(wire)} r="5" />
      ))}
      {whole ? (
        <Box {...{ x, width, text }} top={wireY(top) - BOX / 2} height={wireY(bottom) - wireY(top) + BOX} />
      ) : (
        targets.map((wire) =>
          not ? (
            <g key={wire}>
              <circle cx={x} cy={wireY(wire)} r="11" />
              <path d={`M${x - 11} ${wireY(wire)}h22m-11 -11v22`} />
            </g>
          ) : (
            <Box key={wire} {...{ x, width, text }} top={wireY(wire) - BOX / 2} height={BOX} />
          ),
        )
      )}
      {own.map((wire) => {
        const value = note(wire);
        const y = wireY(wire) - ABOVE;
        // on paper of its own: a line never goes through it
        return (
          value !== undefined && (
            <g key={`note ${wire}`} class="note">
              <rect x={x - 17} y={y - 7} width="34" height="13" />
              <text x={x} y={y}>
                {number(value, 2)}
              </text>
            </g>
          )
        );
      })}
    </g>
  );
}

function Box(props: { x: number; top: number; width: number; height: number; text: string }) {
  const { x, top, width, height, text } = props;
  return (
    <>
      <rect class="box" x={x - width / 2} y={top} width={width} height={height} rx="4" />
      <text x={x} y={top + height / 2}>
        {text}
      </text>
    </>
  );
}
