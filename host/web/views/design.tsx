import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { HqcnnError, UsageError } from "../../check.ts";
import { circuitData } from "../../circuit/data.ts";
import { parseCircuitData } from "../../circuit/json.ts";
import { exportQasm } from "../../circuit/qasm/export.ts";
import { ANSATZE, type Ansatz, createTemplate, type Template } from "../../circuit/templates.ts";
import { NAMED_PARTS } from "../../training/parse.ts";
import { Analysis } from "../parts/analysis.tsx";
import {
  ANGLES,
  type AngleKind,
  changed,
  type Edited,
  emptyCircuit,
  moved,
  outputsText,
  PLACED,
  placed,
  placeOf,
  type Rebuilt,
  readOutputs,
  rebuilt,
  removed,
  withWires,
} from "../parts/circuitEdit.ts";
import { download, FileButton, TextField } from "../parts/controls.tsx";
import { Bars, number } from "../parts/figures.tsx";
import { GateFields } from "../parts/gateFields.tsx";
import { GateGrid } from "../parts/gateGrid.tsx";
import { useAnswer } from "../parts/hooks.ts";
import { EXACT, MeasurementFields, measureOf } from "../parts/measurement.tsx";
import { isAngle } from "../parts/slider.ts";
import { Slider } from "../parts/sliders.tsx";
import { BasisStates, Wire } from "../parts/wireStates.tsx";
import type { CircuitRun } from "../protocol/messages.ts";
import { type LabState, MOST_DESIGNED_WIRES } from "../protocol/state.ts";
import type { ViewProps } from "./props.ts";

/** What there is before anybody has drawn anything. */
const FIRST = createTemplate({ ansatz: "basic-entangler", embedding: "angle-x", wires: 3, layers: 1 });
/** Steps that can be undone. */
const MOST_STEPS = 100;

/** Values that sliders start from: inputs alike, weights spread over a turn. */
const firstInput = () => 0.8;
const firstWeight = (index: number) => 2 * Math.PI * (((index + 1) * 0.618034) % 1) - Math.PI;

/** The circuit that a link holds; another one, and what is wrong, where that cannot be drawn. */
function templateOf(data: LabState["circuit"]): { template: Template; problem: Error | null } {
  if (!data) return { template: FIRST, problem: null };
  try {
    const template = parseCircuitData(data, "The link's circuit");
    const { numWires } = template.circuit;
    if (numWires <= MOST_DESIGNED_WIRES) return { template, problem: null };
    throw new UsageError(`The link's circuit: expected at most ${MOST_DESIGNED_WIRES} wires, got ${numWires}`);
  } catch (error) {
    if (!(error instanceof HqcnnError)) throw error;
    return { template: FIRST, problem: error };
  }
}

/** A circuit of one's own: drawn, watched while its angles turn, measured, analysed, and given to Train. */
export function DesignView({ sessions, state, change, onError }: ViewProps) {
  const { template, problem } = useMemo(() => templateOf(state.circuit), [state.circuit]);
  useEffect(() => {
    if (problem) onError(problem);
  }, [problem]);
  const { circuit } = template;
  const data = useMemo(() => circuitData(template), [template]);
  const { numWires, numInputs, numWeights, operations } = circuit;
  const [chosen, setChosen] = useState<number | null>(null);
  const [gate, setGate] = useState("RX");
  const [angle, setAngle] = useState<AngleKind>("weight");
  const [inputs, setInputs] = useState<readonly number[]>([]);
  const [weights, setWeights] = useState<readonly number[]>([]);
  const [measurement, setMeasurement] = useState(EXACT);
  const steps = useRef<{ past: LabState["circuit"][]; future: LabState["circuit"][] }>({ past: [], future: [] });
  const atHand = chosen !== null && chosen < operations.length ? chosen : null;

  const show = (next: Template) => {
    const { past } = steps.current;
    steps.current = { past: [...past.slice(-MOST_STEPS), state.circuit], future: [] };
    change({ circuit: circuitData(next) });
  };
  const undo = (back: boolean) => {
    const { past, future } = steps.current;
    const [from, to] = back ? [past, future] : [future, past];
    if (from.length === 0) return;
    const next = from.at(-1)!;
    const rest = { less: from.slice(0, -1), more: [...to, state.circuit] };
    steps.current = back ? { past: rest.less, future: rest.more } : { past: rest.more, future: rest.less };
    setChosen(null);
    change({ circuit: next });
  };
  /** Shows a changed circuit; weights that are left keep their values. */
  const edit = (next: Rebuilt, at: number | null) => {
    const before = all.weights;
    setWeights(next.kept.map((weight, i) => before[weight] ?? firstWeight(i)));
    setChosen(at);
    show(next);
  };
  const attempt = (make: () => Edited) => {
    try {
      const { template: next, at } = make();
      edit(next, at);
    } catch (error) {
      onError(error);
    }
  };
  const replace = (next: Template) => {
    if (next.circuit.numWires > MOST_DESIGNED_WIRES) {
      throw new HqcnnError(
        `circuit: expected at most ${MOST_DESIGNED_WIRES} wires to draw, got ${next.circuit.numWires}: give it to hqcnn train --circuit`,
      );
    }
    setChosen(null);
    setWeights([]);
    show(next);
  };
  const open = async (file: File) => {
    try {
      const { parseCircuitFile } = await import("../../circuit/file.ts");
      replace(parseCircuitFile(await file.text(), file.name));
    } catch (error) {
      onError(error);
    }
  };
  const save = (make: () => string, name: string, type: string) => {
    try {
      download(name, make(), type);
    } catch (error) {
      onError(error);
    }
  };
  const toTrain = () => {
    const kept = Object.entries(state.options).filter(
      ([key]) => key !== "head" && !(NAMED_PARTS as readonly string[]).includes(key),
    );
    change({ view: "train", options: { ...Object.fromEntries(kept), circuit: data } });
  };

  const all = useMemo(
    () => ({
      inputs: Array.from({ length: numInputs }, (_, i) => inputs[i] ?? firstInput()),
      weights: Array.from({ length: numWeights }, (_, i) => weights[i] ?? firstWeight(i)),
    }),
    [numInputs, numWeights, inputs, weights],
  );
  const asked = useMemo(() => ({ data, all, measurement }), [data, all, measurement]);
  const answer = useAnswer(
    asked,
    async (of): Promise<CircuitRun & { of: typeof asked }> => ({
      of,
      ...(await sessions.answering().runCircuit(of.data, of.all, measureOf(of.measurement))),
    }),
    onError,
  );
  // An answer about another circuit has other gates.
  const run = answer?.of.data === data ? answer : null;
  const set = (list: readonly number[], at: number, value: number) =>
    list.map((other, i) => (i === at ? value : other));

  return (
    <section aria-labelledby="design-title">
      <div class="row between">
        <h2 id="design-title">A circuit of your own</h2>
        <button type="button" part="button" class="main" onClick={toTrain}>
          Use this circuit in Train
        </button>
      </div>
      <div class="row tools">
        <button type="button" part="button" aria-disabled={steps.current.past.length === 0} onClick={() => undo(true)}>
          Undo
        </button>
        <button
          type="button"
          part="button"
          aria-disabled={steps.current.future.length === 0}
          onClick={() => undo(false)}
        >
          Redo
        </button>
        <label>
          Wires{" "}
          <select
            aria-label="Number of wires"
            value={numWires}
            onChange={(event) => edit(withWires(template, Number(event.currentTarget.value)), null)}
          >
            {Array.from({ length: MOST_DESIGNED_WIRES }, (_, i) => (
              <option key={i} value={i + 1}>
                {i + 1}
              </option>
            ))}
          </select>
        </label>
        <label>
          Start from{" "}
          <select
            value=""
            onChange={({ currentTarget: { value } }) => {
              if (value === "") return;
              try {
                const from = { ansatz: value as Ansatz, embedding: "angle-x", wires: numWires, layers: 1 } as const;
                replace(value === "nothing" ? emptyCircuit(numWires) : createTemplate(from));
              } catch (error) {
                onError(error);
              }
            }}
          >
            <option value="">…</option>
            <option value="nothing">nothing</option>
            {ANSATZE.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <FileButton label="Open a file…" accept=".json,.qasm" onFiles={([file]) => open(file)} />
        <button
          type="button"
          part="button"
          onClick={() => save(() => `${JSON.stringify(data, null, 2)}\n`, "circuit.json", "application/json")}
        >
          Download JSON
        </button>
        <button
          type="button"
          part="button"
          onClick={() => save(() => exportQasm(circuit, 3, {}), "circuit.qasm", "text/plain")}
        >
          Download OpenQASM 3
        </button>
      </div>
      <fieldset class="palette" aria-label="Gate to place">
        {PLACED.map((name) => (
          <button
            key={name}
            type="button"
            part="button"
            aria-pressed={name === gate}
            onClick={() => setGate(name)}
            title={`Then click a place in the circuit`}
          >
            {name}
          </button>
        ))}
        <label>
          its angle{" "}
          <select value={angle} onChange={(event) => setAngle(event.currentTarget.value as AngleKind)}>
            {ANGLES.map((kind) => (
              <option key={kind} value={kind}>
                {{ weight: "a new weight", input: "the wire's input", number: "π/2" }[kind]}
              </option>
            ))}
          </select>
        </label>
      </fieldset>
      <GateGrid
        {...{ circuit, gate, chosen: atHand }}
        wires={run?.wires ?? null}
        onChoose={setChosen}
        onPlace={({ wire, column }) => attempt(() => placed(template, gate, wire, column, angle))}
        onMove={(at, down, column) => attempt(() => moved(template, at, down, column))}
        onRemove={(at) => edit(removed(template, at), null)}
        onUndo={undo}
      />
      <div class="pair">
        <div>
          {atHand !== null && (
            <GateFields
              key={`${atHand} ${operations[atHand].name}`}
              operation={operations[atHand]}
              numWeights={numWeights}
              onChange={(operation) => edit(changed(template, atHand, operation), atHand)}
              onMove={(down, right) =>
                attempt(() => moved(template, atHand, down, Math.max(0, placeOf(circuit, atHand).column + right)))
              }
              onRemove={() => edit(removed(template, atHand), null)}
            />
          )}
          {numInputs > 0 && <h3>Inputs</h3>}
          <div class="sliders">
            {all.inputs.map((value, i) => (
              <Slider
                key={i}
                name={`x${i}`}
                value={value}
                angle={isAngle(circuit, { kind: "input", index: i })}
                onValue={(next) => setInputs(set(all.inputs, i, next))}
              />
            ))}
          </div>
          {numWeights > 0 && <h3>Weights</h3>}
          <div class="sliders">
            {all.weights.map((value, i) => (
              <Slider
                key={i}
                name={`w${i}`}
                value={value}
                angle={isAngle(circuit, { kind: "weight", index: i })}
                onValue={(next) => setWeights(set(all.weights, i, next))}
              />
            ))}
          </div>
          <h3>Measurement</h3>
          <TextField
            label="Outputs"
            hint="Pauli words with commas between: Z0, X1 Z2; Var Z0: a variance; P 0 1: probabilities; empty: ⟨Z⟩ of every wire"
            inputMode="text"
            value={outputsText(circuit)}
            onText={(text) => {
              try {
                edit(rebuilt(template, operations, numWires, readOutputs(text, numWires)), atHand);
                return null;
              } catch (error) {
                if (error instanceof UsageError)
                  return error.message.replace(/^output (\d+)/, (_, n) => `output ${Number(n) + 1}`);
                throw error;
              }
            }}
          />
          <MeasurementFields value={measurement} onValue={setMeasurement} />
          <Analysis circuit={data} session={sessions.answering()} onError={onError} />
        </div>
        <div class="first">{run ? <States run={run} /> : <p class="status">The circuit is being simulated.</p>}</div>
      </div>
    </section>
  );
}

/** Numbers of outputs that are listed, at most. */
const MOST_OUTPUTS = 16;

/** What a circuit gives, and the state that it leaves. */
function States({ run: { wires, labels, measured, basis } }: { run: CircuitRun }) {
  const values = measured ?? wires.outputs;
  return (
    <>
      <div class="live">
        <h3>Outputs</h3>
        <p class="muted small">
          {measured ? "Exact / with shots and noise" : "Exact"}
          {labels.length > MOST_OUTPUTS && `; the first ${MOST_OUTPUTS} of ${labels.length}`}
        </p>
        <Bars
          label="Outputs"
          signed
          rows={labels.slice(0, MOST_OUTPUTS).map((name, i) => ({
            name,
            share: values[i],
            text: measured ? `${number(wires.outputs[i])} / ${number(measured[i])}` : number(wires.outputs[i]),
          }))}
        />
      </div>
      <h3>Wires</h3>
      <div class="bloch">
        {wires.bloch.map((bloch, wire) => (
          <Wire key={wire} wire={wire} bloch={bloch} />
        ))}
      </div>
      <BasisStates wires={wires} measured={basis} />
    </>
  );
}
