import { UsageError } from "../../check.ts";
import type { GivenOperation } from "../../circuit/circuit.ts";
import type { Operation } from "../../circuit/gates.ts";
import { readParam, writeParam } from "./circuitEdit.ts";
import { TextField } from "./controls.tsx";

interface GateFieldsProps {
  operation: Operation;
  /** How many weights the circuit has: the next new one. */
  numWeights: number;
  /** Puts another operation in its place. @throws UsageError when it cannot be */
  onChange: (operation: GivenOperation) => void;
  onMove: (down: number, right: number) => void;
  onRemove: () => void;
}

/** Everything of one gate: its angles, wires, controls and direction. */
export function GateFields({ operation, numWeights, onChange, onMove, onRemove }: GateFieldsProps) {
  const { name, wires, params, controls, adjoint } = operation;
  const given: GivenOperation = { name, wires, params, ...(controls && { controls }), ...(adjoint && { adjoint }) };
  /** Takes what a text says, or says what is wrong with it. */
  const take = (next: () => GivenOperation) => {
    try {
      onChange(next());
      return null;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      return error.message.replace(/^operation \d+ \(\w+\): /, "");
    }
  };
  const list = (text: string) =>
    text
      .split(/[\s,]+/)
      .filter(Boolean)
      .map(Number);
  const isEmbedding = name === "AmplitudeEmbedding";
  return (
    <section class="panel gate" aria-label="Chosen gate">
      <div class="row">
        <strong>{name}</strong>
        {(
          [
            ["←", "Earlier", 0, -1],
            ["→", "Later", 0, 1],
            ["↑", "Up a wire", -1, 0],
            ["↓", "Down a wire", 1, 0],
          ] as const
        ).map(([sign, text, down, right]) => (
          <button
            key={text}
            type="button"
            part="button"
            aria-label={text}
            title={text}
            onClick={() => onMove(down, right)}
          >
            {sign}
          </button>
        ))}
        <button type="button" part="button" onClick={onRemove}>
          Remove
        </button>
      </div>
      {!isEmbedding && (
        <div class="fields">
          {params.map((param, i) => (
            <TextField
              key={i}
              label={params.length > 1 ? `Angle ${i + 1}` : "Angle"}
              hint="0.5, pi/2; x0: an input; w0: a weight; w: a new one; 2*x0*w1+0.5"
              inputMode="text"
              value={writeParam(param)}
              onText={(text) =>
                take(() => ({
                  ...given,
                  params: params.map((other, k) => (k === i ? readParam(text, numWeights) : other)),
                }))
              }
            />
          ))}
          <TextField
            label="Wires"
            hint="in order, controls of its own first"
            inputMode="text"
            value={wires.join(" ")}
            onText={(text) => take(() => ({ ...given, wires: list(text) }))}
          />
          <TextField
            label="Only where these are 1"
            hint="wires that control it beside its own; none: always"
            inputMode="text"
            value={(controls ?? []).join(" ")}
            onText={(text) => {
              const { controls: _, ...others } = given;
              const next = list(text);
              return take(() => (next.length > 0 ? { ...others, controls: next } : others));
            }}
          />
          <div class="field check">
            <input
              id="gate-inverse"
              type="checkbox"
              checked={adjoint === true}
              onChange={(event) => {
                const { adjoint: _, ...others } = given;
                const on = event.currentTarget.checked;
                take(() => (on ? { ...others, adjoint: true } : others));
              }}
            />
            <label for="gate-inverse">Its inverse (†)</label>
          </div>
        </div>
      )}
    </section>
  );
}
