import * as z from "zod";
import { shown, UsageError } from "../check.ts";
import { parseNoiseSpec } from "../circuit/noise/model.ts";
import { GRADIENT_STEPS } from "../circuit/noise/tape.ts";
import type { Kind } from "./kinds.ts";
import { describeOption, flag, type OptionName, ROWS, type TrainOptions } from "./options.ts";

// Beside options.ts, so that commands that only name a few options do not load the library of schemas.

// Compiled checks would ask for `new Function`, which a page's policy refuses and reports.
z.config({ jitless: true });

/** The schema of an option's values. */
export function schemaOf<Value>({ schema }: Kind<Value>): z.ZodType<Value> {
  return schema(z);
}

const shape = Object.fromEntries(
  ROWS.map((row) => {
    const schema = schemaOf(row.kind).describe(describeOption(row));
    return [row.name, row.default === undefined ? schema.optional() : schema.default(row.default)];
  }),
);

/** Checks options and fills in defaults. */
export const trainOptionsSchema = z.strictObject(
  shape as unknown as { [Name in OptionName]: z.ZodType<TrainOptions[Name]> },
);

/** JSON Schema (2020-12) of a --config file. */
export function optionsJsonSchema(): object {
  return z.toJSONSchema(trainOptionsSchema, { io: "input" });
}

/**
 * Options with every default filled in.
 * @throws UsageError with one line for each impossible option: its flag, what is expected, what came
 */
export function parseTrainOptions(input: unknown): TrainOptions {
  const { success, data, error } = trainOptionsSchema.safeParse(input, { reportInput: true });
  if (success) return refuseWithoutEffect(data as TrainOptions);
  const lines = error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => `${flag(shown(key))}: no such option${nearest(key)}`);
    if (issue.path.length === 0) return ["options: expected an object"];
    return [`${flag(String(issue.path[0]))}: expected ${issue.message}, got ${show(issue.input)}`];
  });
  throw new UsageError([...new Set(lines)].join("\n"));
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
