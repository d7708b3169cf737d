import { isRecord } from "../check.ts";
import type { CircuitData } from "../circuit/data.ts";
import type { NoiseModel } from "../circuit/noise/model.ts";
import { MAX_CIRCUITS } from "../network/limits.ts";

/**
 * Which values are right, in the words of JSON Schema. Not a library's schema: the page checks options before its first
 * paint, and `hqcnn predict` starts without one.
 */
export interface Rule {
  type?: "integer" | "number" | "boolean" | "string" | "array" | "object";
  enum?: readonly string[];
  const?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  minLength?: number;
  pattern?: RegExp;
  items?: Rule;
  minItems?: number;
  maxItems?: number;
  anyOf?: readonly Rule[];
}

/** What values an option takes. Every check fails with the same text: what is expected. */
export interface Kind<Value> {
  type: "integer" | "number" | "boolean" | "string" | "array";
  rule: Rule;
  /** As in "expected a whole number from 1 to 12". */
  expected: string;
  /** In help and reference, behind what the option does: "1 to 12". Empty where there is nothing to add. */
  range: string;
  /** The only values, where they can be listed. */
  choices: readonly string[] | null;
  /** Words that may stand in place of a list. */
  words?: readonly string[];
  /** Stands for the value in --help: "n" in --epochs <n>. */
  placeholder: string;
  /** May be typed several times: the value is then a list. */
  repeated?: true;
  /** Only for the compiler: the type of its values. */
  readonly value?: Value;
}

/** Whether a value is one that the rule describes. */
export function follows(rule: Rule, value: unknown): boolean {
  if (rule.anyOf) return rule.anyOf.some((one) => follows(one, value));
  if (rule.const !== undefined) return value === rule.const;
  switch (rule.type) {
    case "integer":
    case "number":
      return typeof value === "number" && isWithin(rule, value);
    case "boolean":
      return typeof value === "boolean";
    case "string":
      return (
        typeof value === "string" &&
        value.length >= (rule.minLength ?? 0) &&
        (rule.enum?.includes(value) ?? true) &&
        (rule.pattern?.test(value) ?? true)
      );
    case "array": {
      if (!Array.isArray(value)) return false;
      const { items, minItems = 0, maxItems = Infinity } = rule;
      return (
        value.length >= minItems && value.length <= maxItems && (!items || value.every((one) => follows(items, one)))
      );
    }
    case "object":
      return isRecord(value);
    default:
      return true;
  }
}

function isWithin(rule: Rule, value: number): boolean {
  const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum, exclusiveMaximum, multipleOf = 1 } = rule;
  return (
    (rule.type === "integer" ? Number.isSafeInteger(value) && value % multipleOf === 0 : Number.isFinite(value)) &&
    value >= minimum &&
    value <= maximum &&
    (exclusiveMinimum === undefined || value > exclusiveMinimum) &&
    (exclusiveMaximum === undefined || value < exclusiveMaximum)
  );
}

/** The rule as JSON Schema. */
export function jsonSchemaOf({ pattern, items, anyOf, ...rule }: Rule): object {
  return {
    ...rule,
    ...(pattern && { pattern: pattern.source }),
    ...(items && { items: jsonSchemaOf(items) }),
    ...(anyOf && { anyOf: anyOf.map(jsonSchemaOf) }),
  };
}

/** A whole number from `low` to `high`. */
export function whole(low: number, high: number): Kind<number> {
  const expected = `a whole number from ${low} to ${high}`;
  const rule = { type: "integer", minimum: low, maximum: high } as const;
  return { type: "integer", rule, expected, range: `${low} to ${high}`, choices: null, placeholder: "n" };
}

/** A multiple of `step` from `low` to `high`. */
export function multiple(step: number, low: number, high: number): Kind<number> {
  const range = `a multiple of ${step}, ${low} to ${high}`;
  const expected = `a multiple of ${step} from ${low} to ${high}`;
  const rule = { type: "integer", minimum: low, maximum: high, multipleOf: step } as const;
  return { type: "integer", rule, expected, range, choices: null, placeholder: "n" };
}

/** A number from `low` to `high`. */
export function numberFrom(low: number, high: number): Kind<number> {
  return numeric(`a number from ${low} to ${high}`, `${low} to ${high}`, { minimum: low, maximum: high });
}

/** A number of at least 0 and below 1. */
export function belowOne(): Kind<number> {
  const limits = { minimum: 0, exclusiveMaximum: 1 };
  return numeric("a number of at least 0 and below 1", "at least 0, below 1", limits);
}

/** A number between 0 and 1, without either. */
export function fraction(): Kind<number> {
  const limits = { exclusiveMinimum: 0, exclusiveMaximum: 1 };
  return numeric("a number between 0 and 1", "between 0 and 1", limits);
}

/** A number above 0, at most 1. */
export function part(): Kind<number> {
  return numeric("a number above 0, at most 1", "above 0, at most 1", { exclusiveMinimum: 0, maximum: 1 });
}

/** A number above 0. */
export function positive(): Kind<number> {
  return numeric("a number above 0", "above 0", { exclusiveMinimum: 0 });
}

/** A number of at least `low`. */
export function atLeast(low: number): Kind<number> {
  return numeric(`a number of at least ${low}`, `at least ${low}`, { minimum: low });
}

function numeric(expected: string, range: string, limits: Rule): Kind<number> {
  return { type: "number", rule: { type: "number", ...limits }, expected, range, choices: null, placeholder: "number" };
}

/** One of several names. */
export function choice<const Choices extends readonly [string, ...string[]]>(choices: Choices): Kind<Choices[number]> {
  const rule = { type: "string", enum: choices } as const;
  const expected = `one of ${choices.join(", ")}`;
  return { type: "string", rule, expected, range: "", choices, placeholder: "name" };
}

/** On or off. */
export function toggle(): Kind<boolean> {
  const rule = { type: "boolean" } as const;
  return { type: "boolean", rule, expected: "true or false", range: "", choices: null, placeholder: "" };
}

/** A text that is not empty. @param pattern what it has to look like */
export function text(expected: string, placeholder = "text", pattern = /./s): Kind<string> {
  const rule = { type: "string", minLength: 1, pattern } as const;
  return { type: "string", rule, expected, range: "", choices: null, placeholder };
}

/** What one or several circuits are given as: the path of a file, or what stood in it. */
export type CircuitOption = string | CircuitData | (string | CircuitData)[];

/** The path of a file, or what stood in it, which is checked where something is made of it. */
const FILE: Rule = { anyOf: [{ type: "string", minLength: 1 }, { type: "object" }] };

/** Circuits: files, or what stood in them. */
export function circuits(): Kind<CircuitOption> {
  const several: Rule = { type: "array", items: FILE, minItems: 1, maxItems: MAX_CIRCUITS };
  return {
    ...{ type: "string", rule: { anyOf: [FILE, several] }, expected: "circuit files, JSON or OpenQASM 3", range: "" },
    ...{ choices: null, placeholder: "file", repeated: true },
  };
}

/** Noise: a SPEC, the path of a JSON file, or what stood in it. */
export function noise(): Kind<string | NoiseModel> {
  const expected = "channels as CHANNEL:STRENGTH[@GATES] with commas between, or a JSON file";
  return { type: "string", rule: FILE, expected, range: "", choices: null, placeholder: "spec" };
}

const PAIR: Rule = { type: "array", items: { type: "number" }, minItems: 2, maxItems: 2 };

/** Two numbers. */
export function pair(form: string): Kind<number[]> {
  return { type: "array", rule: PAIR, expected: form, range: "", choices: null, placeholder: form };
}

/** Two numbers, or a word in their place. */
export function pairOr<const Word extends string>(form: string, word: Word): Kind<number[] | Word> {
  const rule: Rule = { anyOf: [PAIR, { type: "string", const: word }] };
  const expected = `${form} or ${word}`;
  return { type: "array", rule, expected, range: "", choices: null, words: [word], placeholder: `${form}|${word}` };
}

/** Labels, at least one. */
export function labels(): Kind<number[]> {
  const rule: Rule = { type: "array", items: { type: "integer", minimum: 0 }, minItems: 1 };
  const expected = "at least one label as a whole number, as in 1,2";
  return { type: "array", rule, expected, range: "", choices: null, placeholder: "labels" };
}
