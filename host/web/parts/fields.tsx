import { useId } from "preact/hooks";
import {
  FIELD_GROUPS,
  FIELDS,
  inWords,
  labelOf,
  type OptionField,
  parseValue,
  problemWith,
  withOption,
} from "../../training/fields.ts";
import type { OptionName, TrainOptions } from "../../training/options.ts";
import { TextField } from "./controls.tsx";

/** An option's description with the page's names in place of flags. */
export function hintOf({ description, standard }: OptionField): string {
  const named = inWords(description);
  const hasStandard = standard !== undefined && typeof standard !== "boolean";
  return hasStandard ? `${named}. Default: ${standard}` : named;
}

/** With the data the ten options that are changed most: they come first, the others are folded. */
const FIRST: readonly OptionName[] = [
  ...(["epochs", "seed", "batchSize", "lr", "augment", "head", "qubits", "layers", "ansatz"] as const),
];

interface FieldProps {
  field: OptionField;
  value: unknown;
  /** What a list offers; null: it is no list. */
  choices: readonly string[] | null;
  onValue: (value: unknown) => void;
  /** What it does is shown when it is pointed at, and said to a screen reader. */
  short?: boolean;
}

/** One option: its name, its control, and what it does; or what is wrong with what was typed. */
function Field({ field, value, choices, onValue, short = false }: FieldProps) {
  const id = useId();
  // What is on unless told otherwise is described, and offered, as its absence.
  const isAbsence = field.standard === true;
  const label = isAbsence ? `no ${labelOf(field.key)}` : labelOf(field.key);
  const hint = (
    <p class={short ? "hidden" : "hint"} id={`${id}-hint`}>
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
    return <TextField {...{ label, inputMode, short }} hint={hintOf(field)} value={shown} onText={commit} />;
  }
  return (
    <div class="field" title={short ? hintOf(field) : undefined}>
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

interface OptionsProps {
  options: Partial<TrainOptions>;
  onOptions: (options: Partial<TrainOptions>) => void;
}

/** The options of training that are changed most. */
export function FirstFields({ options, onOptions }: OptionsProps) {
  return (
    <fieldset class="fields short" aria-label="Most used options">
      {FIRST.map((key) => FIELDS.find((field) => field.key === key)!).map((field) => (
        <Field
          key={field.key}
          field={field}
          value={options[field.key] ?? field.standard}
          choices={field.offered === "models" ? null : field.offered}
          onValue={(value) => onOptions(withOption(options, field, value))}
          short
        />
      ))}
    </fieldset>
  );
}

/** The other options of training in groups; `runs` may be started from. */
export function OptionFields({ options, runs, onOptions }: OptionsProps & { runs: readonly string[] }) {
  const models = options.start && !runs.includes(options.start) ? [options.start, ...runs] : runs;
  return (
    <>
      {FIELD_GROUPS.map(({ title, fields: all }) => {
        const fields = all.filter(({ key }) => !FIRST.includes(key));
        const changed = fields.filter(({ key }) => options[key] !== undefined);
        return (
          <details class="group" key={title}>
            <summary>
              {title}{" "}
              <span class="muted">{changed.map(({ key }) => `${labelOf(key)} ${options[key]}`).join(", ")}</span>
            </summary>
            <fieldset class="fields" aria-label={title}>
              {fields.map((field) => (
                <Field
                  key={field.key}
                  field={field}
                  value={options[field.key] ?? field.standard}
                  choices={field.offered === "models" ? models : field.offered}
                  onValue={(value) => onOptions(withOption(options, field, value))}
                />
              ))}
            </fieldset>
          </details>
        );
      })}
    </>
  );
}
