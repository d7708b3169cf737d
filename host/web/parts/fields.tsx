import { useId } from "preact/hooks";
import type { TrainOptions } from "../../training/options.ts";
import { FIELDS, inWords, labelOf, type OptionField, parseValue, problemWith, withOption } from "../protocol/state.ts";
import { TextField } from "./controls.tsx";

/** Options by what they are about; `data` has a place of its own. */
export const GROUPS: readonly { title: string; keys: readonly (keyof TrainOptions)[] }[] = [
  { title: "Task", keys: ["task", "positive", "protocol", "splitRatio", "strict", "shuffleLabels"] },
  {
    title: "Network",
    keys: [
      "head",
      "qubits",
      "layers",
      "ansatz",
      "embedding",
      "entangling",
      "width",
      "hidden",
      "dropout",
      "start",
      "freeze",
    ],
  },
  {
    title: "Training",
    keys: [
      ...(["epochs", "batchSize", "lr", "schedule", "seed", "bestBy", "earlyStop"] as const),
      ...(["classWeights", "labelSmoothing", "weightDecay", "clipNorm", "ema", "tta"] as const),
    ],
  },
  { title: "Augmentation", keys: ["augment", "rotate", "shift", "scale", "brightness", "contrast", "border"] },
  { title: "Engine", keys: ["engine", "threads"] },
];

/** An option's description with the page's names in place of flags. */
export function hintOf({ description, standard }: OptionField): string {
  const named = inWords(description);
  const hasStandard = standard !== undefined && typeof standard !== "boolean";
  return hasStandard ? `${named}. Default: ${standard}` : named;
}

interface FieldProps {
  field: OptionField;
  value: unknown;
  /** In place of the field's own. */
  choices?: readonly string[];
  onValue: (value: unknown) => void;
}

/** One option: its name, its control, and what it does; or what is wrong with what was typed. */
function Field({ field, value, choices = field.choices ?? undefined, onValue }: FieldProps) {
  const id = useId();
  // What is on unless told otherwise is described, and offered, as its absence.
  const isAbsence = field.standard === true;
  const label = isAbsence ? `no ${labelOf(field.key)}` : labelOf(field.key);
  const hint = (
    <p class="hint" id={`${id}-hint`}>
      {hintOf(field)}
    </p>
  );
  const shown = value === undefined ? "" : String(value);
  if (field.type === "boolean") {
    return (
      <div class="field check">
        <input
          id={id}
          type="checkbox"
          checked={value !== isAbsence}
          aria-describedby={`${id}-hint`}
          onChange={(event) => onValue(event.currentTarget.checked !== isAbsence)}
        />
        <label for={id}>{label}</label>
        {hint}
      </div>
    );
  }
  /** Takes a text, or says what is wrong with it. */
  const commit = (text: string) => {
    // An option without a default may be left empty.
    const next = text.trim() === "" && field.standard === undefined ? undefined : parseValue(field, text);
    const problem = next === undefined ? null : problemWith(field, next);
    if (problem === null) onValue(next);
    return problem;
  };
  if (!choices) {
    const inputMode = field.type === "string" ? "text" : field.type === "integer" ? "numeric" : "decimal";
    return <TextField {...{ label, inputMode }} hint={hintOf(field)} value={shown} onText={commit} />;
  }
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        aria-describedby={`${id}-hint`}
        value={shown}
        onChange={(event) => commit(event.currentTarget.value)}
      >
        {field.standard === undefined && <option value="">none</option>}
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
      {hint}
    </div>
  );
}

const AUGMENT = ["none", "flips", "rotations", "flips,rotations"];

/** All options of training in groups; `runs` may be started from. */
export function OptionFields({
  options,
  runs,
  onOptions,
}: {
  options: Partial<TrainOptions>;
  runs: readonly string[];
  onOptions: (options: Partial<TrainOptions>) => void;
}) {
  const choices: Partial<Record<keyof TrainOptions, readonly string[]>> = {
    augment: AUGMENT,
    engine: ["strict", "fast"], // the wide ones need a flag of V8, which no page can set
    start: options.start && !runs.includes(options.start) ? [options.start, ...runs] : runs,
  };
  return (
    <>
      {GROUPS.map(({ title, keys }) => {
        const changed = keys.filter((key) => options[key] !== undefined);
        return (
          <details class="group" key={title} open={title === "Training"}>
            <summary>
              {title} <span class="muted">{changed.map((key) => `${labelOf(key)} ${options[key]}`).join(", ")}</span>
            </summary>
            <fieldset class="fields" aria-label={title}>
              {keys.map((key) => {
                const field = FIELDS.find((candidate) => candidate.key === key);
                return (
                  field && (
                    <Field
                      key={key}
                      field={field}
                      value={options[key] ?? field.standard}
                      choices={choices[key]}
                      onValue={(value) => onOptions(withOption(options, field, value))}
                    />
                  )
                );
              })}
            </fieldset>
          </details>
        );
      })}
    </>
  );
}
