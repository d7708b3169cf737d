import type { Wires } from "../../explain/wires.ts";
import type { Bloch } from "../../simulator/bloch.ts";
import { Bars, number, percent } from "./figures.tsx";

/** Basis states that are listed, at most: of more those that are most probable. */
const MOST_STATES = 16;

/** The reduced state of a wire: the disc shows x and z of its Bloch vector, the numbers all of it. */
export function Wire({ wire, bloch: [x, y, z] }: { wire: number; bloch: Bloch }) {
  const length = Math.sqrt(x * x + y * y + z * z);
  return (
    <div class="wire">
      <svg viewBox="-1.25 -1.25 2.5 2.5" width="64" height="64" role="img" aria-label={`Bloch vector of wire ${wire}`}>
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

/** Amplitudes and probabilities of the basis states; `measured`: the probabilities that a device gave. */
export function BasisStates({ wires, measured }: { wires: Wires; measured?: ArrayLike<number> | null }) {
  const { state, probabilities, bloch } = wires;
  const name = (index: number) => `|${index.toString(2).padStart(bloch.length, "0")}⟩`;
  const all = probabilities.map((share, index) => ({ share, index }));
  const isWhole = all.length <= MOST_STATES;
  const shown = isWhole ? all : all.toSorted((a, b) => b.share - a.share).slice(0, MOST_STATES);
  return (
    <>
      <h3>Basis states</h3>
      <p class="muted small">
        Amplitude and probability{measured && ", exact / measured"}
        {!isWhole && `; the ${MOST_STATES} most probable of ${all.length}`}
      </p>
      <Bars
        label="Probabilities of the basis states"
        rows={shown.map(({ share, index }) => ({
          name: `${name(index)} ${complex(state.re[index], state.im[index])}`,
          share: measured ? measured[index] : share,
          text: measured ? `${percent(share)} / ${percent(measured[index])}` : percent(share),
        }))}
      />
    </>
  );
}

/** An amplitude in two digits: 0.35 − 0.20i. */
function complex(re: number, im: number): string {
  return `${number(re, 2)} ${im < -0.005 ? "−" : "+"} ${number(Math.abs(im), 2)}i`;
}
