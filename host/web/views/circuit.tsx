import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import { Circuit } from "../../circuit/circuit.ts";
import type { Operation } from "../../circuit/gates.ts";
import type { Bloch } from "../../simulator/bloch.ts";
import { Drawing } from "../parts/drawing.tsx";
import { Bars, mostProbable, number, Probabilities, percent } from "../parts/figures.tsx";
import { type LoadedModel, useAnswer, useLoadedModel, useSeen } from "../parts/hooks.ts";
import { ANGLE_STEP, sliderLimit } from "../parts/slider.ts";
import type { ImageAtHand } from "../protocol/messages.ts";
import { ImageChoice } from "./layers.tsx";
import type { UnderstandProps } from "./props.ts";

/** Basis states are shown one by one up to so many wires: 64 of them. */
const MOST_WIRES = 6;

/** The circuit, with sliders for its angles. */
export function CircuitView(props: UnderstandProps) {
  const { model, session, image, onError } = props;
  const loaded = useLoadedModel(session, model, onError);
  if (!loaded) return <p class="status">The model is loading.</p>;
  const { circuit } = loaded.about;
  if (!circuit) {
    const { head } = model.info.architecture;
    return (
      <section aria-labelledby="circuit-title">
        <h2 id="circuit-title">No circuit</h2>
        <p>
          This network has no quantum layer; its head is “{head.kind}”. Layers shows what it does to an image, and a
          network trained with the head “quantum” has a circuit here.
        </p>
        <h3>What replaces it</h3>
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">layer</th>
                <th scope="col">kind</th>
                <th scope="col">in</th>
                <th scope="col">out</th>
                <th scope="col">parameters</th>
              </tr>
            </thead>
            <tbody>
              {loaded.about.layers
                .filter(({ outShape }) => outShape.length === 1)
                .map(({ name, kind, inShape, outShape, parameters }) => (
                  <tr key={name}>
                    <th scope="row">{name}</th>
                    <td>{kind}</td>
                    <td>{inShape.join("×")}</td>
                    <td>{outShape.join("×")}</td>
                    <td>{parameters.toLocaleString("en")}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      </section>
    );
  }
  return (
    <section aria-labelledby="circuit-title">
      <h2 id="circuit-title">The circuit</h2>
      <ImageChoice {...props} />
      <Laboratory
        loaded={loaded}
        circuit={circuit}
        image={image}
        classNames={model.info.classNames}
        isOneOf={model.info.architecture.output === undefined}
        onError={onError}
      />
    </section>
  );
}

interface LaboratoryProps {
  loaded: LoadedModel;
  circuit: { numWires: number; operations: readonly Operation[] };
  image: ImageAtHand | null;
  classNames: readonly string[];
  /** Whether the answer is the most probable class. */
  isOneOf: boolean;
  onError: (error: unknown) => void;
}

function Laboratory(props: LaboratoryProps) {
  const { loaded, image, classNames, isOneOf, onError } = props;
  const { numWires, operations } = props.circuit;
  const circuit = useMemo(() => new Circuit(numWires, operations), [numWires, operations]);
  const zeros = useMemo(() => new Array<number>(circuit.numInputs).fill(0), [circuit]);
  const [angles, setAngles] = useState<readonly number[]>(zeros);
  const [on, setOn] = useState(true);
  const seen = useSeen(loaded, image, onError);
  const own = useAnswer(seen, ({ input }) => loaded.remote.angles(input), onError);
  useEffect(() => {
    if (own) setAngles(own);
  }, [own]);
  const answer = useAnswer(angles, (asked) => loaded.remote.circuit(asked), onError);
  if (!answer) return <p class="status">The circuit is being simulated.</p>;
  const { wires, probs } = answer;
  const shown = on ? probs : loaded.about.off!;
  const most = mostProbable(shown);
  const isAngle = circuit.numInputs === numWires;
  return (
    <>
      <div class="row">
        <button type="button" part="button" disabled={!own} onClick={() => own && setAngles(own)}>
          Angles of the image
        </button>
        <button type="button" part="button" onClick={() => setAngles(zeros)}>
          All zero
        </button>
        <button type="button" part="button" aria-pressed={!on} onClick={() => setOn(!on)}>
          Quantum layer off
        </button>
      </div>
      <Drawing circuit={circuit} wires={wires} />
      <div class="pair">
        <div>
          <h3>{isAngle ? "Wires" : "Inputs"}</h3>
          <ul class="wires">
            {angles.map((angle, i) => (
              <li key={i}>
                <Slider
                  name={isAngle ? `Angle of wire ${i}` : `Input ${i}`}
                  unit={isAngle ? "radians" : ""}
                  value={angle}
                  onValue={(value) => setAngles(angles.map((other, at) => (at === i ? value : other)))}
                />
                {isAngle && <Wire wire={i} bloch={wires.bloch[i]} />}
              </li>
            ))}
            {!isAngle &&
              wires.bloch.map((bloch, wire) => (
                <li key={`wire ${wire}`}>
                  <Wire wire={wire} bloch={bloch} />
                </li>
              ))}
          </ul>
        </div>
        <div class="first">
          <div class="live">
            <h3>Prediction</h3>
            <p class="answer" role="status" aria-label="Prediction">
              {isOneOf ? "Answer" : "Most probable"}: <strong>{classNames[most]}</strong>, {percent(shown[most])}
            </p>
            <Probabilities probs={shown} classNames={classNames} most={3} />
            {!on && <p class="muted">Off: every ⟨Z⟩ set to 0, whatever the angles.</p>}
          </div>
          {seen && (
            <>
              <h3>Of the image</h3>
              <Probabilities probs={seen.probs} classNames={classNames} most={3} />
            </>
          )}
          {numWires <= MOST_WIRES && <BasisStates probabilities={wires.probabilities} numWires={numWires} />}
        </div>
      </div>
    </>
  );
}

/** A slider and a field for the same number. Values beyond ±π stay where they are. */
function Slider(props: { name: string; unit: string; value: number; onValue: (value: number) => void }) {
  const { name, unit, value, onValue } = props;
  const id = useId();
  const limit = useRef(Math.PI);
  limit.current = Math.max(limit.current, sliderLimit(value)); // never back: the knob would jump while it is drawn
  const give = (text: string) => {
    const parsed = Number(text);
    if (text.trim() !== "" && Number.isFinite(parsed)) onValue(parsed);
  };
  return (
    <div class="slider">
      <label for={id}>{name}</label>
      <input
        id={id}
        type="range"
        min={-limit.current}
        max={limit.current}
        step={ANGLE_STEP}
        value={value}
        aria-valuetext={`${number(value, 2)} ${unit}`}
        onInput={(event) => give(event.currentTarget.value)}
      />
      <input
        type="number"
        step="0.1"
        value={Number(value.toFixed(3))}
        aria-label={unit ? `${name}, ${unit}` : `${name}, value`}
        onChange={(event) => give(event.currentTarget.value)}
      />
    </div>
  );
}

/** The reduced state of a wire: the disc shows x and z of its Bloch vector, the numbers all of it. */
function Wire({ wire, bloch: [x, y, z] }: { wire: number; bloch: Bloch }) {
  const length = Math.sqrt(x * x + y * y + z * z);
  return (
    <div class="wire">
      <svg viewBox="-1.25 -1.25 2.5 2.5" width="72" height="72" role="img" aria-label={`Bloch vector of wire ${wire}`}>
        <circle class="sphere" r="1" />
        <path class="axes" d="M-1 0H1M0 -1V1" />
        <path class="vector" d={`M0 0L${x} ${-z}`} />
        <circle class="tip" cx={x} cy={-z} r={0.1 + 0.05 * y} />
      </svg>
      <p>
        Wire {wire}: ⟨Z⟩ <strong>{number(z)}</strong>
        <br />
        <span class="muted">
          ⟨X⟩ {number(x)}, ⟨Y⟩ {number(y)}, length {number(length)}
          {length < 0.995 && ": entangled"}
        </span>
      </p>
    </div>
  );
}

function BasisStates({ probabilities, numWires }: { probabilities: readonly number[]; numWires: number }) {
  return (
    <>
      <h3>Basis states</h3>
      <Bars
        label="Probabilities of the basis states"
        rows={probabilities.map((share, state) => ({
          ...{ name: `|${state.toString(2).padStart(numWires, "0")}⟩`, share, text: percent(share) },
        }))}
      />
    </>
  );
}
