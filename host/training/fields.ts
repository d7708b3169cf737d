import { follows } from "./kinds.ts";
import { describeOption, flag, type OptionName, ROWS, type TrainOptions } from "./options.ts";
import { GROUPS, type Row } from "./table/row.ts";

/** What a form and a link need to know of an option of training. */
export interface OptionField {
  key: OptionName;
  type: Row["kind"]["type"];
  /** As --help says it. */
  description: string;
  /** undefined: none. */
  standard: unknown;
  choices: readonly string[] | null;
  /** May stand in place of a list. */
  words?: readonly string[];
  /** What a list in the page offers: the choices, or fewer; "models": runs with a model; null: it is no list. */
  offered: readonly string[] | "models" | null;
  /** Which values are right, and the same in words. */
  rule: Row["kind"]["rule"];
  expected: string;
}

/** Every option of training, in the order of the table. */
export const FIELDS: readonly OptionField[] = ROWS.map((row) => ({
  ...{ key: row.name, type: row.kind.type, description: describeOption(row), standard: row.default },
  ...{
    choices: row.kind.choices,
    words: row.kind.words,
    offered: row.page?.choices ?? row.kind.choices,
    rule: row.kind.rule,
    expected: row.kind.expected,
  },
}));

/** The fields of the page's form under their headings. */
export const FIELD_GROUPS: readonly { title: string; fields: readonly OptionField[] }[] = GROUPS.map((title) => ({
  title,
  fields: FIELDS.filter((_, i) => ROWS[i].group === title && !ROWS[i].page?.placed),
}));

/** Name of an option in links and attributes: "batch-size". */
export function attributeOf(key: string): string {
  return flag(key).slice(2);
}

/** What an option is called in the page. */
export function labelOf(key: OptionName): string {
  return ROWS.find(({ name }) => name === key)?.page?.label ?? attributeOf(key).replaceAll("-", " ");
}

/** A text of the command line with the page's names in the place of flags. */
export function inWords(text: string): string {
  // Not in a command that is to be typed.
  return text.replaceAll(/(?<!hqcnn [^.;:]*)--([a-z][a-z-]*)/g, (flag, name: string) => {
    const field = FIELDS.find(({ key }) => attributeOf(key) === name);
    return field ? `“${labelOf(field.key)}”` : flag;
  });
}

/** What a text says as the value of an option; the text itself where that is not of the option's type. */
export function parseValue({ type, words }: OptionField, text: string): unknown {
  const trimmed = text.trim();
  switch (type) {
    case "boolean":
      return trimmed === "" || trimmed === "true" ? true : trimmed === "false" ? false : trimmed;
    case "integer":
    case "number":
      return trimmed === "" || Number.isNaN(Number(trimmed)) ? trimmed : Number(trimmed);
    case "array":
      if (words?.includes(trimmed)) return trimmed;
      return trimmed.split(/[\s,]+/).map((part) => (/^\d+$/.test(part) ? Number(part) : part));
    case "string":
      return text;
  }
}

/** What is wrong with a value, as "expected …", or null. */
export function problemWith({ rule, expected }: OptionField, value: unknown): string | null {
  return follows(rule, value) ? null : `expected ${expected}`;
}

/** The options with one of them set; a default, or undefined, leaves it out. */
export function withOption(
  options: Partial<TrainOptions>,
  { key, standard }: OptionField,
  value: unknown,
): Partial<TrainOptions> {
  const { [key]: _, ...others } = options;
  return value === undefined || value === standard ? others : { ...others, [key]: value };
}
