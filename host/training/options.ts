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

/** "batchSize" → "--batch-size" */
export function flag(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** An option as it is typed: a switch alone, one that is on by default as --no-…, others with their value. */
export function optionText(key: string, value: unknown, quote: (text: string) => string = (text) => text): string {
  if (value === true) return flag(key);
  return value === false ? `--no-${flag(key).slice(2)}` : `${flag(key)} ${quote(String(value))}`;
}
