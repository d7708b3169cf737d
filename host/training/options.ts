import * as z from "zod";
import { UsageError } from "../check.ts";
import type { Kind } from "./kinds.ts";
import type { Part, Row } from "./table/row.ts";
import { TABLE } from "./table.ts";

type Table = typeof TABLE;
export type OptionName = keyof Table;
type Value<Name extends OptionName> = Table[Name]["kind"] extends Kind<infer T> ? T : never;
type Required = { [Name in OptionName]: Table[Name] extends { default: unknown } ? Name : never }[OptionName];

/** Options of training with every default filled in. */
export type TrainOptions = { [Name in Required]: Value<Name> } & {
  [Name in Exclude<OptionName, Required>]?: Value<Name>;
};

/** The options that belong to a part of the program. */
export type OptionsOf<Of extends Part> = Pick<
  TrainOptions,
  { [Name in OptionName]: Of extends Table[Name]["belongsTo"][number] ? Name : never }[OptionName]
>;

/** The rows of the table with their names, in its order. */
export const ROWS: readonly (Row & { name: OptionName })[] = Object.entries<Row>(TABLE).map(([name, row]) => ({
  ...row,
  name: name as OptionName,
}));

/** Names of the options that belong to a part, in the order of the table. */
export function optionNames(part: Part): readonly OptionName[] {
  return ROWS.filter(({ belongsTo }) => belongsTo.includes(part)).map(({ name }) => name);
}

/** The options that belong to a part of the program, as one object. */
export function optionsOf<const Of extends Part, Options extends Partial<TrainOptions>>(
  part: Of,
  options: Options,
): Pick<Options, keyof OptionsOf<Of> & keyof Options> {
  const names = optionNames(part);
  return Object.fromEntries(names.flatMap((name) => (name in options ? [[name, options[name]]] : []))) as Pick<
    Options,
    keyof OptionsOf<Of> & keyof Options
  >;
}

/** What an option does, with its range. */
export function describeOption({ help, kind: { range }, defaultText }: Row): string {
  const notes = [...(range ? [range] : []), ...(defaultText ? [`default: ${defaultText}`] : [])];
  return notes.length > 0 ? `${help} (${notes.join("; ")})` : help;
}

const shape = Object.fromEntries(
  ROWS.map((row) => {
    const schema = row.kind.schema.describe(describeOption(row));
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
      return issue.keys.map((key) => `${flag(key)}: no such option${nearest(key)}`);
    if (issue.path.length === 0) return ["options: expected an object"];
    return [`${flag(String(issue.path[0]))}: expected ${issue.message}, got ${show(issue.input)}`];
  });
  throw new UsageError([...new Set(lines)].join("\n"));
}

/** Options that would be recorded without having done anything. */
function refuseWithoutEffect(options: TrainOptions): TrainOptions {
  const { head, freeze, width, trunk } = options;
  if (freeze === "quantum" && head !== "quantum")
    throw new UsageError(`--freeze quantum: there is no quantum layer with --head ${head}: leave it out`);
  if (options.circuit !== undefined) {
    if (head !== "quantum") throw new UsageError(`--circuit is for --head quantum, got --head ${head}: leave it out`);
    const own = [
      "qubits",
      "layers",
      "ansatz",
      "embedding",
      "entangling",
      "repeats",
      "reupload",
      "topology",
      "entangler",
    ];
    for (const { name, default: standard } of ROWS) {
      if (own.includes(name) && options[name] !== standard)
        throw new UsageError(`${flag(name)}: --circuit has its own gates and qubits: leave it out`);
    }
    if (options.quantumInit === "identity")
      throw new UsageError("--quantum-init identity: expected an ansatz by name, got --circuit: leave one out");
  }
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

/** "batchSize" → "--batch-size" */
export function flag(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** An option as it is typed: a switch alone, one that is on by default as --no-…, others with their value. */
export function optionText(key: string, value: unknown, quote: (text: string) => string = (text) => text): string {
  if (value === true) return flag(key);
  return value === false ? `--no-${flag(key).slice(2)}` : `${flag(key)} ${quote(String(value))}`;
}

function show(value: unknown): string {
  return typeof value === "string" ? value || '""' : (JSON.stringify(value) ?? String(value));
}

/** The known option that starts like an unknown one, as a question. */
function nearest(key: string): string {
  const names = ROWS.map(({ name }) => name);
  const start = key.slice(0, 3).toLowerCase();
  const name = names.find((known) => known.toLowerCase().startsWith(start));
  return name ? `; ${flag(name)}?` : `; there are ${names.map(flag).join(", ")}`;
}
