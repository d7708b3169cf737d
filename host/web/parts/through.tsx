import type { Explanation } from "../../explain/explain.ts";
import type { Seen } from "../protocol/messages.ts";
import { number, Probabilities } from "./figures.tsx";

interface ThroughProps {
  seen: Seen;
  explanation: Explanation;
  off: ArrayLike<number>;
  classNames: readonly string[];
}

/** Angles in, ⟨Z⟩ out, and the answer with the layer on and off. */
export function Through({ seen, explanation, off, classNames }: ThroughProps) {
  const { angles, expvals } = explanation.wires!;
  return (
    <>
      <h3>Through the quantum layer</h3>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">wire</th>
              <th scope="col">angle in, radians</th>
              <th scope="col">⟨Z⟩ out</th>
            </tr>
          </thead>
          <tbody>
            {expvals.map((expval, wire) => (
              <tr key={wire}>
                <th scope="row">{wire}</th>
                <td>{angles.length === expvals.length ? number(angles[wire]) : "–"}</td>
                <td>{number(expval)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <h3>Quantum layer on and off</h3>
      <div class="halves">
        <div>
          <p class="muted">On: the network's answer</p>
          <Probabilities probs={seen.probs} classNames={classNames} />
        </div>
        <div>
          <p class="muted">Off (every ⟨Z⟩ set to 0): the same for every image</p>
          <Probabilities probs={off} classNames={classNames} />
        </div>
      </div>
    </>
  );
}
