import { useId, useRef } from "preact/hooks";
import { number } from "./figures.tsx";
import { ANGLE_STEP, sliderLimit, wrapped } from "./slider.ts";

interface SliderProps {
  name: string;
  value: number;
  /** Whether it is an angle: shown from −π to π, whatever multiple of 2π it lies beyond. */
  angle: boolean;
  onValue: (value: number) => void;
}

/** A slider and a field for the same number. */
export function Slider({ name, value, angle, onValue }: SliderProps) {
  const id = useId();
  const limit = useRef(Math.PI);
  const shown = angle ? wrapped(value) : value;
  limit.current = Math.max(limit.current, sliderLimit(shown)); // never back: the knob would jump while it is drawn
  const give = (text: string) => {
    const parsed = Number(text);
    if (text.trim() !== "" && Number.isFinite(parsed)) onValue(parsed);
  };
  const turns = Math.round((value - shown) / (2 * Math.PI));
  return (
    <div class="slider">
      <label for={id}>
        {name}
        {turns !== 0 && (
          <span class="muted small">
            {" "}
            {number(value, 2)} {turns > 0 ? "−" : "+"} {Math.abs(turns) === 1 ? "" : Math.abs(turns)}2π
          </span>
        )}
      </label>
      <input
        id={id}
        type="range"
        min={-limit.current}
        max={limit.current}
        step={ANGLE_STEP}
        value={shown}
        aria-valuetext={`${number(shown, 2)}${angle ? " radians" : ""}`}
        onInput={(event) => give(event.currentTarget.value)}
      />
      <input
        type="number"
        step="0.1"
        value={Number(shown.toFixed(3))}
        aria-label={angle ? `${name}, radians` : `${name}, value`}
        onChange={(event) => give(event.currentTarget.value)}
      />
    </div>
  );
}
