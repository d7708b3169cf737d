import { useEffect, useMemo, useState } from "preact/hooks";
import { type CircuitData, templateOfData } from "../../circuit/data.ts";
import { weightsOf } from "../../circuit/params.ts";
import { Drawing } from "../parts/drawing.tsx";
import { mostProbable, Probabilities, percent } from "../parts/figures.tsx";
import { type LoadedModel, useAnswer, useLoadedModel, useSeen } from "../parts/hooks.ts";
import { isAngle } from "../parts/slider.ts";
import { Slider } from "../parts/sliders.tsx";
import { BasisStates, Wire } from "../parts/wireStates.tsx";
import type { ImageAtHand } from "../protocol/messages.ts";
import { MOST_DESIGNED_WIRES } from "../protocol/state.ts";
import { ImageChoice } from "./layers.tsx";
import type { UnderstandProps } from "./props.ts";

/** The circuit of the model, with sliders for its angles and weights. */
export function CircuitView(props: UnderstandProps) {
  const { model, session, image, onError, change } = props;
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
        data={circuit.data}
        trained={circuit.weights}
        image={image}
        classNames={model.info.classNames}
        isOneOf={model.info.architecture.output === undefined}
        onDesign={
          circuit.data.wires <= MOST_DESIGNED_WIRES ? () => change({ view: "design", circuit: circuit.data }) : null
        }
        onError={onError}
      />
    </section>
  );
}

interface LaboratoryProps {
  loaded: LoadedModel;
  data: CircuitData;
  trained: readonly number[];
  image: ImageAtHand | null;
  classNames: readonly string[];
  /** Whether the answer is the most probable class. */
  isOneOf: boolean;
  /** Shows its circuit where it can be changed; null: it is too wide. */
  onDesign: (() => void) | null;
  onError: (error: unknown) => void;
}

function Laboratory({ loaded, data, trained, image, classNames, isOneOf, onDesign, onError }: LaboratoryProps) {
  const circuit = useMemo(() => templateOfData(data, () => "circuit").circuit, [data]);
  const { numInputs, numWires, operations } = circuit;
  const zeros = useMemo(() => new Array<number>(numInputs).fill(0), [circuit]);
  // Together: one answer is about both.
  const [values, setValues] = useState<{ angles: readonly number[]; weights: readonly number[] }>({
    angles: zeros,
    weights: trained,
  });
  const { angles, weights } = values;
  const setAngles = (next: readonly number[]) => setValues((now) => ({ ...now, angles: next }));
  const setWeights = (next: readonly number[]) => setValues((now) => ({ ...now, weights: next }));
  const [on, setOn] = useState(true);
  const [step, setStep] = useState<number | null>(null);
  const seen = useSeen(loaded, image, onError);
  const own = useAnswer(seen, ({ input }) => loaded.remote.angles(input), onError);
  useEffect(() => {
    if (own) setAngles(own);
  }, [own]);
  const answer = useAnswer(values, (asked) => loaded.remote.circuit(asked.angles, asked.weights), onError);
  if (!answer) return <p class="status">The circuit is being simulated.</p>;
  const { wires, probs } = answer;
  const shown = on ? probs : loaded.about.off!;
  const most = mostProbable(shown);
  const oneEach = numInputs === numWires;
  const chosen = step === null ? [] : operations[step].params.flatMap(weightsOf);
  const change = (list: readonly number[], at: number, value: number) =>
    list.map((other, i) => (i === at ? value : other));
  const gateOfWeight = (weight: number) => {
    const { name, wires: at } = operations.find(({ params }) => params.flatMap(weightsOf).includes(weight))!;
    return `w${weight}, ${name} on ${at.length > 1 ? "wires" : "wire"} ${at.join(", ")}`;
  };
  const weightSlider = (weight: number) => (
    <Slider
      key={weight}
      name={gateOfWeight(weight)}
      value={weights[weight]}
      angle={isAngle(circuit, { kind: "weight", index: weight })}
      onValue={(value) => setWeights(change(weights, weight, value))}
    />
  );
  return (
    <>
      <div class="row">
        <button type="button" part="button" disabled={!own} onClick={() => own && setAngles(own)}>
          Angles of the image
        </button>
        <button type="button" part="button" onClick={() => setAngles(zeros)}>
          All zero
        </button>
        <button type="button" part="button" aria-disabled={weights === trained} onClick={() => setWeights(trained)}>
          Trained weights
        </button>
        {loaded.about.off && (
          <button type="button" part="button" aria-pressed={!on} onClick={() => setOn(!on)}>
            Quantum layer off
          </button>
        )}
        {onDesign && (
          <button type="button" part="button" onClick={onDesign}>
            Change its gates
          </button>
        )}
      </div>
      <Drawing circuit={circuit} wires={wires} chosen={step} onChoose={setStep} />
      <div class="pair laboratory">
        <div>
          {chosen.length > 0 && (
            <>
              <h3>Weights of the chosen gate</h3>
              <div class="sliders">{chosen.map(weightSlider)}</div>
            </>
          )}
          <h3>{oneEach ? "Wires" : "Inputs"}</h3>
          <ul class="wires">
            {angles.map((angle, i) => (
              <li key={i}>
                <Slider
                  name={oneEach ? `Angle of wire ${i}` : `Input ${i}`}
                  value={angle}
                  angle={isAngle(circuit, { kind: "input", index: i })}
                  onValue={(value) => setAngles(change(angles, i, value))}
                />
                {oneEach && <Wire wire={i} bloch={wires.bloch[i]} />}
              </li>
            ))}
            {!oneEach &&
              wires.bloch.map((bloch, wire) => (
                <li key={`wire ${wire}`}>
                  <Wire wire={wire} bloch={bloch} />
                </li>
              ))}
          </ul>
          {weights.length > 0 && (
            <details class="group" open={weights.length <= 16}>
              <summary>
                Weights <span class="muted">all {weights.length}, or click a gate for its own</span>
              </summary>
              <div class="sliders">{weights.map((_, weight) => weightSlider(weight))}</div>
            </details>
          )}
        </div>
        <div class="first">
          <div class="live">
            <h3>Prediction</h3>
            <p class="answer" role="status" aria-label="Prediction">
              {isOneOf ? "Answer" : "Most probable"}: <strong>{classNames[most]}</strong>, {percent(shown[most])}
            </p>
            <Probabilities probs={shown} classNames={classNames} most={3} />
            {!on && <p class="muted">Off: every ⟨Z⟩ set to 0, whatever the angles.</p>}
            {seen && (
              <p class="muted small">
                The image as it is: {classNames[mostProbable(seen.probs)]},{" "}
                {percent(seen.probs[mostProbable(seen.probs)])}
              </p>
            )}
          </div>
          <BasisStates wires={wires} />
        </div>
      </div>
    </>
  );
}
