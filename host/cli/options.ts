import { type Command, Option } from "commander";
import { HqcnnError, isRecord, parseJson } from "../check.ts";
import type { Platform } from "../platform/platform.ts";
import { describeOption, flag, type OptionName, optionText, ROWS } from "../training/options.ts";
import { GROUPS } from "../training/table/row.ts";
import { parseNumber, parseNumbers } from "./terminal.ts";

/** Where a command differs from the table: another default, or another sentence. */
export type Differences = Partial<Record<OptionName, { default?: unknown; defaultText?: string; help?: string }>>;

/**
 * Adds options of the table under their headings: all, or those that `names` lists.
 * @returns their names
 */
export function addOptions(
  command: Command,
  names: readonly OptionName[] = ROWS.map(({ name }) => name),
  differences: Differences = {},
): OptionName[] {
  const offered = GROUPS.flatMap((group) => ROWS.filter((row) => row.group === group && names.includes(row.name)));
  for (const row of offered) {
    const { kind, name } = row;
    const { default: standard, defaultText, help } = { ...row, ...differences[name] };
    const typed = kind.type === "boolean" ? optionText(name, !standard) : `${flag(name)} <${kind.placeholder}>`;
    const option = new Option(typed, describeOption({ ...row, help, defaultText }));
    if (kind.choices) option.choices(kind.choices);
    if (kind.type === "integer" || kind.type === "number") option.argParser(parseNumber);
    if (kind.type === "array") {
      option.argParser((text) => (kind.words?.includes(text) ? text : parseNumbers(text)));
    }
    if (kind.repeated) {
      option.argParser((text: string, before?: string | string[]) =>
        before === undefined ? text : [before, text].flat(),
      );
    }
    if (kind.type !== "boolean" && standard !== undefined) option.default(standard);
    // A command with a few of them needs no headings.
    if (names.length > FEW) option.helpGroup(`${row.group}:`);
    command.addOption(option);
  }
  return offered.map(({ name }) => name);
}

const FEW = 8;

/** Every option of training but those in `without`. @returns their names */
export function addTrainOptions(command: Command, without: readonly OptionName[] = []): OptionName[] {
  return addOptions(
    command,
    ROWS.map(({ name }) => name).filter((name) => !without.includes(name)),
  );
}

/** The options of training that were typed, by name. */
export function givenOptions(command: Command, names: readonly OptionName[]): object {
  const typed = names.filter((name) => command.getOptionValueSource(name) === "cli");
  return Object.fromEntries(typed.map((name) => [name, command.getOptionValue(name)]));
}

/** The object in a --config file, or the options in a run's config.json. */
export async function readConfig(platform: Platform, path?: string): Promise<object> {
  if (path === undefined) return {};
  let config: unknown;
  try {
    config = parseJson(new TextDecoder().decode(await platform.readFile(path)));
  } catch (error) {
    if (error instanceof HqcnnError) throw error;
    throw new HqcnnError(`${path}: expected JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (!isRecord(config)) throw new HqcnnError(`${path}: expected a JSON object of options`);
  return isRecord(config.options) ? config.options : config;
}
