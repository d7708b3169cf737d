import { closest, distance } from "fastest-levenshtein";
import { type Document, type Pair, parseDocument, type Scalar, visit } from "yaml";
import { HqcnnError, isRecord, refuseDeep, shown, UsageError } from "../check.ts";
import { follows, jsonSchemaOf, type Kind } from "../training/kinds.ts";
import { describeOption, type OptionName, ROWS } from "../training/options.ts";
import { z } from "../zod.ts";

// What a study file may say. The schema is published as docs/schemas/study.schema.json.

/** The processors are divided among the runs by the executor. */
const rows = ROWS.filter(({ name }) => name !== "threads");
const names = rows.map(({ name }) => name);
const everyOption = (of: (row: (typeof rows)[number]) => z.ZodType) =>
  Object.fromEntries(rows.map((row) => [row.name, of(row).optional()])) as { [Name in OptionName]?: z.ZodType };

/** The schema of an option's values. */
const schemaOf = ({ rule, expected }: Kind<unknown>, description?: string) =>
  z
    .custom((value) => follows(rule, value), expected)
    .meta({ ...jsonSchemaOf(rule), ...(description && { description }) });

const optionsSchema = z.strictObject(
  everyOption((row) => schemaOf(row.kind, describeOption(row))),
  "an object of options",
);
const valuesSchema = (schema: z.ZodType) => z.array(schema, "a list of values").min(1, "at least one value");
const rangeSchema = z.strictObject(
  {
    low: z.number("a number"),
    high: z.number("a number"),
    scale: z.enum(["linear", "log"], "one of linear, log").optional(),
  },
  "a list of values, or low and high",
);
const seed = z
  .int("a whole number from 0 to 4294967295")
  .min(0, "a whole number from 0 to 4294967295")
  .max(2 ** 32 - 1, "a whole number from 0 to 4294967295");
const runCount = z
  .int("a whole number from 1 to 10000")
  .min(1, "a whole number from 1 to 10000")
  .max(10_000, "a whole number from 1 to 10000");

const randomSchema = z.strictObject(
  {
    runs: runCount.describe("configurations to draw"),
    seed: seed.optional().describe("of the draws; default 0. More runs with the same seed begin with the same ones"),
    options: z.strictObject(
      everyOption(({ kind }) =>
        kind.type === "integer" || kind.type === "number"
          ? z.union([valuesSchema(schemaOf(kind)), rangeSchema])
          : valuesSchema(schemaOf(kind)),
      ),
      "an object of options",
    ),
  },
  "an object with runs and options",
);

export const studySchema = z.strictObject(
  {
    $schema: z.string("a text").optional(),
    base: optionsSchema.optional().describe("options of every run"),
    data: z
      .array(z.string("a name, file or folder").min(1, "a name, file or folder"), "a list of data sets")
      .min(1, "at least one data set")
      .optional()
      .describe("every configuration is trained on each"),
    seeds: z
      .union([runCount, z.array(seed, "a list of seeds").min(1, "at least one seed")])
      .optional()
      .describe("how many, counted from base.seed, or which; default 1"),
    grid: z
      .strictObject(
        everyOption(({ kind }) => valuesSchema(schemaOf(kind))),
        "an object of lists",
      )
      .optional()
      .describe("every combination of these values"),
    list: z
      .array(optionsSchema, "a list of objects of options")
      .min(1, "at least one entry")
      .optional()
      .describe("one configuration each"),
    random: randomSchema.optional().describe("configurations drawn at random"),
    halving: z
      .int("a whole number from 2 to 100")
      .min(2, "a whole number from 2 to 100")
      .max(100, "a whole number from 2 to 100")
      .optional()
      .describe("successive halving: how many configurations compete for each that is trained on; default: all are"),
  },
  "an object with base, data, seeds, and one of grid, list, random",
);

type Values = Partial<Record<OptionName, unknown>>;
export type Range = z.infer<typeof rangeSchema>;

/** What a study file says. */
export interface StudySpec {
  base?: Values;
  data?: string[];
  seeds?: number | number[];
  grid?: Partial<Record<OptionName, unknown[]>>;
  list?: Values[];
  random?: { runs: number; seed?: number; options: Partial<Record<OptionName, unknown[] | Range>> };
  halving?: number;
}

/** JSON Schema (2020-12) of a study file. */
export function studyJsonSchema(): string {
  // The schemas of options bring theirs.
  const schema = z.toJSONSchema(studySchema, { io: "input", unrepresentable: "any" });
  return `${JSON.stringify({ ...schema, title: "A study of hqcnn" }, null, 2)}\n`;
}

const MOST_BYTES = 2 ** 20;
/** Mistakes that are told at once. */
const MOST_LINES = 5;

/**
 * Reads a study out of JSON or YAML (which JSON is a part of).
 * @throws UsageError with a line for each mistake: the path inside the file, what is expected, what came
 */
export function parseStudy(bytes: Uint8Array, path: string): StudySpec {
  if (bytes.length > MOST_BYTES)
    throw new UsageError(`${path}: expected a study file of at most 1 MiB, got ${bytes.length} bytes`);
  const value = parseYaml(bytes, path);
  const { success, data, error } = studySchema.safeParse(value);
  if (!success) {
    const lines = [...new Set(error.issues.flatMap((issue) => describeIssue(issue, value)))];
    const more = lines.length > MOST_LINES ? [`and ${lines.length - MOST_LINES} more`] : [];
    throw new UsageError([...lines.slice(0, MOST_LINES), ...more].map((line) => `${path}: ${line}`).join("\n"));
  }
  const { $schema: _, ...spec } = data;
  const problem = contradiction(spec as StudySpec);
  if (problem !== null) throw new UsageError(`${path}: ${problem}`);
  return spec as StudySpec;
}

function parseYaml(bytes: Uint8Array, path: string): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${path}: expected JSON or YAML as UTF-8 text`);
  }
  try {
    refuseDeep(text);
  } catch (error) {
    throw new UsageError(`${path}: expected JSON or YAML: ${(error as Error).message}`, { cause: error });
  }
  // The library compares every key with every other.
  const parsed = parseDocument(text, { prettyErrors: false, stringKeys: true, uniqueKeys: false, merge: true });
  const mistake = parsed.errors[0] ?? keyTwice(parsed);
  if (mistake !== undefined) {
    const before = text.slice(0, mistake.pos[0]).split("\n");
    const place = `line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
    throw new UsageError(`${path}: expected JSON or YAML: ${place}: ${mistakes[mistake.code] ?? "cannot be read"}`);
  }
  if (parsed.warnings.length > 0) throw new UsageError(`${path}: expected JSON or YAML without tags of its own`);
  try {
    return parsed.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new UsageError(`${path}: expected JSON or YAML: an alias is unknown, or aliases repeat too much`, {
      cause: error,
    });
  }
}

/** The first key that stands twice in one map. */
function keyTwice(parsed: Document.Parsed): { code: "DUPLICATE_KEY"; pos: readonly number[] } | undefined {
  let pos: readonly number[] | undefined;
  visit(parsed, {
    Map(_, { items }) {
      const known = new Set<unknown>();
      for (const { key } of items as Pair<Scalar>[]) {
        if (known.has(key.value)) {
          pos = key.range ?? [0];
          return visit.BREAK;
        }
        known.add(key.value);
      }
    },
  });
  return pos && { code: "DUPLICATE_KEY", pos };
}

/** The mistakes that people make, in words. */
const mistakes: Record<string, string> = {
  DUPLICATE_KEY: "a key stands there twice",
  MULTIPLE_DOCS: "a second document begins",
  BAD_INDENT: "the indentation does not fit",
  TAB_AS_INDENT: "a tab indents: use spaces",
  MISSING_CHAR: "a character is missing, such as a quote, comma or bracket",
  UNEXPECTED_TOKEN: "this does not belong here",
  NON_STRING_KEY: "expected a name",
};

type Issue = z.core.$ZodIssue;

function describeIssue(issue: Issue, root: unknown, above: readonly PropertyKey[] = []): string[] {
  const path = [...above, ...issue.path];
  const value = valueAt(root, path);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `${pathText([...path, key])}: ${unknownKey(key, knownKeys(path))}`);
  }
  if (issue.code === "invalid_union") {
    // The branch that was meant: lists before what is not one.
    const meant = issue.errors.find((branch) =>
      Array.isArray(value) ? branch.some((inner) => inner.path.length > 0 || inner.code === "too_small") : false,
    );
    if (meant) return meant.flatMap((inner) => describeIssue(inner, root, path));
    if (isRecord(value)) return (issue.errors.at(-1) ?? []).flatMap((inner) => describeIssue(inner, root, path));
    const expected = path[0] === "seeds" ? "a number of seeds, or a list of them" : "a list of values, or low and high";
    return [`${pathText(path)}: expected ${expected}, got ${got(value)}`];
  }
  return [`${pathText(path)}: expected ${issue.message}, got ${got(value)}`];
}

function got(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  return typeof value === "string" && value === "" ? '""' : shown(value);
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    root,
  );
}

/** "grid.lr[1]"; the whole file is "the file". */
export function pathText(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${shown(String(key))}`)).join("");
  return text.replace(/^\./, "") || "the file";
}

function knownKeys(path: readonly PropertyKey[]): readonly string[] {
  if (path.length === 0) return Object.keys(studySchema.shape);
  if (path[0] !== "random") return names;
  if (path.length === 1) return Object.keys(randomSchema.shape);
  return path.length === 2 ? names : Object.keys(rangeSchema.shape);
}

function unknownKey(key: string, known: readonly string[]): string {
  if (key === "threads" && known === names)
    return "a study divides the processors itself: leave it out, and see --parallel";
  const name = closest(key.replace(/^-+/, "").replaceAll("-", ""), known as string[]);
  const isNear = distance(key, name) <= Math.max(3, Math.ceil(key.length / 2));
  return `no such ${known === names ? "option" : "key"}${isNear ? `; ${name}?` : `; there are ${known.join(", ")}`}`;
}

/** What is said twice, or cannot be meant; null: nothing. */
function contradiction(spec: StudySpec): string | null {
  const { base = {}, data, seeds, grid, list, random } = spec;
  const searches = Object.entries({ grid, list, random }).filter(([, value]) => value !== undefined);
  if (searches.length > 1) return `expected one of grid, list, random, got ${searches.map(([key]) => key).join(", ")}`;
  const places: Record<string, object> = {
    base,
    ...(grid && { grid }),
    ...(random && { "random.options": random.options }),
    ...Object.fromEntries((list ?? []).map((entry, i) => [`list[${i}]`, entry])),
  };
  for (const [place, options] of Object.entries(places)) {
    if (data && "data" in options) return `${place}.data and data both name data sets: leave out one`;
    const counted = place === "base" && !Array.isArray(seeds);
    if (seeds !== undefined && "seed" in options && !counted)
      return `${place}.seed and seeds both name seeds: leave out one`;
    if (place !== "base" && !place.startsWith("list")) {
      for (const name of Object.keys(options))
        if (name in base) return `${place}.${name} and base.${name}: leave out one`;
    }
  }
  if (random && Object.keys(random.options).length === 0) return "random.options: expected at least one option";
  if (grid && Object.keys(grid).length === 0) return "grid: expected at least one option";
  for (const [name, range] of Object.entries(random?.options ?? {})) {
    if (Array.isArray(range)) continue;
    const { low, high, scale } = range as Range;
    if (!(low < high)) return `random.options.${name}: expected low below high, got ${low} and ${high}`;
    if (scale === "log" && low <= 0)
      return `random.options.${name}.low: expected a number above 0 with scale log, got ${low}`;
    const { kind } = rows.find((row) => row.name === name)!;
    for (const [key, value] of Object.entries({ low, high })) {
      if (!follows(kind.rule, value)) return `random.options.${name}.${key}: expected ${kind.expected}, got ${value}`;
    }
  }
  const first = typeof base.seed === "number" ? base.seed : 0;
  if (typeof seeds === "number" && first + seeds > 2 ** 32)
    return `seeds: expected seeds up to 4294967295, got ${seeds} from base.seed ${first} on`;
  return null;
}

/** The places in which two studies differ: "grid.lr[1]: was 0.1, is 0.2". */
export function studyDifferences(before: unknown, now: unknown, path: readonly PropertyKey[] = []): string[] {
  if (JSON.stringify(before) === JSON.stringify(now)) return [];
  const isList = Array.isArray(before) && Array.isArray(now);
  if (isList || (isRecord(before) && isRecord(now))) {
    const keys = new Set([...Object.keys(before as object), ...Object.keys(now as object)]);
    return [...keys].flatMap((key) => {
      const step = isList ? Number(key) : key;
      return studyDifferences(valueAt(before, [step]), valueAt(now, [step]), [...path, step]);
    });
  }
  const text = (value: unknown) => (value === undefined ? "not there" : shown(value));
  return [`${pathText(path)}: was ${text(before)}, is ${text(now)}`];
}

/** Refuses to take what is no study for one. */
export function asStudySpec(value: unknown, path: string): StudySpec {
  const { success, data } = studySchema.safeParse(value);
  if (!success) throw new HqcnnError(`${path}: not written by hqcnn study, or damaged`);
  return data as StudySpec;
}
