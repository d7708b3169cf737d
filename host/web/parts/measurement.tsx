import { useId } from "preact/hooks";
import { CHANNELS, type ChannelName } from "../../circuit/noise/channels.ts";
import { MAX_SHOTS, type MeasureOptions } from "../../circuit/noise/tape.ts";
import { TextField } from "./controls.tsx";

/** Channels that have one strength. */
const SIMPLE = (Object.keys(CHANNELS) as ChannelName[]).filter(
  (name) => name === "readout" || CHANNELS[name].params.length === 1,
);

export interface Measurement {
  shots: number;
  channel: ChannelName | null;
  strength: number;
  /** Start of the random numbers. */
  seed: number;
}

export const EXACT: Measurement = { shots: 0, channel: null, strength: 0.02, seed: 0 };

/** As the simulator takes it. */
export function measureOf({ shots, channel, strength, seed }: Measurement): MeasureOptions {
  return { shots, seed, ...(channel && { noise: `${channel}:${strength}` }) };
}

/** Shots and noise to switch on. */
export function MeasurementFields(props: { value: Measurement; onValue: (value: Measurement) => void }) {
  const { value, onValue } = props;
  const { shots, channel, strength, seed } = value;
  const id = useId();
  return (
    <div class="fields">
      <TextField
        label="Shots"
        hint={`0: exact; to ${MAX_SHOTS.toLocaleString("en")}`}
        inputMode="numeric"
        value={String(shots)}
        onText={(text) => {
          const next = Number(text);
          if (!(Number.isInteger(next) && next >= 0 && next <= MAX_SHOTS)) {
            return `expected a whole number from 0 to ${MAX_SHOTS}`;
          }
          onValue({ ...value, shots: next });
          return null;
        }}
      />
      <div class="field">
        <label for={`${id}channel`}>Noise</label>
        <select
          id={`${id}channel`}
          value={channel ?? ""}
          onChange={({ currentTarget }) =>
            onValue({ ...value, channel: (currentTarget.value || null) as ChannelName | null })
          }
        >
          <option value="">none</option>
          {SIMPLE.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
        <p class="hint">
          {channel ? `${CHANNELS[channel].help}, ${channel === "readout" ? "on every wire" : "after every gate"}` : ""}
        </p>
      </div>
      {channel && (
        <div class="field">
          <label for={`${id}strength`}>Strength {strength.toFixed(3)}</label>
          <input
            id={`${id}strength`}
            type="range"
            min="0"
            max="0.25"
            step="0.005"
            value={strength}
            onInput={({ currentTarget }) => onValue({ ...value, strength: Number(currentTarget.value) })}
          />
        </div>
      )}
      {shots > 0 && (
        <div class="field">
          <button type="button" part="button" onClick={() => onValue({ ...value, seed: seed + 1 })}>
            Measure again
          </button>
        </div>
      )}
    </div>
  );
}
