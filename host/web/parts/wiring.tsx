import { useMemo } from "preact/hooks";
import { isControl, isControlledNot, layers, span } from "../../circuit/draw.ts";
import { type Operation, wiresOf } from "../../circuit/gates.ts";
import { sourcesOf } from "../../circuit/params.ts";
import { number } from "./figures.tsx";

const GATE = 13;
const ROW = 30;
const IN = 44;
const OUT = 96;
/** Columns that are drawn gate by gate; of a deeper circuit there is only a box. */
const MOST_COLUMNS = 40;

interface WiringProps {
  numWires: number;
  operations: readonly Operation[];
  /** Angles that go in, where there is one a wire. */
  angles: readonly number[] | null;
  /** ⟨Z⟩ of every wire. */
  expvals: readonly number[];
}

/** A circuit at a glance: gates without their names, the angle into each wire, and the ⟨Z⟩ that comes out of it. */
export function Wiring({ numWires, operations, angles, expvals }: WiringProps) {
  const columns = useMemo(() => layers(numWires, operations, span), [numWires, operations]);
  const isDrawn = columns.length <= MOST_COLUMNS;
  const inner = (isDrawn ? Math.max(1, columns.length) : 8) * GATE;
  const [width, height] = [IN + inner + OUT, numWires * ROW];
  const y = (wire: number) => wire * ROW + ROW / 2;
  const end = IN + inner;
  const middle = end + 32;
  const values = expvals.map((value, wire) => `wire ${wire} ${number(value, 2)}`).join(", ");
  return (
    <svg class="wiring" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`Circuit; ⟨Z⟩ of ${values}`}>
      {expvals.map((value, wire) => (
        <g key={wire}>
          <path class="line" d={`M${IN - 4} ${y(wire)}H${end + 6}`} />
          {angles && (
            <text class="in" x={IN - 8} y={y(wire) + 4}>
              {number(angles[wire], 2)}
            </text>
          )}
          <path class="axis" d={`M${middle} ${y(wire) - 9}v18`} />
          <rect
            class="value"
            x={middle + Math.min(0, value) * 24}
            y={y(wire) - 6}
            width={Math.max(0.5, Math.abs(value) * 24)}
            height="12"
          />
          <text class="out" x={width} y={y(wire) + 4}>
            {number(value, 2)}
          </text>
        </g>
      ))}
      {isDrawn ? (
        columns.flatMap((column, at) =>
          column.map((operation, i) => <Gate key={`${at} ${i}`} {...{ operation, y }} x={IN + (at + 0.5) * GATE} />),
        )
      ) : (
        <>
          <rect class="gate" x={IN} y={2} width={inner} height={height - 4} rx="3" />
          <text class="box" x={IN + inner / 2} y={height / 2 + 4}>
            {operations.length} gates
          </text>
        </>
      )}
    </svg>
  );
}

function Gate({ operation, x, y }: { operation: Operation; x: number; y: (wire: number) => number }) {
  const { name, params } = operation;
  const wires = wiresOf(operation);
  const isInput = params.some((param) => sourcesOf(param).some(({ kind }) => kind === "input"));
  const kind = isInput || name === "AmplitudeEmbedding" ? "gate input" : params.length > 0 ? "gate weight" : "gate";
  const [first, last] = [Math.min(...wires), Math.max(...wires)];
  return (
    <g>
      <title>{`${name} on ${wires.length === 1 ? "wire" : "wires"} ${wires.join(", ")}`}</title>
      {wires.length > 1 && <path class="link" d={`M${x} ${y(first)}V${y(last)}`} />}
      {wires.map((wire) =>
        isControl(operation, wire) || name === "CZ" ? (
          <circle key={wire} class="control" cx={x} cy={y(wire)} r="2.6" />
        ) : isControlledNot(operation) ? (
          <path
            key={wire}
            class="target"
            d={`M${x - 5} ${y(wire)}a5 5 0 1 0 10 0a5 5 0 1 0 -10 0h10M${x} ${y(wire) - 5}v10`}
          />
        ) : (
          <rect key={wire} class={kind} x={x - 5} y={y(wire) - 6} width="10" height="12" rx="2" />
        ),
      )}
    </g>
  );
}
