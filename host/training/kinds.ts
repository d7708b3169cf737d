import type * as z from "zod";
import type { CircuitData } from "../circuit/data.ts";
import type { NoiseModel } from "../circuit/noise/model.ts";
import { MAX_CIRCUITS } from "../network/limits.ts";

/** The library of schemas, handed in: it takes longer to load than a prediction, and few commands check options. */
export type Zod = typeof z;

/** What values an option takes. Every check fails with the same text: what is expected. */
export interface Kind<Value> {
  type: "integer" | "number" | "boolean" | "string" | "array";
  schema: (z: Zod) => z.ZodType<Value>;
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
}

/** A whole number from `low` to `high`. */
export function whole(low: number, high: number): Kind<number> {
  const expected = `a whole number from ${low} to ${high}`;
  const schema = (z: Zod) => z.int(expected).min(low, expected).max(high, expected);
  return { type: "integer", schema, range: `${low} to ${high}`, choices: null, placeholder: "n" };
}

/** A multiple of `step` from `low` to `high`. */
export function multiple(step: number, low: number, high: number): Kind<number> {
  const range = `a multiple of ${step}, ${low} to ${high}`;
  const expected = `a multiple of ${step} from ${low} to ${high}`;
  const schema = (z: Zod) => z.int(expected).min(low, expected).max(high, expected).multipleOf(step, expected);
  return { type: "integer", schema, range, choices: null, placeholder: "n" };
}

/** A number from `low` to `high`. */
export function numberFrom(low: number, high: number): Kind<number> {
  const expected = `a number from ${low} to ${high}`;
  return numeric((z) => z.number(expected).min(low, expected).max(high, expected), `${low} to ${high}`);
}

/** A number of at least 0 and below 1. */
export function belowOne(): Kind<number> {
  const expected = "a number of at least 0 and below 1";
  return numeric((z) => z.number(expected).min(0, expected).lt(1, expected), "at least 0, below 1");
}

/** A number between 0 and 1, without either. */
export function fraction(): Kind<number> {
  const expected = "a number between 0 and 1";
  return numeric((z) => z.number(expected).gt(0, expected).lt(1, expected), "between 0 and 1");
}

/** A number above 0, at most 1. */
export function part(): Kind<number> {
  const expected = "a number above 0, at most 1";
  return numeric((z) => z.number(expected).gt(0, expected).max(1, expected), "above 0, at most 1");
}

/** A number above 0. */
export function positive(): Kind<number> {
  const expected = "a number above 0";
  return numeric((z) => z.number(expected).gt(0, expected), "above 0");
}

/** A number of at least `low`. */
export function atLeast(low: number): Kind<number> {
  const expected = `a number of at least ${low}`;
  return numeric((z) => z.number(expected).min(low, expected), `at least ${low}`);
}

function numeric(schema: Kind<number>["schema"], range: string): Kind<number> {
  return { type: "number", schema, range, choices: null, placeholder: "number" };
}

/** One of several names. */
export function choice<const Choices extends readonly [string, ...string[]]>(choices: Choices): Kind<Choices[number]> {
  const schema = (z: Zod) => z.enum(choices, `one of ${choices.join(", ")}`) as z.ZodType<Choices[number]>;
  return { type: "string", schema, range: "", choices, placeholder: "name" };
}

/** On or off. */
export function toggle(): Kind<boolean> {
  return { type: "boolean", schema: (z) => z.boolean("true or false"), range: "", choices: null, placeholder: "" };
}

/** A text that is not empty. @param pattern what it has to look like */
export function text(expected: string, placeholder = "text", pattern = /./s): Kind<string> {
  const schema = (z: Zod) => z.string(expected).min(1, expected).regex(pattern, expected);
  return { type: "string", schema, range: "", choices: null, placeholder };
}

/** What one or several circuits are given as: the path of a file, or what stood in it. */
export type CircuitOption = string | CircuitData | (string | CircuitData)[];

/** Circuits: files, or what stood in them. */
export function circuits(): Kind<CircuitOption> {
  const expected = "circuit files, JSON or OpenQASM 3";
  // What data may hold is checked where a circuit is made of them, with the path of what is wrong.
  const schema = (z: Zod) => {
    const one = z.union([z.string().min(1, expected), z.record(z.string(), z.unknown())], expected);
    return z.union([one, z.array(one, expected).min(1, expected).max(MAX_CIRCUITS, expected)], expected);
  };
  return {
    ...{ type: "string", schema: schema as unknown as Kind<CircuitOption>["schema"], range: "" },
    ...{ choices: null, placeholder: "file", repeated: true },
  };
}

/** Noise: a SPEC, the path of a JSON file, or what stood in it. */
export function noise(): Kind<string | NoiseModel> {
  const expected = "channels as CHANNEL:STRENGTH[@GATES] with commas between, or a JSON file";
  // The channels are checked where the network is made, with the number of the one that is wrong.
  const schema = (z: Zod) => z.union([z.string().min(1, expected), z.record(z.string(), z.unknown())], expected);
  return {
    ...{ type: "string", schema: schema as unknown as Kind<string | NoiseModel>["schema"], range: "" },
    ...{ choices: null, placeholder: "spec" },
  };
}

/** Two numbers. */
export function pair(form: string): Kind<number[]> {
  const schema = (z: Zod) => z.array(z.number(), form).length(2, form);
  return { type: "array", schema, range: "", choices: null, placeholder: form };
}

/** Two numbers, or a word in their place. */
export function pairOr<const Word extends string>(form: string, word: Word): Kind<number[] | Word> {
  const expected = `${form} or ${word}`;
  const schema = (z: Zod) => z.union([z.array(z.number()).length(2), z.literal(word)], expected);
  return { type: "array", schema, range: "", choices: null, words: [word], placeholder: `${form}|${word}` };
}

/** Labels, at least one. */
export function labels(): Kind<number[]> {
  const schema = (z: Zod) => z.array(z.int().min(0), "labels as whole numbers: 1,2").min(1, "at least one label");
  return { type: "array", schema, range: "", choices: null, placeholder: "labels" };
}
