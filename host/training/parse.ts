import { isRecord, shown, UsageError } from "../check.ts";
import { parseNoiseSpec } from "../circuit/noise/model.ts";
import { GRADIENT_STEPS } from "../circuit/noise/tape.ts";
import { follows, jsonSchemaOf } from "./kinds.ts";
import { describeOption, flag, type OptionName, ROWS, type TrainOptions } from "./options.ts";

/** JSON Schema (2020-12) of a --config file. */
export function optionsJsonSchema(): object {
  const properties = ROWS.map((row) => {
    const standard = row.default === undefined ? {} : { default: row.default };
    return [row.name, { ...jsonSchemaOf(row.kind.rule), description: describeOption(row), ...standard }];
  });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    ...{ type: "object", properties: Object.fromEntries(properties), additionalProperties: false },
  };
}

/**
 * Options with every default filled in.
 * @throws UsageError with one line for each impossible option: its flag, what is expected, what came
 */
export function parseTrainOptions(input: unknown): TrainOptions {
  if (!isRecord(input)) throw new UsageError("options: expected an object");
  const wrong = ROWS.filter(({ name, kind }) => input[name] !== undefined && !follows(kind.rule, input[name]));
  const unknown = Object.keys(input).filter((key) => !ROWS.some(({ name }) => name === key));
  const lines = [
    ...wrong.map(({ name, kind }) => `${flag(name)}: expected ${kind.expected}, got ${show(input[name])}`),
    ...unknown.map((key) => `${flag(shown(key))}: no such option${nearest(key)}`),
  ];
  if (lines.length > 0) throw new UsageError(lines.join("\n"));
  const given = ROWS.map(({ name, default: standard }) => [name, input[name] ?? standard]);
  return refuseWithoutEffect(Object.fromEntries(given.filter(([, value]) => value !== undefined)) as TrainOptions);
}

/** The options that name the parts of a circuit: one's own has others. */
export const NAMED_PARTS: readonly OptionName[] = [
  ...(["qubits", "layers", "ansatz", "embedding", "entangling"] as const),
  ...(["repeats", "reupload", "topology", "entangler"] as const),
];

/** Options that would be recorded without having done anything. */
function refuseWithoutEffect(options: TrainOptions): TrainOptions {
  const { head, freeze, width, trunk } = options;
  if (freeze === "quantum" && head !== "quantum")
    throw new UsageError(`--freeze quantum: there is no quantum layer with --head ${head}: leave it out`);
  if (options.circuit !== undefined) {
    if (head !== "quantum") throw new UsageError(`--circuit is for --head quantum, got --head ${head}: leave it out`);
    for (const { name, default: standard } of ROWS) {
      if (NAMED_PARTS.includes(name) && options[name] !== standard)
        throw new UsageError(`${flag(name)}: --circuit has its own gates and qubits: leave it out`);
    }
    if (options.quantumInit === "identity")
      throw new UsageError("--quantum-init identity: expected an ansatz by name, got --circuit: leave one out");
  }
  if (options.bypass > 0 && head !== "quantum" && head !== "dense" && head !== "none")
    throw new UsageError(`--bypass is for --head quantum, dense or none, got --head ${head}: leave it out`);
  const { shots, noise, gradient } = options;
  if (head !== "quantum") {
    for (const [name, value] of Object.entries({ shots: shots || undefined, noise, gradient })) {
      if (value !== undefined)
        throw new UsageError(`${flag(name)} is for --head quantum, got --head ${head}: leave it out`);
    }
  }
  const { gradientStep, spsaDirections } = options;
  const method = gradient ?? (shots > 0 || noise !== undefined ? "parameter-shift" : "adjoint");
  if (gradientStep !== undefined && !(method in GRADIENT_STEPS))
    throw new UsageError(
      `--gradient-step is for --gradient finite-differences or spsa, got --gradient ${method}: leave it out`,
    );
  if (spsaDirections !== undefined && method !== "spsa")
    throw new UsageError(`--spsa-directions is for --gradient spsa, got --gradient ${method}: leave it out`);
  if (typeof noise === "string" && !/\.json$/i.test(noise)) parseNoiseSpec(noise);
  if (options.quantumInit !== "uniform" && head !== "quantum")
    throw new UsageError(`--quantum-init is for --head quantum, got --head ${head}: leave it out`);
  if (width > 0 && head !== "dense")
    throw new UsageError(`--width is for --head dense, got --head ${head}: leave it out`);
  for (const name of ["trunkWidth", "trunkDepth"] as const) {
    if (options[name] === undefined || trunk === "residual") continue;
    throw new UsageError(`${flag(name)} is for --trunk residual, got --trunk ${trunk}: leave it out`);
  }
  return options;
}

function show(value: unknown): string {
  return value === "" ? '""' : shown(typeof value === "object" ? JSON.stringify(value) : value);
}

/** The known option that starts like an unknown one, as a question. */
function nearest(key: string): string {
  const names = ROWS.map(({ name }) => name);
  const start = key.slice(0, 3).toLowerCase();
  const name = names.find((known) => known.toLowerCase().startsWith(start));
  return name ? `; ${flag(name)}?` : `; there are ${names.map(flag).join(", ")}`;
}
